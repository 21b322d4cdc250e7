"""A base learner from outside the package: fitted, stored, loaded and asked beside the others."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest
import safetensors.numpy

from entity_extract.config import LearningConfig
from entity_extract.learning.features.examples import Examples
from entity_extract.learning.prediction.bundle import make_bundle
from entity_extract.learning.prediction.learners.base import BaseLearners
from entity_extract.learning.prediction.learners.known import LEARNERS
from entity_extract.learning.prediction.model import Model
from entity_extract.learning.training.learners.base import fit_learners
from entity_extract.learning.training.learners.fitters import FITTERS
from entity_extract.learning.training.learners.rows import FitRows
from entity_extract.learning.training.model import fit_model
from tests.unit.learning_cases import SMALL, make_products, small_model, to_examples

PENALTY = 10.0


@dataclass(frozen=True)
class Ridge:
    """The value as a line through the features: weights (d + 1,), the last one the constant."""

    weights: np.ndarray
    name: ClassVar[str] = "ridge"
    file: ClassVar[str] = "ridge.safetensors"

    def columns(self, features: np.ndarray, allowed: np.ndarray) -> dict[str, np.ndarray]:
        return {"ridge_value": with_constant(features) @ self.weights}

    def to_bytes(self) -> bytes:
        return safetensors.numpy.save({"weights": self.weights})

    @classmethod
    def from_bytes(cls, content: bytes) -> "Ridge":
        return cls(safetensors.numpy.load(content)["weights"])


def with_constant(features: np.ndarray) -> np.ndarray:
    return np.column_stack([features, np.ones(len(features))]).astype(float)


def fit(rows: FitRows, config: LearningConfig) -> Ridge:
    table = with_constant(rows.features)
    return Ridge(
        np.linalg.solve(
            table.T @ table + PENALTY * np.eye(table.shape[1]), table.T @ rows.target.log_si
        )
    )


WITH_RIDGE = {**FITTERS, "ridge": fit}


@pytest.fixture(scope="module")
def model() -> Model:
    learned = to_examples(make_products(120, seed=1))
    return fit_model(learned, np.arange(len(learned)), config=SMALL, fitters=WITH_RIDGE)


@pytest.fixture(scope="module")
def unseen() -> Examples:
    made = to_examples(make_products(60, seed=2))
    return made.take(np.flatnonzero(made.labelled))


def test_its_column_stands_beside_those_of_the_others(model: Model, unseen: Examples) -> None:
    said = model.learners.predict(unseen)
    assert set(said) - {"ridge_value"} == set(small_model().learners.predict(unseen))
    si = [unseen.domain.to_si(*labels[-1]) for labels in unseen.labels]
    off = np.abs(said["ridge_value"] - np.log10(si))
    assert off.mean() < 0.5  # the sizes of tea and shelves are 1.5 apart


def test_the_others_learn_what_they_learn_without_it(model: Model) -> None:
    learned = to_examples(make_products(120, seed=1))
    without = fit_model(learned, np.arange(len(learned)), config=SMALL).files()
    mine = model.files()
    assert mine.keys() - without.keys() == {Ridge.file}
    assert {name for name in without if mine[name] != without[name]} == {"choice.json"}


def test_it_is_stored_and_loaded_with_the_model(model: Model, unseen: Examples) -> None:
    bundle = make_bundle(model, encoder_version=None, reader_version="reader", about={})
    again = Model.from_files(bundle.files, (*LEARNERS, Ridge))
    assert again.files() == model.files()
    np.testing.assert_array_equal(
        again.learners.predict(unseen)["ridge_value"], model.learners.predict(unseen)["ridge_value"]
    )


def test_a_bundle_with_a_learner_that_is_not_known_is_refused_by_name(model: Model) -> None:
    with pytest.raises(ValueError, match=r"not known here: ridge; known are forest, unit, fusion"):
        Model.from_files(model.files())


def test_a_bundle_without_its_file_is_refused(model: Model) -> None:
    files = {name: content for name, content in model.files().items() if name != Ridge.file}
    with pytest.raises(KeyError, match=Ridge.file):
        Model.from_files(files, (*LEARNERS, Ridge))


def test_two_learners_with_one_column_are_refused(model: Model, unseen: Examples) -> None:
    forest = model.learners.fitted["forest"]
    twice = BaseLearners(model.learners.transformer, {"forest": forest, "another": forest})
    with pytest.raises(ValueError, match="learner another: another has forest_spread, forest_v"):
        twice.predict(unseen)


def test_every_learner_of_a_bundle_has_a_fitter_that_makes_it() -> None:
    assert set(FITTERS) == {learner.name for learner in LEARNERS}
    learned = to_examples(make_products(40, seed=1))
    fitted = fit_learners(learned, np.flatnonzero(learned.labelled), config=SMALL).fitted
    assert {name: type(learner) for name, learner in fitted.items()} == {
        learner.name: learner for learner in LEARNERS
    }
