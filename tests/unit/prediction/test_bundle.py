"""The model bundle: saved and read back, or refused with the reason."""

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest

from entity_extract.learning.features.candidates.declared import CANDIDATE_FEATURES
from entity_extract.learning.features.candidates.row import RowCandidates
from entity_extract.learning.features.examples import Examples, build_example, collate_examples
from entity_extract.learning.features.transformer import FeatureTransformer
from entity_extract.learning.prediction.abstention import AbstentionThresholds
from entity_extract.learning.prediction.bundle import Bundle, make_bundle, worker_model
from entity_extract.learning.prediction.bundle_files import (
    MANIFEST,
    BundleError,
    default_bundle,
    load_bundle,
    save_bundle,
)
from entity_extract.learning.prediction.evidence import Evidence
from entity_extract.learning.prediction.learned_features import LEARNED_FEATURES
from entity_extract.learning.prediction.model import Model
from entity_extract.learning.prediction.predict import predict_frame
from entity_extract.learning.prediction.ranker_features import ranker_features
from tests.unit.learning_cases import (
    DOMAIN,
    PICTURE,
    fit_on,
    make_products,
    printed,
    small_model,
    to_examples,
)


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


def test_whoever_loads_a_bundle_while_it_is_replaced_has_the_old_or_the_new_one(
    folder: Path,
) -> None:
    bundles = [load_bundle(folder), bundle_of(backend="newer")]
    watched = threading.Event()

    def missing() -> int:
        """How often there was no manifest."""
        found = 0
        while not watched.is_set():
            found += not (folder / MANIFEST).exists()
        return found

    def loaded() -> list[Bundle]:
        found = []
        while not watched.is_set():
            found.append(load_bundle(folder))
        return found

    with ThreadPoolExecutor(2) as readers:
        times, seen = readers.submit(missing), readers.submit(loaded)
        for turn in range(200):
            save_bundle(bundles[turn % 2], folder, "# Card\n")
        watched.set()
        assert times.result() == 0
        assert seen.result()
        assert all(bundle in bundles for bundle in seen.result())


OF_CANDIDATE, LEARNED = "number_of_digits", "agreement"


def declare(version: int = 2) -> None:
    """Two features that the package does not have, one of a candidate and one of evidence."""

    @CANDIDATE_FEATURES.feature(OF_CANDIDATE, version=version)
    def number_of_digits(row: RowCandidates) -> npt.ArrayLike:
        return [len(f"{candidate.value:g}") for candidate in row.candidates]

    @LEARNED_FEATURES.feature(LEARNED)
    def agreement(evidence: Evidence) -> npt.ArrayLike:
        return -evidence.forest_distance - evidence.fusion_distance


def forget() -> None:
    CANDIDATE_FEATURES.forget(OF_CANDIDATE)
    LEARNED_FEATURES.forget(LEARNED)


@pytest.fixture
def declared() -> Iterator[None]:
    small_model()  # fitted before, without them
    declare()
    yield
    forget()


@pytest.fixture
def richer(declared: None, tmp_path: Path) -> Path:
    """A bundle that was trained while there were two features more, and needs both."""
    model = fit_on(to_examples(make_products(120, seed=1)))
    save_bundle(bundle_of(model=model), tmp_path / "richer", "")
    return tmp_path / "richer"


def test_a_feature_from_outside_is_trained_on_stored_and_asked_for_again(richer: Path) -> None:
    bundle = load_bundle(richer)
    assert {OF_CANDIDATE, LEARNED} < set(bundle.about["features"]["ranker"])
    assert [bundle.about["feature_versions"][name] for name in (OF_CANDIDATE, LEARNED)] == [2, 1]
    model = bundle.model()
    assert OF_CANDIDATE in model.candidate_names
    rows = unread(printed("500 gram", line=0) + printed("2 kilogram", top=300, line=1))
    assert len(answers(model, rows)["candidates"][0]) == 2
    splits = dict(zip(model.ranker.names, model.ranker.model.feature_importance(), strict=True))
    assert splits[LEARNED] > 0  # so what it says has a part in the answer


