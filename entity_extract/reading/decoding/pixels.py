"""Pixels of any mode as 8-bit RGB in which print can be told from ground."""

import re
from typing import Final

import cv2
import numpy as np
from PIL import Image

_DEEP: Final = re.compile(r";16[BLNS]")  # of Pillow's raw modes: 16 bits a channel
_DIM: Final = 64  # of 255: a picture of 16 bits with nothing lighter holds fewer bits than that
_BLANK: Final = 12  # grey levels between the darkest and the lightest pixel of a blank picture
_OPAQUE: Final = 128  # of 255
_NEAR: Final = 64  # grey levels: print that differs less from its ground can hardly be read
_LOST: Final = 0.25  # of the edges, near white, from which another ground is looked for
_GROUNDS: Final = (255, 0, 128)
_WHITE_IS_ZERO: Final = 262  # TIFF's PhotometricInterpretation; 0 where it says so


def is_deep(opened: Image.Image) -> bool:
    """Whether a picture that is not loaded yet has 16 bits a channel, of which Pillow keeps 8."""
    return _DEEP.search(str(getattr(opened, "tile", ""))) is not None


def to_rgb(image: Image.Image, *, deep: bool) -> Image.Image:
    """Transparency is laid over the ground on which most of the print can be seen."""
    if image.mode.startswith(("I", "F")):
        return _eight_bits(image).convert("RGB")
    flat = _laid_out(image) if image.has_transparency_data else image.convert("RGB")
    return _brightened(flat) if deep else flat


def is_blank(image: Image.Image) -> bool:
    """Whether an RGB picture shows nothing."""
    return all(high - low <= _BLANK for low, high in image.getextrema())  # type: ignore[misc]


def _eight_bits(image: Image.Image) -> Image.Image:
    """Greys of 16 and 32 bits and fractions, the darkest 0 and the lightest 255.

    12 bits in 16 would else be nearly black, and Pillow's own convert() clips all to white.
    """
    values = np.asarray(image, dtype=np.float32)
    finite = values[np.isfinite(values)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
    if high <= low:
        return Image.new("L", image.size, 255 if high > 0 else 0)
    shares = (np.nan_to_num(values, nan=low).clip(low, high) - low) / (high - low)
    inverted = getattr(image, "tag_v2", {}).get(_WHITE_IS_ZERO) == 0
    return Image.fromarray(((1 - shares if inverted else shares) * 255).astype(np.uint8))


def _brightened(image: Image.Image) -> Image.Image:
    """Colours of which all are dim, since they fill the lower of 16 bits alone."""
    most = max(high for _, high in image.getextrema())  # type: ignore[misc]
    if not 0 < most < _DIM:
        return image
    return image.point([min(round(level * 255 / most), 255) for level in range(256)] * 3)


def _laid_out(image: Image.Image) -> Image.Image:
    layer = image.convert("RGBA")
    colours, alpha = layer.convert("RGB"), np.asarray(layer.getchannel("A"))
    if not alpha.any() and not is_blank(colours):
        return colours  # all of it transparent, and yet there is something: the mask is wrong
    ground = _ground(np.asarray(colours.convert("L")), alpha)
    return Image.alpha_composite(Image.new("RGBA", layer.size, (ground,) * 3), layer).convert("RGB")


def _ground(grey: np.ndarray, alpha: np.ndarray) -> int:
    """The grey level, white if in doubt, from which most of the print's edges differ."""
    solid = (alpha >= _OPAQUE).astype(np.uint8)
    edge = solid > cv2.erode(solid, np.ones((3, 3), np.uint8))
    levels = grey[edge].astype(np.int16)
    if not levels.size:
        return 255
    lost = {ground: float((np.abs(levels - ground) < _NEAR).mean()) for ground in _GROUNDS}
    return 255 if lost[255] <= _LOST else min(_GROUNDS, key=lost.__getitem__)
