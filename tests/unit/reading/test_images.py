"""Encoded bytes become upright RGB pixels or a status."""

import struct
import zlib
from io import BytesIO

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from entity_extract.config import ImageConfig
from entity_extract.reading.decoding.formats import FORMATS
from entity_extract.reading.decoding.opening import ImageRejected
from entity_extract.reading.images import decode, perceptual_hash, thumbnail
from entity_extract.status import Status
from tests.server import encoded

CONFIG = ImageConfig()
WRITTEN = [kind for kind in FORMATS if kind != "HEIF"]  # whose library reads only
RED, WHITE = (255, 0, 0), (255, 255, 255)


def red_corner(size: tuple[int, int] = (40, 20)) -> Image.Image:
    """White, its top left quarter red: tells which way up it is."""
    image = Image.new("RGB", size, WHITE)
    image.paste(RED, (0, 0, size[0] // 2, size[1] // 2))
    return image


def near(pixel: float | tuple[int, ...] | None, colour: tuple[int, int, int]) -> bool:
    assert isinstance(pixel, tuple)
    return all(abs(one - other) < 12 for one, other in zip(pixel, colour, strict=True))


def rejected(content: bytes, config: ImageConfig = CONFIG) -> Status:
    with pytest.raises(ImageRejected) as caught:
        decode(content, config)
    assert caught.value.reason
    return caught.value.status


def png_header(width: int, height: int) -> bytes:
    """A PNG that claims its size and holds next to no pixels."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        crc = struct.pack(">I", zlib.crc32(kind + body))
        return struct.pack(">I", len(body)) + kind + body + crc

    ihdr = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + ihdr + chunk(b"IDAT", zlib.compress(b"\0")) + chunk(b"IEND", b"")


@pytest.mark.parametrize("kind", WRITTEN)
def test_each_allowed_format_becomes_rgb(kind: str) -> None:
    image = decode(encoded(red_corner((64, 48)), kind), CONFIG)
    assert (image.mode, image.size) == ("RGB", (64, 48))
    assert near(image.getpixel((10, 10)), RED)
    assert near(image.getpixel((50, 40)), WHITE)


@pytest.mark.parametrize("kind", ["PPM", "ICO", "TGA", "EPS", "PDF"])
def test_formats_that_are_not_allowed_are_not_images(kind: str) -> None:
    assert rejected(encoded(red_corner(), kind)) == Status.NOT_AN_IMAGE


@pytest.mark.parametrize(
    "content", [b"", b"<!doctype html><p>Robot?</p>", b'{"error": 1}', b"\0" * 99]
)
def test_what_is_no_picture_is_not_an_image(content: bytes) -> None:
    assert rejected(content) == Status.NOT_AN_IMAGE


@pytest.mark.parametrize("kind", WRITTEN)
@pytest.mark.parametrize("part", [0.02, 0.5, 0.9])
def test_a_truncated_picture_is_broken(kind: str, part: float) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (60, 80, 3), dtype=np.uint8)
    content = encoded(Image.fromarray(noise), kind)
    assert rejected(content[: max(int(len(content) * part), 12)]) == Status.BROKEN_IMAGE


def test_a_picture_with_a_corrupt_part_in_its_middle_is_broken() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (300, 300, 3), dtype=np.uint8)
    content = encoded(Image.fromarray(noise), "PNG")  # its pixels lie in several IDAT chunks
    second = content.index(b"IDAT", content.index(b"IDAT") + 4)
    spoilt = content[:second] + b"\1\2\3\4" + content[second + 4 :]
    assert rejected(spoilt) == Status.BROKEN_IMAGE


def test_the_number_of_pixels_is_checked_in_the_header_before_any_is_decoded() -> None:
    assert rejected(png_header(8000, 8000)) == Status.TOO_LARGE


def test_a_picture_larger_than_pillow_would_warn_of_is_taken_where_the_key_allows_it() -> None:
    generous = ImageConfig(max_pixels=200_000_000)
    assert rejected(png_header(19_000, 10_000), generous) == Status.BROKEN_IMAGE  # no pixels there
    assert rejected(png_header(20_001, 10_000), generous) == Status.TOO_LARGE
    assert rejected(png_header(60_000, 60_000), generous) == Status.TOO_LARGE
    assert rejected(png_header(60_000, 60_000)) == Status.TOO_LARGE


def test_a_hundred_megapixels_are_decoded_where_the_key_allows_it() -> None:
    content = encoded(Image.new("1", (10_000, 10_000), 1), "PNG")
    assert rejected(content) == Status.TOO_LARGE
    assert decode(content, ImageConfig(max_pixels=100_000_000)).size == (10_000, 10_000)


def test_as_many_pixels_as_allowed_are_taken() -> None:
    content = encoded(red_corner((40, 20)), "PNG")
    assert decode(content, ImageConfig(max_pixels=800)).size == (40, 20)
    assert rejected(content, ImageConfig(max_pixels=799)) == Status.TOO_LARGE


@pytest.mark.parametrize("size", [(1, 1), (7, 500), (500, 7)])
def test_a_picture_too_small_for_a_letter_is_too_small(size: tuple[int, int]) -> None:
    assert rejected(encoded(Image.new("RGB", size), "PNG")) == Status.TOO_SMALL


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_is_turned_upright_as_its_exif_says(orientation: int) -> None:
    stored_as = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    upright = red_corner((64, 32))
    stored = upright.transpose(stored_as[orientation]) if orientation > 1 else upright
    exif = Image.Exif()
    exif[274] = orientation
    buffer = BytesIO()
    stored.save(buffer, "JPEG", exif=exif, quality=95)
    image = decode(buffer.getvalue(), CONFIG)
    assert image.size == (64, 32)
    assert near(image.getpixel((8, 4)), RED)
    assert near(image.getpixel((56, 28)), WHITE)


def test_an_orientation_that_exif_does_not_define_is_left_alone() -> None:
    exif = Image.Exif()
    exif[274] = 42
    buffer = BytesIO()
    red_corner().save(buffer, "JPEG", exif=exif)
    assert decode(buffer.getvalue(), CONFIG).size == (40, 20)


def test_corrupt_exif_does_not_cost_the_picture() -> None:
    content = encoded(red_corner(), "JPEG")
    app1 = b"Exif\0\0" + b"II*\0\xff\xff\xff\xff" + b"\xff" * 20
    spoilt = content[:2] + b"\xff\xe1" + struct.pack(">H", len(app1) + 2) + app1 + content[2:]
    assert decode(spoilt, CONFIG).size == (40, 20)


def test_transparency_is_laid_over_white() -> None:
    layer = Image.new("RGBA", (20, 20), (0, 0, 0, 0))
    layer.paste((0, 0, 0, 128), (10, 0, 20, 20))
    image = decode(encoded(layer, "PNG"), CONFIG)
    assert near(image.getpixel((2, 2)), WHITE)
    assert near(image.getpixel((15, 2)), (127, 127, 127))


def test_a_palette_with_a_transparent_colour_is_laid_over_white() -> None:
    palette = red_corner().convert("P", palette=Image.Palette.ADAPTIVE, colors=4)
    buffer = BytesIO()
    palette.save(buffer, "PNG", transparency=palette.getpixel((39, 19)))
    image = decode(buffer.getvalue(), CONFIG)
    assert near(image.getpixel((2, 2)), RED)
    assert near(image.getpixel((35, 15)), WHITE)


def test_grey_with_alpha_is_laid_over_white() -> None:
    layer = Image.new("LA", (20, 20), (0, 0))
    assert near(decode(encoded(layer, "PNG"), CONFIG).getpixel((5, 5)), WHITE)


def test_cmyk_keeps_its_colours() -> None:
    image = decode(encoded(red_corner((64, 48)).convert("CMYK"), "JPEG"), CONFIG)
    assert near(image.getpixel((8, 8)), RED)
    assert near(image.getpixel((60, 44)), WHITE)


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_sixteen_bit_grey_keeps_its_middle(kind: str) -> None:
    ramp = np.full((16, 32), 32768, dtype=np.uint16)
    ramp[:, :10], ramp[:, 22:] = 0, 65535
    image = decode(encoded(Image.fromarray(ramp), kind), CONFIG)
    assert [image.getpixel((x, 8))[0] for x in (2, 16, 30)] == [0, 127, 255]  # type: ignore[index]


def test_one_bit_black_and_white_is_read() -> None:
    image = decode(encoded(red_corner().convert("1"), "TIFF"), CONFIG)
    assert near(image.getpixel((35, 15)), WHITE)


def test_only_the_first_frame_of_an_animation_counts() -> None:
    buffer = BytesIO()
    second = Image.new("RGB", (40, 20), "blue")
    red_corner().save(buffer, "GIF", save_all=True, append_images=[second])
    assert near(decode(buffer.getvalue(), CONFIG).getpixel((5, 5)), RED)


@pytest.mark.parametrize("size", [(4000, 100), (20_000, 20), (300, 200), (64, 48)])
def test_a_thumbnail_is_a_jpeg_no_larger_than_asked_and_never_enlarged(
    size: tuple[int, int],
) -> None:
    small = Image.open(BytesIO(thumbnail(red_corner(size), CONFIG)))
    assert small.format == "JPEG"
    assert max(small.size) == min(max(size), CONFIG.thumbnail_px)


def drawing(seed: int) -> Image.Image:
    rng = np.random.default_rng(seed)
    image = Image.new("RGB", (400, 300), "white")
    for _ in range(12):
        left, top = (int(x) for x in rng.integers(0, 250, 2))
        box = (left, top, left + 20 + int(rng.integers(120)), top + 20 + int(rng.integers(120)))
        ImageDraw.Draw(image).rectangle(box, fill=tuple(int(c) for c in rng.integers(0, 256, 3)))
    return image


def test_a_perceptual_hash_knows_a_picture_again_and_tells_others_apart() -> None:
    def bits_apart(one: Image.Image, other: Image.Image) -> int:
        return (int(perceptual_hash(one), 16) ^ int(perceptual_hash(other), 16)).bit_count()

    same = decode(encoded(drawing(0).resize((250, 190)), "JPEG"), CONFIG)
    assert len(perceptual_hash(drawing(0))) == 16
    assert bits_apart(drawing(0), same) <= 4
    assert bits_apart(drawing(0), drawing(1)) >= 12


GOOD = {kind: encoded(drawing(3).resize((48, 36)), kind) for kind in ("JPEG", "PNG", "GIF", "TIFF")}


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(sorted(GOOD)),
    st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), min_size=1, max_size=8),
)
def test_any_corruption_is_either_decoded_or_rejected(
    kind: str, edits: list[tuple[int, int]]
) -> None:
    content = bytearray(GOOD[kind])
    for place, value in edits:
        content[place % len(content)] = value
    try:
        image = decode(bytes(content), ImageConfig(max_pixels=10**6))
    except ImageRejected:
        return
    assert image.mode == "RGB"


@given(st.binary(max_size=400))
def test_bytes_at_random_are_rejected(content: bytes) -> None:
    with pytest.raises(ImageRejected):
        decode(content, CONFIG)
