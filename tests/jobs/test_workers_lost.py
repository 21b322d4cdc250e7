"""A whole job on a cluster that loses workers, has one that freezes and comes back, and is slow."""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.jobs.clusters.event_log import Jobs, tasks_by_operator
from tests.jobs.clusters.standalone import Standalone, Worker, standalone
from tests.jobs.conftest import ROOT, run_job, succeed
from tests.jobs.processes import Run, running
from tests.jobs.test_faults import CARDS, manifests, options, table, waves
from tests.server import ShopServer, shop_server

pytestmark = [pytest.mark.faults, pytest.mark.cluster, pytest.mark.slow]

ENTITIES = ("item_weight", "width", "height", "depth", "voltage", "wattage", "item_volume")
BROKEN = {"/missing.jpg": "http_error", "/html.jpg": "not_an_image"}
READ, PREDICT = "MapInPandas", "ArrowEvalPython"  # where Python works, in Spark's plans
GIVEN_UP_S = 20  # an executor that is not heard of for so long
DYNAMIC = {
    "enabled": "true",
    "shuffleTracking.enabled": "true",
    "minExecutors": "2",
    "initialExecutors": "3",
    "maxExecutors": "3",
    "executorIdleTimeout": "30s",
    "schedulerBacklogTimeout": "1s",
}
EAGER = {"": "true", ".interval": "100ms", ".quantile": "0.5", ".multiplier": "1.5"}


def write_catalog(path: Path, server: ShopServer) -> Path:
    """Parquet: a small CSV would stay with the driver."""
    links = [server.url(path) for path in [*CARDS, *BROKEN]]
    rows = [(link, "1", entity) for link in links for entity in ENTITIES]
    pd.DataFrame(rows, columns=["image_link", "group_id", "entity_name"]).to_parquet(path)
    return path


def cluster_settings(events: Path) -> list[str]:
    spark = {
        "driver.host": "127.0.0.1",
        "executor.cores": "1",
        "executor.memory": "1g",
        "executorEnv.PYTHONPATH": str(ROOT),
        "executor.heartbeatInterval": "1s",
        "network.timeout": f"{GIVEN_UP_S}s",
        "network.timeoutInterval": "1s",
        "sql.shuffle.partitions": "3",
        "ui.enabled": "false",
        "eventLog.enabled": "true",
        "eventLog.dir": events.as_uri(),
        "eventLog.compress": "false",
        "eventLog.rolling.enabled": "false",
        **{f"dynamicAllocation.{key}": value for key, value in DYNAMIC.items()},
        **{f"speculation{key}": value for key, value in EAGER.items()},
    }
    # What is frozen looks late to itself as well, once it goes on.
    patient = [
        "lake.wave_links=6",
        "reread.share=0.3",
        "fetch.deadline_s=300",
        "fetch.retries=0",
        "ocr.timeout_s=300",
    ]
    return [*(f"spark.{key}={value}" for key, value in spark.items()), *patient]


def busy_one(
    run: Run, cluster: Standalone, jobs: Jobs, stage: str, *, but: Worker | None = None
) -> Worker:
    """A worker that is at a task of such a stage, as soon as there is one."""
    found: list[Worker] = []

    def look() -> bool:
        if not jobs.at(stage):
            return False
        alive = (one for one in cluster.workers if one.process.poll() is None and one is not but)
        found.extend(one for one in alive if one.busy())
        return bool(found)

    run.wait_for(look)
    return found[0]


def assert_each_row_once(lake: Path, catalog: Path) -> None:
    """None lost, none doubled, and no file that does not count."""
    asked = pd.read_parquet(catalog)
    images, answers = table(lake, "images"), table(lake, "predictions")
    assert sorted(images["image_link"]) == sorted(asked["image_link"].unique())
    keys = ["image_link", "entity_name"]
    assert sorted(map(tuple, answers[keys].values)) == sorted(map(tuple, asked[keys].values))
    for name, held in (("images", images), ("predictions", answers)):
        assert len(pd.read_parquet(lake / name)) == len(held)
    assert list(lake.glob("_staging/*")) == []
    assert list(lake.glob("_lease/*")) == []
    for link, status, words in images[["image_link", "status", "words"]].itertuples(index=False):
        path = f"/{link.rpartition('/')[2]}"
        assert status == BROKEN.get(path, "ok")
        if path in CARDS:  # see test_faults: the number of a picture and eleven
            said = " ".join(word["text"] for word in words)
            assert str(int(path.strip("/.jpg")) + 11) in said


