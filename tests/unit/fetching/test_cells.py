"""Cells of a catalog become the link that they mean, and nothing that they do not."""

import base64
import time

import pytest

from entity_extract.config import FetchConfig
from entity_extract.fetching.cells import Cell, read_cell
from entity_extract.fetching.fetch import fetch
from entity_extract.fetching.links import host_of
from entity_extract.status import Status
from tests.server import PLAIN_JPEG, shop_server

LINK = "https://cdn.example/a.jpg"
INLINE = "data:image/jpeg;base64," + base64.b64encode(PLAIN_JPEG).decode()


@pytest.mark.parametrize(
    "cell",
    [
        f"  {LINK}\n",
        f"\ufeff{LINK}",
        f"\u200b{LINK}\u200b ",
        f"\xa0\u2003{LINK}\u3000",
        f"\u202a{LINK}\u202c",
        "https://cdn.example/\u200ba\xad.jpg",
        f'"{LINK}"',
        f'""{LINK}""',
        f"'{LINK}'",
        f"“{LINK}”",
        f"<{LINK}>",
        f"[{LINK}]",
        f'["{LINK}"]',
        f"['{LINK}', ]",
        f"{LINK},",
        f"{LINK}|",
        f"; {LINK} ;",
        "//cdn.example/a.jpg",
        "cdn.example/a.jpg",
        r"https:\/\/cdn.example\/a.jpg",
        r'["https:\/\/cdn.example\/a.jpg"]',
        r"https:\\cdn.example\a.jpg",
        r"https://cdn.example/a.jpg",
        "https:/cdn.example/a.jpg",
        "https://https://cdn.example/a.jpg",
        "http://https://cdn.example/a.jpg",
        "https&#58;&#x2F;&#x2f;cdn.example&#047;a.jpg",
        f'{{"url": "{LINK}"}}',
        r'[{"src":"https:\/\/cdn.example\/a.jpg","alt":"Tee 2.5 kg"}]',
        f'<img alt="Tea, 2.5 oz" src="{LINK}">',
        f"<a href='{LINK}'>picture</a>",
        f"<img src={LINK} width=3>",
        f"<td>{LINK}</td>",
        f'=HYPERLINK("{LINK}";"Bild")',
        f'=IMAGE("{LINK}")',
        f"![front]({LINK})",
        f"[front]({LINK} 'title')",
        f"url({LINK})",
        f"({LINK})",
        f"Main image: {LINK}",
        f"image {LINK}",
        "https%3A%2F%2Fcdn.example%2Fa.jpg",
        "https%3a%2f%2fcdn.example/a.jpg",
    ],
)
def test_what_is_around_a_link_or_escaped_in_it_does_not_hide_it(cell: str) -> None:
    assert read_cell(cell) == Cell(LINK, 0)


@pytest.mark.parametrize(
    "cell",
    [
        "{}|https://cdn.example/b.jpg",
        "{},https://cdn.example/b.jpg",
        "{} ; HTTP://cdn.example/b.jpg",
        "{} https://cdn.example/b.jpg",
        "{}\nhttps://cdn.example/b.jpg",
        '["{}", "https://cdn.example/b.jpg"]',
        "['{}','https://cdn.example/b.jpg']",
        "{} 1x, https://cdn.example/b.jpg 2x",
        "{} 300w, https://cdn.example/b.jpg 600w",
        r'["https:\/\/cdn.example\/a.jpg","https:\/\/cdn.example\/b.jpg"]',
        '{"main": "{}", "back": "https://cdn.example/b.jpg"}',
        "{}<br>https://cdn.example/b.jpg",
        "{}<BR />\nhttps://cdn.example/b.jpg",
        "{}\xa0https://cdn.example/b.jpg",
        "{}\u2028https://cdn.example/b.jpg",
        "{}，https://cdn.example/b.jpg",  # noqa: RUF001
        "{}、https://cdn.example/b.jpg",
        "{} · https://cdn.example/b.jpg",
        "Images: {}; https://cdn.example/b.jpg",
        '<img src="{}"><img src="https://cdn.example/b.jpg">',
    ],
)
def test_of_several_links_the_first_is_meant(cell: str) -> None:
    assert read_cell(cell.replace("{}", LINK)) == Cell(LINK, 1)


@pytest.mark.parametrize(
    ("cell", "link"),
    [
        ("http://h.example/a?w=1&amp;h=2&amp;amp;q=3", "http://h.example/a?w=1&h=2&q=3"),
        ("http://h.example/a?w=1&#038;h=2", "http://h.example/a?w=1&h=2"),
        ("http://h.example/images\\big\\a.jpg?b=\\c", "http://h.example/images/big/a.jpg?b=\\c"),
        ("cdn.example:8080/a.jpg", "https://cdn.example:8080/a.jpg"),
        ("bücher.example/größe 1.jpg", "https://bücher.example/größe 1.jpg"),
    ],
)
def test_an_escaped_or_partial_link_is_made_whole(cell: str, link: str) -> None:
    assert read_cell(cell) == Cell(link, 0)


