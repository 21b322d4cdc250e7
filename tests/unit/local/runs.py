"""`enrich` as a process of its own, on a machine that has neither Spark nor Java."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image, ImageDraw

from entity_extract.lake.files import LakeFiles
from tests.server import ShopServer, encoded

ROOT = Path(__file__).parents[3]
PATIENCE_S = 300.0
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


def seen(process: subprocess.Popen[str], that: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not that():
        assert process.poll() is None, process.stdout.read() if process.stdout else ""
        assert time.monotonic() < end
        time.sleep(0.01)
