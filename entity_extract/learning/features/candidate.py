"""What a candidate looks like: how it was read, where it stands, what stands near it."""

import math
import re
from collections.abc import Sequence

import numpy as np

from entity_extract.config import Domain
from entity_extract.learning.features.drawing import DRAWING_FEATURES, drawing_features
from entity_extract.quantities.candidates import Candidate, Mention
from entity_extract.quantities.parse import Kind
from entity_extract.records import Stroke, Word

KINDS = tuple(Kind)
_TWIN_TOLERANCE = 0.03  # "10 in (25 cm)": packaging rounds the converted figure
_DRAWN = "length"  # the dimension whose quantities stand at lines; elsewhere lines are noise
_FAR = 3.0  # keyword distance, in picture diagonals, where there is no such keyword at all
_FAR_CHARS = 60  # likewise in characters of the line that the quantity stands on
_WORD = re.compile(r"[^\W\d_]+")

CANDIDATE_FEATURES: tuple[str, ...] = (
    "log_si",
    "is_integer",
    "significant_digits",
    "unit_code",
    "mentions",
    "places",
    "passes",
    "engines",
    "conf_max",
    "conf_min",
    "conf_ppocr",  # the surest mention of each engine; -1 where it did not see it
    "conf_tesseract",
    "letter_height",
    "letter_height_of_largest",
    "center_x",
    "center_y",
    "vertical",
    *(f"kind_{kind}" for kind in KINDS),
    "position",
    "factors",
    "axis_own",
    "axis_rival",
    "alone_on_line",
    "line_words",
    "keyword_on_line",
    "rival_on_line",
    "keyword_before",
    "keyword_distance",
    "rival_distance",
    "keyword_chars",
    "rival_chars",
    "keyword_chars_after",
    "candidates",
    "rank_from_largest",
    "rank_from_smallest",
    "rank_by_letter_height",
    "rank_from_left",
    "rank_from_top",
    "same_unit_share",
    "twin",
    "twin_is_larger_print",
    "picture_aspect",
    "picture_log_pixels",
    "picture_words",
    *DRAWING_FEATURES,
)


def candidate_features(
    candidates: Sequence[Candidate],
    words: Sequence[Word],
    *,
    entity: str,
    picture: tuple[int, int],
    domain: Domain,
    strokes: Sequence[Stroke] = (),
) -> np.ndarray:
    """(k, len(CANDIDATE_FEATURES)) float32, one row per candidate, in their order.

    `picture` is (width, height) in pixels. Nothing here is learned, so executors can compute it.
    """
    if not candidates:
        return np.zeros((0, len(CANDIDATE_FEATURES)), np.float32)
    width, height = (max(1, side) for side in picture)
    best = [best_mention(candidate) for candidate in candidates]
    log_si = np.array([math.log10(max(domain.to_si(c.value, c.unit), 1e-12)) for c in candidates])
    letters = np.array([m.letter_height / height for m in best])
    own_axes = frozenset(domain.entities[entity].keywords)
    keywords = _Keywords(words, entity=entity, domain=domain)
    ranks = _ranks(log_si, letters, best)
    units = [candidate.unit for candidate in candidates]
    rows = []
    for i, (candidate, mention) in enumerate(zip(candidates, best, strict=True)):
        twins = _twins(i, log_si, units)
        rows.append(
            [
                log_si[i],
                candidate.value == int(candidate.value),
                _significant_digits(candidate.value),
                domain.unit_names.index(candidate.unit),
                len(candidate.mentions),
                candidate.places,
                len({m.pass_ for m in candidate.mentions}),
                len({m.engine for m in candidate.mentions}),
                max(m.conf for m in candidate.mentions),
                min(m.conf for m in candidate.mentions),
                *(_conf_by(candidate, engine) for engine in ("rapidocr", "tesseract")),
                letters[i],
                letters[i] / max(letters.max(), 1e-6),
                (mention.left + mention.width / 2) / width,
                (mention.top + mention.height / 2) / height,
                mention.angle in (90, 270),
                *(any(m.quantity.kind == kind for m in candidate.mentions) for kind in KINDS),
                mention.quantity.position,
                mention.quantity.of,
                *_axes(candidate, own_axes),
                *keywords.on_line(mention),
                *keywords.distances(mention, math.hypot(width, height)),
                *keywords.chars(candidate),
                len(candidates),
                *ranks[i],
                units.count(candidate.unit) / len(units),
                bool(twins),
                any(letters[j] > letters[i] for j in twins),
                width / height,
                math.log10(width * height),
                len(words),
            ]
        )
    drawing = np.zeros((len(candidates), len(DRAWING_FEATURES)))
    if _dimension(entity, domain) == _DRAWN:
        drawing = drawing_features(best, words, strokes, (width, height))
    return np.concatenate([np.array(rows, float), drawing], axis=1).astype(np.float32)


def _dimension(entity: str, domain: Domain) -> str:
    return domain.units[domain.entities[entity].units[0]].dimension


