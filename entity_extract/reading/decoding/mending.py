"""Files whose pixels are whole though something beside them is not; and what is left of cut ones.

By hand and not by Pillow's LOAD_TRUNCATED_IMAGES, which holds for all threads of a process, and
does not say what was missing.
"""

import random
import struct
import zlib
from collections.abc import Iterator
from typing import Final, NamedTuple

_PNG: Final = b"\x89PNG\r\n\x1a\n"
_PIXELS: Final = (b"IHDR", b"PLTE", b"IDAT", b"IEND")  # without which there are none
_BESIDE: Final = (b"tRNS", b"eXIf")  # of those beside, what changes them
_CHANNELS: Final = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # by colour type
# Adam7: first column, first row, step across, step down of each pass.
_PASSES: Final = (
    (0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)
)  # fmt: skip
_STEP: Final = 1024  # packed bytes that are unpacked at once, and lost where they are damaged
_EOI: Final = b"\xff\xd9"
_SOS: Final = 0xDA
_ALONE: Final = (0x01, *range(0xD0, 0xD8))  # JPEG markers without a segment


class _Chunk(NamedTuple):
    kind: bytes
    body: bytes
    crc: bytes  # as it stands there

    @property
    def is_sound(self) -> bool:
        return self.crc == _crc(self.kind + self.body)

    def encoded(self) -> bytes:
        return struct.pack(">I", len(self.body)) + self.kind + self.body + self.crc


def pixels_alone(content: bytes) -> bytes | None:
    """A PNG, JPEG or WebP without what stands beside its pixels; None for other formats.

    Profiles, texts and damaged chunks go; orientation, transparency and colour space stay.
    """
    if content.startswith(_PNG):
        return _PNG + b"".join(c.encoded() for c in _chunks(content) if _is_of_pixels(c))
    if content.startswith(b"\xff\xd8"):
        return b"\xff\xd8" + b"".join(_segments(content))
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":  # its length may be told wrongly
        return content[:4] + struct.pack("<I", len(content) - 8) + content[8:]
    return None


def _is_of_pixels(chunk: _Chunk) -> bool:
    return chunk.kind in _PIXELS or (chunk.kind in _BESIDE and chunk.is_sound)


def _chunks(content: bytes) -> Iterator[_Chunk]:
    """Of a PNG, as far as they go; the last may be cut."""
    at = len(_PNG)
    while at + 8 <= len(content):
        (length,) = struct.unpack_from(">I", content, at)
        kind, body = content[at + 4 : at + 8], content[at + 8 : at + 8 + length]
        yield _Chunk(kind, body, content[at + 8 + length : at + 12 + length])
        at += 12 + length


def _crc(data: bytes) -> bytes:
    return struct.pack(">I", zlib.crc32(data))


def _segments(content: bytes) -> Iterator[bytes]:
    """Of a JPEG, those that its pixels need, and all from the first scan on."""
    at = 2
    while at + 4 <= len(content) and content[at] == 0xFF:
        marker = content[at + 1]
        if marker == 0xFF:  # a fill byte
            at += 1
            continue
        if marker == _SOS:
            break
        end = at + 2 if marker in _ALONE else at + 2 + int.from_bytes(content[at + 2 : at + 4])
        if _changes_pixels(marker, content[at + 4 : at + 8]):
            yield content[at:end]
        at = end
    yield content[at:]


def _changes_pixels(marker: int, begins: bytes) -> bool:
    """JFIF and Adobe tell the colour space, EXIF the orientation; other notes nothing of it."""
    if marker == 0xE1:
        return begins == b"Exif"
    is_note = 0xE0 <= marker <= 0xEF or marker == 0xFE
    return not is_note or marker in (0xE0, 0xEE)


def ended(content: bytes) -> tuple[bytes, bytes] | None:
    """A JPEG without its end, ended in two ways; None for other formats.

    A decoder makes the same pixels of both where it had them all, and others where it had not: the
    second goes on with numbers drawn at random, and each restart marker, before it ends.
    """
    if not content.startswith(b"\xff\xd8"):
        return None
    content = content.rstrip(b"\xff")  # half of its end
    dice = random.Random(0)  # noqa: S311
    noise = bytes(dice.randrange(255) for _ in range(256))  # no 0xff, which begins a marker
    more = b"".join(noise + bytes([0xFF, 0xD0 + number]) for number in range(8))
    return content + _EOI, content + noise + more + noise + _EOI


def repacked(content: bytes, max_pixels: int) -> bytes | None:
    """A PNG that has all of its rows, whatever the sum behind them says; None for others."""
    png = _Png.of(content, max_pixels)
    return png.encoded() if png and png.is_sound and len(png.rows) == png.size else None


def filled(content: bytes, max_pixels: int) -> bytes | None:
    """A cut PNG or JPEG with something in place of what is missing; None for others and larger."""
    if content.startswith(b"\xff\xd8"):
        return content + _EOI  # the decoder goes on in grey
    png = _Png.of(content, max_pixels)
    return png.encoded() if png and png.rows else None


class _Png(NamedTuple):
    """The rows of a PNG, each with its filter in front, as far as they are there, of `size`."""

    before: list[_Chunk]
    rows: bytes
    size: int
    is_sound: bool

    @classmethod
    def of(cls, content: bytes, max_pixels: int) -> "_Png | None":
        chunks = list(_chunks(content)) if content.startswith(_PNG) else []
        if not chunks or chunks[0].kind != b"IHDR" or len(chunks[0].body) != 13:
            return None
        width, height = struct.unpack_from(">II", chunks[0].body)
        if width * height > max_pixels:
            return None
        pixels = [chunk for chunk in chunks if chunk.kind == b"IDAT"]
        before = [c for c in chunks if c.kind not in (b"IDAT", b"IEND") and _is_of_pixels(c)]
        size = _unpacked_size(chunks[0].body)
        rows = _unpacked(b"".join(chunk.body for chunk in pixels), size)
        return cls(before, rows, size, all(chunk.is_sound for chunk in pixels))

    def encoded(self) -> bytes:
        """A whole PNG, black where rows are missing."""
        packed = zlib.compress(self.rows + bytes(self.size - len(self.rows)), 1)
        pixels = _Chunk(b"IDAT", packed, _crc(b"IDAT" + packed))
        return _PNG + b"".join(chunk.encoded() for chunk in [*self.before, pixels])


def _unpacked_size(header: bytes) -> int:
    """Bytes of a PNG's rows, each with its filter in front."""
    width, height, depth, colours, _, _, interlaced = struct.unpack(">IIBBBBB", header)
    bits = depth * _CHANNELS.get(colours, 4)
    size = 0
    for left, top, across, down in _PASSES if interlaced else ((0, 0, 1, 1),):
        columns, rows = -(-(width - left) // across), -(-(height - top) // down)
        if columns > 0 and rows > 0:
            size += rows * (1 + -(-columns * bits // 8))
    return size


def _unpacked(data: bytes, most: int) -> bytes:
    """What can be unpacked of `data`, up to where it is cut or damaged."""
    unpack, rows = zlib.decompressobj(-zlib.MAX_WBITS), bytearray()  # without header and sum
    for at in range(2, len(data), _STEP):
        try:
            rows += unpack.decompress(data[at : at + _STEP], max(most - len(rows), 1))
        except zlib.error:
            break
        if len(rows) >= most:
            break
    return bytes(rows[:most])
