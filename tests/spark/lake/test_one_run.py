"""Stages of one run that publish to one table: READ new links, then a refresh of what is held."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
import pytest
from pyspark.sql import SparkSession

from entity_extract.config import Config
from entity_extract.lake.waves import Wave
from entity_extract.runs.progress import Progress
from entity_extract.runs.run import Run
from entity_extract.spark.pipeline import Pipeline, opened_pipeline
from entity_extract.spark.refresh import refresh
from tests.server import ShopServer
from tests.spark.conftest import card


@contextmanager
def run_over(spark: SparkSession, config: Config, folder: Path, *links: str) -> Iterator[Pipeline]:
    catalog = folder / f"{len(links)}.csv"  # Spark would take a file of the same name for the same
    rows = [f"{link},1,item_weight" for link in links]
    catalog.write_text("\n".join(["image_link,group_id,entity_name", *rows, ""]))
    run = Run("tests", config)
    with opened_pipeline(
        spark, run, config, catalog=str(catalog), lake=str(folder / "lake")
    ) as pipeline:
        yield pipeline


def printed(pipeline: Pipeline) -> dict[str, str]:
    """The first word of each picture, by link; Spark and plain pandas see the same links, once."""
    rows = pipeline.lake.images.read().collect()
    root = Path(pipeline.lake.storage.root.removeprefix("file:"))
    assert sorted(pd.read_parquet(root / "images")["image_link"]) == sorted(
        row.image_link for row in rows
    )
    assert len({row.image_link for row in rows}) == len(rows)
    return {row.image_link: row.words[0].text for row in rows}


def test_a_run_that_reads_new_links_and_refreshes_others_keeps_each_once(
    spark: SparkSession, config: Config, shop: ShopServer, tmp_path: Path
) -> None:
    always = config.model_copy(
        update={"fetch": config.fetch.model_copy(update={"refresh_hours": 1e-9})}
    )
    a, b = shop.url("/a.jpg"), shop.url("/b.jpg")
    with run_over(spark, config, tmp_path, b) as first:
        first.read()
        # A run may go on for longer than pictures stay fresh: what it has read itself is stale.
        shop.files["/b.jpg"] = card("24 volt")
        stage = first.run.stage("refresh")
        refresh(first.lake, first.links, always, stage, reader_version=first.reader_version)
        assert printed(first) == {b: "24"}
    shop.files["/b.jpg"] = card("48 volt")
    with run_over(spark, always, tmp_path, a, b) as second:
        second.read()
        assert [(stage.stage, stage.rows) for stage in second.run.stages] == [
            ("read", 1),
            ("refresh", 2),
        ]
        assert printed(second) == {a: "500", b: "48"}
    assert list(tmp_path.glob("lake/_staging/*")) == []


@pytest.mark.parametrize("rows", [2, 4])
def test_a_wave_that_publishes_more_or_fewer_rows_than_were_in_hand_is_an_error(rows: int) -> None:
    progress = Progress("read", "r1")
    with pytest.raises(RuntimeError, match=f"r1-read00000: {rows} rows"), progress.wave(3) as done:
        done([Wave(name="wave=r1-read00000", rows=rows)])
