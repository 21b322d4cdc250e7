"""How far a score would move on another sample of pictures: the bootstrap, without a loop."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Counts = NDArray[np.int64]
Floats = NDArray[np.float64]


def resample(counts: Counts, clusters: NDArray[np.int64], draws: int, seed: int) -> Counts:
    """Column sums of `draws` resamples, with replacement, of whole clusters.

    counts (n, k) and clusters (n,) -> (draws, k). Clusters with the same counts are
    interchangeable, so a resample is a multinomial draw over the distinct rows of counts: the same
    distribution as drawing clusters one by one, at a cost that does not grow with n.
    """
    if not len(counts):
        return np.zeros((draws, counts.shape[1]), dtype=np.int64)
    per_cluster = pd.DataFrame(counts).groupby(clusters).sum().to_numpy()
    patterns, frequency = np.unique(per_cluster, axis=0, return_counts=True)
    shares = frequency / frequency.sum()
    drawn = np.random.default_rng(seed).multinomial(len(per_cluster), shares, size=draws)
    return np.asarray(drawn @ patterns, dtype=np.int64)


def interval(draws: Floats, point: float) -> list[float]:
    """The middle 95 % of the draws (percentile method), widened where needed to hold the point.

    Few rows make it too narrow: with every row right it is [1, 1], however few they are.
    """
    low, high = np.quantile(draws, (0.025, 0.975))
    return [min(float(low), point), max(float(high), point)]
