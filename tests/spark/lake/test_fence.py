"""A run that sleeps at a bad moment and wakes after another has taken over publishes nothing."""

import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from entity_extract.config import LakeConfig
from entity_extract.errors import Busy
from entity_extract.lake.files import LakeFiles
from entity_extract.lake.lease import writer_lease
from entity_extract.spark.tables.hadoop_storage import HadoopStorage
from entity_extract.spark.tables.lake import Lake
from entity_extract.spark.tables.storage import storage_of
from tests.spark.lake.test_lake import by_the_list, entries_of, in_pandas, publish


class Sleeper(HadoopStorage):
    """Real storage on which a run falls asleep with the list in hand that it is about to make."""

    def __init__(self, spark: SparkSession, root: Path, meanwhile: Callable[[], None]) -> None:
        super().__init__(spark, str(root))
        self._meanwhile: Callable[[], None] | None = meanwhile

    def create(self, path: str, text: str) -> bool:
        if self._meanwhile is not None:
            meanwhile, self._meanwhile = self._meanwhile, None
            meanwhile()
        return super().create(path, text)


@pytest.mark.parametrize("renames", [True, False], ids=["file system", "object store"])
@pytest.mark.parametrize("ended", [True, False], ids=["published", "about to publish"])
def test_a_run_that_sleeps_with_the_list_in_hand_comes_too_late(
    spark: SparkSession, root: Path, *, renames: bool, ended: bool
) -> None:
    def opened() -> Lake:
        lake = Lake(spark, str(root), LakeConfig())
        lake.storage.renames = renames
        return lake

    def taken_over() -> None:
        (root / "_lease/a.json").unlink()  # as another run does after lease_s of silence
        with opened().writing("b", "tests"):
            pass
        if ended:
            with (again := opened()).writing("d", "tests"):
                publish(again, "d-0", ("l", "d", False))

    first = opened()
    with first.writing("a", "tests"):
        publish(first, "a-0", ("settled", "a", False))
        sleeper = Sleeper(spark, root, taken_over)
        sleeper.renames = renames
        first.splits.storage = first.splits.log.files = sleeper  # type: ignore[attr-defined]
        with pytest.raises(Busy, match="another run has written"):
            publish(first, "a-1", ("l", "a", False))
    if not ended:
        with (again := opened()).writing("d", "tests"):
            publish(again, "d-0", ("l", "d", False))
    after = [("l", "d"), ("settled", "a")]
    assert [entry[:2] for entry in entries_of(opened().splits)] == after
    assert by_the_list(root) == after
    assert in_pandas(root) == after


def test_a_process_that_was_stopped_for_too_long_knows_it_when_it_goes_on(
    spark: SparkSession, tmp_path: Path
) -> None:
    storage = storage_of(spark, str(tmp_path / "lake"))
    with writer_lease(storage, "r1", "enrich", lease_s=2, wait_s=0) as lease:
        lease.check()
        stop = "sleep 0.5; kill -STOP $0; sleep 4; kill -CONT $0"
        with subprocess.Popen(["sh", "-c", stop, str(os.getpid())]):
            time.sleep(3)
        assert "r1.json" in storage.names("_lease")  # nobody has taken over
        with pytest.raises(Busy, match=r"not renewed for 2 s \(this process"):
            lease.check()
    assert storage.names("_lease") == []


class Sleepy(HadoopStorage):
    """A file system that answers late, or a process that is stopped while it asks."""

    delay_s = 0.0

    def modified_ms(self, path: str) -> int | None:
        time.sleep(self.delay_s)
        return super().modified_ms(path)


def test_a_renewal_that_took_longer_than_the_lease_is_none(
    spark: SparkSession, tmp_path: Path
) -> None:
    storage = Sleepy(spark, str(tmp_path / "lake"))
    with writer_lease(storage, "r1", "enrich", lease_s=2, wait_s=0) as lease:
        storage.delay_s = 4.0
        time.sleep(5.5)  # by then a renewal has begun, slept, and written
        storage.delay_s = 0.0
        with pytest.raises(Busy, match="not renewed for 2 s"):
            lease.check()


def test_a_lease_that_cannot_be_renewed_is_lost_and_says_why(
    spark: SparkSession, tmp_path: Path
) -> None:
    storage = storage_of(spark, str(tmp_path / "lake"))
    with writer_lease(storage, "r1", "enrich", lease_s=2, wait_s=0) as lease:
        claim = tmp_path / "lake/_lease/r1.json"
        claim.unlink()
        claim.mkdir()  # no file can be put there
        time.sleep(3)
        with pytest.raises(Busy, match=r"not renewed for 2 s \(.*directory.*r1\.json"):
            lease.check()


def test_what_was_replaced_stays_for_the_grace_period_and_no_longer(
    spark: SparkSession, root: Path
) -> None:
    def night(run_id: str, grace_minutes: float) -> None:
        lake = Lake(spark, str(root), LakeConfig(grace_minutes=grace_minutes))
        with lake.writing(run_id, "tests"):
            publish(lake, f"{run_id}-0", ("a", run_id, True), ("b", "1", False))

    night("r1", 60)
    lists = root / "splits/_waves"
    night("r2", 60)
    (old,) = (root / "_superseded/splits").iterdir()
    assert old.name == "wave=r1-0-open"
    assert len([*lists.iterdir()]) == 5  # made with the lake; of each run its first and its wave
    night("r3", 0)
    time.sleep(0.1)
    with Lake(spark, str(root), LakeConfig(grace_minutes=0)).writing("r4", "tests"):
        pass
    assert list((root / "_superseded/splits").iterdir()) == []
    assert len([*lists.iterdir()]) == 1
    listed = LakeFiles(root).waves("splits")
    assert listed is not None
    assert listed.superseded == {}
    assert in_pandas(root) == [("a", "r3"), ("b", "1"), ("b", "1"), ("b", "1")]


@pytest.mark.parametrize(
    ("given", "said"), [(True, "overwrites what is to be created once"), (None, "no If-None-Match")]
)
def test_a_store_that_does_not_make_a_list_once_is_named_in_the_log(
    spark: SparkSession,
    root: Path,
    given: bool | None,
    said: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Server:
        """It overwrites, or says that it knows no condition."""

        def create(self, path: object, content: bytes) -> bool | None:
            return given

    storage = storage_of(spark, str(root))
    storage.renames = False
    storage._s3 = Server()  # type: ignore[assignment]
    storage.check_create("_staging/r1/once")
    assert said in caplog.text
    assert "lease alone" in caplog.text
