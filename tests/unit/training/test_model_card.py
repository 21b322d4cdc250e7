"""The model card, from the manifest of a bundle."""

from typing import Any

from entity_extract.learning.prediction.abstention import NEVER
from entity_extract.learning.prediction.bundle import make_bundle
from entity_extract.learning.training.model_card import model_card
from tests.unit.learning_cases import small_model


def figures(f1: float) -> dict[str, Any]:
    ratios = {"precision": 0.9, "recall": 0.8, "oracle_recall": 0.95}
    return {"rows": 10, "f1": f1, "f1_interval": [f1 - 0.1, f1 + 0.1], **ratios}


def card(**changes: Any) -> str:
    bundle = make_bundle(
        small_model(),
        encoder_version=None,
        reader_version="reader 1",
        about={
            "metrics": {"train": figures(0.875), "validation": figures(0.75)},
            "split": {"train_rows": 8},
            "dropped": {},
            "backend": "local",
            "weights_origin": "none",
            "config": {"ocr": {"engine": "tesseract"}},
        },
    )
    return model_card(bundle.about | changes)


def test_it_says_the_gap_between_train_and_validation() -> None:
    assert "(train F1 − validation F1) is +0.125." in card()  # noqa: RUF001
    worse = {"train": figures(0.5), "validation": figures(0.75)}
    assert "is -0.250." in card(metrics=worse)
    assert "gap" not in card(metrics={"validation": figures(0.75)})


def test_it_lists_the_abstention_thresholds() -> None:
    text = card(min_confidence=0.25, min_confidence_of={"item_weight": 0.5, "height": 0.125})
    assert "- all entities but those below: 0.250\n- height: 0.125\n- item weight: 0.500" in text
    assert "- voltage: never answered\n" in card(min_confidence_of={"voltage": NEVER})


def test_it_says_of_how_many_rows_the_image_weights_had_seen_the_labels() -> None:
    assert "were fine-tuned on the pictures of 71 rows" in card(weights_saw_rows=71)
    assert "fine-tuned" not in card(weights_saw_rows=0)
    assert "fine-tuned" not in card()


def test_it_says_what_background_it_learned_from_where_there_is_some() -> None:
    text = card(background={"labels rows": 1200, "texts_rows": 34})
    assert "labels rows: 1200" in text
    assert "texts rows: 34" in text
    assert "background" not in card()
    assert "background" not in card(background=None)
