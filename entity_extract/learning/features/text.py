"""Text features of a row: what was read in its picture, without choosing anything yet."""

import zlib
from collections.abc import Sequence

import numpy as np

from entity_extract.config import Domain
from entity_extract.learning.features.spoken import names_one
from entity_extract.quantities.candidates import Candidate
from entity_extract.quantities.glyphs import printed_variants
from entity_extract.records import Word

_BUCKETS = 64  # hashed bag of words: enough for a few hundred frequent packaging words
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
    tokens = ["".join(filter(str.isalpha, word.text.lower())) for word in words]
    present = set(tokens)
    foreign = " ".join(word.text for word in words if not word.text.isascii())
    found = np.zeros(len(domain.unit_names))
    largest = np.full(len(domain.unit_names), _NO_VALUE)
    for candidate, value in zip(candidates, log_si, strict=True):
        unit = domain.unit_names.index(candidate.unit)
        found[unit] += 1
        largest[unit] = max(largest[unit], value)
    sizes = [_NO_VALUE] * len(_SIZES)
    if len(log_si):
        sizes = [log_si.min(), np.median(log_si), log_si.max()]
    return np.concatenate(
        [
            [
                len(words),
                np.mean([word.conf for word in words]) if words else 0.0,
                np.mean([any(map(str.isdigit, word.text)) for word in words]) if words else 0.0,
                sum(word.angle in (90, 270) for word in words),
            ],
            [_is_named(domain.entities[e].keywords, present, foreign) for e in domain.entity_names],
            sizes,
            np.minimum(found, 9),
            largest,
            _hashed(tokens),
        ]
    ).astype(np.float32)


def _is_named(keywords: tuple[str, ...], present: set[str], foreign: str) -> bool:
    """Whether one is among the words, or within one of those that hold other letters than ASCII."""
    known = printed_variants(keywords)
    return not present.isdisjoint(known) or names_one(foreign, known)


def _hashed(tokens: Sequence[str]) -> np.ndarray:
    """log(1 + occurrences) per bucket; crc32, since Python's own hash differs between workers."""
    counts = np.zeros(_BUCKETS)
    for token in tokens:
        if len(token) >= 3:
            counts[zlib.crc32(token.encode()) % _BUCKETS] += 1
    return np.log1p(counts)
