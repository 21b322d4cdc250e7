"""One file's bytes, opened and decoded within limits, or why they cannot be."""

import io
import struct
import zlib
from typing import Final

from PIL import ExifTags, Image, UnidentifiedImageError

from entity_extract.config import ImageConfig
from entity_extract.reading.decoding import jpeg_xl
from entity_extract.reading.decoding.formats import FORMATS, HAS_SVG, how_to_read, name_of
from entity_extract.reading.decoding.pixels import is_blank, is_deep, to_rgb
from entity_extract.reading.decoding.svg import Drawing
from entity_extract.status import Status

_MOST_FRAMES: Final = 16  # of an animation or a file of several pages, looked at for what they show

# EXIF orientation (tag 274): what undoes it. 1 is upright.
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

# What Pillow's decoders raise on corrupt data. Bytes changed at random gave OSError, ValueError,
# SyntaxError (chunks of PNG and AVIF) and RuntimeError (AVIF); the rest is in Pillow's tracker.
_CORRUPT = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    TypeError,
    RuntimeError,
    AssertionError,
    LookupError,
    ArithmeticError,
    struct.error,
    zlib.error,
)


class ImageRejected(Exception):
    """The bytes cannot be used as a picture; `status` and `reason` are what the row will say."""

    def __init__(self, status: Status, reason: str) -> None:
        super().__init__(f"{status}: {reason}")
        self.status = status
        self.reason = reason


def upright_rgb(content: bytes, config: ImageConfig) -> Image.Image:
    """The first frame that shows something. Raises ImageRejected."""
    name = name_of(content)
    if name == "SVG" and HAS_SVG:
        return _drawn(content, config)
    if name == "JXL" and name in FORMATS:
        _check_jpeg_xl(content, config)
    with _open(content, name) as opened:
        _check_size(opened.size, config)
        return _pixels(opened, config)


def _open(content: bytes, name: str) -> Image.Image:
    try:
        return Image.open(io.BytesIO(content), formats=FORMATS)
    except Image.DecompressionBombError as err:
        raise ImageRejected(Status.TOO_LARGE, str(err)) from None
    except UnidentifiedImageError:
        if name in FORMATS:
            raise ImageRejected(Status.BROKEN_IMAGE, "the image header is corrupt") from None
        begin = f"{len(content)} bytes that begin with {content[:16]!r}"
        reason = f"{name}, {begin}{how_to_read(name)}" if name else begin
        raise ImageRejected(Status.NOT_AN_IMAGE, reason) from None
    except _CORRUPT as err:
        raise ImageRejected(Status.BROKEN_IMAGE, _said(err)) from None


def _said(err: Exception) -> str:
    """The first line of what a decoder says; its kind where it says nothing."""
    return next(iter(str(err).splitlines()), "") or type(err).__name__


def _check_jpeg_xl(content: bytes, config: ImageConfig) -> None:
    try:
        size = jpeg_xl.size_of(content)
    except ValueError as err:
        raise ImageRejected(Status.BROKEN_IMAGE, _said(err)) from None
    _check_size(size, config)


def _drawn(content: bytes, config: ImageConfig) -> Image.Image:
    try:
        drawing = Drawing(content)
        _check_size(drawing.size, config)
        return to_rgb(drawing.drawn(), deep=False)
    except _CORRUPT as err:
        raise ImageRejected(Status.BROKEN_IMAGE, f"SVG: {_said(err)}") from None


def _check_size(size: tuple[int, int], config: ImageConfig) -> None:
    width, height = size
    if width * height > config.max_pixels:
        reason = f"{width} x {height} pixels, image.max_pixels is {config.max_pixels}"
        raise ImageRejected(Status.TOO_LARGE, reason)
    if min(width, height) < config.min_side:
        raise ImageRejected(Status.TOO_SMALL, f"{width} x {height} pixels")


def _pixels(opened: Image.Image, config: ImageConfig) -> Image.Image:
    try:
        pixels = _frame(opened)
        if is_blank(pixels) and getattr(opened, "is_animated", False):
            pixels = _later_frame(opened, config) or pixels
    except _CORRUPT as err:
        raise ImageRejected(Status.BROKEN_IMAGE, _said(err)) from None
    return _upright(pixels, _orientation(opened))


def _frame(opened: Image.Image) -> Image.Image:
    deep = is_deep(opened)  # which is forgotten once it is loaded
    opened.load()
    return to_rgb(opened, deep=deep)


def _later_frame(opened: Image.Image, config: ImageConfig) -> Image.Image | None:
    """The first that shows something; None where none of the next ones does."""
    for number in range(1, _MOST_FRAMES):
        try:
            opened.seek(number)
            _check_size(opened.size, config)
            frame = _frame(opened)
        except ImageRejected:
            continue
        except _CORRUPT:  # the end, among others
            return None
        if not is_blank(frame):
            return frame
    return None


def _orientation(opened: Image.Image) -> int:
    try:
        return int(opened.getexif().get(ExifTags.Base.Orientation, 1))
    except _CORRUPT:  # corrupt EXIF is no reason to do without the pixels
        return 1


def _upright(image: Image.Image, orientation: int) -> Image.Image:
    turn = _TURNS.get(orientation)
    return image if turn is None else image.transpose(turn)
