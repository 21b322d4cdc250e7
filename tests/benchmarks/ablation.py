"""What each part of learning is worth: the same rows chosen among with more and more to go by."""

from collections import Counter, defaultdict
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from entity_extract.config import LearningConfig
from entity_extract.learning.features.candidates.declared import CANDIDATE_FEATURES
from entity_extract.learning.features.candidates.drawing import DRAWING_FEATURES
from entity_extract.learning.features.examples import Examples
from entity_extract.learning.prediction.evidence import Evidence
from entity_extract.learning.prediction.learned_features import LEARNED_FEATURES
from entity_extract.learning.prediction.learners.base import BaseLearners
from entity_extract.learning.prediction.model import Choice, Model, best_of_rows
from entity_extract.learning.prediction.predict import baseline_predictions_of
from entity_extract.learning.prediction.ranker_features import ranker_features
from entity_extract.learning.training.backend import TaughtRows
from entity_extract.learning.training.background import Background
from entity_extract.learning.training.learners.base import fit_learners
from entity_extract.learning.training.local_backend import LocalCandidates
from entity_extract.learning.training.model import predict_out_of_fold, rows_of
from entity_extract.learning.training.orchestrator import rank
from entity_extract.learning.training.out_of_fold import OutOfFold
from entity_extract.learning.training.split_table import TrainingTable
from entity_extract.quantities.amounts import Amount, parse_amount, parse_label
from entity_extract.quantities.scoring import matches

_GEOMETRY = (
    *("letter_height", "letter_height_of_largest", "center_x", "center_y", "vertical"),
    *("keyword_distance", "rival_distance", "rank_by_letter_height", "rank_from_left"),
    *("rank_from_top", "twin_is_larger_print", "picture_aspect", "picture_log_pixels"),
    *DRAWING_FEATURES,
)
_TEXT = tuple(name for name in CANDIDATE_FEATURES if name not in _GEOMETRY)
_FUSION = ("fusion_unit", "fusion_distance", "fusion_rank")
_TREES = ("forest_distance", "forest_spread", "forest_rank", "classifier_unit")
_TEACHER = ("teacher", "teacher_rank")
_PRIORS = tuple(
    n for n in LEARNED_FEATURES if n not in (*_FUSION, *_TREES, *_TEACHER, "entity_code")
)
# What a ranker sees, by the name of what it can tell.
TEXT = ("entity_code", *_TEXT)
GEOMETRY = (*TEXT, *_GEOMETRY)
PRIORS = (*GEOMETRY, *_PRIORS)
TEACHER = (*PRIORS, *_TEACHER)
TREES = (*TEACHER, *_TREES)
ALL = (*TREES, *_FUSION)


# True and false positives, false negatives; the label says something; it is among the candidates.
OUTCOMES = ("tp", "fp", "fn", "labelled", "among")
Answers = list[tuple[()] | tuple[Amount]]


@dataclass(frozen=True)
class Fitted:
    """All that one split of one engine's rows needs to be chosen among in any way."""

    table: TrainingTable
    examples: Examples  # the training rows that teach
    rows: TaughtRows
    out_of_fold: OutOfFold
    learners: BaseLearners
    features: np.ndarray  # (m, out_of_fold.names) of all rows of the table


def fit(table: TrainingTable, config: LearningConfig, background: Background) -> Fitted:
    """Base learners out of fold and on the whole training side; validation rows teach nothing."""
    learn_from = np.flatnonzero(~table.validation & table.teaches)
    examples = table.examples.take(learn_from)
    given = {"config": config, "background": background}
    clusters = table.clusters[learn_from]
    rows = rows_of(examples, clusters, config)
    out_of_fold = predict_out_of_fold(examples, clusters, **given)
    labelled = np.flatnonzero(examples.labelled)
    learners = fit_learners(examples, labelled, **given)
    features = ranker_features(out_of_fold.names, Evidence.of(learners, table.examples))
    return Fitted(table, examples, rows, out_of_fold, learners, features)


def ranked(fitted: Fitted, out_of_fold: OutOfFold, config: LearningConfig) -> Model:
    """Those learners, and a ranker of these candidates."""
    found = rank(LocalCandidates(fitted.examples, fitted.rows, config, out_of_fold), fitted.rows)
    return found.model(fitted.learners, fitted.examples.domain)


