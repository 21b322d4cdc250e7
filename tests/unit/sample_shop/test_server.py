"""The sample's server, asked over real connections."""

import http.client
import io
import socket
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from entity_extract.sample_shop.broken import HUGE_PX
from entity_extract.sample_shop.server import serve


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A shop with one picture, and a file beside it that must stay private."""
    shop = tmp_path / "shop"
    (shop / "images").mkdir(parents=True)
    Image.new("RGB", (40, 30), "red").save(shop / "images" / "a.webp")
    (tmp_path / "secret.txt").write_text("private")
    return shop


@pytest.fixture
def base_url(folder: Path) -> Iterator[str]:
    with serve(folder) as url:
        yield url


def get(url: str, timeout: float = 5) -> tuple[str, bytes]:
    with urllib.request.urlopen(url, timeout=timeout) as answer:
        return answer.headers["Content-Type"], answer.read()


def test_a_file_of_the_folder_is_served_with_its_type(base_url: str) -> None:
    content_type, content = get(f"{base_url}/images/a.webp")
    assert content_type == "image/webp"
    assert Image.open(io.BytesIO(content)).size == (40, 30)


@pytest.mark.parametrize("path", ["/missing/1.jpg", "/images/none.jpg", "/images/", "/"])
def test_what_is_not_there_is_a_404(base_url: str, path: str) -> None:
    with pytest.raises(urllib.error.HTTPError, match="404"):
        get(base_url + path)


@pytest.mark.parametrize(
    "path", ["/../secret.txt", "/images/../../secret.txt", "/%2e%2e/secret.txt", "/out/secret.txt"]
)
def test_no_path_leaves_the_folder(folder: Path, base_url: str, path: str) -> None:
    (folder / "out").symlink_to(folder.parent)
    connection = http.client.HTTPConnection(base_url.removeprefix("http://"), timeout=5)
    connection.request("GET", path)  # http.client sends the path as it stands
    assert connection.getresponse().status == 404
    connection.close()


def test_a_truncated_jpeg_opens_and_fails_to_decode(base_url: str) -> None:
    content_type, content = get(f"{base_url}/truncated/1.jpg")
    image = Image.open(io.BytesIO(content))
    assert (content_type, image.format) == ("image/jpeg", "JPEG")
    with pytest.raises(OSError, match="truncated"):
        image.load()


def test_a_page_claims_to_be_a_jpeg(base_url: str) -> None:
    content_type, content = get(f"{base_url}/html/1.jpg")
    assert content_type == "image/jpeg"
    assert content.startswith(b"<!doctype html>")


def test_the_pixel_is_one_pixel(base_url: str) -> None:
    assert Image.open(io.BytesIO(get(f"{base_url}/pixel/1.png")[1])).size == (1, 1)


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_the_huge_picture_is_small_in_bytes(base_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    content = get(f"{base_url}/huge/1.png")[1]
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1 << 26)  # some Pillow of somebody else's
    with pytest.raises(Image.DecompressionBombError):
        Image.open(io.BytesIO(content))
    assert len(content) < 200_000
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", None)
    assert Image.open(io.BytesIO(content)).size == (HUGE_PX, HUGE_PX)


def test_a_slow_link_keeps_dripping_past_a_read_timeout(base_url: str) -> None:
    host = base_url.removeprefix("http://")
    connection = http.client.HTTPConnection(host, timeout=2)
    connection.request("GET", "/slow/1.jpg")
    answer = connection.getresponse()
    assert answer.status == 200
    assert answer.read(2) == b"\xff\xff"  # two drips, each within the timeout: it never fires
    connection.close()


def test_a_silent_link_answers_nothing(base_url: str) -> None:
    with pytest.raises(TimeoutError):
        get(f"{base_url}/silent/1.jpg", timeout=0.5)


@pytest.mark.parametrize("path", ["/slow/1.jpg", "/silent/1.jpg"])
def test_a_hanging_request_ends_when_the_server_stops(folder: Path, path: str) -> None:
    ended = threading.Event()

    def ask(url: str) -> None:
        try:
            get(url, timeout=30)
        except (OSError, http.client.HTTPException):
            ended.set()  # cut off: IncompleteRead, or no answer at all

    with serve(folder) as url:
        client = threading.Thread(target=ask, args=(url + path,))
        client.start()
        time.sleep(0.4)
        assert not ended.is_set()
    assert ended.wait(5)
    client.join()


def test_the_port_is_free_again_after_the_block(folder: Path) -> None:
    with serve(folder) as url:
        port = int(url.rpartition(":")[2])
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=2)
    with serve(folder, port=port) as again:
        assert get(f"{again}/images/a.webp")[0] == "image/webp"


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotADirectoryError, match="nowhere"), serve(tmp_path / "nowhere"):
        pass
