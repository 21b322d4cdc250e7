"""The lake's small files on this machine's disk, written without Spark: whole, and once."""

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from entity_extract.errors import Busy, UserError
from entity_extract.lake.lease import writer_lease
from entity_extract.lake.storage import ArrowStorage


@pytest.fixture
def storage(tmp_path: Path) -> ArrowStorage:
    return ArrowStorage(str(tmp_path / "lake of [odd] names"))


def test_of_many_who_create_a_file_one_does(storage: ArrowStorage) -> None:
    together = threading.Barrier(8)

    def create(number: int) -> bool:
        together.wait()
        return storage.create("t/_waves/00000001.json", f"of {number}")

    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(create, range(8)))
    assert made.count(True) == 1
    assert storage.read_text("t/_waves/00000001.json") == f"of {made.index(True)}"
    assert storage.names("t/_waves") == ["00000001.json"]
    # A second try of the one who made it is told the same.
    assert storage.create("t/_waves/00000001.json", f"of {made.index(True)}")


def test_a_file_is_replaced_whole_and_its_time_and_size_are_told(storage: ArrowStorage) -> None:
    assert storage.read_json("runs/a.json") is None
    assert storage.modified_ms("runs/a.json") is None
    assert storage.names("runs") == []
    storage.write_json("runs/a.json", {"state": "running"})
    storage.write_json("runs/a.json", {"state": "done"})
    assert storage.read_json("runs/a.json") == {"state": "done"}
    assert storage.sizes("runs") == {"a.json": len('{\n "state": "done"\n}')}
    written = os.stat(storage.local_path("runs/a.json")).st_mtime_ns // 1_000_000
    assert storage.modified_ms("runs/a.json") == written
    assert storage.written_ms("runs") == {"a.json": written}


def test_a_replacement_that_was_cut_off_leaves_the_file_as_it_was(storage: ArrowStorage) -> None:
    storage.write_json("_lease/a.json", {"run": 1})
    storage.write_bytes("_lease/a.json.tmp", b'{"ru')
    assert storage.read_json("_lease/a.json") == {"run": 1}
    storage.remove("_lease/a.json")
    assert storage.modified_ms("_lease/a.json") is not None  # what is being put there
    storage.write_json("_lease/a.json", {"run": 2})
    assert storage.names("_lease") == ["a.json"]


def test_a_folder_moves_in_one_step_and_goes_whole(storage: ArrowStorage) -> None:
    storage.write_bytes("_staging/r/t/wave=r-read00000/part-0.parquet", b"rows")
    storage.move("_staging/r/t/wave=r-read00000", "t/wave=r-read00000")
    assert storage.names("_staging/r/t") == []
    assert storage.names("t/wave=r-read00000") == ["part-0.parquet"]
    with pytest.raises(OSError, match="wave=r-read00000"):
        storage.move("_staging/r/t/wave=r-read00000", "t/wave=r-read00000")
    for _ in range(2):  # be it that somebody else has removed it
        storage.remove("t")
    assert not storage.exists("t")


def test_one_writes_at_a_time(storage: ArrowStorage) -> None:
    with (
        writer_lease(storage, "r1", "enrich", lease_s=60, wait_s=0) as lease,
        pytest.raises(Busy, match=rf"run r1 \(enrich, process {os.getpid()}@"),
        writer_lease(storage, "r2", "train", lease_s=60, wait_s=0),
    ):
        assert lease.check()
    assert storage.names("_lease") == []


def test_a_lake_elsewhere_is_not_written_without_spark() -> None:
    with pytest.raises(UserError, match="on this machine's disk alone"):
        ArrowStorage("s3a://bucket/lake")
