"""What is read in one picture: encoded bytes in, columns of the images table out.

The code of other people that runs on strangers' bytes runs from here and nowhere else, so that
it can be kept in a process of its own (`supervisor`).
"""

import time
from collections.abc import Sequence

import numpy as np
from PIL import Image

from entity_extract.config import Domain, ImageConfig, OcrConfig
from entity_extract.reading.decoding.opening import ImageRejected
from entity_extract.reading.dimension_lines import with_dimension_lines
from entity_extract.reading.engine import OcrFailed, OcrTimeout
from entity_extract.reading.engines import reader_for
from entity_extract.reading.images import decoded, perceptual_hash, thumbnail
from entity_extract.reading.line_segments import find_strokes
from entity_extract.reading.text_lines.legibility import too_small_to_read
from entity_extract.reading.tiles import only_shrunk
from entity_extract.records import Word, record_of
from entity_extract.status import Status

Row = dict[str, object]


class PictureReader:
    """Decodes and reads pictures in this process."""

    def __init__(self, image_config: ImageConfig, ocr_config: OcrConfig, domain: Domain) -> None:
        """Raises OcrUnavailable."""
        self._image_config, self._tiles = image_config, ocr_config.tiles
        self._domain = domain
        self._reader = reader_for(ocr_config, domain)

    def row(self, content: bytes) -> Row:
        """The columns that the picture decides, those that have no value left out."""
        try:
            image, note = decoded(content, self._image_config)
        except ImageRejected as rejected:
            return {"status": rejected.status.value, "reason": rejected.reason}
        return self._seen(image) | ({"reason": note} if note else {}) | self._read(image)

    def _seen(self, image: Image.Image) -> Row:
        return {
            "phash": perceptual_hash(image),
            "width": image.width,
            "height": image.height,
            "thumbnail": thumbnail(image, self._image_config),
            "strokes": [record_of(stroke) for stroke in find_strokes(np.asarray(image))],
        }

    def _read(self, image: Image.Image) -> Row:
        start = time.monotonic()
        result: Row
        try:
            words = self._reader.read(image)
            result = self._legible(image, with_dimension_lines(words, image, self._domain))
        except OcrTimeout as err:
            result = {"status": Status.OCR_TIMEOUT.value, "reason": str(err)}
        except OcrFailed as err:
            result = {"status": Status.OCR_FAILED.value, "reason": str(err)}
        return result | {"ocr_ms": round((time.monotonic() - start) * 1000)}

    def _legible(self, image: Image.Image, words: Sequence[Word]) -> Row:
        """The words, or why it means little that there are none."""
        why = too_small_to_read(image, words)
        if why is None and not words:
            why = only_shrunk(image.size, self._tiles)
        if why is not None:
            return {"status": Status.LOW_RESOLUTION.value, "reason": why}
        return {"words": [record_of(word) for word in words]}
