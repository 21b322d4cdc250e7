"""Tesseract's language data: what a configuration asks for, and the package that it comes in."""

from collections.abc import Sequence
from typing import Final

from entity_extract.config import OcrConfig
from entity_extract.reading.engine import OcrUnavailable

# ISO 15924 where it is not how Tesseract's own name begins.
_SCRIPTS: Final = {
    "Armenian": "armn",
    "Canadian": "cans",
    "Cyrillic": "cyrl",
    "Greek": "grek",
    "Gujarati": "gujr",
    "Gurmukhi": "guru",
    "Japanese": "jpan",
    "Kannada": "knda",
    "Khmer": "khmr",
    "Lao": "laoo",
    "Latin": "latn",
    "Malayalam": "mlym",
    "Myanmar": "mymr",
    "Oriya": "orya",
    "Syriac": "syrc",
    "Tamil": "taml",
    "Tibetan": "tibt",
}


def check_languages(config: OcrConfig, installed: Sequence[str]) -> None:
    """Raises OcrUnavailable with the packages of all languages that are not `installed`."""
    missing = [name for name in config.language.split("+") if name not in installed]
    if missing:
        packages = " ".join(map(_debian_package, missing))
        raise OcrUnavailable(
            f"Tesseract has no language data for {', '.join(missing)} in "
            f"{config.tessdata or 'its own folder'} (Debian: apt install {packages})"
        )


def _debian_package(language: str) -> str:
    """jpn -> tesseract-ocr-jpn, chi_sim -> tesseract-ocr-chi-sim, script/HanS -> ...-script-hans"""
    folder, _, name = language.rpartition("/")
    if folder:
        script, *rest = name.split("_")
        name = "_".join([_SCRIPTS.get(script, script[:4]), *(set(rest) & {"vert"})])
    return f"tesseract-ocr-{'script-' if folder else ''}{name.lower().replace('_', '-')}"
