"""The bundle that comes with the package: whole, small, and of some use on the first day."""

from importlib.resources import files

import numpy as np
import pandas as pd
import pytest

from entity_extract.learning.prediction.bundle_files import default_bundle
from entity_extract.learning.prediction.predict import predict_frame
from entity_extract.learning.prediction.ranker_features import (
    feature_versions,
    ranker_feature_names,
)
from entity_extract.records import Word
from tests.unit.learning_cases import DOMAIN, PICTURE, printed

BYTES = 10_000_000


def said(entity: str, *lines: str, group: str = "", seen_by: str = "line@0") -> str:
    """Its answer to a picture in which these lines are printed, the first one largest."""
    words: list[Word] = []
    for number, text in enumerate(lines):
        top, size = 100 + 120 * number, 60 if number == 0 else 24
        words += printed(text, 80, top, size=size, line=number, seen_by=seen_by)
    row = {
        "entity_name": entity, "group_id": group, "status": "ok", "reason": None,
        "width": PICTURE[0], "height": PICTURE[1], "words": words, "strokes": [], "embedding": None,
    }  # fmt: skip
    model = default_bundle().model()
    answers = predict_frame(model, pd.DataFrame([row]))
    return str(answers["prediction"].iloc[0])


def test_it_is_whole_small_and_asks_for_no_image_weights() -> None:
    bundle = default_bundle()
    folder = files("entity_extract").joinpath("models", "default")
    assert sum(len(entry.read_bytes()) for entry in folder.iterdir()) < BYTES
    assert bundle.encoder_version is None
    assert bundle.domain == DOMAIN
    model = bundle.model()
    assert model.learners.transformer.mean.shape == (0,)
    assert model.learners.teacher is not None


def test_it_was_trained_on_all_features_that_there_are_as_they_are_now() -> None:
    """Red after a change of features: `make default-bundle` makes it anew."""
    ranker = default_bundle().model().ranker
    assert set(ranker.names) == set(ranker_feature_names())
    assert (
        default_bundle().about["feature_versions"].items() >= feature_versions(ranker.names).items()
    )


@pytest.mark.parametrize("engine", ["tesseract", "rapidocr", "both", "cascade"])
def test_it_knows_every_engine_whatever_its_version(engine: str) -> None:
    assert default_bundle().knows_reader("another", engine)
    assert not default_bundle().knows_reader("another", "next year's")


@pytest.mark.parametrize("seen_by", ["line@0", "ppocr@0"])
@pytest.mark.parametrize(
    ("entity", "lines", "answer"),
    [
        ("item_weight", ("NET WEIGHT 500 g", "serving size 30 g"), "500 gram"),
        ("voltage", ("Input 230 V", "12 W"), "230 volt"),
        ("wattage", ("Input 230 V", "power 12 W"), "12 watt"),
        ("item_volume", ("750 ml", "contains 13 % alcohol"), "750 millilitre"),
        ("maximum_weight_recommendation", ("Max load 120 kg", "weighs 9 kg"), "120 kilogram"),
    ],
)
def test_it_answers_what_a_plain_package_says(
    entity: str, lines: tuple[str, ...], answer: str, seen_by: str
) -> None:
    assert said(entity, *lines, seen_by=seen_by) == answer


def test_it_is_silent_where_nothing_was_read() -> None:
    assert said("item_weight", "New and tasty") == ""


def test_its_card_says_what_it_was_trained_on_and_how_well_it_does() -> None:
    folder = files("entity_extract").joinpath("models", "default")
    card = folder.joinpath("MODEL_CARD.md").read_text("utf-8")
    about = default_bundle().about
    assert about["model_version"] in card
    for engine in ("tesseract", "rapidocr", "both", "cascade"):
        figures = [about["metrics"][f"{engine}, {of}"] for of in ("challenge", "silver_A")]
        assert np.min([found["f1"] for found in figures]) > 0.6
        assert f"{figures[0]['f1']:.3f}" in card
    assert "cross-validation by picture" in card
