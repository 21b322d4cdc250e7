"""What a user can get wrong ends with one clear message and status 2, before Spark starts."""

from pathlib import Path

import pytest

from tests.jobs.conftest import run_job

HEADER = "index,image_link,group_id,entity_name,entity_value\n"


@pytest.fixture
def catalog(tmp_path: Path) -> Path:
    path = tmp_path / "catalog.csv"
    path.write_text(HEADER + "0,http://127.0.0.1:1/a.jpg,1,width,3 inch\n")
    return path


def refused(*args: str | Path) -> str:
    # A Java that cannot start: had Spark been asked for, the message would be another one.
    done = run_job(*map(str, args), env={"JAVA_HOME": "/nonexistent"})  # type: ignore[arg-type]
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr.splitlines()[-1]


def tables(catalog: Path, tmp_path: Path) -> list[str | Path]:
    return ["--catalog", catalog, "--lake", tmp_path / "lake", "--model", tmp_path / "model"]


def test_a_misspelt_key_is_named_with_the_one_meant(catalog: Path, tmp_path: Path) -> None:
    message = refused("enrich", *tables(catalog, tmp_path), "--set", "fetch.thread=3")
    assert "fetch.thread" in message
    assert "threads" in message


def test_a_missing_column_is_named(catalog: Path, tmp_path: Path) -> None:
    catalog.write_text("image_link,group_id\nx,1\n")
    assert "entity_name" in refused("train", *tables(catalog, tmp_path))


def test_a_catalog_that_is_not_there(tmp_path: Path) -> None:
    missing = tmp_path / "no.csv"
    assert "no such file" in refused("train", *tables(missing, tmp_path))


@pytest.mark.parametrize("option", ["--labels", "--texts"])
def test_further_labels_that_are_not_there(option: str, catalog: Path, tmp_path: Path) -> None:
    message = refused("train", *tables(catalog, tmp_path), option, tmp_path / "no.parquet")
    assert "no.parquet: no such file" in message


def test_a_folder_that_is_no_model(catalog: Path, tmp_path: Path) -> None:
    assert "no model bundle there" in refused("enrich", *tables(catalog, tmp_path))


def test_answers_on_a_file_system_that_is_not_the_drivers(catalog: Path, tmp_path: Path) -> None:
    message = refused("enrich", *tables(catalog, tmp_path), "--answers", "hdfs://shop/answers.csv")
    assert "a path on the driver's machine, not hdfs://shop/answers.csv" in message


def test_ocr_language_data_that_is_not_installed(catalog: Path, tmp_path: Path) -> None:
    message = refused("train", *tables(catalog, tmp_path), "--set", "ocr.language=tlh")
    assert "tlh" in message


def test_weights_that_are_not_there(catalog: Path, tmp_path: Path) -> None:
    weights = f"embed.weights={tmp_path / 'no.pth'}"
    assert "no.pth" in refused("train", *tables(catalog, tmp_path), "--set", weights)


def test_synapseml_without_its_jar_says_how_to_get_it(catalog: Path, tmp_path: Path) -> None:
    options = ["--conf-file", "local.toml", "--set", "embed.weights=none"]
    options += ["--set", "learning.distributed_lightgbm=synapseml"]
    args = [*tables(catalog, tmp_path), "--backend", "distributed", *options]
    done = run_job("train", *args)
    assert done.returncode == 2, done.stderr[-3000:]
    assert "distributed.toml" in done.stderr.splitlines()[-1]
    assert not (tmp_path / "lake" / "images").exists()  # said before any picture is read


def test_a_question_that_the_model_was_not_trained_for_is_said_before_anything_is_read(
    catalog: Path, tmp_path: Path
) -> None:
    conf = tmp_path / "conf.toml"
    conf.write_text(
        '[units.hertz]\ndimension = "frequency"\nsi = 1.0\nspellings = ["hz"]\n'
        '[entities.frequency]\nunits = ["hertz"]\n'
    )
    options = ["--catalog", catalog, "--lake", tmp_path / "lake", "--conf-file", conf]
    done = run_job("enrich", *map(str, options), env={"JAVA_HOME": "/nonexistent"})
    assert "frequency is configured, but the model was never trained for it" in done.stderr
    assert not (tmp_path / "lake").exists()


def test_answers_are_not_written_over_the_catalog(catalog: Path, tmp_path: Path) -> None:
    before = catalog.read_bytes()
    (tmp_path / "other.csv").symlink_to(catalog)
    options = ["--lake", tmp_path / "lake", "--answers", catalog]
    for name in (catalog, tmp_path / "other.csv"):
        assert "name another file" in refused("enrich", "--catalog", name, *options)
    assert "name another file" in refused("predict", *tables(tmp_path, tmp_path), *options[2:])
    assert catalog.read_bytes() == before
