"""Only what is missing is asked for: of the network, of the encoder, of the lake."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from py4j.protocol import Py4JJavaError
from pyspark.sql import DataFrame, Row, SparkSession
from pyspark.sql import functions as F

from entity_extract.config import Config
from entity_extract.embedding.weights import Weights, load_weights
from entity_extract.lake.pace import Pace
from entity_extract.learning.prediction.bundle import Bundle
from entity_extract.learning.prediction.bundle_files import default_bundle
from entity_extract.reading.reader_version import reader_version
from entity_extract.runs.progress import Progress
from entity_extract.spark.answers import predict_missing
from entity_extract.spark.catalog.rows import identified
from entity_extract.spark.pending import Pending
from entity_extract.spark.refresh import refresh
from entity_extract.spark.tables.lake import Lake
from entity_extract.spark.waves import (
    distinct_links,
    embed_missing,
    joined,
    read_missing,
)
from entity_extract.status import Status
from tests.server import ShopServer
from tests.spark.conftest import card

FAILING = "/status?code=500"
VOLATILE = ("fetched_at", "fetch_ms", "ocr_ms", "wave")


def catalog(spark: SparkSession, links: Sequence[str | None]) -> DataFrame:
    rows = [(str(number), link) for number, link in enumerate(links)]
    return spark.createDataFrame(rows, "row_key string, image_link string")


def read(lake: Lake, config: Config, links: Sequence[str | None], run_id: str) -> Progress:
    return done_by(read_missing, "read", lake, config, links, run_id)


def done_by(
    stage: Callable[..., None],
    name: str,
    lake: Lake,
    config: Config,
    links: Sequence[str | None],
    run_id: str,
) -> Progress:
    """What a stage over these links has done."""
    progress = Progress(name, run_id)
    stage(
        lake,
        distinct_links(catalog(lake.spark, links)),
        config,
        progress,
        reader_version=reader_version(config.ocr, config.image, config.domain),
    )
    return progress


def with_lake(config: Config, **settings: object) -> Config:
    return config.model_copy(update={"lake": config.lake.model_copy(update=settings)})


def attempts(lake: Lake) -> dict[str, tuple[str, int, bool]]:
    rows = lake.images.read().collect()
    found = {row.image_link: (row.status, row.attempts, row.open) for row in rows}
    assert len(found) == len(rows)  # no link twice
    return found


def test_a_link_is_fetched_once_however_many_rows_have_it_and_never_again(
    lake: Lake, config: Config, shop: ShopServer
) -> None:
    a, b = shop.url("/a.jpg"), shop.url("/b.jpg")
    first = read(lake, config, [a, b, a, None, "", "  ", a], "r1")
    again = read(lake, config, [b, a, a], "r2")
    assert shop.asked == {"/a.jpg": 1, "/b.jpg": 1}
    assert (first.rows, first.waves, first.by_status) == (2, 1, {"ok": 2})
    assert (again.rows, again.waves, again.by_status) == (0, 0, {})
    words = {row.image_link: row.words for row in lake.images.read().collect()}
    assert [word.text for word in words[a]] == ["500", "grams"]


def test_another_catalog_on_the_same_lake_adds_only_its_new_links(
    lake: Lake, config: Config, shop: ShopServer
) -> None:
    a, b, again = shop.url("/a.jpg"), shop.url("/b.jpg"), shop.url("/a-again.jpg")
    read(lake, config, [a, b], "r1")
    assert read(lake, config, [b, again], "r2").rows == 1
    assert shop.asked == {"/a.jpg": 1, "/b.jpg": 1, "/a-again.jpg": 1}
    assert set(attempts(lake)) == {a, b, again}


def test_what_may_pass_is_tried_again_up_to_a_limit_and_what_will_not_is_not(
    lake: Lake, config: Config, shop: ShopServer
) -> None:
    flaky, failing, missing = shop.url("/flaky.jpg"), shop.url(FAILING), shop.url("/no.jpg")
    links = [flaky, failing, missing]
    read(lake, config, links, "r1")
    assert attempts(lake) == {
        flaky: (Status.SERVER_ERROR, 1, True),
        failing: (Status.SERVER_ERROR, 1, True),
        missing: (Status.HTTP_ERROR, 1, False),
    }
    settled = {
        flaky: (Status.OK, 2, False),
        failing: (Status.SERVER_ERROR, 2, False),
        missing: (Status.HTTP_ERROR, 1, False),
    }
    assert read(lake, config, links, "r2").rows == 2
    assert attempts(lake) == settled
    assert read(lake, config, links, "r3").rows == 0
    assert attempts(lake) == settled
    assert shop.asked == {"/flaky.jpg": 2, FAILING: 2, "/no.jpg": 1}


def test_reading_that_took_too_long_is_said_where_it_is_frequent_and_tried_again(
    lake: Lake, config: Config, shop: ShopServer, caplog: pytest.LogCaptureFixture
) -> None:
    hurried = config.model_copy(update={"ocr": config.ocr.model_copy(update={"timeout_s": 0.001})})
    links = [shop.url(f"/status?code=404&n={n}") for n in range(9)]
    shop.files |= {f"/{n}.jpg": card(f"{n + 1}00 litre") for n in range(10)}
    links += [shop.url(f"/{n}.jpg") for n in range(10)]
    assert read(lake, hurried, links, "r1").by_status == {"http_error": 9, "ocr_timeout": 10}
    assert "10 of 10 pictures could not be read (ocr_timeout 10)" in caplog.text
    caplog.clear()
    assert read(lake, config, links, "r2").by_status == {"ok": 10}
    assert "could not be read" not in caplog.text


def test_the_size_of_the_waves_does_not_change_the_table(
    spark: SparkSession,
    config: Config,
    shop: ShopServer,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    paths = ["/a.jpg", "/a-again.jpg", "/b.jpg", "/no.jpg", FAILING, "/html.jpg", "/pixel.jpg"]
    links = [shop.url(path) for path in paths]
    tables = []
    for wave_links in (100, 3):
        lake = Lake(spark, str(tmp_path_factory.mktemp("lake")), config.lake)
        for run_id in ("r1", "r2"):  # the second has the failing link to try again
            with lake.writing(run_id, "test"):
                progress = read(lake, with_lake(config, wave_links=wave_links), links, run_id)
            assert (progress.waves > 1) == ((wave_links, run_id) == (3, "r1"))
        rows = lake.images.read().drop(*VOLATILE).orderBy("image_link")
        tables.append(rows.collect())
    assert len(tables[0]) == len(links)
    assert tables[1] == tables[0]


def test_links_to_try_again_may_fill_several_waves(
    lake: Lake, config: Config, shop: ShopServer
) -> None:
    links = [shop.url(f"{FAILING}&n={number}") for number in range(6)]
    read(lake, config, links, "r1")
    progress = read(lake, with_lake(config, wave_links=2), links, "r2")
    assert (progress.waves > 1, progress.rows) == (True, 6)  # cut by a hash, not counted out
    assert set(attempts(lake).values()) == {(Status.SERVER_ERROR, 2, False)}


def test_another_way_of_reading_adds_rows_beside_those_of_the_first(
    lake: Lake, config: Config, shop: ShopServer
) -> None:
    link = shop.url("/a.jpg")
    read(lake, config, [link], "r1")
    blocks = config.model_copy(update={"ocr": config.ocr.model_copy(update={"letter_px": 40.0})})
    assert read(lake, blocks, [link], "r2").rows == 1
    versions = {reader_version(c.ocr, c.image, c.domain) for c in (config, blocks)}
    assert len(versions) == 2
    assert {row.reader_version for row in lake.images.read().collect()} == versions


def test_a_wave_may_replace_rows_that_the_question_of_the_next_one_looks_at(lake: Lake) -> None:
    columns = "image_link string, split string, model_version string, open boolean"
    links = [f"l{number}" for number in range(9)]
    old = lake.spark.createDataFrame([(link, "old", "m", False) for link in links], columns)
    lake.splits.publish(old, "w-0", replace=True)
    stale = lake.splits.read().where(F.col("split") == "old")
    pending = Pending(lake, "test", stale, key="image_link", pace=Pace(3))
    assert pending.total == 9
    for number, part in enumerate(pending):
        new = part.rows.withColumn("split", F.lit("new"))
        lake.splits.publish(new, f"v-{number}", replace=True)
    assert number == 2
    found = sorted((row.image_link, row.split) for row in lake.splits.read().collect())
    assert found == [(link, "new") for link in links]


@pytest.mark.parametrize("few", [True, False], ids=["on the driver", "staged"])
def test_parts_grow_with_the_speed_at_which_they_are_worked_off(lake: Lake, few: bool) -> None:
    names = [(f"l{number}",) for number in range(300)]
    links = lake.spark.createDataFrame(names, "image_link string")
    pace = Pace(100, wave_s=300, rows_per_s=2)
    pending = Pending(lake, "test", links, key="image_link", pace=pace, few=few)
    parts = [(part.size, [row.image_link for row in part.rows.collect()]) for part in pending]
    assert [size for size, _ in parts] == [len(found) for _, found in parts]
    assert sorted(link for _, found in parts for link in found) == sorted(name for (name,) in names)
    first, *rest = (size for size, _ in parts)
    assert 15 <= first <= 50  # a hash cuts about where it should
    assert max(rest) > 70
    assert len(parts) <= 6
    assert lake.storage.names(f"{lake.staging}/pending") == []


def test_every_row_stays_once_and_says_what_became_of_its_picture(
    lake: Lake, config: Config, shop: ShopServer
) -> None:
    good, failing, unread = shop.url("/a.jpg"), shop.url(FAILING), shop.url("/b.jpg")
    read(lake, config, [good, failing], "r1")
    rows = joined(
        lake,
        catalog(lake.spark, [good, good, failing, unread, None, " "]),
        reader_version=reader_version(config.ocr, config.image, config.domain),
        encoder_version=None,
    ).collect()
    assert {int(row.row_key): (row.status, row.open) for row in rows} == {
        0: (Status.OK, False),
        1: (Status.OK, False),
        2: (Status.SERVER_ERROR, True),
        3: (Status.NOT_READ, True),
        4: (Status.NO_LINK, False),
        5: (Status.NO_LINK, False),
    }
    assert len(rows) == 6
    assert all(row.embedding is None for row in rows)


@pytest.fixture(scope="module")
def weights(config: Config) -> Weights:
    return load_weights(config.embed)


def embed(
    lake: Lake, config: Config, links: Sequence[str], weights: Weights, *, version: str, run_id: str
) -> Progress:
    shared = lake.spark.sparkContext.broadcast(weights.content)
    progress = Progress("embed", run_id)
    embed_missing(
        lake,
        distinct_links(catalog(lake.spark, links)),
        config,
        shared,
        progress,
        reader_version=reader_version(config.ocr, config.image, config.domain),
        encoder_version=version,
    )
    return progress


def test_a_picture_is_embedded_once_by_each_encoder_under_whatever_links_it_stands(
    lake: Lake, config: Config, shop: ShopServer, weights: Weights
) -> None:
    links = [shop.url(path) for path in ("/a.jpg", "/a-again.jpg", "/b.jpg", "/no.jpg")]
    read(lake, config, links, "r1")
    lake.embeddings.ensure()
    small = with_lake(config, wave_links=1)
    first = embed(lake, small, links, weights, version="v1", run_id="r1")
    again = embed(lake, small, links, weights, version="v1", run_id="r2")
    other = embed(lake, config, links[:2], weights, version="v2", run_id="r3")
    assert (first.rows, again.rows, other.rows) == (2, 0, 1)
    rows = lake.embeddings.read().collect()
    assert len({(row.content_sha256, row.encoder_version) for row in rows}) == len(rows) == 3
    seen = joined(
        lake,
        catalog(lake.spark, links),
        reader_version=reader_version(config.ocr, config.image, config.domain),
        encoder_version="v1",
    ).collect()
    lengths = {row.image_link: row.embedding and len(row.embedding) for row in seen}
    assert lengths == dict(zip(links, [2048, 2048, 2048, None], strict=True))


def test_the_pictures_of_a_wave_are_embedded_from_that_waves_files_alone(
    lake: Lake, config: Config, shop: ShopServer, weights: Weights, root: Path
) -> None:
    a, b = shop.url("/a.jpg"), shop.url("/b.jpg")
    read(lake, config, [a], "r1")
    embed(lake, config, [a], weights, version="v1", run_id="r1")
    read(lake, config, [b], "r2")
    for file in (root / "images").glob("wave=r1-*/*.parquet"):
        content = pq.read_table(file)
        place = content.column_names.index("thumbnail")
        broken = content.set_column(place, "thumbnail", pa.array([b"no JPEG"] * len(content)))
        pq.write_table(broken, file)  # whoever decodes it fails
        file.with_name(f".{file.name}.crc").unlink()
    assert embed(lake, config, [a, b], weights, version="v1", run_id="r2").rows == 1


def with_fetch(config: Config, **settings: object) -> Config:
    return config.model_copy(update={"fetch": config.fetch.model_copy(update=settings)})


def refreshed(lake: Lake, config: Config, links: Sequence[str], run_id: str) -> Progress:
    return done_by(refresh, "refresh", lake, config, links, run_id)


@pytest.mark.parametrize("tells_etags", [True, False], ids=["etags", "no etags"])
def test_a_refresh_reads_what_has_changed_and_keeps_what_can_no_longer_be_had(
    lake: Lake, config: Config, shop: ShopServer, tells_etags: bool
) -> None:
    shop.tells_etags = tells_etags
    a, b, gone = (shop.url(path) for path in ("/a.jpg", "/b.jpg", "/a-again.jpg"))
    links = [a, b, gone]
    read(lake, config, links, "r1")
    before = {row.image_link: row for row in lake.images.read().drop("wave").collect()}
    assert refreshed(lake, with_fetch(config, refresh_hours=1.0), links, "r2").total == 0
    shop.files["/b.jpg"] = shop.files["/a.jpg"]
    del shop.files["/a-again.jpg"]
    always = with_fetch(config, refresh_hours=1e-9)
    statuses = {"not_modified": 1, "ok": 1, "http_error": 1}
    assert refreshed(lake, always, links, "r3").by_status == statuses
    after = {row.image_link: row for row in lake.images.read().drop("wave").collect()}
    assert after[a] == before[a]
    assert after[gone] == before[gone]
    assert after[b].words == before[a].words
    assert after[b].content_sha256 == before[a].content_sha256
    # What is known of it now is asked with the next time, and nothing is read.
    assert refreshed(lake, always, links[:2], "r4").by_status == {"not_modified": 2}
    checks = {row.image_link: row for row in lake.checks.read().collect()}
    assert len(checks) == 3
    assert checks[b].content_sha256 == before[a].content_sha256
    assert checks[gone].status == Status.HTTP_ERROR


def asked_about(spark: SparkSession, links: Sequence[str]) -> DataFrame:
    """Two questions about each link."""
    columns = ("image_link", "group_id", "entity_name", "sample_id", "entity_value")
    asked = [(link, "1", entity) for link in links for entity in ("item_weight", "voltage")]
    rows = [(*question, str(number), "1 volt") for number, question in enumerate(asked)]
    return identified(spark.createDataFrame(rows, ", ".join(f"{name} string" for name in columns)))


def answered(
    lake: Lake, config: Config, questions: DataFrame, run_id: str, bundle: Bundle | None = None
) -> tuple[int, dict[tuple[str, str], Row]]:
    """How many were answered now, and the answers to all by link and entity."""
    stages = {name: Progress(name, run_id) for name in ("update", "predict")}
    predict_missing(
        lake,
        questions,
        config,
        bundle or default_bundle(),
        stages.__getitem__,
        reader_version=reader_version(config.ocr, config.image, config.domain),
    )
    found = lake.predictions.read().collect()
    assert len(found) == questions.count()
    return stages["predict"].rows, {(row.image_link, row.entity_name): row for row in found}


def test_a_question_is_answered_anew_when_its_picture_has_changed_and_no_other(
    lake: Lake, config: Config, shop: ShopServer
) -> None:
    a, b = shop.url("/a.jpg"), shop.url("/b.jpg")
    questions = asked_about(lake.spark, [a, b])
    read(lake, config, [a, b], "r1")
    count, answers = answered(lake, config, questions, "r1")
    assert count == 4
    assert answers[a, "item_weight"].prediction == "500 gram"
    assert answers[b, "voltage"].prediction == "12 volt"
    shop.files["/b.jpg"] = card("24 volt")
    refreshed(lake, with_fetch(config, refresh_hours=1e-9), [a, b], "r2")
    count, answers = answered(lake, config, questions, "r2")
    assert count == 2
    assert answers[b, "voltage"].prediction == "24 volt"
    kept = len(persistent(lake.spark))
    assert answered(lake, config, questions, "r3")[0] == 0
    assert len(persistent(lake.spark)) == kept


def persistent(spark: SparkSession) -> Mapping[int, object]:
    """What the session holds in memory, by its number."""
    held: Mapping[int, object] = spark.sparkContext._jsc.getPersistentRDDs()
    return held


def test_a_refresh_that_is_cut_off_before_either_table_is_made_good_by_the_next(
    lake: Lake, config: Config, shop: ShopServer, root: Path
) -> None:
    link = shop.url("/b.jpg")
    questions = asked_about(lake.spark, [link])
    read(lake, config, [link], "r1")
    long_ago = F.current_timestamp() - F.expr("INTERVAL 2 HOURS")
    aged = lake.images.read().drop("wave").withColumn("fetched_at", long_ago)
    lake.images.publish(aged, "r2-0", replace=True)
    answered(lake, config, questions, "r2")
    shop.files["/b.jpg"] = card("24 volt")
    hourly = with_fetch(config, refresh_hours=1.0)
    for table in ("checks", "images"):
        with in_the_way(lake, root, table), pytest.raises(Py4JJavaError):
            refreshed(lake, hourly, [link], f"r3-{table}")

    def answer_to_held_picture(run_id: str) -> str:
        _, answers = answered(lake, config, questions, run_id)
        (held,) = lake.images.read().collect()
        assert {row.content_sha256 for row in answers.values()} == {held.content_sha256}
        return str(answers[link, "voltage"].prediction)

    assert answer_to_held_picture("r4") == "12 volt"
    refreshed(lake, hourly, [link], "r5")
    assert answer_to_held_picture("r5") == "24 volt"
    assert refreshed(lake, hourly, [link], "r6").total == 0
    assert answered(lake, config, questions, "r6")[0] == 0


@contextmanager
def in_the_way(lake: Lake, root: Path, table: str) -> Iterator[None]:
    """Whoever publishes to the table meets an error; what a run had staged is cleared after it."""
    lake.storage.remove(lake.staging)
    folder = root / lake.staging
    folder.mkdir(parents=True)
    (folder / table).write_text("a file, where a folder of waves is to be made")
    yield
    (folder / table).unlink()
    lake.recover()


def test_an_answer_given_before_its_picture_was_embedded_is_given_again_once_it_is(
    lake: Lake, config: Config, shop: ShopServer, weights: Weights
) -> None:
    a, b = shop.url("/a.jpg"), shop.url("/b.jpg")
    questions = asked_about(lake.spark, [a, b, shop.url("/no.jpg")])
    read(lake, config, [a, b, shop.url("/no.jpg")], "r1")
    looking = replace(default_bundle(), about=default_bundle().about | {"encoder_version": "v1"})
    count, answers = answered(lake, config, questions, "r1", looking)
    assert count == 6
    assert {link for (link, _), row in answers.items() if row.open} == {a, b}
    embed(lake, config, [a, b], weights, version="v1", run_id="r2")
    assert answered(lake, config, questions, "r2", looking)[0] == 4
    assert answered(lake, config, questions, "r3", looking)[0] == 0


def test_what_is_missing_is_found_without_reading_a_thumbnail(
    lake: Lake, config: Config, shop: ShopServer, weights: Weights, root: Path
) -> None:
    links = [shop.url("/a.jpg"), shop.url("/b.jpg"), shop.url("/no.jpg")]
    read(lake, config, links, "r1")
    embed(lake, config, links, weights, version="v1", run_id="r1")
    for file in (root / "images").glob("wave=*/*.parquet"):
        spoil(file, "thumbnail")
    with pytest.raises(Py4JJavaError):
        lake.images.read().select("thumbnail").collect()
    assert embed(lake, config, links, weights, version="v1", run_id="r2").total == 0
    always = with_fetch(config, refresh_hours=1e-9)
    assert refreshed(lake, always, links, "r3").by_status == {"not_modified": 2}


def spoil(file: Path, column: str) -> None:
    """Makes one column of a Parquet file unreadable, and none else."""
    group = pq.read_metadata(file).row_group(0)
    (chunk,) = (
        found
        for found in (group.column(number) for number in range(group.num_columns))
        if found.path_in_schema == column
    )
    start = chunk.dictionary_page_offset or chunk.data_page_offset
    with file.open("r+b") as content:
        content.seek(start)
        content.write(b"\xff" * chunk.total_compressed_size)
    file.with_name(f".{file.name}.crc").unlink()
