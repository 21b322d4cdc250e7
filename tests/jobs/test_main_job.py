"""The whole way on a small shop: train, enrich, evaluate, and again."""

import json
import re
from pathlib import Path

import pandas as pd

from entity_extract import schema
from entity_extract.catalog.answers_file import check_answers
from entity_extract.config import load_config
from entity_extract.evaluation.metrics import score
from entity_extract.learning.prediction.bundle_files import default_bundle
from entity_extract.status import Status
from tests.jobs.conftest import BROKEN, Shop, Trained, run_job, succeed
from tests.unit.lineage.collector import faults


def catalog_of(shop: Shop) -> pd.DataFrame:
    return pd.read_csv(shop.csv, dtype=str, keep_default_na=False)


def test_every_catalog_row_has_one_prediction_and_keeps_its_columns(
    shop: Shop, trained: Trained
) -> None:
    catalog, found = catalog_of(shop), pd.read_parquet(trained.lake / "predictions")
    own = ["image_link", "group_id", "entity_name", "entity_value"]
    expected = catalog.rename(columns={"index": "sample_id"}).sort_values("sample_id")
    got = found.sort_values("sample_id")
    assert expected[["sample_id", *own]].fillna("").to_numpy().tolist() == (
        got[["sample_id", *own]].fillna("").to_numpy().tolist()
    )
    assert set(schema.PREDICTIONS.columns) <= set(found.columns)


def test_each_distinct_link_is_one_row_of_images_with_a_status(
    shop: Shop, trained: Trained
) -> None:
    images = pd.read_parquet(trained.lake / "images")
    links = set(catalog_of(shop)["image_link"]) - {""}
    assert sorted(images["image_link"]) == sorted(links)
    assert set(images["status"]) <= set(Status)
    read = images[images["status"] == Status.OK]
    assert len(read) > len(links) / 2
    assert read["thumbnail"].map(lambda content: content[:2] == b"\xff\xd8").all()
    words = [word for words in read["words"] for word in words]
    assert words
    assert set(words[0]) == set(re.findall(r"(\w+):", schema.WORD))


def test_broken_links_end_as_rows_with_their_own_status(shop: Shop, trained: Trained) -> None:
    images = pd.read_parquet(trained.lake / "images").set_index("image_link")["status"]
    for kind, link in shop.broken.items():
        assert images[link] == BROKEN[kind], kind


def test_rows_that_cannot_be_asked_are_answered_with_a_status(trained: Trained) -> None:
    found = pd.read_parquet(trained.lake / "predictions").set_index("sample_id")
    assert found.loc["200", "status"] == Status.NO_LINK
    assert found.loc["201", "status"] == Status.UNKNOWN_ENTITY
    assert sorted(found.loc["202", "row_copy"]) == [1, 2]
    assert (found.loc[["200", "201", "202"], "prediction"] == "").all()


def test_each_content_is_embedded_once(trained: Trained) -> None:
    images = pd.read_parquet(trained.lake / "images")
    embeddings = pd.read_parquet(trained.lake / "embeddings")
    seen = images.loc[images["thumbnail"].notna(), "content_sha256"]
    assert sorted(embeddings["content_sha256"]) == sorted(set(seen))
    assert (embeddings["embedding"].map(len) == 2048).all()


def _without_line(path: Path, row: int) -> Path:
    lines = path.read_text().splitlines(keepends=True)
    shorter = path.with_name("answers-once.csv")
    shorter.write_text("".join(lines[: row + 1] + lines[row + 2 :]))
    return shorter


def test_answers_pass_the_public_checker_and_are_what_the_lake_says(
    shop: Shop, trained: Trained
) -> None:
    catalog = catalog_of(shop)
    domain = load_config().domain
    ids, entities = catalog["index"].tolist(), catalog["entity_name"].tolist()
    twice = ids.index("202")  # the catalog repeats this row, so the answers repeat it, too
    del ids[twice], entities[twice]
    assert check_answers(_without_line(trained.answers, twice), ids, entities, domain) == []
    answers = pd.read_csv(trained.answers, dtype=str, keep_default_na=False)
    ids = catalog["index"].tolist()
    assert answers["index"].tolist() == ids
    lake = pd.read_parquet(trained.lake / "predictions").set_index("sample_id")["prediction"]
    assert answers["prediction"].tolist() == [lake[[i]].iloc[0] for i in ids]
    assert (answers["prediction"] != "").sum() > len(ids) / 4


