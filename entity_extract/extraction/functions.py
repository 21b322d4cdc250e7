"""The two functions for programs that ask with the defaults, or now and then."""

from functools import lru_cache
from os import PathLike, fspath

import pandas as pd

from entity_extract.config import Config
from entity_extract.extraction.answer import Answer
from entity_extract.extraction.extractor import Extractor
from entity_extract.extraction.picture import Picture
from entity_extract.learning.prediction.bundle import Bundle

Model = Bundle | str | PathLike[str]


def extract(
    picture: Picture,
    entity_name: str,
    *,
    group_id: object = "",
    config: Config | None = None,
    model: Model | None = None,
) -> Answer:
    """What one picture says: encoded bytes, or the path of a file. See Extractor.extract."""
    return _extractor(config, model).extract(picture, entity_name, group_id=group_id)


def extract_frame(
    rows: pd.DataFrame, *, config: Config | None = None, model: Model | None = None
) -> pd.DataFrame:
    """Rows of image_link, entity_name and maybe group_id with their answers behind. See
    Extractor.extract_frame."""
    return _extractor(config, model).extract_frame(rows)


def _extractor(config: Config | None, model: Model | None) -> Extractor:
    """The defaults' extractor is kept; others are made anew, and may be kept by who made them."""
    if config is None and model is None:
        return _default()
    return Extractor(config, model if model is None or isinstance(model, Bundle) else fspath(model))


@lru_cache(maxsize=1)
def _default() -> Extractor:
    return Extractor()
