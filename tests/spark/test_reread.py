"""Pictures without a candidate are looked at again: once, and within a share of all."""

import json
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

import pandas as pd
import pytest
from pyspark.sql import SparkSession

from entity_extract.catalog import few_files
from entity_extract.config import Config, RereadConfig
from entity_extract.learning.prediction.asked import prediction_version
from entity_extract.learning.prediction.bundle_files import default_bundle
from entity_extract.runs.run import Run
from entity_extract.spark.pipeline import Pipeline, opened_pipeline
from entity_extract.spark.reread import reread_unanswered
from tests.pictures import faint
from tests.server import ShopServer
from tests.spark.lake.seven_nights import rows_of

HEAD = "image_link,group_id,entity_name"


class Catalog:
    """Questions about a shop's pictures, and runs over them."""

    def __init__(self, spark: SparkSession, config: Config, shop: ShopServer, root: Path) -> None:
        self.spark, self.config, self.shop, self.root = spark, config, shop, root

    def opened(
        self, config: Config, asked: Sequence[tuple[str, str]], run: Run
    ) -> AbstractContextManager[Pipeline]:
        path = self.root / "catalog.csv"
        rows = [f"{self.shop.url(name)},1,{entity}" for name, entity in asked]
        path.write_text("\n".join([HEAD, *rows, ""]))
        return opened_pipeline(
            self.spark, run, config, catalog=str(path), lake=str(self.root / "lake")
        )

    def run(
        self,
        *asked: tuple[str, str],
        reread: bool = True,
        timeout_s: float = 30.0,
        **settings: object,
    ) -> Mapping[str, int]:
        """Rows worked on by each stage that had something to do."""
        ocr = self.config.ocr.model_copy(update={"timeout_s": timeout_s})
        again = RereadConfig.model_validate(settings)
        config = self.config.model_copy(update={"ocr": ocr, "reread": again})
        run = Run("tests", config)
        with self.opened(config, asked, run) as pipeline:
            pipeline.read()
            pipeline.predict(default_bundle(), reread=reread)
            pipeline.finish()
        self.spark.catalog.clearCache()
        manifest = json.loads((self.root / "lake" / "runs" / f"{run.id}.json").read_text())
        return {name: stage["rows"] for name, stage in manifest["stages"].items() if stage["rows"]}

    def answers(self) -> dict[tuple[str, str], tuple[str, bool]]:
        """(picture, entity) -> the answer, and whether it rests on a second look."""
        rows = rows_of(self.root / "lake", "predictions")
        names = rows["image_link"].str.rpartition("/")[2]
        said = zip(rows["prediction"], rows["reread"], strict=True)
        return dict(zip(zip(names, rows["entity_name"], strict=True), said, strict=True))

    def rereadings(self) -> pd.DataFrame:
        return rows_of(self.root / "lake", "rereadings")


BOTH = pytest.mark.parametrize("catalog", ["here", "there"], indirect=True)


@pytest.fixture
def catalog(
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    spark: SparkSession,
    config: Config,
    shop: ShopServer,
    tmp_path: Path,
) -> Catalog:
    """Of few rows, which the driver holds; or, "there", of many."""
    if getattr(request, "param", "here") == "there":
        monkeypatch.setattr(few_files, "FEW_BYTES", 0)
    shop.files["/faint.png"] = faint("Net weight 350 g")
    return Catalog(spark, config, shop, tmp_path)


FAINT, PLAIN = ("/faint.png", "item_weight"), ("/a.jpg", "item_weight")
NOT_SAID = ("/a.jpg", "voltage")


@BOTH
def test_print_that_the_first_look_missed_is_answered(catalog: Catalog) -> None:
    done = catalog.run(FAINT, PLAIN, NOT_SAID, share=1.0)
    assert done == {"read": 2, "predict": 3, "reread": 2, "repredict": 2}
    assert catalog.answers() == {
        ("faint.png", "item_weight"): ("350 gram", True),
        ("a.jpg", "item_weight"): ("500 gram", False),
        ("a.jpg", "voltage"): ("", True),
    }
    assert catalog.run(FAINT, PLAIN, NOT_SAID, share=1.0) == {}
    asked = catalog.shop.asked.elements()
    assert sorted(asked) == ["/a.jpg", "/a.jpg", "/faint.png", "/faint.png"]
    # A question that comes later finds the second look there, and asks for no third.
    later = ("/faint.png", "voltage")
    assert catalog.run(FAINT, PLAIN, NOT_SAID, later, share=1.0) == {"predict": 1}
    assert catalog.answers()["faint.png", "voltage"] == ("", True)


