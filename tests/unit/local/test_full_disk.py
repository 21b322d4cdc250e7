"""A disk that is full ends a run in one line, and leaves the lake to the next."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from entity_extract.config import load_config
from entity_extract.errors import UserError
from entity_extract.local.pipeline import opened_pipeline
from entity_extract.runs.run import Run


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder]
    if subprocess.run(mount, capture_output=True).returncode != 0:
        pytest.skip("needs the right to mount a file system")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


def filled(ballast: Path) -> None:
    with ballast.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(2**12))


def test_a_full_disk_is_said_in_one_line_and_the_same_command_goes_on(tmp_path: Path) -> None:
    catalog = tmp_path / "c.csv"
    catalog.write_text("image_link,entity_name\nftp://a/1.jpg,width\n")
    config = load_config([], ["lake.wait_s=0", "isolation.process=false"])
    with small_disk(tmp_path / "disk") as disk:
        asked = {"catalog": str(catalog), "lake": str(disk / "lake")}
        full = pytest.raises(UserError, match="no space left on the disk of the lake")
        with full as refused, opened_pipeline(Run("tests", config), config, **asked) as pipeline:
            filled(disk / "ballast")
            pipeline.read()
        assert "\n" not in str(refused.value)
        (disk / "ballast").unlink()
        with opened_pipeline(Run("tests", config), config, **asked) as pipeline:
            pipeline.read()
            assert "read: 1 new row," in pipeline.finish()
