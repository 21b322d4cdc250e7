"""Pixels of every kind come out so that print can be told from ground."""

import io
import struct

import numpy as np
import pytest
from PIL import Image, ImageCms, ImageDraw

from entity_extract.config import ImageConfig
from entity_extract.reading.images import decode
from tests.server import encoded
from tests.unit.reading.cases import font, written

CONFIG = ImageConfig()
BLACK, RED, WHITE = (0, 0, 0), (255, 0, 0), (255, 255, 255)


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def pixel(content: bytes, x: int, y: int) -> tuple[int, ...]:
    value = decode(content, CONFIG).getpixel((x, y))
    assert isinstance(value, tuple)
    return tuple(int(level) for level in value)


def same(one: Image.Image, other: Image.Image) -> bool:
    return np.array_equal(np.asarray(one), np.asarray(other))


def halves(left: float, right: float, kind: type[np.generic] = np.uint16) -> np.ndarray:
    values = np.full((40, 60), left, dtype=kind)
    values[:, 30:] = right
    return values


@pytest.mark.parametrize("bits", [9, 10, 12, 14, 16])
@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_fewer_bits_in_sixteen_are_as_light_as_they_were_meant(bits: int, kind: str) -> None:
    content = encoded(Image.fromarray(halves(0, 2**bits - 1)), kind)
    assert (pixel(content, 5, 5), pixel(content, 50, 5)) == (BLACK, WHITE)


@pytest.mark.parametrize(
    ("left", "right"),
    [(0.0, 1.0), (0.0, 0.01), (-3.0, -1.0), (1000.0, 90_000.0), (np.nan, 7.0), (0.0, np.inf)],
)
def test_fractions_are_scaled_by_what_is_there(left: float, right: float) -> None:
    values = halves(left, right, np.float32)
    values[:10] = 0.0 if np.isnan(left) else left
    values[-10:] = 1.0 if np.isinf(right) else right
    content = encoded(Image.fromarray(values), "TIFF")
    assert (pixel(content, 5, 5), pixel(content, 50, 35)) == (BLACK, WHITE)


def png16(values: np.ndarray) -> bytes:
    """(height, width, 3) uint16 as a PNG of 16 bits a channel."""
    import zlib

    def chunk(kind: bytes, body: bytes) -> bytes:
        end = struct.pack(">I", zlib.crc32(kind + body))
        return struct.pack(">I", len(body)) + kind + body + end

    height, width, _ = values.shape
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
    header = struct.pack(">IIBBBBB", width, height, 16, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*each) for each in chunks)


@pytest.mark.parametrize("bits", [12, 16])
def test_colours_of_sixteen_bits_are_read(bits: int) -> None:
    values = np.zeros((40, 60, 3), dtype=np.uint16)
    values[:, 30:] = 2**bits - 1
    values[:, :10, 0] = 2**bits - 1
    content = png16(values)
    assert [pixel(content, x, 5) for x in (5, 20, 50)] == [RED, BLACK, WHITE]


def test_a_dark_picture_of_eight_bits_is_left_dark() -> None:
    assert pixel(encoded(Image.new("RGB", (40, 40), (20, 20, 20)), "PNG"), 5, 5) == (20, 20, 20)


@pytest.mark.parametrize("mode", ["1", "L"])
def test_tiff_in_which_white_is_zero(mode: str) -> None:
    image = Image.new("L", (60, 40), 0)
    image.paste(255, (30, 0, 60, 40))
    content = saved(image.convert(mode), "TIFF", tiffinfo={262: 0})
    assert decode(content, CONFIG).getpixel((5, 5)) != decode(content, CONFIG).getpixel((50, 5))
    deep = saved(Image.fromarray(halves(0, 65535)), "TIFF", tiffinfo={262: 0})
    assert (pixel(deep, 5, 5), pixel(deep, 50, 5)) == (WHITE, BLACK)


def layer(fill: str, **more: str) -> Image.Image:
    image = Image.new("RGBA", (400, 200), (0, 0, 0, 0))
    ImageDraw.Draw(image).text((40, 60), "500 g", fill=fill, font=font(60))
    for place, colour in zip([(20, 150, 380, 170)], more.values(), strict=False):
        ImageDraw.Draw(image).rectangle(place, fill=colour)
    return image


def contrast(content: bytes) -> float:
    """Between the letters and what they stand on."""
    grey = np.asarray(decode(content, CONFIG).convert("L"), dtype=int)[50:140]
    return float(np.abs(grey - grey[0, 0]).max())


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("fill", ["white", "#f0f0f0", "black", "red", "yellow", "#808080"])
def test_print_on_transparency_can_be_seen_whatever_its_colour(kind: str, fill: str) -> None:
    options = {"lossless": True} if kind == "WEBP" else {}
    assert contrast(saved(layer(fill), kind, **options)) > 60


