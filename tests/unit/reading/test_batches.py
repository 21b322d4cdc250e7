"""Links in, rows of the images table out: one each, whatever becomes of the picture."""

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import matplotlib
import pandas as pd
import pyarrow as pa
import pytest
from PIL import Image, ImageDraw, ImageFont

from entity_extract import schema
from entity_extract.config import FetchConfig, ImageConfig, IsolationConfig, OcrConfig, load_config
from entity_extract.reading.batches import read_batches
from entity_extract.reading.reader_version import reader_version
from entity_extract.status import Status
from tests.arrow import struct_of
from tests.server import ShopServer, encoded, shop_server

FETCH = FetchConfig(allow_private=True, deadline_s=5.0, max_bytes=2**20, retries=0)
DOMAIN = load_config([], []).domain
OCR = OcrConfig(skip=("second_look",))
VERSION = reader_version(OCR, ImageConfig(), DOMAIN)


def card(text: str) -> bytes:
    image = Image.new("RGB", (500, 200), "white")
    font = ImageFont.truetype(str(Path(matplotlib.get_data_path(), "fonts/ttf/DejaVuSans.ttf")), 40)
    ImageDraw.Draw(image).text((40, 70), text, fill="black", font=font)
    return encoded(image)


CARD = card("500 grams")
WAIT = b"<html><meta http-equiv='refresh' content='1;url=/card.jpg'></html>"


@pytest.fixture(scope="module")
def server() -> Iterator[ShopServer]:
    with shop_server({"/card.jpg": CARD, "/wait.jpg": WAIT}) as running:
        yield running


def read(*batches: pd.DataFrame, fetch_config: FetchConfig = FETCH) -> pd.DataFrame:
    frames = read_batches(
        iter(batches),
        fetch_config=fetch_config,
        image_config=ImageConfig(),
        ocr_config=OCR,
        domain=DOMAIN,
        reader_version=VERSION,
        isolation=IsolationConfig(),
    )
    return pd.concat(list(frames), ignore_index=True)


def frames_of(paths: list[str], server: ShopServer) -> list[int]:
    """How many rows each frame has."""
    frames = read_batches(
        iter([links(*map(server.url, paths))]),
        fetch_config=FETCH.model_copy(update={"threads": 1}),
        image_config=ImageConfig(),
        ocr_config=OCR,
        domain=DOMAIN,
        reader_version=VERSION,
        isolation=IsolationConfig(),
    )
    return [len(frame) for frame in frames]


def links(*image_links: str | None, attempts: int = 0) -> pd.DataFrame:
    return pd.DataFrame({"image_link": image_links, "attempts": attempts})


COUNTING = """
from pathlib import Path
from entity_extract.records import Word

class Counting:
    "Writes down each picture that it reads; the tall ones make it fail."
    version = "counting 1"

    def __init__(self, config, find_lines):
        pass

    def read(self, image):
        with open(Path(__file__).with_name("read"), "a") as file:
            file.write("x")
        if image.height > 200:
            from entity_extract.reading.engine import OcrTimeout
            raise OcrTimeout("too tall")
        return [Word("500", 90.0, 0, 0, 9, 9)]
"""


