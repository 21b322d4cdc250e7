"""A server of Spark Connect with S3A and Delta Lake, shared by these tests, and what they read."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pandas as pd
import pytest
from moto.server import ThreadedMotoServer

from entity_extract.config import load_config
from entity_extract.lake.files import LakeFiles
from tests.connect import Server, connect_server
from tests.server import ShopServer, shop_server
from tests.spark.conftest import card

SETTINGS = (
    "fetch.allow_private=true",
    "fetch.retries=0",
    "embed.weights=random",
    "embed.image_px=32",
    "reread.looks=[]",
)
OPTIONS = tuple(word for pair in SETTINGS for word in ("--set", pair))


@pytest.fixture(scope="package")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A client of S3 with a bucket `shop`, for this process and those that it starts."""
    moto = ThreadedMotoServer("127.0.0.1", 0)
    moto.start()
    host, port = moto.get_host_and_port()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
        patch.setenv("AWS_ALLOW_HTTP", "true")
        patch.setenv("AWS_ACCESS_KEY_ID", "somebody")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "a secret")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        client = boto3.client("s3")
        client.create_bucket(Bucket="shop")
        yield client
    moto.stop()


@pytest.fixture(scope="package")
def server(s3: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    store = {
        "spark.hadoop.fs.s3a.endpoint": os.environ["AWS_ENDPOINT_URL"],
        "spark.hadoop.fs.s3a.path.style.access": "true",
    }
    settings = load_config(["s3a.toml", "delta.toml"]).spark | store
    with connect_server(tmp_path_factory.mktemp("connect"), settings) as started:
        yield started


@pytest.fixture(scope="package")
def shop() -> Iterator[ShopServer]:
    with shop_server({"/a.jpg": card("500 grams"), "/b.jpg": card("12 volt")}) as server:
        yield server


@pytest.fixture(scope="package")
def catalog(shop: ShopServer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Rows of two pictures, one of them twice, and of a link that is none."""
    asked = [("/a.jpg", "item_weight"), *[("/b.jpg", "Voltage")] * 2, ("/none.jpg", "width")]
    rows = pd.DataFrame([(shop.url(path), name) for path, name in asked])
    path = tmp_path_factory.mktemp("catalog") / "catalog.csv"
    rows.to_csv(path, index=False, header=["image_link", "entity_name"])
    return path


def rows(lake: Path | str, table: str) -> pd.DataFrame:
    found = LakeFiles(lake).dataset(table)
    assert found is not None
    return found.to_table().to_pandas()
