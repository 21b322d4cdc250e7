"""The contract of forest, unit classifier and fusion net alike, then what is each one's own."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import lightgbm as lgb
import numpy as np
import pytest
import torch
from sklearn.ensemble import RandomForestRegressor

from entity_extract.config import ForestParams, FusionParams, UnitParams
from entity_extract.errors import Diverged
from entity_extract.learning.prediction.learners.forest import Forest, TreeArrays
from entity_extract.learning.prediction.learners.fusion import Fusion
from entity_extract.learning.prediction.learners.unit_classifier import UnitClassifier
from entity_extract.learning.training.learners import fusion_net
from entity_extract.learning.training.learners.forest import fit_forest, forest_of
from entity_extract.learning.training.learners.fusion_net import fit_fusion
from entity_extract.learning.training.learners.unit_classifier import fit_unit_classifier

UNITS = 5
FEATURES = 6


@dataclass(frozen=True)
class Table:
    """Rows whose unit and value follow from two features; unit 4 never occurs."""

    features: np.ndarray
    label: np.ndarray
    value: np.ndarray
    allowed: np.ndarray
    group: np.ndarray


def make_table(rows: int, seed: int) -> Table:
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(rows, FEATURES)).astype(np.float32)
    label = (features[:, 1] > 0).astype(int) + 2 * (features[:, 2] > 0)
    value = 2.0 * features[:, 0]
    allowed = rng.random((rows, UNITS)) < 0.7
    allowed[np.arange(rows), label] = True
    return Table(features, label, value, allowed, np.arange(rows) // 2)


@dataclass(frozen=True)
class Learner:
    """One learner behind the names that the contract uses; predictions are (n, k)."""

    fit: Callable[[Table, int], Any]
    predict: Callable[[Any, Table], np.ndarray]
    share_right: Callable[[np.ndarray, Table], float]
    save: Callable[[Any], Any]
    load: Callable[[Any], Any]
    garbage: Any


def fitted_forest(table: Table, seed: int) -> Forest:
    params = ForestParams(num_trees=20, feature_fraction=1.0, threads=1)
    return fit_forest(table.features, table.value, params, seed=seed)


def fit_units(table: Table, seed: int) -> UnitClassifier:
    params = UnitParams(rounds=30, threads=1)
    return units_of(table, table.label, UNITS, params, seed=seed)


def units_of(
    table: Table, labels: np.ndarray, units: int, params: UnitParams, *, seed: int = 0
) -> UnitClassifier:
    """labels (n,) for the table's rows, each of a picture of its own."""
    pictures = np.arange(len(labels)).astype(str)
    return fit_unit_classifier(table.features, labels, units, params, seed=seed, picture=pictures)


def fitted_fusion(table: Table, seed: int) -> Fusion:
    return fit_fusion(
        table.features,
        table.label,
        table.value,
        table.allowed,
        FusionParams(hidden=(32,), max_epochs=30, learning_rate=0.01, batch_size=32),
        seed=seed,
        groups=table.group,
    )


def units_right(probability: np.ndarray, table: Table) -> float:
    return float((probability.argmax(axis=1) == table.label).mean())


def values_right(value: np.ndarray, table: Table) -> float:
    return float((np.abs(value - table.value) < 1).mean())


LEARNERS = {
    "forest": Learner(
        fitted_forest,
        lambda model, table: np.stack(model.predict(table.features), axis=1),
        lambda predicted, table: values_right(predicted[:, 0], table),
        Forest.to_bytes,
        Forest.from_bytes,
        b"no forest at all",
    ),
    "unit_classifier": Learner(
        fit_units,
        lambda model, table: model.probability(table.features, table.allowed),
        units_right,
        UnitClassifier.to_text,
        UnitClassifier.from_text,
        "no model at all",
    ),
    "fusion": Learner(
        fitted_fusion,
        lambda model, table: np.column_stack(model.predict(table.features, table.allowed)),
        lambda predicted, table: min(
            units_right(predicted[:, :UNITS], table), values_right(predicted[:, UNITS], table)
        ),
        Fusion.to_bytes,
        Fusion.from_bytes,
        b"no net at all",
    ),
}


@pytest.fixture(scope="module", params=LEARNERS)
def learner(request: pytest.FixtureRequest) -> Learner:
    return LEARNERS[request.param]


@pytest.fixture(scope="module")
def training() -> Table:
    return make_table(600, seed=1)


@pytest.fixture(scope="module")
def unseen() -> Table:
    return make_table(200, seed=2)


@pytest.fixture(scope="module")
def fitted(learner: Learner, training: Table) -> Any:
    return learner.fit(training, 0)


@pytest.fixture(scope="module")
def units(training: Table) -> UnitClassifier:
    return fit_units(training, 0)


