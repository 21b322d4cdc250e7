"""A folder of labelled pictures as tables to learn from, one for each OCR engine, without Spark.

The lake has been read once with `ocr.engine = "both"`; what one engine alone, or a cascade, would
have read is told by the engine of each word, and by its pass whether it is of a second look. Labels
and texts beside the folder's pictures (`challenge_train.parquet`, `ocr_text.parquet`) are
background; rows whose picture is among the labelled ones are left out of them, and rows of
categories that are held out.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from entity_extract.config import Config, Domain, LearningConfig
from entity_extract.embedding.encoder import ImageEncoder
from entity_extract.embedding.weights import load_weights
from entity_extract.learning.features.frames import example_frame
from entity_extract.learning.training.background import Background, fit_priors
from entity_extract.learning.training.learners.teacher import (
    fit_teacher,
    text_frame,
    texts_of_frame,
)
from entity_extract.learning.training.local_lake import labelled_rows, read_table
from entity_extract.reading.combined import best_quantity
from entity_extract.records import REREAD, words_of
from tests.benchmarks.development import PORT, labelled_pictures

Cell = np.ndarray  # of word records, as the lake's `words` column holds them


def _of(cell: Cell, engine: str) -> Cell:
    return np.array([record for record in _first(cell) if record["engine"] == engine], object)


def _first(cell: Cell) -> Cell:
    return np.array([r for r in cell if not r["pass"].startswith(REREAD)], object)


def _second(cell: Cell) -> Cell:
    return np.array([r for r in cell if r["pass"].startswith(REREAD)], object)


def _cascade(cell: Cell, config: Config) -> Cell:
    first = _of(cell, "rapidocr")
    sure = best_quantity(words_of(first), config.domain) >= config.ocr.sure
    return first if sure else _first(cell)


def engines(config: Config) -> dict[str, Callable[[Cell], Cell]]:
    """Engine -> what it keeps of a picture's words; "default" is a cascade and its second look."""
    return {
        "both": _first,
        "cascade": lambda cell: _cascade(cell, config),
        "default": lambda cell: np.concatenate([_cascade(cell, config), _second(cell)]),
        "rapidocr": lambda cell: _of(cell, "rapidocr"),
        "tesseract": lambda cell: _of(cell, "tesseract"),
    }


def read_rows(folder: Path, lake: Path, encoder_version: str | None) -> pd.DataFrame:
    """Labelled rows joined with what was read: LABELLED_ROW, label_source, and `challenge_value`,
    the label before anybody corrected it."""
    rows = labelled_pictures(folder, f"http://127.0.0.1:{PORT}")
    catalog = rows.assign(row_copy=1)
    found = labelled_rows(catalog, lake, encoder_version=encoder_version)
    found["words"] = _with_second_looks(found, lake)
    kept = ["label_source", "human_status", "challenge_value"]
    found[kept] = rows[kept].to_numpy()
    return found


def _with_second_looks(rows: pd.DataFrame, lake: Path) -> pd.Series:
    """(n,) cells of words: of both looks, where there was a second at the same picture."""
    picture = ["image_link", "content_sha256"]
    again = read_table(lake, "rereadings", [*picture, "words"]).rename(columns={"words": "second"})
    words = rows.merge(again, on=picture, how="left", validate="m:1")[["words", "second"]]
    cells = [
        np.concatenate([first, second]) if isinstance(second, np.ndarray) else first
        for first, second in words.itertuples(index=False)
    ]
    return pd.Series(cells, rows.index, object)


def example_frames(rows: pd.DataFrame, names: list[str], config: Config) -> dict[str, pd.DataFrame]:
    """Engine -> rows of EXAMPLE_ROW with label_source, human_status and challenge_value."""
    more = ["label_source", "human_status", "challenge_value"]
    frames = {}
    for name in names:
        keep = engines(config)[name]
        words = [keep(cell) if isinstance(cell, np.ndarray) else cell for cell in rows["words"]]
        made = example_frame(rows.assign(words=pd.Series(words, rows.index, object)), config.domain)
        frames[name] = made.assign(**{column: rows[column] for column in more})
    return frames


def embeddings(lake: Path, rows: pd.DataFrame, weights: str, config: Config) -> pd.Series:
    """(n,) embeddings of the rows' thumbnails, each picture once; in one process, without Spark."""
    found = encoder_of(weights, config)
    images = read_table(lake, "images", ["content_sha256", "thumbnail"])
    images = images.dropna().drop_duplicates("content_sha256")
    made = dict(
        zip(images["content_sha256"], found.embed(images["thumbnail"].tolist()), strict=True)
    )
    return pd.Series([made.get(key) for key in rows["content_sha256"]], rows.index, object)


def encoder_of(weights: str, config: Config) -> ImageEncoder:
    embed = config.embed.model_copy(update={"weights": weights, "precision": "bfloat16"})
    return ImageEncoder(load_weights(embed).content, embed)


@dataclass(frozen=True)
class Beside:
    """What lies beside the pictures, without rows of these: labels, and texts as rows of
    EXAMPLE_ROW; None where it does not lie there."""

    labels: pd.DataFrame | None
    texts: pd.DataFrame | None

    def background(
        self, config: LearningConfig, domain: Domain, *, held_out_groups: Collection[str] = ()
    ) -> Background:
        """Priors and a teacher; nothing where nothing lies there. Rows of `held_out_groups` are
        left out: see split_table.held_out_groups."""

        def others(rows: pd.DataFrame) -> pd.DataFrame:
            kept = ~rows["group_id"].astype(str).isin(held_out_groups)
            return rows[kept].reset_index(drop=True)

        labels, texts = (None if t is None else others(t) for t in (self.labels, self.texts))
        priors = None if labels is None else fit_priors(labels.assign(rows=1), domain)
        rows = 0 if labels is None else len(labels)
        if texts is None:
            return Background(priors, labels=rows)
        known = priors or fit_priors(texts.assign(rows=1), domain)
        examples = texts_of_frame(texts, domain)
        teacher = fit_teacher(examples, known, config.teacher, seed=config.seed)
        return Background(priors, teacher, labels=rows, texts=len(examples))


def beside(folder: Path, domain: Domain) -> Beside:
    """Reads `folder`'s further labels and texts, once for any number of backgrounds."""
    known = set(pd.read_csv(folder / "labelled.csv", dtype=str)["image_link"])

    def others(name: str) -> pd.DataFrame | None:
        path = folder / name
        if not path.exists():
            return None
        table = pd.read_parquet(path)
        return table[~table["image_link"].isin(known)].reset_index(drop=True)

    labels, texts = others("challenge_train.parquet"), others("ocr_text.parquet")
    if texts is not None:
        texts = texts.rename(columns={"ocr_text": "text"})
        texts = texts.assign(row_key=texts.index.astype(str), row_copy=1)
        texts = text_frame(texts, domain)
    return Beside(labels, texts)
