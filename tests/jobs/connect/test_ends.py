"""Runs over Spark Connect that are told to stop, and servers that die under them."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.connect import Server, connect_server
from tests.jobs.conftest import ROOT, run_job, succeed
from tests.jobs.connect.conftest import rows
from tests.jobs.processes import descendants, running
from tests.server import ShopServer, shop_server

pytest.importorskip("grpc", reason="Spark Connect's client needs grpcio")
pytestmark = pytest.mark.faults

PROMPTLY_S = 15.0
SLOW = tuple(f"/slow.jpg?seconds=1&n={number}" for number in range(6))
HANGS = tuple(f"/hang.jpg?n={number}" for number in range(4))

# A session in which nothing is asked while its server is started anew.
IDLE = """
import sys
from entity_extract.errors import ServerGone
from entity_extract.spark.session.remote import connected

try:
    with connected(sys.argv[1], {}) as spark:
        print(spark.range(3).count(), flush=True)
        sys.stdin.readline()
        print(spark.range(3).count(), flush=True)
except ServerGone as err:
    print(err, flush=True)
"""


@dataclass(frozen=True)
class Run:
    """Ten links in two waves of five, each with some that are waited for."""

    server: ShopServer
    lake: Path
    args: list[str | Path]

    def has_kept_a_wave(self) -> bool:
        return any(self.lake.glob("runs/*.jsonl"))

    def left(self) -> tuple[list[str], list[Path]]:
        """The states of all runs so far, and what is left of their leases."""
        manifests = sorted((self.lake / "runs").glob("*.json"))
        states = [json.loads(path.read_text())["state"] for path in manifests]
        return states, list(self.lake.glob("_lease/*"))


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    with shop_server({}) as server:
        catalog, lake = tmp_path / "catalog.csv", tmp_path / "lake"
        links = [server.url(path) for path in SLOW + HANGS]
        catalog.write_text("\n".join(["image_link,entity_name", *(f"{x},width" for x in links)]))
        settings = ["fetch.allow_private=true", "fetch.deadline_s=3", "fetch.retries=0"]
        settings += ["lake.wave_s=1", "lake.wait_s=0", "reread.looks=[]"]
        args: list[str | Path] = ["--catalog", catalog, "--lake", lake]
        yield Run(server, lake, [*args, *(x for pair in settings for x in ("--set", pair))])


def at(server: Server) -> list[str]:
    return ["--set", f"spark.remote={server.url}"]


def soon(seen: Callable[[], object]) -> bool:
    end = time.monotonic() + PROMPTLY_S
    while not seen() and time.monotonic() < end:
        time.sleep(0.1)
    return bool(seen())


def test_told_to_stop_nothing_of_it_runs_on_the_server(
    server: Server, run: Run, tmp_path: Path
) -> None:
    with running("read_images", *run.args, *at(server), log=tmp_path / "log") as job:
        job.wait_for(run.has_kept_a_wave)
        job.wait_for(server.jobs_under_way)
        job.process.send_signal(signal.SIGTERM)
        start = time.monotonic()
        assert job.ends() == 143, job.printed()[-3000:]
        assert time.monotonic() - start < PROMPTLY_S
        told = "stopped by SIGTERM: 5 of 10 links kept, run the same command to go on"
        assert job.printed().splitlines()[-1] == told
        assert "Traceback" not in job.printed()
    assert run.left() == (["stopped"], [])
    assert soon(lambda: not server.jobs_under_way())


def test_a_server_that_dies_is_one_line_and_with_the_next_one_the_run_goes_on(
    run: Run, tmp_path: Path
) -> None:
    folders = [tmp_path / name for name in ("first", "second")]
    for folder in folders:
        folder.mkdir()
    with connect_server(folders[0]) as first:
        idle = subprocess.Popen(
            [sys.executable, "-c", IDLE, first.url],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        assert idle.stdin is not None
        assert idle.stdout is not None
        assert idle.stdout.readline() == "3\n"
        with running("read_images", *run.args, *at(first), log=tmp_path / "log") as job:
            job.wait_for(run.has_kept_a_wave)
            job.wait_for(first.jobs_under_way)
            theirs = descendants(first.process.pid, "")
            first.process.kill()
            start = time.monotonic()
            assert job.ends() == 75, job.printed()[-3000:]
            assert time.monotonic() - start < PROMPTLY_S
            said = job.printed().splitlines()[-1]
            assert f"Spark Connect at 127.0.0.1:{first.port} is gone" in said
            assert "run the same command to go on" in said
            assert "Traceback" not in job.printed()
            assert "Warning" not in job.printed()
    assert run.left() == (["failed"], [])
    assert theirs
    assert soon(lambda: not any(Path(f"/proc/{pid}").exists() for pid in theirs))

    with connect_server(folders[1], port=first.port) as second:
        told, _ = idle.communicate("\n", timeout=60)
        assert "knows nothing of this run any more" in told
        succeed(run_job("read_images", *run.args, *at(second)))
    assert run.left() == (["failed", "succeeded"], [])
    assert sorted(rows(run.lake, "images")["status"]) == ["ok"] * 6 + ["timeout"] * 4
    assert min(run.server.asked[path] for path in SLOW) == 1  # of the wave that was kept
