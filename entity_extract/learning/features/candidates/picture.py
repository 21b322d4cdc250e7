"""The picture that all candidates of a row are in."""

import math

import numpy.typing as npt

from entity_extract.learning.features.candidates.row import RowCandidates
from entity_extract.learning.features.registry import Features

picture = Features[RowCandidates]()


@picture.features("picture_aspect", "picture_log_pixels", "picture_words")
def whole(row: RowCandidates) -> npt.ArrayLike:
    width, height = row.picture
    return [(width / height, math.log10(width * height), len(row.words))] * len(row)
