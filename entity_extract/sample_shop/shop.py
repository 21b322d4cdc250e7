"""Writes the sample catalog: pictures, and a CSV of questions about them."""

import csv
import itertools
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from PIL import Image

from entity_extract.config import Domain, load_config
from entity_extract.sample_shop.answer_sheet import Answer, Flaw, answer, spelled
from entity_extract.sample_shop.cards.card import Card, draw_card
from entity_extract.sample_shop.drawing.dice import Dice
from entity_extract.sample_shop.products.products import categories_with, invent

BASE_URL = "http://127.0.0.1:8765"
COLUMNS = ("index", "image_link", "group_id", "entity_name", "entity_value")

# Dealt out in turn: a link that leads to no usable picture, another question about an earlier
# picture, an earlier picture under another link, and new pictures.
_ROLES = {"broken": 1, "second": 5, "duplicate": 1, "fresh": 43}
_OURS = re.compile(r"\d{6,}\.(jpg|png|webp)")
UNANSWERED = 0.05  # of the questions have no answer in their picture
# In turn. The two that hang are the rarest, since each costs its reader a whole deadline.
_BROKEN_KINDS = (
    "missing", "truncated", "html", "pixel", "huge",
    "slow", "missing", "silent", "truncated", "html",
)  # fmt: skip
# Dealt out in turn too, so that every entity comes up; weighted roughly as in public catalogs.
_ENTITIES = {
    "item_weight": 5,
    "width": 3,
    "depth": 3,
    "height": 3,
    "voltage": 2,
    "wattage": 2,
    "item_volume": 2,
    "maximum_weight_recommendation": 1,
}


@dataclass(frozen=True)
class Row:
    """A row of the catalog, with what the catalog does not tell."""

    index: int
    image_link: str
    group_id: int
    entity_name: str
    entity_value: str
    card: Card | None = field(repr=False)  # None where the link is broken
    printed: str = ""  # the text that answers, lines joined by newlines; "" where none does
    flaw: Flaw = Flaw.NONE
    kind: str = ""  # the kind of card, or of broken link


@dataclass(frozen=True)
class SampleCatalog:
    csv: Path
    images: Path
    rows: tuple[Row, ...]


def write_catalog(
    out: Path,
    *,
    rows: int = 480,
    seed: int = 0,
    base_url: str = BASE_URL,
    domain: Domain | None = None,
) -> SampleCatalog:
    """Writes out/catalog.csv and out/images/, replacing what an earlier call wrote there.

    The same arguments give the same bytes. Links start with `base_url`, under which server.serve
    must then be reached. Raises ValueError for fewer than one row.
    """
    if rows < 1:
        raise ValueError(f"rows must be at least 1, not {rows}")
    images = out / "images"
    images.mkdir(parents=True, exist_ok=True)
    for path in images.iterdir():
        if _OURS.fullmatch(path.name):
            path.unlink()
    maker = _Maker(images, base_url.rstrip("/"), seed, domain or load_config().domain)
    made = tuple(maker.row(index, step) for index, step in enumerate(plan(rows, seed)))
    table = out / "catalog.csv"
    with table.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows([getattr(row, column) for column in COLUMNS] for row in made)
    return SampleCatalog(table, images, made)


class Step(NamedTuple):
    """What a row shall be: its role (for a broken link: its kind), and the entity to ask for."""

    role: str
    entity: str
    broken: bool = False


def plan(rows: int, seed: int) -> list[Step]:
    """One step a row. A longer plan begins as the shorter one of the same seed."""
    roles, entities = _dealt(_ROLES, seed, 0), _dealt(_ENTITIES, seed, 1)
    kinds = itertools.cycle(_BROKEN_KINDS)
    dealt = itertools.islice(zip(roles, entities, strict=False), rows)
    return [
        Step(next(kinds), entity, broken=True) if role == "broken" else Step(role, entity)
        for role, entity in dealt
    ]


def _dealt(names: dict[str, int], *key: int) -> Iterator[str]:
    """Names without end in a random order, in each round each as often as `names` says."""
    dice = Dice(*key)
    deck = [name for name, n in names.items() for _ in range(n)]
    while True:
        yield from dice.several(deck, len(deck))


class _Maker:
    """Makes one row after the other; remembers pictures that can be asked about again."""

    def __init__(self, images: Path, base_url: str, seed: int, domain: Domain) -> None:
        self._images, self._base_url, self._seed, self._domain = images, base_url, seed, domain
        self._drawn: list[tuple[Row, Card]] = []
        self._unasked: list[tuple[Row, Card, str]] = []

    def row(self, index: int, step: Step) -> Row:
        dice = Dice(self._seed, 2, index)
        if step.broken:
            return self._broken(index, step, dice)
        if step.role == "second" and self._unasked:
            row, card, entity = self._unasked.pop(dice.whole(0, len(self._unasked) - 1))
            return self._row(index, row.image_link, card, entity, dice)
        if step.role == "duplicate" and self._drawn:
            return self._duplicate(index, dice)
        return self._fresh(index, step.entity, dice)

    def _broken(self, index: int, step: Step, dice: Dice) -> Row:
        suffix = "png" if step.role in ("pixel", "huge") else "jpg"
        link = f"{self._base_url}/{step.role}/{index}.{suffix}"
        product = invent(dice.pick(categories_with(step.entity)), dice)
        value = spelled(product.quantities[step.entity], dice)
        group_id = product.category.group_id
        return Row(index, link, group_id, step.entity, value, None, kind=step.role)

    def _fresh(self, index: int, entity: str, dice: Dice) -> Row:
        card, image = draw_card(entity, dice)
        link = f"{self._base_url}/images/{_save(image, self._images / f'{index:06d}', dice)}"
        absent = [name for name in _ENTITIES if name not in card.said]
        if absent and dice.chance(UNANSWERED):
            entity = dice.pick(absent)
        row = self._row(index, link, card, entity, dice)
        self._drawn.append((row, card))
        self._unasked += [(row, card, name) for name in card.said if name != entity]
        return row

    def _duplicate(self, index: int, dice: Dice) -> Row:
        row, card = dice.pick(self._drawn)
        source = self._images / row.image_link.rpartition("/")[2]
        copy = self._images / f"{index:06d}{source.suffix}"
        shutil.copyfile(source, copy)
        link = f"{self._base_url}/images/{copy.name}"
        return self._row(index, link, card, row.entity_name, dice)

    def _row(self, index: int, link: str, card: Card, entity: str, dice: Dice) -> Row:
        given: Answer = answer(card, entity, self._domain, dice)
        return Row(
            index, link, card.product.category.group_id, entity, given.entity_value,
            card, given.printed, given.flaw, card.kind,
        )  # fmt: skip


def _save(image: Image.Image, stem: Path, dice: Dice) -> str:
    """Mostly JPEG, as shops have it; the rest PNG and WebP."""
    suffix = dice.pick((".jpg", ".png", ".webp"), weights=(93, 3, 4))
    path = stem.with_suffix(suffix)
    image.save(path, quality=dice.pick((75, 85, 92)))  # which PNG ignores
    return path.name
