"""Printed words, and a small world of products that can be learned, for the tests of learning."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd

from entity_extract.config import (
    ForestParams,
    FusionParams,
    LearningConfig,
    RankerParams,
    UnitParams,
    load_config,
)
from entity_extract.learning.features.examples import Examples, build_example, collate_examples
from entity_extract.learning.features.frames import example_frame
from entity_extract.learning.prediction.model import Model
from entity_extract.learning.training.model import fit_model
from entity_extract.quantities.amounts import Amount, format_amount
from entity_extract.records import Word

DOMAIN = load_config().domain
PICTURE = (1000, 800)  # width, height in pixels
EMBEDDING = 3  # numbers; these are noise, as the embedding of a random network would be
SMALL = LearningConfig(
    folds=3,
    image_components=2,
    forest=ForestParams(num_trees=10, threads=1),
    unit=UnitParams(rounds=8, min_leaf=4, threads=1),
    fusion=FusionParams(hidden=(16,), max_epochs=8, learning_rate=0.01),
    ranker=RankerParams(rounds=40, learning_rate=0.1, leaves=7, min_leaf=6),
)


def printed(
    text: str,
    left: int = 100,
    top: int = 100,
    *,
    size: int = 20,
    line: int = 0,
    conf: float = 90.0,
    seen_by: str = "sparse@0",
) -> list[Word]:
    """Upright words, each letter half as wide as high, a space of the same width between."""
    words = []
    for piece in text.split():
        width = len(piece) * size // 2
        words.append(Word(piece, conf, left, top, width, size, 0, line, 0, seen_by))
        left += width + size // 2
    return words


def features_of(
    words: Sequence[Word], entity: str, picture: tuple[int, int] = PICTURE
) -> dict[str, dict[str, float]]:
    """ "500 gram" -> feature -> number, for each candidate."""
    example = build_example(words, entity=entity, picture=picture, domain=DOMAIN)
    return {
        f"{value:g} {unit}": dict(zip(example.names, row.tolist(), strict=True))
        for value, unit, row in zip(example.values, example.units, example.candidate, strict=True)
    }


@dataclass(frozen=True)
class Product:
    """A catalog row, the words in its picture, and its label ("" is (): the picture is silent)."""

    entity: str
    group: str
    words: tuple[Word, ...]
    label: tuple[Amount, ...]


# (entity, category) -> what is asked for, then what else is printed: unit, least and most.
# In half of the categories the largest quantity is the wrong one.
SIZES = {
    ("item_weight", "tea"): (("gram", 50, 150), ("kilogram", 10, 30), ("gram", 2, 9)),
    ("item_weight", "flour"): (("kilogram", 1, 5), ("gram", 200, 900), ("ounce", 1, 9)),
    ("height", "mug"): (("centimetre", 8, 12), ("centimetre", 40, 60), ("inch", 90, 120)),
    ("height", "shelf"): (("centimetre", 150, 200), ("inch", 20, 40), ("centimetre", 3, 9)),
}


def make_products(number: int, seed: int) -> list[Product]:
    """Every tenth picture shows no quantity at all; another tenth not the one that is asked for."""
    rng = np.random.default_rng(seed)
    names = list(SIZES)
    return [_product(*names[i % len(names)], rng, kind=i // len(names) % 10) for i in range(number)]


def _product(entity: str, group: str, rng: np.random.Generator, *, kind: int) -> Product:
    asked, *others = (
        Amount(float(rng.integers(low, high + 1)), unit) for unit, low, high in SIZES[entity, group]
    )
    if kind == 0:
        return Product(entity, group, tuple(printed("New and tasty")), (asked,))
    shown = others if kind == 1 else [asked, *others]
    lines = rng.permutation(len(shown))
    words = [
        word
        for answer, line in zip(shown, lines, strict=True)
        for word in printed(f"{answer.value:g} {answer.unit}", 100, 100 + 90 * line, line=line)
    ]
    return Product(entity, group, tuple(words), () if kind == 1 else (asked,))


def to_examples(products: Sequence[Product]) -> Examples:
    """Each product with a picture of its own."""
    rng = np.random.default_rng(0)
    return collate_examples(
        [build_example(p.words, entity=p.entity, picture=PICTURE, domain=DOMAIN) for p in products],
        entity=[product.entity for product in products],
        group=[product.group for product in products],
        picture=[f"picture {i}" for i in range(len(products))],
        labels=[product.label for product in products],
        image=rng.normal(size=(len(products), EMBEDDING)),
        domain=DOMAIN,
    )


def rows_of_products(number: int, embedding: int = EMBEDDING) -> pd.DataFrame:
    """Rows of EXAMPLE_ROW, each with a picture of its own."""
    products = make_products(number, seed=1)
    words = [[word._asdict() for word in product.words] for product in products]
    links = [f"https://shop.example/{i}.jpg" for i in range(number)]
    rows = pd.DataFrame(
        {
            "row_key": [f"row {i}" for i in range(number)],
            "row_copy": 1,
            "image_link": links,
            "entity_name": [product.entity for product in products],
            "group_id": [product.group for product in products],
            "entity_value": [
                "; ".join(format_amount(*answer) for answer in product.label)
                for product in products
            ],
            "status": "ok",
            "content_sha256": [f"{i:064x}" for i in range(number)],
            "phash": None,
            "width": PICTURE[0],
            "height": PICTURE[1],
            "words": words,
            "strokes": None,
            "embedding": list(np.random.default_rng(0).random((number, embedding), np.float32)),
        }
    )
    return example_frame(rows, DOMAIN)


def fit_on(examples: Examples, config: LearningConfig = SMALL) -> Model:
    return fit_model(examples, np.arange(len(examples)), config=config)


@cache
def small_model() -> Model:
    """Fitted once per test process."""
    return fit_on(to_examples(make_products(200, seed=1)))
