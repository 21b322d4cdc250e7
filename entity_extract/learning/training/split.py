"""Who may learn from what: pictures, near-identical pictures and categories stay on one side."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from sklearn.model_selection import StratifiedGroupKFold

from entity_extract.errors import TooLittle

_BITS = 64
_BITS_SET = np.array([byte.bit_count() for byte in range(256)], np.uint8)


def picture_clusters(
    content_sha256: Sequence[str], phash: Sequence[str], *, near_duplicate_bits: int
) -> np.ndarray:
    """(n,) cluster ids: same bytes, or perceptual hashes at most so many bits apart (transitive).

    A hash of "" is unknown: that picture is joined with none but copies of its bytes.
    Two hashes at most b bits apart agree on at least one of b + 1 bands, so only hashes that share
    a band are compared (pigeonhole), not all pairs.
    """
    _, content = np.unique(np.array(content_sha256, str), return_inverse=True)
    known = np.flatnonzero([bool(text) for text in phash])
    numbers = np.array([int(text, 16) for text in phash if text], np.uint64)
    hashes, seen_as = np.unique(numbers, return_inverse=True)
    first, second = np.array(list(_near(hashes, near_duplicate_bits)), int).reshape(-1, 2).T
    nodes = len(hashes) + (int(content.max()) + 1 if len(content) else 0)
    edges = np.stack(
        [np.r_[seen_as, first], np.r_[len(hashes) + content[known], second]]
    )  # a row ties its hash to its content; a pair ties two hashes
    return connected(*edges, nodes=nodes)[len(hashes) + content]


def _near(hashes: np.ndarray, bits: int) -> Iterator[tuple[int, int]]:
    """Positions of the pairs at most so many bits apart, among hashes (h,) uint64, all distinct."""
    for low, high in pairwise(np.linspace(0, _BITS, bits + 2).astype(int)):
        band = (hashes >> np.uint64(low)) & np.uint64((1 << int(high - low)) - 1)
        order = np.argsort(band, kind="stable")
        for bucket in np.split(order, np.flatnonzero(np.diff(band[order])) + 1):
            for at, one in enumerate(bucket[:-1], start=1):
                rest = bucket[at:]
                apart = _bits_set(hashes[rest] ^ hashes[one])
                yield from ((int(one), int(other)) for other in rest[apart <= bits])


def _bits_set(numbers: np.ndarray) -> np.ndarray:
    """(k,) uint64 -> (k,) how many of their bits are 1; numpy 1 has no bitwise_count."""
    return np.asarray(_BITS_SET[numbers.view(np.uint8)].reshape(-1, 8).sum(axis=1))


def join_clusters(*clusterings: np.ndarray) -> np.ndarray:
    """The finest clustering in which rows together in any of these are together."""
    nodes, edges = 0, []  # a node for each cluster of each clustering
    for clustering in clusterings:
        names, member = np.unique(clustering, return_inverse=True)
        edges.append(member + nodes)
        nodes += len(names)
    first = np.tile(edges[0], len(edges))  # a row ties its first cluster to each of its others
    return connected(first, np.concatenate(edges), nodes=nodes)[edges[0]]


def connected(first: np.ndarray, second: np.ndarray, *, nodes: int) -> np.ndarray:
    """(nodes,) int: one number for all that pairs of `first` and `second` (k,) connect."""
    graph = coo_array((np.ones(len(first), bool), (first, second)), shape=(nodes, nodes))
    return np.asarray(connected_components(graph, directed=False)[1], int)


def folds(strata: np.ndarray, clusters: np.ndarray, *, parts: int, seed: int) -> np.ndarray:
    """(n,) fold of each row, 0 … parts - 1; a cluster is in one fold, strata are spread evenly.

    Raises TooLittle when there are fewer clusters than parts.
    """
    if len(np.unique(clusters)) < parts:
        raise TooLittle(
            f"{len(np.unique(clusters))} distinct pictures cannot be split {parts} ways"
        )
    fold = np.zeros(len(strata), int)
    splitter = StratifiedGroupKFold(parts, shuffle=True, random_state=seed)
    _, codes, sizes = np.unique(strata.astype(str), return_inverse=True, return_counts=True)
    # scikit-learn refuses strata of fewer rows than parts: these go with the commonest one.
    codes[sizes[codes] < parts] = sizes.argmax()
    for k, (_, held_out) in enumerate(splitter.split(np.zeros(len(codes)), codes, clusters)):
        fold[held_out] = k
    return fold


def check_split(validation: np.ndarray, clusters: np.ndarray) -> None:
    """Raises ValueError when a picture is on both sides; validation (n,) bool."""
    both = np.intersect1d(clusters[validation], clusters[~validation])
    if len(both):
        raise ValueError(f"{len(both)} pictures are on both sides of the split")
