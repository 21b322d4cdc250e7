"""Labels and texts without pictures: priors to the digit, and the teacher, neither of which may
see a row's own label."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from entity_extract.config import TeacherParams
from entity_extract.learning.features.category_priors import PARTS, CategoryPriors, part_of
from entity_extract.learning.features.examples import Examples, correct_candidates
from entity_extract.learning.features.priors import prior_features
from entity_extract.learning.features.quantity_priors import QuantityPriors
from entity_extract.learning.prediction.evidence import Evidence
from entity_extract.learning.prediction.learners.teacher import Teacher
from entity_extract.learning.prediction.model import Model
from entity_extract.learning.prediction.ranker_features import ranker_features
from entity_extract.learning.training.background import Background, fit_priors
from entity_extract.learning.training.learners.teacher import (
    fit_teacher,
    text_frame,
    texts_of_frame,
    words_of_text,
)
from entity_extract.learning.training.model import fit_model
from entity_extract.quantities.amounts import Amount
from tests.unit.learning_cases import DOMAIN, SMALL, Product, make_products, printed, to_examples

GRAM, OUNCE = (DOMAIN.unit_names.index(unit) for unit in ("gram", "ounce"))
PARAMS = TeacherParams(rounds=30, learning_rate=0.2, leaves=7, min_leaf=5)


def labels(rows: list[tuple[str, str, int]]) -> pd.DataFrame:
    """(category, label, times) of item_weight, each with a link of its own."""
    table = pd.DataFrame(rows, columns=["group_id", "entity_value", "rows"])
    links = [f"https://shop/{i}.jpg" for i in range(len(rows))]
    return table.assign(entity_name="item_weight", image_link=links)


def asked(
    priors: CategoryPriors, group: str, value: float, unit: int, **more: np.ndarray
) -> list[float]:
    """Shares of the labels of the entity, and of the category, that say just this."""
    found = priors.quantity_priors.of(
        entity=np.array(["item_weight"], object),
        group=np.array([group], object),
        unit=np.array([unit]),
        value=np.array([value]),
        domain=DOMAIN,
        **more,
    )
    return [float(share) for share in np.exp(found[0])]


def test_a_quantity_is_as_common_as_labels_of_the_category_say_it() -> None:
    priors = fit_priors(labels([("tea", "100 gram", 30), ("flour", "1 kilogram", 70)]), DOMAIN)
    in_entity, in_category = asked(priors, "tea", 100, GRAM)
    assert in_entity == pytest.approx(30.1 / 110)
    assert in_category == pytest.approx((30 + 5 * in_entity) / 35)
    assert asked(priors, "tea", 100, OUNCE)[1] < 0.01
    assert asked(priors, "tea", 101, GRAM)[1] < 0.01
    assert asked(priors, "never seen", 100, GRAM)[1] == pytest.approx(in_entity)


def test_a_label_that_cannot_be_used_teaches_nothing() -> None:
    good = [("tea", "100 gram", 3)]
    bad = [("tea", "100 parsec", 9), ("tea", "", 9), ("tea", "heavy", 9)]
    with_bad, without = (fit_priors(labels(rows), DOMAIN) for rows in (good + bad, good))
    assert asked(with_bad, "tea", 100, GRAM) == asked(without, "tea", 100, GRAM)
    np.testing.assert_array_equal(with_bad.sums.sum(axis=0), without.sums.sum(axis=0))


def test_a_pictures_part_can_be_left_out_of_how_common_a_quantity_is() -> None:
    picture = np.array(["mine"], object)
    priors = fit_priors(labels([("tea", "100 gram", 9)]).assign(image_link="mine"), DOMAIN)
    assert asked(priors, "tea", 100, GRAM)[1] > 0.5
    assert asked(priors, "tea", 100, GRAM, leave_out=part_of(picture))[1] < 0.02


def test_a_bundle_keeps_no_quantity_that_only_one_label_says() -> None:
    priors = fit_priors(labels([("tea", "100 gram", 9), ("tea", "123.4 gram", 1)]), DOMAIN)
    kept = priors.without_parts()
    assert asked(kept, "tea", 100, GRAM) == pytest.approx(asked(priors, "tea", 100, GRAM))
    assert asked(kept, "tea", 123.4, GRAM)[1] < asked(priors, "tea", 123.4, GRAM)[1]
    assert len(kept.quantity_priors.counts) == 1


def test_joined_counts_are_the_sum_and_their_parts_stand_apart() -> None:
    one, other = (
        fit_priors(
            labels([("tea", "100 gram", n), ("tea", f"{n} gram", n)]), DOMAIN
        ).quantity_priors
        for n in (2, 5)
    )
    joined = one.joined(other)
    assert len(joined.counts) == 2 * PARTS
    for single in (one, other):
        at = np.searchsorted(joined.keys, single.keys)
        assert (joined.keys[at] == single.keys).all()
    assert joined.counts.sum() == one.counts.sum() + other.counts.sum()


def test_no_labels_at_all_leave_nothing_common() -> None:
    priors = fit_priors(labels([]), DOMAIN)
    assert isinstance(priors.quantity_priors, QuantityPriors)
    assert asked(priors, "tea", 100, GRAM) == asked(priors, "flour", 7, OUNCE)


def test_a_rows_own_label_is_not_in_its_priors_when_it_is_left_out() -> None:
    examples = to_examples([Product("item_weight", "tea", tuple(printed("100 gram")), ())])
    own = labels([("tea", "100 gram", 9)]).assign(image_link=examples.picture[0])
    others = labels([("tea", "3 kilogram", 9)])
    priors = fit_priors(pd.concat([own, others], ignore_index=True), DOMAIN)
    seen, unseen = (
        {name: float(column[0]) for name, column in found.items()}
        for found in (
            prior_features(examples, priors),
            prior_features(examples, priors, leave_out=True),
        )
    )
    assert seen["prior_unit"] > unseen["prior_unit"]
    assert seen["quantity_prior_in_category"] > unseen["quantity_prior_in_category"]
    assert np.expm1(seen["prior_seen"]) == pytest.approx(18)


# A text states the weight after "net", and other weights before it, in any order of size.
def texts(number: int, seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    weights = rng.choice(np.arange(10, 900), size=(number, 3), replace=True)
    return pd.DataFrame(
        {
            "row_key": [f"{i:05d}" for i in range(number)],
            "row_copy": 1,
            "image_link": [f"https://texts/{seed}/{i}.jpg" for i in range(number)],
            "entity_name": "item_weight",
            "group_id": "tea",
            "entity_value": [f"{net} gram" for _, net, _ in weights],
            "text": [
                f"per cup {a} g with milk; net {n} g, of it {b} g dust" for a, n, b in weights
            ],
        }
    )


def text_examples(table: pd.DataFrame) -> Examples:
    return texts_of_frame(text_frame(table, DOMAIN), DOMAIN)


def fitted(table: pd.DataFrame) -> tuple[Teacher, CategoryPriors]:
    priors = fit_priors(table.assign(rows=1), DOMAIN)
    return fit_teacher(text_examples(table), priors, PARAMS, seed=0), priors


def share_right(teacher: Teacher, priors: CategoryPriors, examples: Examples) -> float:
    score = teacher.log_odds(Evidence(examples, priors))
    hits = []
    for row, label in enumerate(examples.labels):
        own = np.flatnonzero(examples.owner == row)
        hits.append(float(examples.value[own[score[own].argmax()]]) == label[0].value)
    return float(np.mean(hits))


def test_a_teacher_learns_from_texts_which_of_the_quantities_is_meant() -> None:
    teacher, priors = fitted(texts(300, seed=1))
    assert share_right(teacher, priors, text_examples(texts(100, seed=2))) > 0.9


def test_what_it_learned_from_texts_holds_for_words_in_a_picture() -> None:
    teacher, priors = fitted(texts(300, seed=1))
    table = texts(60, seed=3)
    pictures = to_examples(
        [
            Product(
                "item_weight", "tea", tuple(printed(text)), (Amount(float(v.split()[0]), "gram"),)
            )
            for text, v in zip(table["text"], table["entity_value"], strict=True)
        ]
    )
    assert share_right(teacher, priors, pictures) > 0.85


def test_a_stored_teacher_scores_the_same() -> None:
    teacher, priors = fitted(texts(120, seed=1))
    examples = text_examples(texts(20, seed=2))
    features = ranker_features(teacher.names, Evidence(examples, priors))
    again = Teacher.from_text(teacher.to_text())
    np.testing.assert_array_equal(again.score(features), teacher.score(features))
    assert teacher.score(features[:0]).shape == (0,)


def test_texts_of_an_unknown_entity_or_without_a_usable_label_are_left_out() -> None:
    table = texts(4, seed=1)
    table.loc[0, "entity_name"] = "beauty"
    table.loc[1, "entity_value"] = "3 parsec"
    table.loc[2, "entity_value"] = ""
    assert text_frame(table, DOMAIN)["row_key"].tolist() == ["00003"]


def test_a_very_long_text_is_cut() -> None:
    assert len(words_of_text("5 g " * 100_000)) < 5000
    assert words_of_text("") == []


def test_a_model_keeps_its_teacher_and_priors_in_its_files() -> None:
    teacher, priors = fitted(texts(120, seed=1))
    examples = to_examples(make_products(120, seed=1))
    known = Background(priors, teacher)
    model = fit_model(examples, np.arange(len(examples)), config=SMALL, background=known)
    again = Model.from_files(model.files())
    before, after = model.choose(examples), again.choose(examples)
    np.testing.assert_array_equal(after.confidence, before.confidence)
    without = {name: content for name, content in model.files().items() if name != "teacher.txt"}
    with pytest.raises(KeyError, match=r"teacher\.txt"):
        Model.from_files(without)
    deaf = replace(model.learners, teacher=None)
    assert "teacher.txt" not in replace(model, learners=deaf).files()


def of_categories(products: list[Product], *names: str) -> Examples:
    return to_examples([product for product in products if product.group in names])


def test_priors_of_other_labels_help_in_categories_that_were_not_learned_from() -> None:
    """Learned where the largest quantity is wrong; asked where, as priors tell, it is right."""
    learned = of_categories(make_products(240, seed=1), "tea", "mug")
    unseen = of_categories(make_products(200, seed=6), "flour", "shelf")
    elsewhere = to_examples(make_products(400, seed=5))
    table = pd.DataFrame(
        {
            "image_link": [f"https://elsewhere/{i}" for i in range(len(elsewhere))],
            "entity_name": elsewhere.entity,
            "group_id": elsewhere.group,
            "entity_value": [
                f"{label[0].value:g} {label[0].unit}" if label else "" for label in elsewhere.labels
            ],
            "rows": 1,
        }
    )
    shares = []
    for known in (Background(), Background(fit_priors(table, DOMAIN))):
        rows = np.arange(len(learned))
        model = fit_model(learned, rows, config=SMALL, background=known)
        best = model.choose(unseen).best
        shares.append(np.append(correct_candidates(unseen), False)[best].mean())
    assert shares[1] > shares[0] + 0.1
