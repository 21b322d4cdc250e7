"""Words and strokes as Arrow hands them to Python, back as what they are."""

from collections.abc import Mapping

import numpy as np

from entity_extract.strokes import Stroke
from entity_extract.words import Word


def words_of(records: object) -> list[Word]:
    """A cell of the lake's `words` column; none where the picture was not read."""
    if not isinstance(records, list | np.ndarray):
        return []
    return [_word(record) for record in records]


def strokes_of(records: object) -> list[Stroke]:
    """A cell of the lake's `strokes` column."""
    if not isinstance(records, list | np.ndarray):
        return []
    return [Stroke(**record) for record in records]


def _word(record: Mapping[str, object]) -> Word:
    return Word(**{"pass_" if name == "pass" else name: value for name, value in record.items()})  # type: ignore[arg-type]