def test_metrics_hold_train_and_validation_apart(shop: Shop, trained: Trained) -> None:
    metrics = json.loads((trained.report / "metrics.json").read_text())
    keys = {"f1", "precision", "recall", "accuracy", "oracle_recall", "rows", "per_entity"}
    for side in (metrics, metrics["train"], metrics["validation"]):
        assert keys | {"f1_interval"} <= set(side)
    assert metrics["f1"] == metrics["validation"]["f1"]
    # The row without a link belongs to no side: no picture, so nothing that could leak.
    sides = [metrics[side] for side in ("train", "validation", "new")]
    assert sum(s["rows"] + s["labels_dropped"] for s in sides) == len(catalog_of(shop))
    bundle = json.loads((trained.model / "bundle.json").read_text())
    assert bundle["metrics"]["validation"]["f1"] == metrics["validation"]["f1"]


def test_no_picture_is_on_both_sides_of_the_split(trained: Trained) -> None:
    splits = pd.read_parquet(trained.lake / "splits")
    images = pd.read_parquet(trained.lake / "images")[["image_link", "content_sha256"]]
    sides = splits.merge(images, on="image_link").dropna(subset=["content_sha256"])
    assert sides.groupby("content_sha256")["split"].nunique().max() == 1
    assert set(sides["split"]) == {"train", "validation"}


def test_the_report_says_how_the_model_learned(trained: Trained) -> None:
    page = (trained.report / "report.html").read_text()
    curves = json.loads((trained.model / "bundle.json").read_text())["curves"]
    assert curves["pictures"]["share"][-1] == 1.0
    assert "How it learned" in page
    assert "Not the model that answered" not in page
    points = json.loads((trained.report / "metrics.json").read_text())["trade_off"]
    assert [point["point"] for point in points][:2] == ["as run", "best F1"]
    assert points[0]["f1"] == json.loads((trained.report / "metrics.json").read_text())["f1"]


def test_the_report_stands_alone(trained: Trained) -> None:
    page = (trained.report / "report.html").read_text()
    assert "data:image/" in page
    assert not re.findall(r"""(?:src|href)=["']https?:""", page)


def test_a_second_enrich_finds_nothing_new_and_says_what_has_no_reading_still(
    shop: Shop, trained: Trained, tmp_path: Path
) -> None:
    lake = trained.copied_lake(tmp_path)
    before = sorted(path for path in lake.rglob("*.parquet") if "open" not in str(path))
    args = ["--catalog", shop.csv, "--lake", lake, "--model", trained.model]
    # The link that timed out has its second and last try here; then nothing is left to do.
    succeed(run_job("enrich", *args, *shop.options()))
    printed = succeed(run_job("enrich", *args, *shop.options()))
    assert all(f"{stage}: 0 new rows" in printed for stage in ("read", "embed", "predict"))
    assert "nothing new: the lake already holds all that could be read" in printed
    assert set(before) <= set(lake.rglob("*.parquet"))
    images = pd.read_parquet(lake / "images").set_index("image_link")
    assert images.index.is_unique
    assert images.loc[shop.broken["slow"], "attempts"] == 2
    lost = int((images["status"] != "ok").sum())
    assert f"without a reading: {lost} of {len(images)} links" in printed


def test_the_manifest_accounts_for_every_row(shop: Shop, trained: Trained) -> None:
    runs = sorted((trained.lake / "runs").glob("*.json"))  # their names begin with the time
    manifests = [json.loads(path.read_text()) for path in runs]
    first = next(m for m in manifests if m["job"] == "enrich")
    assert first["catalog_rows"] == len(catalog_of(shop))
    assert sum(first["stages"]["predict"]["by_status"].values()) == len(catalog_of(shop))
    assert first["versions"]["model_version"]


