"""How likely a found line is one that Tesseract can make sense of: most are texture and outlines.

A logistic model over a dozen numbers, fitted by `deploy/artefacts/line_classifier.py`, with
Tesseract itself as the teacher: a line was worth its time if a quantity or a sure word was read.
"""

import tomllib
from functools import lru_cache
from importlib.resources import files
from typing import Final

import cv2
import numpy as np

from entity_extract.reading.text_lines.detector import Shape

FEATURES: Final = (
    "log_letters",
    "log_letters_squared",
    "log_letter_px",
    "height_spread",
    "width_spread",
    "log_letter_width",
    "gap",
    "gap_spread",
    "log_thickness",
    "log_elongation",
    "unevenness",
    "upright",
    "contrast",
    "contrast_squared",
    "ink",
    "ink_squared",
    "log_contrast_to_noise",
)


def looks_like_text(shape: Shape, pixels: np.ndarray) -> bool:
    """Whether the line `shape`, cut out as `pixels` (height, width) uint8, is worth reading."""
    return log_odds(shape, pixels) >= _model()[1]


def log_odds(shape: Shape, pixels: np.ndarray) -> float:
    """Of the line `shape`, cut out as `pixels`, being text that can be read."""
    return float(_model()[0] @ np.append(features(shape, pixels), 1.0))


def features(shape: Shape, pixels: np.ndarray) -> np.ndarray:
    """(len(FEATURES),) in their order. Contrast in 100 grey levels, ink as a share of the area."""
    _, mask = cv2.threshold(pixels, 0, 1, cv2.THRESH_BINARY_INV | cv2.THRESH_OTSU)
    (ink_mean,), (ink_spread,) = cv2.meanStdDev(pixels, mask=mask)
    (paper_mean,), (paper_spread,) = cv2.meanStdDev(pixels, mask=1 - mask)
    contrast = float(paper_mean[0] - ink_mean[0])
    noise = float(ink_spread[0] + paper_spread[0])
    ink = float(mask.mean())
    letters = np.log(shape.letters)
    return np.array(
        [
            letters,
            letters**2,
            np.log(shape.letter_px),
            shape.height_spread,
            shape.width_spread,
            np.log(max(shape.letter_width, 0.05)),
            min(max(shape.gap, -0.5), 2.0),
            min(shape.gap_spread, 1.0),
            np.log(max(shape.thickness, 0.2)),
            np.log(max(shape.elongation, 0.2)),
            min(shape.unevenness, 0.5),
            shape.upright,
            contrast / 100,
            (contrast / 100) ** 2,
            ink,
            ink**2,
            np.log((contrast + 5) / (noise + 5)),
        ]
    )


@lru_cache(maxsize=1)
def _model() -> tuple[np.ndarray, float]:
    """(len(FEATURES) + 1,): one weight per feature, then the intercept; and the least log odds."""
    text = files(__package__).joinpath("line_classifier.toml").read_text("utf-8")
    model = tomllib.loads(text)
    weights = [model["weights"][name] for name in (*FEATURES, "intercept")]
    return np.array(weights), float(model["least"])
