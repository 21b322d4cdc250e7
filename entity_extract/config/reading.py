"""What becomes of a picture: the sections [image], [ocr], [reread], [isolation] and [embed]."""

import re
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    Field,
    NonNegativeFloat,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
)

from entity_extract.config.section import Section, TimeLimit, distinct


class ImageConfig(Section):
    max_pixels: PositiveInt = 40_000_000
    min_side: PositiveInt = 8
    allow_truncated: bool = False
    thumbnail_px: PositiveInt = 256
    thumbnail_quality: int = Field(default=90, ge=1, le=100)


# How a picture is changed for a second look, see reading/looks.py.
Look = Literal["contrast", "enlarged", "slanted", "tilted_left", "tilted_right"]
OcrStep = Literal["light", "turned", "slanted", "line_classifier", "spaces", "second_look"]


def _languages(joined: str) -> str:
    names = joined.split("+")
    if not all(re.fullmatch(r"(?:script/)?[A-Za-z]\w*", name, re.ASCII) for name in names):
        raise ValueError('Tesseract\'s names of languages, joined by "+", such as "eng+jpn"')
    distinct(tuple(names))
    return joined


class OcrConfig(Section):
    engine: str = "auto"
    engines: Annotated[tuple[str, ...], Field(min_length=2), AfterValidator(distinct)] = (
        "rapidocr",
        "tesseract",
    )
    text_detector: Literal["tesseract", "ppocr"] = "tesseract"
    backend: Literal["auto", "tesserocr", "pytesseract"] = "auto"
    language: Annotated[str, AfterValidator(_languages)] = "eng"
    tessdata: str | None = None
    letter_px: PositiveFloat = 32.0
    skip: tuple[OcrStep, ...] = ()
    looks: Annotated[tuple[Look, ...], AfterValidator(distinct)] = ()
    detector_pixels: PositiveInt = 1_200_000
    tiles: NonNegativeInt = 16
    sure: float = Field(default=90.0, ge=0.0, le=100.0)
    min_conf: NonNegativeFloat = 0.0
    timeout_s: TimeLimit = 30.0


class RereadConfig(Section):
    """The second look at pictures that did not answer a question."""

    looks: Annotated[tuple[Look, ...], AfterValidator(distinct)] = ("contrast", "enlarged")
    detector_pixels: PositiveInt = 2_400_000
    share: float = Field(default=0.1, ge=0.0, le=1.0)

    @property
    def wanted(self) -> bool:
        return bool(self.looks) and self.share > 0

    def of(self, ocr: OcrConfig) -> OcrConfig:
        """How it is read then, by the first engine of several."""
        several = ocr.engine in ("auto", "both", "cascade")
        return ocr.model_copy(
            update={
                "engine": ocr.engines[0] if several else ocr.engine,
                "looks": self.looks,
                "detector_pixels": max(self.detector_pixels, ocr.detector_pixels),
            }
        )


class IsolationConfig(Section):
    """Whether and how pictures are read in a process of their own, which may crash alone."""

    process: bool = True
    extra_s: TimeLimit = 30.0
    memory_mib: PositiveInt = 2048
    attempts: PositiveInt = 2
    pictures: PositiveInt = 2000


class EmbedConfig(Section):
    encoder: str = "resnet50"
    weights: str = "imagenet"
    fallback_random: bool = False
    device: Literal["auto", "cpu", "cuda"] = "auto"
    batch_size: PositiveInt = 16
    image_px: NonNegativeInt = 0
    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    seed: int = 0
    download_timeout_s: TimeLimit = 30.0  # of silence on the line, not of the whole download
