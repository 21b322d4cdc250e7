"""The score, by hand on small tables and against scikit-learn on random ones."""

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, precision_recall_fscore_support

from entity_extract.config import EvaluateConfig, load_config
from entity_extract.evaluation.bootstrap import interval, resample
from entity_extract.evaluation.metrics import score
from entity_extract.evaluation.outcomes import Outcome, outcomes_of_rows
from entity_extract.status import Status

DOMAIN = load_config().domain
CONFIG = EvaluateConfig(bootstrap=200)


def row(label: str | None, prediction: str | None, **more: Any) -> dict[str, Any]:
    columns = {"entity_name": "item_weight", "candidates": None, "status": "ok"}
    return columns | {"entity_value": label, "prediction": prediction} | more


def scored(*rows: dict[str, Any], config: EvaluateConfig = CONFIG) -> dict[str, Any]:
    return score(pd.DataFrame(list(rows)), DOMAIN, config)


def outcome(**columns: Any) -> str:
    table = pd.DataFrame([row("500 gram", "") | columns])
    return str(outcomes_of_rows(table, DOMAIN, 0.005)["outcome"].item())


def test_each_of_the_four_counts_by_hand() -> None:
    figures = scored(
        row("500 gram", "500 gram"),  # TP
        row("500 gram", "500 gram"),  # TP
        row("500 gram", "50 gram"),  # FP: wrong
        row("", "50 gram"),  # FP: the picture does not say
        row("500 gram", ""),  # FN
        row("", ""),  # TN
    )
    assert [figures[key] for key in ("tp", "fp", "fn", "tn", "rows")] == [2, 2, 1, 1, 6]
    assert figures["precision"] == pytest.approx(2 / 4)
    assert figures["recall"] == pytest.approx(2 / 3)
    assert figures["f1"] == pytest.approx(2 * (1 / 2) * (2 / 3) / (1 / 2 + 2 / 3))
    assert figures["accuracy"] == pytest.approx(3 / 6)
    assert figures["labelled"] == 4


@pytest.mark.parametrize(
    ("label", "prediction", "right"),
    [
        ("500.0 gram", "500 gram", True),
        ("500 gram", "500.00 gram", True),
        ("1 kilogram", "1000 gram", False),
        ("500 gram", "500 ounce", False),
        ("500 gram", "500gram", False),  # no space: not a valid answer
        ("500 gram", "5e2 gram", False),
        ("500 gram", "[500, 600] gram", False),
        ("500 gram", "heavy", False),
        ("[500.0, 600.0] gram", "500 gram", True),
        ("[500.0, 600.0] gram", "600 gram", True),
        ("[500.0, 600.0] gram", "550 gram", False),
        ("1 pound to 2 kilogram", "2 kilogram", True),
        ("1 pound to 2 kilogram", "2 pound", False),
    ],
)
def test_an_answer_is_right_only_as_number_and_unit(
    label: str, prediction: str, right: bool
) -> None:
    figures = scored(row(label, prediction))
    assert (figures["tp"], figures["fp"], figures["fn"]) == (int(right), int(not right), 0)


@pytest.mark.parametrize("nothing", ["", "  ", None, float("nan")])
def test_empty_none_and_nan_are_all_silence(nothing: Any) -> None:
    assert scored(row(nothing, nothing))["tn"] == 1
    assert scored(row("5 gram", nothing))["fn"] == 1


def test_a_right_answer_in_another_unit_counts_for_the_si_value_alone() -> None:
    figures = scored(
        row("1 kilogram", "1000 gram"),  # the value
        row("454 gram", "1 pound"),  # 453.59 gram: rounded on the package, 0.09 % off
        row("100 gram", "101 gram"),  # 1 % off is another value; the unit is right
        row("100 gram", ""),  # silence is neither
        row("", "1 gram"),  # without a label there is nothing to be near
    )
    assert figures["value_accuracy_si"] == pytest.approx(2 / 4)
    assert figures["unit_accuracy"] == pytest.approx(1 / 4)
    assert figures["f1"] == 0.0


def test_the_tolerance_of_the_si_value_is_configured() -> None:
    strict = EvaluateConfig(value_tolerance=0.0005, bootstrap=10)
    assert scored(row("454 gram", "1 pound"), config=strict)["value_accuracy_si"] == 0.0


def test_oracle_recall_and_the_f1_of_what_could_be_chosen() -> None:
    figures = scored(
        row("5 gram", "5 gram", candidates=["5 gram", "7 gram"]),
        row("5 gram", "5 gram", candidates=["5 gram"]),
        row("5 gram", "7 gram", candidates=["7 gram", "5.0 gram"]),
        row("5 gram", "", candidates=["9 gram", "5 gram"]),
        row("5 gram", "5 gram", candidates=[]),  # right by luck: not counted as given a chance
        row("5 gram", "7 gram", candidates=None),
        row("", "7 gram", candidates=["7 gram"]),
    )
    assert figures["oracle_recall"] == pytest.approx(4 / 6)
    assert figures["f1_given_candidate"] == pytest.approx(2 * 2 / (2 * 2 + 1 + 1))


