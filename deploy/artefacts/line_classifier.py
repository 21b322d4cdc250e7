"""Fits the weights of entity_extract/reading/text_lines/line_classifier.toml on a folder of
pictures, without labels.

Tesseract reads every line that is found; a line was worth it if it gave a word of three letters or
digits with confidence 70, or a quantity with 50. Prints the weights as TOML, and which share of the
lines each threshold keeps at which recall, by five-fold cross-validation over pictures.

    python -m deploy.artefacts.line_classifier FOLDER [--pictures 400] [--names FILE]
"""

import argparse
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from entity_extract.config import Domain, ImageConfig, OcrConfig, load_config
from entity_extract.quantities.candidates import find_candidates
from entity_extract.reading.images import decode
from entity_extract.reading.tesseract.backends import PageWord, backend_for
from entity_extract.reading.tesseract.engine import ways_of
from entity_extract.reading.text_lines.crops import cut_out
from entity_extract.reading.text_lines.detector import find_text_lines
from entity_extract.reading.text_lines.line_classifier import FEATURES, features
from entity_extract.records import Word

LETTER_PX = OcrConfig().letter_px


def worth_it(words: Sequence[PageWord], domain: Domain) -> bool:
    if any(w.conf >= 70 and sum(map(str.isalnum, w.text)) >= 3 for w in words):
        return True
    as_read = [Word(w.text, w.conf, *w.box) for w in words]
    return any(
        mention.conf >= 50
        for entity in domain.entities
        for candidate in find_candidates(as_read, entity, domain)
        for mention in candidate.mentions
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--pictures", type=int, default=400)
    parser.add_argument("--names", type=Path, help="a file that names the pictures to use")
    args = parser.parse_args()
    os.environ["OMP_THREAD_LIMIT"] = "1"
    domain, config = load_config([], []).domain, ImageConfig()
    backend = backend_for(OcrConfig(backend="tesserocr"))
    listed = args.names.read_text().split() if args.names else None
    paths = [args.folder / name for name in listed] if listed else sorted(args.folder.iterdir())
    rows, targets, pictures = [], [], []
    for number, path in enumerate(paths[: args.pictures]):
        grey = np.asarray(decode(path.read_bytes(), config).convert("L"))
        for line in find_text_lines(grey):
            crops = [cut_out(grey, way, LETTER_PX) for way in ways_of(line)]
            read = backend.read([crop.pixels for crop in crops], 7, time.monotonic() + 60)
            rows.append(features(line.shape, crops[0].pixels))
            targets.append(any(worth_it(words, domain) for words in read))
            pictures.append(number)
    x, y = np.array(rows), np.array(targets)
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000))
    odds = cross_val_predict(
        model, x, y, groups=pictures, cv=GroupKFold(5), method="decision_function"
    )
    model.fit(x, y)
    scaler, logistic = model[0], model[1]
    weights = logistic.coef_[0] / scaler.scale_
    intercept = logistic.intercept_[0] - weights @ scaler.mean_
    sys.stdout.write(
        f"# {len(y)} lines of {len(set(pictures))} pictures, {y.mean():.3f} worth it\n"
    )
    for recall in (0.995, 0.99, 0.98, 0.97, 0.95):
        least = np.quantile(odds[y], 1 - recall)
        sys.stdout.write(
            f"# log odds {least:.2f}: recall {recall}, keeps {(odds >= least).mean():.2f}\n"
        )
    sys.stdout.write("[weights]\n")
    for name, weight in zip((*FEATURES, "intercept"), (*weights, intercept), strict=True):
        sys.stdout.write(f"{name} = {weight:.4f}\n")


if __name__ == "__main__":
    main()
