"""What each second look finds where the first held no candidate, and what it costs.

    python -m tests.benchmarks.rereading FOLDER --lake LAKE [--out build/bench]

FOLDER is one of labelled pictures, see development.py, LAKE what read_development made of it; the
first look is the default's, a cascade. Each look is taken alone, one core, in this process.
"""

import argparse
import json
import sys
import time
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pandas as pd

from entity_extract.config import Config, Domain, RereadConfig, load_config
from entity_extract.quantities.amounts import parse_label
from entity_extract.quantities.candidates import find_candidates
from entity_extract.reading import engines
from entity_extract.reading.images import decoded
from entity_extract.reading.looks import LOOKS
from entity_extract.records import Word, words_of
from tests.benchmarks import learning_data


def silent_rows(folder: Path, lake: Path, config: Config) -> pd.DataFrame:
    """Labelled rows whose picture was read, and held no candidate for them."""
    rows = learning_data.read_rows(folder, lake, None)
    rows = rows[rows["status"] == "ok"]
    keep = learning_data.engines(config)["cascade"]
    asked = zip(rows["words"], rows["entity_name"], strict=True)
    silent = [not find_candidates(words_of(keep(cell)), e, config.domain) for cell, e in asked]
    return rows[silent].reset_index(drop=True)


def says(words: list[Word], entity: str, label: str, domain: Domain) -> tuple[bool, bool]:
    """Whether there is a candidate now, and whether the label is one."""
    found = {(c.value, str(c.unit)) for c in find_candidates(words, entity, domain)}
    return bool(found), any((a.value, a.unit) in found for a in parse_label(label, domain, entity))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--lake", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=Path("build/bench"))
    args = parser.parse_args()
    config = load_config()
    ocr = engines.chosen(config.ocr)
    rows = silent_rows(args.folder, args.lake, config)
    readers = {
        look: engines.reader_for(RereadConfig(looks=(look,)).of(ocr), config.domain)
        for look in LOOKS
    }
    found: dict[str, set[int]] = {look: set() for look in LOOKS}
    right: dict[str, set[int]] = {look: set() for look in LOOKS}
    spent = dict.fromkeys(LOOKS, 0.0)
    pictures = rows.groupby("image_link").indices
    for link, at in pictures.items():
        path = args.folder / "images" / unquote(urlsplit(link).path.lstrip("/"))
        image, _ = decoded(path.read_bytes(), config.image)
        for look, reader in readers.items():
            start = time.process_time()
            words = reader.read(image)
            spent[look] += time.process_time() - start
            for row in map(int, at):
                asked = rows["entity_name"][row], rows["challenge_value"][row]
                any_said, label_said = says(words, *asked, config.domain)
                found[look] |= {row} if any_said else set()
                right[look] |= {row} if label_said else set()
    table = {
        look: {
            "rows_with_candidates": len(found[look]),
            "rows_with_label": len(right[look]),
            "cpu_s_per_picture": round(spent[look] / len(pictures), 3),
        }
        for look in LOOKS
    }
    whole = {"rows": len(rows), "pictures": len(pictures), "looks": table}
    whole["rows_with_label_by_any"] = len(set().union(*right.values()))
    args.out.mkdir(parents=True, exist_ok=True)
    (args.out / "rereading.json").write_text(json.dumps(whole, indent=1))
    sys.stdout.write(json.dumps(whole, indent=1) + "\n")


if __name__ == "__main__":
    main()
