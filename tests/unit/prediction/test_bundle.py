"""The model bundle: saved and read back, or refused with the reason."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from entity_extract.learning.prediction.abstention import AbstentionThresholds
from entity_extract.learning.prediction.bundle import (
    MANIFEST,
    Bundle,
    BundleError,
    load_bundle,
    make_bundle,
    save_bundle,
    worker_model,
)
from entity_extract.learning.prediction.model import Model
from tests.unit.learning_cases import make_products, small_model, to_examples


def bundle_of(
    *, model: Model | None = None, encoder_version: str | None = "encoder 1", **about: Any
) -> Bundle:
    return make_bundle(
        model or small_model(),
        encoder_version=encoder_version,
        reader_version="reader 1",
        about=about,
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A saved bundle."""
    save_bundle(bundle_of(backend="local"), tmp_path / "model", "# Card\n")
    return tmp_path / "model"


def edit_manifest(folder: Path, **fields: Any) -> None:
    about = json.loads((folder / MANIFEST).read_text())
    (folder / MANIFEST).write_text(json.dumps(about | fields))


def test_a_saved_bundle_is_read_back_whole(folder: Path) -> None:
    loaded, made = load_bundle(folder), bundle_of(backend="local")
    assert loaded == made
    assert loaded.encoder_version == "encoder 1"
    assert loaded.domain == small_model().domain
    assert loaded.about["backend"] == "local"
    assert (folder / "MODEL_CARD.md").read_text() == "# Card\n"


def test_the_model_of_a_loaded_bundle_gives_the_same_answers(folder: Path) -> None:
    bundle = load_bundle(folder)
    examples = to_examples(make_products(40, seed=4))
    np.testing.assert_array_equal(
        worker_model(bundle).choose(examples).confidence,
        small_model().choose(examples).confidence,
    )
    assert worker_model(bundle) is worker_model(load_bundle(folder))


def test_the_version_follows_the_content_and_nothing_else() -> None:
    assert bundle_of(backend="local").version == bundle_of(backend="distributed").version
    assert bundle_of().version != bundle_of(encoder_version=None).version
    assert bundle_of(encoder_version=None).encoder_version is None
    bolder = replace(small_model(), thresholds=AbstentionThresholds(0.0, {}))
    assert bundle_of(model=bolder).version != bundle_of().version


def test_a_folder_without_a_bundle_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="no model bundle there"):
        load_bundle(tmp_path / "nowhere")


@pytest.mark.parametrize("name", ["choice.json", "ranker.txt"])
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(BundleError, match=f"{name}: No such file"):
        load_bundle(folder)


def test_a_changed_byte_is_noticed(folder: Path) -> None:
    content = bytearray((folder / "forest.safetensors").read_bytes())
    content[-1] ^= 1
    (folder / "forest.safetensors").write_bytes(content)
    with pytest.raises(BundleError, match=r"forest\.safetensors: not the file"):
        load_bundle(folder)


@pytest.mark.parametrize("found", [1, None, "3"])
def test_another_format_is_refused(folder: Path, found: object) -> None:
    edit_manifest(folder, format=found)
    with pytest.raises(BundleError, match=f"bundle format {found!r}, this version reads 3"):
        load_bundle(folder)


@pytest.mark.parametrize(("text", "reason"), [("{", "not valid JSON"), ("[]", "bundle format")])
def test_a_manifest_that_is_none_is_refused(folder: Path, text: str, reason: str) -> None:
    (folder / MANIFEST).write_text(text)
    with pytest.raises(BundleError, match=reason):
        load_bundle(folder)


def test_other_features_are_refused(folder: Path) -> None:
    features = json.loads((folder / MANIFEST).read_text())["features"]
    features["ranker"][0] = "renamed"
    edit_manifest(folder, features=features)
    with pytest.raises(BundleError, match="not declared here: renamed;"):
        load_bundle(folder)


def test_a_manifest_that_lacks_a_field_is_refused(folder: Path) -> None:
    about = json.loads((folder / MANIFEST).read_text())
    del about["files"], about["features"]
    (folder / MANIFEST).write_text(json.dumps(about))
    with pytest.raises(BundleError, match="lacks features, files"):
        load_bundle(folder)


def test_a_bundle_without_entities_is_refused(folder: Path) -> None:
    edit_manifest(folder, files={})
    with pytest.raises(BundleError, match="no entities and units"):
        load_bundle(folder)


@pytest.mark.parametrize("name", ["../secret", "/etc/hostname", "a/../../secret"])
def test_a_file_outside_the_folder_is_never_read(folder: Path, name: str) -> None:
    (folder.parent / "secret").write_text("secret")
    edit_manifest(folder, files={name: "0" * 64})
    with pytest.raises(BundleError, match="names a file outside itself"):
        load_bundle(folder)


def test_a_folder_that_is_not_a_bundle_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("three years")
    with pytest.raises(BundleError, match="not a model bundle"):
        save_bundle(bundle_of(), tmp_path, "")
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_file_in_the_place_of_the_folder_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "model").write_text("three years")
    with pytest.raises(BundleError, match="is a file"):
        save_bundle(bundle_of(), tmp_path / "model", "")
    assert (tmp_path / "model").read_text() == "three years"


def test_an_older_bundle_and_an_empty_folder_are_replaced_without_a_trace(folder: Path) -> None:
    (folder / "left over.txt").write_text("from an older version")
    empty = folder.parent / "empty"
    empty.mkdir()
    newer = bundle_of(backend="newer")
    for target in (folder, empty):
        save_bundle(newer, target, "# Newer\n")
        assert load_bundle(target) == newer
        assert {path.name for path in target.iterdir()} == {*newer.files, MANIFEST, "MODEL_CARD.md"}
    assert {path.name for path in folder.parent.iterdir()} == {"model", "empty"}
