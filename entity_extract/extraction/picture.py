"""The bytes of a picture that a program hands in."""

import re
from os import PathLike
from pathlib import Path

from entity_extract.errors import UserError

# Encoded (JPEG, PNG ...), or where a file of it lies.
Picture = bytes | bytearray | memoryview | str | PathLike[str]

_LINK = re.compile(r"[a-z][a-z0-9+.-]+:/", re.IGNORECASE)  # two letters, as C:/ is a drive


def content_of(picture: Picture, max_bytes: int) -> bytes:
    """`picture` as bytes; where it has more than `max_bytes`, its first `max_bytes` + 1.

    Raises OSError where the file cannot be read, UserError for what is neither bytes nor a path.
    """
    if isinstance(picture, bytes | bytearray | memoryview):
        return bytes(memoryview(picture).cast("B")[: max_bytes + 1])
    if not isinstance(picture, str | PathLike):
        kind = type(picture).__name__
        raise UserError(f"a picture is encoded bytes or the path of a file, not {kind}")
    if _LINK.match(str(picture)):
        raise UserError(f"{str(picture)!r} is a link: give it to extract_frame")
    try:
        with Path(picture).open("rb") as file:
            return file.read(max_bytes + 1)
    except ValueError as err:
        raise UserError(f"{str(picture)!r} is no path: {err}") from None
