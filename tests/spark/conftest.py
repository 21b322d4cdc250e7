"""One Spark session for the whole test run, made when first asked for, and a shop to read from."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image, ImageDraw
from pyspark.sql import SparkSession

from entity_extract.config import Config, LakeConfig, load_config
from entity_extract.spark.session.session import spark_session
from entity_extract.spark.tables.lake import Lake
from tests.server import ShopServer, encoded, shop_server


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkSession]:
    scratch = tmp_path_factory.mktemp("spark")
    settings = {
        "spark.master": "local[2,4]",  # 4: a lost task is tried again, as on a cluster
        "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1",  # it lives for minutes
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.local.dir": str(scratch),
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.shuffle.partitions": "2",
        "spark.sql.warehouse.dir": str(scratch / "warehouse"),
        # Tasks that wait for one another are refused soon where there is no room for them.
        "spark.scheduler.barrier.maxConcurrentTasksCheck.interval": "1s",
        "spark.scheduler.barrier.maxConcurrentTasksCheck.maxFailures": "1",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
    }
    with spark_session("tests", settings, brief=True) as session:
        yield session


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "lake"


@pytest.fixture
def lake(spark: SparkSession, root: Path) -> Iterator[Lake]:
    """An empty lake of this test's own, to write to."""
    lake = Lake(spark, str(root), LakeConfig())
    with lake.writing("test", "tests"):
        yield lake


@pytest.fixture(scope="session")
def config() -> Config:
    """Fast OCR, and links to this machine allowed."""
    return load_config(
        [],
        [
            "fetch.allow_private=true",
            "fetch.max_attempts=2",
            "fetch.retries=0",
            'ocr.skip=["second_look"]',
            "embed.weights=random",
            "embed.device=cpu",
            "embed.image_px=32",
        ],
    )


def card(text: str) -> bytes:
    """A small white picture with one line of text, as JPEG."""
    image = Image.new("RGB", (400, 120), "white")
    ImageDraw.Draw(image).text((30, 40), text, fill="black", font_size=36)
    return encoded(image)


@pytest.fixture
def shop() -> Iterator[ShopServer]:
    """A shop with two pictures, of which one stands under two links."""
    files = {"/a.jpg": card("500 grams"), "/b.jpg": card("12 volt")}
    with shop_server(files | {"/a-again.jpg": files["/a.jpg"]}) as server:
        yield server
