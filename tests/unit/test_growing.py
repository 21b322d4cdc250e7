"""The examples of the page on growing: a new entity trained and answered, a feature made."""

import tomllib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image, ImageDraw

from entity_extract.config import Domain, PredictConfig, load_config
from entity_extract.learning.features.candidates.declared import CANDIDATE_FEATURES
from entity_extract.learning.features.examples import build_example, collate_examples
from entity_extract.learning.prediction.model import Model
from entity_extract.learning.prediction.predict import predict_frame
from entity_extract.learning.training.model import fit_model
from entity_extract.quantities.amounts import parse_label
from entity_extract.status import Status
from tests.unit.learning_cases import PICTURE, SMALL, printed

PAGE = Path(__file__).parents[2] / "entity_extract" / "GROWING.md"
SIZES = (50, 60, 400)


@pytest.fixture(scope="module")
def domain(tmp_path_factory: pytest.TempPathFactory) -> Domain:
    """As configured by the page's own example."""
    text = PAGE.read_text("utf-8").split("```toml\n")[1].split("```")[0]
    assert set(tomllib.loads(text)) == {"units", "entities"}
    conf = tmp_path_factory.mktemp("conf") / "frequency.toml"
    conf.write_text(text)
    return load_config([conf]).domain


@pytest.fixture(scope="module")
def model(domain: Domain) -> Model:
    texts = [f"230 V {SIZES[i % 3]} Hz made in {1990 + i % 30}" for i in range(60)]
    labels = [parse_label(f"{SIZES[i % 3]} hertz", domain, "frequency") for i in range(60)]
    built = [
        build_example(printed(text), entity="frequency", picture=PICTURE, domain=domain)
        for text in texts
    ]
    examples = collate_examples(
        built,
        entity=["frequency"] * 60,
        group=["pump"] * 60,
        picture=[str(i) for i in range(60)],
        labels=labels,
        image=np.zeros((60, 0)),
        domain=domain,
    )
    return fit_model(examples, np.arange(60), config=SMALL)


def test_a_model_that_was_trained_on_it_answers_it_and_another_was_not_asked(model: Model) -> None:
    said = {"words": printed("110 V, 60 Hz"), "strokes": [], "width": 800, "height": 600}
    asked = pd.DataFrame(
        [
            {**said, "entity_name": name, "group_id": "pump", "status": "ok", "reason": None}
            for name in ("frequency", "colour")
        ]
    ).assign(embedding=None)
    answered = predict_frame(model, asked, PredictConfig(min_confidence=0.0))
    assert answered["prediction"].tolist() == ["60 hertz", ""]
    assert answered["status"].tolist() == [Status.OK, Status.UNKNOWN_ENTITY]


def python_block(page: Path, containing: str) -> str:
    blocks = page.read_text("utf-8").split("```python\n")[1:]
    (found,) = (b.split("```")[0] for b in blocks if containing in b.split("```")[0])
    return found


def test_the_pages_feature_is_made_when_asked_for_by_its_name() -> None:
    exec(python_block(PAGE, "letter_area"), {})  # noqa: S102
    try:
        row = build_example(
            printed("500 g"),
            entity="item_weight",
            picture=PICTURE,
            domain=load_config().domain,
            names=("letter_height", "letter_area"),
        )
    finally:
        CANDIDATE_FEATURES.forget("letter_area")
    height, area = row.candidate[0].tolist()
    assert area == pytest.approx(height**2)


def test_the_readmes_example_says_what_it_promises(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    image = Image.new("RGB", (500, 120), "white")
    ImageDraw.Draw(image).text((30, 40), "Green tea, 500 g", fill="black", font_size=36)
    image.save("tea.jpg")
    names: dict[str, object] = {}
    exec(python_block(PAGE.parents[1] / "README.md", "tea.jpg"), names)  # noqa: S102
    assert getattr(names["answer"], "text") == "500 gram"  # noqa: B009