@pytest.mark.parametrize(
    "link",
    [
        "https://h.example/a?x=1&copy=2&reg=3&lt=4",
        "https://h.example/fetch/w_300,h_300/https://other.example/a.jpg",
        "https://h.example/?url=http://other.example/a.jpg&x=http://y",
        "https://h.example/a,b;c|d/e'f.jpg",
        "https://h.example/photo_(1)",
        "https://h.example/a&eacute;.jpg",
        "http://h.example\\@10.0.0.1/a.jpg",
        "http://h.example\\.evil.example/",
        "http://user@h.example/a\\b.jpg",
        "images/a.jpg",
        "v1.2/a.jpg",
        "a.jpg (https://h.example/b.jpg)",
        "view-source:https://h.example/a.jpg",
        "blob:https://h.example/a",
        "C:\\a (https://h.example/b.jpg)",
        "https://h.example/a_(1).jpg (front)",
        INLINE,
    ],
)
def test_a_link_that_is_whole_or_doubtful_stays_as_it_is(link: str) -> None:
    assert read_cell(link) == Cell(link, 0)


@pytest.mark.parametrize(
    "cell",
    [
        "",
        " ",
        "\u200b\ufeff",
        '""',
        "[]",
        "nan",
        "NULL",
        "N/A",
        "-",
        "|",
        "—",
        r"\N",
        "{}",
        "[null]",
    ],
)
def test_a_cell_without_a_link_is_a_row_without_a_link(cell: str) -> None:
    fetched = fetch(cell, FetchConfig())
    assert (fetched.status, fetched.reason) == (Status.NO_LINK, "the row has no link")


def test_of_several_links_the_row_says_which_one_it_is_about() -> None:
    with shop_server() as server:
        good, missing = server.url("/good.jpg"), server.url("/missing.jpg")
        config = FetchConfig(allow_private=True)
        first = fetch(f"{good}|{missing}", config)
        second = fetch(f'["{missing}", "{good}", "{good}"]', config)
    assert (first.content, first.reason) == (PLAIN_JPEG, "the first of 2 links")
    assert second.reason == "the first of 3 links: HTTP 404"


def test_a_cell_and_its_link_are_of_one_host() -> None:
    assert host_of(r'["https:\/\/CDN.example\/a.jpg|') == "cdn.example" == host_of(LINK)


@pytest.mark.parametrize(
    "cell",
    [
        INLINE,
        INLINE.upper()[:5] + INLINE[5:],
        INLINE.rstrip("="),
        INLINE.replace("+", "-").replace("/", "_").replace("image_jpeg", "image/jpeg"),
        INLINE.replace("+", "%2B").replace("=", "%3d"),
        INLINE[:40] + "\n  " + INLINE[40:],
        f'"{INLINE}"',
        INLINE.partition(",")[2],
        f'["{INLINE.partition(",")[2]}"]',
        "data:," + "".join(f"%{byte:02x}" for byte in PLAIN_JPEG),
    ],
)
def test_a_link_that_holds_its_picture_gives_it(cell: str) -> None:
    assert fetch(cell, FetchConfig()).content == PLAIN_JPEG


def test_a_picture_in_a_link_has_the_same_limit_and_no_server_may_send_one() -> None:
    small = FetchConfig(max_bytes=len(PLAIN_JPEG) - 1)
    assert fetch(INLINE, small).status == Status.TOO_LARGE
    assert fetch(INLINE + "A" * 4 * small.max_bytes, small).status == Status.TOO_LARGE
    with shop_server() as server:
        for inside in (INLINE[:60], f"%22{server.url('/good.jpg')}%22"):
            link = server.url(f"/redirect?to={inside}")
            fetched = fetch(link, FetchConfig(allow_private=True))
            assert (fetched.status == Status.OK, fetched.content) == (False, None)


def test_a_long_cell_takes_little_time() -> None:
    start = time.monotonic()
    for piece in (
        "[",
        "http://",
        " ,",
        "a.",
        "https:/a.",
        "&amp;",
        '"',
        "http://a\\",
        "http://h/ ",
        "=(",
        "a ",
        "<br>",
        "(http://h",
    ):
        read_cell(piece * 20_000)
        read_cell("https:/" + piece * 20_000 + "!")
    assert time.monotonic() - start < 5.0
