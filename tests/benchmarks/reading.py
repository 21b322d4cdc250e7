"""What each way of reading finds and costs, on a folder of real, labelled pictures.

The folder holds `images/` and `labelled.csv`, as for `tests.benchmarks.development`. For each way
of reading: oracle recall (the labelled quantity is among the candidates) and candidates per row, by
label source and entity; CPU seconds per picture (user and system, with child processes, one
thread), also as a ratio to plain `pytesseract --psm 11` on the same picture, read just before it.
Every picture is read in all ways before the next, so that a noisy machine is noisy for all.

    python -m tests.benchmarks.reading FOLDER --out build/bench [--pictures 100] [--ways plain,...]
"""

import argparse
import hashlib
import json
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytesseract
from PIL import Image

from entity_extract.config import Domain, ImageConfig, OcrConfig, load_config
from entity_extract.quantities.amounts import parse_label
from entity_extract.quantities.candidates import find_candidates
from entity_extract.reading.engine import OcrUnavailable
from entity_extract.reading.engines import reader_for
from entity_extract.reading.images import decode
from entity_extract.records import Word

SOURCES = ("challenge", "silver_A", "silver_B")
STEPS = ("light", "turned", "slanted", "line_classifier", "spaces", "second_look")
WAYS: dict[str, dict[str, object]] = {
    "tesseract": {},
    "tesseract, tesserocr": {"backend": "tesserocr"},
    **{f"tesseract without {step}": {"backend": "tesserocr", "skip": [step]} for step in STEPS},
    "tesseract, ppocr detector": {"text_detector": "ppocr"},
    "rapidocr": {"engine": "rapidocr"},
    "both": {"engine": "both"},
    "cascade": {"engine": "cascade"},
}
Read = Callable[[Image.Image], list[Word]]


def plain(image: Image.Image) -> list[Word]:
    """What two lines of pytesseract read: one sparse pass over the picture as it is."""
    found = pytesseract.image_to_data(image, config="--psm 11", output_type=pytesseract.Output.DICT)
    table = pd.DataFrame(found)
    table = table[(table["level"] == 5) & (table["text"].str.strip() != "")]
    return [
        Word(
            row.text.strip(), float(row.conf), row.left, row.top, row.width, row.height,
            row.block_num, row.par_num * 1000 + row.line_num,
        )
        for row in table.itertuples()
    ]  # fmt: skip


def ways(names: list[str], domain: Domain) -> dict[str, Read]:
    """The readers by name; what this machine lacks is said and left out."""
    found: dict[str, Read] = {"plain": plain}
    for name in names:
        try:
            found[name] = reader_for(OcrConfig(**WAYS[name]), domain).read
        except OcrUnavailable as err:
            sys.stderr.write(f"{name}: left out, {err}\n")
    return found


def cpu_seconds() -> float:
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def labelled(folder: Path, *, pictures: int, lake: Path | None, side: str) -> pd.DataFrame:
    """Labelled rows of so many pictures of each source, always the same; 0 = all of them."""
    rows = pd.read_csv(folder / "labelled.csv", dtype=str, keep_default_na=False)
    rows = rows[rows["label_source"].isin(SOURCES)]
    if lake is not None:
        splits = pd.read_parquet(lake / "splits")
        names = splits.loc[splits["split"] == side, "image_link"].str.rpartition("/")[2]
        rows = rows[rows["image"].isin(set(names))]
    draw = [hashlib.sha256(name.encode()).hexdigest() for name in rows["image"]]
    rows = rows.assign(draw=draw).sort_values(["label_source", "draw"], kind="stable")
    place = rows.groupby("label_source")["draw"].transform(lambda draw: pd.factorize(draw)[0])
    return rows[place < pictures] if pictures else rows


def read_all(
    images: Path, names: list[str], readers: dict[str, Read]
) -> Iterator[tuple[str, str, float, list[Word]]]:
    """Picture by picture and way by way: picture, way, CPU seconds, words."""
    config = ImageConfig()
    for number, name in enumerate(names):
        image = decode((images / name).read_bytes(), config)
        for way, read in readers.items():
            start = cpu_seconds()
            words = read(image)
            yield name, way, cpu_seconds() - start, words
        if number % 50 == 0:
            sys.stderr.write(f"{number} of {len(names)} pictures\n")


