"""A defect beside the pixels never loses a picture; a cut one is read as far as asked for."""

import io
import struct
import zlib
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image, ImageCms, PngImagePlugin

from entity_extract.config import ImageConfig, OcrConfig, load_config
from entity_extract.reading.decoding.opening import ImageRejected
from entity_extract.reading.images import decode, decoded
from entity_extract.reading.picture_row import PictureReader
from entity_extract.status import Status
from tests.server import encoded
from tests.unit.reading.cases import noise, written

CONFIG = ImageConfig()
LENIENT = ImageConfig(allow_truncated=True)
MIB = 2**20
CARD, _ = written("Net weight 500 g")


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def chunk(kind: bytes, body: bytes, crc: int | None = None) -> bytes:
    sound = zlib.crc32(kind + body) if crc is None else crc
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", sound)


def with_chunk(content: bytes, added: bytes, before: bytes = b"IDAT") -> bytes:
    at = content.index(before) - 4
    return content[:at] + added + content[at:]


def profile(size: int) -> bytes:
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return chunk(b"iCCP", b"big\0\0" + zlib.compress(srgb + bytes(size)))


def itxt(size: int) -> bytes:
    return chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + b"x" * size)


PNG = encoded(CARD, "PNG")


def with_pixels(change: Callable[[bytes], bytes]) -> bytes:
    at = PNG.index(b"IDAT")
    (length,) = struct.unpack_from(">I", PNG, at - 4)
    packed = change(PNG[at + 4 : at + 4 + length])
    return PNG[: at - 4] + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


PNGS: dict[str, bytes] = {
    "a profile over 1 MiB": with_chunk(PNG, profile(2 * MIB)),
    "XMP over 1 MiB": with_chunk(PNG, chunk(b"zTXt", b"xmp\0\0" + zlib.compress(bytes(2 * MIB)))),
    "iTXt over 1 MiB, compressed": with_chunk(
        PNG, chunk(b"iTXt", b"a\0\1\0\0\0" + zlib.compress(b"x" * 2 * MIB))
    ),
    "90 texts of 1 MiB": with_chunk(PNG, itxt(MIB - 100) * 90),
    "a text behind the pixels": with_chunk(
        PNG, chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(2 * MIB))), before=b"IEND"
    ),
    "a profile that is none": with_chunk(PNG, chunk(b"iCCP", b"x")),
    "a wrong sum beside the pixels": with_chunk(PNG, chunk(b"tEXt", b"Author\0me", crc=1)),
    "a wrong sum of the resolution": with_chunk(PNG, chunk(b"pHYs", bytes(9), crc=1)),
    "a wrong sum of the orientation": with_chunk(PNG, chunk(b"eXIf", b"II*\0", crc=1)),
    "a resolution cut short": with_chunk(PNG, chunk(b"pHYs", b"\0")),
    "an animation's header that is cut": with_chunk(PNG, chunk(b"acTL", b"\0")),
    "no end": PNG[: PNG.index(b"IEND") - 4],
    "a wrong sum of the pixels' chunk": PNG[: PNG.index(b"IEND") - 8] + b"abcd" + PNG[-12:],
    "a wrong sum of the unpacked pixels": with_pixels(lambda packed: packed[:-4] + b"abcd"),
    "no sum of the unpacked pixels": with_pixels(lambda packed: packed[:-4]),
    "something after its end": PNG + b"<!-- cached -->" * 9,
}


@pytest.mark.parametrize("what", PNGS)
def test_a_png_whose_pixels_are_whole_is_read(what: str) -> None:
    read = decoded(PNGS[what], CONFIG)
    assert read.image == CARD
    assert read.note == ""


def test_orientation_and_transparency_outlive_a_defect_beside_them() -> None:
    exif = Image.Exif()
    exif[274] = 6
    layer = Image.new("P", (64, 32), 1)
    layer.putpalette([255, 255, 255, 255, 0, 0])
    layer.paste(0, (0, 0, 32, 32))
    content = with_chunk(saved(layer, "PNG", exif=exif, transparency=0), itxt(2 * MIB))
    content = with_chunk(content, chunk(b"pHYs", b"\0"))
    image = decode(content, CONFIG)
    assert image.size == (32, 64)
    assert (image.getpixel((5, 5)), image.getpixel((5, 60))) == ((255, 255, 255), (255, 0, 0))


@pytest.mark.parametrize("kind", [b"IHDR", b"PLTE"])
def test_a_wrong_sum_of_what_makes_the_pixels_is_a_broken_picture(kind: bytes) -> None:
    content = bytearray(saved(CARD.convert("P"), "PNG"))
    at = content.index(kind)
    (length,) = struct.unpack_from(">I", content, at - 4)
    content[at + 4 + length] ^= 1
    content[at + 5] ^= 1
    assert status_of(bytes(content)) == Status.BROKEN_IMAGE


def status_of(content: bytes, config: ImageConfig = CONFIG) -> Status:
    with pytest.raises(ImageRejected) as caught:
        decode(content, config)
    return caught.value.status


PHOTO = noise(320, 240).resize((640, 480))
JPEGS: dict[str, dict[str, object]] = {
    "baseline": {},
    "progressive": {"progressive": True},
    "grey": {"mode": "L"},
    "CMYK": {"mode": "CMYK"},
    "restart markers": {"restart_marker_rows": 1},
}