@pytest.mark.parametrize(("fill", "bar"), [("white", "black"), ("black", "white")])
def test_print_beside_its_opposite_can_be_seen(fill: str, bar: str) -> None:
    assert contrast(encoded(layer(fill, bar=bar), "PNG")) > 100


@pytest.mark.parametrize("mode", ["LA", "PA", "P"])
def test_white_print_in_other_kinds_of_transparency(mode: str) -> None:
    image = layer("white")
    if mode == "LA":
        content = encoded(image.convert("LA"), "PNG")
    else:
        palette = Image.new("P", image.size, 0)
        palette.putpalette([0, 0, 0, 255, 255, 255])
        palette.paste(1, mask=image.getchannel("A").point(lambda level: 255 * (level > 127)))
        content = saved(palette, "PNG" if mode == "PA" else "GIF", transparency=0)
    assert contrast(content) > 200


def test_dark_print_and_photos_keep_white_as_their_ground() -> None:
    image = Image.new("RGBA", (200, 200), (0, 0, 0, 0))
    image.paste((90, 60, 30, 255), (50, 50, 150, 150))
    assert pixel(encoded(image, "PNG"), 5, 5) == WHITE


def test_a_mask_that_hides_everything_is_not_believed() -> None:
    image = written("Net weight 500 g")[0].convert("RGBA")
    image.putalpha(0)
    assert same(decode(encoded(image, "PNG"), CONFIG), image.convert("RGB"))
    nothing = Image.new("RGBA", (40, 40), (0, 0, 0, 0))
    assert pixel(encoded(nothing, "PNG"), 5, 5) == WHITE


def frames(kind: str, *pages: Image.Image, **options: object) -> bytes:
    first, *rest = pages
    return saved(first, kind, save_all=True, append_images=rest, **options)


CARD, _ = written("Net weight 500 g")
OTHER, _ = written("Net weight 900 g")


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG", "TIFF", "AVIF"])
@pytest.mark.parametrize("ground", ["white", "black", "#fafafa"])
def test_blank_frames_are_passed_over(kind: str, ground: str) -> None:
    blank = Image.new("RGB", CARD.size, ground)
    content = frames(kind, blank, blank.copy(), CARD, OTHER)
    difference = np.abs(
        np.asarray(decode(content, CONFIG), dtype=int) - np.asarray(CARD, dtype=int)
    )
    assert difference.mean() < 3


def test_a_first_frame_that_shows_something_is_taken_and_blank_ones_are_not_sought_for_ever() -> (
    None
):
    assert np.asarray(decode(frames("GIF", CARD, OTHER), CONFIG)).min() < 50
    blank = Image.new("RGB", CARD.size, "white")
    late = frames("TIFF", *[blank] * 40, CARD)
    assert np.asarray(decode(late, CONFIG)).min() == 255


def test_pages_beyond_the_limit_are_passed_over() -> None:
    large = Image.new("RGB", (4000, 4000), "red")
    content = frames("TIFF", Image.new("RGB", (600, 300), "white"), large, CARD)
    assert same(decode(content, ImageConfig(max_pixels=10_000_000)), CARD)


def test_cmyk_and_ycck_with_adobes_mark_keep_their_colours() -> None:
    ink = Image.new("CMYK", (64, 48), (0, 255, 255, 0))
    assert pixel(saved(ink, "JPEG", quality=95), 5, 5)[0] > 240
    luma = Image.new("RGB", (64, 48), (0, 255, 255)).convert("YCbCr")  # the inks that give red
    bands = [*luma.split(), Image.new("L", (64, 48), 255)]
    inverted = [band.point(lambda level: 255 - level) for band in bands]
    content = bytearray(saved(Image.merge("CMYK", inverted), "JPEG", quality=95))
    at = content.index(b"Adobe")
    content[at + 11] = 2
    value = pixel(bytes(content), 5, 5)
    assert value[0] > 230
    assert max(value[1:]) < 30


def test_a_wide_gamut_profile_does_not_cost_the_print() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    assert same(decode(saved(CARD, "PNG", icc_profile=profile), CONFIG), CARD)


def test_a_picture_of_indexed_colours_with_few_bits() -> None:
    palette = CARD.convert("P", palette=Image.Palette.ADAPTIVE, colors=2)
    assert np.asarray(decode(saved(palette, "PNG", bits=1), CONFIG)).min() < 99
