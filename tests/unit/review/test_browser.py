"""The page as people have it: in a real browser, by keyboard, on a phone, light and dark."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from entity_extract.catalog.corrections import read_corrections
from entity_extract.review.serve import write_page
from tests.unit.browser import DESK, PHONE, POOR_CONTRAST, Watch, launched, until
from tests.unit.review.cases import CONFIG, HOSTILE, LONG, RIGHT_TO_LEFT, Shop, reviewed, served

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    with launched() as started:
        yield started


def opened(watch: Watch, url: str) -> "Page":
    watch.page.goto(url)
    watch.page.wait_for_selector("#row:not([hidden])")
    return watch.page


@pytest.fixture
def url(cards: Shop, tmp_path: Path) -> Iterator[str]:
    with served(cards.lake, tmp_path / "corrections.csv") as address:
        yield address


def row_of(page: "Page") -> dict[str, Any]:
    """The row that is shown, as the page has it."""
    place = page.locator("#list [aria-current]").get_attribute("data-place")
    data = json.loads(page.locator("#data").text_content() or "")
    row: dict[str, Any] = data["rows"][int(place or -1)]
    return row


def press(page: "Page", key: str) -> None:
    """And waits for what it does."""
    before = told(page)
    page.keyboard.press(key)
    until(page, lambda: told(page) != before)


def told(page: "Page") -> list[str | None]:
    return [page.locator(place).text_content() for place in ("#live", "#progress")]


def keyed(page: "Page", number: int) -> dict[str, Any]:
    """Decides the row that is shown, each in turn another way; the row, and what it should say."""
    row = row_of(page)
    if number % 4 == 0 and row["prediction"]:
        press(page, ["a", "Enter"][number % 8 // 4])
        return {**row, "expected": row["prediction"]}
    if number % 4 == 1 and len(row["candidates"]) > 1:
        press(page, "2")
        return {**row, "expected": row["candidates"][1]}
    if number % 4 == 2:
        page.keyboard.press("t")
        page.keyboard.type(f"{number},5")
        press(page, "Enter")
        unit = (row["prediction"] or "x " + row["units"][0]).split(" ", 1)[1]
        return {**row, "expected": f"{number}.5 {unit}"}
    press(page, "n")
    return {**row, "expected": ""}


def ids(row: dict[str, Any]) -> tuple[str, ...]:
    return tuple(row[name] for name in ("link", "group", "entity", "catalog_key"))


def test_ten_rows_by_keyboard_are_ten_corrections(
    browser: "Browser", url: str, tmp_path: Path
) -> None:
    watch = Watch(browser, DESK)
    page = opened(watch, url)
    page.keyboard.press("j")
    page.keyboard.press("k")
    said = {ids(row): row["expected"] for row in (keyed(page, number) for number in range(10))}
    assert len(said) == 10
    assert read_corrections(str(tmp_path / "corrections.csv")) == said
    assert len(set(said.values())) > 5
    assert "10 of 15 checked" in (page.locator("#progress").text_content() or "")
    page.keyboard.press("k")
    taken_back = ids(row_of(page))
    press(page, "u")
    assert read_corrections(str(tmp_path / "corrections.csv")).keys() == said.keys() - {taken_back}
    page.reload()
    assert "9 of 15 checked" in (page.locator("#progress").text_content() or "")
    assert watch.trouble == []
    assert all(asked.startswith(url) for asked in watch.asked if not asked.startswith("data:"))
    watch.context.close()


def test_a_value_that_is_none_is_refused_where_it_is_typed(
    browser: "Browser", url: str, tmp_path: Path
) -> None:
    watch = Watch(browser, DESK)
    page = opened(watch, url)
    for text in ("abc", "-5", "0", "", "1e9", "5 gram", "1,2,3"):
        page.keyboard.press("t")
        page.locator("#number").fill(text)
        page.keyboard.press("Enter")
        assert "above 0" in (page.locator("#typed-error").text_content() or ""), text
        page.keyboard.press("Escape")
    assert read_corrections(str(tmp_path / "corrections.csv")) == {}
    assert watch.trouble == []
    watch.context.close()


def test_an_end_of_the_server_is_told_and_nothing_is_called_saved(
    browser: "Browser", cards: Shop, tmp_path: Path
) -> None:
    watch = Watch(browser, DESK)
    with served(cards.lake, tmp_path / "corrections.csv") as url:
        page = opened(watch, url)
    page.keyboard.press("n")
    page.wait_for_selector("#trouble:not([hidden])")
    assert "Not saved" in (page.locator("#trouble").text_content() or "")
    assert "0 of 15 checked" in (page.locator("#progress").text_content() or "")
    watch.context.close()


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_row_fits_and_can_be_read(
    browser: "Browser", url: str, size: dict[str, int], scheme: str
) -> None:
    watch = Watch(browser, size, scheme)
    page = opened(watch, url)
    paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (sum(map(int, paper[4:-1].split(","))) > 3 * 128) == (scheme == "light")
    seen = set()
    for _ in range(15):
        row = row_of(page)
        seen.add(row["group"])
        wide = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
        assert wide[0] <= wide[1], row["group"][:20]
        assert page.evaluate(POOR_CONTRAST) == []
        assert page.locator("#group").text_content() == row["group"]
        assert page.locator("#of-category").is_visible() == bool(row["group"])
        told = page.locator("#list [aria-current] .of").text_content() or ""
        assert not told.endswith("· ")
        assert row["name"] in told
        page.keyboard.press("j")
    assert seen >= {HOSTILE, RIGHT_TO_LEFT, LONG}
    page.keyboard.press("?")
    assert page.locator("#help").is_visible()
    assert page.evaluate(POOR_CONTRAST) == []
    page.locator("#help button").click()
    assert not page.locator("#help").is_visible()
    errors = [said for said in watch.trouble if "404" not in said]  # of the link that is none
    assert errors == []
    watch.context.close()


def test_the_frame_lies_around_what_was_read(browser: "Browser", url: str) -> None:
    watch = Watch(browser, DESK)
    page = opened(watch, url)
    while row_of(page)["prediction"] != "500 gram":
        page.keyboard.press("j")
    row = row_of(page)
    until(page, lambda: page.locator("#picture").evaluate("(image) => image.naturalWidth") == 640)
    for _ in range(2):  # as it fits, and at full size
        picture = page.locator("#picture").bounding_box()
        frame = page.locator("#boxes .over").bounding_box()
        assert picture is not None
        assert frame is not None
        scale = picture["width"] / row["size"][0]
        left, top, width, height = (side * scale for side in row["box"])
        assert frame["x"] - picture["x"] == pytest.approx(left, abs=8)
        assert frame["y"] - picture["y"] == pytest.approx(top, abs=8)
        assert frame["width"] == pytest.approx(width, abs=16)
        assert frame["height"] == pytest.approx(height, abs=16)
        page.keyboard.press("z")
    watch.context.close()


def test_all_that_can_be_focused_shows_it_and_has_a_name(browser: "Browser", url: str) -> None:
    watch = Watch(browser, DESK)
    page = opened(watch, url)
    reached = set()
    for _ in range(80):
        page.keyboard.press("Tab")
        focused = page.evaluate(
            """() => {
              const at = document.activeElement, style = getComputedStyle(at);
              const name = at.ariaLabel || at.labels?.[0]?.textContent || at.textContent;
              const outline = [style.outlineStyle, parseFloat(style.outlineWidth)];
              return [at.id || at.tagName, name.trim(), ...outline];
            }"""
        )
        if focused[0] == "BODY":
            continue  # round the end
        reached.add(focused[0])
        assert focused[1], focused
        assert focused[2] != "none", focused
        assert focused[3] >= 2, focused
    assert reached >= {"accept", "absent", "number", "unit", "show", "order", "help-open", "next"}
    watch.context.close()


def test_the_page_alone_keeps_what_was_said_and_gives_it_as_csv(
    browser: "Browser", cards: Shop, tmp_path: Path
) -> None:
    write_page(reviewed(cards.lake), tmp_path / "review.html", tmp_path / "none.csv", CONFIG)
    watch = Watch(browser, PHONE)
    address = (tmp_path / "review.html").as_uri()
    page = opened(watch, address)
    said = {ids(row): row["expected"] for row in (keyed(page, number) for number in range(10))}
    page.reload()
    assert "10 of 15 checked" in (page.locator("#progress").text_content() or "")
    with page.expect_download() as download:
        page.locator("#download").click()
    download.value.save_as(tmp_path / "corrections.csv")
    assert read_corrections(str(tmp_path / "corrections.csv")) == said
    assert watch.trouble == []
    assert all(asked.startswith(("data:", "blob:")) or asked == address for asked in watch.asked)
    watch.context.close()
