"""A session that is running already, as in a notebook: used, and given back as it was."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from pyspark.sql import SparkSession

from entity_extract.config import Config
from entity_extract.errors import UserError
from entity_extract.learning.prediction.bundle_files import default_bundle
from entity_extract.runs.run import Run
from entity_extract.spark.pipeline import opened_pipeline
from entity_extract.spark.session.session import spark_session
from tests.server import ShopServer

THEIRS = {"spark.sql.session.timeZone": "Asia/Tokyo", "my.password": "of the owner"}
ASKED = {"spark.sql.session.timeZone": "UTC", "spark.sql.adaptive.enabled": "false"}
SETTLED = {"spark.executor.memory": "9g"}  # once a session runs


@pytest.fixture
def theirs(spark: SparkSession) -> Iterator[SparkSession]:
    """With settings of its owner's, until the end of the test."""
    before = {key: spark.conf.get(key, None) for key in THEIRS}
    for key, value in THEIRS.items():
        spark.conf.set(key, value)
    yield spark
    for key, was in before.items():
        spark.conf.unset(key) if was is None else spark.conf.set(key, was)


def state(spark: SparkSession) -> dict[str, object]:
    """What its owner could tell by that a job has been there."""
    context = cast(Any, spark.sparkContext)
    gauges = context._jsc.sc().env().metricsSystem().getSourcesByName("AccumulatorSource")
    level = context._jvm.org.apache.logging.log4j.LogManager.getRootLogger().getLevel()
    return {
        "settings": {row.key: spark.conf.get(row.key) for row in spark.sql("SET").collect()},
        "cached": set(context._jsc.getPersistentRDDs()),
        "views": [table.name for table in spark.catalog.listTables()],
        "tags": context.getJobTags(),
        "gauges": gauges.size(),
        "level": level.toString(),
    }


def test_a_run_in_a_session_of_others_leaves_it_alive_and_as_it_was(
    theirs: SparkSession, config: Config, shop: ShopServer, tmp_path: Path
) -> None:
    catalog = tmp_path / "catalog.parquet"
    links = [(shop.url(path), "item_weight", "x") for path in ("/a.jpg", "/b.jpg", "/a.jpg")]
    rows = theirs.createDataFrame(links, "image_link string, entity_name string, group_id string")
    rows.coalesce(1).write.parquet(str(catalog))
    own = theirs.range(3).cache()  # the owner's
    assert own.count() == 3
    before = state(theirs)
    with spark_session("enrich", ASKED) as spark:
        assert spark is theirs
        assert {key: spark.conf.get(key) for key in ASKED} == ASKED
        run = Run("enrich", config)
        lake = str(tmp_path / "lake")
        with opened_pipeline(spark, run, config, catalog=str(catalog), lake=lake) as pipeline:
            pipeline.read()
            pipeline.predict(default_bundle())
            pipeline.write_answers(tmp_path / "answers.csv")
            pipeline.finish()
    assert state(theirs) == before
    assert own.count() == 3
    assert (tmp_path / "answers.csv").read_text().count("500 gram") == 2
    own.unpersist()


def test_what_goes_wrong_is_told_and_the_session_lives_on_as_it_was(theirs: SparkSession) -> None:
    before = state(theirs)
    with pytest.raises(UserError, match="no such lake"), spark_session("vacuum", ASKED):
        raise UserError("no such lake")
    assert state(theirs) == before


def test_settings_that_come_too_late_are_named(
    theirs: SparkSession, caplog: pytest.LogCaptureFixture
) -> None:
    with spark_session("enrich", ASKED | SETTLED):
        pass
    (said,) = caplog.messages
    assert said == "no effect on a session that is running already: spark.executor.memory"


def test_a_server_is_not_gone_to_beside_a_session_that_has_none(theirs: SparkSession) -> None:
    asked = {"spark.remote": "sc://localhost:15002"}
    with (
        pytest.raises(UserError, match="this process has a session of its own running"),
        spark_session("enrich", asked),
    ):
        pass
