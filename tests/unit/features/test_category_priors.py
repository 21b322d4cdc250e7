"""Category priors: smoothed towards the entity, and never made of the row's own label."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from entity_extract.learning.features.category_priors import (
    CategoryPriors,
    Labels,
    RowPriors,
    part_of,
)
from entity_extract.learning.features.examples import Examples, allowed_units
from entity_extract.learning.features.transformer import FeatureTransformer
from entity_extract.learning.training.transformer import fit_transformer, targets
from entity_extract.quantities.amounts import Amount
from tests.unit.learning_cases import DOMAIN, Product, to_examples

Row = tuple[str, str, str, float]  # category, picture, unit, log10 SI
UNITS = DOMAIN.unit_names
WEIGHT = 3  # labels' worth of trust in the entity as a whole


def fitted(
    rows: list[Row], entity: str = "item_weight", priors: CategoryPriors | None = None
) -> CategoryPriors:
    group, picture, unit, log_si = (np.array(x) for x in zip(*rows, strict=True))
    units = np.array([UNITS.index(name) for name in unit])
    si = np.array([DOMAIN.units[name].si for name in unit])
    labels = Labels(
        entity=np.full(len(rows), entity, object),
        group=group,
        unit=units,
        value=10.0**log_si / si,
        part=part_of(picture),
        rows=np.ones(len(rows)),
    )
    return CategoryPriors.fit(labels, DOMAIN, further_priors=priors)


def asked(priors: CategoryPriors, groups: list[str], entity: str = "item_weight") -> RowPriors:
    entities = np.full(len(groups), entity, object)
    return priors.of(entities, np.array(groups), allowed_units(entities, DOMAIN))


def test_an_unseen_category_gets_the_priors_of_its_entity() -> None:
    rows = [("tea", "1", "gram", -1.0), ("tea", "2", "gram", -2.0), ("flour", "3", "ounce", 0.0)]
    prior = asked(fitted(rows), ["never seen"])
    allowed = len(DOMAIN.entities["item_weight"].units)
    assert prior.seen == [0]
    assert prior.mean == pytest.approx([-1.0])
    assert prior.std == pytest.approx([np.std([-1.0, -2.0, 0.0])])
    gram, ton = (prior.unit[0, UNITS.index(unit)] for unit in ("gram", "ton"))
    assert gram == pytest.approx((2 + WEIGHT / allowed) / (3 + WEIGHT))
    assert ton == pytest.approx((WEIGHT / allowed) / (3 + WEIGHT))


def test_a_category_counts_the_entity_as_three_labels_of_its_own() -> None:
    rows = [("tea", "1", "gram", -1.0)] * 2 + [("flour", "2", "kilogram", 1.0)] * 6
    prior = asked(fitted(rows), ["tea"])
    entity_mean = (2 * -1.0 + 6 * 1.0) / 8
    assert prior.seen == [2]
    assert prior.mean == pytest.approx([(2 * -1.0 + WEIGHT * entity_mean) / (2 + WEIGHT)])


def test_many_labels_outvote_the_entity() -> None:
    rows = [("tea", "1", "gram", -1.0)] * 300 + [("flour", "2", "kilogram", 1.0)] * 300
    prior = asked(fitted(rows), ["tea"])
    assert prior.mean == pytest.approx([-1.0], abs=0.02)
    assert prior.unit[0, UNITS.index("gram")] > 0.98
    assert 0.15 <= prior.std[0] < 0.2  # never below what two packages of one kind differ by


def test_an_entity_without_labels_is_wide_open() -> None:
    prior = asked(fitted([("tea", "1", "gram", -1.0)]), ["tea"], entity="voltage")
    volts = [UNITS.index(unit) for unit in DOMAIN.entities["voltage"].units]
    assert prior.unit[0, volts] == pytest.approx(np.full(3, 1 / 3))
    assert prior.std == pytest.approx([1.0])


ROWS = st.lists(
    st.tuples(
        st.sampled_from(["tea", "flour", "salt"]),
        st.sampled_from([f"picture {i}" for i in range(8)]),
        st.sampled_from(["gram", "kilogram", "ounce"]),
        st.floats(-3, 3),
    ),
    min_size=1,
    max_size=12,
)


@given(ROWS, st.sampled_from(sorted(DOMAIN.entities)), st.sampled_from(["tea", "new"]))
@settings(max_examples=50, deadline=None)
def test_unit_probabilities_sum_to_one_over_the_allowed_units(
    rows: list[Row], entity: str, group: str
) -> None:
    prior = asked(fitted(rows), [group], entity)
    allowed = allowed_units(np.array([entity], object), DOMAIN)
    assert prior.unit[allowed].sum() == pytest.approx(1.0)
    assert not prior.unit[~allowed].any()
    assert (prior.unit[allowed] > 0).all()
    assert np.isfinite(prior.mean).all()
    assert (prior.std > 0).all()


@given(ROWS, st.data())
@settings(max_examples=50, deadline=None)
def test_no_label_of_a_picture_is_in_the_training_prior_of_its_rows(
    rows: list[Row], data: st.DataObject
) -> None:
    changed = data.draw(st.integers(0, len(rows) - 1))
    group, picture, *_ = rows[changed]
    other = [*rows]
    other[changed] = (group, picture, "ton", 9.0)
    same_picture = np.flatnonzero([row[1] == picture for row in rows])
    before, after = (training_prior(table) for table in (rows, other))
    for name in ("seen", "mean", "std", "unit"):
        np.testing.assert_allclose(
            getattr(after, name)[same_picture], getattr(before, name)[same_picture], atol=1e-6
        )


def training_prior(rows: list[Row]) -> RowPriors:
    entity = np.full(len(rows), "item_weight", object)
    group, picture = (np.array([row[i] for row in rows]) for i in (0, 1))
    allowed = allowed_units(entity, DOMAIN)
    return fitted(rows).of(entity, group, allowed, leave_out=picture)


def test_the_labels_of_other_pictures_are_in_the_training_prior() -> None:
    rows = [("tea", f"picture {i}", "gram", -1.0) for i in range(40)]
    changed = [*rows[:-1], ("tea", "picture 39", "ton", 9.0)]
    before, after = training_prior(rows), training_prior(changed)
    told = after.mean != before.mean
    assert not told[-1]
    assert told.sum() > 25  # all but the fifth of the pictures that are left out together


def test_priors_of_other_labels_count_as_if_they_were_in_the_catalog() -> None:
    here = [("tea", "1", "gram", -1.0), ("flour", "2", "ounce", 0.0)]
    elsewhere = [("tea", "a", "kilogram", 0.5), ("salt", "b", "gram", -2.0)] * 4
    apart = fitted(here, priors=fitted(elsewhere))
    together = fitted(here + elsewhere)
    for group in ("tea", "flour", "salt", "never seen"):
        for one, other in zip(
            vars(asked(apart, [group])).values(),
            vars(asked(together, [group])).values(),
            strict=True,
        ):
            np.testing.assert_allclose(one, other)


def test_priors_stay_when_a_rows_own_part_is_left_out() -> None:
    rows = [("tea", "1", "gram", -1.0)]
    entity, group, picture = (np.array([name], object) for name in ("item_weight", "tea", "1"))
    allowed = allowed_units(entity, DOMAIN)
    prior = fitted(rows, priors=fitted(rows * 9)).of(entity, group, allowed, leave_out=picture)
    assert prior.seen == [9]


def labelled(values: list[float]) -> Examples:
    return to_examples(
        [Product("item_weight", "tea", (), (Amount(value, "gram"),)) for value in values]
    )


def test_a_rows_own_label_is_nowhere_in_its_transformed_features() -> None:
    values = [100.0 + i for i in range(30)]
    transformed = []
    for examples in (labelled(values), labelled([*values[:-1], 9e6])):
        transformer = fit_transformer(examples, targets(examples), components=2, seed=0)
        transformed.append(transformer.transform(examples, training=True))
    before, after = transformed
    np.testing.assert_array_equal(after[-1], before[-1])
    assert (after[:-1] != before[:-1]).any()


def test_a_transformer_is_stored_without_the_parts_and_transforms_new_rows_the_same() -> None:
    examples = labelled([100.0 + i for i in range(30)])
    transformer = fit_transformer(examples, targets(examples), components=2, seed=0)
    again = FeatureTransformer.from_bytes(transformer.to_bytes())
    assert again.priors.sums.shape[0] == 1
    np.testing.assert_allclose(
        again.transform(examples, training=False),
        transformer.transform(examples, training=False),
        rtol=1e-6,
    )


@pytest.mark.parametrize("content", [b"", b"garbage", b"\x02\0\0\0\0\0\0\0{}"])
def test_what_is_no_transformer_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match="not a feature transformer"):
        FeatureTransformer.from_bytes(content)
