"""Makes the bundle that comes with the package, from a folder of real, labelled pictures.

It learns from text and geometry alone, no picture features, and from each row three times: as
Tesseract alone, PP-OCR alone and both read its picture, so that one bundle serves every engine. Its
figures are of a five-fold cross-validation by picture; then it learns from all rows. Nothing of the
folder but what was learned goes into the bundle.

    python -m deploy.artefacts.default_bundle FOLDER --lake LAKE [--out DIR]
"""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from entity_extract.config import Config, EvaluateConfig, load_config
from entity_extract.evaluation.metrics import score
from entity_extract.learning.features.examples import Examples
from entity_extract.learning.prediction.bundle import make_bundle
from entity_extract.learning.prediction.bundle_files import save_bundle
from entity_extract.learning.prediction.model import Model
from entity_extract.learning.prediction.predict import predictions_of
from entity_extract.learning.training.background import Background
from entity_extract.learning.training.model import fit_model
from entity_extract.learning.training.model_card import model_card
from entity_extract.learning.training.split import folds
from entity_extract.learning.training.split_table import TrainingTable, training_table
from tests.benchmarks import learning_data
from tests.benchmarks.development import read_development

LEARNED = ("tesseract", "rapidocr", "both")
# Scored, not learned from: what a cascade reads is of these, and few pictures get a second look.
SERVED = (*LEARNED, "cascade", "default")
PARTS = 5


def mixed(frames: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Every row as each engine read it; `engine` tells which."""
    return pd.concat([frames[name].assign(engine=name) for name in SERVED], ignore_index=True)


def fitted(table: TrainingTable, rows: np.ndarray, config: Config, known: Background) -> Model:
    learned = table.rows["engine"].isin(LEARNED).to_numpy(bool)
    rows = rows[table.teaches[rows] & learned[rows]]
    return fit_model(
        table.examples.take(rows),
        table.clusters[rows],
        config=config.learning,
        background=known,
    )


def cross_validated(
    table: TrainingTable, config: Config, known: Background
) -> Iterator[pd.DataFrame]:
    """Fold by fold: the answers to the rows held out, and, of the first, to those learned from."""
    fold = folds(table.rows["entity_name"].to_numpy(str), table.clusters, parts=PARTS, seed=0)
    for k in range(PARTS):
        model = fitted(table, np.flatnonzero(fold != k), config, known)
        for side, rows in (("validation", fold == k), ("train", fold != k)):
            if side == "validation" or k == 0:
                yield answered(model, table, np.flatnonzero(rows), config).assign(side=side)
        sys.stderr.write(f"fold {k + 1} of {PARTS}\n")


def answered(model: Model, table: TrainingTable, rows: np.ndarray, config: Config) -> pd.DataFrame:
    examples: Examples = table.examples.take(rows)
    answers = predictions_of(model, examples, config.predict.min_confidence)
    kept = table.rows.iloc[rows].reset_index(drop=True)
    return pd.concat([kept, answers.drop(columns=["status"], errors="ignore")], axis=1)


def figures(rows: pd.DataFrame, config: Config) -> dict[str, Any]:
    """Engine and label source -> what `score` says of the rows held out."""
    found = {}
    for engine in SERVED:
        of_engine = rows[rows["engine"] == engine]
        held = of_engine[of_engine["side"] == "validation"]
        for source in ("challenge", "silver_A", "silver_B"):
            part = held[held["label_source"] == source]
            said = part.assign(entity_value=part["challenge_value"]).reset_index(drop=True)
            found[f"{engine}, {source}"] = score(said, config.domain, config.evaluate)
        person = held[(held["label_source"] == "challenge") & (held["human_status"] != "")]
        found[f"{engine}, corrected"] = score(
            person.reset_index(drop=True), config.domain, config.evaluate
        )
    for side in ("train", "validation"):
        part = rows[(rows["side"] == side) & (rows["engine"] == "default")].reset_index(drop=True)
        found[side] = score(part, config.domain, EvaluateConfig())
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--lake", type=Path, default=Path("build/development/lake"))
    parser.add_argument("--out", type=Path, default=Path("entity_extract/models/default"))
    parser.add_argument("--set", action="append", default=[])
    args = parser.parse_args()
    config = load_config(assignments=args.set)
    read_development(args.folder, args.lake)
    rows = learning_data.read_rows(args.folder, args.lake, None)
    frames = learning_data.example_frames(rows, list(SERVED), config)
    beside = learning_data.beside(args.folder, config.domain)
    known = beside.background(config.learning, config.domain)
    table = training_table(mixed(frames), config.learning, config.domain)
    metrics = figures(pd.concat(cross_validated(table, config, known)), config)
    model = fitted(table, np.arange(len(table.rows)), config, known)
    bundle = make_bundle(
        model,
        encoder_version=None,
        reader_version="any",
        about={
            "backend": "local",
            "engines": list(SERVED),
            "metrics": metrics,
            "split": {
                "rows": len(rows),
                "pictures": len(set(table.picture)),
                "data": "public copies of the 2024 entity value extraction challenge",
                "figures": f"{PARTS}-fold cross-validation by picture, then fitted on all rows",
                "challenge, corrected": "the challenge's own labels; those a person looked at",
                "silver A, B": "rows of its test set on which several public models agree",
                "train, validation": "all of these rows, as the default reads them",
                "default": "a cascade, and a second look where a question found no candidate",
            },
            "dropped": table.dropped,
            "background": known.about(),
            "config": config.model_dump(mode="json", include={"learning", "image", "ocr"}),
            "weights_origin": "none",
        },
    )
    save_bundle(bundle, args.out, model_card(bundle.about))
    for name, found in metrics.items():
        sys.stdout.write(f"{name:28s} {found['rows']:5d} rows  F1 {found['f1']:.3f}\n")
    size = sum(map(len, bundle.files.values())) / 1e6
    sys.stdout.write(f"model {bundle.version}: {args.out}, {size:.1f} MB\n")


if __name__ == "__main__":
    main()
