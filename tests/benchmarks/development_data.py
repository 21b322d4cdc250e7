"""Serves a folder of labelled pictures on loopback and writes catalogs that link to it.

The folder holds `images/` and `labelled.csv` (image, group_id, entity_name, entity_value,
label_source, human_status, human_value). Nothing of it is copied.

    python -m tests.benchmarks.development_data FOLDER --out build/dev --port 8799
"""

import argparse
import sys
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote

import pandas as pd


class Quiet(SimpleHTTPRequestHandler):
    """A file server that does not write a line for each picture."""

    def log_message(self, format: str, *args: object) -> None:
        return


def catalogs(folder: Path, base_url: str) -> dict[str, pd.DataFrame]:
    """`all` to learn from (a person's word before the challenge's), the others to score on.

    challenge: its own labels. corrected: challenge rows that a person looked at, with that
    person's label, empty where the picture does not say. silver_A, silver_B: agreed predictions.
    """
    rows = pd.read_csv(folder / "labelled.csv", dtype=str, keep_default_na=False)
    rows["image_link"] = [f"{base_url}/{quote(name)}" for name in rows["image"]]
    rows.insert(0, "index", [str(i) for i in range(len(rows))])
    seen = rows["human_status"] != ""
    corrected = rows["entity_value"].where(~seen, rows["human_value"])
    columns = ["index", "image_link", "group_id", "entity_name", "entity_value"]
    made = {"all": rows.assign(entity_value=corrected)}
    for source in ("challenge", "silver_A", "silver_B"):
        made[source] = rows[rows["label_source"] == source]
    made["corrected"] = rows.assign(entity_value=corrected)[seen]
    return {name: table[columns] for name, table in made.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--port", type=int, default=8799)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    for name, table in catalogs(args.folder, f"http://127.0.0.1:{args.port}").items():
        table.to_csv(args.out / f"{name}.csv", index=False)
    handler = partial(Quiet, directory=str(args.folder / "images"))
    with ThreadingHTTPServer(("127.0.0.1", args.port), handler) as server:
        sys.stdout.write(f"{args.out}: catalogs for http://127.0.0.1:{args.port}\n")
        sys.stdout.flush()
        server.serve_forever()


if __name__ == "__main__":
    main()
