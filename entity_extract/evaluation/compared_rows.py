"""The answers of two lakes, or of two files, row beside row."""

from collections import Counter
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Final

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from entity_extract.errors import UserError
from entity_extract.lake.files import LakeFiles, batches_of
from entity_extract.schema import (
    EARLIER_ANSWERS,
    ENTITY_NAME,
    ENTITY_VALUE,
    GROUP_ID,
    IMAGE_LINK,
    PREDICTIONS,
    TableSpec,
)

SIDES: Final = ("a", "b")
# What tells a row, the first that both have: as a lake does; as the catalog; as it was asked.
_KEYS: Final = (
    ("row_key", "row_copy"),
    ("index",),
    ("sample_id", ENTITY_NAME),
    (IMAGE_LINK, GROUP_ID, ENTITY_NAME),
    (IMAGE_LINK, ENTITY_NAME),
)
_ANSWER: Final = ("prediction", "confidence")
_ABOUT: Final = (IMAGE_LINK, ENTITY_NAME, ENTITY_VALUE)  # the same of both, or of one alone
_COPY: Final = "copy"
_ROWS: Final = 2**16  # of one narrow column that are looked at at a time
_TOLD: Final = tuple(dict.fromkeys([*(name for key in _KEYS for name in key), *_ABOUT, *_ANSWER]))


def lake_answers(
    root: str, model: str | None = None, by: Sequence[str] | None = None
) -> pd.DataFrame:
    """Of the rows that the catalog still has, with the columns of `by` too; with `model` what that
    version answered last, be it before another did. Raises UserError where there are none."""
    current = _here(root, PREDICTIONS, model, by)
    if model is not None:
        earlier = _here(root, EARLIER_ANSWERS, model, by)
        found = [rows for rows in (current, earlier) if rows is not None]
        if not sum(map(len, found)):
            raise UserError(f"{root}: no answer of model {model}")
        # A run that was cut off may have left one in both.
        current = pd.concat(found).drop_duplicates([*PREDICTIONS.key])
    if current is None:
        raise UserError(f"{root}: no answers there; entity-extract enrich gives them")
    return _checked(current, root)


def _here(
    root: str, table: TableSpec, model: str | None, by: Sequence[str] | None
) -> pd.DataFrame | None:
    """Rows that the catalog still has; None where there is no such table."""
    held = LakeFiles(root).dataset(table.name)
    if held is None:
        return None
    where = pc.field("withdrawn_at").is_null()
    return _read(held, by, where if model is None else where & (pc.field("model_version") == model))


def models_of(root: str) -> dict[str, int]:
    """The versions of models that have answered, and the rows of each in both tables: those of
    which more stands in `predictions` last."""
    counts = []
    for table in (PREDICTIONS, EARLIER_ANSWERS):
        held = LakeFiles(root).dataset(table.name)
        found: Counter[str] = Counter()
        if held is not None:
            where = pc.field("withdrawn_at").is_null()
            for batch in batches_of(held, ["model_version"], where, size=_ROWS):
                found.update(batch["model_version"].to_pylist())
        counts.append(found)
    now, before = counts
    every = sorted({*now, *before}, key=lambda model: (now[model], model))
    return {model: now[model] + before[model] for model in every}


def file_answers(path: Path, by: Sequence[str] | None = None) -> pd.DataFrame:
    """Of a Parquet file or a folder of them, as `predictions` is one, or of a CSV file of answers;
    with the columns of `by` too.

    Raises UserError where it cannot be read, or has no column `prediction`.
    """
    try:
        if path.suffix.lower() == ".csv":
            rows = pd.read_csv(path, dtype=str, keep_default_na=False)
            rows = rows[[name for name in _wanted(by) if name in rows]]
            if "confidence" in rows:
                rows["confidence"] = pd.to_numeric(rows["confidence"], errors="coerce")
        else:
            rows = _read(ds.dataset(path, format="parquet", partitioning=None), by)
    except (OSError, ValueError, pa.ArrowInvalid) as err:
        raise UserError(f"{path}: cannot be read: {str(err).splitlines()[0]}") from None
    return _checked(rows, str(path))


def _wanted(by: Sequence[str] | None) -> list[str]:
    return list(dict.fromkeys([*_TOLD, *(by or ())]))


def _read(
    rows: ds.Dataset, by: Sequence[str] | None, where: ds.Expression | None = None
) -> pd.DataFrame:
    columns = [name for name in _wanted(by) if name in rows.schema.names]
    found: pd.DataFrame = rows.to_table(columns=columns, filter=where).to_pandas()
    further = {name: "string" for name in columns if name not in _TOLD}
    return found.astype(further)  # a number here may be text there, as in CSV


def _checked(rows: pd.DataFrame, where: str) -> pd.DataFrame:
    if "prediction" not in rows:
        raise UserError(f"{where}: no column `prediction`")
    return rows


def beside(a: pd.DataFrame, b: pd.DataFrame, by: Sequence[str] | None = None) -> pd.DataFrame:
    """One line per row that either has, told apart `by` these columns, and counted where they are
    not enough: image_link, entity_name, entity_value, prediction_a, prediction_b, confidence_a,
    confidence_b, and `in_a`, `in_b`.

    An answer is "" where there is none; a label is None where neither side has one. Raises
    UserError where the columns are not there, or no row is in both.
    """
    key = _key(a.columns, b.columns, by)
    left, right = (_side(rows, key, side) for rows, side in zip((a, b), SIDES, strict=True))
    found = left.merge(right, on=[*key, _COPY], how="outer", sort=True)
    for side in SIDES:
        found[f"in_{side}"] = found[f"in_{side}"].eq(True)
        found[f"prediction_{side}"] = found[f"prediction_{side}"].fillna("").astype(str)
    if not (found["in_a"] & found["in_b"]).any():
        told = ", ".join(key)
        raise UserError(f"no row is in both, as told by {told}: name other columns with --by")
    for name in _ABOUT:
        if name not in found:
            found[name] = found[f"{name}_a"].combine_first(found[f"{name}_b"])
    found[ENTITY_NAME] = found[ENTITY_NAME].fillna("")
    columns = [f"{name}_{side}" for name in ("prediction", "confidence", "in") for side in SIDES]
    return found[[*_ABOUT, *columns]]


def _key(a: Collection[str], b: Collection[str], by: Sequence[str] | None) -> list[str]:
    for key in _KEYS if by is None else (by,):
        if all(name in a and name in b for name in key):
            return [*key]
    asked = " or ".join("+".join(key) for key in _KEYS) if by is None else ", ".join(by)
    raise UserError(f"what tells a row is not in both: {asked}")


def _side(rows: pd.DataFrame, key: Sequence[str], side: str) -> pd.DataFrame:
    out = rows[[*key]].copy()
    out[_COPY] = rows.groupby([*key], dropna=False).cumcount()
    for name in _ABOUT:
        if name not in key:
            out[f"{name}_{side}"] = rows.get(name)
    out[f"prediction_{side}"] = rows["prediction"]
    out[f"confidence_{side}"] = rows["confidence"] if "confidence" in rows else float("nan")
    return out.assign(**{f"in_{side}": True})