@pytest.fixture(scope="module")
def net(training: Table) -> Fusion:
    return fitted_fusion(training, 0)


def take(table: Table, rows: np.ndarray) -> Table:
    columns = (table.features, table.label, table.value, table.allowed, table.group)
    return Table(*(column[rows] for column in columns))


def test_learns_a_separable_rule(learner: Learner, fitted: Any, unseen: Table) -> None:
    assert learner.share_right(learner.predict(fitted, unseen), unseen) > 0.9


def test_a_row_is_predicted_the_same_alone_and_among_others_in_any_order(
    learner: Learner, fitted: Any, unseen: Table
) -> None:
    together = learner.predict(fitted, unseen)
    shuffled = np.random.default_rng(3).permutation(len(unseen.label))
    alone = [learner.predict(fitted, take(unseen, np.array([row]))) for row in range(20)]
    assert together.shape[0] == len(unseen.label)
    np.testing.assert_allclose(
        learner.predict(fitted, take(unseen, shuffled)), together[shuffled], atol=1e-5
    )
    np.testing.assert_allclose(np.concatenate(alone), together[:20], atol=1e-5)


def test_no_rows_give_no_predictions(learner: Learner, fitted: Any, unseen: Table) -> None:
    nothing = learner.predict(fitted, take(unseen, np.empty(0, int)))
    assert nothing.shape == (0, learner.predict(fitted, unseen).shape[1])


def test_a_reloaded_model_predicts_the_same(learner: Learner, fitted: Any, unseen: Table) -> None:
    reloaded = learner.load(learner.save(fitted))
    np.testing.assert_array_equal(
        learner.predict(reloaded, unseen), learner.predict(fitted, unseen)
    )
    assert learner.save(reloaded) == learner.save(fitted)


def test_the_same_seed_gives_the_same_model(learner: Learner, fitted: Any, training: Table) -> None:
    assert learner.save(learner.fit(training, 0)) == learner.save(fitted)


@pytest.mark.parametrize("rows", [1, 2, 5])
def test_a_handful_of_rows_is_enough_to_fit(learner: Learner, rows: int, unseen: Table) -> None:
    model = learner.fit(make_table(rows, seed=4), 0)
    assert np.isfinite(learner.predict(model, unseen)).all()


def test_what_is_no_saved_model_is_refused(learner: Learner) -> None:
    with pytest.raises(ValueError, match=r"not a (saved|LightGBM)"):
        learner.load(learner.garbage)


@pytest.mark.parametrize("part", [0.0, 0.1, 0.5, 0.9])
def test_a_model_cut_off_is_refused(learner: Learner, fitted: Any, part: float) -> None:
    saved = learner.save(fitted)
    with pytest.raises(ValueError, match=r"not a (saved|LightGBM)"):
        learner.load(saved[: int(part * len(saved))])


def test_a_model_with_a_piece_missing_inside_is_refused(learner: Learner, fitted: Any) -> None:
    saved = learner.save(fitted)
    middle = len(saved) // 3
    with pytest.raises(ValueError, match=r"not a (saved|LightGBM)"):
        learner.load(saved[:middle] + saved[middle + 50 :])


def test_another_number_of_features_is_refused(
    learner: Learner, fitted: Any, unseen: Table
) -> None:
    narrow = Table(**{**vars(unseen), "features": unseen.features[:, 1:]})
    with pytest.raises(ValueError, match="5 features"):
        learner.predict(fitted, narrow)


# --- the forest ---


def test_a_forest_says_what_scikit_learn_says(training: Table, unseen: Table) -> None:
    theirs = RandomForestRegressor(15, max_features=0.5, random_state=0)
    theirs.fit(training.features, training.value + training.features[:, 3])
    mean, spread = forest_of(theirs).predict(unseen.features)
    votes = [tree.predict(unseen.features) for tree in theirs.estimators_]
    np.testing.assert_allclose(mean, theirs.predict(unseen.features), atol=1e-12)
    np.testing.assert_allclose(spread, np.std(votes, axis=0), atol=1e-12)


def stump(left: int = 1, right: int = 2) -> TreeArrays:
    """x0 <= 0.5 ? 10 : 20"""
    return TreeArrays(
        feature=np.array([0, -1, -1]),
        threshold=np.array([0.5, 0.0, 0.0]),
        left=np.array([left, -1, -1]),
        right=np.array([right, -1, -1]),
        value=np.array([0.0, 10.0, 20.0]),
    )


def test_a_row_on_the_threshold_goes_left() -> None:
    grown = Forest.from_trees([stump()], num_features=1)
    mean, spread = grown.predict(np.array([[0.5], [0.500001]], np.float32))
    assert mean.tolist() == [10.0, 20.0]
    assert spread.tolist() == [0.0, 0.0]


