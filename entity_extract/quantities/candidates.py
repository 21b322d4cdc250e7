"""From OCR words to answer candidates: what was read, where it stands, and how often."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice
from typing import NamedTuple

from entity_extract.config import Domain, PredictConfig
from entity_extract.quantities.geometry import Box, same_place, span, union_box
from entity_extract.quantities.lines import Line, read_lines
from entity_extract.quantities.parse import Kind, Quantity, parse
from entity_extract.quantities.spellings import Spellings, spellings_for
from entity_extract.quantities.stacks import read_stacks
from entity_extract.quantities.tables import read_tables
from entity_extract.records import Word


class Mention(NamedTuple):
    """One place where a quantity was read in one OCR pass.

    `words` are indexes into the words given to `find_candidates`. The box is their union in pixels
    of the upright picture, `conf` the least of theirs (0-100), `letter_height` their median height
    in pixels across the direction of reading. `quantity.start` and `end` are in `line_text`.
    """

    quantity: Quantity
    words: tuple[int, ...]
    left: int
    top: int
    width: int
    height: int
    conf: float
    angle: int
    pass_: str
    engine: str
    line_text: str
    letter_height: float

    @property
    def box(self) -> Box:
        return Box(self.left, self.top, self.width, self.height)


@dataclass(frozen=True)
class Candidate:
    """A possible answer and all mentions of it, the plainest reading first."""

    value: float
    unit: str
    mentions: tuple[Mention, ...]

    @cached_property
    def places(self) -> int:
        """In how many different places of the picture it stands, whatever pass saw it."""
        places: list[Box] = []
        for mention in self.mentions:
            if not any(same_place(mention.box, place) for place in places):
                places.append(mention.box)
        return len(places)


class Limits(NamedTuple):
    """How much of a picture is looked at for one question: work and tables grow by its square.

    Of 3,000 product pictures none has more than 853 words, and 61 quantities of one kind.
    """

    words: int = 3_000
    quantities: int = 1_000


DEFAULT_LIMITS = Limits()


def limits_of(config: PredictConfig) -> Limits:
    return Limits(config.max_words, config.max_quantities)


class Found(NamedTuple):
    """`words` are those that were looked at, `cut` says that there are more, "" where not."""

    candidates: list[Candidate]
    words: Sequence[Word]
    cut: str


def find_candidates(words: Sequence[Word], entity: str, domain: Domain) -> list[Candidate]:
    """All quantities in the entity's units, merged by value and unit, ordered by unit and value.

    Within DEFAULT_LIMITS. Raises KeyError for an entity that the domain does not define.
    """
    return found_candidates(words, entity, domain).candidates


def found_candidates(
    words: Sequence[Word], entity: str, domain: Domain, limits: Limits = DEFAULT_LIMITS
) -> Found:
    """`find_candidates` among the first `limits.words` words, as the engines gave them, and the
    first `limits.quantities` quantities, line by line, then stack by stack.

    Words of a second look are looked at where those of the first hold no candidate."""
    first = [word for word in words if not word.reread]
    found = _found(first, entity, domain, limits)
    if found.candidates or len(first) == len(words):
        return found
    return _found(words, entity, domain, limits)


def _found(words: Sequence[Word], entity: str, domain: Domain, limits: Limits) -> Found:
    spellings = spellings_for(domain, entity)
    read = words[: limits.words]
    mentions = list(islice(_mentions(read, spellings), limits.quantities + 1))
    cuts = []
    if len(words) > len(read):
        cuts.append(f"the first {limits.words} of {len(words)} words")
    if len(mentions) > limits.quantities:
        cuts.append(f"the first {limits.quantities} quantities")
    cut = f"only {' and '.join(cuts)} were looked at" if cuts else ""
    return Found(_merged(mentions[: limits.quantities]), read, cut)


def _merged(mentions: Iterable[Mention]) -> list[Candidate]:
    found: dict[tuple[str, float], list[Mention]] = defaultdict(list)
    for mention in mentions:
        known = found[mention.quantity.unit, mention.quantity.value]
        if not any(_repeats(mention, other) for other in known):
            known.append(mention)
    return [
        Candidate(value, unit, tuple(sorted(places, key=_plainest_first)))
        for (unit, value), places in sorted(found.items())
    ]


def _mentions(words: Sequence[Word], spellings: Spellings) -> Iterator[Mention]:
    lines = read_lines(words)
    taken: set[int] = set()
    for mention in _read_directly(lines, words, spellings):  # one by one: there may be far too many
        taken.update(mention.words)
        yield mention
    for quantity, indexes, text in read_tables(words, lines, frozenset(taken), spellings):
        yield _mention(quantity, indexes, text, words)


def _read_directly(
    lines: Sequence[Line], words: Sequence[Word], spellings: Spellings
) -> Iterator[Mention]:
    """Quantities whose unit stands in their line, or touches them."""
    for line in lines:
        for quantity in parse(line.text, spellings):
            yield _mention_in(line, quantity, words)
    for stack in read_stacks(lines, spellings):
        for quantity in parse(stack.text, spellings):
            if quantity.kind is not Kind.REPAIRED:
                quantity = replace(quantity, kind=Kind.IMPLIED)
            yield _mention_in(stack, quantity, words)


def _mention_in(line: Line, quantity: Quantity, words: Sequence[Word]) -> Mention:
    indexes = line.indexes_at(quantity.start, quantity.end)
    return _mention(quantity, indexes, line.text, words)


def _mention(
    quantity: Quantity, indexes: tuple[int, ...], text: str, words: Sequence[Word]
) -> Mention:
    touched = [words[index] for index in indexes]
    heights = sorted(span(word).height for word in touched)
    return Mention(
        quantity,
        indexes,
        *union_box(touched),
        conf=min(word.conf for word in touched),
        angle=touched[0].angle,
        pass_=touched[0].pass_,
        engine=touched[0].engine,
        line_text=text,
        letter_height=heights[len(heights) // 2],
    )


def _repeats(mention: Mention, other: Mention) -> bool:
    """Whether one pass states the same thing in the same place twice, as a line and a stack."""
    return mention.pass_ == other.pass_ and same_place(mention.box, other.box)


def _plainest_first(mention: Mention) -> tuple[int, int, int, str, tuple[int, ...]]:
    return (
        _KIND_ORDER[mention.quantity.kind],
        mention.top,
        mention.left,
        mention.pass_,
        mention.words,
    )


_KIND_ORDER = {kind: order for order, kind in enumerate(Kind)}
