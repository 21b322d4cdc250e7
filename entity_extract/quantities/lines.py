"""Lines of text from OCR words: as the engine gives them, joined on a baseline, and stacked."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Final

from entity_extract.quantities.geometry import Span, overlap, span, union_span
from entity_extract.quantities.glyphs import normalise
from entity_extract.quantities.spellings import Spellings
from entity_extract.quantities.writing.scripts import runs_right_to_left
from entity_extract.records import Word

# Measured in letter heights. Sparse-mode OCR makes a line of each word that stands a little apart.
_MAX_WORD_GAP: Final = 1.2
_MAX_OVERLAP: Final = 0.3  # boxes of neighbours may touch
_MAX_HEIGHT_RATIO: Final = 1.8
_MAX_STACK_GAP: Final = 0.8
_MAX_UNIT_RATIO: Final = 5.0  # a big 500 with a small g beside or below it
# Thai, kana and Han; Korean has spaces between its words.
_UNSPACED: Final = re.compile("[\u0e01-\u0e7f\u3005\u3040-\u30ff\u3400-\u9fff]")
_LONGEST_NUMBER: Final = 20  # characters
_NUMBER_ONLY: Final = re.compile(r"(?=[^0-9]{0,3}[0-9])[0-9.,/x*~ ½¼¾-]+")


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


def read_stacks(lines: Sequence[Line], spellings: Spellings) -> Iterator[Line]:
    """A number and a unit that stand apart but touch: unit below, above or beside, any size."""
    numbers = [line for line in lines if _is_number(line.text)]
    units = [line for line in lines if _is_unit(line.text, spellings)] if numbers else []
    for number in numbers:
        for unit in units:
            if _same_page(number, unit) and (_stacked(number, unit) or _beside(number, unit)):
                yield number.joined(unit)


def _is_number(text: str) -> bool:
    return len(text) <= _LONGEST_NUMBER and _NUMBER_ONLY.fullmatch(normalise(text)) is not None


def _is_unit(text: str, spellings: Spellings) -> bool:
    return normalise(text).strip(" .,:()[]").replace(" ", "").replace(".", "") in spellings.units


def _same_page(one: Line, other: Line) -> bool:
    return (one.words[0].pass_, one.words[0].angle) == (other.words[0].pass_, other.words[0].angle)


def _stacked(number: Line, unit: Line) -> bool:
    """One above the other: the unit's middle within the number, little room between the two."""
    gap = -overlap(number.span, unit.span)
    inside = number.span.start <= unit.span.middle <= number.span.end
    inside = inside or unit.span.start <= number.span.middle <= unit.span.end
    return inside and -_MAX_OVERLAP * unit.height <= gap <= _MAX_STACK_GAP * number.height


def _beside(number: Line, unit: Line) -> bool:
    """The unit right of the number at another letter size; equal sizes are joined already."""
    gap = unit.span.start - number.span.end
    return (  # detectors draw boxes with room around them: large ones reach into a small neighbour
        -_MAX_OVERLAP * number.height <= gap <= _MAX_STACK_GAP * number.height
        and overlap(number.span, unit.span) >= 0.6 * min(number.height, unit.height)
        and number.height <= _MAX_UNIT_RATIO * unit.height
        and unit.height <= _MAX_HEIGHT_RATIO * number.height
    )
