"""Draws what READMEs show, into deploy/pictures/: some of the sample shop's products, and answers
about one of them, in their boxes.

    make pictures
"""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from PIL import Image

from entity_extract import extract
from entity_extract.config import load_config
from entity_extract.extraction.drawn import draw_answers
from entity_extract.sample_shop.shop import write_catalog

FOLDER: Final = Path(__file__).parents[1] / "pictures"
ACROSS, DOWN, SIDE, GAP = 6, 2, 150, 8  # of the contact sheet, in pixels
ASKED: Final = ("item_weight", "voltage", "wattage")
ONE: Final = "000012.jpg"  # a box with its weight, voltage and wattage
COLOURS: Final = 256  # of the sheet's palette: a third of the bytes


def contact_sheet(pictures: list[Path]) -> Image.Image:
    """The first ACROSS x DOWN of them, each in a square of SIDE pixels."""
    step = SIDE + GAP
    sheet = Image.new("RGB", (ACROSS * step + GAP, DOWN * step + GAP), "white")
    for place, path in enumerate(pictures[: ACROSS * DOWN]):
        with Image.open(path) as opened:
            picture = opened.convert("RGB")
        picture.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
        left, top = GAP + place % ACROSS * step, GAP + place // ACROSS * step
        middle = (left + (SIDE - picture.width) // 2, top + (SIDE - picture.height) // 2)
        sheet.paste(picture, middle)
    return sheet


def answered(picture: Path, out: Path) -> Image.Image:
    """`picture` with its answers to ASKED; `out` is a file for what is drawn on the way."""
    answers = {entity: extract(picture, entity) for entity in ASKED}
    draw_answers(picture.read_bytes(), answers, load_config().image, out)
    with Image.open(out) as opened:
        drawn = opened.convert("RGB")
    drawn.thumbnail((560, 560), Image.Resampling.LANCZOS)
    return drawn


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    with TemporaryDirectory() as folder:
        shop = write_catalog(Path(folder), rows=160)
        pictures = sorted(shop.images.glob("*.jpg"))
        drawn = answered(shop.images / ONE, Path(folder) / "answer.png")
        made = {"shop": contact_sheet(pictures).quantize(COLOURS), "answer": drawn}
    for name, image in made.items():
        image.save(FOLDER / f"{name}.png", optimize=True)


if __name__ == "__main__":
    main()
