"""Which files are pictures, by their names."""

from pathlib import PurePath

_ENDINGS = "jpg jpeg jfif png webp gif bmp tif tiff avif heic heif jxl svg"
_SUFFIXES = frozenset(f".{ending}" for ending in _ENDINGS.split())


def is_picture(name: str) -> bool:
    """By its ending, in any letters."""
    return PurePath(name).suffix.lower() in _SUFFIXES