def best_mention(candidate: Candidate) -> Mention:
    """The mention a buyer would notice: the largest print, then the surest reading."""
    return max(candidate.mentions, key=lambda m: (m.letter_height, m.conf, -m.top, -m.left))


def _conf_by(candidate: Candidate, engine: str) -> float:
    found = [m.conf for m in candidate.mentions if m.engine == engine]
    return max(found, default=-1.0)


def _significant_digits(value: float) -> int:
    mantissa = f"{abs(value):.5e}".partition("e")[0]
    return len(mantissa.replace(".", "").rstrip("0")) or 1


def _twins(i: int, log_si: np.ndarray, units: Sequence[str]) -> list[int]:
    """Candidates that state the same size in another unit, as in `10 in (25 cm)`."""
    near = np.abs(log_si - log_si[i]) < math.log10(1 + _TWIN_TOLERANCE)
    return [int(j) for j in np.flatnonzero(near) if units[int(j)] != units[i]]


def _ranks(log_si: np.ndarray, letters: np.ndarray, best: Sequence[Mention]) -> np.ndarray:
    """(k, 5): how many candidates are larger, smaller, in larger print, further left, higher."""
    left = np.array([m.left + m.width / 2 for m in best])
    top = np.array([m.top + m.height / 2 for m in best])
    smaller = [(-log_si), log_si, -letters, left, top]
    return np.stack([(key[None, :] < key[:, None]).sum(axis=1) for key in smaller], axis=1)


def _axes(candidate: Candidate, own: frozenset[str]) -> tuple[bool, bool]:
    """Whether an axis at the number ("w", "breite") names this entity, or something else."""
    axes = {mention.quantity.axis for mention in candidate.mentions if mention.quantity.axis}
    return not axes.isdisjoint(own), not axes <= own


def _tokens(text: str) -> list[str]:
    return _WORD.findall(text.lower())


def _last_word_of(wanted: frozenset[str], text: str) -> int:
    """Characters from the end of the last such word to the end of `text`."""
    ends = [m.end() for m in _WORD.finditer(text) if m[0] in wanted]
    return len(text) - ends[-1] if ends else _FAR_CHARS


def _first_word_of(wanted: frozenset[str], text: str) -> int:
    starts = (m.start() for m in _WORD.finditer(text) if m[0] in wanted)
    return next(starts, _FAR_CHARS)


class _Keywords:
    """Where the words that name the entity, and those that name its rivals, stand."""

    def __init__(self, words: Sequence[Word], *, entity: str, domain: Domain) -> None:
        dimension = _dimension(entity, domain)
        self._own = frozenset(domain.entities[entity].keywords)
        self._rival = (
            frozenset(
                keyword
                for name, other in domain.entities.items()
                if name != entity and _dimension(name, domain) == dimension
                for keyword in other.keywords
            )
            - self._own
        )
        tokens = [_tokens(word.text) for word in words]
        self._own_at = self._centers(words, tokens, self._own)
        self._rival_at = self._centers(words, tokens, self._rival)

    @staticmethod
    def _centers(
        words: Sequence[Word], tokens: Sequence[list[str]], wanted: frozenset[str]
    ) -> np.ndarray:
        hits = [
            (word.left + word.width / 2, word.top + word.height / 2)
            for word, said in zip(words, tokens, strict=True)
            if not wanted.isdisjoint(said)
        ]
        return np.array(hits, float).reshape(-1, 2)

    def on_line(self, mention: Mention) -> tuple[bool, int, bool, bool, bool]:
        tokens = _tokens(mention.line_text)
        before = _tokens(mention.line_text[: mention.quantity.start])
        alone = len(mention.line_text.strip()) <= len(mention.quantity.text) + 2
        return (
            alone,
            len(tokens),
            not self._own.isdisjoint(tokens),
            not self._rival.isdisjoint(tokens),
            not self._own.isdisjoint(before),
        )

    def chars(self, candidate: Candidate) -> tuple[int, int, int]:
        """Along the lines it stands on: to an own and a rival keyword before it, and an own after.

        The least over all mentions, at most _FAR_CHARS: a figure that does without boxes.
        """
        found = [(_FAR_CHARS, _FAR_CHARS, _FAR_CHARS)]
        for mention in candidate.mentions:
            start, end = mention.quantity.start, mention.quantity.end
            left = mention.line_text[max(0, start - _FAR_CHARS) : start].lower()
            right = mention.line_text[end : end + _FAR_CHARS].lower()
            found.append(
                (
                    _last_word_of(self._own, left),
                    _last_word_of(self._rival, left),
                    _first_word_of(self._own, right),
                )
            )
        before, rival, after = (min(chars) for chars in zip(*found, strict=True))
        return before, rival, after

    def distances(self, mention: Mention, diagonal: float) -> tuple[float, float]:
        """To the nearest own and rival keyword, in picture diagonals."""
        here = np.array([mention.left + mention.width / 2, mention.top + mention.height / 2])
        return tuple(  # type: ignore[return-value]
            float(np.hypot(*(at - here).T).min()) / diagonal if len(at) else _FAR
            for at in (self._own_at, self._rival_at)
        )
