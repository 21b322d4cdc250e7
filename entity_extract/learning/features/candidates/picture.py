"""The picture that all candidates of a row are in."""

import math

import numpy.typing as npt

from entity_extract.learning.features.candidates.row import RowCandidates
from entity_extract.learning.features.registry import Features

picture = Features[RowCandidates]()


@picture.feature("picture_aspect")
def picture_aspect(row: RowCandidates) -> npt.ArrayLike:
    width, height = row.picture
    return width / height


@picture.feature("picture_log_pixels")
def picture_log_pixels(row: RowCandidates) -> npt.ArrayLike:
    return math.log10(math.prod(row.picture))


@picture.feature("picture_words")
def picture_words(row: RowCandidates) -> npt.ArrayLike:
    return len(row.words)
