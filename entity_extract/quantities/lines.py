"""Lines of text from OCR words: as the engine gives them, and joined on a baseline."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Final

from entity_extract.quantities.geometry import Span, span, union_span
from entity_extract.quantities.writing.scripts import runs_right_to_left
from entity_extract.records import Word

# Measured in letter heights. Sparse-mode OCR makes a line of each word that stands a little apart.
_MAX_WORD_GAP: Final = 1.2
_MAX_OVERLAP: Final = 0.3  # boxes of neighbours may touch
_MAX_HEIGHT_RATIO: Final = 1.8
_CELL_GAP: Final = 0.9  # the least between two cells of a table
# Thai, kana and Han; Korean has spaces between its words.
_UNSPACED: Final = re.compile("[\u0e01-\u0e7f\u3005\u3040-\u30ff\u3400-\u9fff]")


@dataclass(slots=True, eq=False)
class Line:
    """Words of one pass and angle in reading order: indexes into the caller's words.

    `span` is around the `spans` of all words. `height` is the median letter height, at least 1: a
    stray mark or a tall bracket does not change it.
    """

    indexes: tuple[int, ...]
    words: tuple[Word, ...]
    spans: tuple[Span, ...]
    span: Span
    height: float
    _text: str | None = None

    @classmethod
    def of(cls, indexes: Sequence[int], words: Sequence[Word], spans: Sequence[Span]) -> "Line":
        """The words at `indexes`, at least one; `spans` are those of all `words`."""
        if len(indexes) == 1:  # most lines of a product picture are a single word
            at = indexes[0]
            own = spans[at]
            height = max(1.0, own.bottom - own.top)
            return cls((at,), (words[at],), (own,), own, height)
        chosen = tuple([spans[at] for at in indexes])
        of_words = tuple([words[at] for at in indexes])
        return cls(tuple(indexes), of_words, chosen, union_span(chosen), _median_height(chosen))

    def cells(self) -> Iterator["Line"]:
        """The line cut where more than a space is left."""
        first, spans = 0, self.spans
        for i in range(1, len(spans)):
            if spans[i].start - spans[i - 1].end > _CELL_GAP * self.height:
                yield self.part(first, i)
                first = i
        yield self.part(first, len(spans)) if first else self

    def split(self, by: Callable[[Word], object] = id) -> list["Line"]:
        """The line cut between words that differ in `by`; into words."""
        first, pieces = 0, []
        for _, group in groupby(self.words, by):
            last = first + len(list(group))
            pieces.append(self.part(first, last))
            first = last
        return pieces

    def part(self, first: int, last: int) -> "Line":
        """The words from `first` up to `last`, at least one."""
        spans = self.spans[first:last]
        indexes, words = self.indexes[first:last], self.words[first:last]
        return Line(indexes, words, spans, union_span(spans), _median_height(spans))

    @property
    def text(self) -> str:
        if self._text is None:
            text = " ".join([word.text for word in self.words])
            self._text = text if text.isascii() else "".join(self._pieces)
        return self._text

    @property
    def _pieces(self) -> Iterator[str]:
        """The words, each with the space before it, if its script writes one there."""
        before = ""
        for word in self.words:
            yield f" {word.text}" if before and not _run_on(before, word.text) else word.text
            before = word.text

    def indexes_at(self, start: int, end: int) -> tuple[int, ...]:
        """The words that text[start:end] touches."""
        touched, at = [], 0
        for index, word, piece in zip(self.indexes, self.words, self._pieces, strict=True):
            at += len(piece)
            if at - len(word.text) < end and start < at:
                touched.append(index)
        return tuple(touched)

    def joined(self, other: "Line") -> "Line":
        spans = self.spans + other.spans
        around = union_span((self.span, other.span))
        indexes, words = self.indexes + other.indexes, self.words + other.words
        return Line(indexes, words, spans, around, _median_height(spans))

    def in_reading_order(self) -> "Line":
        """From right to left in scripts that are read so; runs of other words keep their order."""
        if self.text.isascii() or not runs_right_to_left(self.text):
            return self
        runs = [
            (places if not backwards else places[::-1])
            for backwards, group in groupby(
                range(len(self.words)), lambda place: runs_right_to_left(self.words[place].text)
            )
            for places in [list(group)]
        ]
        order = [place for run in reversed(runs) for place in run]
        return replace(
            self,
            indexes=tuple(self.indexes[place] for place in order),
            words=tuple(self.words[place] for place in order),
            spans=tuple(self.spans[place] for place in order),
            _text=None,
        )


def _median_height(spans: Iterable[Span]) -> float:
    heights = sorted([bottom - top for _, _, top, bottom in spans])
    return max(1.0, heights[len(heights) // 2])


def _run_on(before: str, after: str) -> bool:
    """Whether a script without spaces goes on: some engines take its lines apart into letters."""
    return bool(_UNSPACED.match(before[-1:]) and _UNSPACED.match(after[:1]))


def read_lines(words: Sequence[Word]) -> list[Line]:
    """The engine's own lines, those on one baseline joined across small gaps."""
    groups: dict[tuple[str, int, int, int], list[int]] = defaultdict(list)
    for index, word in enumerate(words):
        if word.text.strip():
            groups[word.pass_, word.angle, word.block, word.line].append(index)
    spans = [span(word) for word in words]
    pages: dict[tuple[str, int], list[Line]] = defaultdict(list)
    for (pass_, angle, _, _), indexes in sorted(groups.items()):
        if len(indexes) > 1:
            indexes.sort(key=lambda index: (spans[index], index))
        pages[pass_, angle].append(Line.of(indexes, words, spans))
    return [line.in_reading_order() for page in pages.values() for line in _joined(page)]


def _joined(lines: list[Line]) -> list[Line]:
    """Lines of one page, each with the neighbours that continue it."""
    if len(lines) == 1:
        return lines
    grown: list[Line] = []
    ends: list[float] = []
    for line in sorted(lines, key=lambda line: (line.span.start, line.span.top, line.indexes)):
        # What `_continues` asks of the gap, with the line's own height for the lower of the two: a
        # number is compared where most lines are far apart, instead of their boxes.
        least = line.span.start - _MAX_WORD_GAP * line.height
        most = line.span.start + _MAX_OVERLAP * line.height
        before = [
            i for i, end in enumerate(ends) if least <= end <= most and _continues(grown[i], line)
        ]
        if before:
            nearest = max(before, key=lambda i: ends[i])
            grown[nearest] = grown[nearest].joined(line)
            ends[nearest] = grown[nearest].span.end
        else:
            grown.append(line)
            ends.append(line.span.end)
    return grown


def _continues(left: Line, right: Line) -> bool:
    """Whether `right` goes on after `left` on the same baseline."""
    last, first = left.spans[-1], right.spans[0]
    shared = min(last.bottom, first.bottom) - max(last.top, first.top)
    if shared < 0.5 * min(last.bottom - last.top, first.bottom - first.top):
        return False
    low, high = sorted((left.height, right.height))
    gap = right.span.start - left.span.end
    return -_MAX_OVERLAP * low <= gap <= _MAX_WORD_GAP * low and high <= _MAX_HEIGHT_RATIO * low
