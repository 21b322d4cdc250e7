"""Category priors: which unit, what size and what very quantity a question in it usually has.

Smoothed towards the entity as a whole (empirical Bayes with a fixed prior weight), so a category
never seen gets the entity's priors. Rows they were fitted on get cross-fitted values: the part of
the counts that holds the row's own picture is taken out, or the label would leak into its feature.
"""

import zlib
from dataclasses import dataclass

import numpy as np

from entity_extract.config import Domain
from entity_extract.learning.features.quantity_priors import QuantityPriors

PARTS = 5
_WEIGHT = 3.0  # labels' worth of trust in the entity's priors before the category's own counts
_MIN_STD = 0.15  # log10 SI; two packages of one kind easily differ by a factor of 1.4
_WIDE_STD = 1.0  # where nothing is known: a factor of ten either way


@dataclass(frozen=True)
class RowPriors:
    """Per row: labels seen (n,), mean and std of log10 SI (n,), unit probability (n, units)."""

    seen: np.ndarray
    mean: np.ndarray
    std: np.ndarray
    unit: np.ndarray


@dataclass(frozen=True)
class Labels:
    """n labels: entity, group (n,) names; unit (n,) index into domain.unit_names; value (n,) in
    that unit; part (n,) below PARTS, what a row may leave out; rows (n,) equal labels behind it."""

    entity: np.ndarray
    group: np.ndarray
    unit: np.ndarray
    value: np.ndarray
    part: np.ndarray
    rows: np.ndarray

    def log_si(self, domain: Domain) -> np.ndarray:
        """(n,) log10 of the value in SI."""
        factors = np.array([domain.units[name].si for name in domain.unit_names])
        return np.asarray(np.log10(np.maximum(self.value * factors[self.unit], 1e-12)))


class CategoryPriors:
    """Sums per (category, entity), kept per part so that any part can be left out."""

    def __init__(
        self,
        keys: dict[str, int],
        sums: np.ndarray,
        entities: tuple[str, ...],
        quantity_priors: QuantityPriors,
    ) -> None:
        # sums (parts, entities + categories, units + 3): unit counts, labels, sum, sum of squares
        self.keys = keys
        self.sums = sums
        self.entities = entities
        self.quantity_priors = quantity_priors

    @classmethod
    def fit(
        cls, labels: Labels, domain: Domain, *, further_priors: "CategoryPriors | None" = None
    ) -> "CategoryPriors":
        """`further_priors`: of labels elsewhere, pictures of which are never in `labels`."""
        entities = domain.entity_names
        keys = {name: i for i, name in enumerate(entities)}
        pairs = list(zip(labels.entity, labels.group, strict=True))
        for name in sorted({_key(e, g) for e, g in pairs}):
            keys.setdefault(name, len(keys))
        units, log_si = len(domain.unit_names), labels.log_si(domain)
        rows = np.zeros((len(pairs), units + 3))
        rows[np.arange(len(pairs)), labels.unit] = 1
        rows[:, units:] = np.stack([np.ones(len(pairs)), log_si, log_si**2], axis=1)
        rows *= labels.rows[:, None]
        sums = np.zeros((PARTS, len(keys), units + 3))
        own = np.array([keys[_key(e, g)] for e, g in pairs], int)
        whole = np.array([keys[e] for e in labels.entity], int)
        np.add.at(sums, (labels.part, own), rows)
        np.add.at(sums, (labels.part, whole), rows)
        quantity_priors = QuantityPriors.fit(
            entity=labels.entity,
            group=labels.group,
            unit=labels.unit,
            value=labels.value,
            part=labels.part,
            parts=PARTS,
            domain=domain,
            rows=labels.rows,
        )
        fitted = cls(keys, sums, entities, quantity_priors)
        return fitted if further_priors is None else fitted._joined(further_priors)

    def _joined(self, other: "CategoryPriors") -> "CategoryPriors":
        """Both sums; the parts of `other` stand behind these and are never left out."""
        keys = dict(self.keys)
        for name in other.keys:
            keys.setdefault(name, len(keys))
        ours = np.zeros((len(self.sums), len(keys), self.sums.shape[2]))
        ours[:, [keys[name] for name in self.keys]] = self.sums
        theirs = np.zeros((len(other.sums), *ours.shape[1:]))
        theirs[:, [keys[name] for name in other.keys]] = other.sums
        return CategoryPriors(
            keys,
            np.concatenate([ours, theirs]),
            self.entities,
            self.quantity_priors.joined(other.quantity_priors),
        )

    def of(
        self,
        entity: np.ndarray,
        group: np.ndarray,
        allowed: np.ndarray,
        *,
        leave_out: np.ndarray | None = None,
    ) -> RowPriors:
        """The prior of each row; `leave_out` (n,) names pictures whose part must not count."""
        total = self.sums.sum(axis=0)
        whole_at = np.array([self.keys[e] for e in entity], int)
        own_at = np.array(
            [self.keys.get(_key(e, g), -1) for e, g in zip(entity, group, strict=True)], int
        )
        whole, own = total[whole_at], total[own_at] * (own_at >= 0)[:, None]
        if leave_out is not None:
            part = part_of(leave_out)
            whole = whole - self.sums[part, whole_at]
            own = own - self.sums[part, own_at] * (own_at >= 0)[:, None]
        return _smooth(whole, own, allowed)

    def without_parts(self) -> "CategoryPriors":
        """The same priors, no longer able to leave a part out: what a bundle keeps."""
        sums = self.sums.sum(axis=0, keepdims=True)
        return CategoryPriors(self.keys, sums, self.entities, self.quantity_priors.without_parts())


def _key(entity: str, group: str) -> str:
    return f"{entity}\t{group}"


def part_of(picture: np.ndarray) -> np.ndarray:
    """(n,) below PARTS: all rows of a picture are in one part."""
    return np.array([zlib.crc32(str(p).encode()) % PARTS for p in picture], int)


def _smooth(whole: np.ndarray, own: np.ndarray, allowed: np.ndarray) -> RowPriors:
    units = allowed.shape[1]
    uniform = allowed / np.maximum(allowed.sum(axis=1, keepdims=True), 1)
    priors = _blend(whole[:, :units], whole[:, units], uniform)
    unit = _blend(own[:, :units], own[:, units], priors) * allowed
    unit = unit / np.maximum(unit.sum(axis=1, keepdims=True), 1e-12)
    count, total, squares = whole[:, units], whole[:, units + 1], whole[:, units + 2]
    mean_of_entity = np.where(count > 0, total / np.maximum(count, 1), 0.0)
    variance = squares / np.maximum(count, 1) - mean_of_entity**2
    std_of_entity = np.where(count > 1, np.sqrt(np.maximum(variance, 0.0)), _WIDE_STD)
    n, s, q = own[:, units], own[:, units + 1], own[:, units + 2]
    mean = (s + _WEIGHT * mean_of_entity) / (n + _WEIGHT)
    # Second moment about the shrunken mean, the prior counted as _WEIGHT labels spread like the
    # entity's: the usual pooled estimate.
    around = q - 2 * mean * s + n * mean**2
    pooled = around + _WEIGHT * (std_of_entity**2 + (mean_of_entity - mean) ** 2)
    std = np.sqrt(np.maximum(pooled, 0.0) / (n + _WEIGHT))
    return RowPriors(seen=n, mean=mean, std=np.maximum(std, _MIN_STD), unit=unit)


def _blend(counts: np.ndarray, labels: np.ndarray, towards: np.ndarray) -> np.ndarray:
    return (counts + _WEIGHT * towards) / (labels[:, None] + _WEIGHT)
