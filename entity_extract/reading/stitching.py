"""Words of overlapping parts of a picture become the picture's: each line once, and whole."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, NamedTuple

from entity_extract.quantities.geometry import Box, Span, overlap, span, union_box, union_span
from entity_extract.records import Word

_AT_EDGE: Final = 1.0  # of a line's height from where its part ends: the line may go on there
_A_WORD: Final = 5.0  # times its height, its length
_REPEATED: Final = 0.5  # of a line's length, covered by lines of other parts
_SEVERAL: Final = -1  # in place of a part's number
_IN_LINE: Final = 0.5  # of the lower one's height, shared by two readings of one line


class Part(NamedTuple):
    """`words` as read in `box` of the picture, in pixels of the part."""

    box: Box
    words: Sequence[Word]


@dataclass(frozen=True)
class _Line:
    """Words of one printed line in reading order, in pixels of the picture."""

    words: Sequence[Word]
    part: int
    is_cut: bool  # it reaches an edge of its part that is none of the picture's

    @property
    def kind(self) -> tuple[str, int]:
        """Only lines of one kind are readings of the same: one engine's, of one look and angle."""
        return self.words[0].pass_, self.words[0].angle

    @cached_property
    def span(self) -> Span:
        return union_span(map(span, self.words))

    @cached_property
    def sense(self) -> float:
        """How much was read: letters and digits, each worth its word's confidence."""
        return sum(word.conf * sum(map(str.isalnum, word.text)) for word in self.words)


def stitched(parts: Sequence[Part]) -> list[Word]:
    """The words of all `parts`, the first of which is the whole picture; blocks are counted anew.

    A line that its part cuts is put together from its pieces; of what several parts show, the
    reading that says most is taken, and of what is still cut last.
    """
    lines = [line for at, part in enumerate(parts) for line in _lines(part, at, parts[0].box)]
    whole, cut = ([line for line in lines if line.is_cut is side] for side in (False, True))
    kept: list[_Line] = []
    for line in sorted(whole + _put_together(cut), key=lambda line: (line.is_cut, -line.sense)):
        if not _is_repeated(line, kept):
            kept.append(line)
    kept.sort(key=lambda line: union_box(line.words)[1::-1])  # from top to bottom
    return [
        word._replace(block=block, line=0) for block, line in enumerate(kept) for word in line.words
    ]


def _lines(part: Part, number: int, picture: Box) -> Iterable[_Line]:
    groups: dict[tuple[str, int, int, int], list[Word]] = {}
    for word in part.words:
        moved = word._replace(left=word.left + part.box.left, top=word.top + part.box.top)
        groups.setdefault((word.pass_, word.angle, word.block, word.line), []).append(moved)
    for words in groups.values():
        yield _Line(words, number, _is_cut(words, part.box, picture))


def _is_cut(line: Sequence[Word], part: Box, picture: Box) -> bool:
    near = _AT_EDGE * union_span(map(span, line)).height
    return any(
        end != limit and abs(side - end) <= near
        for side, end, limit in zip(*map(_sides, (union_box(line), part, picture)), strict=True)
    )


def _sides(box: Box) -> tuple[int, int, int, int]:
    return box.left, box.top, box.left + box.width, box.top + box.height


def _is_repeated(line: _Line, others: Iterable[_Line]) -> bool:
    covered = sum(
        _length(line.span, other.span)
        for other in others
        if other.part != line.part and _in_line(line, other)
    )
    return covered >= _REPEATED * _length(line.span, line.span)


def _in_line(one: _Line, other: _Line) -> bool:
    """Whether both are readings of the same height of the picture, whatever their length."""
    lower = min(one.span.height, other.span.height)
    return one.kind == other.kind and overlap(one.span, other.span) >= _IN_LINE * lower


def _length(one: Span, other: Span) -> float:
    """Pixels along the line that are of both."""
    return max(min(one.end, other.end) - max(one.start, other.start), 0)


def _put_together(pieces: Sequence[_Line]) -> list[_Line]:
    """`pieces`, in the order of their parts, each put to the one that it goes on from."""
    found: list[_Line] = []
    for piece in pieces:
        at = next((at for at, line in enumerate(found) if _goes_on(line, piece)), None)
        if at is None:
            found.append(piece)
        else:
            found[at] = _joined(found[at], piece)
    return found


def _goes_on(line: _Line, piece: _Line) -> bool:
    """Whether both hold some of the same line."""
    apart = line.part != piece.part and _in_line(line, piece)
    return apart and _length(line.span, piece.span) > 0


def _joined(line: _Line, piece: _Line) -> _Line:
    """The words of the first up to the middle of what both have read, then those of the other.

    Where both have read little, both may have cut the same word.
    """
    first, then = sorted((line, piece), key=lambda each: each.span.start)
    if then.span.end <= first.span.end:
        return first
    middle = (then.span.start + first.span.end) / 2
    words = [word for word in first.words if span(word).middle <= middle]
    end = max((span(word).end for word in words), default=middle)
    words += [word for word in then.words if span(word).middle > end]
    narrow = first.span.end - then.span.start < _A_WORD * then.span.height
    return _Line(words, _SEVERAL, narrow)
