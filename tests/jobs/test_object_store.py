"""Catalog and lake on s3a://, on a server on loopback; credentials are in the environment."""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import boto3
import pandas as pd
import pytest
from deltalake import write_deltalake

from entity_extract.lake.files import LakeFiles
from tests.jobs.conftest import BRIEF, Shop, run_job, succeed

ROWS = 6
UNSAFE = {"AWS_S3_ALLOW_UNSAFE_RENAME": "true"}  # one writer, and moto knows no conditional put
SECRET = "the-secret-of-these-tests"  # noqa: S105


@dataclass(frozen=True)
class Store:
    """A bucket with a catalog in it, whose pictures lie in three kinds of places."""

    endpoint: str
    s3: Any
    catalog: str

    def options(self, *conf_files: str) -> list[str]:
        files = ["local", "s3a", *conf_files]
        pairs = [
            *BRIEF,
            f"spark.hadoop.fs.s3a.endpoint={self.endpoint}",
            "spark.hadoop.fs.s3a.path.style.access=true",
            f"fetch.s3_endpoint={self.endpoint}",
            'fetch.s3_buckets=["pictures"]',
            "fetch.allow_private=true",
            'ocr.skip=["second_look"]',
        ]
        named = [x for name in files for x in ("--conf-file", f"{name}.toml")]
        return [*named, *(x for pair in pairs for x in ("--set", pair))]

    def objects(self, prefix: str) -> list[str]:
        listed = self.s3.list_objects_v2(Bucket="shop", Prefix=prefix)
        return [found["Key"] for found in listed.get("Contents", [])]


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    log = tmp_path_factory.mktemp("moto") / "server.log"
    with log.open("w") as file:
        server = subprocess.Popen(
            [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", "0"],
            stdout=file,
            stderr=file,
        )
    try:
        for _ in range(300):
            if found := re.search(r"http://127\.0\.0\.1:\d+", log.read_text()):
                break
            assert server.poll() is None, log.read_text()
            time.sleep(0.1)
        else:
            pytest.fail(f"moto's server did not start in 30 s: {log.read_text()}")
        yield found[0]
    finally:
        server.terminate()
        server.wait(30)


@pytest.fixture(scope="module")
def store(shop: Shop, endpoint: str) -> Iterator[Store]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", "somebody")
        patch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        patch.setenv("AWS_ENDPOINT_URL", endpoint)  # for this process, which looks into the lake
        patch.setenv("AWS_ALLOW_HTTP", "true")
        s3 = boto3.client("s3", endpoint_url=endpoint)
        for bucket in ("shop", "pictures"):
            s3.create_bucket(Bucket=bucket)
        table = pd.read_csv(shop.csv, dtype=str).head(ROWS)
        table["image_link"] = [_placed(s3, i, link) for i, link in enumerate(table["image_link"])]
        s3.put_object(Bucket="shop", Key="catalog.csv", Body=table.to_csv(index=False).encode())
        yield Store(endpoint, s3, "s3a://shop/catalog.csv")


def _placed(s3: Any, number: int, link: str) -> str:
    """The same picture: at the shop, behind a presigned link, or as an object."""
    if number % 3 == 0:
        return link
    key = f"{number}.jpg"
    with urlopen(link) as answer:
        s3.put_object(Bucket="pictures", Key=key, Body=answer.read())
    if number % 3 == 1:
        return f"s3a://pictures/{key}"
    asked = {"Bucket": "pictures", "Key": key}
    return str(s3.generate_presigned_url("get_object", Params=asked))


def enrich(store: Store, lake: str, *options: str, catalog: str | None = None) -> str:
    tables = ["--catalog", catalog or store.catalog, "--lake", lake]
    return succeed(run_job("enrich", *tables, *options))


def rows(lake: str, table: str) -> pd.DataFrame:
    dataset = LakeFiles(lake).dataset(table)
    assert dataset is not None
    return dataset.to_table().to_pandas()


def test_a_lake_on_s3a_counts_what_its_list_names_and_a_second_run_finds_nothing_new(
    store: Store,
) -> None:
    lake = "s3a://shop/lake"
    done = run_job("enrich", "--catalog", store.catalog, "--lake", lake, *store.options())
    assert f"read: {ROWS} new rows" in succeed(done)
    assert "lease alone" not in done.stderr  # the store makes a list once or not at all
    lists = store.objects("lake/images/_waves/")
    assert lists[0].endswith("/00000001.json")
    assert len(lists) == 3  # made with the lake; the run's first, and its wave
    assert (rows(lake, "images")["status"] == "ok").all()
    answers = rows(lake, "predictions")
    assert len(answers) == ROWS
    assert (answers["prediction"] != "").any()

    # What a run that died had written: in its place, but in no list.
    written = next(key for key in store.objects("lake/images/wave=") if key.endswith(".parquet"))
    dead = f"lake/images/wave=20200101T000000-dead00-read00001/{os.path.basename(written)}"
    store.s3.copy_object(Bucket="shop", Key=dead, CopySource=f"shop/{written}")
    printed = enrich(store, lake, *store.options())
    assert "read: 0 new rows" in printed
    assert "predict: 0 new rows" in printed
    assert dead not in store.objects("lake/images/")
    assert len(rows(lake, "images")) == ROWS

    for key in store.objects("lake/"):
        content = store.s3.get_object(Bucket="shop", Key=key)["Body"].read()
        assert SECRET.encode() not in content, key


def test_a_delta_lake_on_s3a_is_read_by_others_as_its_delta_catalog_is_by_it(store: Store) -> None:
    lake, catalog = "s3a://shop/delta", "s3a://shop/products"
    body = store.s3.get_object(Bucket="shop", Key="catalog.csv")["Body"]
    wanted = pd.read_csv(body, dtype=str)
    superseded = wanted.assign(entity_name="voltage")
    for table in (superseded, wanted):
        write_deltalake("s3://shop/products", table, mode="overwrite", storage_options=UNSAFE)
    enrich(store, lake, *store.options("delta"), catalog=catalog)
    assert any("/_delta_log/" in key for key in store.objects("delta/predictions/"))
    assert len(rows(lake, "images")) == ROWS
    answered = rows(lake, "predictions")["entity_name"]
    assert sorted(answered) == sorted(wanted["entity_name"])
    (manifest,) = [key for key in store.objects("delta/runs/") if key.endswith(".json")]
    run = json.load(store.s3.get_object(Bucket="shop", Key=manifest)["Body"])
    assert run["versions"]["catalog"] == f"{catalog}@v1"


@pytest.mark.parametrize(
    ("catalog", "said"),
    [
        ("s3a://shop/absent.csv", "s3a://shop/absent.csv: no such file or folder"),
        ("s3a://nowhere/catalog.csv", "no such bucket"),
    ],
)
def test_a_catalog_that_is_not_there_is_a_message(
    store: Store, tmp_path: Path, catalog: str, said: str
) -> None:
    tables = ["--catalog", catalog, "--lake", str(tmp_path / "lake")]
    done = run_job("enrich", *tables, *store.options())
    assert done.returncode == 2, done.stderr[-3000:]
    assert said in done.stderr.splitlines()[-1]


def test_s3a_without_its_jars_says_which_conf_file_has_them(store: Store, tmp_path: Path) -> None:
    tables = ["--catalog", store.catalog, "--lake", str(tmp_path / "lake")]
    done = run_job("enrich", *tables, "--conf-file", "local.toml")
    assert done.returncode == 2, done.stderr[-3000:]
    assert "s3a.toml" in done.stderr.splitlines()[-1]
