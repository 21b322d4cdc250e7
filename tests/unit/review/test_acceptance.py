"""What passes without a look, which rows come first, and why an answer is what it is."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from entity_extract.config import ReviewConfig
from entity_extract.errors import UserError
from entity_extract.learning.prediction.abstention import NEVER
from entity_extract.learning.prediction.bundle import worker_model
from entity_extract.learning.prediction.bundle_files import default_bundle
from entity_extract.learning.prediction.evidence import Evidence
from entity_extract.learning.prediction.predict import examples_of
from entity_extract.learning.prediction.ranker_features import ranker_features
from entity_extract.records import strokes_of, words_of
from entity_extract.review.acceptance import accept, acceptance_text
from entity_extract.review.command import Asked, review_of
from entity_extract.review.order import in_order, value_of_check
from entity_extract.review.rows import ReviewRow
from tests.unit.review.cases import CONFIG, Shop, reviewed

DOMAIN = CONFIG.domain


def answers(
    confidence: list[float], value_si: list[float] | None = None, **more: object
) -> pd.DataFrame:
    number = len(confidence)
    table = pd.DataFrame({"confidence": confidence, "value_si": value_si or [0.5] * number})
    said = {
        "entity_name": "item_weight",
        "group_id": "tea",
        "prediction": "500 gram",
        "label_si": np.nan,
        "contradicted": False,
        "corrected": False,
        "row_key": [f"{place:03}" for place in range(number)],
    }
    return table.assign(**(said | more))


def test_the_surest_are_accepted_as_long_as_their_mean_reaches_the_precision() -> None:
    config = ReviewConfig(precision=0.95, min_values=2)
    found = accept(answers([0.99, 0.97, 0.95, 0.9, 0.89, 0.3]), config)
    assert found.accepted.tolist() == [True, True, True, True, False, False]  # mean 0.9525
    (entity,) = found.entities
    assert (entity.threshold, entity.accepted, entity.unsure) == (0.9, 4, 2)
    assert entity.precision == pytest.approx(0.9525)
    assert found.share == pytest.approx(4 / 6)
    assert "accepted without a look: 66.7% of the answers given" in acceptance_text(found)


def test_why_nothing_passes_is_said_with_what_to_do() -> None:
    few = accept(answers([0.99] * 3, group_id=""), ReviewConfig(precision=0.95))
    assert (few.entities[0].unbounded, few.entities[0].outside, few.share) == (3, 0, 0.0)
    said = acceptance_text(few)
    assert "of item_weight fewer than review.min_values = 20 sizes are known" in said
    unsure = accept(answers([0.5] * 3), ReviewConfig(precision=0.95))
    said = acceptance_text(unsure)
    assert "not even the surest answers reach the precision asked for" in said
    assert "review.precision: item_weight 0.95" in said
    enough = accept(answers([0.99] * 3, group_id=""), ReviewConfig(precision=0.95, min_values=3))
    assert acceptance_text(enough).count("\n") == 2  # a head, its columns, a line


def test_equal_confidences_pass_together_or_not_at_all() -> None:
    found = accept(answers([0.99, 0.9, 0.9]), ReviewConfig(precision=0.94, min_values=1))
    assert found.accepted.tolist() == [True, False, False]


def test_each_entity_has_its_own_precision_and_may_have_none_that_pass() -> None:
    rows = pd.concat([answers([0.9] * 4), answers([0.9] * 4, entity_name="height")])
    config = ReviewConfig(precision=0.95, precision_of={"height": 0.85}, min_values=2)
    found = accept(rows, config)
    height, weight = found.entities
    assert (height.accepted, height.threshold) == (4, 0.9)
    assert (weight.accepted, weight.threshold) == (0, NEVER)
    assert "never" in acceptance_text(found)


def test_a_size_that_its_category_does_not_have_is_looked_at() -> None:
    sizes = [*np.linspace(0.4, 0.6, 30), 500.0, 0.0005]
    found = accept(answers([0.99] * 32, sizes), ReviewConfig())
    assert found.accepted.tolist() == [True] * 30 + [False] * 2
    assert found.entities[0].outside == 2
    # Of a category with few sizes those of its entity tell.
    rows = pd.concat([answers([0.99] * 30, sizes[:30]), answers([0.99] * 2, sizes[30:])])
    rows["group_id"] = ["tea"] * 30 + ["new"] * 2
    assert accept(rows, ReviewConfig()).accepted.tolist() == [True] * 30 + [False] * 2


def test_labels_make_bounds_too_and_without_enough_of_anything_nothing_passes() -> None:
    config = ReviewConfig(min_values=20)
    assert not accept(answers([0.99] * 19), config).accepted.any()
    unsure = answers([0.1] * 20, label_si=np.log10(0.5), prediction="")
    rows = pd.concat([answers([0.99]), unsure], ignore_index=True)
    assert accept(rows, config).accepted[0]
    far = pd.concat([answers([0.99], [80.0]), unsure], ignore_index=True)
    assert not accept(far, config).accepted[0]


def test_an_answer_that_a_label_contradicts_does_not_pass() -> None:
    found = accept(answers([0.99] * 30, contradicted=[True] + [False] * 29), ReviewConfig())
    assert found.accepted.tolist() == [False] + [True] * 29
    assert found.entities[0].contradicted == 1


def test_the_least_sure_come_first_and_what_nothing_was_read_of_last() -> None:
    rows = answers([0.9, 0.0, 0.2, 0.5], corrected=[False, False, True, False])
    assert in_order(rows, "least-sure").tolist() == [3, 0, 2, 1]


def test_a_check_is_worth_most_where_many_rows_lean_on_few_labels() -> None:
    rows = answers(
        [0.6, 0.6, 0.95, 0.6, 0.6],
        group_id=["many", "many", "many", "one", "silent"],
        prediction=["500 gram"] * 4 + [""],
    )
    value = value_of_check(rows)
    assert value[0] == value[1] == pytest.approx(0.4 * (1 + 3 / 4))
    assert value[3] == pytest.approx(0.4 * (1 + 1 / 4))
    assert value[4] == pytest.approx(0.6 * (1 + 1 / 4))  # a silence may be wrong, too
    labelled = rows.assign(label_si=[np.nan, 0.0, np.nan, np.nan, np.nan])
    assert value_of_check(labelled)[0] == pytest.approx(0.4 * (1 + 2 / 5))
    assert in_order(rows, "value")[0] == 4


@pytest.fixture(scope="module")
def rows(cards: Shop) -> dict[str, ReviewRow]:
    found = reviewed(cards.lake).rows
    return {f"{row.id.image_link.rsplit('/', 1)[-1]} {row.id.group_id}": row for row in found}


def test_why_adds_up_to_the_lead_that_the_ranker_gave(rows: dict[str, ReviewRow]) -> None:
    looked_at = 0
    for row in rows.values():
        if row.explained is None or row.explained.why is None:
            continue
        why = row.explained.why
        assert sum(step.adds for step in why.steps) + why.rest == pytest.approx(why.lead)
        assert [abs(s.adds) for s in why.steps] == sorted(abs(s.adds) for s in why.steps)[::-1]
        if why.against:
            assert why.against == next(c for c in row.candidates if c != row.prediction)
            assert why.lead > 0  # the ranker's best is ahead
        looked_at += 1
    assert looked_at > 8


def test_the_lead_is_what_the_rankers_raw_scores_differ_by(
    cards: Shop, rows: dict[str, ReviewRow]
) -> None:
    row = rows["tea-500.png tea"]
    images = pd.read_parquet(cards.lake / "images").set_index("image_link")
    read = images.loc[[row.id.image_link]].assign(entity_name="item_weight", group_id="tea")
    read = read.assign(words=read["words"].map(words_of), strokes=read["strokes"].map(strokes_of))
    model = worker_model(default_bundle())
    examples = examples_of(read.assign(embedding=None), model)
    features = ranker_features(model.ranker.names, Evidence.of(model.learners, examples))
    raw = np.asarray(model.ranker.model.predict(features, raw_score=True))
    texts = [
        f"{v:g} {DOMAIN.unit_names[u]}" for v, u in zip(examples.value, examples.unit, strict=True)
    ]
    score = dict(zip(texts, raw, strict=True))
    assert row.explained is not None
    assert row.explained.why is not None
    why = row.explained.why
    assert why.against == "17.6 ounce"
    assert why.lead == pytest.approx(score["500 gram"] - score["17.6 ounce"], rel=1e-4)
    names = dict(zip(model.ranker.names, features[texts.index("500 gram")], strict=True))
    for step in why.steps:
        assert step.value == pytest.approx(float(names[step.feature]), nan_ok=True)


def test_the_boxes_of_candidates_are_where_they_are_printed(rows: dict[str, ReviewRow]) -> None:
    row = rows["tea-500.png tea"]
    assert row.explained is not None
    boxes = dict(zip(row.candidates, row.explained.boxes, strict=True))
    assert boxes["500 gram"] == row.box
    top, height = boxes["500 gram"][1], boxes["500 gram"][3]
    assert boxes["17.6 ounce"][1] > top + height  # on the line below
    assert row.size == (640, 240)
    assert "Net weight 500 g" in row.lines


def test_another_models_answers_are_shown_without_a_why(
    cards: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    bundle = default_bundle()
    stranger = replace(bundle, about={**bundle.about, "model_version": "another"})
    found = review_of(str(cards.lake), stranger, CONFIG, Asked(), corrections={})
    assert [row.explained for row in found.rows] == [None] * len(found.rows)
    assert "answers of another model" in caplog.text


def test_only_what_is_asked_for_is_on_the_page(cards: Shop) -> None:
    found = reviewed(cards.lake, asked=Asked(entity="height", category="mug", status="ok"))
    assert {row.id.entity_name for row in found.rows} == {"height"}
    assert len(found.answers) == len(cards.rows)
    few = CONFIG.model_copy(update={"review": CONFIG.review.model_copy(update={"rows": 3})})
    assert len(reviewed(cards.lake, few).rows) == 3
    with pytest.raises(UserError, match="--entity voltage: no answer of the lake; there are"):
        reviewed(cards.lake, asked=Asked(entity="voltage"))


def test_a_catalog_leaves_its_own_rows_with_its_labels(cards: Shop) -> None:
    own = cards.rows[cards.rows["group_id"] == "tea"].assign(entity_value="1 gram")
    found = review_of(
        str(cards.lake), default_bundle(), CONFIG, Asked(), corrections={}, catalog=own
    )
    assert {(row.id.group_id, row.label) for row in found.rows} == {("tea", "1 gram")}
    assert not found.answers["accepted"].any()  # the labels say otherwise
