"""Reads a product catalog's pictures and writes down the quantities printed on them.

For programs: `extract` one picture, `extract_frame` a pandas frame, `Extractor` many of either with
one configuration and model; `entity_extract.spark.extract.extracted` a Spark DataFrame.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from entity_extract.version import __version__

if TYPE_CHECKING:
    from entity_extract.config import Config, load_config
    from entity_extract.extraction.answer import Answer
    from entity_extract.extraction.extractor import Extractor
    from entity_extract.extraction.functions import extract, extract_frame

__all__ = [
    "Answer",
    "Config",
    "Extractor",
    "__version__",
    "extract",
    "extract_frame",
    "load_config",
]

# Imported when first asked for: what only needs the version loads neither pandas nor LightGBM.
_HOMES = {
    "Answer": "entity_extract.extraction.answer",
    "Config": "entity_extract.config",
    "Extractor": "entity_extract.extraction.extractor",
    "extract": "entity_extract.extraction.functions",
    "extract_frame": "entity_extract.extraction.functions",
    "load_config": "entity_extract.config",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
