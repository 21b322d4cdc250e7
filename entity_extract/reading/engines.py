"""The OCR engine that the configuration names, made once per process."""

from functools import lru_cache

import cv2

from entity_extract.config import Domain, OcrConfig
from entity_extract.reading.combined import BothReaders, Cascade
from entity_extract.reading.engine import Reader
from entity_extract.reading.ppocr.engine import PpOcr
from entity_extract.reading.ppocr.line_detector import PpOcrLineDetector
from entity_extract.reading.tesseract.engine import TesseractReader


def check(config: OcrConfig, domain: Domain) -> None:
    """Raises OcrUnavailable where this machine cannot read with `config`."""
    reader_for(config, domain)


def reader_for(config: OcrConfig, domain: Domain) -> Reader:
    """The engine that `config` names. Raises OcrUnavailable.

    `domain` tells a cascade what a quantity is; the other engines do not ask.
    """
    return _reader(config, domain.model_dump_json() if config.engine == "cascade" else "")


@lru_cache(maxsize=2)
def _reader(config: OcrConfig, domain: str) -> Reader:
    """Cached by the domain's content, as a Domain holds dicts and has no hash."""
    cv2.setNumThreads(1)  # every core has a worker of its own; threads would only wait in line
    if config.engine == "rapidocr":
        return _ppocr(config)
    if config.engine == "tesseract":
        return TesseractReader(config, _text_detector(config, None))
    ppocr = _ppocr(config)
    tesseract = TesseractReader(config, _text_detector(config, ppocr))
    if config.engine == "both":
        return BothReaders(ppocr, tesseract)
    return Cascade(ppocr, tesseract, Domain.model_validate_json(domain), config.sure)


def _ppocr(config: OcrConfig) -> PpOcr:
    return PpOcr(detector_pixels=config.detector_pixels, timeout_s=config.timeout_s)


def _text_detector(config: OcrConfig, ppocr: PpOcr | None) -> PpOcrLineDetector | None:
    return PpOcrLineDetector(ppocr or _ppocr(config)) if config.text_detector == "ppocr" else None
