"""Lines of drawn letters against lines that texture makes."""

import tomllib
import warnings
from importlib.resources import files

import cv2
import numpy as np
import pytest

from entity_extract.reading.text_lines import line_classifier
from entity_extract.reading.text_lines.crops import cut_out
from entity_extract.reading.text_lines.detector import TextLine, find_text_lines
from entity_extract.reading.text_lines.line_classifier import FEATURES, features, looks_like_text
from tests.unit.reading.cases import FONTS, written

TEXTS = ("Net weight 250 g", "HEIGHT 45 CM", "12.5 cm", "220-240 V", "serves four people")


def passed(grey: np.ndarray, lines: list[TextLine]) -> list[bool]:
    return [
        looks_like_text(line.shape, cut_out(grey, line, 32.0).pixels)
        for line in lines
        if line.shape is not None
    ]


@pytest.mark.parametrize("name", FONTS)
@pytest.mark.parametrize("px", [12, 24, 60])
@pytest.mark.parametrize(("fill", "ground"), [("black", "white"), ("white", "black")])
def test_lines_of_letters_look_like_text(name: str, px: int, fill: str, ground: str) -> None:
    for text in TEXTS:
        image, _ = written(text, px=px, size=(900, 200), name=name, fill=fill, ground=ground)
        grey = np.asarray(image.convert("L"))
        dark = fill == "black"
        lines = [x for x in find_text_lines(grey) if x.dark is dark and x.degrees == 0]
        assert passed(grey, lines[:1]) == [True], text


@pytest.mark.parametrize("grain", [2.0, 4.0])
def test_most_lines_of_texture_do_not_look_like_text(grain: float) -> None:
    rough = np.random.default_rng(0).normal(size=(600, 600)).astype(np.float32)
    smooth = cv2.GaussianBlur(rough, (0, 0), grain)
    low, high = smooth.min(), smooth.max()
    grey = ((smooth - low) * (255 / (high - low))).astype(np.uint8)
    lines = find_text_lines(grey)
    assert len(lines) > 50
    assert np.mean(passed(grey, lines)) < 0.15


@pytest.mark.parametrize("colour", [0, 128, 255])
def test_a_crop_of_one_colour_has_finite_features_and_gives_no_warning(colour: int) -> None:
    image, _ = written("Weight")
    shape = find_text_lines(np.asarray(image.convert("L")))[0].shape
    assert shape is not None
    blank = np.full((40, 200), colour, np.uint8)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.isfinite(features(shape, blank)).all()


def test_the_packaged_model_has_a_weight_for_each_feature_and_for_no_other() -> None:
    text = (
        files("entity_extract.reading.text_lines")
        .joinpath("line_classifier.toml")
        .read_text("utf-8")
    )
    assert set(tomllib.loads(text)["weights"]) == {*FEATURES, "intercept"}


def test_a_feature_without_a_weight_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    image, _ = written("Weight")
    grey = np.asarray(image.convert("L"))
    monkeypatch.setattr(line_classifier, "FEATURES", (*FEATURES, "sharpness"))
    line_classifier._model.cache_clear()
    with pytest.raises(KeyError, match="sharpness"):
        passed(grey, find_text_lines(grey))
    line_classifier._model.cache_clear()
