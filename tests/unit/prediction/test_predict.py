"""Rows in, the same rows out, each answered or with the reason why not."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from entity_extract.config import PredictConfig
from entity_extract.learning.features.examples import image_matrix
from entity_extract.learning.prediction.predict import predict_frame
from entity_extract.quantities.amounts import Amount, format_amount, parse_amount
from entity_extract.status import Status
from tests.unit.learning_cases import (
    DOMAIN,
    EMBEDDING,
    PICTURE,
    make_products,
    printed,
    small_model,
)


def row(text: str = "99 gram", **columns: Any) -> dict[str, Any]:
    read = {
        "entity_name": "item_weight",
        "group_id": "tea",
        "status": "ok",
        "reason": None,
        "width": float(PICTURE[0]),
        "height": float(PICTURE[1]),
        "words": printed(text),
        "strokes": [],
        "embedding": np.zeros(EMBEDDING, np.float32),
    }
    return read | columns


def unread(status: str) -> dict[str, Any]:
    nothing = dict.fromkeys(("width", "height"), np.nan) | {
        "words": None,
        "strokes": None,
        "embedding": None,
    }
    return row(status=status, reason=f"because: {status}", **nothing)


def answered(
    *rows: dict[str, Any], min_confidence: float | None = None, system: str = "ranker"
) -> pd.DataFrame:
    return predict_frame(
        small_model(),
        pd.DataFrame(list(rows)),
        PredictConfig(min_confidence=min_confidence, system=system),
    )


@pytest.fixture(scope="module")
def shop() -> pd.DataFrame:
    """Forty rows of the world that the model was trained in."""
    return pd.DataFrame(
        [
            row(entity_name=product.entity, group_id=product.group, words=list(product.words))
            for product in make_products(40, seed=5)
        ]
    )


@pytest.mark.parametrize("system", ["ranker", "baseline"])
@pytest.mark.parametrize("status", [status for status in Status if status is not Status.OK])
def test_what_became_of_a_picture_passes_through_unanswered(status: Status, system: str) -> None:
    out = answered(unread(status), row(), system=system).iloc[0]
    assert (out["status"], out["reason"]) == (status, f"because: {status}")
    assert (out["prediction"], out["source"], out["confidence"]) == ("", "none", 0.0)
    assert np.isnan(out["value"])
    assert pd.isna(out["unit"])
    assert out["candidates"] == []


def test_an_unknown_entity_is_a_status_even_where_the_picture_was_read() -> None:
    out = answered(row(entity_name="colour"), row(), unread("timeout") | {"entity_name": "colour"})
    assert out["status"].tolist() == ["unknown_entity", "ok", "unknown_entity"]
    assert out["prediction"].tolist() == ["", "99 gram", ""]
    assert "entity_name" in out["reason"][0]


def test_an_answer_comes_with_its_value_unit_box_and_other_candidates() -> None:
    out = answered(row("99 gram 20 kilogram 5 gram")).iloc[0]
    assert (out["prediction"], out["value"], out["unit"]) == ("99 gram", 99.0, "gram")
    assert (out["source"], out["status"]) == ("ocr", "ok")
    assert out["box"] == {"left": 100, "top": 100, "width": 70, "height": 20}
    assert out["candidates"][0] == "99 gram"
    assert set(out["candidates"]) == {"99 gram", "20 kilogram", "5 gram"}
    assert out["runner_up"] == out["candidates"][1]
    assert 0 < out["confidence"] <= 1


@pytest.mark.parametrize("system", ["ranker", "baseline"])
def test_rows_and_their_index_and_order_are_kept(shop: pd.DataFrame, system: str) -> None:
    mixed = pd.concat([shop.iloc[:5], pd.DataFrame([unread("timeout")]), shop.iloc[5:9]])
    mixed.index = pd.Index([7, 7, 3, 9, 1, 0, 2, 8, 5, 4])
    out = predict_frame(small_model(), mixed, PredictConfig(system=system))
    assert out.index.tolist() == mixed.index.tolist()
    assert out["status"].tolist() == mixed["status"].tolist()
    alone = [
        predict_frame(small_model(), mixed.iloc[[i]], PredictConfig(system=system))
        for i in range(len(mixed))
    ]
    assert out["prediction"].tolist() == [one["prediction"].item() for one in alone]


@pytest.mark.parametrize("system", ["ranker", "baseline"])
def test_every_answer_is_one_that_the_checker_accepts(shop: pd.DataFrame, system: str) -> None:
    out = predict_frame(small_model(), shop, PredictConfig(min_confidence=0.0, system=system))
    spoken = out["prediction"] != ""
    assert spoken.sum() >= 30
    for entity, given, value, unit in zip(
        shop["entity_name"], out["prediction"], out["value"], out["unit"], strict=True
    ):
        if given:
            read = parse_amount(given, DOMAIN.entities[entity].units)
            assert read == Amount(value, unit)
            assert format_amount(*read) == given


def test_the_abstention_threshold_is_the_models_own_unless_one_is_given(shop: pd.DataFrame) -> None:
    model = small_model()
    by_threshold = {
        threshold: predict_frame(model, shop, PredictConfig(min_confidence=threshold))
        for threshold in (None, 0.0, 1.0)
    }
    spoken = {at: set(out.index[out["prediction"] != ""]) for at, out in by_threshold.items()}
    assert spoken[1.0] < spoken[None] < spoken[0.0]
    out = by_threshold[None]
    least = model.thresholds.of(shop["entity_name"].to_numpy(object))
    able = (out["candidates"].str.len() > 0).to_numpy(bool)
    assert spoken[None] == set(out.index[able & (out["confidence"] >= least)])


def test_a_silent_row_still_says_what_it_would_have_answered(shop: pd.DataFrame) -> None:
    silent = predict_frame(small_model(), shop, PredictConfig(min_confidence=1.0))
    held_back = silent[(silent["prediction"] == "") & (silent["candidates"].str.len() > 0)]
    assert len(held_back) > 0
    assert held_back["box"].notna().all()
    assert held_back["value"].isna().all()
    assert (held_back["source"] == "none").all()
    assert (held_back["confidence"] < 1).all()


def test_the_baseline_answers_even_where_nothing_was_read() -> None:
    out = answered(row("New and tasty"), system="baseline").iloc[0]
    assert out["source"] == "model"
    assert out["unit"] in DOMAIN.entities["item_weight"].units
    assert out["unit_si"] == "kilogram"
    digits = format_amount(out["value"], "").replace(".", "").strip(" 0")
    assert len(digits) <= 3
    assert 0 < out["confidence"] <= 1


def test_the_ranker_is_silent_where_nothing_was_read() -> None:
    out = answered(row("New and tasty"), min_confidence=0.0).iloc[0]
    assert (out["prediction"], out["status"], out["confidence"]) == ("", "ok", 0.0)
    assert (out["unit"], out["unit_si"]) == (None, None)


def test_a_row_without_a_category_or_an_embedding_is_answered() -> None:
    out = answered(row(group_id=None), row(embedding=None), row(embedding=np.nan))
    assert out["status"].tolist() == ["ok"] * 3
    assert out["candidates"].tolist() == [["99 gram"]] * 3


def test_a_missing_embedding_is_the_average_picture() -> None:
    fill = np.array([1.0, 2.0])
    matrix = image_matrix([None, [5.0, 6.0], float("nan")], 2, fill=fill)
    assert matrix.tolist() == [[1, 2], [5, 6], [1, 2]]
    assert image_matrix([None, [5.0, 6.0]], 0, fill=np.zeros(0)).shape == (2, 0)


def test_no_rows_are_no_answers() -> None:
    columns = list(row())
    out = predict_frame(small_model(), pd.DataFrame(columns=columns))
    assert len(out) == 0
    assert out["confidence"].dtype == out["value"].dtype == np.float64
    assert {"prediction", "status", "candidates"} <= set(out.columns)
