"""deploy/submit.sh as an operator calls it, for executors that know nothing of the repository."""

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

from tests.jobs.conftest import ROOT


def python_without_us(folder: Path) -> Path:
    """A Python with our packages, but not the link by which `pip install --editable` finds us."""
    venv.create(folder, with_pip=False, symlinks=True)
    ours = Path(sysconfig.get_path("purelib"))
    (packages,) = folder.glob("lib/python*/site-packages")
    (packages / "a.pth").write_text(f"{ours}\n")  # added to the path, its own .pth files unread
    if (shim := ours / "distutils-precedence.pth").exists():  # Python 3.12: pyspark's distutils
        shutil.copy(shim, packages)
    python = folder / "bin/python"
    code = "import pyspark, entity_extract"
    asked = subprocess.run([python, "-c", code], capture_output=True, cwd=folder)
    assert b"No module named 'entity_extract'" in asked.stderr
    return python


def submit(
    master: str, python: Path, *words: str | Path, cwd: Path, timeout_s: float = 1200
) -> subprocess.CompletedProcess[str]:
    """`words` are spark-submit's options, the job and its arguments; `python` is the executors'."""
    return subprocess.run(
        [ROOT / "deploy/submit.sh", "--master", master, *map(str, words)],
        capture_output=True,
        text=True,
        cwd=cwd,
        timeout=timeout_s,
        env={
            **os.environ,
            "PYTHONPATH": "",
            "PYSPARK_PYTHON": str(python),
            "PYSPARK_DRIVER_PYTHON": sys.executable,
        },
    )
