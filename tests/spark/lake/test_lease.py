"""One writer per lake: others wait or refuse, the dead are outwaited or known to be dead."""

import os
import subprocess
import sys
import threading
import time
from contextlib import ExitStack
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from entity_extract.config import LakeConfig
from entity_extract.errors import UserError
from entity_extract.lake.lease import Claim, Lease, writer_lease
from entity_extract.lake.pace import Pace
from entity_extract.lake.wave_log import LeaseLost
from entity_extract.spark.pending import Pending
from entity_extract.spark.tables.lake import Lake
from entity_extract.spark.tables.storage import Storage, storage_of


@pytest.fixture
def storage(spark: SparkSession, tmp_path: Path) -> Storage:
    return storage_of(spark, str(tmp_path / "lake"))


def lay(storage: Storage, *, process: str, machine: str | None = None) -> None:
    """The claim of another run, as it would lie there."""
    own = Lease(storage, "other", "enrich", lease_s=60)
    own.acquire(0)
    claim = Claim.model_validate(storage.read_json("_lease/other.json"))
    own.release()
    changed = {"process": process, "machine": claim.machine if machine is None else machine}
    storage.write_json("_lease/other.json", claim.model_copy(update=changed).model_dump())


def test_a_second_writer_is_refused_and_told_who_writes(storage: Storage) -> None:
    with (
        writer_lease(storage, "r1", "enrich", lease_s=60, wait_s=0),
        pytest.raises(UserError, match=rf"run r1 \(enrich, process {os.getpid()}@"),
        writer_lease(storage, "r2", "train", lease_s=60, wait_s=0),
    ):
        pass
    with writer_lease(storage, "r3", "train", lease_s=60, wait_s=0):
        assert storage.names("_lease") == ["r3.json"]
    assert storage.names("_lease") == []


def test_a_second_writer_that_may_wait_goes_on_when_the_first_has_ended(storage: Storage) -> None:
    ended_at = []

    def first() -> None:
        with writer_lease(storage, "r1", "enrich", lease_s=60, wait_s=0):
            holding.set()
            time.sleep(1.5)
            ended_at.append(time.monotonic())

    holding = threading.Event()
    thread = threading.Thread(target=first)
    thread.start()
    holding.wait()
    with writer_lease(storage, "r2", "enrich", lease_s=60, wait_s=60):
        assert ended_at
    thread.join()


def test_of_many_that_start_at_once_one_writes_at_a_time(storage: Storage) -> None:
    writing, most, done = [0], [0], []
    lock = threading.Lock()

    def writer(number: int) -> None:
        with writer_lease(storage, f"r{number}", "enrich", lease_s=60, wait_s=60):
            with lock:
                writing[0] += 1
                most[0] = max(most[0], writing[0])
            time.sleep(0.2)
            with lock:
                writing[0] -= 1
                done.append(number)

    threads = [threading.Thread(target=writer, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1]
    assert sorted(done) == [0, 1, 2, 3]


def test_the_lease_of_a_process_that_died_on_this_machine_is_taken_over_at_once(
    storage: Storage,
) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as dead:
        pass
    lay(storage, process=f"{dead.pid}@1234")
    start = time.monotonic()
    with writer_lease(storage, "r1", "enrich", lease_s=60, wait_s=0):
        assert time.monotonic() - start < 10
        assert storage.names("_lease") == ["r1.json"]


def test_a_process_of_another_machine_may_live_whatever_its_number(storage: Storage) -> None:
    lay(storage, process="1@1", machine="elsewhere")
    with (
        pytest.raises(UserError, match="process 1@1"),
        writer_lease(storage, "r1", "enrich", lease_s=60, wait_s=0),
    ):
        pass


def test_a_lease_that_is_not_renewed_runs_out(storage: Storage) -> None:
    lay(storage, process="1@1", machine="elsewhere")
    with writer_lease(storage, "r1", "enrich", lease_s=2, wait_s=60):
        assert storage.names("_lease") == ["r1.json"]


def test_a_lease_lives_on_while_it_is_renewed(storage: Storage) -> None:
    with writer_lease(storage, "r1", "enrich", lease_s=2, wait_s=0) as lease:
        time.sleep(3)
        with (
            pytest.raises(UserError, match="run r1"),
            writer_lease(storage, "r2", "enrich", lease_s=2, wait_s=0),
        ):
            pass
        lease.check()


def test_who_was_taken_for_dead_publishes_nothing_more(lake: Lake, spark: SparkSession) -> None:
    rows = spark.createDataFrame(
        [("a", "train", "m", False)],
        "image_link string, split string, model_version string, open boolean",
    )
    lake.storage.remove("_lease/test.json")  # as another run does after lease_s of silence
    with pytest.raises(LeaseLost, match="not published"):
        lake.splits.publish(rows, "w1", replace=False)
    assert lake.splits.read().count() == 0
    assert lake.storage.names("splits") == ["_waves"]  # plain pandas sees nothing of it, too


def test_who_was_taken_for_dead_leaves_to_the_next_run_what_that_has_staged(
    spark: SparkSession, tmp_path: Path
) -> None:
    links = spark.createDataFrame([(f"l{n}",) for n in range(9)], "image_link string")
    first, second = (Lake(spark, str(tmp_path), LakeConfig()) for _ in range(2))
    with ExitStack() as taken_over:
        with first.writing("r1", "test"):
            lost = Pending(first, "read", links, key="image_link", pace=Pace(3))
            first.storage.remove("_lease/r1.json")
            taken_over.enter_context(second.writing("r2", "test"))
            pending = Pending(second, "read", links, key="image_link", pace=Pace(3))
            with pytest.raises(LeaseLost):
                list(lost)
        assert sum(part.rows.count() for part in pending) == 9
    assert second.storage.names("_staging") == []


def test_rows_that_were_staged_and_are_gone_end_the_run(lake: Lake, spark: SparkSession) -> None:
    links = spark.createDataFrame([(f"l{n}",) for n in range(9)], "image_link string")
    pending = Pending(lake, "read", links, key="image_link", pace=Pace(3))
    staged = f"{lake.staging}/pending/read"
    *_, last = (name for name in lake.storage.names(staged) if "=" in name)
    links.limit(0).write.mode("overwrite").parquet(lake.storage.url(f"{staged}/{last}"))
    with pytest.raises(RuntimeError, match="9 rows were staged"):
        list(pending)
    lake.storage.remove(f"{staged}/{last}")
    with pytest.raises(RuntimeError, match=f"{last} is gone"):
        list(pending)


def test_a_claim_under_its_temporary_name_is_a_claim(storage: Storage) -> None:
    """As it is for a moment while it is renewed, where Hadoop replaces a file in two steps."""
    with writer_lease(storage, "r1", "enrich", lease_s=60, wait_s=0) as lease:
        storage.move("_lease/r1.json", "_lease/r1.json.tmp")
        lease.check()
        with (
            pytest.raises(UserError, match="run r1"),
            writer_lease(storage, "r2", "train", lease_s=60, wait_s=0),
        ):
            pass
    storage.write_text("_lease/r3.json.tmp", "{")  # cut off while it was laid
    with writer_lease(storage, "r4", "train", lease_s=60, wait_s=0):
        assert storage.names("_lease") == ["r3.json.tmp", "r4.json"]
