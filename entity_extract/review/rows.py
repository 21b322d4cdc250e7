"""The rows on the page, whole: the answer, its picture, what was read there, and why."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow.compute as pc

from entity_extract import schema
from entity_extract.catalog.corrections import RowId
from entity_extract.config import PredictConfig
from entity_extract.lake.files import LakeFiles
from entity_extract.learning.prediction.bundle import Bundle
from entity_extract.records import Word, words_of
from entity_extract.review.questions import row_ids
from entity_extract.review.why import Box, Explained, explained

_LINES, _LETTERS = 60, 200  # of what was read: at most so many lines, each so long

_ANSWER = ("reason", "box", "candidates", "reader_version", "content_sha256", "reread")
_PICTURE = ("width", "height", "words", "strokes", "thumbnail")


@dataclass(frozen=True)
class ReviewRow:
    """`box` is the answer's, `explained` None where the model at hand did not give the answer.
    `size` is width and height of the upright picture, None where it was not read; `thumbnail` is
    JPEG, b"" where there is none. `label` is None where the row is unlabelled."""

    id: RowId
    prediction: str
    confidence: float
    status: str
    reason: str
    model_version: str
    label: str | None
    box: Box | None
    candidates: tuple[str, ...]
    explained: Explained | None
    size: tuple[int, int] | None
    lines: tuple[str, ...]
    thumbnail: bytes
    accepted: bool
    value: float


def review_rows(
    lake: LakeFiles,
    chosen: pd.DataFrame,
    bundle: Bundle,
    config: PredictConfig,
) -> list[ReviewRow]:
    """Of `chosen` lines of `questions`, with `accepted` and `value`, in their order."""
    rows = _joined(lake, chosen, bundle)
    whys = explained(rows, bundle, config)
    return [
        ReviewRow(
            id=row_id,
            prediction=row["prediction"],
            confidence=float(row["confidence"]),
            status=row["status"],
            reason=_text(row["reason"]),
            model_version=row["model_version"],
            label=row[schema.ENTITY_VALUE],
            box=_box(row["box"]),
            candidates=tuple(row["candidates"]),
            explained=why,
            size=None if pd.isna(row["width"]) else (int(row["width"]), int(row["height"])),
            lines=tuple(_lines(words_of(row["words"]))),
            thumbnail=row["thumbnail"] if isinstance(row["thumbnail"], bytes) else b"",
            accepted=bool(row["accepted"]),
            value=float(row["value"]),
        )
        for row_id, why, row in zip(row_ids(rows), whys, rows.to_dict("records"), strict=True)
    ]


def _joined(lake: LakeFiles, chosen: pd.DataFrame, bundle: Bundle) -> pd.DataFrame:
    """With the rest of the answer and what the reader that it rests on made of the picture."""
    keys = chosen["row_key"].tolist()
    answers = _table(lake, "predictions", ["row_key", *_ANSWER], "row_key", keys)
    rows = chosen.merge(answers.drop_duplicates("row_key"), on="row_key", how="left")
    by = ["image_link", "reader_version"]
    images = _table(lake, "images", [*by, *_PICTURE], "image_link", rows["image_link"].tolist())
    rows = rows.merge(images.drop_duplicates(by), on=by, how="left")
    rows["words"] = _with_second_looks(lake, rows)
    rows["embedding"] = _embeddings(lake, rows["content_sha256"], bundle.encoder_version)
    rows["candidates"] = [
        [] if cell is None or np.isscalar(cell) else list(cell) for cell in rows["candidates"]
    ]
    return rows


def _with_second_looks(lake: LakeFiles, rows: pd.DataFrame) -> pd.Series:
    """The words of each row; where it rests on a second look, too, those of the latest behind."""
    by = ["image_link", "content_sha256"]
    again = rows["reread"].eq(True)
    links = rows.loc[again, "image_link"].tolist()
    looks = _table(lake, "rereadings", [*by, "fetched_at", "words"], "image_link", links)
    looks = looks.dropna(subset="words").sort_values("fetched_at")
    found = dict(zip(zip(*(looks[name] for name in by), strict=True), looks["words"], strict=True))
    words = [
        [*first, *found.get((link, content), [])] if rests and isinstance(first, list) else first
        for first, rests, link, content in zip(
            rows["words"], again, *(rows[name] for name in by), strict=True
        )
    ]
    return pd.Series(words, rows.index, object)


def _embeddings(lake: LakeFiles, contents: pd.Series, version: str | None) -> pd.Series:
    found: dict[str, object] = {}
    if version is not None:
        names = ["content_sha256", "encoder_version", "embedding"]
        table = _table(lake, "embeddings", names, "content_sha256", contents.dropna().tolist())
        table = table[table["encoder_version"] == version]
        found = dict(zip(table["content_sha256"], table["embedding"], strict=True))
    return pd.Series([found.get(content) for content in contents], contents.index, object)


def _table(
    lake: LakeFiles, name: str, columns: Sequence[str], key: str, wanted: Sequence[str]
) -> pd.DataFrame:
    """These columns of the published rows whose `key` is wanted; none where there is no table, and
    a column without values where those who wrote it knew of none."""
    found = lake.dataset(name)
    if found is None:
        return pd.DataFrame({column: pd.Series(dtype=object) for column in columns})
    asked = pc.field(key).isin(sorted(set(wanted)))
    held = [column for column in columns if column in found.schema.names]
    # Lists of words as Python's own records, which is what makes candidates of them.
    rows = found.to_table(columns=held, filter=asked).to_pylist()
    return pd.DataFrame(rows, columns=list(columns), dtype=object)


def _lines(words: Sequence[Word]) -> Iterator[str]:
    """As they are printed, each once, whichever engines and passes read it."""
    printed: dict[tuple[str, str, int, int], list[str]] = {}
    for word in words:
        place = (word.engine, word.pass_, word.block, word.line)
        printed.setdefault(place, []).append(word.text)
    lines = dict.fromkeys(" ".join(texts)[:_LETTERS] for texts in printed.values())
    yield from list(lines)[:_LINES]


def _box(cell: object) -> Box | None:
    if not isinstance(cell, dict):
        return None
    left, top, width, height = (int(cell[side]) for side in ("left", "top", "width", "height"))
    return left, top, width, height


def _text(cell: object) -> str:
    return cell if isinstance(cell, str) else ""
