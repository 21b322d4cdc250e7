"""Seconds and memory of training and of scoring, at a size of your choice.

Rows are drawn with replacement from a folder of real, labelled pictures that has been read (see
learning.py); numbers of candidates and features are those of real pictures, every copy counts as a
picture of its own, and embeddings are moved a little so that no two are equal. What is learned is
therefore of no interest, only what it costs.

    python -m tests.benchmarks.training_size FOLDER --lake LAKE [--weights resnet50.pth] \
        [--rows 100000] [--set learning.folds=5]
"""

import argparse
import resource
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from entity_extract.config import load_config
from entity_extract.learning.features.examples import Examples
from entity_extract.learning.prediction.model import Model
from entity_extract.learning.prediction.predict import predict_frame
from entity_extract.learning.training.model import fit_model
from entity_extract.learning.training.split_table import training_table
from entity_extract.records import strokes_of, words_of
from tests.benchmarks import learning_data


def copies(examples: Examples, rows: int, seed: int) -> Examples:
    """So many rows, each a picture of its own."""
    rng = np.random.default_rng(seed)
    drawn = examples.take(rng.integers(0, len(examples), rows))
    for embedding in drawn.image:  # in place: at 100,000 rows these are 800 MB
        embedding += 0.01 * rng.standard_normal(len(embedding), np.float32)
    pictures = np.array([f"copy {i}" for i in range(rows)], object)
    return replace(drawn, picture=pictures)


def peak_gib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def scoring(model: Model, rows: pd.DataFrame) -> float:
    """CPU seconds of answering 1,000 rows that have been read."""
    part = rows[rows["status"] == "ok"].head(1000).assign(reason=None)
    part["words"] = part["words"].map(words_of)
    part["strokes"] = part["strokes"].map(strokes_of)
    predict_frame(model, part.head(10))
    start = time.process_time()
    predict_frame(model, part)
    return (time.process_time() - start) * 1000 / len(part)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--lake", type=Path, default=Path("build/development/lake"))
    parser.add_argument("--weights")
    parser.add_argument("--engine", default="both")
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--set", action="append", default=[])
    args = parser.parse_args()
    config = load_config(assignments=args.set)
    rows = learning_data.read_rows(args.folder, args.lake, None)
    frame = learning_data.example_frames(rows, [args.engine], config)[args.engine]
    if args.weights:
        frame["embedding"] = learning_data.embeddings(args.lake, rows, args.weights, config)
    table = training_table(frame, config.learning, config.domain)
    examples = copies(table.examples.take(table.learn_from), args.rows, config.learning.seed)
    del frame, table
    sys.stdout.write(f"before training: {peak_gib():.2f} GiB\n")
    start, cpu = time.monotonic(), time.process_time()
    model = fit_model(examples, np.arange(len(examples)), config=config.learning)
    wall, spent = time.monotonic() - start, time.process_time() - cpu
    sys.stdout.write(
        f"{len(examples)} rows, {len(examples.owner)} candidates: {wall:.0f} s, "
        f"{spent:.0f} CPU s, peak {peak_gib():.2f} GiB\n"
        f"scoring 1,000 rows: {scoring(model, rows):.2f} CPU s\n"
    )


if __name__ == "__main__":
    main()
