"""What harms a process during READ costs a row at most, never a task, a job or a second row."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread

import pytest
from pyspark.sql import Row, SparkSession

from entity_extract.config import Config, load_config
from entity_extract.reading.reader_version import reader_version
from entity_extract.runs.progress import Progress
from entity_extract.spark.stages import read_images
from entity_extract.spark.tables.lake import Lake
from entity_extract.spark.waves import distinct_links, read_missing
from tests.poison import LONG, PROGRAM, card, kill, poisonous_path, session_of, until
from tests.server import ShopServer, shop_server

pytestmark = pytest.mark.faults

VOLATILE = {"fetched_at", "fetch_ms", "ocr_ms"}
FILES = {f"/{n}.jpg": card(f"{n}00 grams") for n in range(1, 4)} | {"/poison.jpg": card(LONG)}


@pytest.fixture(scope="module")
def config(config: Config) -> Config:
    """Read with the program in whose place a harmful one can stand."""
    ocr = load_config(assignments=PROGRAM).ocr
    return config.model_copy(update={"ocr": ocr})


@pytest.fixture
def poisoned(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str], None]:
    """Python workers of new stages find a harmful tesseract on their PATH."""
    return lambda kind: monkeypatch.setitem(
        spark.sparkContext.environment, "PATH", poisonous_path(tmp_path, kind)
    )


@pytest.fixture(scope="module")
def shop() -> Iterator[ShopServer]:
    with shop_server(FILES) as server:
        yield server


@pytest.fixture(scope="module")
def undisturbed(
    spark: SparkSession, config: Config, shop: ShopServer
) -> dict[str, dict[str, object]]:
    """What every link gives where nothing goes wrong."""
    asked = spark.createDataFrame(
        [(shop.url(path), 0) for path in FILES], "image_link string, attempts int"
    )
    version = reader_version(config.ocr, config.image, config.domain)
    return lasting(read_images(asked, config, reader_version=version).collect())


def read(lake: Lake, config: Config, shop: ShopServer, run_id: str) -> Progress:
    rows = lake.spark.createDataFrame([(shop.url(path),) for path in FILES], "image_link string")
    version = reader_version(config.ocr, config.image, config.domain)
    progress = Progress("read", run_id)
    read_missing(lake, distinct_links(rows), config, progress, reader_version=version)
    return progress


def lasting(rows: list[Row]) -> dict[str, dict[str, object]]:
    """What does not differ from one run to the next, by link."""
    found = [row.asDict(recursive=True) for row in rows]
    assert len({row["image_link"] for row in found}) == len(found)
    return {row["image_link"]: {name: row[name] for name in row.keys() - VOLATILE} for row in found}


def of_images(lake: Lake) -> dict[str, dict[str, object]]:
    return lasting(lake.images.read().drop("open", "wave").collect())


def test_a_picture_that_crashes_its_reader_is_one_row_of_a_wave_that_succeeds(
    lake: Lake,
    config: Config,
    shop: ShopServer,
    undisturbed: dict[str, dict[str, object]],
    poisoned: Callable[[str], None],
) -> None:
    poisoned("crash")
    progress = read(lake, config, shop, "r1")
    assert progress.by_status == {"ok": len(FILES) - 1, "crashed": 1}
    found = of_images(lake)
    crashed = found.pop(shop.url("/poison.jpg"))
    assert found == {link: row for link, row in undisturbed.items() if "poison" not in link}
    assert crashed["reason"] == "SIGSEGV, then SIGSEGV"
    assert crashed["bytes"] == len(FILES["/poison.jpg"])
    assert read(lake, config, shop, "r2").rows == 0  # it is settled


def test_a_python_worker_killed_in_the_middle_of_a_wave_costs_no_row(
    lake: Lake,
    config: Config,
    shop: ShopServer,
    undisturbed: dict[str, dict[str, object]],
    tmp_path: Path,
    poisoned: Callable[[str], None],
) -> None:
    poisoned("hang")
    wave = Thread(target=read, args=(lake, config, shop, "r1"))
    wave.start()
    reader = until(lambda: _stuck(tmp_path), "tesseract to hang", 120.0)
    (tmp_path / "tesseract").unlink()  # the second attempt finds the honest one
    kill(_parent(reader))
    until(lambda: session_of(reader) == [], "the reader to end with its worker")
    wave.join()
    assert of_images(lake) == undisturbed


def _stuck(folder: Path) -> int | None:
    """The reading process that has started the tesseract in `folder`."""
    for directory in Path("/proc").glob("[0-9]*"):
        try:
            command = (directory / "cmdline").read_bytes()
            if f"{folder}/tesseract".encode() in command:
                return os.getsid(int(directory.name))
        except OSError:
            continue
    return None


def _parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
