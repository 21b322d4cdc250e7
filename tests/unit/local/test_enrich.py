"""`enrich` on a machine that has neither Spark nor Java: what it says, leaves and outlives."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
import pytest
from PIL import Image, ImageDraw

from entity_extract.lake.files import LakeFiles
from tests.server import ShopServer, encoded, shop_server

ROOT = Path(__file__).parents[3]
PATIENCE_S = 300.0
PROMPTLY_S = 15.0  # half of what Kubernetes grants
QUICK = (
    "ocr.engine=tesseract",
    "fetch.allow_private=true",
    "fetch.retries=0",
    "reread.share=0",
    "lake.wait_s=0",
    "quality.min_rows=1",
)


def card(text: str) -> bytes:
    image = Image.new("RGB", (400, 120), "white")
    ImageDraw.Draw(image).text((40, 40), text, "black", font_size=36)
    return encoded(image, "PNG")


class Local:
    """A catalog, its lake, and runs over it in an environment without Java and without pyspark."""

    def __init__(self, server: ShopServer, folder: Path) -> None:
        self.server, self.folder, self.lake = server, folder, folder / "lake"
        bare = folder / "bare"
        bare.mkdir()
        hidden = "import sys; sys.modules['pyspark'] = sys.modules['py4j'] = None"
        (bare / "sitecustomize.py").write_text(hidden)
        gone = ("JAVA_HOME", "SPARK_HOME", "SPARK_CONF_DIR", "PYSPARK_SUBMIT_ARGS")
        self.env = {name: value for name, value in os.environ.items() if name not in gone}
        self.env |= {"PATH": "/nonexistent", "PYTHONPATH": f"{bare}:{ROOT}"}

    def catalog(self, *links: str) -> Path:
        path = self.folder / "catalog.csv"
        lines = [f"{link},1,item_weight" for link in links]
        path.write_text("\n".join(["image_link,group_id,entity_name", *lines, ""]))
        return path

    def command(self, *more: str) -> list[str]:
        tables = ["--catalog", f"{self.folder / 'catalog.csv'}", "--lake", f"{self.lake}"]
        sets = (word for pair in QUICK for word in ("--set", pair))
        return [sys.executable, "-m", "entity_extract", "enrich", *tables, *sets, *more]

    def run(self, *more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*more), capture_output=True, text=True, cwd=ROOT, env=self.env
        )

    @contextmanager
    def running(self, *more: str) -> Iterator[subprocess.Popen[str]]:
        """Under way, in a process group of its own, which does not outlive the block."""
        process = subprocess.Popen(
            self.command(*more),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=ROOT,
            env=self.env,
            start_new_session=True,
        )
        try:
            yield process
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.communicate()

    def states(self) -> list[str]:
        found = sorted((self.lake / "runs").glob("*.json"))
        return [json.loads(path.read_text())["state"] for path in found]

    def read(self) -> list[str]:
        images = LakeFiles(self.lake).dataset("images")
        assert images is not None
        found = images.to_table(columns=["image_link"])["image_link"].to_pylist()
        return [link.rpartition("/")[2] for link in sorted(found)]


@pytest.fixture
def local(tmp_path: Path) -> Iterator[Local]:
    with shop_server({"/a.png": card("Net 500 g"), "/b.png": card("Net 250 g")}) as server:
        yield Local(server, tmp_path)


def seen(process: subprocess.Popen[str], that: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not that():
        assert process.poll() is None, process.stdout.read() if process.stdout else ""
        assert time.monotonic() < end
        time.sleep(0.01)


def test_a_small_catalog_is_answered_without_java_and_without_spark(local: Local) -> None:
    answers = local.folder / "answers.csv"
    local.catalog(*(local.server.url(f"/{name}.png") for name in ("a", "b", "gone")))
    done = local.run("--answers", f"{answers}", "--set", "quality.min_answered=0.9")
    assert done.returncode == 4, done.stderr  # two of three
    assert "read: 3 new rows" in done.stdout
    assert "http_error 1: HTTP 404" in done.stdout
    found = pd.read_csv(answers, keep_default_na=False)["prediction"].tolist()
    assert found == ["500 gram", "250 gram", ""]
    (manifest,) = (json.loads(path.read_text()) for path in (local.lake / "runs").glob("*.json"))
    assert manifest["engine"] == "local"
    assert "spark" not in manifest
    assert "WARNING" not in done.stderr


def test_where_spark_is_wanted_and_not_there_the_command_says_what_to_install(
    local: Local,
) -> None:
    local.catalog(local.server.url("/a.png"))
    done = local.run("--set", "fetch.refresh_hours=24")
    assert done.returncode == 2
    wants = 'fetch.refresh_hours wants Spark and Java: pip install "entity-extract[spark]"'
    assert wants in done.stderr


def test_a_run_killed_between_waves_keeps_what_it_has_published(local: Local) -> None:
    slow = local.server.url("/hang.jpg")
    links = [local.server.url(f"/{name}.png") for name in ("a", "b")]
    local.catalog(*links, slow)
    waves = ("--set", "lake.wave_links=2")
    with local.running(*waves) as process:
        seen(process, lambda: local.server.asked["/hang.jpg"] > 0)
        os.killpg(process.pid, signal.SIGKILL)
    assert local.states() == ["running"]
    assert local.read() == ["a.png", "b.png"]
    local.catalog(*links)
    done = local.run(*waves)
    assert done.returncode == 0, done.stderr
    assert "left this lake without a word; taking over" in done.stderr
    assert "read: 0 new rows" in done.stdout
    assert local.states() == ["running", "succeeded"]
    assert not list((local.lake / "_staging").glob("*"))


def test_ctrl_c_ends_it_at_once_and_says_what_is_kept(local: Local) -> None:
    links = [local.server.url(f"/{name}.png") for name in ("a", "b")]
    local.catalog(*links, local.server.url("/hang.jpg"))
    with local.running("--set", "lake.wave_links=2") as process:
        seen(process, lambda: local.server.asked["/hang.jpg"] > 0)
        start = time.monotonic()
        os.killpg(process.pid, signal.SIGINT)
        said, _ = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 130, said
    assert time.monotonic() - start < PROMPTLY_S
    told = "stopped by SIGINT: 2 of 3 links kept, run the same command to go on"
    assert said.splitlines()[-1] == told
    assert local.states() == ["stopped"]
    assert not list((local.lake / "_lease").glob("*"))
