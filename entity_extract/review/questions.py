"""The answers of a lake, narrow: as much of each as it takes to tell which are worth a look."""

from typing import Final

import numpy as np
import pandas as pd
import pyarrow.compute as pc

from entity_extract import schema
from entity_extract.catalog.corrections import CATALOG_KEY, Corrections, RowId
from entity_extract.config import Domain
from entity_extract.errors import UserError
from entity_extract.lake.files import LakeFiles
from entity_extract.quantities.amounts import Amount, parse_amount, parse_label
from entity_extract.quantities.scoring import matches
from entity_extract.schema import ENTITY_NAME, ENTITY_VALUE, GROUP_ID, IMAGE_LINK

ROW_ID: Final = (IMAGE_LINK, GROUP_ID, ENTITY_NAME, CATALOG_KEY)
_TEXTS: Final = (*ROW_ID, "row_key", "prediction", "status", "model_version")
_NUMBERS: Final = ("confidence", "value_si")


def questions(
    lake: LakeFiles,
    domain: Domain,
    *,
    corrections: Corrections,
    catalog: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """One line per distinct row of `predictions`, in an order that does not hang on its files.

    Columns: ROW_ID, row_key, prediction, status, model_version ("" where null), entity_value (None:
    unlabelled), confidence and value_si; `corrected` (bool); `label_si`, log10 SI of the label or
    correction, NaN where there is none, and `contradicted`, where it is not what was answered.
    With `catalog`, as catalog_frame gives it, only its rows, with its labels. Raises UserError
    where the lake has no answers.
    """
    found = lake.dataset(schema.PREDICTIONS.name)
    if found is None:
        raise UserError(f"{lake.root}: no lake with predictions: entity-extract enrich makes them")
    names = [*_TEXTS, ENTITY_VALUE, *_NUMBERS]
    table = found.to_table(columns=names, filter=pc.field("withdrawn_at").is_null())
    rows = table.to_pandas().drop_duplicates("row_key").sort_values("row_key", ignore_index=True)
    for name in _TEXTS:
        rows[name] = rows[name].astype(object).where(rows[name].notna(), "")
    rows[ENTITY_VALUE] = rows[ENTITY_VALUE].astype(object).where(rows[ENTITY_VALUE].notna(), None)
    if catalog is not None:
        rows = _of_catalog(rows, catalog)
    return _labelled(rows, corrections, domain)


def row_ids(rows: pd.DataFrame) -> list[RowId]:
    return [RowId(*cells) for cells in zip(*(rows[name] for name in ROW_ID), strict=True)]


def _of_catalog(rows: pd.DataFrame, catalog: pd.DataFrame) -> pd.DataFrame:
    own = [IMAGE_LINK, GROUP_ID, ENTITY_NAME]
    said = catalog[[*own, ENTITY_VALUE]].drop_duplicates(own)
    said = said.assign(**{name: said[name].fillna("") for name in own})
    return rows.drop(columns=ENTITY_VALUE).merge(said, on=own)


def _labelled(rows: pd.DataFrame, corrections: Corrections, domain: Domain) -> pd.DataFrame:
    said = [corrections.get(row) for row in row_ids(rows)]
    known = [
        own if corrected is None else corrected
        for own, corrected in zip(rows[ENTITY_VALUE], said, strict=True)
    ]
    read: dict[tuple[str, str], tuple[Amount, ...]] = {}
    at: list[tuple[str, str] | None] = []
    for entity, label in zip(rows[ENTITY_NAME], known, strict=True):
        asked = None if label is None else (entity, label)
        if asked is not None and asked not in read:
            read[asked] = parse_label(asked[1], domain, entity)
        at.append(asked)
    return rows.assign(
        corrected=[one is not None for one in said],
        label_si=[_log_si(asked and read[asked], domain) for asked in at],
        contradicted=[
            asked is not None and _contradicts(asked[1], read[asked], prediction, entity, domain)
            for asked, prediction, entity in zip(
                at, rows["prediction"], rows[ENTITY_NAME], strict=True
            )
        ],
    )


def _log_si(label: tuple[Amount, ...] | None, domain: Domain) -> float:
    """Of a range the larger end, as priors have it."""
    return log10_si(domain.to_si(*label[-1])) if label else np.nan


def log10_si(value: float) -> float:
    return float(np.log10(max(value, 1e-12)))


def _contradicts(
    label: str, read: tuple[Amount, ...], prediction: str, entity: str, domain: Domain
) -> bool:
    """A label that cannot be read says nothing; an empty one, that there is nothing to answer."""
    if not read:
        return not label.strip() and bool(prediction)
    return not matches(parse_amount(prediction, domain.unit_names), read)