@pytest.mark.parametrize("process", [True, False])
def test_the_same_bytes_under_several_links_are_read_once_unless_they_failed(
    process: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = f"counting_{process}"
    (tmp_path / f"{name}.py").write_text(COUNTING)
    monkeypatch.syspath_prepend(tmp_path)
    ocr = OcrConfig(engine=f"{name}:Counting")
    good, tall = (encoded(Image.new("RGB", (100, high), "white")) for high in (100, 300))
    paths = {f"/{n}.jpg": good for n in range(4)} | {f"/tall{n}.jpg": tall for n in range(2)}
    with shop_server(paths) as running:
        frames = [
            frame
            for _ in range(2)  # tasks of one worker
            for frame in read_batches(
                iter([pd.DataFrame({"image_link": [running.url(path) for path in paths]})]),
                fetch_config=FETCH,
                image_config=ImageConfig(),
                ocr_config=ocr,
                domain=DOMAIN,
                reader_version=reader_version(ocr, ImageConfig(), DOMAIN),
                isolation=IsolationConfig(process=process),
            )
        ]
    rows = pd.concat(frames)
    assert len(rows) == 12
    assert rows.groupby("content_sha256")["status"].agg(set).tolist() in (
        [{"ok"}, {"ocr_timeout"}],
        [{"ocr_timeout"}, {"ok"}],
    )
    assert (tmp_path / "read").read_text() == "x" * (1 + 4)


def test_a_good_picture_becomes_a_whole_row(server: ShopServer) -> None:
    row = read(links(server.url("/card.jpg"), attempts=2)).iloc[0]
    assert (row.status, row.reason, row.http_status, row.attempts) == ("ok", "", 200, 3)
    assert (row.bytes, row.width, row.height) == (len(CARD), 500, 200)
    assert row.content_sha256 == hashlib.sha256(CARD).hexdigest()
    assert len(row.phash) == 16
    assert row.reader_version == VERSION
    assert max(Image.open(BytesIO(row.thumbnail)).size) == 256
    assert [word["text"] for word in row.words] == ["500", "grams"]
    assert min(row.fetch_ms, row.ocr_ms) >= 0
    assert datetime.now(UTC) - row.fetched_at < timedelta(minutes=1)


def test_every_link_is_one_row_with_its_status(server: ShopServer) -> None:
    expected = {
        server.url("/card.jpg"): Status.OK,
        server.url("/good.jpg"): Status.OK,
        server.url("/missing.jpg"): Status.HTTP_ERROR,
        server.url("/status?code=500"): Status.SERVER_ERROR,
        server.url("/reset.jpg"): Status.UNREACHABLE,
        server.url("/huge.jpg"): Status.TOO_LARGE,
        server.url("/html.jpg"): Status.NOT_AN_IMAGE,
        server.url("/empty.jpg"): Status.NOT_AN_IMAGE,
        server.url("/truncated.jpg"): Status.BROKEN_IMAGE,
        server.url("/pixel.jpg"): Status.TOO_SMALL,
        "ftp://example.com/a.jpg": Status.BAD_LINK,
        "": Status.NO_LINK,
    }
    asked = list(expected)
    rows = read(links(*asked[:5]), links(*asked[5:5]), links(*asked[5:]))
    assert dict(zip(rows["image_link"], rows["status"], strict=True)) == expected
    assert len(rows) == len(expected)
    assert all(rows["reason"].ne("") == rows["status"].ne("ok"))


def test_a_cell_of_several_links_is_one_row_that_says_so(server: ShopServer) -> None:
    cells = [
        f"{server.url(path)}, {server.url('/card.jpg')}" for path in ("/card.jpg", "/pixel.jpg")
    ]
    rows = read(links(*cells)).set_index("image_link").loc[cells]
    assert list(rows["status"]) == ["ok", "too_small"]
    assert list(rows["reason"]) == ["the first of 2 links", "the first of 2 links: 1 x 1 pixels"]


def test_a_page_that_leads_on_says_so_and_what_it_is(server: ShopServer) -> None:
    row = read(links(server.url("/wait.jpg"))).iloc[0]
    assert row.status == "not_an_image"
    assert row.reason.startswith("a page that leads on by Refresh, which is not followed: an HTML")


def test_that_nothing_is_new_is_believed_of_a_picture_read_before_and_of_no_other(
    server: ShopServer,
) -> None:
    asked = links(server.url("/status?code=304"))
    assert list(read(asked)["status"]) == ["http_error"]
    assert list(read(asked.assign(etag='"a"'))["status"]) == ["not_modified"]


def test_a_row_without_a_link_keeps_having_none() -> None:
    rows = read(links(None, float("nan")))  # type: ignore[arg-type]
    assert list(rows["status"]) == ["no_link", "no_link"]
    assert rows["image_link"].isna().all()


def test_a_link_asked_for_twice_is_two_rows(server: ShopServer) -> None:
    assert len(read(links(server.url("/good.jpg"), server.url("/good.jpg")))) == 2


def test_no_links_give_no_frames() -> None:
    frames = read_batches(
        iter([links()]),
        fetch_config=FETCH,
        image_config=ImageConfig(),
        ocr_config=OCR,
        domain=DOMAIN,
        reader_version=VERSION,
        isolation=IsolationConfig(),
    )
    assert list(frames) == []


def test_a_picture_that_fails_to_decode_keeps_what_is_known_of_it(server: ShopServer) -> None:
    row = read(links(server.url("/html.jpg"))).iloc[0]
    assert row.http_status == 200
    assert row.reason.startswith("an HTML page, 28 bytes that begin with")
    assert row.bytes > 0
    assert row.content_sha256
    assert row.words == []


def test_a_failure_that_passes_is_read_the_next_time(server: ShopServer) -> None:
    link = server.url("/flaky.jpg")
    statuses = [read(links(link, attempts=n)).iloc[0].status for n in range(2)]
    assert statuses == ["server_error", "ok"]


def test_text_too_small_to_read_is_said_to_be_so() -> None:
    image = Image.new("RGB", (600, 400), "white")
    font = ImageFont.truetype(str(Path(matplotlib.get_data_path(), "fonts/ttf/DejaVuSans.ttf")), 4)
    for line in range(12):
        place = (40 + line % 2 * 280, 30 + line // 2 * 60)
        ImageDraw.Draw(image).text(place, "Net weight 250 g", fill="black", font=font)
    with shop_server({"/small.png": encoded(image, "PNG")}) as shop:
        row = read(links(shop.url("/small.png"))).iloc[0]
    assert (row.status, row.words) == ("low_resolution", [])
    assert "pixels high" in row.reason
    assert row.thumbnail is not None


def test_frames_fit_the_schema_of_the_images_table(server: ShopServer) -> None:
    frame = read(links(server.url("/card.jpg"), server.url("/missing.jpg"), None))
    assert list(frame.columns) == list(schema.IMAGES.columns)
    kinds = {
        "string": pa.string(),
        "int": pa.int32(),
        "bigint": pa.int64(),
        "timestamp": pa.timestamp("us", "UTC"),
        "binary": pa.binary(),
        f"array<{schema.WORD}>": pa.list_(struct_of(schema.WORD)),
        f"array<{schema.STROKE}>": pa.list_(struct_of(schema.STROKE)),
    }
    fields = [pa.field(name, kinds[kind]) for name, kind in schema.IMAGES.columns.items()]
    table = pa.Table.from_pandas(frame, schema=pa.schema(fields), safe=True)
    rows = {row["image_link"]: row for row in table.to_pylist()}
    assert rows[server.url("/card.jpg")]["words"][0]["pass"] == "ppocr@0"  # noqa: S105
    assert rows[server.url("/missing.jpg")]["width"] is None


def test_the_reader_version_changes_with_what_changes_a_row_and_only_then() -> None:
    version = reader_version(OCR, ImageConfig(), DOMAIN)
    assert version == reader_version(OCR, ImageConfig(), DOMAIN)
    assert version == reader_version(
        OCR.model_copy(update={"timeout_s": 99.0}), ImageConfig(), DOMAIN
    )
    others = {
        reader_version(OCR.model_copy(update={"letter_px": 40.0}), ImageConfig(), DOMAIN),
        reader_version(OCR.model_copy(update={"skip": ()}), ImageConfig(), DOMAIN),
        reader_version(OCR, ImageConfig(thumbnail_px=128), DOMAIN),
    }
    assert len(others | {version}) == 4


def test_what_was_read_is_given_on_by_the_second_for_who_watches(server: ShopServer) -> None:
    missing = frames_of([f"/status?code=404&n={number}" for number in range(70)], server)
    assert (sum(missing), max(missing) <= 64) == (70, True)
    slow = frames_of([f"/slow.jpg?seconds=0.6&n={number}" for number in range(4)], server)
    assert (sum(slow), len(slow) > 1) == (4, True)
