"""Several engines on one picture: always all, or the next where those before leave a doubt."""

import hashlib
from collections.abc import Sequence

from PIL import Image

from entity_extract.config import Domain
from entity_extract.quantities.candidates import find_candidates
from entity_extract.quantities.parse import Kind
from entity_extract.reading.engine import Reader
from entity_extract.records import Word


class AllReaders:
    """The words of every engine; each keeps its own passes, so that agreement can be told."""

    def __init__(self, readers: Sequence[Reader]) -> None:
        self._readers = readers
        self.version = " and ".join(reader.version for reader in readers)

    def read(self, image: Image.Image) -> list[Word]:
        return [word for reader in self._readers for word in reader.read(image)]


class Cascade:
    """Each further engine is asked only while no quantity is read with confidence `sure`."""

    def __init__(self, readers: Sequence[Reader], domain: Domain, sure: float) -> None:
        self._readers, self._domain, self._sure = readers, domain, sure
        asked = hashlib.sha256(domain.model_dump_json().encode()).hexdigest()[:12]
        self.version = f"{' or '.join(reader.version for reader in readers)}, {asked}"

    def read(self, image: Image.Image) -> list[Word]:
        first, *further = self._readers
        words = first.read(image)
        for reader in further:
            if best_quantity(words, self._domain) >= self._sure:
                break
            words = words + reader.read(image)
        return words


def best_quantity(words: Sequence[Word], domain: Domain) -> float:
    """Confidence (0-100) of the surest quantity of any entity, without repairs and tables."""
    sure = (
        mention.conf
        for entity in domain.entities
        for candidate in find_candidates(words, entity, domain)
        for mention in candidate.mentions
        if mention.quantity.kind not in (Kind.TABLE, Kind.REPAIRED)
    )
    return max(sure, default=0.0)
