"""How often a quantity, to the digit, is the label: for the entity, and in the category.

Packages come in few sizes: 100 ml, 1 kg, 230 V. Counts are kept by a 64-bit hash of (entity,
category, unit, value), so that a bundle holds numbers and no catalog.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np

from entity_extract.config import Domain

QUANTITY_PRIOR_FEATURES = ("quantity_prior_in_entity", "quantity_prior_in_category")
_WEIGHT = 5.0  # labels' worth of trust in the entity's counts before the category's own
_ALL = "*"  # stands for any value, and for any category, in a key


@dataclass(frozen=True)
class QuantityPriors:
    """keys (k,) uint64 ascending; counts (parts, k): any can be left out (see category_priors)."""

    keys: np.ndarray
    counts: np.ndarray

    @classmethod
    def fit(
        cls,
        *,
        entity: np.ndarray,
        group: np.ndarray,
        unit: np.ndarray,
        value: np.ndarray,
        part: np.ndarray,
        parts: int,
        domain: Domain,
        rows: np.ndarray,
    ) -> "QuantityPriors":
        """Labels (n,): entity and group names, unit codes, values; `rows` that each stands for."""
        names = _names(entity, group, unit, value, domain)
        wholes = [(e, g, _ALL, _ALL) for e, g, _, _ in names]
        levels = [
            *(names, [(e, _ALL, u, v) for e, _, u, v in names]),
            *(wholes, [(e, _ALL, _ALL, _ALL) for e, *_ in names]),
        ]
        hashes = np.concatenate([_hashes(level) for level in levels])
        keys, at = np.unique(hashes, return_inverse=True)
        counts = np.zeros((parts, len(keys)), np.float32)
        np.add.at(counts, (np.tile(part, len(levels)), at), np.tile(rows, len(levels)))
        return cls(keys, counts)

    def joined(self, other: "QuantityPriors") -> "QuantityPriors":
        """Both counts, the parts of `other` behind these."""
        keys = np.union1d(self.keys, other.keys)
        counts = np.zeros((len(self.counts) + len(other.counts), len(keys)), np.float32)
        counts[: len(self.counts), np.searchsorted(keys, self.keys)] = self.counts
        counts[len(self.counts) :, np.searchsorted(keys, other.keys)] = other.counts
        return QuantityPriors(keys, counts)

    def without_parts(self) -> "QuantityPriors":
        """One part, without the keys that a single label made: what a bundle keeps."""
        total = self.counts.sum(axis=0, keepdims=True)
        kept = total[0] > 1
        return QuantityPriors(self.keys[kept], total[:, kept])

    def of(
        self,
        *,
        entity: np.ndarray,
        group: np.ndarray,
        unit: np.ndarray,
        value: np.ndarray,
        domain: Domain,
        leave_out: np.ndarray | None = None,
    ) -> np.ndarray:
        """(m, 2) log shares of labels that say just this; `leave_out` (m,) parts not to count."""
        names = _names(entity, group, unit, value, domain)
        own = self._count(names, leave_out)
        general = self._count([(e, _ALL, u, v) for e, _, u, v in names], leave_out)
        of_group = self._count([(e, g, _ALL, _ALL) for e, g, *_ in names], leave_out)
        of_entity = self._count([(e, _ALL, _ALL, _ALL) for e, *_ in names], leave_out)
        in_entity = (general + 0.1) / (of_entity + 10.0)
        in_category = (own + _WEIGHT * in_entity) / (of_group + _WEIGHT)
        return np.log(np.stack([in_entity, in_category], axis=1))

    def _count(
        self, names: Iterable[tuple[str, str, str, str]], leave_out: np.ndarray | None
    ) -> np.ndarray:
        hashes = _hashes(names)
        if not len(self.keys):
            return np.zeros(len(hashes))
        at = np.minimum(np.searchsorted(self.keys, hashes), len(self.keys) - 1)
        found = self.keys[at] == hashes
        counts = self.counts[:, at].sum(axis=0)
        if leave_out is not None:
            counts = counts - self.counts[leave_out, at]
        return np.where(found, counts, 0.0)


def _names(
    entity: np.ndarray, group: np.ndarray, unit: np.ndarray, value: np.ndarray, domain: Domain
) -> list[tuple[str, str, str, str]]:
    units = domain.unit_names
    return [
        (e, g, units[u], f"{v:.10g}")
        for e, g, u, v in zip(entity, group, unit, value.tolist(), strict=True)
    ]


def _hashes(names: Iterable[tuple[str, str, str, str]]) -> np.ndarray:
    """(n,) uint64; Python's own hash differs between processes."""
    return np.fromiter(_digests(names), np.uint64)


def _digests(names: Iterable[tuple[str, str, str, str]]) -> Iterator[int]:
    known: dict[tuple[str, str, str, str], int] = {}
    for name in names:
        if name not in known:
            digest = blake2b("\t".join(name).encode(), digest_size=8).digest()
            known[name] = int.from_bytes(digest, "little")
        yield known[name]