def jpeg(what: str) -> bytes:
    options = dict(JPEGS[what])
    return saved(PHOTO.convert(str(options.pop("mode", "RGB"))), "JPEG", quality=60, **options)


ENDS: dict[str, Callable[[bytes], bytes]] = {
    "no end": lambda content: content[:-2],
    "half an end": lambda content: content[:-1],
    "zeros for an end": lambda content: content[:-2] + bytes(500),
    "a page for an end": lambda content: content[:-2] + b"<html>",
}


@pytest.mark.parametrize("what", JPEGS)
@pytest.mark.parametrize("end", ENDS)
def test_a_jpeg_without_its_end_is_read(what: str, end: str) -> None:
    whole = jpeg(what)
    read = decoded(ENDS[end](whole), CONFIG)
    assert read.image == decode(whole, CONFIG)
    assert read.note == ""


@pytest.mark.parametrize("what", JPEGS)
@pytest.mark.parametrize("share", [0.3, 0.6, 0.9, 0.99])
def test_a_jpeg_that_is_cut_is_broken_and_its_part_is_read_where_asked_for(
    what: str, share: float
) -> None:
    whole = jpeg(what)
    content = whole[: int(len(whole) * share)]
    assert status_of(content) == Status.BROKEN_IMAGE
    read = decoded(content, LENIENT)
    assert "cut short" in read.note
    assert read.image.size == PHOTO.size
    if what == "baseline":
        rows = int(PHOTO.height * share * 0.8)
        upper = (0, 0, PHOTO.width, rows)
        assert read.image.crop(upper) == decode(whole, CONFIG).crop(upper)


@pytest.mark.parametrize("spoilt", [b"\xff\xe2\0\x10MPF\0junkjunkju", b"\xff\xed\0\x09Photo\0\0"])
def test_a_jpeg_with_damaged_notes_is_read(spoilt: bytes) -> None:
    whole = jpeg("baseline")
    assert decode(whole[:2] + spoilt + whole[2:-2], CONFIG) == decode(whole, CONFIG)


@pytest.mark.parametrize("mode", ["RGB", "P", "L", "RGBA", "1"])
def test_of_a_cut_png_the_part_that_is_there_is_read(mode: str) -> None:
    whole = encoded(PHOTO.convert(mode), "PNG")
    content = whole[: len(whole) // 2]
    assert status_of(content) == Status.BROKEN_IMAGE
    read = decoded(content, LENIENT)
    upper = (0, 0, PHOTO.width, int(PHOTO.height * 0.4))
    assert "cut short" in read.note
    assert read.image.crop(upper) == decode(whole, CONFIG).crop(upper)


@pytest.mark.parametrize("kind", ["WEBP", "TIFF", "GIF"])
def test_a_cut_picture_of_which_nothing_can_be_had_stays_broken(kind: str) -> None:
    whole = encoded(PHOTO, kind)
    assert status_of(whole[: len(whole) // 2], LENIENT) == Status.BROKEN_IMAGE


def test_limits_hold_for_cut_pictures_too() -> None:
    small = ImageConfig(allow_truncated=True, max_pixels=1000)
    assert status_of(jpeg("baseline")[:9000], small) == Status.TOO_LARGE
    header = struct.pack(">IIBBBBB", 1500, 1500, 8, 6, 0, 0, 0)
    bomb = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0"))
    assert decoded(bomb, LENIENT).note
    huge = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 6, 0, 0, 0)
    assert status_of(bomb.replace(chunk(b"IHDR", header), chunk(b"IHDR", huge), 1), LENIENT)
    assert PngImagePlugin.MAX_TEXT_CHUNK == MIB  # nothing was changed for other threads


def test_the_row_of_a_cut_picture_says_so() -> None:
    image = noise(600, 900)
    image.paste(CARD)
    content = encoded(image, "PNG")
    reader = PictureReader(LENIENT, OcrConfig(), load_config().domain)
    row = reader.row(content[: len(content) * 2 // 3])
    assert "cut short" in str(row["reason"])
    assert "status" not in row
    assert "500" in [word["text"] for word in row["words"]]  # type: ignore[attr-defined]


@pytest.mark.parametrize("spoilt", ["WEBP", "TIFF", "GIF", "BMP"])
def test_a_file_with_something_after_its_end_is_read(spoilt: str) -> None:
    content = encoded(CARD, spoilt)
    image = decode(content + b"\r\n" * 20, CONFIG)
    assert np.array_equal(np.asarray(image), np.asarray(decode(content, CONFIG)))


@pytest.mark.parametrize("before", [b"\r\n", b"\xef\xbb\xbf", b"\xef\xbb\xbf\n\n  "])
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF"])
def test_what_a_script_prints_before_a_picture_is_passed_over(before: bytes, kind: str) -> None:
    content = encoded(CARD, kind)
    assert decode(before + content, CONFIG).tobytes() == decode(content, CONFIG).tobytes()


@pytest.mark.parametrize("length", [0, 12, 2**31])
def test_a_webp_that_tells_a_wrong_length_is_read(length: int) -> None:
    content = encoded(CARD, "WEBP")
    told = content[:4] + struct.pack("<I", length) + content[8:]
    assert decode(told, CONFIG).tobytes() == decode(content, CONFIG).tobytes()
