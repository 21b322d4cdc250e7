"""What an OCR engine is to the rest of the package, and how it fails."""

from typing import Protocol

from PIL import Image

from entity_extract.errors import UserError
from entity_extract.records import Word


class OcrUnavailable(UserError):
    """The engine or its language data is not installed: nothing can be read on this machine."""


class OcrTimeout(Exception):
    """One picture took longer than `ocr.timeout_s`; a process of its own has been killed."""


class OcrFailed(Exception):
    """The engine gave up on these pixels."""


class Reader(Protocol):
    """An OCR engine, ready to read. `version` changes where the words may.

    Its words need not tell `engine`. Where they tell `pass_`, it is one that no other engine uses:
    only words of one pass make a line. Numbers are Python's own.
    """

    version: str

    def read(self, image: Image.Image) -> list[Word]:
        """The words of an upright RGB picture. Raises OcrTimeout, OcrFailed."""
        ...
