"""A table of the lake on pyarrow alone: what is replaced, put together and dropped."""

import json
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from entity_extract.config import LakeConfig
from entity_extract.lake.compaction import MANY
from entity_extract.lake.files import LakeFiles
from entity_extract.local.arrow_types import arrow_schema
from entity_extract.local.lake import LocalLake
from entity_extract.local.table import LocalTable, with_column
from entity_extract.schema import EMBEDDINGS, IMAGES


@pytest.fixture
def lake(tmp_path: Path) -> Iterator[LocalLake]:
    lake = LocalLake(str(tmp_path / "lake"), LakeConfig(wave_links=100, grace_minutes=0))
    with lake.writing("r1", "tests"):
        yield lake


def pictures(*links: str, status: str = "ok", is_open: bool = False, **more: object) -> pa.Table:
    """Rows of images with further columns `more`, all text."""
    schema = arrow_schema(IMAGES.columns)
    row = dict.fromkeys(IMAGES.columns) | {"status": status, "reader_version": "v1"}
    rows = pa.Table.from_pylist([row | {"image_link": link} for link in links], schema)
    for name, value in more.items():
        rows = with_column(rows, name, value, pa.string())
    return with_column(rows, "open", is_open, pa.bool_())


def links(table: LocalTable, **asked: object) -> list[str]:
    found = table.read(**asked)  # type: ignore[arg-type]
    return sorted(found["image_link"].to_pylist())


def test_rows_of_open_waves_are_replaced_and_settled_ones_only_on_request(lake: LocalLake) -> None:
    images = lake.images
    images.publish(pictures("a", "b"), "r1-read00000", replace=False)
    images.publish(
        pictures("c", "d", status="timeout", is_open=True), "r1-read00001", replace=False
    )
    assert links(images, only_open=True) == ["c", "d"]
    assert images.by_status() == {"ok": 2, "timeout": 2}
    (wave,) = images.publish(pictures("c"), "r1-refresh00000", replace=False)
    assert (wave.name, wave.rows, wave.by_status) == ("wave=r1-refresh00000", 1, {"ok": 1})
    assert links(images, only_open=True) == ["d"]
    assert links(images, only_open=False) == ["a", "b", "c"]
    again = pictures("a", status="not_an_image", note="new")
    images.publish(again, "r1-refresh00001", replace=True)
    assert images.by_status() == {"ok": 2, "timeout": 1, "not_an_image": 1}
    held = LakeFiles(lake.storage.root).dataset("images")
    assert held is not None
    assert held.count_rows() == 4


def test_of_a_replaced_wave_the_other_rows_keep_their_further_columns(lake: LocalLake) -> None:
    images = lake.images
    images.publish(pictures("a", "b", note="kept"), "r1-read00000", replace=False)
    images.publish(pictures("a"), "r1-refresh00000", replace=True, among=["wave=r1-read00000"])
    (kept,) = (wave for wave in images.log.newest().waves if "-kept" in wave.name)
    folder = lake.storage.local_path(f"images/{kept.name}")
    found = pa.concat_tables(pq.read_table(file) for file in folder.glob("*.parquet"))
    assert [(row["image_link"], row["note"]) for row in found.to_pylist()] == [("b", "kept")]


def test_many_small_waves_are_put_together_and_dropped_rows_are_gone(lake: LocalLake) -> None:
    images = lake.images
    for number in range(MANY):
        images.publish(pictures(f"{number:02}"), f"r1-read{number:05}", replace=False)
    assert len(images.log.newest().waves) < MANY
    assert len(links(images)) == MANY
    assert images.drop(pc.field("image_link") < "30", "r1-drop") == 30
    assert links(images) == ["30", "31"]
    assert images.drop(pc.field("reason") == "none", "r1-drop2") == 0  # of nulls nothing is known


def test_a_table_without_a_row_opens_as_one(lake: LocalLake) -> None:
    lake.embeddings.ensure()
    (file,) = (Path(lake.storage.root) / "embeddings").glob("wave=*/*.parquet")
    assert pq.read_schema(file).names == list(EMBEDDINGS.columns)
    (told,) = pq.ParquetFile(file).metadata.metadata.values()  # as Spark looks for comments
    comment = json.loads(told)["fields"][0]["metadata"]["comment"]
    assert comment == EMBEDDINGS.described["content_sha256"].about
    assert lake.embeddings.read().num_rows == 0
