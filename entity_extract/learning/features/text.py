"""Text features of a row: what was read in its picture, without choosing anything yet."""

import zlib
from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from entity_extract.config import Domain
from entity_extract.learning.features.spoken import keywords_of, names_one
from entity_extract.quantities.candidates import Candidate
from entity_extract.records import Word

_BUCKETS = 64  # hashed bag of words: enough for a few hundred frequent packaging words
_LEAST_HASHED = 3  # letters
_SIZES = ("log_si_least", "log_si_median", "log_si_most")  # over all candidates
_NO_VALUE = -12.0  # log10 SI where there is no such candidate; a microgram is -9


def text_feature_names(domain: Domain) -> tuple[str, ...]:
    return (
        "words",
        "conf_mean",
        "digit_share",
        "vertical_words",
        *(f"keyword_{entity}" for entity in domain.entity_names),
        *_SIZES,
        *(f"found_{unit}" for unit in domain.unit_names),
        *(f"log_si_{unit}" for unit in domain.unit_names),
        *(f"token_{bucket}" for bucket in range(_BUCKETS)),
    )


def text_features(
    words: Sequence[Word], candidates: Sequence[Candidate], log_si: np.ndarray, domain: Domain
) -> np.ndarray:
    """(len(text_feature_names(domain)),) float32; `log_si` holds one value per candidate."""
    seen = [_seen(word.text) for word in words]
    present = {token for token, _, _ in seen}
    foreign = " ".join([word.text for word in words if not word.text.isascii()])
    found = np.zeros(len(domain.unit_names))
    largest = np.full(len(domain.unit_names), _NO_VALUE)
    for candidate, value in zip(candidates, log_si.tolist(), strict=True):
        unit = domain.unit_names.index(candidate.unit)
        found[unit] += 1
        largest[unit] = max(largest[unit], value)
    count = len(words)
    return np.concatenate(
        [
            [
                count,
                np.array([word.conf for word in words]).mean() if words else 0.0,
                sum([digit for _, digit, _ in seen]) / count if words else 0.0,
                sum([word.angle in (90, 270) for word in words]),
                *_named(domain, present, foreign),
                *(_sizes(log_si.tolist()) if len(log_si) else [_NO_VALUE] * len(_SIZES)),
            ],
            np.minimum(found, 9),
            largest,
            # crc32, since Python's own hash differs between workers.
            np.log1p(_counted([bucket for *_, bucket in seen if bucket >= 0])),
        ]
    ).astype(np.float32)


@lru_cache(maxsize=8192)  # packages say the same words
def _seen(text: str) -> tuple[str, bool, int]:
    """A word's letters, whether it has a digit, and the bucket of its letters; -1: too few."""
    token = "".join(filter(str.isalpha, text.lower()))
    bucket = zlib.crc32(token.encode()) % _BUCKETS if len(token) >= _LEAST_HASHED else -1
    return token, any(map(str.isdigit, text)), bucket


def _counted(buckets: Sequence[int]) -> np.ndarray:
    return np.bincount(np.array(buckets, int), minlength=_BUCKETS)


def _sizes(log_si: Sequence[float]) -> tuple[float, float, float]:
    """The least, the median and the largest."""
    ranked = sorted(log_si)
    half = len(ranked) // 2
    middle = ranked[half] if len(ranked) % 2 else (ranked[half - 1] + ranked[half]) / 2
    return ranked[0], middle, ranked[-1]


def _named(domain: Domain, present: set[str], foreign: str) -> list[bool]:
    """Of each entity, whether one of its keywords is among the words, or within one of those that
    hold other letters than ASCII."""
    return [
        not present.isdisjoint(known) or (foreign != "" and names_one(foreign, known))
        for known in keywords_of(domain).values()
    ]
