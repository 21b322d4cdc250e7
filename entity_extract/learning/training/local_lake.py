"""A lake's tables read without Spark or Java, for machines that only learn: a GPU host, a bench."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from entity_extract.errors import UserError
from entity_extract.lake.files import LakeFiles
from entity_extract.learning.features.frames import LABELLED_ROW
from entity_extract.status import Status

_READ = ("status", "content_sha256", "phash", "width", "height", "words", "strokes")


def labelled_rows(
    catalog: pd.DataFrame,
    lake: str | Path,
    *,
    reader_version: str | None = None,
    encoder_version: str | None = None,
    thumbnails: bool = False,
) -> pd.DataFrame:
    """Labelled rows of `catalog` with a link -> rows of LABELLED_ROW, and `thumbnail` if asked.

    `catalog` is as `catalog.files.catalog_frame` gives it. Without `reader_version` the lake must
    hold one reader's pictures only. Raises UserError where it holds none, or several.
    """
    columns = ["image_link", "reader_version", *_READ, *(["thumbnail"] if thumbnails else [])]
    images = read_table(lake, "images", columns)
    images = _of_one_version(images, "reader_version", reader_version, lake)
    linked = catalog["image_link"].fillna("").str.strip() != ""
    rows = catalog[linked & catalog["entity_value"].notna()].reset_index(drop=True)
    rows = rows.assign(row_key=rows.index.astype(str))
    rows = rows.merge(images, on="image_link", how="left", validate="m:1")
    rows["status"] = rows["status"].fillna(Status.NOT_READ.value)
    if encoder_version is None:
        rows["embedding"] = None
    else:
        seen = read_table(lake, "embeddings", ["content_sha256", "encoder_version", "embedding"])
        seen = _of_one_version(seen, "encoder_version", encoder_version, lake)
        rows = rows.merge(seen, on="content_sha256", how="left", validate="m:1")
        rows["embedding"] = rows["embedding"].astype(object).where(rows["embedding"].notna(), None)
    return rows[[*LABELLED_ROW, *(["thumbnail"] if thumbnails else [])]]


def read_table(lake: str | Path, table: str, columns: Sequence[str]) -> pd.DataFrame:
    """These columns of all published rows. Raises UserError where there is no such table."""
    found = LakeFiles(lake).dataset(table)
    if found is None:
        raise UserError(f"{lake}: no lake with {table} there; run train or enrich first")
    rows: pd.DataFrame = found.to_table(list(columns)).to_pandas()
    return rows


def _of_one_version(
    rows: pd.DataFrame, column: str, version: str | None, lake: str | Path
) -> pd.DataFrame:
    found = sorted(rows[column].dropna().unique())
    if version is None and len(found) > 1:
        raise UserError(f"{lake}: holds several of {column}, name one of {', '.join(found)}")
    version = version or (found[0] if found else "")
    if version not in found:
        raise UserError(f"{lake}: holds nothing of {column} {version}, only {', '.join(found)}")
    return rows[rows[column] == version].drop(columns=column)
