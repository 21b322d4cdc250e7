"""The whole model on a small world that can be learned, and on one that cannot."""

from dataclasses import replace

import numpy as np
import pytest

from entity_extract.errors import TooLittle
from entity_extract.learning.features.examples import Examples, correct_candidates
from entity_extract.learning.prediction.abstention import AbstentionThresholds, Calibration
from entity_extract.learning.prediction.model import Choice, Model, best_of_rows
from entity_extract.quantities.amounts import Amount
from tests.unit.learning_cases import (
    DOMAIN,
    SMALL,
    Product,
    fit_on,
    make_products,
    printed,
    small_model,
    to_examples,
)


@pytest.fixture(scope="module")
def model() -> Model:
    return small_model()


@pytest.fixture(scope="module")
def unseen() -> Examples:
    return to_examples(make_products(120, seed=2))


def f1(examples: Examples, choice: Choice, thresholds: AbstentionThresholds) -> float:
    """2 TP / (2 TP + FP + FN), as the challenge counts."""
    said = (choice.best >= 0) & (choice.confidence >= thresholds.of(examples.entity))
    right = said & np.append(correct_candidates(examples), False)[choice.best]
    labelled = np.array([bool(label) for label in examples.labels])
    tp = int(right.sum())
    return 2 * tp / (2 * tp + int((said & ~right).sum()) + int((~said & labelled).sum()))


def largest_candidate(examples: Examples) -> Choice:
    return best_of_rows(examples, examples.column("log_si"))


def with_chance_labels(examples: Examples, seed: int) -> Examples:
    """Each row's label is one of its own candidates, drawn by lot: nothing can be learned."""
    rng = np.random.default_rng(seed)
    labels = []
    for row in range(len(examples)):
        own = np.flatnonzero(examples.owner == row)
        drawn = rng.choice(own, size=min(1, len(own)))
        labels.append(
            tuple(
                Amount(float(examples.value[i]), DOMAIN.unit_names[examples.unit[i]]) for i in drawn
            )
        )
    return replace(examples, labels=tuple(labels))


def test_it_answers_new_rows_better_than_the_largest_candidate(
    model: Model, unseen: Examples
) -> None:
    by_size = f1(unseen, largest_candidate(unseen), AbstentionThresholds(-np.inf, {}))
    assert by_size < 0.7
    assert f1(unseen, model.choose(unseen), model.thresholds) > 0.9


def test_labels_drawn_by_lot_teach_nothing_and_it_knows(unseen: Examples) -> None:
    """A label that leaked into its own row's features would make it far too sure."""
    fooled = fit_on(with_chance_labels(to_examples(make_products(200, seed=1)), seed=0))
    labelled = with_chance_labels(unseen, seed=1)
    choice = fooled.choose(labelled)
    spoken = choice.best >= 0
    share_right = correct_candidates(labelled)[choice.best[spoken]].mean()
    assert 0.2 < share_right < 0.5  # one in three, nearly all rows having three candidates
    assert choice.confidence[spoken].mean() == pytest.approx(share_right, abs=0.15)


def test_a_row_without_candidates_is_silent(model: Model) -> None:
    nothing = Product("item_weight", "tea", tuple(printed("New and tasty")), ())
    something = Product("item_weight", "tea", tuple(printed("99 gram")), ())
    choice = model.choose(to_examples([nothing, something, nothing]))
    assert choice.best.tolist() == [-1, 0, -1]
    assert choice.runner_up.tolist() == [-1, -1, -1]
    assert choice.confidence[[0, 2]].tolist() == [0, 0]
    assert [len(order) for order in choice.order] == [0, 1, 0]


def test_confidence_is_the_calibrated_score(model: Model, unseen: Examples) -> None:
    doubtful = replace(model, calibration=Calibration((0.0, 1.0), (0.25, 0.25)))
    choice = doubtful.choose(unseen)
    assert choice.confidence.tolist() == np.where(choice.best >= 0, 0.25, 0.0).tolist()


def test_other_rows_of_the_batch_change_nothing(model: Model, unseen: Examples) -> None:
    together = model.choose(unseen)
    for row in range(0, len(unseen), 7):
        alone = model.choose(unseen.take(np.array([row])))
        first = int(np.searchsorted(unseen.owner, row))
        assert (alone.order[0] + first).tolist() == together.order[row].tolist()
        assert alone.confidence[0] == pytest.approx(together.confidence[row], abs=1e-6)


def test_the_order_of_the_rows_changes_nothing(model: Model, unseen: Examples) -> None:
    shuffled = np.random.default_rng(0).permutation(len(unseen))
    np.testing.assert_allclose(
        model.choose(unseen.take(shuffled)).confidence,
        model.choose(unseen).confidence[shuffled],
        atol=1e-6,
    )


def test_a_model_is_fitted_and_asked_without_embeddings(unseen: Examples) -> None:
    seen = to_examples(make_products(120, seed=1))
    blind = fit_on(replace(seen, image=np.zeros((len(seen), 0), np.float32)))
    again = Model.from_files(blind.files())
    rows = replace(unseen, image=np.zeros((len(unseen), 0), np.float32))
    assert f1(rows, again.choose(rows), again.thresholds) > 0.8


def test_a_stored_model_gives_equal_answers(model: Model, unseen: Examples) -> None:
    again = Model.from_files(model.files())
    assert again.thresholds == model.thresholds
    assert again.domain == model.domain
    before, after = model.choose(unseen), again.choose(unseen)
    np.testing.assert_array_equal(after.best, before.best)
    np.testing.assert_array_equal(after.confidence, before.confidence)


def test_a_model_without_one_of_its_files_is_refused(model: Model) -> None:
    for missing in model.files():
        rest = {name: content for name, content in model.files().items() if name != missing}
        with pytest.raises(KeyError, match=missing):
            Model.from_files(rest)


def test_the_same_seed_gives_the_same_model_and_another_seed_another() -> None:
    examples = to_examples(make_products(80, seed=3))
    first, again, other = (
        fit_on(examples, SMALL.model_copy(update={"seed": seed})).files() for seed in (0, 0, 1)
    )
    assert first == again
    assert first["fusion.safetensors"] != other["fusion.safetensors"]


def test_the_best_candidate_has_the_highest_score_and_ties_go_to_the_first() -> None:
    texts = ("500 gram or 2 kilogram or 7 ounce", "nothing", "1 gram or 2 gram")
    products = [Product("item_weight", "tea", tuple(printed(text)), ()) for text in texts]
    choice = best_of_rows(to_examples(products), np.array([0.1, 0.9, 0.5, 0.4, 0.4]))
    assert [order.tolist() for order in choice.order] == [[1, 2, 0], [], [3, 4]]
    assert choice.best.tolist() == [1, -1, 3]
    assert choice.runner_up.tolist() == [2, -1, 4]
    assert choice.confidence.tolist() == [0.9, 0.0, 0.4]


def test_too_few_labels_are_refused() -> None:
    with pytest.raises(TooLittle, match="5 labelled, readable rows are too few"):
        fit_on(to_examples([p for p in make_products(40, seed=1) if p.label][:5]))


def test_labels_that_were_read_nowhere_are_refused() -> None:
    unread = Product("item_weight", "tea", tuple(printed("2 gram")), (Amount(500.0, "gram"),))
    with pytest.raises(TooLittle, match="too few pictures"):
        fit_on(to_examples([unread] * 20))
