"""`make run`, which is deploy/setup.sh and deploy/demo.sh: what it leaves is what the pages say.

    make test T="-m slow tests/docs/test_demo.py"

Minutes on two cores; what is in build/demo is made anew, but for pictures that were read.
"""

import os
import re
import socket
import subprocess

import pytest

from tests.docs.pages import ROOT


@pytest.mark.slow
def test_make_run_ends_with_figures_and_leaves_what_the_page_lists() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    done = subprocess.run(
        ["make", "run"],
        cwd=ROOT,
        env={**os.environ, "DEMO_PORT": port},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-6000:]
    page = (ROOT / "jobs/README.md").read_text("utf-8")
    listed = re.findall(r"^\| `(build/demo/\S+)` \|", page, re.MULTILINE)
    assert len(listed) == 6
    for path in listed:
        assert (ROOT / path).exists(), path
        assert path.rstrip("/") in done.stdout, path
    f1 = re.findall(r"^\s*(?:item_weight|width|voltage) .*\d\.\d{3}", done.stdout, re.MULTILINE)
    assert len(f1) >= 3
