"""What a row of READ depends on beside its picture, as one short text that rows are kept under.

Apart from `picture_row`, which brings the decoders: who only asks for the version reads no picture.
"""

import hashlib
import json

from entity_extract.config import Config, Domain, ImageConfig, OcrConfig
from entity_extract.reading.dimension_lines import network_version
from entity_extract.reading.engine import OcrUnavailable
from entity_extract.reading.engines import chosen, reader_for

# Raise it when this package reads the same picture with the same settings differently than before.
READER_FORMAT = 6


def reader_version(ocr_config: OcrConfig, image_config: ImageConfig, domain: Domain) -> str:
    """12 hex digits that change with whatever changes a row. Raises OcrUnavailable."""
    ocr_config = chosen(ocr_config)
    ocr_settings = ocr_config.model_dump(mode="json", exclude={"timeout_s"})
    image_settings = image_config.model_dump(mode="json")
    engine = reader_for(ocr_config, domain).version
    made_by = [READER_FORMAT, engine, network_version(), ocr_settings, image_settings]
    text = json.dumps(made_by, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def reader_versions(config: Config) -> tuple[str, str | None]:
    """Of a first look, and of a second one where there are some. Raises OcrUnavailable."""
    first = reader_version(config.ocr, config.image, config.domain)
    if not config.reread.wanted:
        return first, None
    return first, reader_version(config.reread.of(config.ocr), config.image, config.domain)


def check_reader(
    ocr_config: OcrConfig, image_config: ImageConfig, domain: Domain, expected: str
) -> None:
    """Raises OcrUnavailable where pictures would be read here otherwise than `expected` says, as
    on an executor with another release of an engine or other models; "" expects nothing."""
    if expected and (found := reader_version(ocr_config, image_config, domain)) != expected:
        engines = reader_for(ocr_config, domain).version
        raise OcrUnavailable(
            f"this machine reads as {found}, with {engines}, and the "
            f"run as {expected}: install the same packages and Tesseract models on all machines"
        )
