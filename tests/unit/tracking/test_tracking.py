"""Models in a real registry of MLflow, in a file: put there, found, asked."""

import sys
from collections.abc import Iterator
from pathlib import Path

import mlflow
import pandas as pd
import pytest
from PIL import Image, ImageDraw

import entity_extract
from entity_extract.commands.main import main
from entity_extract.config import Config, load_config
from entity_extract.learning.prediction.bundle_files import default_bundle
from entity_extract.tracking.client import check_tracking
from entity_extract.tracking.registry import bundle_at
from entity_extract.tracking.runs import track_evaluation, track_training, track_tuning

BUNDLE = Path(entity_extract.__file__).parent / "models" / "default"
FIGURES = {name: 0.5 for name in ("f1", "precision", "recall", "accuracy", "oracle_recall")}
SCORED = {**FIGURES, "f1_given_candidate": 0.5}
ABOUT = {"catalog": "s3a://AKIA:hunter44@shop/catalog.parquet"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("mlflow")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)  # where MLflow keeps files beside a database
        yield folder
    mlflow.set_tracking_uri(None)


@pytest.fixture(scope="module")
def uri(folder: Path) -> str:
    return f"sqlite:///{folder}/mlflow.db"


@pytest.fixture(scope="module")
def config(folder: Path, uri: str) -> Config:
    named = [f"tracking.uri={uri}", "tracking.register_as=shop", "ocr.engine=tesseract"]
    return load_config(assignments=named)


@pytest.fixture(scope="module")
def registered(config: Config) -> str:
    return track_training(config, default_bundle(), BUNDLE, ABOUT)


@pytest.fixture(scope="module")
def card(folder: Path, registered: str) -> Path:
    image = Image.new("RGB", (560, 120), "white")
    ImageDraw.Draw(image).text((30, 40), "Net weight 500 g (17.6 oz)", fill="black", font_size=36)
    image.save(folder / "card.png")
    return folder / "card.png"


def latest_run(uri: str) -> mlflow.entities.Run:
    mlflow.set_tracking_uri(uri)
    (found,) = mlflow.search_runs(
        experiment_names=["entity-extract"], max_results=1, output_format="list"
    )
    return found


def test_a_trained_model_is_registered_under_its_alias_and_taken_by_it(
    registered: str, uri: str, card: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert registered == "models:/shop@challenger"
    asked = ["read", str(card), "--entity", "item_weight", "--set", f"tracking.uri={uri}"]
    main([*asked, "--set", "ocr.engine=tesseract", "--model", registered])
    assert "500 gram" in capsys.readouterr().out
    with pytest.raises(SystemExit) as caught:
        main([*asked, "--model", "models:/shop@champion"])  # nobody has said so yet
    assert caught.value.code == 2
    assert "--model models:/shop@champion" in capsys.readouterr().err


def test_the_run_has_settings_and_figures_and_no_secret(registered: str, uri: str) -> None:
    run = latest_run(uri)
    about = default_bundle().about
    assert run.data.params["learning.ranker.rounds"] == "800"
    split = next(iter(about["metrics"]))
    named = split.replace(",", "_")
    assert named != split
    assert run.data.metrics[f"{named}.f1"] == pytest.approx(about["metrics"][split]["f1"])
    assert f"{named}.voltage.f1" in run.data.metrics
    assert run.data.tags["model_version"] == default_bundle().version
    assert run.data.tags["catalog"] == "s3a://***@shop/catalog.parquet"


def test_it_is_a_pyfunc_with_a_signature_and_without_a_pickle(
    registered: str, uri: str, card: Path
) -> None:
    mlflow.set_tracking_uri(uri)
    settings = {"set": [f"fetch.file_root={card.parent}", "ocr.engine=tesseract"]}
    model = mlflow.pyfunc.load_model(registered, model_config=settings)
    assert model.metadata.get_input_schema().input_names() == [
        *("image_link", "entity_name", "group_id")
    ]
    rows = pd.DataFrame({"image_link": [card.as_uri(), ""], "entity_name": ["item_weight"] * 2})
    answers = model.predict(rows)
    assert answers["prediction"].tolist() == ["500 gram", ""]
    assert answers["status"].tolist() == ["ok", "no_link"]
    assert set(model.metadata.get_output_schema().input_names()) == set(answers)
    kept = mlflow.artifacts.download_artifacts(registered)
    assert not [one for one in Path(kept).rglob("*") if one.suffix in (".pkl", ".pickle")]


def test_without_a_name_to_register_it_is_taken_by_its_run(config: Config, registered: str) -> None:
    unnamed = config.tracking.model_copy(update={"register_as": None})
    named = track_training(
        config.model_copy(update={"tracking": unnamed}), default_bundle(), BUNDLE, ABOUT
    )
    assert named.startswith("runs:/")
    assert bundle_at(Path(named), unnamed) == default_bundle()


def test_reports_and_conf_files_are_kept_with_their_runs(
    config: Config, registered: str, uri: str, folder: Path
) -> None:
    for name in ("metrics.json", "report.html", "errors.csv", "tuned.toml"):
        (folder / name).write_text("{}")
    scored = {**SCORED, "per_entity": {"width": SCORED, "<odd>": SCORED}}
    track_evaluation(config, {"f1": 0.5, "headline": "new", "new": scored}, folder, ABOUT)
    run = latest_run(uri)
    assert run.data.metrics["new.width.f1"] == 0.5
    assert not [name for name in run.data.metrics if "odd" in name]
    assert {one.path for one in mlflow.MlflowClient().list_artifacts(run.info.run_id)} == {
        *("metrics.json", "report.html", "errors.csv")
    }
    track_tuning(config, {"validation": (0.4, 0.6)}, folder / "tuned.toml", ABOUT)
    found = latest_run(uri).data.metrics
    assert (found["validation.f1_before"], found["validation.f1"]) == (0.4, 0.6)


@pytest.mark.parametrize(
    ("store", "why"),
    [
        ("postgresql://shop:hunter44@127.0.0.1:1/runs", "No module named"),
        ("sqlite:///{folder}/card.png", "file is not a database"),
        ("http://shop:hunter44@127.0.0.1:1", "127.0.0.1"),
    ],
)
def test_a_store_that_cannot_be_asked_is_one_line_before_anything_else(
    store: str,
    why: str,
    folder: Path,
    card: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    catalog = folder / "catalog.csv"
    catalog.write_text(f"image_link,entity_name,entity_value\n{card.as_uri()},width,5 inch\n")
    asked = ["train", "--catalog", str(catalog), "--lake", "none", "--model", str(folder / "m")]
    with pytest.raises(SystemExit) as caught:
        main([*asked, "--set", f"tracking.uri={store.format(folder=folder)}"])
    assert caught.value.code == 2
    said = capsys.readouterr().err
    *_, last = said.splitlines()
    assert last.startswith("error: MLflow, tracking.experiment")
    assert why in last
    assert "Traceback" not in said
    assert "hunter44" not in said


def test_without_tracking_nothing_is_asked_of_mlflow_and_without_mlflow_it_says_how(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "mlflow", None)
    off = load_config()
    check_tracking(off.tracking)
    assert track_training(off, default_bundle(), BUNDLE, ABOUT) == ""
    with pytest.raises(SystemExit) as caught:
        main(["read", str(BUNDLE / "bundle.json"), "--model", "models:/shop@champion"])
    assert caught.value.code == 2
    assert 'pip install "entity-extract[mlflow]"' in capsys.readouterr().err
