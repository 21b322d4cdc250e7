"""Formats beyond Pillow's own, and what is said of those that are not read."""

import base64
import io

import numpy as np
import pytest
from PIL import Image

from entity_extract.config import ImageConfig, OcrConfig, load_config
from entity_extract.reading.decoding.formats import FORMATS, how_to_read
from entity_extract.reading.decoding.opening import ImageRejected
from entity_extract.reading.engines import reader_for
from entity_extract.reading.images import decode
from entity_extract.status import Status
from tests.server import encoded
from tests.unit.reading.cases import written

CONFIG = ImageConfig()
# White, 64 x 48, its top left quarter red; made with pillow-heif, as pi-heif only reads.
HEIC = base64.b64decode(
    "AAAAHGZ0eXBoZWljAAAAAG1pZjFoZWljbWlhZgAAAX1tZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAAAAAA"
    "AAAAAAAAACJpbG9jAAAAAERAAAEAAQAAAAABoQABAAAAAAAAAFIAAAAjaWluZgAAAAAAAQAAABVpbmZlAgAAAAABAABo"
    "dmMxAAAAAA5waXRtAAAAAAABAAAA/WlwcnAAAADdaXBjbwAAAHZodmNDAQNwAAAAkAAAAAAAHvAA/P34+AAADwNgAAEA"
    "GEABDAH//wNwAAADAJAAAAMAAAMAHroCQGEAAQAqQgEBA3AAAAMAkAAAAwAAAwAeoCCBBZbq5Ka5uAhoMCAAAAMDIAAA"
    "AwAhYgABAAZEAcFzwIkAAAATY29scm5jbHgAAQANAAaAAAAAFGlzcGUAAAAAAAAAQAAAAEAAAAAoY2xhcAAAAEAAAAAB"
    "AAAAMAAAAAEAAAAAAAAAAv////AAAAACAAAAEHBpeGkAAAAAAwgICAAAABhpcG1hAAAAAAAAAAEAAQWBAgMFhAAAAFpt"
    "ZGF0AAAATigBrwngIzhH/+Cff/3+Gh9pDbxVd+U3lb1Hiu16P/i3ZT5T133Guw/zro/Hpi5/9rXKF1jib/+W+g+4vhZD"
    "aRF4QXF28dJ9YudCw+3IRw=="
)
CARD, _ = written("Net weight 500 g")


def refused(content: bytes, config: ImageConfig = CONFIG) -> tuple[Status, str]:
    with pytest.raises(ImageRejected) as caught:
        decode(content, config)
    return caught.value.status, caught.value.reason


def test_heic_is_read() -> None:
    image = decode(HEIC, CONFIG)
    assert image.size == (64, 48)
    assert np.abs(np.array(image.getpixel((8, 8))) - (255, 0, 0)).max() < 40
    assert min(np.array(image.getpixel((50, 40)))) > 240
    assert refused(HEIC, ImageConfig(max_pixels=1000))[0] == Status.TOO_LARGE
    assert refused(HEIC[:300])[0] == Status.BROKEN_IMAGE
    assert refused(HEIC[:-40])[0] == Status.BROKEN_IMAGE


@pytest.mark.parametrize("mode", ["RGB", "L", "RGBA"])
def test_jpeg_xl_is_read(mode: str) -> None:
    content = encoded(CARD.convert(mode), "JXL")
    image = decode(content, CONFIG)
    assert np.abs(np.asarray(image, dtype=int) - np.asarray(CARD, dtype=int)).mean() < 5


@pytest.mark.parametrize("size", [(8, 9), (256, 256), (600, 300), (3000, 20), (20, 9000)])
def test_the_size_of_a_jpeg_xl_is_checked_before_it_is_decoded(size: tuple[int, int]) -> None:
    content = encoded(Image.new("RGB", size), "JXL")
    pixels = size[0] * size[1]
    assert decode(content, ImageConfig(max_pixels=pixels)).size == size
    status, reason = refused(content, ImageConfig(max_pixels=pixels - 1))
    assert status == Status.TOO_LARGE
    assert reason.startswith(f"{size[0]} x {size[1]} ")


def test_a_jpeg_packed_as_jpeg_xl_is_read() -> None:
    buffer = io.BytesIO()
    jpeg = io.BytesIO(encoded(CARD))
    Image.open(jpeg).save(buffer, "JXL", lossless_jpeg=True)
    assert np.asarray(decode(buffer.getvalue(), CONFIG)).min() < 50
    assert refused(buffer.getvalue(), ImageConfig(max_pixels=1000))[0] == Status.TOO_LARGE
    assert refused(buffer.getvalue()[:60])[0] == Status.BROKEN_IMAGE


TEXT = '<text x="20" y="60" font-size="24">Net weight 500 g</text>'


