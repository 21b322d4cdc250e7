"""Encoded bytes become upright RGB pixels, a thumbnail and a perceptual hash, within limits."""

import io
import struct
import warnings
import zlib
from typing import Final, NamedTuple

import imagehash
from PIL import ExifTags, Image, UnidentifiedImageError

from entity_extract.config import ImageConfig
from entity_extract.reading.decoding import jpeg_xl
from entity_extract.reading.decoding.formats import FORMATS, HAS_SVG, how_to_read, name_of
from entity_extract.reading.decoding.mending import ended, filled, pixels_alone
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


class Decoded(NamedTuple):
    """Upright RGB pixels; `note` says what of the picture is missing, "" where nothing is."""

    image: Image.Image
    note: str = ""


def decode(content: bytes, config: ImageConfig) -> Image.Image:
    """The pixels of `decoded`."""
    return decoded(content, config).image


def decoded(content: bytes, config: ImageConfig) -> Decoded:
    """The first frame of `content` that shows something, as upright RGB.

    Raises ImageRejected: too many pixels (by the header, before any is decoded), too few, a format
    that is not in FORMATS, or pixels that are corrupt or, unless `allow_truncated`, cut short.
    """
    if config.max_pixels > (Image.MAX_IMAGE_PIXELS or config.max_pixels):
        Image.MAX_IMAGE_PIXELS = config.max_pixels  # Pillow's own alarm, which would come first
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow warns of odd EXIF and palettes; the pixels decide
        try:
            return Decoded(_decoded(content, config))
        except ImageRejected as rejected:
            if rejected.status is not Status.BROKEN_IMAGE:
                raise
            return _mended(content, config, rejected)


def _mended(content: bytes, config: ImageConfig, rejected: ImageRejected) -> Decoded:
    """What can be had of a broken picture. Raises `rejected` where that is nothing."""
    alone = pixels_alone(content) or content
    whole = _attempt(alone, config) or _ended(alone, config)
    if whole is not None:
        return Decoded(whole)
    rest = filled(alone) if config.allow_truncated else None
    part = _attempt(rest, config) if rest is not None else None
    if part is None:
        raise rejected
    return Decoded(part, "cut short: only the part that is there was read")


def _ended(content: bytes, config: ImageConfig) -> Image.Image | None:
    """The pixels of a JPEG that lacks no more than its end."""
    endings = ended(content)
    if endings is None:
        return None
    one, other = (_attempt(ending, config) for ending in endings)
    if one is None or other is None or one.tobytes() != other.tobytes():
        return None
    return one


def _attempt(content: bytes, config: ImageConfig) -> Image.Image | None:
    try:
        return _decoded(content, config)
    except ImageRejected:
        return None


def _decoded(content: bytes, config: ImageConfig) -> Image.Image:
    name = name_of(content)
    if name == "SVG" and HAS_SVG:
        return _drawn(content, config)
    if name == "JXL" and name in FORMATS:
        _check_jpeg_xl(content, config)
    with _open(content, name) as opened:
        _check_size(opened.size, config)
        return _pixels(opened, config)


def thumbnail(image: Image.Image, config: ImageConfig) -> bytes:
    """`image` as JPEG, its longest side at most `config.thumbnail_px` pixels."""
    small = image.copy()
    small.thumbnail((config.thumbnail_px, config.thumbnail_px), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    small.save(buffer, "JPEG", quality=config.thumbnail_quality)
    return buffer.getvalue()


def perceptual_hash(image: Image.Image) -> str:
    """64-bit DCT hash as 16 hex digits; near-identical pictures differ in few bits."""
    return str(imagehash.phash(image))


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
        raise ImageRejected(Status.BROKEN_IMAGE, str(err)) from None


def _check_jpeg_xl(content: bytes, config: ImageConfig) -> None:
    try:
        size = jpeg_xl.size_of(content)
    except ValueError as err:
        raise ImageRejected(Status.BROKEN_IMAGE, str(err)) from None
    _check_size(size, config)


def _drawn(content: bytes, config: ImageConfig) -> Image.Image:
    try:
        drawing = Drawing(content)
        _check_size(drawing.size, config)
        return to_rgb(drawing.drawn(), deep=False)
    except _CORRUPT as err:
        raise ImageRejected(Status.BROKEN_IMAGE, f"SVG: {err}") from None


def _check_size(size: tuple[int, int], config: ImageConfig) -> None:
    width, height = size
    if width * height > config.max_pixels:
        reason = f"{width} x {height} pixels, more than {config.max_pixels}"
        raise ImageRejected(Status.TOO_LARGE, reason)
    if min(width, height) < config.min_side:
        raise ImageRejected(Status.TOO_SMALL, f"{width} x {height} pixels")


def _pixels(opened: Image.Image, config: ImageConfig) -> Image.Image:
    try:
        pixels = _frame(opened)
        if is_blank(pixels) and getattr(opened, "is_animated", False):
            pixels = _later_frame(opened, config) or pixels
    except _CORRUPT as err:
        raise ImageRejected(Status.BROKEN_IMAGE, str(err)) from None
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
