"""The median of a handful of numbers, asked for eight times a line."""

import numpy as np


def median(values: np.ndarray) -> float:
    """Of (n,) floats or signed integers, n at least 1: what numpy's own gives.

    That one takes ten times as long: it asks first what kind of array it was given.
    """
    ordered = np.sort(values)
    middle = len(ordered) // 2
    if len(ordered) % 2:
        return float(ordered[middle])
    return float((ordered[middle - 1] + ordered[middle]) / 2)
