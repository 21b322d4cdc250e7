"""Learners, ranker and point of silence as one model: fitted out of fold, scored in one pass."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from entity_extract.config import Domain, LearningConfig
from entity_extract.learning.encoder import RowEncoder
from entity_extract.learning.examples import Examples
from entity_extract.learning.forest import Forest
from entity_extract.learning.fusion import Fusion
from entity_extract.learning.opinions import FitTrees, Learners, fit_learners
from entity_extract.learning.ranker import (
    RANKER_FEATURES,
    Ranker,
    fit_ranker,
    is_right,
    ranker_features,
)
from entity_extract.learning.silence import Calibration, point_of_silence
from entity_extract.learning.split import folds
from entity_extract.learning.unit_classifier import UnitClassifier


@dataclass(frozen=True)
class Stack:
    """The whole model; `files()` and `from_files()` are its stored form, and nothing is pickled."""

    learners: Learners
    ranker: Ranker
    calibration: Calibration
    min_confidence: float
    domain: Domain

    def files(self) -> dict[str, bytes]:
        choice = {
            "calibration": {
                "score": self.calibration.score,
                "confidence": self.calibration.confidence,
            },
            "min_confidence": self.min_confidence,
            "domain": self.domain.model_dump(mode="json"),
        }
        return {
            "encoder.safetensors": self.learners.encoder.to_bytes(),
            "forest.safetensors": self.learners.forest.to_bytes(),
            "unit_classifier.txt": self.learners.units.to_text().encode(),
            "fusion.safetensors": self.learners.fusion.to_bytes(),
            "ranker.txt": self.ranker.to_text().encode(),
            "choice.json": json.dumps(choice, indent=1, sort_keys=True).encode(),
        }

    @classmethod
    def from_files(cls, files: Mapping[str, bytes]) -> "Stack":
        """Raises KeyError for a missing file, ValueError for a foreign or corrupt one."""
        choice = json.loads(files["choice.json"])
        return cls(
            Learners(
                RowEncoder.from_bytes(files["encoder.safetensors"]),
                Forest.from_bytes(files["forest.safetensors"]),
                UnitClassifier.from_text(files["unit_classifier.txt"].decode()),
                Fusion.from_bytes(files["fusion.safetensors"]),
            ),
            Ranker.from_text(files["ranker.txt"].decode()),
            Calibration(**{k: tuple(v) for k, v in choice["calibration"].items()}),
            float(choice["min_confidence"]),
            Domain.model_validate(choice["domain"]),
        )

    def choose(self, examples: Examples) -> "Choice":
        """The best candidate of each row, with the calibrated confidence that it is right."""
        opinions = self.learners.opinions(examples, self.domain)
        prior = self.learners.encoder.prior(examples, training=False, domain=self.domain)
        scores = self.ranker.score(ranker_features(examples, prior, opinions, self.domain))
        chosen = best_of_rows(examples, scores)
        confidence = np.where(chosen.best >= 0, self.calibration(chosen.confidence), 0.0)
        return replace(chosen, confidence=confidence)


@dataclass(frozen=True)
class Choice:
    """Per row: `best` and `runner_up` (n,) positions among all candidates, -1 where there is
    none; `confidence` (n,); `order`, the positions of the row's candidates, best first."""

    best: np.ndarray
    runner_up: np.ndarray
    confidence: np.ndarray
    order: tuple[np.ndarray, ...]


def best_of_rows(examples: Examples, scores: np.ndarray) -> Choice:
    """The choice by bare score, which is then its confidence; ties go to the one read first."""
    order = np.lexsort((np.arange(len(scores)), -scores, examples.owner))
    starts = np.searchsorted(examples.owner[order], np.arange(len(examples) + 1))
    ranked = tuple(order[low:high] for low, high in pairwise(starts))
    return Choice(
        best=np.array([r[0] if len(r) else -1 for r in ranked], int),
        runner_up=np.array([r[1] if len(r) > 1 else -1 for r in ranked], int),
        confidence=np.array([scores[r[0]] if len(r) else 0.0 for r in ranked], float),
        order=ranked,
    )


def fit_stack(
    examples: Examples,
    clusters: np.ndarray,
    *,
    config: LearningConfig,
    domain: Domain,
    fit_trees: FitTrees | None = None,
) -> Stack:
    """Fits on all of `examples`; clusters (n,) are the pictures that must not be parted.

    The ranker, the calibration and the point of silence see only out-of-fold predictions: no
    row's opinions, prior or score come from a model that saw that row's picture.
    Raises ValueError when there is too little to learn from.
    """
    labelled = np.array([bool(labels) for labels in examples.labels], bool)
    if labelled.sum() < 2 * config.folds:
        raise ValueError(f"{labelled.sum()} labelled, readable rows are too few to learn from")
    fold = folds(examples.entity, clusters, parts=config.folds, seed=config.seed)
    right = is_right(examples, domain)
    if len(np.unique(fold[examples.owner[right]])) < 2:
        raise ValueError("the right answer was read in too few pictures to learn to choose it")
    features = np.zeros((len(examples.owner), len(RANKER_FEATURES)), np.float32)
    for k in range(config.folds):
        learners = fit_learners(
            examples,
            np.flatnonzero(labelled & (fold != k)),
            config=config,
            domain=domain,
            fit_trees=fit_trees,
        )
        held_out = examples.take(np.flatnonzero(fold == k))
        prior = learners.encoder.prior(held_out, training=False, domain=domain)
        opinions = learners.opinions(held_out, domain)
        # take() keeps candidates in row order, and rows are taken in order
        features[fold[examples.owner] == k] = ranker_features(held_out, prior, opinions, domain)
    scores = _out_of_fold_scores(features, right, fold[examples.owner], config)
    calibration, min_confidence = _when_to_speak(examples, scores, right, labelled)
    return Stack(
        learners=fit_learners(
            examples, np.flatnonzero(labelled), config=config, domain=domain, fit_trees=fit_trees
        ),
        ranker=fit_ranker(features, right, config.ranker, seed=config.seed),
        calibration=calibration,
        min_confidence=min_confidence,
        domain=domain,
    )


def _out_of_fold_scores(
    features: np.ndarray, right: np.ndarray, fold: np.ndarray, config: LearningConfig
) -> np.ndarray:
    scores = np.zeros(len(features))
    for k in range(config.folds):
        known = fold != k
        ranker = fit_ranker(features[known], right[known], config.ranker, seed=config.seed)
        scores[~known] = ranker.score(features[~known])
    return scores


def _when_to_speak(
    examples: Examples, scores: np.ndarray, right: np.ndarray, labelled: np.ndarray
) -> tuple[Calibration, float]:
    chosen = best_of_rows(examples, scores)
    has_candidate = chosen.best >= 0
    score = chosen.confidence[has_candidate]
    hit = right[chosen.best[has_candidate]]
    calibration = Calibration.fit(score, hit)
    return calibration, point_of_silence(
        calibration(score), hit, labelled[has_candidate], answerable=int(labelled.sum())
    )
