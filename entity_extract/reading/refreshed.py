"""What is known of a picture that was read, and what another reading is worth beside it."""

from typing import Final

from entity_extract.status import CUT_SHORT, LOST_IN_READING, READABLE, status_of

# Columns of `images` with which a link is asked for again.
KNOWN: Final = ("content_sha256", "etag", "last_modified")
# How well a picture was read; a new one takes the place of the old one where it is no worse.
LOST: Final = 0
UNREADABLE: Final = 1
PART: Final = 2
WHOLE: Final = 3


def grade_of(status: str, reason: str | None) -> int:
    """Of a row of `images`."""
    found = status_of(status)
    if found in READABLE:
        return PART if (reason or "").startswith(CUT_SHORT) else WHOLE
    return LOST if found in LOST_IN_READING else UNREADABLE
