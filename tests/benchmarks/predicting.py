"""What answering a row that has been read costs, part by part, in CPU ms on one core.

Batches are taken in turns, as a worker gets them: one is answered whole, the next is taken apart,
so that no part finds what another has already worked out.

    python -m tests.benchmarks.predicting LAKE [--engine both] [--rows 1000] [--folder FOLDER]

Without a folder of labelled pictures (see learning_data.py) each picture of the lake is asked for
one entity, the next picture for the next.
"""

import argparse
import gc
import json
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd

from entity_extract.config import Config, Domain, load_config
from entity_extract.learning.features.candidates.declared import candidate_features
from entity_extract.learning.features.candidates.drawing import DRAWING_FEATURES
from entity_extract.learning.features.candidates.row import RowCandidates
from entity_extract.learning.features.text import text_features
from entity_extract.learning.prediction.bundle_files import default_bundle
from entity_extract.learning.prediction.model import Model
from entity_extract.learning.prediction.predict import examples_of, predict_records
from entity_extract.learning.training.local_lake import read_table
from entity_extract.quantities.candidates import find_candidates
from entity_extract.records import Stroke, Word, strokes_of, words_of
from tests.benchmarks import learning_data

BATCH = 64  # rows, as Arrow hands them to a worker of one machine
_WARM = 4 * BATCH  # rows in which patterns are compiled and libraries wake up
_ASKED = ("words", "strokes", "entity_name", "width", "height")
_COLUMNS = ["status", "reason", "width", "height", "words", "strokes"]


def predict_profile(rows: pd.DataFrame, model: Model) -> dict[str, float]:
    """CPU ms a row by part: records, candidates, candidate_features, drawing, text_features,
    learners, rest, and `whole`. `rows`: what predict_records takes, all of them read, some hundreds
    after the first 256; each picture at one place only."""
    spent: defaultdict[str, float] = defaultdict(float)
    counted: defaultdict[str, int] = defaultdict(int)
    gc.collect()
    gc.freeze()  # a worker has one batch: the collector need not walk all rows that wait here
    for start in range(0, len(rows), BATCH):
        batch = rows.iloc[start : start + BATCH]
        found: defaultdict[str, float] = defaultdict(float)
        intact = (start // BATCH) % 2 == 0
        (_answer if intact else _take_apart)(batch, model, found)
        if start >= _WARM:
            counted["whole" if intact else "parts"] += len(batch)
            for part, seconds in found.items():
                spent[part] += seconds
    gc.unfreeze()
    whole = 1000 * spent.pop("whole") / counted["whole"]
    parts = {part: 1000 * seconds / counted["parts"] for part, seconds in spent.items()}
    return {**parts, "rest": whole - sum(parts.values()), "whole": whole}


def _answer(batch: pd.DataFrame, model: Model, spent: dict[str, float]) -> None:
    with _timed(spent, "whole"):
        predict_records(model, batch)


def _take_apart(batch: pd.DataFrame, model: Model, spent: dict[str, float]) -> None:
    with _timed(spent, "records"):
        words = batch["words"].map(words_of)
        strokes = batch["strokes"].map(strokes_of)
    read = batch.assign(words=words, strokes=strokes)
    for asked in zip(*(read[name].tolist() for name in _ASKED), strict=True):
        _describe(*asked, model=model, spent=spent)
    examples = examples_of(read, model)
    with _timed(spent, "learners"):
        model.choose(examples)


def _describe(
    words: list[Word],
    strokes: list[Stroke],
    entity: str,
    width: float,
    height: float,
    *,
    model: Model,
    spent: dict[str, float],
) -> None:
    domain, names = model.domain, model.candidate_names
    with _timed(spent, "candidates"):
        candidates = find_candidates(words, entity, domain)
    size = (int(width), int(height))
    row = RowCandidates(candidates, words, entity, size, domain, strokes)
    with _timed(spent, "candidate_features"):
        candidate_features(row, [name for name in names if name not in DRAWING_FEATURES])
    with _timed(spent, "drawing"):
        candidate_features(row, [name for name in names if name in DRAWING_FEATURES])
    with _timed(spent, "text_features"):
        text_features(words, candidates, row.log_si, domain)


@contextmanager
def _timed(spent: dict[str, float], part: str) -> Iterator[None]:
    start = time.process_time()
    yield
    spent[part] += time.process_time() - start


def rows_of_lake(lake: Path, domain: Domain) -> pd.DataFrame:
    """Every picture that was read, asked for one entity."""
    rows = read_table(lake, "images", ["image_link", *_COLUMNS])
    rows = rows[rows["status"] == "ok"].reset_index(drop=True)
    entities = np.resize(np.array(domain.entity_names, object), len(rows))
    return rows.assign(entity_name=entities, group_id="", embedding=None)


def rows_of_folder(folder: Path, lake: Path) -> pd.DataFrame:
    """Its labelled pictures, one row each."""
    rows = learning_data.read_rows(folder, lake, None).assign(reason=None)
    return rows[rows["status"] == "ok"].drop_duplicates("image_link").reset_index(drop=True)


def as_read_by(rows: pd.DataFrame, engine: str, config: Config) -> pd.DataFrame:
    """With the words that `engine` alone would have read."""
    keep = learning_data.engines(config)[engine]
    return rows.assign(words=pd.Series(list(map(keep, rows["words"])), rows.index, object))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("lake", type=Path)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--engine", default="both")
    parser.add_argument("--rows", type=int, default=1000)
    args = parser.parse_args()
    config, model = load_config(), default_bundle().model()
    if args.folder:
        rows = rows_of_folder(args.folder, args.lake)
    else:
        rows = rows_of_lake(args.lake, model.domain)
    rows = as_read_by(rows.head(_WARM + args.rows), args.engine, config)
    sys.stdout.write(json.dumps(predict_profile(rows, model), indent=1) + "\n")


if __name__ == "__main__":
    main()
