"""Corrections made in the review are labels that a model learns from in the place of wrong ones."""

import json
from pathlib import Path

import pandas as pd

from entity_extract.catalog.files import catalog_frame
from entity_extract.config import CatalogConfig
from entity_extract.learning.features.frames import example_frame
from entity_extract.learning.prediction.bundle_files import default_bundle
from entity_extract.learning.prediction.model import Model
from entity_extract.learning.prediction.predict import predict_records
from entity_extract.learning.training.background import Background
from entity_extract.learning.training.local_backend import LocalBackend
from entity_extract.learning.training.local_lake import labelled_rows
from entity_extract.learning.training.orchestrator import train
from entity_extract.learning.training.split_table import training_table
from entity_extract.records import record_of
from tests.unit.learning_cases import DOMAIN, PICTURE, SMALL, make_products
from tests.unit.review.cases import CONFIG, predictions, served, write_lake
from tests.unit.review.test_server import data_of, decide


def trained(catalog: pd.DataFrame, lake: Path) -> Model:
    """As jobs.train does, on one machine."""
    rows = labelled_rows(catalog, lake)
    table = training_table(example_frame(rows, DOMAIN), SMALL, DOMAIN)
    made = train(LocalBackend(table, SMALL), SMALL, DOMAIN, background_of=lambda _: Background())
    return made.model


def _kilograms(words: list[str]) -> str:
    at = words.index("kilogram") if "kilogram" in words else 0
    return f"{words[at - 1]} kilogram" if at else ""


def right(model: Model, images: pd.DataFrame, truth: pd.DataFrame) -> float:
    """The share of rows of tea that are answered with what is true of them."""
    asked = truth[truth["group_id"] == "tea"].merge(images, on="image_link")
    answers = predict_records(model, asked.assign(embedding=None), CONFIG.predict)
    best = [candidates[0] if candidates else "" for candidates in answers["candidates"]]
    return float((pd.Series(best) == asked["entity_value"]).mean())


def test_a_model_that_learns_from_corrections_answers_as_they_say(tmp_path: Path) -> None:
    products = make_products(240, seed=1)
    links = [f"https://shop.example/{place}.jpg" for place in range(len(products))]
    images = pd.DataFrame(
        {
            "image_link": links,
            "reader_version": "v1",
            "status": "ok",
            "reason": "",
            "width": PICTURE[0],
            "height": PICTURE[1],
            "words": [[record_of(word) for word in product.words] for product in products],
            "strokes": [[] for _ in products],
            "thumbnail": b"",
            "content_sha256": [f"{place:064x}" for place in range(len(products))],
            "phash": None,
        }
    )
    truth = pd.DataFrame(
        {
            "image_link": links,
            "group_id": [product.group for product in products],
            "entity_name": [product.entity for product in products],
            "entity_value": [
                f"{product.label[0].value:g} {product.label[0].unit}" if product.label else ""
                for product in products
            ],
        }
    )
    # The catalog takes the crate's weight for the tea's.
    crates = [_kilograms([word.text for word in product.words]) for product in products]
    tea = truth["group_id"] == "tea"
    catalog = truth.assign(entity_value=truth["entity_value"].where(~tea, crates))
    catalog.to_csv(tmp_path / "catalog.csv", index=False)
    answers = predictions(catalog, images, default_bundle()).assign(reader_version="v1")
    lake = write_lake(tmp_path / "lake", {"images": images, "predictions": answers})
    corrections = tmp_path / "corrections.csv"
    config = CatalogConfig(corrections=str(corrections))

    said = truth.set_index("image_link")["entity_value"]
    with served(lake, corrections) as url:
        for row in data_of(url):
            if row["group"] != "tea":
                continue
            value = said[row["link"]]
            if not value:
                code, _ = decide(url, row["place"], "not stated")
            elif value == row["prediction"]:
                code, _ = decide(url, row["place"], "accepted")
            elif value in row["candidates"]:
                code, _ = decide(url, row["place"], "chosen", value)
            else:
                code, _ = decide(url, row["place"], "typed", value)
            assert code == 200, json.dumps(row)
    before = trained(catalog_frame(str(tmp_path / "catalog.csv"), CatalogConfig()), lake)
    after = trained(catalog_frame(str(tmp_path / "catalog.csv"), config), lake)
    assert right(before, images, truth) < 0.1
    assert right(after, images, truth) > 0.7
