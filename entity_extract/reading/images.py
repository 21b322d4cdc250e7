"""Encoded bytes become upright RGB pixels, a thumbnail and a perceptual hash, within limits."""

import io
import struct
import warnings
import zlib

import imagehash
import numpy as np
from PIL import ExifTags, Image, UnidentifiedImageError, features

from entity_extract.config import ImageConfig
from entity_extract.status import Status

# Never all of Pillow's formats: EPS runs Ghostscript, others have little-used C decoders.
FORMATS = ["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF"] + (
    ["AVIF"] if features.check("avif") else []
)

# How those formats begin: bytes that begin so but do not open are a broken picture, not a web page.
_SIGNATURES = (b"\xff\xd8\xff", b"\x89PNG", b"RIFF", b"GIF8", b"BM", b"II*\0", b"MM\0*")

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


def decode(content: bytes, config: ImageConfig) -> Image.Image:
    """The first frame of `content` as upright RGB, transparency laid over white.

    Raises ImageRejected: too many pixels (by the header, before any is decoded), too few, a format
    that is not in FORMATS, or corrupt and truncated data.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow warns of odd EXIF and palettes; the pixels decide
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        with _open(content) as opened:
            _check_size(opened.size, config)
            return _pixels(opened)


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


def _open(content: bytes) -> Image.Image:
    try:
        return Image.open(io.BytesIO(content), formats=FORMATS)
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as err:
        raise ImageRejected(Status.TOO_LARGE, str(err)) from None
    except UnidentifiedImageError:
        if content.startswith(_SIGNATURES) or content[4:12] == b"ftypavif":
            raise ImageRejected(Status.BROKEN_IMAGE, "the image header is corrupt") from None
        reason = f"{len(content)} bytes that begin with {content[:16]!r}"
        raise ImageRejected(Status.NOT_AN_IMAGE, reason) from None
    except _CORRUPT as err:
        raise ImageRejected(Status.BROKEN_IMAGE, str(err)) from None


def _check_size(size: tuple[int, int], config: ImageConfig) -> None:
    width, height = size
    if width * height > config.max_pixels:
        reason = f"{width} x {height} pixels, more than {config.max_pixels}"
        raise ImageRejected(Status.TOO_LARGE, reason)
    if min(width, height) < config.min_side:
        raise ImageRejected(Status.TOO_SMALL, f"{width} x {height} pixels")


def _pixels(opened: Image.Image) -> Image.Image:
    try:
        opened.load()
        pixels = _to_rgb(opened)
    except _CORRUPT as err:
        raise ImageRejected(Status.BROKEN_IMAGE, str(err)) from None
    return _upright(pixels, _orientation(opened))


def _to_rgb(image: Image.Image) -> Image.Image:
    if image.mode.startswith(("I", "F")):
        return _eight_bits(image).convert("RGB")
    if not image.has_transparency_data:
        return image.convert("RGB")
    layer = image.convert("RGBA")
    white = Image.new("RGBA", layer.size, "white")
    return Image.alpha_composite(white, layer).convert("RGB")


def _eight_bits(image: Image.Image) -> Image.Image:
    """16- and 32-bit greys scaled to 0-255; Pillow's own convert() clips them to white."""
    values = np.nan_to_num(np.asarray(image, dtype=np.float32))
    peak = 65535.0 if image.mode.startswith("I;16") else max(float(values.max()), 1.0)
    return Image.fromarray((values.clip(0.0, peak) * (255.0 / peak)).astype(np.uint8))


def _orientation(opened: Image.Image) -> int:
    try:
        return int(opened.getexif().get(ExifTags.Base.Orientation, 1))
    except _CORRUPT:  # corrupt EXIF is no reason to do without the pixels
        return 1


def _upright(image: Image.Image, orientation: int) -> Image.Image:
    turn = _TURNS.get(orientation)
    return image if turn is None else image.transpose(turn)
