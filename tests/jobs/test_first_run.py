"""The first run of who knows nothing yet: what it says, what it asks again, how it ends."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from PIL import Image, ImageDraw

from tests.jobs.conftest import BRIEF, ROOT, run_job
from tests.server import ShopServer, encoded, shop_server

LOCAL = ("--set", "fetch.allow_private=true")
QUICK = ("--set", "ocr.engine=tesseract", *(x for pair in BRIEF for x in ("--set", pair)))


def card(text: str) -> bytes:
    image = Image.new("RGB", (400, 120), "white")
    ImageDraw.Draw(image).text((40, 40), text, "black", font_size=36)
    return encoded(image, "PNG")


@pytest.fixture(scope="module")
def shop() -> Iterator[ShopServer]:
    with shop_server({"/a.png": card("Net 500 g"), "/b.png": card("Net 250 g")}) as server:
        yield server


@pytest.fixture
def catalog(shop: ShopServer, tmp_path: Path) -> Path:
    rows = [f"{n},{shop.url(f'/{name}.png')},1,item_weight" for n, name in enumerate("ab")]
    path = tmp_path / "c.csv"
    path.write_text("\n".join(["index,image_link,group_id,entity_name", *rows, ""]))
    return path


def enriched(catalog: Path, *more: str) -> subprocess.CompletedProcess[str]:
    folder = catalog.parent
    tables = ["--catalog", catalog, "--lake", folder / "lake", "--answers", folder / "a.csv"]
    return run_job("enrich", *tables, *QUICK, *more)


def answers(catalog: Path) -> list[str]:
    return pd.read_csv(catalog.parent / "a.csv", keep_default_na=False)["prediction"].tolist()


def test_links_that_configuration_blocks_name_their_key_and_are_asked_again_once_it_is_set(
    catalog: Path,
) -> None:
    first = enriched(catalog)
    assert first.returncode == 3, first.stderr
    assert first.stderr.splitlines()[-1].startswith("error: not one picture of the catalog")
    for part in (
        "without a reading: 2 of 2 links",
        "blocked 2: '127.0.0.1' is not a public address: fetch.allow_private is false",
        "--set fetch.allow_private=true, and the same command asks again",
    ):
        assert part in first.stdout
    again = enriched(catalog)
    assert again.returncode == 3
    assert "read: 0 new rows" in again.stdout
    assert "nothing new: the lake already holds all that could be read" in again.stdout
    assert "--set fetch.allow_private=true" in again.stdout
    status = run_job("status", "--lake", catalog.parent / "lake")
    assert "--set fetch.allow_private=true, and the same command asks again" in status.stdout
    opened = enriched(catalog, *LOCAL)
    assert opened.returncode == 0, opened.stderr
    assert answers(catalog) == ["500 gram", "250 gram"]
    assert "without a reading" not in opened.stdout
    last = enriched(catalog, *LOCAL)
    assert "nothing new: the lake already holds all of it" in last.stdout
    images = pd.read_parquet(catalog.parent / "lake/images", columns=["image_link", "status"])
    assert images["status"].tolist() == ["ok", "ok"]
    (manifest,) = (
        json.loads(path.read_text())
        for path in (catalog.parent / "lake/runs").glob("*.json")
        if first.stdout.split()[1].rstrip(":") in path.name
    )
    assert manifest["links_unread"] == {"blocked": 2}


def test_one_picture_that_is_too_large_is_asked_again_alone_and_the_run_ends_with_0(
    catalog: Path, shop: ShopServer
) -> None:
    rows = catalog.read_text().replace("/a.png", "/huge.jpg?megabytes=3")
    catalog.write_text(rows)
    first = enriched(catalog, *LOCAL, "--set", "fetch.max_bytes=1000000")
    assert first.returncode == 0, first.stderr
    assert "too_large 1: more bytes than fetch.max_bytes, 1000000" in first.stdout
    assert "--set fetch.max_bytes=…, and the same command asks again" in first.stdout
    metrics = catalog.parent / "metrics.prom"
    bound = ("--set", "quality.min_answered=0.9", "--metrics-file", str(metrics))
    second = enriched(catalog, *LOCAL, "--set", "fetch.max_bytes=5000000", *bound)
    assert second.returncode == 4  # with all published
    assert second.stderr.splitlines()[-1].endswith(
        "answered 0.5: at least quality.min_answered = 0.9, not so"
    )
    assert "entity_extract_answered_rows" in metrics.read_text()
    assert "read: 1 new row," in second.stdout
    assert "predict: 1 new row," in second.stdout
    assert answers(catalog) == ["", "250 gram"]


def test_a_first_run_says_nothing_of_spark_and_each_thing_once(catalog: Path) -> None:
    done = subprocess.run(
        [
            *(sys.executable, "-m", "jobs.enrich", "--catalog", catalog),
            *("--lake", catalog.parent / "lake", "--set", "ocr.engine=tesseract", *LOCAL),
            *("--engine", "spark"),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    lines = done.stderr.splitlines()
    assert [line for line in lines if " INFO entity_extract." not in line] == []
    assert len(set(lines)) == len(lines)


def test_a_trial_of_the_first_rows_answers_these_and_leaves_the_others_answers_alone(
    catalog: Path,
) -> None:
    trial = enriched(catalog, *LOCAL, "--limit", "1")
    assert trial.returncode == 0, trial.stderr
    assert "1 catalog row, 1 distinct link," in trial.stdout
    assert answers(catalog) == ["500 gram"]
    keyed = ("--set", 'catalog.key=["group_id"]')
    enriched(catalog, *LOCAL, *keyed)
    elsewhere = ("--answers", f"{catalog.parent / 'trial.csv'}")
    again = enriched(catalog, *LOCAL, *keyed, "--limit", "1", *elsewhere)
    assert "0 new rows" in again.stdout
    held = pd.read_parquet(catalog.parent / "lake/predictions", columns=["prediction"])
    assert sorted(held["prediction"]) == ["250 gram", "500 gram"]


def test_a_part_of_a_catalog_is_not_its_whole(catalog: Path) -> None:
    done = enriched(catalog, "--limit", "1", "--set", "catalog.complete=true")
    assert done.returncode == 2
    assert "--limit takes a part" in done.stderr.splitlines()[-1]
