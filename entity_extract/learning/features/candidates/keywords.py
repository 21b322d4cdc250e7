"""Where the words that name the entity, and those that name its rivals, stand."""

import math
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from entity_extract.learning.features.candidates.row import RowCandidates
from entity_extract.learning.features.registry import Features
from entity_extract.learning.features.spoken import keyword_places, names_one, tokens
from entity_extract.quantities.candidates import Candidate

_FAR = 3.0  # keyword distance, in picture diagonals, where there is no such keyword at all
_FAR_CHARS = 60  # likewise in characters of the line that the quantity stands on

keywords = Features[RowCandidates]()


@keywords.feature("alone_on_line")
def alone_on_line(row: RowCandidates) -> npt.ArrayLike:
    return [len(m.line_text.strip()) <= len(m.quantity.text) + 2 for m in row.best]


@keywords.features("line_words", "keyword_on_line", "rival_on_line")
def on_line(row: RowCandidates) -> npt.ArrayLike:
    lines = [mention.line_text for mention in row.best]
    return [
        (len(tokens(line)), names_one(line, row.keywords), names_one(line, row.rivals))
        for line in lines
    ]


@keywords.feature("keyword_before")
def keyword_before(row: RowCandidates) -> npt.ArrayLike:
    before = [m.line_text[: m.quantity.start] for m in row.best]
    return [names_one(text, row.keywords) for text in before]


@keywords.features("keyword_distance", "rival_distance")
def distances(row: RowCandidates) -> npt.ArrayLike:
    """To the nearest own and rival keyword, in picture diagonals."""
    diagonal = math.hypot(*row.picture)
    made = np.full((len(row), 2), _FAR)
    texts = [word.text for word in row.words]
    for column, wanted in enumerate((row.keywords, row.rivals)):
        named = [i for i, text in enumerate(texts) if _is_named(text, wanted)]
        if named:
            boxes = row.word_boxes[named]
            at = boxes[:, :2] + boxes[:, 2:] / 2
            way = at - row.centers[:, None]
            made[:, column] = np.hypot(way[..., 0], way[..., 1]).min(axis=1) / diagonal
    return made


@keywords.features("keyword_chars", "rival_chars", "keyword_chars_after")
def chars(row: RowCandidates) -> npt.ArrayLike:
    """Along the lines it stands on: to an own and a rival keyword before it, and an own after.

    The least over all mentions, at most _FAR_CHARS: a figure that does without boxes.
    """
    return [_chars(candidate, row.keywords, row.rivals) for candidate in row]


def _chars(
    candidate: Candidate, own: frozenset[str], rivals: frozenset[str]
) -> tuple[int, int, int]:
    found = []
    for mention in candidate.mentions:
        start, end = mention.quantity.start, mention.quantity.end
        left = mention.line_text[max(0, start - _FAR_CHARS) : start]
        right = mention.line_text[end : end + _FAR_CHARS]
        found.append(
            (
                _last_word_of(own, left),
                _last_word_of(rivals, left),
                _first_word_of(own, right),
            )
        )
    before, rival, after = (min(chars) for chars in zip(*found, strict=True))
    return before, rival, after


_is_named = lru_cache(maxsize=8192)(names_one)  # a picture's words: asked about for every row


def _last_word_of(wanted: frozenset[str], text: str) -> int:
    """Characters from the end of the last such word to the end of `text`."""
    places = keyword_places(text, wanted)
    return len(text) - places[-1][1] if places else _FAR_CHARS


def _first_word_of(wanted: frozenset[str], text: str) -> int:
    places = keyword_places(text, wanted)
    return min(start for start, _ in places) if places else _FAR_CHARS
