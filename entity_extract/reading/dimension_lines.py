"""Which way the dimension line beside a length runs, by a small network that looks at its
surroundings.

`line_segments` finds strokes wherever they are; which of them a text belongs to is a matter of
arrow heads, gaps, extension lines and of what else is near. The network has learned that from
drawings alone, see deploy/artefacts/directions: its answer is geometry, whatever labels call it.
"""

import hashlib
from collections.abc import Iterator, Sequence
from functools import lru_cache
from importlib.resources import files
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from PIL import Image

from entity_extract.config import Domain
from entity_extract.quantities.candidates import Mention, find_candidates
from entity_extract.quantities.geometry import Box, same_place, union_box
from entity_extract.quantities.parse import Kind
from entity_extract.reading.line_patches import Floats, patches
from entity_extract.reading.one_thread import one_thread_session
from entity_extract.records import Word

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

KINDS: Final = ("none", "level", "upright", "oblique")  # the network's outputs, in this order

MOST_TEXTS: Final = 40  # of a picture: a drawing has a dozen, a size chart hundreds
_LEAST_LETTERS: Final = 2  # shorter "words" are arrow heads and ticks, misread


class _Place(NamedTuple):
    box: Box
    letter_height: float
    words: set[int]


def with_dimension_lines(
    words: Sequence[Word], image: Image.Image, domain: Domain
) -> Sequence[Word]:
    """`words`, those of lengths with the directions of the lines beside them; as they are where
    ONNX Runtime is not installed."""
    places = _places(words, domain) if _has_runtime() else []
    if not places:
        return words
    boxes = np.array([place.box for place in places], np.float32)
    letters = np.array([place.letter_height for place in places], np.float32)
    found = directions(np.asarray(image.convert("L")), boxes, letters, _texts(words)).tolist()
    told = list(words)
    for place, (_, *likely) in zip(places, found, strict=True):
        level, upright, oblique = (round(share, 3) for share in likely)
        for at in place.words:
            told[at] = told[at]._replace(level=level, upright=upright, oblique=oblique)
    return told


def directions(grey: np.ndarray, boxes: Floats, letters: Floats, words: Floats) -> Floats:
    """(n, 4) probabilities of KINDS; as for `patches`."""
    (logits,) = _session().run(None, {"patches": patches(grey, boxes, letters, words)})
    odds = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(odds / odds.sum(axis=1, keepdims=True), np.float32)


def _places(words: Sequence[Word], domain: Domain) -> list[_Place]:
    """Where quantities stand that are drawn along lines, with the words of all mentions there."""
    places: list[_Place] = []
    for mention in _lengths(words, domain):
        box = _box(mention, words)
        here = next((place for place in places if same_place(place.box, box)), None)
        if here is not None:
            here.words.update(mention.words)
        elif len(places) < MOST_TEXTS:
            places.append(_Place(box, mention.letter_height, set(mention.words)))
    return places


def _lengths(words: Sequence[Word], domain: Domain) -> Iterator[Mention]:
    seen: set[tuple[str, ...]] = set()
    for name, entity in domain.entities.items():
        units = tuple(entity.units)
        if entity.drawn and units not in seen:
            seen.add(units)  # the next entity with these units has the same candidates
            for candidate in find_candidates(words, name, domain):
                yield from candidate.mentions


def _box(mention: Mention, words: Sequence[Word]) -> Box:
    """Around it, or around its number where the unit stands elsewhere."""
    if mention.quantity.kind is not Kind.TABLE:
        return mention.box
    numbers = [words[at] for at in mention.words if any(map(str.isdigit, words[at].text))]
    return union_box(numbers) if numbers else mention.box


def _texts(words: Sequence[Word]) -> Floats:
    """(m, 4) boxes of what is surely text."""
    boxes = [
        (word.left, word.top, word.width, word.height)
        for word in words
        if sum(map(str.isalnum, word.text)) >= _LEAST_LETTERS
    ]
    return np.array(boxes, np.float32).reshape(-1, 4)


def network_version() -> str:
    """12 hex digits of a hash of the network, "" where nothing can run it."""
    return hashlib.sha256(_network()).hexdigest()[:12] if _has_runtime() else ""


def _has_runtime() -> bool:
    return find_spec("onnxruntime") is not None  # which does not import it


def _network() -> bytes:
    return files(__package__).joinpath("dimension_lines.onnx").read_bytes()


@lru_cache(maxsize=1)
def _session() -> "InferenceSession":
    return one_thread_session(_network(), keep_memory=False)
