"""Which pictures show the same figures: variants of one product, photographed anew."""

from collections.abc import Iterator, Sequence
from itertools import combinations

import numpy as np

from entity_extract.learning.training.split import connected

LEAST = 2  # figures that two pictures have in common before they can be taken for one product
_COMMON = 100  # pictures of a category that show a figure: beyond, it says nothing of the product


def same_figures(
    group: Sequence[str], figures: Sequence[Sequence[int]], *, share: float
) -> np.ndarray:
    """(n,) cluster ids: rows of one category whose figures are the same in a part of `share`.

    group (n,) names of categories; figures, n of them, what is printed on each row's picture,
    as `figures_of` has it. The part is Jaccard's: figures of both among figures of either; at least
    LEAST have to be of both. Transitive: a third variant may tie two that differ.

    Only pictures that share a figure which is not common in their category are compared, so that a
    category of any size costs what its rare figures do.
    """
    shown = [frozenset(of_row) for of_row in figures]
    whose: dict[tuple[str, int], dict[frozenset[int], int]] = {}
    ties = []
    for row, (name, of_row) in enumerate(zip(group, shown, strict=True)):
        for figure in of_row if len(of_row) >= LEAST else ():
            rows = whose.setdefault((name, figure), {})
            ties.append((rows.setdefault(of_row, row), row))  # equal sets need no comparing
    ties += _alike((list(rows.items()) for rows in whose.values()), share)
    first, second = np.array(ties, int).reshape(-1, 2).T
    return connected(first, second, nodes=len(shown))


def _alike(
    sharing: Iterator[list[tuple[frozenset[int], int]]], share: float
) -> Iterator[tuple[int, int]]:
    """Pairs of rows alike, of lists of the rows that show a figure, each with all its figures."""
    compared = set()
    for rows in sharing:
        if len(rows) > _COMMON:
            continue
        for (one, first), (other, second) in combinations(rows, 2):
            if (first, second) in compared:
                continue
            compared.add((first, second))
            both = len(one & other)
            if both >= LEAST and both >= share * len(one | other):
                yield first, second