def test_rows_whose_label_has_no_allowed_unit_are_left_out_and_counted() -> None:
    figures = scored(
        row("5 lumen", "5 gram"),
        row("5 centimetre", ""),  # a unit, but not of a weight
        row("5 gram", "5 gram"),
        row("5 gram", "", entity_name="brightness"),  # an entity that nobody configured
    )
    assert (figures["rows"], figures["labels_dropped"], figures["f1"]) == (1, 3, 1.0)
    assert figures["per_entity"]["brightness"]["labels_dropped"] == 1


def test_entities_are_scored_apart_with_the_same_keys() -> None:
    figures = scored(
        row("5 gram", "5 gram"),
        row("5 volt", "6 volt", entity_name="voltage"),
        row("5 volt", "5 gram", entity_name="voltage"),  # a unit that voltage does not allow
    )
    per_entity = figures.pop("per_entity")
    assert {name: part["f1"] for name, part in per_entity.items()} == {
        "item_weight": 1.0,
        "voltage": 0.0,
    }
    assert per_entity["voltage"]["fp"] == 2
    assert all(part.keys() == figures.keys() for part in per_entity.values())


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({"prediction": "500 gram"}, "right"),
        ({"prediction": "500 gram", "status": "timeout"}, "right"),  # answered from priors
        ({"entity_value": ""}, "rightly_abstained"),
        ({"entity_value": "", "prediction": "1 gram"}, "answered_where_empty"),
        ({"status": "http_error"}, "not_fetched"),
        ({"status": None}, "not_fetched"),
        ({"status": "not_an_image", "prediction": "1 gram"}, "not_fetched"),
        ({"status": "unknown_entity"}, "not_asked"),
        ({"status": "broken_image"}, "unreadable"),
        ({"status": "ocr_timeout"}, "unreadable"),
        ({"candidates": ["1 gram"], "prediction": "1 gram"}, "not_among_candidates"),
        ({"candidates": ["1 gram", "500 gram"], "prediction": "1 gram"}, "wrong_chosen"),
        ({"candidates": ["500 gram"]}, "abstained"),
    ],
)
def test_each_row_is_lost_in_one_place(columns: dict[str, Any], expected: str) -> None:
    assert outcome(**columns) == expected


NO_PICTURE_CAME = {
    *("no_link", "bad_link", "blocked", "unreachable", "timeout", "host_down", "http_error"),
    *("server_error", "bad_answer", "disallowed", "too_large", "not_an_image", "not_read"),
    "no_file",
}
A_PICTURE_CAME = {
    *("broken_image", "too_small", "low_resolution", "ocr_timeout", "ocr_failed", "crashed"),
}
NEVER_JUDGED = {"not_modified", "unknown_entity"}  # of a refresh; of the question, not the picture


def test_a_row_is_lost_to_fetching_or_to_reading_by_its_status_and_every_status_is_sorted() -> None:
    assert NO_PICTURE_CAME | A_PICTURE_CAME | NEVER_JUDGED | {"ok"} == set(Status)
    assert {status: outcome(status=status) for status in NO_PICTURE_CAME | A_PICTURE_CAME} == {
        **dict.fromkeys(NO_PICTURE_CAME, "not_fetched"),
        **dict.fromkeys(A_PICTURE_CAME, "unreadable"),
    }


def test_what_is_lost_and_what_is_won_add_up_to_the_rows() -> None:
    statuses = ["ok", "timeout", "broken_image"]
    figures = scored(
        *(
            row(label, answer, status=status, candidates=["5 gram"])
            for label in ("5 gram", "6 gram", "")
            for answer in ("5 gram", "")
            for status in statuses
        )
    )
    assert sum(figures["lost"].values()) + figures["tp"] + figures["tn"] == figures["rows"] == 18
    assert set(figures["lost"]) == set(Outcome) - {"right", "rightly_abstained"}


def test_a_table_without_rows_scores_zero_everywhere() -> None:
    columns = ["entity_name", "entity_value", "prediction", "candidates", "status", "confidence"]
    figures = score(pd.DataFrame(columns=columns), DOMAIN, CONFIG)
    assert (figures["rows"], figures["f1"], figures["f1_interval"]) == (0, 0.0, [0.0, 0.0])
    assert figures["per_entity"] == {}


def test_the_figures_are_plain_json() -> None:
    figures = scored(row("5 gram", "5 gram", candidates=["5 gram"]), row("6 gram", ""))
    assert json.loads(json.dumps(figures, allow_nan=False)) == figures


