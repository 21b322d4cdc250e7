"""Seeded choices. numpy's Generator, since its streams are stable over Python versions."""

from collections.abc import Sequence
from typing import TypeVar

import numpy as np

T = TypeVar("T")


class Dice:
    """All of the sample's randomness: the same key gives the same throws."""

    def __init__(self, *key: int) -> None:
        self.generator = np.random.default_rng(key)

    def pick(self, options: Sequence[T], weights: Sequence[float] | None = None) -> T:
        """One of `options`, evenly or in proportion to `weights`."""
        if weights is None:
            return options[int(self.generator.integers(len(options)))]
        cumulative = np.cumsum(weights)
        at = np.searchsorted(cumulative, self.generator.random() * cumulative[-1], side="right")
        return options[min(int(at), len(options) - 1)]

    def several(self, options: Sequence[T], n: int) -> list[T]:
        """`n` different ones of `options`, in a random order; all of them where there are fewer."""
        order = self.generator.permutation(len(options))[:n]
        return [options[int(i)] for i in order]

    def chance(self, probability: float) -> bool:
        return bool(self.generator.random() < probability)

    def between(self, low: float, high: float) -> float:
        return float(self.generator.uniform(low, high))

    def whole(self, low: int, high: int) -> int:
        """A whole number from `low` to `high`, both included."""
        return int(self.generator.integers(low, high + 1))
