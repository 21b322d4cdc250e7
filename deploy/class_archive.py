"""Keeps Spark's classes as the JVM maps them into memory, so that jobs on one machine start sooner.

A job runs once on a picture that it draws; its JVM writes down what it loaded (150 MB, 15 s). What
is kept is tried before it counts: a JVM given an archive that is cut off does not start at all.

    python -m deploy.class_archive
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image, ImageDraw
from pyspark import SparkContext

from entity_extract.commands.main import main as entity_extract
from entity_extract.spark.session.local import JVM, class_archive

_DRAWN = ["--set", "ocr.engine=tesseract", "--set", "embed.weights=none"]


def main() -> None:
    if len(sys.argv) > 1:
        run(Path(sys.argv[1]), sys.argv[2:])
        return
    kept = class_archive()
    kept.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=kept.parent) as name:
        folder = Path(name)
        draw(folder)
        made = folder / "made.jsa"
        # Not in this process: each JVM belongs to one Python, and may write an archive once.
        begin(folder, f"-XX:ArchiveClassesAtExit={made} -Xlog:disable")
        begin(folder, f"-XX:SharedArchiveFile={made}")
        os.replace(made, kept)


def draw(folder: Path) -> None:
    """A catalog of one row and its picture."""
    picture = Image.new("RGB", (400, 200), "white")
    ImageDraw.Draw(picture).text((100, 80), "500 g", "black", font_size=40)
    picture.save(folder / "picture.png")
    row = f"file://{folder}/picture.png,1,item_weight"
    (folder / "catalog.csv").write_text(f"image_link,group_id,entity_name\n{row}\n", "utf-8")


def begin(folder: Path, options: str) -> None:
    """Raises CalledProcessError where the job or its JVM fails."""
    java = f"spark.driver.extraJavaOptions={JVM} {options}"
    subprocess.run(  # noqa: S603
        [sys.executable, "-m", "deploy.class_archive", str(folder), "--set", java, *_DRAWN],
        check=True,
        stdout=subprocess.DEVNULL,
    )


def run(folder: Path, options: list[str]) -> None:
    """One job, to the end of its JVM, which is when it writes the archive."""
    tables = ["--catalog", str(folder / "catalog.csv"), "--lake", str(folder / "lake")]
    root = f"fetch.file_root={folder}"
    entity_extract(["enrich", *tables, "--engine", "spark", "--set", root, *options])
    java = SparkContext._gateway.proc
    java.stdin.close()
    java.wait()


if __name__ == "__main__":
    main()