def test_trees_of_other_sizes_and_orders_of_nodes_vote_together() -> None:
    single_leaf = TreeArrays(*(np.array([x]) for x in (-1, 0.0, -1, -1, 40.0)))
    mirrored = stump(left=2, right=1)  # MLlib's node ids need not follow scikit-learn's order
    grown = Forest.from_trees([stump(), single_leaf, mirrored], num_features=1)
    mean, spread = grown.predict(np.array([[0.0]]))
    assert mean[0] == pytest.approx((10 + 40 + 20) / 3)
    assert spread[0] == pytest.approx(np.std([10, 40, 20]))


@pytest.mark.parametrize(
    ("tree", "num_features"),
    [
        pytest.param(stump(left=0), 1, id="a cycle"),
        pytest.param(stump(left=2), 1, id="one child on both sides"),
        pytest.param(stump(right=3), 1, id="a child outside"),
        pytest.param(stump(), 0, id="a feature outside"),
    ],
)
def test_nodes_that_are_no_tree_are_refused(tree: TreeArrays, num_features: int) -> None:
    with pytest.raises(ValueError, match="not a forest"):
        Forest.from_trees([tree], num_features=num_features)


def test_a_forest_takes_no_nan() -> None:
    grown = Forest.from_trees([stump()], num_features=1)
    with pytest.raises(ValueError, match="NaN"):
        grown.predict(np.array([[np.nan]]))


# --- the unit classifier, and what the fusion net shares with it ---


def test_probability_lies_on_the_allowed_units_alone(
    units: UnitClassifier, net: Fusion, unseen: Table
) -> None:
    by_trees = units.probability(unseen.features, unseen.allowed)
    by_net, _ = net.predict(unseen.features, unseen.allowed)
    for probability in (by_trees, by_net):
        np.testing.assert_allclose(probability.sum(axis=1), 1.0, rtol=1e-5)
        assert (probability[~unseen.allowed] == 0).all()
        assert (probability[unseen.allowed] > 0).all()


def test_an_entity_with_none_but_unseen_units_gets_them_evenly(
    units: UnitClassifier, unseen: Table
) -> None:
    wider = np.array([[False] * 4 + [True, True]])  # unit 5 is newer than the model
    probability = units.probability(unseen.features[:1], wider)
    assert probability.tolist() == [[0, 0, 0, 0, 0.5, 0.5]]


def test_a_row_that_may_have_no_unit_has_no_probability(
    units: UnitClassifier, net: Fusion, unseen: Table
) -> None:
    nothing = np.zeros((1, UNITS), bool)
    assert not units.probability(unseen.features[:1], nothing).any()
    assert not net.predict(unseen.features[:1], nothing)[0].any()


def test_training_rows_of_one_unit_only_make_that_unit_certain(unseen: Table) -> None:
    only = units_of(unseen, np.full(200, 3), UNITS, UnitParams(rounds=5))
    probability = only.probability(unseen.features, np.ones((200, UNITS), bool))
    assert (probability[:, 3] > 0.99).all()


def test_no_tree_of_units_is_grown_that_held_out_pictures_gain_nothing_from(unseen: Table) -> None:
    chance = np.random.default_rng(1).integers(0, 2, 200)  # nothing can be learned of it
    params = UnitParams(rounds=40, early_stopping_rounds=3, held_out_fraction=0.3)
    stopped, patient = (
        units_of(unseen, chance, 2, params.model_copy(update={"early_stopping_rounds": rounds}))
        for rounds in (3, 0)
    )
    assert patient.booster.num_trees() == 2 * 40
    assert 2 <= stopped.booster.num_trees() < 2 * 37


def test_a_domain_of_a_single_unit_is_no_special_case(unseen: Table) -> None:
    one = units_of(unseen, np.zeros(200), 1, UnitParams(rounds=5))
    reloaded = UnitClassifier.from_text(one.to_text())
    assert (reloaded.probability(unseen.features, np.ones((200, 1), bool)) == 1).all()


def test_a_model_of_more_units_than_the_domain_is_refused(
    units: UnitClassifier, unseen: Table
) -> None:
    with pytest.raises(ValueError, match="3 units given, the model has 5"):
        units.probability(unseen.features, unseen.allowed[:, :3])


def test_a_binary_model_as_synapseml_makes_it_of_two_units_is_read(training: Table) -> None:
    is_second = training.features[:, 0] > 0
    settings = {"objective": "binary", "num_threads": 1, "verbose": -1}
    booster = lgb.train(settings, lgb.Dataset(training.features, is_second), 20)
    model = UnitClassifier.from_text(booster.model_to_string())
    probability = model.probability(training.features, np.ones((600, 2), bool))
    np.testing.assert_array_equal(probability[:, 1] > 0.5, is_second)


