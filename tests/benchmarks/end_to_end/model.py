"""A bundle that looks at pictures, so that jobs.enrich embeds: the package's own does not.

What it learns from is made up, within seconds, and what it answers is of no interest; it is there
for whoever measures the job, which answers on top of what the peers do.
"""

import sys
from pathlib import Path

import numpy as np

from entity_extract.config import load_config
from entity_extract.embedding.chosen import chosen_encoder
from entity_extract.learning.prediction.bundle import make_bundle
from entity_extract.learning.prediction.saved import save_bundle
from entity_extract.learning.training.model import fit_model
from entity_extract.learning.training.split_table import training_table
from tests.unit.learning_cases import SMALL, rows_of_products

ROWS, NUMBERS = 200, 2048  # ResNet50's
ENGINES = ("auto", "both", "cascade", "rapidocr", "tesseract")


def save_picture_model(folder: Path, weights: str) -> None:
    """For embeddings of these weights, by today's default settings."""
    config = load_config(assignments=[f"embed.weights={weights}"])
    encoder = chosen_encoder(config.embed)
    assert encoder is not None
    table = training_table(rows_of_products(ROWS, NUMBERS), SMALL, config.domain)
    rows = np.flatnonzero(table.teaches)
    model = fit_model(table.examples.take(rows), table.clusters[rows], config=SMALL)
    about = {"engines": list(ENGINES), "weights_origin": encoder.weights.origin}
    bundle = make_bundle(model, encoder_version=encoder.version, reader_version="any", about=about)
    save_bundle(bundle, folder, "A bundle of the benchmark, trained on made-up rows.\n")


if __name__ == "__main__":
    save_picture_model(Path(sys.argv[1]), sys.argv[2])
