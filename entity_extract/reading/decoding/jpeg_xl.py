"""The size of a JPEG XL picture by its header: its decoder makes all pixels before it tells."""

import struct
from collections.abc import Callable
from typing import Final

_RATIOS: Final = (None, (1, 1), (12, 10), (4, 3), (3, 2), (16, 9), (5, 4), (2, 1))
_BITS: Final = (9, 13, 18, 30)
_MOST_BOXES: Final = 100


def size_of(content: bytes) -> tuple[int, int]:
    """Width and height as coded (ISO 18181-1, SizeHeader). Raises ValueError."""
    take = _bits(_codestream(content))
    small = take(1)
    height = _side(take, small)
    ratio = _RATIOS[take(3)]
    width = height * ratio[0] // ratio[1] if ratio else _side(take, small)
    return width, height


def _side(take: Callable[[int], int], small: int) -> int:
    return (take(5) + 1) * 8 if small else 1 + take(_BITS[take(2)])


def _bits(stream: bytes) -> Callable[[int], int]:
    """Takes so many bits, the lowest first."""
    if len(stream) < 14:
        raise ValueError("the JPEG XL header is cut")
    left = int.from_bytes(stream[2:14], "little")

    def take(count: int) -> int:
        nonlocal left
        value, left = left & ((1 << count) - 1), left >> count
        return value

    return take


def _codestream(content: bytes) -> bytes:
    """Its beginning, also where it lies in a box of a container."""
    if content.startswith(b"\xff\x0a"):
        return content[:14]
    at = 0
    for _ in range(_MOST_BOXES):
        head = content[at : at + 16]
        if len(head) < 16:
            break
        length, kind = struct.unpack_from(">I4s", head)
        body = at + 8
        if length == 1:
            (length,) = struct.unpack_from(">Q", head, 8)
            body = at + 16
        if kind in (b"jxlc", b"jxlp"):
            body += 4 if kind == b"jxlp" else 0
            return content[body : body + 14]
        if length < 8:
            break
        at += length
    raise ValueError("no JPEG XL codestream")
