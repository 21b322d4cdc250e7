"""Answers of two models in one lake: `predictions` are the latest one's, and what the other said
stays where that is wanted, for `compare`."""

import re
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from entity_extract.commands.main import main
from entity_extract.config import Config
from entity_extract.evaluation.compared_rows import lake_answers, models_of
from entity_extract.spark.earlier import forget_model
from entity_extract.spark.tables.lake import Lake
from tests.server import ShopServer
from tests.spark.test_identity import Nights

KEEP = "lake.keep_earlier_answers=true"
METRIC = "predict.prefer=metric"  # another way of asking is another model_version


@pytest.fixture
def nights(spark: SparkSession, config: Config, tmp_path: Path) -> Nights:
    return Nights(spark, config, tmp_path)


def answered(nights: Nights, table: str) -> dict[tuple[str, str], str]:
    """(entity, how the model was asked) -> the answer."""
    rows = nights.held("entity_name", "model_version", "prediction", table=table)
    return {(entity, model.partition("-")[2]): said for entity, model, said in rows}


def test_what_an_earlier_model_answered_stays_beside_the_latest_ones_where_it_is_wanted(
    nights: Nights, shop: ShopServer, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [
        {"image_link": shop.url("/a.jpg"), "group_id": "1", "entity_name": "item_weight"},
        {"image_link": shop.url("/b.jpg"), "group_id": "1", "entity_name": "voltage"},
    ]
    root = str(nights.root)
    nights.night(rows)
    assert nights.night(rows, METRIC) == {"predict": 2}  # off: replaced, as ever
    assert answered(nights, "earlier_answers") == {}
    with pytest.raises(SystemExit):
        main(["compare", "--lake", root])
    assert "lake.keep_earlier_answers" in capsys.readouterr().err

    assert nights.night(rows, KEEP) == {"keep": 2, "predict": 2}
    current = {("item_weight", ""): "500 gram", ("voltage", ""): "12 volt"}
    before = {("item_weight", "metric"): "500 gram", ("voltage", "metric"): "12 volt"}
    assert answered(nights, "predictions") == current
    assert answered(nights, "earlier_answers") == before
    first, second = models_of(root)
    assert first == f"{second}-metric"  # of the second more stands in predictions
    main(["compare", "--lake", root])
    said = capsys.readouterr().out
    assert f"A: {root}, model {first}\nB: {root}, model {second}\n" in said
    assert re.search(r"^all +2 +2 ", said, re.MULTILINE)  # both, the same

    left = nights.night(rows[:1], KEEP, METRIC, "catalog.complete=true")
    assert left == {"keep": 1, "predict": 1, "withdraw": 1}
    assert answered(nights, "predictions") == {("item_weight", "metric"): "500 gram"}
    assert {entity for entity, _ in answered(nights, "earlier_answers")} == {"item_weight"}
    assert len(lake_answers(root, first)) == 1  # it stands in both tables
    main(["compare", "--lake", root, "--model", second, "--model", first])
    assert f"A: {root}, model {second}\n" in capsys.readouterr().out
    lake = Lake(nights.spark, root, nights.configured().lake)
    with lake.writing("test", "tests"):
        assert forget_model(lake, first, "test") == 1
    assert answered(nights, "earlier_answers") == {("item_weight", ""): "500 gram"}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--lake", "x", "--lake", "y", "--model", "m"], "--model A --model B go with one --lake"),
        (["--lake", "x", "--predictions", "a.csv", "--model", "m"], "go with one --lake"),
        (["--predictions", "a.csv"], "compare takes two"),
    ],
)
def test_sides_that_are_not_two_are_refused(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["compare", *words])
    assert caught.value.code == 2
    assert said in capsys.readouterr().err
