"""Ten corrections made by keyboard, a training, and the answers of the model that it makes.

    make bench-correcting

Draws a shop in which each picture says a weight in grams and one in kilograms. Categories want the
one or the other; ten rows, all of tea, are labelled with the wrong one. A model learns that, and is
put right in the review's page, in a headless Chromium, key by key. Prints the seconds of each part;
those in which a person looks and thinks come on top of the ten corrections.
"""

import argparse
import csv
import json
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from entity_extract.catalog.corrections import read_corrections
from tests.docs.reader import card
from tests.server import shop_server
from tests.unit.browser import DESK, Watch, launched
from tests.unit.review.test_browser import opened, press, row_of

if TYPE_CHECKING:
    from playwright.sync_api import Page

ROWS = 10  # of each category
UNITS = {"tea": "gram", "coffee": "gram", "nuts": "gram", "flour": "kilogram", "rice": "kilogram"}
MISLABELLED = "tea"
SETTINGS = ("fetch.allow_private=true", "embed.weights=random")

Parts = dict[str, float]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("build/bench"))
    args = parser.parse_args()
    folder = args.out / "correcting"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    drawn = enumerate(products().items())
    pictures = {path: card(*lines, look=look) for look, (path, (_, lines, _)) in drawn}
    with launched() as browser, shop_server(pictures) as shop:
        truth = {shop.url(path): value for path, (_, _, value) in products().items()}
        catalog = write_catalog(folder / "catalog.csv", shop.url)
        figures = measured(folder, catalog, truth, Watch(browser, DESK))
    (args.out / "correcting.json").write_text(json.dumps(figures, indent=1))
    print(json.dumps(figures, indent=1))  # noqa: T201


def products() -> dict[str, tuple[str, tuple[str, str], str]]:
    """By the path of its picture: category, what is printed, and the right answer."""
    found = {}
    for turn, (category, unit) in enumerate(UNITS.items()):
        for place in range(ROWS):
            grams, kilograms = 110 + 30 * place + turn, 3 + ROWS * turn + place
            lines = (f"Net weight {grams} g", f"Crate {kilograms} kg")
            right = f"{grams} gram" if unit == "gram" else f"{kilograms} kilogram"
            found[f"/{category}-{place}.png"] = (category, lines, right)
    return found


def write_catalog(path: Path, url: Callable[[str], str]) -> Path:
    """Labelled; tea with what stands on its crate."""
    with path.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["image_link", "group_id", "entity_name", "entity_value"])
        for picture, (category, lines, right) in products().items():
            crate = lines[1].removeprefix("Crate ").replace("kg", "kilogram")
            label = crate if category == MISLABELLED else right
            rows.writerow([url(picture), category, "item_weight", label])
    return path


def measured(folder: Path, catalog: Path, truth: dict[str, str], watch: Watch) -> dict[str, object]:
    """Seconds of each part; how many of the ten rows are answered rightly before and after."""
    tables = ["--catalog", str(catalog), "--lake", str(folder / "lake")]
    corrections = folder / "corrections.csv"
    wrong, right = (["--model", str(folder / name)] for name in ("wrong", "right"))
    ran("train", *tables, *wrong)
    ran("enrich", *tables, *wrong)
    before = answered_rightly(folder, truth)
    parts: Parts = {}
    asked = ["--lake", str(folder / "lake"), *wrong, "--corrections", str(corrections)]
    began = time.monotonic()
    with serving(*asked, "--category", MISLABELLED) as url:
        page = opened(watch, url)
        parts["open the review"] = time.monotonic() - began
        with timed(parts, "ten corrections"):
            correct(page, truth)
    if len(read_corrections(str(corrections))) != ROWS:
        sys.exit("not ten corrections")
    learned = ["--set", f"catalog.corrections={corrections}"]
    with timed(parts, "train"):
        ran("train", *tables, *right, *learned)
    with timed(parts, "enrich"):
        ran("enrich", *tables, *right, *learned)
    return {
        "rows": ROWS * len(UNITS),
        "seconds": {name: round(seconds, 1) for name, seconds in parts.items()},
        "all": round(sum(parts.values()), 1),
        "of the ten rows right before": before,
        "after": answered_rightly(folder, truth),
    }


def correct(page: "Page", truth: dict[str, str]) -> None:
    """Ten rows by the number of the right candidate, or typed."""
    for _ in range(ROWS):
        row = row_of(page)
        value = truth[row["link"]]
        if value in row["candidates"][:9]:
            press(page, str(row["candidates"].index(value) + 1))
        else:
            page.keyboard.press("t")
            page.keyboard.type(value.split()[0])
            page.locator("#unit").select_option(value.split()[1])
            press(page, "Enter")


def answered_rightly(folder: Path, truth: dict[str, str]) -> int:
    rows = pd.read_parquet(folder / "lake/predictions")
    rows = rows[rows["group_id"] == MISLABELLED]
    return int((rows["prediction"] == rows["image_link"].map(truth)).sum())


@contextmanager
def timed(parts: Parts, name: str) -> Iterator[None]:
    began = time.monotonic()
    yield
    parts[name] = time.monotonic() - began


def command(name: str, *words: str) -> list[str]:
    settings = [word for pair in SETTINGS for word in ("--set", pair)]
    return [sys.executable, "-m", "entity_extract", name, *words, *settings]


def ran(name: str, *words: str) -> None:
    done = subprocess.run(command(name, *words), capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{name} failed: {done.stderr[-3000:]}")


@contextmanager
def serving(*words: str) -> Iterator[str]:
    """The URL of `entity-extract review --serve`, which Ctrl-C ends at the end of the block."""
    with subprocess.Popen(
        command("review", *words, "--serve"), stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            yield next(line for line in process.stdout if line.startswith("serving")).split()[1]
        finally:
            process.send_signal(signal.SIGINT)
            process.stdout.read()


if __name__ == "__main__":
    main()
