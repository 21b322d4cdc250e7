"""Whether a lake could be written, told before anything is started."""

from pathlib import Path

import pytest

from entity_extract.errors import UserError
from entity_extract.lake.file_systems import check_writable


@pytest.fixture(autouse=True)
def no_hadoop(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HADOOP_CONF_DIR", "YARN_CONF_DIR", "HADOOP_HOME"):
        monkeypatch.delenv(name, raising=False)


def test_below_a_file_there_is_no_lake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    lake = str(tmp_path / "file/lake")
    for root in (lake, f"file://{lake}"):
        with pytest.raises(UserError, match="is a file, not a folder"):
            check_writable(root, {})
    check_writable(lake, {"spark.hadoop.fs.defaultFS": "hdfs://name:9000"})  # it is not here then
    monkeypatch.setenv("HADOOP_CONF_DIR", "/etc/hadoop")
    check_writable(lake, {})
    with pytest.raises(UserError, match="is a file, not a folder"):
        check_writable(f"file:{lake}", {})


def test_a_lake_that_is_yet_to_be_made_and_one_elsewhere_are_left_alone(tmp_path: Path) -> None:
    check_writable(str(tmp_path / "a/b/lake"), {})
    check_writable("s3a://shop/lake", {})
    assert not (tmp_path / "a").exists()


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="no /proc here")
def test_a_file_system_that_takes_no_folders_is_told_before_anything_is_read() -> None:
    with pytest.raises(UserError, match=r"--lake /proc/lake: (cannot|no right to) write to /proc"):
        check_writable("/proc/lake", {})