def found_in(words: list[Word], entity: str, label: str, domain: Domain) -> tuple[bool, int]:
    """Whether the label is among the candidates, and how many there are."""
    truth = {(round(answer.value, 6), answer.unit) for answer in parse_label(label, domain, entity)}
    candidates = find_candidates(words, entity, domain)
    return not truth.isdisjoint((round(c.value, 6), c.unit) for c in candidates), len(candidates)


def figures(rows: pd.DataFrame, seconds: dict[str, list[float]]) -> dict[str, object]:
    """By way: recall and candidates by source, and within it by entity; seconds; ratio to plain."""
    report: dict[str, object] = {}
    for way, of_way in rows.groupby("way", sort=False):
        sources = {}
        for source, of_source in of_way.groupby("label_source"):
            entities = of_source.groupby("entity_name")["found"].agg(["mean", "size"])
            sources[source] = {
                "rows": len(of_source),
                "oracle_recall": round(float(of_source["found"].mean()), 3),
                "candidates_per_row": round(float(of_source["candidates"].mean()), 2),
                "oracle_recall_by_entity": {
                    name: [round(float(row["mean"]), 3), int(row["size"])]
                    for name, row in entities.iterrows()
                },
            }
        report[str(way)] = {
            "cpu_seconds_per_picture": round(float(np.mean(seconds[way])), 3),
            "ratio_to_plain": round(float(np.mean(seconds[way]) / np.mean(seconds["plain"])), 2),
            "sources": sources,
        }
    return report


def table(report: dict[str, object]) -> str:
    """The report's first figures, as a table for people."""
    lines = [
        "| way | CPU s | x plain | challenge | silver_A | silver_B | candidates |",
        "|---" * 7 + "|",
    ]
    for way, found in report.items():
        by_source = found["sources"]
        recalls = [
            f"{by_source[s]['oracle_recall']:.3f}" if s in by_source else "" for s in SOURCES
        ]
        many = np.mean([by_source[s]["candidates_per_row"] for s in by_source])
        spent = f"{found['cpu_seconds_per_picture']:.2f} | {found['ratio_to_plain']:.2f}"
        lines.append(f"| {way} | {spent} | {' | '.join(recalls)} | {many:.1f} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--pictures", type=int, default=100, help="of each label source; 0 = all")
    parser.add_argument("--ways", default=";".join(WAYS), help="of these, separated by ;")
    parser.add_argument("--lake", type=Path, help="whose splits tell the --side of a picture")
    parser.add_argument("--side", default="validation", choices=["train", "validation"])
    args = parser.parse_args()
    os.environ["OMP_THREAD_LIMIT"] = "1"
    domain = load_config([], []).domain
    rows = labelled(args.folder, pictures=args.pictures, lake=args.lake, side=args.side)
    readers = ways([name.strip() for name in args.ways.split(";")], domain)
    seconds: dict[str, list[float]] = {way: [] for way in readers}
    records = []
    asked = {name: part for name, part in rows.groupby("image", sort=False)}
    for name, way, spent, words in read_all(args.folder / "images", list(asked), readers):
        seconds[way].append(spent)
        for row in asked[name].itertuples():
            if not parse_label(row.entity_value, domain, row.entity_name):
                continue  # a unit that is not allowed: nothing could be right
            hit, candidates = found_in(words, row.entity_name, row.entity_value, domain)
            records.append((way, row.label_source, row.entity_name, hit, candidates))
    columns = ["way", "label_source", "entity_name", "found", "candidates"]
    report = figures(pd.DataFrame(records, columns=columns), seconds)
    args.out.mkdir(parents=True, exist_ok=True)
    (args.out / "reading.json").write_text(json.dumps(report, indent=1) + "\n")
    sys.stdout.write(table(report) + "\n")


if __name__ == "__main__":
    main()
