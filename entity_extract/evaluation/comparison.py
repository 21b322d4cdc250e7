"""What two models, engines or lakes answer otherwise, and which of them is right more often."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from entity_extract.config import Domain, EvaluateConfig
from entity_extract.evaluation.bootstrap import interval, resample
from entity_extract.evaluation.compared_rows import SIDES
from entity_extract.evaluation.metrics import clusters_of, counts_of
from entity_extract.evaluation.outcomes import outcomes_of_rows
from entity_extract.quality.figures import OTHER
from entity_extract.quantities.amounts import parse_amount
from entity_extract.quantities.scoring import f1
from entity_extract.schema import ENTITY_NAME, ENTITY_VALUE

SAME, CHANGED, GAINED, LOST = "same", "changed", "gained", "lost"
KIND: Final = "kind"
ALL: Final = "all"


@dataclass(frozen=True)
class Scores:
    """F1 on the `rows` with a label that both answered, or left open; `difference` is that of B
    less that of A, with a 95 % interval of paired resamples of pictures."""

    rows: int
    f1_a: float
    f1_b: float
    difference: float
    difference_interval: tuple[float, float]


@dataclass(frozen=True)
class Part:
    """Of an entity, or of all. `both` = `same` + `changed` + `gained` + `lost`; `same_quantity` are
    those of the changed that are the same in another unit. `only_a` and `only_b` are not compared.
    `scores` is None without labels."""

    entity: str
    both: int
    same: int
    changed: int
    same_quantity: int
    gained: int
    lost: int
    only_a: int
    only_b: int
    scores: Scores | None


@dataclass(frozen=True)
class Comparison:
    """`parts`: all together, then each entity. `differing`: rows as `beside` gives them, with
    `kind`, those first of which both (or the one that answered) are surest."""

    parts: tuple[Part, ...]
    differing: pd.DataFrame

    @property
    def labelled(self) -> bool:
        return self.parts[0].scores is not None


def compare(rows: pd.DataFrame, domain: Domain, config: EvaluateConfig) -> Comparison:
    """`rows` as `beside` gives them."""
    both = rows[rows["in_a"] & rows["in_b"]].reset_index(drop=True)
    a, b = both["prediction_a"], both["prediction_b"]
    kinds = [a == b, (a == "") & (b != ""), (a != "") & (b == "")]
    both[KIND] = np.select(kinds, [SAME, GAINED, LOST], CHANGED)
    both["same_quantity"] = _same_quantity(both, domain, config.value_tolerance)
    judged = _judged(both, domain, config)
    parts = [_part(ALL, rows, both, judged, config)]
    frames = (rows, both, judged)
    groups = [_groups(frame, domain) for frame in frames]
    for name in sorted(set(groups[0])):
        of_a_or_b, of_both, of_judged = (
            frame[group == name] for frame, group in zip(frames, groups, strict=True)
        )
        parts.append(_part(name, of_a_or_b, of_both, of_judged, config))
    differing = both[both[KIND] != SAME]
    given = [  # of one that gave no answer the confidence says nothing
        differing[f"confidence_{side}"].where(differing[f"prediction_{side}"] != "")
        for side in SIDES
    ]
    order = (
        pd.concat(given, axis=1)
        .min(axis=1)
        .fillna(-1.0)
        .sort_values(ascending=False, kind="stable")
    )
    return Comparison(tuple(parts), differing.loc[order.index].reset_index(drop=True))


def _groups(rows: pd.DataFrame, domain: Domain) -> pd.Series:
    """The entity; of those that the configuration does not know, which may be any, all together."""
    names = rows[ENTITY_NAME]
    return names.where(names.isin(domain.entity_names), OTHER)


def _same_quantity(rows: pd.DataFrame, domain: Domain, tolerance: float) -> np.ndarray:
    out = np.zeros(len(rows), dtype=bool)
    for row in np.flatnonzero(rows[KIND] == CHANGED):
        entity = rows[ENTITY_NAME].iloc[row]
        units = domain.entities[entity].units if entity in domain.entities else domain.unit_names
        said = [parse_amount(rows[f"prediction_{side}"].iloc[row], units) for side in SIDES]
        si = [domain.to_si(*amount) for amount in said if amount is not None]
        out[row] = len(si) == 2 and abs(si[0] - si[1]) <= tolerance * abs(si[0])
    return out


def _judged(both: pd.DataFrame, domain: Domain, config: EvaluateConfig) -> pd.DataFrame:
    """Of the rows with a label that can be read: entity_name, `cluster`, and what each side adds to
    TP, FP and FN, as a0 to a2 and b0 to b2."""
    labelled = both[both[ENTITY_VALUE].notna()]
    out = pd.DataFrame({ENTITY_NAME: []})
    for side in SIDES:  # which rows are left out depends on their labels alone
        said = labelled.assign(prediction=labelled[f"prediction_{side}"])
        found = outcomes_of_rows(said, domain, config.value_tolerance)
        if side == "a":
            out = found[[ENTITY_NAME]].assign(cluster=clusters_of(found))
        counts = counts_of(found)[:, :3]
        out = out.assign(**{f"{side}{place}": counts[:, place] for place in range(3)})
    return out


def _part(
    name: str, rows: pd.DataFrame, both: pd.DataFrame, judged: pd.DataFrame, config: EvaluateConfig
) -> Part:
    kinds = both[KIND].value_counts()
    return Part(
        entity=name,
        both=len(both),
        **{kind: int(kinds.get(kind, 0)) for kind in (SAME, CHANGED, GAINED, LOST)},
        same_quantity=int(both["same_quantity"].sum()),
        only_a=int((rows["in_a"] & ~rows["in_b"]).sum()),
        only_b=int((rows["in_b"] & ~rows["in_a"]).sum()),
        scores=_scores(judged, config) if len(judged) else None,
    )


def _scores(judged: pd.DataFrame, config: EvaluateConfig) -> Scores:
    names = [f"{side}{place}" for side in SIDES for place in range(3)]
    counts = judged[names].to_numpy(dtype=np.int64)
    clusters = judged["cluster"].to_numpy()
    a, b = _f1s(counts.sum(axis=0))
    drawn_a, drawn_b = _f1s(resample(counts, clusters, config.bootstrap, config.seed))
    low, high = interval(drawn_b - drawn_a, float(b - a))
    return Scores(len(judged), float(a), float(b), float(b - a), (low, high))


def _f1s(sums: np.ndarray) -> Iterator[np.ndarray]:
    """(..., 6) -> F1 of A and of B, each (...)."""
    for first in (0, 3):
        yield f1(sums[..., first], sums[..., first + 1], sums[..., first + 2])
