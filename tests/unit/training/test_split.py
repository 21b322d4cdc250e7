"""Who may learn from what: near-identical pictures stay on one side of every split."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from entity_extract.learning.training.split import (
    check_split,
    folds,
    join_clusters,
    picture_clusters,
)

BASE = 0x9F3A_5C71_E204_8D6B


def phash(number: int) -> str:
    return f"{number:016x}"


def clusters_of(hashes: list[str], *, bits: int = 4, content: list[str] | None = None) -> list[int]:
    distinct = [f"content {i}" for i in range(len(hashes))]
    return picture_clusters(content or distinct, hashes, near_duplicate_bits=bits).tolist()


def pairs_together(clusters: np.ndarray | list[int]) -> set[tuple[int, int]]:
    return {(a, b) for a, b in combinations(range(len(clusters)), 2) if clusters[a] == clusters[b]}


def closed(pairs: set[tuple[int, int]], size: int) -> set[tuple[int, int]]:
    """All pairs that a chain of the given ones connects, by the slow and obvious way."""
    member = list(range(size))
    for _ in range(size):
        for a, b in pairs:
            member[a] = member[b] = min(member[a], member[b])
    return pairs_together(member)


def test_pictures_up_to_the_allowed_bits_apart_are_one() -> None:
    four_bits = BASE ^ 0x8000_0400_0020_0001
    assert pairs_together(clusters_of([phash(BASE), phash(four_bits)], bits=4)) == {(0, 1)}
    assert pairs_together(clusters_of([phash(BASE), phash(four_bits)], bits=3)) == set()


def test_nearness_is_transitive() -> None:
    chain = [phash(BASE), phash(BASE ^ 0b1111), phash(BASE ^ 0b1111_1111)]
    assert len(set(clusters_of(chain))) == 1


def test_the_same_bytes_are_one_picture_whatever_their_hash() -> None:
    hashes = [phash(BASE), phash(~BASE & (2**64 - 1)), phash(BASE ^ 0xFF00)]
    assert pairs_together(clusters_of(hashes, content=["x", "x", "y"])) == {(0, 1)}


def test_pictures_of_unknown_hash_are_not_one_picture() -> None:
    assert pairs_together(clusters_of(["", "", phash(0)], content=["x", "y", "z"])) == set()
    assert pairs_together(clusters_of(["", "", phash(0)], content=["x", "x", "x"])) == {
        (0, 1),
        (0, 2),
        (1, 2),
    }


def test_no_pictures_have_no_clusters() -> None:
    assert clusters_of([]) == []


def test_near_pictures_are_found_among_many_that_look_alike_in_part() -> None:
    # All hashes agree in their lowest 13 bits, and the near ones in these alone of all five bands.
    rng = np.random.default_rng(0)
    crowd = [int(number) << 13 for number in rng.integers(0, 2**50, 600)]
    last = (2**50 - 1) << 13
    near = (last, last ^ (1 << 14 | 1 << 27 | 1 << 40 | 1 << 53))
    together = pairs_together(clusters_of([phash(number) for number in (*crowd, *near)]))
    assert together == {(600, 601)}


HASHES = st.lists(
    st.builds(
        lambda center, flips: phash(center ^ sum(1 << bit for bit in flips)),
        st.sampled_from([0, BASE, 2**64 - 1]),
        st.frozensets(st.integers(0, 63), max_size=7),
    ),
    max_size=14,
)


@given(HASHES, st.integers(0, 8), st.data())
@settings(max_examples=60, deadline=None)
def test_clusters_are_those_of_comparing_all_pairs(
    hashes: list[str], bits: int, data: st.DataObject
) -> None:
    content = [data.draw(st.sampled_from("abcdefghijkl")) for _ in hashes]
    near = {
        (a, b)
        for a, b in combinations(range(len(hashes)), 2)
        if content[a] == content[b] or (int(hashes[a], 16) ^ int(hashes[b], 16)).bit_count() <= bits
    }
    found = pairs_together(clusters_of(hashes, bits=bits, content=content))
    assert found == closed(near, len(hashes))


LABELS = st.lists(st.tuples(*[st.integers(0, 6)] * 3), max_size=12)


@given(LABELS)
@settings(max_examples=60, deadline=None)
def test_joined_clusters_hold_together_what_any_clustering_does(
    rows: list[tuple[int, int, int]],
) -> None:
    clusterings = [np.array([row[i] for row in rows], int) for i in range(3)]
    joined = join_clusters(*clusterings)
    pairs = set().union(*(pairs_together(clustering) for clustering in clusterings))
    assert len(joined) == len(rows)
    assert pairs_together(joined) == closed(pairs, len(rows))


def test_a_single_clustering_is_left_as_it_is() -> None:
    assert pairs_together(join_clusters(np.array([7, 3, 7]))) == {(0, 2)}


@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 20)), min_size=1), st.integers(2, 4)
)
@settings(max_examples=60, deadline=None)
def test_a_cluster_is_in_one_fold_or_there_are_too_few(
    rows: list[tuple[str, int]], parts: int
) -> None:
    strata, clusters = (np.array(column) for column in zip(*rows, strict=True))
    if len(set(clusters)) < parts:
        with pytest.raises(ValueError, match="cannot be split"):
            folds(strata, clusters, parts=parts, seed=0)
        return
    fold = folds(strata, clusters, parts=parts, seed=0)
    assert set(fold) <= set(range(parts))
    for cluster in set(clusters):
        assert len(set(fold[clusters == cluster])) == 1


def test_folds_spread_the_strata_evenly() -> None:
    strata = np.repeat(["common", "rare"], [160, 40])
    clusters = np.arange(200) // 2
    fold = folds(strata, clusters, parts=5, seed=0)
    for stratum, share in (("common", 32), ("rare", 8)):
        counts = np.bincount(fold[strata == stratum], minlength=5)
        assert (abs(counts - share) <= 2).all()


def test_folds_follow_their_seed() -> None:
    strata, clusters = np.repeat("a", 60), np.arange(60)
    first, again, other = (folds(strata, clusters, parts=3, seed=seed) for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_a_picture_on_both_sides_is_refused() -> None:
    validation = np.array([True, False, False])
    check_split(validation, np.array([1, 2, 2]))
    with pytest.raises(ValueError, match="1 pictures are on both sides"):
        check_split(validation, np.array([1, 1, 2]))
