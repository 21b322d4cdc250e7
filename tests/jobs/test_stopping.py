"""Jobs told to stop in the middle of a wave, by the signals that schedulers and terminals send."""

import json
import os
import signal
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from entity_extract.lake.files import LakeFiles
from tests.jobs.conftest import CONF_FILE, ROOT, run_job, succeed
from tests.jobs.processes import Run, descendants, running
from tests.server import ShopServer, shop_server

pytestmark = pytest.mark.faults

PROMPTLY_S = 15.0  # half of what Kubernetes grants
SLOW = tuple(f"/slow.jpg?seconds=1&n={number}" for number in range(6))
HANGS = tuple(f"/hang.jpg?n={number}" for number in range(4))


@dataclass(frozen=True)
class Shop:
    """Ten links in two waves of five, each with some that are waited for."""

    server: ShopServer
    lake: Path
    args: list[str | Path]

    def in_hand(self) -> bool:
        return any(self.server.asked[path] for path in SLOW + HANGS)

    def has_kept_a_wave(self) -> bool:
        return any(self.lake.glob("runs/*.jsonl"))  # a line of it is the last of a wave

    def left(self) -> tuple[list[str], list[Path]]:
        """The states of all runs so far, and what is left of their leases."""
        manifests = sorted((self.lake / "runs").glob("*.json"))
        states = [json.loads(path.read_text())["state"] for path in manifests]
        return states, list(self.lake.glob("_lease/*"))


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with shop_server({}) as server:
        catalog, lake = tmp_path / "catalog.csv", tmp_path / "lake"
        links = [server.url(path) for path in SLOW + HANGS]
        rows = [f"{link},1,item_weight" for link in links]
        catalog.write_text("\n".join(["image_link,group_id,entity_name", *rows, ""]))
        settings = [
            "fetch.allow_private=true",
            "fetch.deadline_s=3",
            "spark.master=local[2]",
            "lake.wave_s=1",
            "fetch.retries=0",
            "lake.wait_s=0",  # the next run finds the lake free, or refuses
        ]
        args: list[str | Path] = ["--catalog", catalog, "--lake", lake]
        args += ["--conf-file", CONF_FILE, *(x for pair in settings for x in ("--set", pair))]
        yield Shop(server, lake, args)


def stopped(run: Run, status: int, kept: int = 0) -> None:
    start = time.monotonic()
    assert run.ends() == status, run.printed()[-6000:]
    assert time.monotonic() - start < PROMPTLY_S
    assert "Traceback" not in run.printed()
    name = signal.Signals(status - 128).name
    told = f"stopped by {name}: {kept} of 10 links kept, run the same command to go on"
    assert run.printed().splitlines()[-1] == told


def test_a_job_and_all_its_processes_told_to_end_leave_the_lake_to_the_next_run_at_once(
    shop: Shop, tmp_path: Path
) -> None:
    with running("enrich", *shop.args, log=tmp_path / "log") as run:
        run.wait_for(shop.has_kept_a_wave)
        os.killpg(run.process.pid, signal.SIGTERM)  # as systemd and `timeout` do
        stopped(run, 143, kept=5)
        assert shop.left() == (["stopped"], [])
        assert descendants(run.process.pid, "") == []
    told = run_job("enrich", *shop.args)
    succeed(told)
    assert "taking over" not in told.stderr
    assert shop.left() == (["stopped", "succeeded"], [])
    images = LakeFiles(shop.lake).dataset("images")
    assert images is not None
    statuses = sorted(images.to_table()["status"].to_pylist())
    assert statuses == ["ok"] * len(SLOW) + ["timeout"] * len(HANGS)
    assert min(shop.server.asked[path] for path in SLOW) == 1  # of the wave that was kept


@pytest.mark.slow
def test_ctrl_c_leaves_no_lease_either(shop: Shop, tmp_path: Path) -> None:
    with running("read_images", *shop.args, log=tmp_path / "log") as run:
        run.wait_for(shop.in_hand)
        run.process.send_signal(signal.SIGINT)
        run.process.send_signal(signal.SIGINT)  # impatience changes nothing
        stopped(run, 130)
    assert shop.left() == (["stopped"], [])


def test_spark_submit_passes_a_stop_on_to_the_job_and_its_exit_status_back(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYSPARK_PYTHON", sys.executable)
    submit = [ROOT / "deploy/submit.sh", "--master", "local[2]", "jobs/read_images.py", *shop.args]
    with running(*submit, log=tmp_path / "log") as run:
        run.wait_for(shop.in_hand)
        run.process.send_signal(signal.SIGTERM)  # to the JVM alone, as to a container's process
        stopped(run, 143)
    assert shop.left() == (["stopped"], [])
