"""Links of a catalog without a reading: why, in words for the terminal; and a warning where many
pictures are lost."""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from entity_extract.config.decided import advice
from entity_extract.lake.waves import Wave, rows_by_status
from entity_extract.status import LOST_IN_READING, Status

log = logging.getLogger(__name__)

# Of the pictures that came in a wave: with more of them lost in reading, and so many, it is said.
_LOST_SHARE: Final = 0.05
_LOST_AT_LEAST: Final = 10


@dataclass(frozen=True)
class Unread:
    """Links of one status, which is not ok, and the most frequent reason among them."""

    status: Status
    links: int
    reason: str


def most_first(found: Iterable[Unread]) -> list[Unread]:
    """The most links first."""
    return sorted(found, key=lambda one: (-one.links, one.status))


def told(found: list[Unread], *, of: int, lake: str) -> list[str]:
    """For the terminal: how many of `of` links have no reading, why, and what one can do."""
    if not found:
        return []
    lines = [f"  without a reading: {sum(one.links for one in found)} of {of} links"]
    for one in found:
        reason = "".join(letter if letter.isprintable() else "?" for letter in one.reason)
        lines.append(f"    {one.status} {one.links}{f', as: {reason}' if reason else ''}")
        if help_ := advice(one.status, one.reason, lake):
            lines.append(f"      {help_}")
    return lines


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
