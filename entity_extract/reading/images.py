"""Encoded bytes become upright RGB pixels, a thumbnail and a perceptual hash, within limits."""

import io
import warnings
from typing import Final, NamedTuple

import imagehash
from PIL import Image

from entity_extract.config import ImageConfig
from entity_extract.reading.decoding.mending import ended, filled, pixels_alone, repacked
from entity_extract.reading.decoding.opening import ImageRejected, upright_rgb
from entity_extract.status import CUT_SHORT, Status

# What scripts print before a picture by mistake: line ends and a byte order mark. No format that is
# read begins so.
_BEFORE: Final = b"\r\n\t \xef\xbb\xbf"


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
    content = content.lstrip(_BEFORE)
    if config.max_pixels > (Image.MAX_IMAGE_PIXELS or config.max_pixels):
        Image.MAX_IMAGE_PIXELS = config.max_pixels  # Pillow's own alarm, which would come first
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow warns of odd EXIF and palettes; the pixels decide
        try:
            return Decoded(upright_rgb(content, config))
        except ImageRejected as rejected:
            if rejected.status is not Status.BROKEN_IMAGE:
                raise
            return _mended(content, config, rejected)


def _mended(content: bytes, config: ImageConfig, rejected: ImageRejected) -> Decoded:
    """What can be had of a broken picture. Raises `rejected` where that is nothing."""
    alone = pixels_alone(content) or content
    whole = (
        _attempt(alone, config)
        or _attempt(repacked(alone, config.max_pixels), config)
        or _ended(alone, config)
    )
    if whole is not None:
        return Decoded(whole)
    part = None
    if config.allow_truncated:
        part = _attempt(filled(alone, config.max_pixels), config)
    if part is None:
        raise rejected
    return Decoded(part, f"{CUT_SHORT}: only the part that is there was read")


def _ended(content: bytes, config: ImageConfig) -> Image.Image | None:
    """The pixels of a JPEG that lacks no more than its end."""
    endings = ended(content)
    if endings is None:
        return None
    one, other = (_attempt(ending, config) for ending in endings)
    if one is None or other is None or one.tobytes() != other.tobytes():
        return None
    return one


def _attempt(content: bytes | None, config: ImageConfig) -> Image.Image | None:
    if content is None:
        return None
    try:
        return upright_rgb(content, config)
    except ImageRejected:
        return None


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