def svg(inside: str = TEXT, size: str = 'width="400" height="200"') -> bytes:
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}>{inside}</svg>'.encode()


@pytest.mark.parametrize(
    "content",
    [
        svg(),
        svg(size='viewBox="0 0 400 200"'),
        svg(size="width='10cm' height='5cm' viewBox='0 0 400 200'"),
        b'\xef\xbb\xbf<?xml version="1.0"?>\n<!-- made by hand -->\n' + svg(),
        svg().decode().encode("utf-16"),
        svg(
            TEXT.replace("<text", '<rect width="400" height="200" fill="navy"/><text fill="white"')
        ),
        svg(TEXT.replace("<text", '<text fill="white"')),
    ],
)
def test_an_svg_is_drawn_with_its_letters(content: bytes) -> None:
    image = decode(content, CONFIG)
    assert image.size == (1600, 800)
    words = reader_for(OcrConfig(), load_config().domain).read(image)
    assert {"Net", "weight", "500"} <= {word.text for word in words}


def test_an_svg_reads_no_file_and_asks_for_nothing(tmp_path: object) -> None:
    secret = f"{tmp_path}/secret.png"
    Image.new("RGB", (200, 200), "red").save(secret)
    for link in (secret, f"file://{secret}", "&#47;" + secret[1:], "http://127.0.0.1:9/a.png"):
        for name in ("href", "xlink:href"):
            image = f'<image {name}="{link}" width="200" height="200"/>'
            space = 'xmlns:xlink="http://www.w3.org/1999/xlink" width="400" height="200"'
            drawn = decode(svg(image, space), CONFIG)
            assert drawn.getpixel((100, 100)) == (255, 255, 255)
    hidden = f"<!DOCTYPE svg [<!ENTITY e \"<image &#104;ref='{secret}' width='9'/>\">]>".encode()
    assert refused(hidden + svg("&e;"))[0] == Status.BROKEN_IMAGE


def test_a_picture_within_an_svg_is_drawn() -> None:
    link = "data:image/png;base64," + base64.b64encode(encoded(CARD, "PNG")).decode()
    drawn = decode(svg(f'<image href="{link}" width="600" height="300"/>'), CONFIG)
    assert np.asarray(drawn).min() < 50


@pytest.mark.parametrize("size", ['width="100000" height="100000"', 'viewBox="0 0 1 1000000"'])
def test_an_svg_as_large_as_a_field_is_not_drawn(size: str) -> None:
    assert refused(svg(size=size))[0] in (Status.TOO_LARGE, Status.TOO_SMALL)


@pytest.mark.parametrize("content", [b"<svg", svg()[:-20], svg('<rect width="1"')])
def test_an_svg_that_is_cut_is_broken(content: bytes) -> None:
    assert refused(content + b" " * 9)[0] in (Status.BROKEN_IMAGE, Status.NOT_AN_IMAGE)


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"%PDF-1.7\n", "PDF"),
        (b"8BPS\0\1", "PSD"),
        (b"\0\0\0\x0cjP  \r\n\x87\n", "JPEG 2000"),
        (b"\xff\x4f\xff\x51\0", "JPEG 2000"),
        (encoded(CARD.resize((64, 64)), "ICO"), "ICO"),
        (encoded(CARD, "TGA") + bytes(8) + b"TRUEVISION-XFILE.\0", "TGA"),
        (b"\0\0\0\x20ftypisom\0\0\2\0isomiso2", "MP4 video"),
        (b"\x1a\x45\xdf\xa3\x01", "WebM"),
        (b"RIFF\0\0\0\0AVI LIST", "AVI video"),
        (b"\n\n<!DOCTYPE html><html>Not found", "an HTML page"),
        (b"\xef\xbb\xbf<!-- x --><HTML lang=en>", "an HTML page"),
        (b"\xef\xbb\xbf\n<!DOCTYPE html><p>Robot?", "an HTML page"),
        (b'{"error": "not found"}', "JSON"),
        (b'<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>', "XML"),
        (b"\x1f\x8b\x08\0", "gzip"),
        (b"PK\3\4\x14", "ZIP"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\4CgBI\x50\0\x20\x02", "CgBI"),
        (b"%!PS-Adobe-3.0 EPSF", "PostScript"),
        (bytes(128) + b"DICM", "DICOM"),
    ],
)
def test_the_reason_names_what_the_bytes_are(content: bytes, name: str) -> None:
    status, reason = refused(content)
    assert status == Status.NOT_AN_IMAGE
    assert reason.startswith(name)


def test_a_format_of_the_extra_comes_with_the_command_that_helps() -> None:
    for name in ("HEIF", "JXL", "SVG"):
        assert how_to_read(name) == ""  # installed for the tests
    assert {"HEIF", "JXL"} <= set(FORMATS)
