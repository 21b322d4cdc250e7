"""What features of candidates are computed from: a row's candidates, and what its picture holds."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from entity_extract.config import Domain
from entity_extract.learning.features.spoken import dimension_of, keywords_of, rivals_of
from entity_extract.quantities.candidates import Candidate, Mention
from entity_extract.records import Stroke, Word


@dataclass(frozen=True)
class RowCandidates:
    """k candidates of one catalog row, at least one, in their order.

    `picture` is (width, height) in pixels, each at least 1. What several features share is made
    once and kept, and only when one of them is asked for.
    """

    candidates: Sequence[Candidate]
    words: Sequence[Word]
    entity: str
    picture: tuple[int, int]
    domain: Domain
    strokes: Sequence[Stroke] = ()

    def __len__(self) -> int:
        return len(self.candidates)

    def __iter__(self) -> Iterator[Candidate]:
        return iter(self.candidates)

    @cached_property
    def best(self) -> list[Mention]:
        """Each one's best mention."""
        return [best_mention(candidate) for candidate in self.candidates]

    @cached_property
    def log_si(self) -> np.ndarray:
        """(k,) log10 of the value in SI."""
        si = [self.domain.to_si(c.value, c.unit) for c in self.candidates]
        return np.array([math.log10(max(value, 1e-12)) for value in si])

    @cached_property
    def letters(self) -> np.ndarray:
        """(k,) letter heights in picture heights."""
        return np.array([m.letter_height / self.picture[1] for m in self.best])

    @cached_property
    def word_boxes(self) -> np.ndarray:
        """(words, 4) left, top, width and height of all words."""
        boxes = [(word.left, word.top, word.width, word.height) for word in self.words]
        return np.array(boxes, float).reshape(-1, 4)

    @cached_property
    def stroke_table(self) -> np.ndarray:
        """(strokes, 5) the fields of all strokes."""
        return np.array(self.strokes, float).reshape(-1, 5)

    @cached_property
    def boxes(self) -> np.ndarray:
        """(k, 4) left, top, width and height of the best mentions."""
        return np.array([mention.box for mention in self.best], float).reshape(-1, 4)

    @cached_property
    def centers(self) -> np.ndarray:
        """(k, 2)."""
        return np.asarray(self.boxes[:, :2] + self.boxes[:, 2:] / 2)

    @cached_property
    def dimension(self) -> str:
        """What the entity measures: "length"."""
        return dimension_of(self.domain, self.entity)

    @cached_property
    def keywords(self) -> frozenset[str]:
        """Words that name the entity, normalised."""
        return keywords_of(self.domain)[self.entity]

    @cached_property
    def rivals(self) -> frozenset[str]:
        """Words that name another entity of the same dimension."""
        return rivals_of(self.domain, self.entity)


def best_mention(candidate: Candidate) -> Mention:
    """The mention a buyer would notice: the largest print, then the surest reading."""
    return max(candidate.mentions, key=lambda m: (m.letter_height, m.conf, -m.top, -m.left))
