"""How a model learned: loss by epoch and by tree, and F1 by the share of pictures learned from."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from entity_extract.config import RankerParams
from entity_extract.learning.prediction.learners.base import BaseLearners
from entity_extract.learning.prediction.learners.fusion import EpochLoss, Fusion
from entity_extract.learning.prediction.learners.ranker import Ranker
from entity_extract.learning.training.abstention import best_f1
from entity_extract.learning.training.out_of_fold import OutOfFold

POINTS = 15  # at most, over the trees; denser where there are few of them and the loss falls
SHARES = (0.125, 0.25, 0.5, 1.0)
_DIGITS = 5  # of what is stored


def learning_curves(
    labelled: np.ndarray,
    picture: np.ndarray,
    out_of_fold: OutOfFold,
    history: Sequence[EpochLoss],
    params: RankerParams,
    *,
    seed: int,
    grown: Mapping[int, Ranker] | None = None,
) -> dict[str, Any]:
    """Ready for JSON; `history` is the fusion net's. Nothing of the model is changed by it.

    labelled, picture (n,) of all rows; where `out_of_fold` is a sample, those of the sample alone
    are labelled. fusion: its loss per epoch on rows trained on and held out. trees: see `by_trees`,
    of the folds' rankers, or of `grown` where these grew from more than the sample. pictures: see
    `by_pictures`.
    """
    rankers = out_of_fold.rankers(params, seed=seed)
    return {
        "fusion": {
            "epoch": list(range(1, len(history) + 1)),
            "training": [round(loss.training, _DIGITS) for loss in history],
            "held_out": [round(loss.held_out, _DIGITS) for loss in history],
        },
        "trees": by_trees(out_of_fold, grown or rankers, labelled, params),
        "pictures": by_pictures(out_of_fold, rankers, labelled, picture, params, seed=seed),
    }


def history_of(learners: BaseLearners) -> tuple[EpochLoss, ...]:
    """The fusion net's, epoch by epoch; empty where there is none."""
    net = learners.fitted.get(Fusion.name)
    return net.history if isinstance(net, Fusion) else ()


def by_trees(
    out_of_fold: OutOfFold,
    rankers: Mapping[int, Ranker],
    labelled: np.ndarray,
    params: RankerParams,
) -> dict[str, Any]:
    """The ranker's loss by its number of trees: on the candidates it learned from (the mean over
    the folds' rankers), and on those of the fold that it did not see.

    Log loss per candidate; for lambdarank, whose scores are no probabilities, 1 - F1 of the rows
    that have a candidate.
    """
    trees = np.unique(np.ceil(params.rounds * np.linspace(0, 1, POINTS + 1)[1:] ** 2).astype(int))
    unseen = np.zeros((len(trees), len(out_of_fold.row)))
    learned = np.zeros((len(trees), len(rankers)))

    def loss(scores: np.ndarray, part: np.ndarray) -> float:
        right, row = out_of_fold.right[part], out_of_fold.row[part]
        if params.objective == "binary":
            return float(np.logaddexp(0, np.where(right, -scores, scores)).mean())
        here = np.zeros(len(labelled), bool)
        here[row] = labelled[row]
        return 1 - f1_at_best(scores, right, row, here)

    for place, (k, ranker) in enumerate(rankers.items()):
        seen = out_of_fold.fold != k
        for point, scores in enumerate(_staged(ranker, out_of_fold.features, trees)):
            unseen[point, ~seen] = scores[~seen]
            learned[point, place] = loss(scores[seen], seen)
    everything = np.ones(len(out_of_fold.row), bool)
    return {
        "measure": "log loss" if params.objective == "binary" else "1 - F1",
        "trees": trees.tolist(),
        "learned_from": np.round(learned.mean(axis=1), _DIGITS).tolist(),
        "out_of_fold": [round(loss(scores, everything), _DIGITS) for scores in unseen],
    }


def by_pictures(
    out_of_fold: OutOfFold,
    rankers: Mapping[int, Ranker],
    labelled: np.ndarray,
    picture: np.ndarray,
    params: RankerParams,
    *,
    seed: int,
) -> dict[str, Any]:
    """F1 out of fold by the share of pictures that the ranker learned from.

    Whole pictures are drawn within each training fold, a smaller share out of the larger one. The
    base predictions it weighs stay those of learners that saw all of the fold's pictures: this says
    what more pictures would give the ranker alone. A share that holds no right candidate in some
    fold is left out; `pictures` counts those with a candidate, as the mean over the folds.
    """
    code = np.unique(picture[out_of_fold.row], return_inverse=True)[1]
    found: dict[str, list[float]] = {"share": [], "pictures": [], "f1": []}
    for share in SHARES:
        scores, counts = np.zeros(len(code)), []
        for k, whole in rankers.items():
            seen = out_of_fold.fold != k
            drawn = draw_pictures(code, seen, share, seed=seed + k)
            if not out_of_fold.right[drawn].any():
                break
            ranker = whole if share == 1 else out_of_fold.ranker(drawn, params, seed=seed)
            scores[~seen] = ranker.score(out_of_fold.features[~seen])
            counts.append(len(np.unique(code[drawn])))
        if len(counts) == len(rankers):
            f1 = f1_at_best(scores, out_of_fold.right, out_of_fold.row, labelled)
            found["share"].append(share)
            found["pictures"].append(round(float(np.mean(counts))))
            found["f1"].append(round(f1, _DIGITS))
    return found


def draw_pictures(picture: np.ndarray, seen: np.ndarray, share: float, *, seed: int) -> np.ndarray:
    """(m,) bool: the candidates of a share of the pictures among those seen.

    picture (m,) of each candidate, seen (m,) bool. What a seed draws for a smaller share it draws
    for a larger one, too.
    """
    there = np.unique(picture[seen])
    order = np.random.default_rng(seed).permutation(there)
    return np.asarray(seen & np.isin(picture, order[: int(np.ceil(share * len(there)))]))


def f1_at_best(
    scores: np.ndarray, right: np.ndarray, row: np.ndarray, labelled: np.ndarray
) -> float:
    """F1 at the abstention threshold that is best for these very rows, as training sets the point.

    scores, right, row (m,) of candidates; labelled (n,) of all rows that count.
    """
    order = np.lexsort((-scores, row))
    first = np.r_[True, row[order][1:] != row[order][:-1]][: len(row)]
    best = order[first]  # of each row that has a candidate
    return best_f1(scores[best], right[best], labelled[row[best]], answerable=int(labelled.sum()))


def _staged(ranker: Ranker, features: np.ndarray, trees: np.ndarray) -> Iterator[np.ndarray]:
    """Raw scores (m,) by the first k trees, for each k of `trees`; each tree is asked once."""
    scores, before = np.zeros(len(features)), 0
    for upto in np.minimum(trees, ranker.model.num_trees()).tolist():
        if upto > before:
            scores = scores + ranker.model.predict(
                features,
                start_iteration=before,
                num_iteration=upto - before,
                raw_score=True,
                num_threads=1,
            )
        before = upto
        yield scores