def test_the_number_of_threads_does_not_change_the_unit_classifier(training: Table) -> None:
    texts = [
        units_of(training, training.label, UNITS, UnitParams(rounds=5, threads=t)).to_text()
        for t in (1, 2)
    ]
    trees = [text.split("end of trees")[0] for text in texts]  # the parameters come after
    assert trees[0] == trees[1]


# --- the fusion net ---


def test_the_epoch_with_the_lowest_held_out_loss_is_the_one_kept(training: Table) -> None:
    noisy = Table(**{**vars(training), "value": np.random.default_rng(0).normal(size=600)})
    params = FusionParams(hidden=(32,), learning_rate=0.01, patience=4, max_epochs=100)
    columns = (noisy.features, noisy.label, noisy.value, noisy.allowed)
    long = fit_fusion(*columns, params, seed=0, groups=noisy.group)
    best = int(np.argmin([loss.held_out for loss in long.history]))
    until_best = params.model_copy(update={"max_epochs": best + 1})
    short = fit_fusion(*columns, until_best, seed=0, groups=noisy.group)
    assert len(long.history) == best + 1 + params.patience < params.max_epochs
    np.testing.assert_array_equal(
        long.predict(noisy.features, noisy.allowed)[1],
        short.predict(noisy.features, noisy.allowed)[1],
    )


@pytest.mark.parametrize("rate", [1e20, 1e30])
def test_a_net_that_diverges_is_no_net(training: Table, rate: float) -> None:
    params = FusionParams(hidden=(32,), learning_rate=rate, max_epochs=20)
    columns = (training.features, training.label, training.value, training.allowed)
    with pytest.raises(Diverged, match=r"lower learning\.fusion\.learning_rate"):
        fit_fusion(*columns, params, seed=0, groups=training.group)


def test_copies_of_a_picture_are_never_on_both_sides_of_the_inner_split() -> None:
    # Labels by chance, the same for all copies of a picture: to have seen a copy is to know them.
    rng = np.random.default_rng(0)
    picture = np.repeat(np.arange(40), 8)
    features = rng.normal(size=(40, 30))[picture]
    label, value = rng.integers(0, 2, 40)[picture], rng.normal(size=40)[picture]
    params = FusionParams(dropout=0.0, learning_rate=0.01, max_epochs=40, patience=40)
    net = fit_fusion(
        features, label, value, np.ones((320, 2), bool), params, seed=0, groups=picture
    )
    assert net.history[-1].training < 0.1
    assert min(loss.held_out for loss in net.history) > 0.5


def test_fitting_leaves_torch_random_numbers_as_they_were(training: Table) -> None:
    torch.manual_seed(7)
    before = torch.random.get_rng_state()
    fitted_fusion(training, 0)
    assert torch.equal(torch.random.get_rng_state(), before)


def test_what_is_asked_without_torch_is_what_torch_has_learned(
    net: Fusion, training: Table
) -> None:
    allowed = training.allowed.copy()
    allowed[:2] = False
    features = np.float32(training.features * 40)  # some beyond the clip
    torch_net = fusion_net.net_of(net).eval()
    with torch.inference_mode():
        logits, standard = torch_net(torch.from_numpy(features), torch.from_numpy(allowed))
        expected = logits.softmax(dim=1).numpy() * allowed
        expected_value = torch_net.log_si(standard).numpy()
    probability, value = net.predict(features, allowed)
    np.testing.assert_allclose(probability, expected, atol=1e-6)
    np.testing.assert_allclose(value, expected_value, rtol=1e-5, atol=1e-5)
    assert not probability[:2].any()


def test_weights_that_are_not_those_of_its_layers_are_refused(net: Fusion) -> None:
    wider = net.params.model_copy(update={"hidden": (33,)})
    with pytest.raises(ValueError, match="other shapes"):
        Fusion.from_bytes(Fusion(net.weights, wider, net.history).to_bytes())


def test_another_seed_gives_another_net(net: Fusion, training: Table) -> None:
    assert net.to_bytes() != fitted_fusion(training, 1).to_bytes()


def test_a_reloaded_net_keeps_its_history(net: Fusion) -> None:
    assert len(net.history) > 1
    assert Fusion.from_bytes(net.to_bytes()).history == net.history


def test_a_label_that_its_row_does_not_allow_is_refused(training: Table) -> None:
    forbidden = training.allowed.copy()
    forbidden[0, training.label[0]] = False
    with pytest.raises(ValueError, match="does not allow"):
        fitted_fusion(Table(**{**vars(training), "allowed": forbidden}), 0)


def test_a_constant_feature_does_no_harm_when_it_changes_later(training: Table) -> None:
    features = training.features.copy()
    features[:, 5] = 3.0
    net = fitted_fusion(Table(**{**vars(training), "features": features}), 0)
    features[:, 5] = 1e9
    assert np.isfinite(net.predict(features, training.allowed)[1]).all()