def unread(*pictures: list[Any]) -> pd.DataFrame:
    row = {"entity_name": "item_weight", "group_id": "tea", "status": "ok", "reason": None}
    row |= {"width": PICTURE[0], "height": PICTURE[1], "strokes": [], "embedding": None}
    return pd.DataFrame([{**row, "words": words} for words in pictures])


def answers(model: Model, rows: pd.DataFrame) -> dict[str, list[Any]]:
    found = predict_frame(model, rows)
    return found[["prediction", "confidence", "runner_up", "candidates"]].to_dict("list")


def test_older_bundles_answer_the_same_while_there_are_features_more(folder: Path) -> None:
    rows = unread(
        *(list(product.words) for product in make_products(40, seed=5)), printed("NET 500 g 20 g")
    )
    bundles = [load_bundle(folder), default_bundle()]
    before = [answers(bundle.model(), rows) for bundle in bundles]
    declare()
    try:
        again = [load_bundle(folder), default_bundle()]
        after = [answers(bundle.model(), rows) for bundle in again]
    finally:
        forget()
    assert again == bundles
    assert after == before
    assert len({confidence for found in before for confidence in found["confidence"]}) > 5


def test_a_bundle_that_needs_a_feature_that_is_gone_is_refused_by_its_name(richer: Path) -> None:
    forget()
    try:
        with pytest.raises(BundleError, match=f"not declared here: {LEARNED}, {OF_CANDIDATE};"):
            load_bundle(richer)
    finally:
        declare()


def test_a_bundle_made_with_another_version_of_a_feature_is_refused_by_its_name(
    richer: Path,
) -> None:
    forget()
    declare(version=3)
    with pytest.raises(BundleError, match=rf"{OF_CANDIDATE} \(version 2, here 3\)$"):
        load_bundle(richer)


def test_a_text_feature_that_is_gone_is_named(folder: Path) -> None:
    features = json.loads((folder / MANIFEST).read_text())["features"]
    features["text"].append("exclamation_marks")
    edit_manifest(folder, features=features)
    with pytest.raises(BundleError, match="not declared here: exclamation_marks;"):
        load_bundle(folder)


def examples_of(names: tuple[str, ...]) -> Examples:
    products = make_products(40, seed=4)
    built = [
        build_example(p.words, entity=p.entity, picture=PICTURE, domain=DOMAIN, names=names)
        for p in products
    ]
    return collate_examples(
        built,
        entity=[p.entity for p in products],
        group=[p.group for p in products],
        picture=[""] * len(products),
        labels=[()] * len(products),
        image=np.zeros((len(products), len(small_model().learners.transformer.mean))),
        domain=DOMAIN,
    )


def test_a_model_takes_features_by_name_in_whatever_order_they_come() -> None:
    model = small_model()
    one, other = (
        model.ranker.score(
            ranker_features(model.ranker.names, Evidence.of(model.learners, examples_of(names)))
        )
        for names in (model.candidate_names, model.candidate_names[::-1])
    )
    np.testing.assert_array_equal(one, other)
    assert len(set(one.tolist())) > 5


def test_text_features_are_taken_by_name_too() -> None:
    whole = small_model().learners.transformer
    names = (whole.text_names[-1], whole.text_names[0])
    fewer = FeatureTransformer(whole.priors, whole.mean, whole.components, names)
    examples = to_examples(make_products(8, seed=4))
    again = FeatureTransformer.from_bytes(fewer.to_bytes())
    rows = again.transform(examples, training=False)
    entities = len(DOMAIN.entity_names)
    np.testing.assert_array_equal(rows[:, entities : entities + 2], examples.text[:, [-1, 0]])
    assert rows.shape[1] == whole.transform(examples, training=False).shape[1] - (
        len(whole.text_names) - 2
    )
