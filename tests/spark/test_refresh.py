"""What a refresh finds never takes the place of a better reading."""

from collections.abc import Mapping

import pytest
from PIL import Image, ImageDraw
from pyspark.sql import Row

from entity_extract.config import Config
from entity_extract.reading.reader_version import reader_version
from entity_extract.runs.progress import Progress
from entity_extract.spark.refresh import refresh
from entity_extract.spark.tables.lake import Lake
from entity_extract.spark.waves import distinct_links, read_missing
from entity_extract.status import Status
from tests.server import ShopServer, encoded
from tests.spark.conftest import card


def small_print() -> bytes:
    """Lines whose letters are three pixels high."""
    image = Image.new("RGB", (600, 400), "white")
    for top in range(30, 390, 60):
        ImageDraw.Draw(image).text((40, top), "Net weight 250 g", fill="black", font_size=4)
    return encoded(image, "PNG")


CHANGED = card("24 volt")
CUT = CHANGED[: len(CHANGED) * 2 // 3]
SMALL = small_print()
WORSE = {
    "too slow": (CHANGED, Status.OCR_TIMEOUT),
    "too small": (SMALL, Status.LOW_RESOLUTION),
    "cut short": (CUT, Status.OK),
}


@pytest.fixture
def always(config: Config) -> Config:
    """Every picture is due at once, and the part that is there of one is read."""
    return with_settings(config, fetch={"refresh_hours": 1e-9}, image={"allow_truncated": True})


def with_settings(config: Config, **sections: Mapping[str, object]) -> Config:
    changed = {name: getattr(config, name).model_copy(update=s) for name, s in sections.items()}
    return config.model_copy(update=changed)


def asked(lake: Lake, config: Config, link: str, run_id: str) -> dict[str, int]:
    """READ and refresh for one link; what the refresh gave, by status."""
    links = distinct_links(lake.spark.createDataFrame([(link,)], "image_link string"))
    version = reader_version(config.ocr, config.image, config.domain)
    read_missing(lake, links, config, Progress("read", run_id), reader_version=version)
    progress = Progress("refresh", run_id)
    refresh(lake, links, config, progress, reader_version=version)
    return progress.by_status


def held(lake: Lake) -> Row:
    (row,) = lake.images.read().drop("wave").collect()
    return row


@pytest.mark.parametrize("way", WORSE)
def test_a_worse_reading_never_replaces_a_better_one(
    lake: Lake, always: Config, shop: ShopServer, way: str
) -> None:
    link = shop.url("/b.jpg")
    asked(lake, always, link, "r1")
    before = held(lake)
    shop.tells_etags = True  # from now on: of a picture that was not read well it says nothing
    shop.files["/b.jpg"], status = WORSE[way]
    hurried = with_settings(always, ocr={"timeout_s": 0.001})
    assert asked(lake, hurried if way == "too slow" else always, link, "r2") == {status: 1}
    assert held(lake) == before
    (check,) = lake.checks.read().collect()
    assert (check.status, check.content_sha256) == (status, before.content_sha256)
    shop.files["/b.jpg"] = CHANGED
    assert asked(lake, always, link, "r3") == {Status.OK: 1}
    assert [word.text for word in held(lake).words] == ["24", "volt"]
    assert asked(lake, always, link, "r4") == {Status.NOT_MODIFIED: 1}


def test_a_better_reading_replaces_a_worse_one(
    lake: Lake, always: Config, shop: ShopServer
) -> None:
    link = shop.url("/b.jpg")
    shop.files["/b.jpg"] = SMALL
    asked(lake, always, link, "r1")
    assert held(lake).status == Status.LOW_RESOLUTION
    for content in (CUT, CHANGED):
        shop.files["/b.jpg"] = content
        asked(lake, always, link, f"r{len(content)}")
    assert (held(lake).status, held(lake).reason) == (Status.OK, "")
