"""Runs that are killed, starved and cut off, for real; then compared with an undisturbed one."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest
from PIL import Image, ImageDraw

from entity_extract.lake.files import LakeFiles
from tests.jobs.conftest import BRIEF, CONF_FILE, run_job, succeed
from tests.jobs.processes import descendants, running
from tests.server import ShopServer, encoded, shop_server

pytestmark = pytest.mark.faults

PICTURES = 36
WAVE = 9
# What differs between two readings of the same picture.
VOLATILE = ["fetched_at", "fetch_ms", "ocr_ms"]


def _card(number: int) -> bytes:
    image = Image.new("RGB", (400, 120), "white")
    ImageDraw.Draw(image).text((30, 40), f"{number + 11} grams", fill="black", font_size=36)
    return encoded(image)


CARDS = {f"/{number}.jpg": _card(number) for number in range(PICTURES)}


def options(*settings: str, master: str = "local[2,4]") -> list[str]:
    pairs = [
        *BRIEF,
        f"spark.master={master}",
        "fetch.allow_private=true",
        'ocr.skip=["second_look"]',
        f"lake.wave_links={WAVE}",
        *settings,
    ]
    return ["--conf-file", str(CONF_FILE), *(x for pair in pairs for x in ("--set", pair))]


def write_catalog(folder: Path, server: ShopServer) -> Path:
    """Each picture twice, and two links of none."""
    lines = ["image_link,group_id,entity_name"]
    for path in [*CARDS, "/missing.jpg", "/html.jpg"]:
        lines += [f"{server.url(path)},1,{entity}" for entity in ("item_weight", "width")]
    catalog = folder / "catalog.csv"
    catalog.write_text("\n".join([*lines, ""]))
    return catalog


@dataclass(frozen=True)
class Calm:
    """The shop, its catalog, and the lake of a run that nothing disturbed."""

    server: ShopServer
    catalog: Path
    lake: Path
    log: str
    metrics: Path  # what Spark's CSV sink wrote in the course of it


@pytest.fixture(scope="module")
def calm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Calm]:
    folder = tmp_path_factory.mktemp("calm")
    with shop_server(CARDS) as server:
        catalog, lake, metrics = write_catalog(folder, server), folder / "lake", folder / "metrics"
        metrics.mkdir()
        sink = "spark.metrics.conf.driver.sink.csv"
        watched = options(
            "log.format=json",
            f"{sink}.class=org.apache.spark.metrics.sink.CsvSink",
            f"{sink}.directory={metrics}",
            f"{sink}.period=1",
        )
        done = run_job("enrich", "--catalog", catalog, "--lake", lake, *watched)
        succeed(done)
        yield Calm(server, catalog, lake, done.stderr, metrics)


def table(lake: Path, name: str) -> pd.DataFrame:
    """What counts of a table, in one order, as our own readers see it."""
    found = LakeFiles(lake).dataset(name)
    assert found is not None
    return found.to_table().to_pandas()


def images(lake: Path) -> pd.DataFrame:
    rows = table(lake, "images").drop(columns=VOLATILE)
    return rows.assign(words=rows["words"].map(str), strokes=rows["strokes"].map(str))


def same(lake: Path, calm: Path, tables: str = "images predictions") -> None:
    """Row by row: none lost, none doubled, none different; and no file that does not count."""
    if "images" in tables:
        pair = [images(root).sort_values("image_link", ignore_index=True) for root in (lake, calm)]
        pd.testing.assert_frame_equal(*pair)
    if "predictions" in tables:
        keys = ["row_key", "row_copy"]
        pair = [
            table(root, "predictions").drop(columns=["run_id"]).sort_values(keys, ignore_index=True)
            for root in (lake, calm)
        ]
        pd.testing.assert_frame_equal(*pair)
    for name in tables.split():
        assert len(pd.read_parquet(lake / name)) == len(table(lake, name))
    assert list(lake.glob("_staging/*")) == []
    assert list(lake.glob("_lease/*")) == []


def waves(lake: Path, name: str = "images") -> int:
    listed = LakeFiles(lake).waves(name)
    return len(listed.waves) if listed else 0


def test_a_run_tells_how_far_it_is_in_its_log_its_lines_and_sparks_metrics(calm: Calm) -> None:
    ours = [json.loads(line) for line in calm.log.splitlines() if line.startswith("{")]
    (run_id,) = {line["run"] for line in ours if "run" in line}
    told = [line for line in ours if "wave" in line and line["stage"] == "read"]
    assert [line["wave"] for line in told] == [f"{run_id}-read{n:05d}" for n in range(len(told))]
    assert len(told) > 1
    assert f"{PICTURES + 2} of {PICTURES + 2} links (100%)" in told[-1]["message"]
    assert "36 ok, 2 failed (" in told[-1]["message"]

    lines = (calm.lake / "runs" / f"{run_id}.jsonl").read_text().splitlines()
    waves = [json.loads(line) for line in lines]
    assert sum(wave["rows"] for wave in waves if wave["stage"] == "read") == PICTURES + 2
    last = [wave for wave in waves if wave["stage"] == "predict"][-1]
    assert last["rows_done"] == last["rows_total"] == 2 * (PICTURES + 2)

    (gauge,) = calm.metrics.glob("*AccumulatorSource.entity_extract_read_ok.csv")
    assert gauge.read_text().splitlines()[-1].split(",")[1] == str(PICTURES)


@pytest.mark.slow
@pytest.mark.cluster
def test_an_executor_killed_in_the_middle_of_a_wave_costs_no_row(
    calm: Calm, tmp_path: Path
) -> None:
    lake = tmp_path / "lake"
    args = ["--catalog", calm.catalog, "--lake", lake]
    cluster = options("spark.executor.memory=1g", master="local-cluster[2,1,1024]")
    with running("enrich", *args, *cluster, log=tmp_path / "log") as run:
        run.wait_for(lambda: waves(lake) == 1)
        asked = calm.server.asked.total()
        run.wait_for(lambda: calm.server.asked.total() > asked)  # the second wave is in hand
        executors = descendants(run.process.pid, "CoarseGrainedExecutorBackend")
        assert len(executors) == 2
        os.kill(executors[0], signal.SIGKILL)
        run.succeeds()
    same(lake, calm.lake)


def test_a_driver_killed_in_the_middle_of_a_wave_loses_that_wave_alone(
    calm: Calm, tmp_path: Path
) -> None:
    lake = tmp_path / "lake"
    args = ["enrich", "--catalog", calm.catalog, "--lake", lake, *options()]
    with running(*args, log=tmp_path / "log") as run:
        run.wait_for(lambda: waves(lake) == 2)
        asked = calm.server.asked.total()
        run.wait_for(lambda: calm.server.asked.total() > asked)
        run.kill()
    done = images(lake)
    assert len(done) == len(pd.read_parquet(lake / "images"))
    assert 0 < len(done) < PICTURES
    calm.server.asked.clear()
    printed = succeed(run_job(*args))
    assert f"read: {PICTURES + 2 - len(done)} new rows" in printed
    again = {link for link in done["image_link"] if calm.server.asked[link.partition("/")[2]]}
    assert again == set()
    same(lake, calm.lake)
    states = [run["state"] for run in manifests(lake)]
    assert states == ["running", "succeeded"]  # the first was given no time to say more


def manifests(lake: Path) -> list[dict[str, object]]:
    return [json.loads(path.read_text()) for path in sorted((lake / "runs").glob("*.json"))]


@pytest.mark.slow
@pytest.mark.parametrize(
    "moment",
    [
        "_staging/*/images/*",
        "images/wave=*-read00001*",
        "_staging/*/predictions/*",
        "predictions/wave=*",
    ],
)
def test_a_driver_killed_while_it_publishes_is_made_good_by_the_next_run(
    calm: Calm, tmp_path: Path, moment: str
) -> None:
    lake = tmp_path / "lake"
    args = ["enrich", "--catalog", calm.catalog, "--lake", lake, *options()]
    with running(*args, log=tmp_path / "log") as run:
        run.wait_for(lambda: any(lake.glob(moment)))
        run.kill()
    before = LakeFiles(lake).dataset("images")
    if before is not None:
        assert not before.to_table(["image_link"]).to_pandas()["image_link"].duplicated().any()
    succeed(run_job(*args))
    same(lake, calm.lake)


def test_of_two_runs_on_one_lake_the_second_waits_or_refuses_and_says_for_whom(
    calm: Calm, tmp_path: Path
) -> None:
    lake = tmp_path / "lake"
    args = ["--catalog", calm.catalog, "--lake", lake]
    with running("enrich", *args, *options(), log=tmp_path / "log") as first:
        first.wait_for(lambda: waves(lake) == 1)
        refused = run_job("read_images", *args, *options("lake.wait_s=0"))
        assert refused.returncode == 75
        assert "is being written by run" in refused.stderr
        assert "Traceback" not in refused.stderr
        status = succeed(run_job("status", "--lake", lake))
        assert "being written by" in status
        printed = succeed(run_job("read_images", *args, *options()))
        first.succeeds()
    assert "read: 0 new rows" in printed
    same(lake, calm.lake)


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[Path]:
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", folder]
    done = subprocess.run(mount, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"no small disk to be had here: {done.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def test_a_full_disk_ends_the_run_clearly_and_costs_no_published_row(
    calm: Calm, tmp_path: Path
) -> None:
    with small_disk(tmp_path / "disk", megabytes=8) as disk:
        lake, ballast = disk / "lake", disk / "ballast"
        args = ["enrich", "--catalog", calm.catalog, "--lake", lake, *options()]
        with running(*args, log=tmp_path / "log") as run:
            run.wait_for(lambda: waves(lake) == 1)
            with ballast.open("wb", buffering=0) as file, suppress(OSError):
                while True:
                    file.write(bytes(2**12))
            assert run.ends() == 2
            assert "no space left" in run.printed()
        held = waves(lake)
        assert held >= 1
        ballast.unlink()
        succeed(run_job(*args))
        assert waves(lake) > held
        same(lake, calm.lake)


@pytest.mark.slow
def test_a_server_that_is_gone_for_a_while_costs_attempts_but_no_row(
    calm: Calm, tmp_path: Path
) -> None:
    lake = tmp_path / "lake"
    brief = ("fetch.max_attempts=9", "fetch.outage_s=1", "fetch.retries=0")  # a short patience
    with shop_server(CARDS) as server:
        port = server.server_port
        catalog = write_catalog(tmp_path, server)
        args = ["enrich", "--catalog", catalog, "--lake", lake, *options(*brief)]
        with running(*args, log=tmp_path / "log") as run:
            run.wait_for(lambda: waves(lake) == 1)
            server.shutdown()
            server.server_close()
            run.succeeds()
    gone = images(lake)
    assert set(gone["status"]) > {"ok"}
    assert len(gone) == PICTURES + 2
    with shop_server(CARDS, port=port):
        time.sleep(0.1)
        succeed(run_job(*args))
    back, undisturbed = images(lake), images(calm.lake)
    for rows in (back, undisturbed):
        rows["image_link"] = rows["image_link"].str.replace(r"^http://[^/]*", "", regex=True)
    pair = [
        rows.drop(columns=["attempts"]).sort_values("image_link", ignore_index=True)
        for rows in (back, undisturbed)
    ]
    pd.testing.assert_frame_equal(*pair)
    answers = table(lake, "predictions")
    assert sorted(answers["prediction"]) == sorted(table(calm.lake, "predictions")["prediction"])