@BOTH
def test_a_run_that_ends_before_its_rows_are_answered_anew_is_gone_on_with(
    catalog: Catalog,
) -> None:
    catalog.run(FAINT, PLAIN, reread=False)
    config = catalog.config.model_copy(update={"reread": RereadConfig(share=1.0)})
    run = Run("tests", config)
    with catalog.opened(config, [FAINT, PLAIN], run) as pipeline:
        assert reread(pipeline, config, run)
    assert catalog.answers()["faint.png", "item_weight"] == ("", False)
    assert catalog.run(FAINT, PLAIN, share=1.0) == {"predict": 1}
    assert catalog.answers()["faint.png", "item_weight"] == ("350 gram", True)


def reread(pipeline: Pipeline, config: Config, run: Run) -> bool:
    assert pipeline.reread_version is not None
    return reread_unanswered(
        pipeline.lake,
        pipeline.catalog,
        pipeline.links,
        config,
        run.stage,
        model_version=prediction_version(default_bundle(), config.predict),
        reread_version=pipeline.reread_version,
    )


@pytest.mark.parametrize("settings", [{"share": 0.0}, {"looks": ()}])
def test_there_need_be_no_second_look(catalog: Catalog, settings: dict[str, object]) -> None:
    assert catalog.run(FAINT, **settings) == {"read": 1, "predict": 1}
    assert catalog.answers() == {("faint.png", "item_weight"): ("", False)}


def test_a_share_of_the_pictures_is_not_passed_night_by_night(catalog: Catalog) -> None:
    asked = [(f"/{number}.png", "item_weight") for number in range(20)]
    catalog.shop.files |= {name: faint("Made with care") for name, _ in asked}
    for _ in range(3):
        catalog.run(*asked, share=0.3)
    assert len(catalog.rereadings()) <= 12  # about 6: by a hash of the links, whose port is chance


def test_another_picture_under_the_link_gives_no_words(catalog: Catalog) -> None:
    catalog.run(FAINT, reread=False)
    catalog.shop.files["/faint.png"] = faint("Net weight 999 g")
    assert catalog.run(FAINT, share=1.0) == {"reread": 1, "repredict": 1}
    (row,) = catalog.rereadings().to_dict("records")
    assert (row["status"], len(row["words"])) == ("ok", 0)
    assert row["reason"].startswith("another picture")
    assert catalog.answers() == {("faint.png", "item_weight"): ("", True)}
    assert catalog.run(FAINT, share=1.0) == {}


def test_a_link_that_fails_the_second_time_loses_nothing(catalog: Catalog) -> None:
    catalog.run(FAINT, PLAIN, reread=False)
    del catalog.shop.files["/faint.png"]
    assert catalog.run(FAINT, PLAIN, share=1.0) == {"reread": 1, "repredict": 1}
    (row,) = catalog.rereadings().to_dict("records")
    assert row["status"] == "http_error"
    assert catalog.answers()["faint.png", "item_weight"] == ("", True)
    assert catalog.answers()["a.jpg", "item_weight"] == ("500 gram", False)
    assert catalog.run(FAINT, PLAIN, share=1.0) == {}


def test_a_second_look_that_failed_for_now_is_taken_another_night(catalog: Catalog) -> None:
    # Not the picture of other tests: a worker keeps what it has read.
    catalog.shop.files["/faint.png"] = faint("Net weight 420 g")
    catalog.run(FAINT, reread=False)
    assert catalog.run(FAINT, share=1.0, timeout_s=0.001) == {"reread": 1}
    assert catalog.rereadings()["status"].tolist() == ["ocr_timeout"]
    assert catalog.run(FAINT, share=1.0) == {"reread": 1, "repredict": 1}
    assert catalog.answers() == {("faint.png", "item_weight"): ("420 gram", True)}
