"""With Spark and without it: the same rows, the same answers, and one lake for both."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession

from entity_extract.config import Config, load_config
from entity_extract.lake.files import LakeFiles
from entity_extract.learning.prediction.bundle_files import default_bundle
from entity_extract.local.catalog import read_catalog as read_locally
from entity_extract.local.pipeline import opened_pipeline as opened_locally
from entity_extract.local.source import LocalSource
from entity_extract.runs.run import Run
from entity_extract.spark.catalog.rows import POSITION, read_catalog
from entity_extract.spark.pipeline import opened_pipeline
from tests.server import ShopServer, shop_server
from tests.spark.conftest import card
from tests.spark.lake.seven_nights import rows_of

TEXTS = [
    "plain",
    "",
    None,
    " blanks ",
    'a "quoted" \\ path\\u001f',
    "line\nfeed\r\ttab\b\f",
    "".join(map(chr, range(1, 32))) + "\x7f\x80",
    "Größe 5 µm, 重さ, ‏عرض",
    "family 👨‍👩‍👧 \u2028 \u2029 \ufeff",
    "</script>&amp;'`",
    "null",
    "x" * 5000,
    "plain",
]
FLOATS = [0.1, 1e7, 12345678.9, 1.5e-5, -0.0, np.nan, np.inf, 3.0, 1e300, 1e-3, None, 7.0, 0.1]
SETTINGS = ('catalog.key=["sku"]', 'catalog.columns.image_link="url"')
TIMES = {"fetched_at", "checked_at", "fetch_ms", "ocr_ms", "run_id", "withdrawn_at"}
COLUMNS = "index,entity_name,prediction,confidence,box,candidates,status,note,row_copy,reread"


def parquet(path: Path) -> Path:
    moments = [datetime(2024, 1, day, 12, 30, 5, 123456 * (day % 2)) for day in range(1, 14)]
    columns = {
        "url": TEXTS,
        "group_id": FLOATS,
        "entity_name": [text if text != "" else "Item Weight" for text in TEXTS],
        "sku": TEXTS[::-1],
        "Title": TEXTS[3:] + TEXTS[:3],
        "status": TEXTS,
        "number": list(range(13)),
        "price": FLOATS[::-1],
        "is_new": [True, False, None] * 4 + [True],
        "since": [date(2024, 2, 29), None, date(1969, 1, 1)] * 4 + [None],
        "at": pa.array(moments, pa.timestamp("ns")),
        "at_utc": pa.array([at.replace(tzinfo=UTC) for at in moments], pa.timestamp("us", "UTC")),
        "kind": pa.array(TEXTS).dictionary_encode(),
    }
    pq.write_table(pa.table(columns), path)
    return path


def csv(path: Path) -> Path:
    rows = {"url": TEXTS, "sku": TEXTS[::-1], "entity_name": ["width"] * 13, "index": FLOATS}
    more = {"entity_value": TEXTS, "title": [(text or "")[:3] for text in TEXTS]}
    whole = pd.DataFrame(rows | more)
    whole["url"] = whole["url"].str.replace("\r", " ")
    pd.concat([whole, whole.iloc[:4]]).to_csv(path, index=False)
    return path


def jsonl(path: Path) -> Path:
    rows = [
        {"url": text, "sku": "s", "entity_name": "width", "more": {"a": [1, None, text]}, "n": 1.0}
        for text in TEXTS
    ]
    path.write_text("\n".join(map(json.dumps, rows)), "utf-8")
    return path


@pytest.mark.parametrize("made", [parquet, csv, jsonl])
def test_a_catalog_has_the_same_rows_with_the_same_keys(
    spark: SparkSession, tmp_path: Path, made: object
) -> None:
    assert callable(made)
    path = str(made(tmp_path / f"catalog.{made.__name__}"))
    config = load_config([], SETTINGS)
    names = config.domain.entity_names
    found = read_catalog(spark, path, config.catalog, entities=names).orderBy(POSITION)
    theirs = [row.asDict() for row in found.drop(POSITION).collect()]
    source = LocalSource.of(path, config.catalog)
    assert source.unknown() is None
    ours = read_locally(source, config.catalog, entities=names).to_pylist()
    assert ours == theirs
    assert len({row["row_key"] for row in ours}) > 1


class Engine:
    """One of the two, on a lake."""

    def __init__(self, spark: SparkSession | None, config: Config, folder: Path) -> None:
        self.spark, self.config, self.folder = spark, config, folder

    def enriched(self, catalog: Path, lake: Path, answers: str) -> Mapping[str, int]:
        """Rows worked on by each stage that had something to do."""
        run = Run("tests", self.config)
        asked = {
            "catalog": str(catalog),
            "lake": str(lake),
            "answers_columns": COLUMNS.split(","),
        }
        opened = (
            opened_locally(run, self.config, **asked)
            if self.spark is None
            else opened_pipeline(self.spark, run, self.config, **asked)
        )
        with opened as pipeline:
            pipeline.read()
            pipeline.predict(default_bundle(), reread=True)
            pipeline.write_answers(self.folder / f"{answers}.csv")
            pipeline.write_answers(self.folder / f"{answers}.parquet")
            pipeline.finish()
        manifest = json.loads((lake / "runs" / f"{run.id}.json").read_text())
        assert manifest["state"] == "succeeded"
        return {name: stage["rows"] for name, stage in manifest["stages"].items() if stage["rows"]}


def rows(lake: Path, table: str) -> list[dict[str, object]]:
    """All that count, but for what hangs on the hour."""
    found = rows_of(lake, table)
    kept = found.drop(columns=[name for name in found if name in TIMES])
    told = [
        {str(name): told_of(cell) for name, cell in row.items()} for row in kept.to_dict("records")
    ]
    return sorted(told, key=lambda row: json.dumps(row, sort_keys=True, default=str))


def told_of(cell: object) -> object:
    return None if isinstance(cell, float) and np.isnan(cell) else cell


@pytest.fixture
def shop() -> Iterator[ShopServer]:
    both = card("500 g 12 V")
    with shop_server({"/a.jpg": card("500 grams"), "/b.jpg": both, "/b2.jpg": both}) as server:
        yield server


def written(shop: ShopServer, folder: Path, night: int) -> Path:
    a, b, again = (shop.url(f"/{name}.jpg") for name in ("a", "b", "b2"))
    cells = [
        ("0", a, "1", "item_weight", "x"),
        ("1", b, "7", "item_weight", ""),
        ("2", b, "7", "voltage", 'né "x"'),
        ("3", again, "7", "voltage", "z"),
        ("4", shop.url("/gone.jpg"), "7", "voltage", "z"),
        ("5", "  ", "7", "voltage", ""),
        ("6", a, "1", "width", "twice"),
        ("6", a, "1", "width", "twice"),
        ("7", a, "1", "beauty", ""),
        ("9", "own.jpg", "1", "item_weight", "a file"),
    ]
    if night > 1:
        cells[0] = (*cells[0][:4], "changed")
        cells[8] = ("8", b, "7", "width", "new")
    catalog = folder / f"night{night}.csv"
    columns = ["index", "image_link", "group_id", "entity_name", "note"]
    pd.DataFrame(cells, columns=columns).to_csv(catalog, index=False)
    return catalog


def same(one: Path, other: Path) -> None:
    for table in ("images", "rereadings", "predictions", "history", "checks"):
        assert rows(one, table) == rows(other, table), table


def schemas(spark: SparkSession, lake: Path) -> dict[str, list[str]]:
    """By table, its columns as Spark finds them in the files, with their comments, in any order."""
    files = LakeFiles(lake)
    found = {name: files.dataset(name) for name in ("images", "rereadings", "predictions")}
    return {
        name: sorted(field.json() for field in spark.read.parquet(*held.files).schema)
        for name, held in found.items()
        if held is not None
    }


def test_both_answer_alike_and_each_goes_on_where_the_other_left(
    spark: SparkSession, config: Config, shop: ShopServer, tmp_path: Path
) -> None:
    told = load_config(
        [],
        [
            "reread.share=1",
            "catalog.complete=true",
            "ocr.engine=tesseract",
            'ocr.skip=["second_look"]',
        ],
    )
    fetch = config.fetch.model_copy(update={"file_root": str(tmp_path)})
    sections = {"reread": told.reread, "catalog": told.catalog, "ocr": told.ocr, "fetch": fetch}
    config = config.model_copy(update=sections)
    with_spark, without = Engine(spark, config, tmp_path), Engine(None, config, tmp_path)
    here, there = tmp_path / "here", tmp_path / "there"
    shop.tells_etags = True
    (tmp_path / "own.jpg").write_bytes(card("250 grams"))
    first = written(shop, tmp_path, 1)
    did = with_spark.enriched(first, there, "spark")
    assert did.keys() == {"read", "predict", "reread", "repredict"}
    assert without.enriched(first, here, "local") == did
    same(here, there)
    assert schemas(spark, here) == schemas(spark, there)
    assert (tmp_path / "local.csv").read_text() == (tmp_path / "spark.csv").read_text()
    ours, theirs = (pq.read_table(tmp_path / f"{name}.parquet") for name in ("local", "spark"))
    assert ours.to_pylist() == theirs.to_pylist()
    assert [str(kind) for kind in ours.schema.types] == [str(kind) for kind in theirs.schema.types]
    asked = dict(shop.asked)

    assert with_spark.enriched(first, here, "local") == {}
    assert without.enriched(first, there, "spark") == {}
    assert shop.asked == asked

    second = written(shop, tmp_path, 2)
    did = with_spark.enriched(second, here, "spark")
    assert {"update": 1, "withdraw": 1}.items() <= did.items()
    assert without.enriched(second, there, "local") == did
    same(here, there)
    assert (tmp_path / "local.csv").read_text() == (tmp_path / "spark.csv").read_text()

    shop.files["/b.jpg"] = card("750 g 24 V")
    del shop.files["/b2.jpg"]
    due = config.fetch.model_copy(update={"refresh_hours": 1e-9})
    later = config.model_copy(update={"fetch": due})
    did = Engine(spark, later, tmp_path).enriched(second, there, "spark")
    assert did["refresh"] == 4  # that b2 is gone, and that two are as they were
    assert Engine(None, later, tmp_path).enriched(second, here, "local") == did
    same(here, there)

    (tmp_path / "own.jpg").write_bytes(card("900 grams"))  # seen without being due
    assert with_spark.enriched(second, there, "spark") == {"refresh": 1, "predict": 1}
    assert without.enriched(second, here, "local") == {"refresh": 1, "predict": 1}
    same(here, there)
    assert (tmp_path / "local.csv").read_text() == (tmp_path / "spark.csv").read_text()
