"""OCR engines by name: what the configuration asks to read with, made once per process.

`ocr.engine = "auto"` is the best that this machine can read with: see `chosen`. An engine of this
package is a line of ENGINES. One from outside is named by where it stands,
"package.module:attribute", or as an entry point of GROUP names it in the package that brings it.
Either is imported where pictures are read, by executors and their reading processes too.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from importlib.metadata import entry_points
from pkgutil import resolve_name
from types import MappingProxyType
from typing import Final

import cv2
from PIL import Image

from entity_extract.config import Domain, OcrConfig
from entity_extract.errors import meant
from entity_extract.reading.combined import AllReaders, Cascade
from entity_extract.reading.engine import OcrUnavailable, Reader
from entity_extract.reading.looks import Looks
from entity_extract.reading.ppocr.engine import ppocr_reader
from entity_extract.reading.ppocr.line_detector import PpOcrLineDetector
from entity_extract.reading.tesseract.backends import chosen_backend
from entity_extract.reading.tesseract.engine import TesseractReader
from entity_extract.reading.text_lines.detector import FindLines
from entity_extract.reading.tiles import Tiled
from entity_extract.records import Word

log = logging.getLogger(__name__)

# Given the settings, and who finds lines of text where `ocr.text_detector` names another than the
# engine's own. Raises OcrUnavailable.
MakeReader = Callable[[OcrConfig, FindLines | None], Reader]

ENGINES: Final[Mapping[str, MakeReader]] = MappingProxyType(
    {"rapidocr": ppocr_reader, "tesseract": TesseractReader}
)
GROUP: Final = "entity_extract.ocr_engines"
AUTO: Final = "auto"
_COMBINED: Final = ("both", "cascade")
# What tests/README.md measured: cross-validated F1 on the challenge's labels.
_COST: Final = {
    "rapidocr": ": of a hundred answers some nine more are missing or wrong",
    "tesseract": ": where PP-OCR is in doubt nobody looks again",
}


@lru_cache
def chosen(config: OcrConfig) -> OcrConfig:
    """`config` with each "auto" replaced by what this machine can read with, which must be the
    same on all: executors are given what it names.

    Of engines that is a cascade of `ocr.engines`, without those that are not installed; what that
    costs is said once. Raises OcrUnavailable where there is none, and where Tesseract is missing
    something that was asked for by name.
    """
    if config.backend == AUTO and "tesseract" in _names(config):
        try:
            config = config.model_copy(update={"backend": chosen_backend(config)})
        except OcrUnavailable:
            if config.engine != AUTO:
                raise
    return _with_engines(config) if config.engine == AUTO else config


def _with_engines(config: OcrConfig) -> OcrConfig:
    absent = lacking(config)
    there = tuple(name for name in config.engines if name not in absent)
    if not there or ("tesseract" in absent and _names_models(config)):
        reasons = "; ".join(f"{name}: {why}" for name, why in absent.items())
        raise OcrUnavailable(f'ocr.engine = "{AUTO}" cannot read with {reasons}')
    for name, why in absent.items():
        log.warning("pictures are read without %s (%s)%s", name, why, _COST.get(name, ""))
    several = {"engine": "cascade", "engines": there}
    return config.model_copy(update=several if len(there) > 1 else {"engine": there[0]})


def lacking(config: OcrConfig) -> dict[str, str]:
    """Of `ocr.engines`, those that this machine cannot read with, and why."""
    return {name: why for name in config.engines if (why := _why_not(name, config))}


def _why_not(name: str, config: OcrConfig) -> str | None:
    try:
        _maker(name)(config, None)
    except OcrUnavailable as err:
        return str(err)
    return None


def _names_models(config: OcrConfig) -> bool:
    """Whether languages or a folder of Tesseract's are asked for: no other engine has these."""
    return (config.language, config.tessdata) != (OcrConfig().language, OcrConfig().tessdata)


def check(config: OcrConfig, domain: Domain) -> None:
    """Raises OcrUnavailable where this machine cannot read with `config`."""
    reader_for(config, domain)


def reader_for(config: OcrConfig, domain: Domain) -> Reader:
    """The engine or engines that `config` names. Raises OcrUnavailable.

    `domain` tells a cascade what a quantity is; the other engines do not ask.
    """
    config = chosen(config)
    return _reader(config, domain.model_dump_json() if config.engine == "cascade" else "")


@lru_cache(maxsize=2)
def _reader(config: OcrConfig, domain: str) -> Reader:
    """Cached by the domain's content, as a Domain holds dicts and has no hash."""
    cv2.setNumThreads(1)  # every core has a worker of its own; threads would only wait in line
    makers = {name: _maker(name) for name in _names(config)}  # a misspelt one, before any is loaded
    find_lines = _line_detector(config)
    readers = [_Named(name, make(config, find_lines)) for name, make in makers.items()]
    reader = Tiled(_combined(config, domain, readers), config)
    return Looks(reader, config.looks, config.timeout_s) if config.looks else reader


def _names(config: OcrConfig) -> tuple[str, ...]:
    return config.engines if config.engine in (AUTO, *_COMBINED) else (config.engine,)


def _combined(config: OcrConfig, domain: str, readers: Sequence[Reader]) -> Reader:
    if config.engine == "both":
        return AllReaders(readers)
    if config.engine == "cascade":
        return Cascade(readers, Domain.model_validate_json(domain), config.sure)
    return readers[0]


def _line_detector(config: OcrConfig) -> FindLines | None:
    return PpOcrLineDetector(ppocr_reader(config)) if config.text_detector == "ppocr" else None


class _Named:
    """An engine whose words carry its name, as the configuration has it."""

    def __init__(self, name: str, reader: Reader) -> None:
        self._name, self._reader = name, reader
        self.version = reader.version

    def read(self, image: Image.Image) -> list[Word]:
        return [
            word._replace(engine=self._name, pass_=word.pass_ or self._name)
            for word in self._reader.read(image)
        ]


def _maker(name: str) -> MakeReader:
    """What makes the engine `name`. Raises OcrUnavailable."""
    if name in ENGINES:
        return ENGINES[name]
    try:
        maker = resolve_name(_place(name))
    except (ImportError, AttributeError, ValueError) as err:
        raise OcrUnavailable(f"the OCR engine {name!r} cannot be imported: {err}") from err
    if not callable(maker):
        raise OcrUnavailable(f"the OCR engine {name!r} is {maker!r}, which makes no reader")
    return maker  # type: ignore[no-any-return]


def _place(name: str) -> str:
    """Module and attribute of an engine from outside. Raises OcrUnavailable."""
    if ":" in name:
        return name
    installed = {point.name: point.value for point in entry_points(group=GROUP)}
    if name not in installed:
        known = ", ".join(dict.fromkeys([*ENGINES, *sorted(installed)]))
        raise OcrUnavailable(
            f"there is no OCR engine {name!r}{meant(name, (*ENGINES, *installed)) or ';'} there is "
            f'{known}, or "package.module:attribute"; '
            f"ocr.engine may also be {AUTO}, or {' or '.join(_COMBINED)} of ocr.engines"
        )
    return installed[name]
