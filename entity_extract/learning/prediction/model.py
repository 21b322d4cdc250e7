"""The model: base learners, ranker and abstention thresholds, scored in one pass."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np

from entity_extract.config import Domain
from entity_extract.learning.features.examples import Examples
from entity_extract.learning.features.transformer import FeatureTransformer
from entity_extract.learning.prediction.abstention import AbstentionThresholds, Calibration
from entity_extract.learning.prediction.evidence import Evidence
from entity_extract.learning.prediction.learners.base import BaseLearners, Learner
from entity_extract.learning.prediction.learners.known import LEARNERS
from entity_extract.learning.prediction.learners.ranker import Ranker
from entity_extract.learning.prediction.learners.teacher import Teacher
from entity_extract.learning.prediction.ranker_features import candidate_names_for, ranker_features


@dataclass(frozen=True)
class Model:
    """The whole model; `files()` and `from_files()` are its stored form, and nothing is pickled."""

    learners: BaseLearners
    ranker: Ranker
    calibration: Calibration
    thresholds: AbstentionThresholds
    domain: Domain

    def files(self) -> dict[str, bytes]:
        choice = {
            "calibration": {
                "score": self.calibration.score,
                "confidence": self.calibration.confidence,
                "shift": dict(self.calibration.shift),
            },
            "thresholds": {"general": self.thresholds.general, "own": dict(self.thresholds.own)},
            "learners": list(self.learners.fitted),
            "teacher": self.learners.teacher is not None,
            "domain": self.domain.model_dump(mode="json"),
        }
        teacher = self.learners.teacher
        return {
            **({"teacher.txt": teacher.to_text().encode()} if teacher else {}),
            "transformer.safetensors": self.learners.transformer.to_bytes(),
            **{learner.file: learner.to_bytes() for learner in self.learners.fitted.values()},
            "ranker.txt": self.ranker.to_text().encode(),
            "choice.json": json.dumps(choice, indent=1, sort_keys=True).encode(),
        }

    @classmethod
    def from_files(
        cls, files: Mapping[str, bytes], learners: Sequence[type[Learner]] = LEARNERS
    ) -> "Model":
        """Raises KeyError for a missing file, ValueError for a foreign or corrupt one, and where
        the model has a learner that is not among `learners`."""
        choice = json.loads(files["choice.json"])
        return cls(
            BaseLearners(
                FeatureTransformer.from_bytes(files["transformer.safetensors"]),
                _stored_learners(files, choice["learners"], learners),
                Teacher.from_text(files["teacher.txt"].decode()) if choice["teacher"] else None,
            ),
            Ranker.from_text(files["ranker.txt"].decode()),
            _stored_calibration(choice["calibration"]),
            AbstentionThresholds(**choice["thresholds"]),
            Domain.model_validate(choice["domain"]),
        )

    @cached_property
    def candidate_names(self) -> tuple[str, ...]:
        """The features of candidates that it asks of examples."""
        teacher = self.learners.teacher
        return candidate_names_for([*self.ranker.names, *(teacher.names if teacher else ())])

    def choose(self, examples: Examples) -> "Choice":
        """The best candidate of each row, with the calibrated confidence that it is right."""
        evidence = Evidence.of(self.learners, examples)
        scores = self.ranker.score(ranker_features(self.ranker.names, evidence))
        chosen = best_of_rows(examples, scores)
        confidence = np.where(
            chosen.best >= 0, self.calibration(chosen.confidence, examples.entity), 0.0
        )
        return replace(chosen, confidence=confidence)


def _stored_calibration(stored: Mapping[str, Any]) -> Calibration:
    return Calibration(tuple(stored["score"]), tuple(stored["confidence"]), stored["shift"])


def _stored_learners(
    files: Mapping[str, bytes], names: Sequence[str], learners: Sequence[type[Learner]]
) -> dict[str, Learner]:
    known = {learner.name: learner for learner in learners}
    if unknown := [name for name in names if name not in known]:
        raise ValueError(
            f"base learners that are not known here: {', '.join(unknown)}; "
            f"known are {', '.join(known)}"
        )
    return {name: known[name].from_bytes(files[known[name].file]) for name in names}


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