def test_training_and_answering_are_told_with_what_they_read_and_wrote(
    shop: Shop, trained: Trained
) -> None:
    events = [json.loads(line) for line in trained.lineage.read_text().splitlines()]
    assert [(event["job"]["name"], event["eventType"]) for event in events] == [
        *(("train", "START"), ("train", "COMPLETE")),
        *(("enrich", "START"), ("enrich", "COMPLETE")),
    ]
    assert [fault for event in events for fault in faults(event)] == []
    read = [{one["name"] for one in event["inputs"]} for event in events]
    assert read[1] == {str(shop.csv), str(shop.labels), str(shop.texts)}
    assert read[3] == {str(shop.csv), str(trained.model)}
    wrote = [{one["name"] for one in event["outputs"]} for event in events]
    tables = {str(trained.lake / name) for name in ("images", "embeddings", "splits")}
    assert wrote[1] == {*tables, str(trained.model)}
    assert {str(trained.lake / "predictions"), str(trained.answers)} <= wrote[3]


def test_new_rows_are_added_and_old_ones_left_alone(
    shop: Shop, trained: Trained, tmp_path: Path
) -> None:
    catalog = catalog_of(shop)
    more = catalog.iloc[:2].assign(index=["900", "901"], entity_name=["width", "height"])
    grown = tmp_path / "grown.csv"
    pd.concat([catalog, more]).to_csv(grown, index=False)
    lake = trained.copied_lake(tmp_path)
    args = ["--lake", lake, "--model", trained.model, *shop.options("fetch.max_attempts=1")]
    printed = succeed(run_job("enrich", "--catalog", grown, *args))
    assert "read: 0 new rows" in printed
    found = pd.read_parquet(lake / "predictions")
    assert len(found) == len(catalog) + 2
    assert not found.duplicated(["row_key", "row_copy"]).any()


def test_a_catalog_without_rows_is_answered_without_rows(
    shop: Shop, trained: Trained, tmp_path: Path
) -> None:
    empty, answers = tmp_path / "empty.csv", tmp_path / "answers.csv"
    empty.write_text(shop.csv.read_text().splitlines()[0] + "\n")
    lake = tmp_path / "lake"
    args = ["--catalog", empty, "--lake", lake, "--model", trained.model, "--answers", answers]
    printed = succeed(run_job("enrich", *args, *shop.options()))
    assert "0 catalog rows" in printed
    assert answers.read_text() == "index,prediction\n"
    for table in ("images", "predictions"):
        assert len(pd.read_parquet(lake / table)) == 0


def test_further_labels_and_texts_are_learned_from(trained: Trained) -> None:
    about = json.loads((trained.model / "bundle.json").read_text())
    assert about["background"] == {"labels": 60, "texts": 60}
    assert "teacher.txt" in about["files"]
    assert "texts: 60" in (trained.model / "MODEL_CARD.md").read_text()


def test_without_a_model_the_packages_own_answers(
    shop: Shop, trained: Trained, tmp_path: Path
) -> None:
    lake = trained.copied_lake(tmp_path)
    tables = ["--catalog", shop.csv, "--lake", lake]
    once = ("embed.weights=nowhere.pth", "fetch.max_attempts=1")
    printed = succeed(run_job("enrich", *tables, *shop.options(*once)))
    assert "read: 0 new rows" in printed  # nothing but the answers is new
    assert "embed" not in printed  # it looks at no picture features
    found = pd.read_parquet(lake / "predictions")
    assert set(found["model_version"]) == {default_bundle().version}
    assert len(found) == len(catalog_of(shop))
    config = load_config()
    figures = score(found.reset_index(drop=True), config.domain, config.evaluate)
    assert figures["f1_given_candidate"] > 0.6  # of drawn cards; it has seen none
