"""F1 on categories that the model knows nothing of: no picture, label or text.

Five folds of categories, each answered by a model that learned from the other four; pictures that
show what one of a held-out category shows teach nothing either. Engines and label sources are those
of deploy/artefacts/default_bundle, whose own figures are by picture.

    python -m tests.benchmarks.categories FOLDER --lake LAKE
"""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from deploy.artefacts import default_bundle as bundle
from entity_extract.config import Config, load_config
from entity_extract.learning.training.split_table import TrainingTable, training_table
from tests.benchmarks import learning_data
from tests.benchmarks.development import read_development


def folds_of(categories: np.ndarray, *, parts: int, seed: int) -> np.ndarray:
    """(n,) the fold of each row's category, as many categories in each as may be."""
    names, place = np.unique(categories.astype(str), return_inverse=True)
    return np.asarray((np.random.default_rng(seed).permutation(len(names)) % parts)[place])


def answered(
    table: TrainingTable, config: Config, beside: learning_data.Beside
) -> Iterator[pd.DataFrame]:
    categories = table.rows["group_id"].to_numpy(str)
    fold = folds_of(categories, parts=bundle.PARTS, seed=0)
    for k in range(bundle.PARTS):
        held = fold == k
        known = beside.background(
            config.learning, config.domain, held_out_groups=set(categories[held])
        )
        alike = np.isin(table.clusters, table.clusters[held])
        model = bundle.fitted(table, np.flatnonzero(~held & ~alike), config, known)
        yield bundle.answered(model, table, np.flatnonzero(held), config).assign(side="validation")
        sys.stderr.write(f"fold {k + 1} of {bundle.PARTS}: {len(set(categories[held]))} unseen\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--lake", type=Path, default=Path("build/development/lake"))
    args = parser.parse_args()
    config = load_config()
    read_development(args.folder, args.lake)
    rows = learning_data.read_rows(args.folder, args.lake, None)
    frames = learning_data.example_frames(rows, list(bundle.SERVED), config)
    table = training_table(bundle.mixed(frames), config.learning, config.domain)
    beside = learning_data.beside(args.folder, config.domain)
    found = bundle.figures(pd.concat(answered(table, config, beside)), config)
    for name, figures in found.items():
        if figures["rows"]:
            sys.stdout.write(f"{name:28s} {figures['rows']:5d} rows  F1 {figures['f1']:.3f}\n")


if __name__ == "__main__":
    main()
