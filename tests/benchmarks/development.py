"""F1 on a folder of real, labelled pictures, through the jobs as a user runs them.

The folder holds `images/` and `labelled.csv` (image, group_id, entity_name, entity_value,
label_source, human_status, human_value). Nothing of it is copied; the lake, the model and the
figures go to --out.

    python -m tests.benchmarks.development FOLDER --out build/development [-- job options]
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import quote

import pandas as pd

ROOT = Path(__file__).parents[2]
PORT = 8799  # part of every link, so that a second run finds its pictures in the lake
# Each scored apart; `corrected` are challenge rows that a person looked at, by that person's label.
SCORED = ("challenge", "corrected", "silver_A", "silver_B")


class Quiet(SimpleHTTPRequestHandler):
    """A file server that does not write a line for each picture."""

    def log_message(self, format: str, *args: object) -> None:
        return


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The base URL under which the files of `folder` answer."""
    handler = partial(Quiet, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", PORT), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{PORT}"
        server.shutdown()


def labelled_pictures(folder: Path, base_url: str) -> pd.DataFrame:
    """All labelled rows; a person's word stands before the challenge's (`challenge_value`).

    Where a person found that the picture does not say, the label is empty.
    """
    rows = pd.read_csv(folder / "labelled.csv", dtype=str, keep_default_na=False)
    rows["image_link"] = [f"{base_url}/{quote(name)}" for name in rows["image"]]
    rows.insert(0, "index", [str(i) for i in range(len(rows))])
    seen = rows["human_status"] != ""
    rows["challenge_value"] = rows["entity_value"]
    rows["entity_value"] = rows["entity_value"].where(~seen, rows["human_value"])
    return rows


def catalogs(folder: Path, base_url: str) -> dict[str, pd.DataFrame]:
    """`all`, to learn from, and one for each of SCORED."""
    corrected = labelled_pictures(folder, base_url)
    stated = corrected.assign(entity_value=corrected["challenge_value"])
    made = {source: stated[stated["label_source"] == source] for source in SCORED}
    made |= {"all": corrected, "corrected": corrected[corrected["human_status"] != ""]}
    columns = ["index", "image_link", "group_id", "entity_name", "entity_value"]
    return {name: table[columns] for name, table in made.items()}


def job(name: str, *args: str | Path) -> None:
    command = [sys.executable, "-m", f"jobs.{name}", *map(str, args)]
    subprocess.run(command, cwd=ROOT, check=True)


def read_development(folder: Path, lake: Path) -> None:
    """Reads what `lake` lacks of the folder's pictures, with both OCR engines, and looks again at
    all in which a question found no candidate then."""
    out = lake.parent.resolve()
    out.mkdir(parents=True, exist_ok=True)
    with served(folder / "images") as base_url:
        catalogs(folder, base_url)["all"].to_csv(out / "all.csv", index=False)
        options = ["--conf-file", "local.toml", "--set", "fetch.allow_private=true"]
        tables = ["--catalog", out / "all.csv", "--lake", lake.resolve()]
        job("enrich", *tables, *options, "--set", "ocr.engine=both", "--set", "reread.share=1")


def figures(out: Path, options: list[str]) -> dict[str, dict[str, dict[str, float]]]:
    """Trains on `all`, then answers and scores each catalog of SCORED on its own labels."""
    tables = ["--lake", out / "lake"]
    model = ["--model", out / "model"]
    job("train", "--catalog", out / "all.csv", *tables, *model, *options)
    found = {}
    for name in SCORED:
        catalog = ["--catalog", out / f"{name}.csv"]
        job("predict", *catalog, *tables, *model, *options)
        job("evaluate", *catalog, *tables, "--out", out / name, *options)
        metrics = json.loads((out / name / "metrics.json").read_text())
        found[name] = {side: metrics[side] for side in ("train", "validation") if side in metrics}
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    args, options = parser.parse_known_args()
    out = args.out.resolve()
    out.mkdir(parents=True, exist_ok=True)
    with served(args.folder / "images") as base_url:
        for name, table in catalogs(args.folder, base_url).items():
            table.to_csv(out / f"{name}.csv", index=False)
        defaults = ["--conf-file", "local.toml", "--set", "fetch.allow_private=true"]
        found = figures(out, [*defaults, *(x for x in options if x != "--")])
    keys = ("f1", "f1_interval", "precision", "recall", "oracle_recall", "f1_given_candidate")
    short = {
        name: {side: {k: found[name][side][k] for k in ("rows", *keys)} for side in found[name]}
        for name in found
    }
    (out / "figures.json").write_text(json.dumps(short, indent=1))
    sys.stdout.write(json.dumps(short, indent=1) + "\n")


if __name__ == "__main__":
    main()
