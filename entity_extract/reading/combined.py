"""Two engines on one picture: always both, or the second where the first leaves a doubt."""

import hashlib
from collections.abc import Sequence

from PIL import Image

from entity_extract.config import Domain
from entity_extract.quantities.candidates import find_candidates
from entity_extract.quantities.parse import Kind
from entity_extract.reading.engine import Reader
from entity_extract.records import Word


class BothReaders:
    """The words of both engines; each keeps its own passes, so that agreement can be told."""

    def __init__(self, first: Reader, second: Reader) -> None:
        self._first, self._second = first, second
        self.version = f"{first.version} and {second.version}"

    def read(self, image: Image.Image) -> list[Word]:
        return self._first.read(image) + self._second.read(image)


class Cascade:
    """The second engine is asked only where the first reads no quantity with confidence `sure`."""

    def __init__(self, first: Reader, second: Reader, domain: Domain, sure: float) -> None:
        self._first, self._second = first, second
        self._domain, self._sure = domain, sure
        asked = hashlib.sha256(domain.model_dump_json().encode()).hexdigest()[:12]
        self.version = f"{first.version} or {second.version}, {asked}"

    def read(self, image: Image.Image) -> list[Word]:
        words = self._first.read(image)
        if best_quantity(words, self._domain) >= self._sure:
            return words
        return words + self._second.read(image)


def best_quantity(words: Sequence[Word], domain: Domain) -> float:
    """Confidence (0-100) of the surest quantity of any entity, repaired readings left out."""
    sure = (
        mention.conf
        for entity in domain.entities
        for candidate in find_candidates(words, entity, domain)
        for mention in candidate.mentions
        if mention.quantity.kind is not Kind.REPAIRED
    )
    return max(sure, default=0.0)
