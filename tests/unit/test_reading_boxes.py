"""Boxes of a turned and scaled page lie where the picture has them."""

from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from entity_extract.reading.boxes import Box, Turn, upright_box

# Clockwise turn of the letters -> Pillow's name for turning the picture back.
TURNED_BACK = {
    0: None,
    90: Image.Transpose.ROTATE_90,
    180: Image.Transpose.ROTATE_180,
    270: Image.Transpose.ROTATE_270,
}


def page_of(image: Image.Image, angle: int, scale: int) -> tuple[Image.Image, Turn]:
    scaled = image.resize((image.width * scale, image.height * scale), Image.Resampling.NEAREST)
    turn = Turn(angle=angle, page=scaled.size, image=image.size)
    back = TURNED_BACK[angle]
    return (scaled if back is None else scaled.transpose(back)), turn


@given(
    st.sampled_from(sorted(TURNED_BACK)),
    st.integers(1, 3),
    st.tuples(st.integers(0, 30), st.integers(0, 20), st.integers(1, 10), st.integers(1, 10)),
)
def test_a_mark_is_found_where_it_was_drawn(
    angle: int, scale: int, drawn: tuple[int, int, int, int]
) -> None:
    left, top, width, height = drawn
    image = Image.new("L", (40, 30))
    image.paste(255, (left, top, left + width, top + height))
    page, turn = page_of(image, angle, scale)
    x0, y0, x1, y1 = page.getbbox() or (0, 0, 0, 0)
    assert upright_box(Box(x0, y0, x1 - x0, y1 - y0), turn) == drawn


@given(
    st.sampled_from(sorted(TURNED_BACK)),
    st.tuples(*[st.integers(-5, 3000)] * 4),
    st.tuples(st.integers(1, 3000), st.integers(1, 3000)),
)
def test_a_box_stays_inside_the_picture_and_holds_a_pixel(
    angle: int, found: tuple[int, int, int, int], page: tuple[int, int]
) -> None:
    left, top, width, height = upright_box(Box(*found), Turn(angle, page=page, image=(90, 70)))
    assert width >= 1
    assert height >= 1
    assert 0 <= left <= 90 - width
    assert 0 <= top <= 70 - height
