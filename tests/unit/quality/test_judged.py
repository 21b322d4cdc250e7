"""Which runs are accepted, what they are compared with, and how a run that is not ends."""

import json
import math

import pytest

from entity_extract.config import ConfigError, QualityConfig, load_config
from entity_extract.quality.drift import drift, psi
from entity_extract.quality.figures import BINS
from entity_extract.quality.judged import (
    Quality,
    QualityBreached,
    Reference,
    judged,
    last_accepted,
    quality_of,
)
from tests.unit.quality.cases import figures, groups

USUAL = figures(groups("item_weight", {"gram": 600, "kilogram": 200, "": 200}))
OTHERWISE = figures(groups("item_weight", {"ounce": 500, "gram": 300, "": 200}))


def run(quality: Quality, run_id: str = "r") -> dict[str, object]:
    """Its manifest, as it is read back."""
    return {"run_id": run_id, "quality": json.loads(quality.model_dump_json())}


def test_psi_is_the_sum_over_bins_with_half_a_row_added_to_each() -> None:
    # shares 30.5/101 and 70.5/101, then 50.5/101 twice
    by_hand = (50.5 - 30.5) / 101 * math.log(50.5 / 30.5) + (50.5 - 70.5) / 101 * math.log(
        50.5 / 70.5
    )
    assert psi([30, 70], [50, 50]) == pytest.approx(by_hand) == pytest.approx(0.16592, abs=1e-5)
    assert psi([50, 50], [30, 70]) == pytest.approx(by_hand)  # it has no direction
    assert psi([300, 700], [300, 700]) == 0.0
    assert 0 < psi([100, 0], [0, 100]) < math.inf


def test_psi_of_the_same_answers_in_other_numbers_is_next_to_nothing() -> None:
    twice = figures(groups("item_weight", {"gram": 1200, "kilogram": 400, "": 400}))
    assert max(one.psi for one in drift(USUAL, twice)) < 1e-3


def test_what_moves_is_named_with_its_entity() -> None:
    moved = {(one.entity, one.figure): one.psi for one in drift(USUAL, OTHERWISE)}
    assert moved["item_weight", "units"] > 1
    assert moved["item_weight", "units"] == moved["all", "units"]
    still = {key: found for key, found in moved.items() if key[1] != "units"}
    assert {figure for _, figure in still} == {"entities", "confidence", "candidates", "statuses"}
    assert max(still.values()) < 1e-9


def test_the_reference_fixes_the_bins_of_confidence_a_tenth_of_it_in_each() -> None:
    narrow = figures(groups("width", {"inch": 500}, 0.62), groups("width", {"inch": 500}, 0.93))
    spread = figures(
        *(groups("width", {"inch": 50}, (place + 0.5) / BINS) for place in range(BINS))
    )
    moved = {(one.entity, one.figure): one.psi for one in drift(narrow, spread)}
    # all up to 0.65 in the first bin, the rest in the second
    assert moved["width", "confidence"] == pytest.approx(psi([500, 500], [650, 350]))


def test_bounds_that_are_not_set_ask_nothing_and_each_row_needs_its_answer_all_the_same() -> None:
    nothing = judged(figures(groups("width", {"": 9})), None, QualityConfig(), trial=False)
    assert [check.key for check in nothing.checks] == ["rows"]
    assert nothing.accepted
    nothing.check(QualityConfig())
    lost = judged(figures(groups("width", {"inch": 9}), lost=1), None, QualityConfig(), trial=False)
    assert not lost.accepted
    with pytest.raises(QualityBreached, match="rows with an answer, or a reason 9: at least 10"):
        lost.check(QualityConfig())


@pytest.mark.parametrize(
    ("bounds", "said"),
    [
        ({"min_answered": 0.81}, "answered 0.8: at least quality.min_answered = 0.81, not so"),
        ({"min_read": 0.9}, "links read 0.8: at least quality.min_read = 0.9, not so"),
        (
            {"min_answered_of": {"item_weight": 0.9, "voltage": 1.0}},  # no row asks for a voltage
            "answered of item_weight 0.8: at least quality.min_answered_of.item_weight = 0.9, "
            "not so",
        ),
        (
            {"max_psi": 0.25},
            "PSI of units of item_weight 6.065: at most quality.max_psi = 0.25, not so",
        ),
    ],
)
def test_a_bound_that_is_not_kept_is_said_with_its_key_and_ends_the_run_with_4(
    bounds: dict[str, object], said: str
) -> None:
    config = QualityConfig.model_validate(bounds)
    found = judged(OTHERWISE, Reference(run_id="r0", figures=USUAL), config, trial=False)
    with pytest.raises(QualityBreached, match=said) as caught:
        found.check(config)
    assert caught.value.exit_status == 4
    assert not found.accepted
    assert any("not accepted" in line for line in found.lines())
    found.check(config.model_copy(update={"level": "warning"}))
    taken = config.model_copy(update={"accept": True})
    accepted = judged(OTHERWISE, None, taken, trial=False)
    assert accepted.accepted
    accepted.check(taken)


def test_kept_bounds_are_checks_that_have_passed() -> None:
    config = QualityConfig(min_answered=0.8, min_read=0.8, max_psi=0.25)
    found = judged(USUAL, Reference(run_id="r0", figures=USUAL), config, trial=False)
    assert found.accepted
    assert {check.key for check in found.checks} == {
        *("rows", "quality.min_answered", "quality.min_read", "quality.max_psi")
    }
    found.check(config)


def test_figures_of_few_rows_do_not_drift() -> None:
    few = figures(groups("item_weight", {"ounce": 499}))
    found = judged(
        few, Reference(run_id="r0", figures=USUAL), QualityConfig(max_psi=0.01), trial=False
    )
    assert found.drift == ()
    assert found.accepted
    assert "too few rows" in "\n".join(found.lines())


def test_a_run_is_compared_with_the_last_that_was_accepted() -> None:
    config = QualityConfig(max_psi=0.25)
    first = judged(USUAL, None, config, trial=False)
    trial = judged(USUAL, None, config, trial=True)
    breached = judged(OTHERWISE, Reference(run_id="r1", figures=USUAL), config, trial=False)
    newest_first = [
        run(breached, "r4"),
        run(trial, "r3"),
        {"run_id": "r2"},  # of a job that gives no answers
        run(first, "r1"),
        run(first, "r0"),
    ]
    reference = last_accepted(newest_first)
    assert reference is not None
    assert reference.run_id == "r1"
    assert reference.figures == USUAL
    assert last_accepted(newest_first[:3]) is None


def test_what_a_manifest_holds_is_read_back_and_what_is_otherwise_is_passed_over() -> None:
    found = judged(USUAL, None, QualityConfig(), trial=False)
    assert quality_of(run(found)) == found
    assert quality_of({"quality": {"figures": "of another version"}}) is None


def test_shares_are_shares() -> None:
    with pytest.raises(ConfigError, match=r"quality\.min_answered"):
        load_config(assignments=["quality.min_answered=70"])
