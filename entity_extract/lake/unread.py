"""Links of a catalog without a reading: why, in words for the terminal; and a warning where many
pictures are lost."""

import logging
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from entity_extract.config.decided import advice
from entity_extract.lake.how_many import how_many
from entity_extract.lake.waves import Wave, rows_by_status
from entity_extract.status import LOST_IN_READING, Status, status_of

log = logging.getLogger(__name__)

SHOWN: Final = 5  # reasons of a status; some quote the link, and each of these is another
# Of the pictures that came in a wave: with more of them lost in reading, and so many, it is said.
_LOST_SHARE: Final = 0.05
_LOST_AT_LEAST: Final = 10


@dataclass(frozen=True)
class Unread:
    """Links of one status, which is not ok. `reasons` are the most frequent of its `different`
    ones, SHOWN at most, with the links of each, the most first."""

    status: Status
    links: int
    reasons: Mapping[str, int]
    different: int


def unread_of(status: str, reasons: Counter[str]) -> Unread:
    """From all reasons of a status."""
    shown = sorted(reasons.items(), key=lambda pair: (-pair[1], pair[0]))[:SHOWN]
    return Unread(status_of(status), reasons.total(), dict(shown), len(reasons))


def most_first(found: Iterable[Unread]) -> list[Unread]:
    """The most links first."""
    return sorted(found, key=lambda one: (-one.links, one.status))


def told(found: list[Unread], *, of: int, lake: str) -> list[str]:
    """For the terminal: how many of `of` links have no reading, why, and what one can do."""
    if not found:
        return []
    lost = sum(one.links for one in found)
    lines = [f"  without a reading: {lost:,} of {how_many(of, 'links')}"]
    for one in found:
        lines += [
            f"    {one.status} {links:,}{_as(reason)}" for reason, links in one.reasons.items()
        ]
        if further := one.different - len(one.reasons):
            rest = one.links - sum(one.reasons.values())
            for_these = f"{how_many(further, 'more reasons')}: entity-extract status tells them"
            lines.append(f"    {one.status} {rest:,} for {for_these}")
        helps = (advice(one.status, reason, lake) for reason in one.reasons)
        lines += [f"      {help_}" for help_ in dict.fromkeys(helps) if help_]
    return lines


def _as(reason: str) -> str:
    told = "".join(letter if letter.isprintable() else "?" for letter in reason)
    return f": {told}" if told else ""


def warn_of_lost(published: Sequence[Wave]) -> None:
    """Pictures come to grief one by one; where many do, the machines or the settings are at fault,
    and nobody would know of it: each is only a row with a status."""
    counts = rows_by_status(published)
    lost = {status: counts[status] for status in sorted(LOST_IN_READING) if counts[status]}
    came = counts[Status.OK] + sum(lost.values())
    if sum(lost.values()) >= max(_LOST_AT_LEAST, _LOST_SHARE * came):
        log.warning(
            "%d of %d pictures could not be read (%s): machines with too much to do, or too little "
            "in isolation.memory_mib or ocr.timeout_s? The reasons: entity-extract status; "
            "entity-extract vacuum --retry STATUS lets the next run try them again",
            sum(lost.values()),
            came,
            ", ".join(f"{status} {rows}" for status, rows in lost.items()),
        )
