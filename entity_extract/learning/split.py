"""Who may learn from what: pictures, near-identical pictures and categories stay on one side."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import combinations, pairwise

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from sklearn.model_selection import StratifiedGroupKFold

_BITS = 64
# Featureless pictures (all white, say) share one hash; comparing each of them with each other is
# quadratic and tells nothing new, since equal hashes are joined anyway.
_MAX_BUCKET = 400


def picture_clusters(
    content_sha256: Sequence[str], phash: Sequence[str], *, near_duplicate_bits: int
) -> np.ndarray:
    """(n,) cluster ids: same bytes, or perceptual hashes at most so many bits apart (transitive).

    Two hashes at most b bits apart agree on at least one of b + 1 bands, so only hashes that share
    a band are compared (pigeonhole), not all pairs.
    """
    _, content = np.unique(np.array(content_sha256, str), return_inverse=True)
    hashes, seen_as = np.unique(np.array(phash, str), return_inverse=True)
    pairs = list(_near(hashes, near_duplicate_bits))
    first, second = np.array(pairs, int).reshape(-1, 2).T
    nodes = len(hashes) + (int(content.max()) + 1 if len(content) else 0)
    edges = np.stack(
        [np.r_[seen_as, first], np.r_[len(hashes) + content, second]]
    )  # a row ties its hash to its content; a pair ties two hashes
    graph = coo_array((np.ones(edges.shape[1], bool), tuple(edges)), shape=(nodes, nodes))
    _, component = connected_components(graph, directed=False)
    return np.asarray(component[seen_as] if len(seen_as) else np.zeros(0, int))


def _near(hashes: np.ndarray, bits: int) -> Iterator[tuple[int, int]]:
    numbers = [int(text, 16) if text else None for text in hashes.tolist()]
    edges = np.linspace(0, _BITS, bits + 2).astype(int)
    for low, high in pairwise(edges):
        buckets: dict[int, list[int]] = defaultdict(list)
        for i, number in enumerate(numbers):
            if number is not None:
                buckets[(number >> int(low)) & ((1 << int(high - low)) - 1)].append(i)
        for bucket in buckets.values():
            for a, b in combinations(bucket[:_MAX_BUCKET], 2):
                if ((numbers[a] or 0) ^ (numbers[b] or 0)).bit_count() <= bits:
                    yield a, b


def join_clusters(*clusterings: np.ndarray) -> np.ndarray:
    """The finest clustering in which rows together in any of these are together."""
    offset, edges = 0, []
    labels = [np.unique(c, return_inverse=True)[1] for c in clusterings]
    for label in labels[1:]:
        offset += int(labels[0].max()) + 1 if len(labels[0]) else 0
        edges.append(np.stack([labels[0], label + offset]))
    if not edges or not len(labels[0]):
        return labels[0]
    at = np.concatenate(edges, axis=1)
    size = int(at.max()) + 1
    graph = coo_array((np.ones(at.shape[1], bool), tuple(at)), shape=(size, size))
    return np.asarray(connected_components(graph, directed=False)[1][labels[0]])


def folds(strata: np.ndarray, clusters: np.ndarray, *, parts: int, seed: int) -> np.ndarray:
    """(n,) fold of each row, 0 … parts - 1; a cluster is in one fold, strata are spread evenly.

    Raises ValueError when there are fewer clusters than parts.
    """
    if len(np.unique(clusters)) < parts:
        raise ValueError(
            f"{len(np.unique(clusters))} distinct pictures cannot be split {parts} ways"
        )
    fold = np.zeros(len(strata), int)
    splitter = StratifiedGroupKFold(parts, shuffle=True, random_state=seed)
    _, codes = np.unique(strata.astype(str), return_inverse=True)
    for k, (_, held_out) in enumerate(splitter.split(np.zeros(len(codes)), codes, clusters)):
        fold[held_out] = k
    return fold


def check_split(validation: np.ndarray, clusters: np.ndarray) -> None:
    """Raises ValueError when a picture is on both sides; validation (n,) bool."""
    both = np.intersect1d(clusters[validation], clusters[~validation])
    if len(both):
        raise ValueError(f"{len(both)} pictures are on both sides of the split")
