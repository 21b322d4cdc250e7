"""The processes that read for this one."""

import os
import sys
from pathlib import Path

import pytest


def reading_processes() -> list[int]:
    """Of this process, by what the kernel says of its children."""
    if sys.platform != "linux":
        pytest.skip("asks /proc")
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            state, parent = (folder / "stat").read_text().rpartition(")")[2].split()[:2]
            if parent == str(os.getpid()) and state != "Z":
                found.append((int(folder.name), (folder / "cmdline").read_text()))
        except OSError:  # gone meanwhile
            continue
    return [pid for pid, line in found if "isolation.child" in line]
