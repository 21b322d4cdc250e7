"""Backends from outside the package, trained with by the one order of steps."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pytest

from entity_extract.errors import TooLittle, UserError
from entity_extract.learning.prediction.bundle import load_bundle, make_bundle
from entity_extract.learning.prediction.learners.base import BaseLearners
from entity_extract.learning.prediction.learners.ranker import Ranker
from entity_extract.learning.prediction.model import Model
from entity_extract.learning.prediction.predict import predictions_of
from entity_extract.learning.prediction.saved import save_bundle
from entity_extract.learning.training.backend import Backend, Best, Candidates, Fits, TaughtRows
from entity_extract.learning.training.background import Background
from entity_extract.learning.training.leakage import picture_key
from entity_extract.learning.training.local_backend import LocalBackend
from entity_extract.learning.training.model import fit_model
from entity_extract.learning.training.orchestrator import Trained, train
from entity_extract.learning.training.out_of_fold import OutOfFold
from entity_extract.learning.training.split_table import SplitRows, TrainingTable, training_table
from tests.unit.learning_cases import DOMAIN, SMALL, rows_of_products

NOTHING = Background()


@pytest.fixture(scope="module")
def table() -> TrainingTable:
    return training_table(rows_of_products(160), SMALL, DOMAIN)


def trained(backend: Backend, **more: object) -> Trained:
    return train(backend, SMALL, DOMAIN, background_of=lambda _: NOTHING, **more)  # type: ignore[arg-type]


@dataclass
class Recording:
    """Has another backend do the work, and writes down what it was asked for."""

    inner: Backend
    asked: list[str] = field(default_factory=list)

    def split(self) -> SplitRows:
        self.asked.append("split")
        return self.inner.split()

    @contextmanager
    def fits(self, split: SplitRows, rows: TaughtRows, background: Background) -> Iterator[Fits]:
        self.asked.append("fits")
        with self.inner.fits(split, rows, background) as fits:
            yield RecordingFits(fits, self.asked)
        self.asked.append("fits end")


@dataclass
class RecordingFits:
    inner: Fits
    asked: list[str]

    def fit_learners(self, *, without: int | None = None) -> BaseLearners:
        self.asked.append("learners of all" if without is None else f"learners without {without}")
        return self.inner.fit_learners(without=without)

    @contextmanager
    def candidates(self) -> Iterator[Candidates]:
        with self.inner.candidates() as candidates:
            yield RecordingCandidates(candidates, self.asked)
        self.asked.append("candidates end")

    def answers(self, model: Model, min_confidence: float | None) -> pd.DataFrame:
        self.asked.append("answers")
        return self.inner.answers(model, min_confidence)


@dataclass
class RecordingCandidates:
    inner: Candidates
    asked: list[str]

    def add(self, fold: int, learners: BaseLearners) -> None:
        self.asked.append(f"candidates of {fold}")
        self.inner.add(fold, learners)

    def folds_with_right(self) -> int:
        return self.inner.folds_with_right()

    def fold_rankers(self) -> Mapping[int, Ranker]:
        self.asked.append("fold rankers")
        return self.inner.fold_rankers()

    def ranker(self) -> Ranker:
        self.asked.append("ranker of all")
        return self.inner.ranker()

    def best(self, rankers: Mapping[int, Ranker]) -> Best:
        self.asked.append("best")
        return self.inner.best(rankers)

    def sample(self, best: Best) -> OutOfFold:
        self.asked.append("sample")
        return self.inner.sample(best)


def test_each_fold_is_seen_by_learners_of_the_others_then_all_is_learned_from(
    table: TrainingTable,
) -> None:
    backend = Recording(LocalBackend(table, SMALL))
    made = trained(backend)
    assert backend.asked == [
        *("split", "fits"),
        *("learners without 0", "candidates of 0", "learners without 1", "candidates of 1"),
        *("learners without 2", "candidates of 2"),
        *("fold rankers", "best", "ranker of all", "sample", "candidates end"),
        *("learners of all", "answers", "fits end"),
    ]
    learned = table.examples.take(table.learn_from)
    expected = fit_model(learned, table.clusters[table.learn_from], config=SMALL)
    assert made.model.files() == expected.files()
    said = predictions_of(expected, table.examples, None)
    pd.testing.assert_frame_equal(made.answers, said)


@dataclass(frozen=True)
class Sparing:
    """Learns from every second row alone, as a machine with little memory might."""

    table: TrainingTable

    def split(self) -> SplitRows:
        return self.table

    @contextmanager
    def fits(self, split: SplitRows, rows: TaughtRows, background: Background) -> Iterator[Fits]:
        some = rows.labelled & (np.arange(len(rows.labelled)) % 2 == 0)
        spared = TaughtRows(rows.entity, rows.picture, some, rows.fold, rows.domain)
        with LocalBackend(self.table, SMALL).fits(split, spared, background) as fits:
            yield fits


def test_a_backend_of_another_kind_gives_a_bundle_like_any_other(
    table: TrainingTable, tmp_path_factory: pytest.TempPathFactory
) -> None:
    sparing, whole = (trained(b) for b in (Sparing(table), LocalBackend(table, SMALL)))
    bundle = make_bundle(
        sparing.model, encoder_version=None, reader_version="reader", about={"metrics": {}}
    )
    folder = tmp_path_factory.mktemp("bundle") / "model"
    save_bundle(bundle, folder, "card")
    again = load_bundle(folder).model()
    assert again.files() == sparing.model.files()
    assert again.files() != whole.model.files()
    assert again.files().keys() == whole.model.files().keys()
    assert len(sparing.answers) == len(table.rows)
    right = [
        bool(label) and text.split()[:1] == [f"{label[0].value:g}"]
        for text, label in zip(sparing.answers["prediction"], table.labels, strict=True)
    ]
    assert np.mean(right) > 0.5
    assert set(sparing.curves) == set(whole.curves)


def test_a_picture_that_the_encoder_knows_may_not_be_scored(table: TrainingTable) -> None:
    known = picture_key(table.rows["content_sha256"][table.validation].iloc[0])
    with pytest.raises(UserError, match="now in validation"):
        trained(LocalBackend(table, SMALL), seen={known})


def test_nothing_is_fitted_where_there_is_too_little() -> None:
    few = training_table(rows_of_products(8), SMALL, DOMAIN)
    backend = Recording(LocalBackend(few, SMALL))
    with pytest.raises(TooLittle, match="too few to learn from"):
        trained(backend)
    assert backend.asked == ["split"]