def test_the_order_and_the_index_of_rows_do_not_matter() -> None:
    table = pd.DataFrame([row("5 gram", "5 gram"), row("", "5 gram"), row("x", "5 gram")])
    shuffled = table.iloc[::-1].set_axis([7, 7, 7])
    assert score(table, DOMAIN, CONFIG) == score(shuffled, DOMAIN, CONFIG)


cells = st.sampled_from(["", "1 gram", "2 gram"])


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(cells, cells), min_size=1, max_size=40))
def test_without_wrong_values_the_score_is_scikit_learns(pairs: list[tuple[str, str]]) -> None:
    """Where an answer is wrong only by being given at all: plain binary classification."""
    pairs = [(label, label if label and answer else answer) for label, answer in pairs]
    figures = scored(*(row(label, answer) for label, answer in pairs))
    truth, answered = ([bool(side) for side in sides] for sides in zip(*pairs, strict=True))
    expected = precision_recall_fscore_support(truth, answered, average="binary", zero_division=0)
    assert [figures[key] for key in ("precision", "recall", "f1")] == pytest.approx(expected[:3])
    assert figures["accuracy"] == pytest.approx(accuracy_score(truth, answered))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(cells, cells), max_size=30), st.integers(0, 5))
def test_every_interval_holds_its_figure(pairs: list[tuple[str, str]], seed: int) -> None:
    table = pd.DataFrame([row(*pair) for pair in pairs], columns=list(row("", "")))
    figures = score(table, DOMAIN, EvaluateConfig(bootstrap=50, seed=seed))
    for name in [key.removesuffix("_interval") for key in figures if key.endswith("_interval")]:
        low, high = figures[f"{name}_interval"]
        assert 0.0 <= low <= figures[name] <= high <= 1.0


def half_right(pictures: int, rows_each: int) -> pd.DataFrame:
    return pd.DataFrame(
        row(
            "5 gram", "5 gram" if picture % 2 else "6 gram", image_link=f"http://shop/{picture}.jpg"
        )
        for picture in range(pictures)
        for _ in range(rows_each)
    )


def test_the_interval_is_seeded() -> None:
    table = half_right(30, 1)
    first, again, other = (
        score(table, DOMAIN, EvaluateConfig(bootstrap=100, seed=seed))["f1_interval"]
        for seed in (1, 1, 2)
    )
    assert first == again != other


def test_rows_of_one_picture_are_resampled_together() -> None:
    """400 rows on 20 pictures say as much as 20 rows do, and far less than 400 pictures would."""

    def width(table: pd.DataFrame) -> float:
        low, high = score(table, DOMAIN, EvaluateConfig(bootstrap=2000))["precision_interval"]
        return float(high - low)

    together = width(half_right(20, 20))
    assert together == pytest.approx(width(half_right(20, 1)), abs=0.06)
    alone = width(half_right(400, 1))
    assert together > 3 * alone
    for without_links in (
        half_right(20, 20).drop(columns="image_link"),
        half_right(20, 20).assign(image_link=None),
    ):
        assert width(without_links) == pytest.approx(alone, abs=0.02)


def test_pictures_that_are_nearly_the_same_are_resampled_together() -> None:
    """Twenty pictures under twenty links each, beside as many under one."""
    by_link = half_right(20, 20)
    links = [f"http://shop/{n}.jpg" for n in range(len(by_link))]
    by_cluster = by_link.assign(cluster=by_link["image_link"], image_link=links)
    figures = [score(table, DOMAIN, CONFIG)["f1_interval"] for table in (by_link, by_cluster)]
    assert figures[0] == figures[1]


def test_rows_without_a_link_are_no_picture_in_common() -> None:
    alone = half_right(400, 1).assign(image_link="", cluster=0)
    low, high = score(alone, DOMAIN, CONFIG)["precision_interval"]
    assert high - low < 0.15


def test_an_interval_is_widened_to_hold_its_figure() -> None:
    assert interval(np.array([0.5, 0.5]), 0.75) == [0.5, 0.75]
    assert interval(np.array([0.5, 0.5]), 0.25) == [0.25, 0.5]


def test_the_interval_of_a_proportion_is_as_wide_as_theory_says() -> None:
    low, high = score(half_right(400, 1), DOMAIN, EvaluateConfig(bootstrap=4000))[
        "precision_interval"
    ]
    assert high - low == pytest.approx(2 * 1.96 * (0.25 / 400) ** 0.5, rel=0.1)


def test_a_resample_draws_as_many_clusters_as_there_are() -> None:
    table = pd.DataFrame({"ones": [1, 1, 1, 1, 1], "picture": [0, 0, 1, 2, 2]})
    draws = resample(table[["ones"]].to_numpy(), table["picture"].to_numpy(), 500, seed=0)
    assert draws.shape == (500, 1)
    assert set(draws[:, 0]) == {3, 4, 5, 6}  # three clusters of 2, 1 and 2 rows
