"""A lake's tables read without Spark or Java, for machines that only learn: a GPU host, a bench."""

from collections.abc import Iterator, Sequence
from math import nan
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from entity_extract.errors import UserError
from entity_extract.lake.files import LakeFiles, batches_of
from entity_extract.learning.features.frames import LABELLED_ROW
from entity_extract.status import Status

SHOWN = "shown"  # whether there is a thumbnail of a row's picture
_READ = ("status", "content_sha256", "phash", "width", "height", "words", "strokes")
_ROWS = 4096  # without a picture, at a time


def labelled_rows(
    catalog: pd.DataFrame,
    lake: str | Path,
    *,
    reader_version: str | None = None,
    encoder_version: str | None = None,
) -> pd.DataFrame:
    """Labelled rows of `catalog` with a link -> rows of LABELLED_ROW, in memory at once.

    `catalog` is as `catalog.files.catalog_frame` gives it. Without `reader_version` the lake must
    hold one reader's pictures only. Raises UserError where it holds none, or several.
    """
    reader_version = reader_of(lake, reader_version)
    frames = labelled_frames(catalog, lake, reader_version=reader_version)
    rows = pd.concat(frames).sort_index()
    if encoder_version is not None:
        seen = read_table(lake, "embeddings", ["content_sha256", "encoder_version", "embedding"])
        version = _version(lake, "encoder_version", encoder_version, seen["encoder_version"])
        seen = seen[seen["encoder_version"] == version].drop(columns="encoder_version")
        rows = rows.drop(columns="embedding")
        rows = rows.merge(seen, on="content_sha256", how="left", validate="m:1")
        rows["embedding"] = rows["embedding"].astype(object).where(rows["embedding"].notna(), None)
    return rows[[*LABELLED_ROW]]


def labelled_frames(
    catalog: pd.DataFrame, lake: str | Path, *, reader_version: str
) -> Iterator[pd.DataFrame]:
    """The same as frames of some thousand rows, as the lake has their pictures, with SHOWN and no
    embedding; the index is a row's place among them all. Words are large: a frame at a time."""
    linked = catalog["image_link"].fillna("").str.strip() != ""
    rows = catalog[linked & catalog["entity_value"].notna()].reset_index(drop=True)
    rows = rows.assign(row_key=rows.index.astype(str))
    places = rows.groupby("image_link").indices
    asked = pa.array(places, pa.string())
    unread = np.ones(len(rows), bool)
    for batch in image_batches(lake, ["image_link", *_READ], reader_version):
        read = batch.filter(pc.is_in(batch["image_link"], asked)).to_pandas()
        if not len(read):
            continue
        found = np.concatenate([places[link] for link in read["image_link"]])
        if not unread[found].all():
            raise UserError(f"{lake}: holds a picture's link twice: it was changed; start again")
        unread[found] = False
        frame = rows.iloc[found].merge(read, on="image_link", how="left", validate="m:1")
        yield _framed(frame.set_axis(found))
    left = np.flatnonzero(unread)
    absent = dict.fromkeys(_READ) | {"status": Status.NOT_READ.value, "width": nan, "height": nan}
    for first in range(0, max(1, len(left)), _ROWS):  # of no row at all there is one frame, too
        yield _framed(rows.iloc[left[first : first + _ROWS]].assign(**absent))


def _framed(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.assign(embedding=None, **{SHOWN: rows["width"].notna()})[[*LABELLED_ROW, SHOWN]]


def image_batches(
    lake: str | Path, columns: Sequence[str], reader_version: str
) -> Iterator[pa.RecordBatch]:
    """These columns of the published pictures of one reader, some at a time."""
    of_reader = pc.field("reader_version") == reader_version
    return batches_of(_images(lake), columns, of_reader)


def reader_of(lake: str | Path, reader_version: str | None) -> str:
    """Whose pictures the lake holds: the one named, or the only one. Raises UserError."""
    found: set[str] = set()
    for batch in batches_of(_images(lake), ["reader_version"]):
        found.update(pc.unique(batch["reader_version"]).to_pylist())
    return _version(lake, "reader_version", reader_version, pd.Series(sorted(found), dtype=object))


def read_table(lake: str | Path, table: str, columns: Sequence[str]) -> pd.DataFrame:
    """These columns of all published rows. Raises UserError where there is no such table."""
    rows: pd.DataFrame = _dataset(lake, table).to_table(list(columns)).to_pandas()
    return rows


def _images(lake: str | Path) -> ds.Dataset:
    return _dataset(lake, "images")


def _dataset(lake: str | Path, table: str) -> ds.Dataset:
    found = LakeFiles(lake).dataset(table)
    if found is None:
        raise UserError(f"{lake}: no lake with {table} there; run train or enrich first")
    return found


def _version(lake: str | Path, column: str, version: str | None, held: pd.Series) -> str:
    found = sorted(held.dropna().unique())
    if version is None and len(found) > 1:
        raise UserError(f"{lake}: holds several of {column}, name one of {', '.join(found)}")
    version = version or (found[0] if found else "")
    if version not in found:
        raise UserError(f"{lake}: holds nothing of {column} {version}, only {', '.join(found)}")
    return version
