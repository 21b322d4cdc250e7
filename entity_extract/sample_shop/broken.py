"""Contents of links that do not lead to a usable picture. Each answers 200 with an image type."""

import io
import struct
import zlib
from collections.abc import Callable
from functools import lru_cache

from PIL import Image

HUGE_PX = 20_000  # 400 Mpx: ten times any sane limit, in about 50 kB

_PAGE = b"<!doctype html><html><head><title>Please sign in</title></head><body>403</body></html>"


@lru_cache(maxsize=1)
def truncated_jpeg() -> bytes:
    """The first half of a JPEG: it opens, and fails while it is decoded."""
    gradient = Image.linear_gradient("L").resize((640, 640))
    content = io.BytesIO()
    Image.merge("RGB", [gradient, gradient.rotate(90), gradient.rotate(180)]).save(content, "JPEG")
    return content.getvalue()[: content.tell() // 2]


def html_page() -> bytes:
    """What a shop answers to robots, whatever content type it claims."""
    return _PAGE


@lru_cache(maxsize=1)
def one_pixel() -> bytes:
    """A tracking pixel."""
    content = io.BytesIO()
    Image.new("RGB", (1, 1), "white").save(content, "PNG")
    return content.getvalue()


@lru_cache(maxsize=1)
def huge_png() -> bytes:
    """A decompression bomb, written chunk by chunk since Pillow would hold all its pixels."""
    row = bytes(1 + (HUGE_PX + 7) // 8)  # filter byte, then one bit per pixel
    deflate = zlib.compressobj(level=9)
    data = b"".join(deflate.compress(row) for _ in range(HUGE_PX)) + deflate.flush()
    header = struct.pack(">IIBBBBB", HUGE_PX, HUGE_PX, 1, 0, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", data), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, body) for name, body in chunks)


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


# First part of the path -> (content type, content).
CONTENTS: dict[str, tuple[str, Callable[[], bytes]]] = {
    "truncated": ("image/jpeg", truncated_jpeg),
    "html": ("image/jpeg", html_page),
    "pixel": ("image/png", one_pixel),
    "huge": ("image/png", huge_png),
}
