"""`predict.prefer`: which of several ways to print one quantity is answered."""

import pandas as pd
import pytest

from entity_extract.config import PredictConfig
from entity_extract.learning.prediction.bundle_files import default_bundle
from entity_extract.learning.prediction.predict import predict_frame
from entity_extract.records import Word
from entity_extract.status import Status
from tests.unit.learning_cases import printed

MODEL = default_bundle().model()


def answered(words: list[Word], prefer: str, entity: str = "item_weight") -> pd.Series:
    row = {
        "entity_name": entity,
        "group_id": "1",
        "status": Status.OK.value,
        "reason": None,
        "width": 800,
        "height": 800,
        "words": words,
        "strokes": [],
        "embedding": None,
    }
    config = PredictConfig.model_validate({"prefer": prefer, "min_confidence": 0.0})
    return predict_frame(MODEL, pd.DataFrame([row]), config).iloc[0]


BESIDE = [*printed("Net Wt 2 lb (907 g)", 100, 300, line=0)]
BELOW = [*printed("907 g", 100, 300, line=0), *printed("2 lb", 100, 360, line=1)]


@pytest.mark.parametrize(
    ("words", "prefer", "said"),
    [
        (BESIDE, "metric", "907 gram"),
        (BESIDE, "imperial", "2 pound"),
        (BESIDE, "first printed", "2 pound"),
        (BELOW, "first printed", "907 gram"),
        (BELOW, "imperial", "2 pound"),
    ],
)
def test_of_one_quantity_in_two_units_the_preferred_is_answered(
    words: list[Word], prefer: str, said: str
) -> None:
    found = answered(words, prefer)
    assert found["prediction"] == said
    assert found["value_si"] == pytest.approx(0.907, rel=2e-3)
    assert found["unit_si"] == "kilogram"
    assert found["confidence"] == answered(words, "as labelled")["confidence"]


def test_the_box_is_where_the_answer_stands() -> None:
    upper, lower = (answered(BELOW, prefer)["box"]["top"] for prefer in ("metric", "imperial"))
    assert upper < lower


def test_nothing_is_converted_and_another_quantity_is_no_other_way_to_say_it() -> None:
    words = [*printed("Net Wt 2 lb", 100, 300, line=0), *printed("500 g", 500, 700, line=1)]
    said = {
        answered(words, prefer)["prediction"] for prefer in ("as labelled", "metric", "imperial")
    }
    assert len(said) == 1
    assert said <= {"2 pound", "500 gram"}


def test_volts_are_of_no_system() -> None:
    words = [*printed("230 V", 100, 300, line=0)]
    assert answered(words, "imperial", "voltage")["prediction"] == "230 volt"