def assert_counts_agree(manifest: dict[str, Any], lake: Path, catalog: Path) -> None:
    """What the run says of itself, with what lies there."""
    rows = len(pd.read_parquet(catalog))
    assert manifest["state"] == "succeeded"
    assert manifest["catalog_rows"] == rows
    assert manifest["distinct_links"] == len(CARDS) + len(BROKEN)
    assert manifest["links_unread"] == dict.fromkeys(BROKEN.values(), 1)
    stages = manifest["stages"]
    images, again = table(lake, "images"), table(lake, "rereadings")
    assert stages["read"]["by_status"] == images["status"].value_counts().to_dict()
    assert stages["read"]["rows"] == stages["read"]["rows_total"] == len(images)
    assert stages["predict"]["rows"] == stages["predict"]["rows_total"] == rows
    assert stages["reread"]["rows"] == len(again) > 0
    lines = [json.loads(line) for line in next((lake / "runs").glob("*.jsonl")).open()]
    for name in ("read", "predict", "reread"):
        told = [line for line in lines if line["stage"] == name]
        assert len(told) == stages[name]["waves"] == len({line["wave"] for line in told})
        assert sum(line["rows"] for line in told) == stages[name]["rows"]


def assert_fetched_as_often_as_tasks_were_tried(log: Path, server: ShopServer, lake: Path) -> None:
    """And that tasks were lost in both stages, and overtaken."""
    tasks = tasks_by_operator(log, READ, PREDICT)
    read = tasks[READ]
    links = len(CARDS) + len(BROKEN)
    least = links + len(table(lake, "rereadings"))
    assert sum(read.rows.values()) == least
    assert least <= server.asked.total() <= read.most_rows()
    assert max(server.asked.values()) <= 2 * max(read.begun.values())  # some for a second look
    assert all(stage.ends["ExecutorLostFailure"] for stage in tasks.values())
    assert any(stage.speculative for stage in tasks.values())


def test_a_cluster_that_loses_workers_and_has_slow_ones_answers_each_row_once(
    tmp_path: Path,
) -> None:
    lake, events = tmp_path / "lake", tmp_path / "events"
    events.mkdir()
    with shop_server(CARDS) as server, standalone(tmp_path, workers=3) as cluster:
        catalog = write_catalog(tmp_path / "catalog.parquet", server)
        args = ["enrich", "--catalog", catalog, "--lake", lake]
        settings = options(*cluster_settings(events), master=cluster.master)
        with running(*args, *settings, log=tmp_path / "log") as run:
            jobs = Jobs(events)
            run.wait_for(lambda: waves(lake))
            busy_one(run, cluster, jobs, READ).lose()
            slow = busy_one(run, cluster, jobs, READ)
            slow.freeze()
            held = waves(lake)
            run.wait_for(lambda: waves(lake) > held)  # others have done what it had in hand
            slow.thaw()
            cluster.join()
            with slow.slowed():
                busy_one(run, cluster, jobs, PREDICT, but=slow).lose()
                run.succeeds()

        assert_each_row_once(lake, catalog)
        (manifest,) = manifests(lake)
        assert_counts_agree(manifest, lake, catalog)
        (log,) = events.iterdir()
        assert_fetched_as_often_as_tasks_were_tried(log, server, lake)

        asked = server.asked.total()
        succeed(run_job(*args, *options()))
        _, again = manifests(lake)
        assert [stage["rows"] for stage in again["stages"].values()] == [0] * len(again["stages"])
        assert server.asked.total() == asked
