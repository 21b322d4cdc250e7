"""The report as people have it: in a real browser, on a phone, light and dark."""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from PIL import Image

from entity_extract.evaluation.gallery import GalleryRow
from tests.unit.browser import DESK, PHONE, POOR_CONTRAST, Watch, launched
from tests.unit.evaluation.cases import HOSTILE, manifest, report, rows

if TYPE_CHECKING:
    from playwright.sync_api import Browser

LINK = "https://shop.example/" + "long/" * 40 + "tea.jpg"


def cards() -> list[GalleryRow]:
    out = BytesIO()
    Image.new("RGB", (160, 120), "#88aa66").save(out, "JPEG")
    size: dict[str, Any] = {
        "image": out.getvalue(),
        "width": 640,
        "height": 480,
        "box": (90, 90, 200, 80),
    }
    return [
        GalleryRow(
            **size,
            entity_name=entity,
            entity_value="5 gram",
            prediction=said,
            confidence=0.5,
            runner_up=said,
            verdict=verdict,
            row_id=f"{number}",
            image_link=LINK,
            reason="",
        )
        for number, (entity, said, verdict) in enumerate(
            [
                ("item_weight", "5 gram", "right"),
                ("item_weight", "6 gram", "wrong_chosen"),
                ("voltage", "6 volt", "wrong_chosen"),
                ("width", HOSTILE, "not_among_candidates"),
            ]
        )
    ]


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    with launched() as started:
        yield started


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("report")
    odd = pd.DataFrame([{"entity_name": HOSTILE, "prediction": HOSTILE, "entity_value": ""}])
    table = pd.concat([rows(), odd])
    splits = {"train": table, "validation": table}
    report(folder, splits, cards(), {"catalog": HOSTILE, "model": LINK}, model=manifest())
    return (folder / "report.html").as_uri()


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_fits_and_can_be_read(
    browser: "Browser", address: str, size: dict[str, int], scheme: str
) -> None:
    watch = Watch(browser, size, scheme)
    page = watch.page
    page.goto(address)
    paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (sum(map(int, paper[4:-1].split(","))) > 3 * 128) == (scheme == "light")
    wide = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert wide[0] <= wide[1]
    assert page.evaluate(POOR_CONTRAST) == []
    assert watch.trouble == []
    assert all(asked == address or asked.startswith("data:") for asked in watch.asked)
    watch.context.close()


def test_cards_are_filtered_enlarged_and_their_errors_downloaded(
    browser: "Browser", address: str, tmp_path: Path
) -> None:
    watch = Watch(browser, DESK)
    page = watch.page
    page.goto(address)
    shown = page.locator(".gallery > article:visible")
    assert shown.count() == 4
    page.locator("#outcome").select_option("lost")
    assert shown.count() == 3
    page.locator("#entity").select_option("item_weight")
    assert shown.count() == 1
    assert page.locator("#shown").text_content() == "1 of 4 shown"
    assert shown.locator(".id").text_content() == "1"
    assert shown.locator(".link").text_content() == LINK
    small = shown.locator("img").bounding_box()
    shown.locator("button").click()
    large = page.locator("dialog img").bounding_box()
    assert small is not None
    assert large is not None
    assert large["width"] > 2 * small["width"]
    page.keyboard.press("Escape")
    assert not page.locator("dialog").is_visible()
    with page.expect_download() as download:
        page.locator("#errors").click()
    download.value.save_as(tmp_path / "errors.csv")
    beside = Path(address.removeprefix("file://")).with_name("errors.csv")
    assert (tmp_path / "errors.csv").read_bytes() == beside.read_bytes()
    assert watch.trouble == []
    watch.context.close()


def test_a_wide_table_keeps_its_first_column_in_sight(browser: "Browser", address: str) -> None:
    watch = Watch(browser, PHONE)
    page = watch.page
    page.goto(address)
    table = page.locator(".scroll").first
    wide = table.evaluate("(at) => [at.scrollWidth, at.clientWidth]")
    assert wide[0] > wide[1]
    assert "gradient" in table.evaluate("(at) => getComputedStyle(at).backgroundImage")
    first, second = table.locator("tbody th").first, table.locator("tbody td").first
    before = first.bounding_box(), second.bounding_box()
    table.focus()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    page.wait_for_selector(".scrolled")
    page.wait_for_timeout(300)  # scrolling is smooth
    after = first.bounding_box(), second.bounding_box()
    assert before[0] is not None
    assert after[0] is not None
    assert before[1] is not None
    assert after[1] is not None
    assert after[0]["x"] == pytest.approx(before[0]["x"], abs=1)
    assert after[1]["x"] < before[1]["x"] - 20
    watch.context.close()