def choose(
    fitted: Fitted, columns: tuple[str, ...], config: LearningConfig
) -> tuple[Choice, np.ndarray]:
    """All rows of the table, by a ranker that sees `columns` alone, and who is answered."""
    kept = np.isin(fitted.out_of_fold.names, columns)
    blind = replace(
        fitted.out_of_fold, features=np.where(kept, fitted.out_of_fold.features, np.float32(0))
    )
    model = ranked(fitted, blind, config)
    scores = model.ranker.score(np.where(kept, fitted.features, np.float32(0)))
    chosen = best_of_rows(fitted.table.examples, scores)
    confidence = model.calibration(chosen.confidence, fitted.table.examples.entity)
    spoken = (chosen.best >= 0) & (confidence >= model.thresholds.of(fitted.table.examples.entity))
    return replace(chosen, confidence=confidence), spoken


def shuffled(table: TrainingTable, seed: int) -> TrainingTable:
    """Training labels dealt out anew among rows of one entity: nothing true is left to learn."""
    rng = np.random.default_rng(seed)
    labels = list(table.examples.labels)
    for entity in np.unique(table.examples.entity.astype(str)):
        rows = np.flatnonzero((table.examples.entity == entity) & ~table.validation)
        for row, other in zip(rows, rng.permutation(rows), strict=True):
            labels[row] = table.examples.labels[other]
    return replace(table, examples=replace(table.examples, labels=tuple(labels)))


def commonest(table: TrainingTable) -> Answers:
    """No picture looked at: the label that its category, or else its entity, has most often."""
    known: dict[tuple[str, ...], Counter[Amount]] = defaultdict(Counter)
    examples = table.examples
    pairs = list(zip(examples.entity, examples.group, strict=True))
    for row in table.learn_from:
        for label in examples.labels[row][-1:]:
            known[pairs[row]][label] += 1
            known[pairs[row][:1]][label] += 1
    found = [known.get(pair) or known.get(pair[:1]) for pair in pairs]
    return [(counts.most_common(1)[0][0],) if counts else () for counts in found]


def rules(examples: Examples) -> Choice:
    """Nothing learned: the quantity that stands there most often, of these the largest."""
    places, size = examples.column("places"), examples.column("log_si")
    return best_of_rows(examples, places + 1e-3 * np.tanh(size / 10))


def answers(examples: Examples, chosen: Choice, spoken: np.ndarray) -> Answers:
    """One per row; () where it is silent."""
    names = examples.domain.unit_names
    return [
        (Amount(float(examples.value[best]), names[examples.unit[best]]),) if said else ()
        for best, said in zip(chosen.best, spoken, strict=True)
    ]


def baseline_predictions(fitted: Fitted, config: LearningConfig) -> Answers:
    """The forest's value in the classifier's unit, for every row: the system without a ranker."""
    model = ranked(fitted, fitted.out_of_fold, config)
    said = baseline_predictions_of(model, fitted.table.examples)["prediction"]
    units = model.domain.unit_names
    parsed = [parse_amount(text, units) for text in said]
    return [() if answer is None else (answer,) for answer in parsed]


def outcomes(given: Answers, labels: pd.Series, examples: Examples) -> np.ndarray:
    """(n, len(OUTCOMES)) 0 or 1. A label that cannot be used makes a row of zeros."""
    domain = examples.domain
    names = domain.unit_names
    found: list[list[Amount]] = [[] for _ in given]
    for row, value, unit in zip(examples.owner, examples.value, examples.unit, strict=True):
        found[row].append(Amount(float(value), names[unit]))
    counts = np.zeros((len(given), len(OUTCOMES)), int)
    for i, (answer, label) in enumerate(zip(given, labels, strict=True)):
        truth = parse_label(label, domain, examples.entity[i])
        if label.strip() and not truth:
            continue
        among = any(matches(candidate, truth) for candidate in found[i])
        right = bool(answer) and matches(answer[0], truth)
        missed = not answer and bool(truth)
        counts[i] = (right, bool(answer) and not right, missed, bool(truth), among)
    return counts
