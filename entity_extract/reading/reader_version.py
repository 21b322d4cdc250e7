"""What a row of READ depends on beside its picture, as one short text that rows are kept under.

Apart from `picture_row`, which brings the decoders: who only asks for the version reads no picture.
"""

import hashlib
import json

from entity_extract.config import Domain, ImageConfig, OcrConfig
from entity_extract.reading.engines import chosen, reader_for

# Raise it when this package reads the same picture with the same settings differently than before.
READER_FORMAT = 4


def reader_version(ocr_config: OcrConfig, image_config: ImageConfig, domain: Domain) -> str:
    """12 hex digits that change with whatever changes a row. Raises OcrUnavailable."""
    ocr_config = chosen(ocr_config)
    ocr_settings = ocr_config.model_dump(mode="json", exclude={"timeout_s"})
    image_settings = image_config.model_dump(mode="json")
    engine = reader_for(ocr_config, domain).version
    text = json.dumps([READER_FORMAT, engine, ocr_settings, image_settings], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:12]
