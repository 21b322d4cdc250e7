"""Rows ready for learning and for scoring: columns, not objects, so that numpy does the work."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from entity_extract.config import Domain
from entity_extract.learning.features.candidates.declared import (
    candidate_feature_names,
    candidate_features,
)
from entity_extract.learning.features.candidates.row import RowCandidates
from entity_extract.learning.features.text import text_feature_names, text_features
from entity_extract.quantities.amounts import Amount
from entity_extract.quantities.candidates import DEFAULT_LIMITS, Limits, found_candidates
from entity_extract.quantities.scoring import matches
from entity_extract.records import Stroke, Word


@dataclass(frozen=True)
class Example:
    """One catalog row whose picture was read, before anything learned is applied.

    values (k,), units (k,) names, boxes (k, 4) left-top-width-height, text (T,); candidate (k, C),
    whose columns are the features `names`. `cut` says that the picture holds more than was looked
    at, "" where not.
    """

    values: np.ndarray
    units: tuple[str, ...]
    boxes: np.ndarray
    candidate: np.ndarray
    names: tuple[str, ...]
    text: np.ndarray
    cut: str = ""


def build_example(
    words: Sequence[Word],
    *,
    entity: str,
    picture: tuple[int, int],
    domain: Domain,
    strokes: Sequence[Stroke] = (),
    names: Sequence[str] | None = None,
    limits: Limits = DEFAULT_LIMITS,
) -> Example:
    """Candidates of `entity` among `words`, with their features `names`; None: all declared ones.

    Memory and time are bounded by `limits`. Pure: the same in every worker. Raises FeatureError for
    a name that is not declared.
    """
    candidates, words, cut = found_candidates(words, entity, domain, limits)
    width, height = (max(1, side) for side in picture)
    row = RowCandidates(candidates, words, entity, (width, height), domain, strokes)
    names = candidate_feature_names() if names is None else tuple(names)
    return Example(
        values=np.array([candidate.value for candidate in candidates], float),
        units=tuple(candidate.unit for candidate in candidates),
        boxes=np.array([mention.box for mention in row.best], int).reshape(-1, 4),
        candidate=candidate_features(row, names),
        names=names,
        text=text_features(words, candidates, row.log_si.astype(np.float32).astype(float), domain),
        cut=cut,
    )


@dataclass(frozen=True)
class Examples:
    """n rows with m candidates in all. `labels[i]` is empty where the row has no usable label.

    entity (n,) group (n,) picture (n,) str; text (n, T); image (n, E), E = 0 without embeddings;
    owner (m,) row of each candidate; value (m,) unit (m,) index into domain.unit_names;
    boxes (m, 4); candidate (m, C), whose columns are the features `names`. `domain`: whose entities
    these are, and whose units the codes count.
    """

    domain: Domain
    entity: np.ndarray
    group: np.ndarray
    picture: np.ndarray
    labels: tuple[tuple[Amount, ...], ...]
    text: np.ndarray
    image: np.ndarray
    owner: np.ndarray
    value: np.ndarray
    unit: np.ndarray
    boxes: np.ndarray
    candidate: np.ndarray
    names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.entity)

    @property
    def labelled(self) -> np.ndarray:
        """(n,) bool: the label is not empty."""
        return np.array([bool(labels) for labels in self.labels], bool)

    def column(self, name: str) -> np.ndarray:
        """(m,) float64: a feature of the candidates. Raises ValueError where it was not made."""
        return np.asarray(self.candidate[:, self.names.index(name)].astype(float))

    @property
    def allowed(self) -> np.ndarray:
        """(n, units) bool: the units each row may be answered in."""
        return allowed_units(self.entity, self.domain)

    def take(self, rows: np.ndarray) -> "Examples":
        """The rows at these positions, in this order, with their candidates."""
        rows = np.asarray(rows, int)
        order = np.argsort(self.owner, kind="stable")
        starts = np.searchsorted(self.owner[order], np.arange(len(self) + 1))
        spans = [order[starts[row] : starts[row + 1]] for row in rows]
        picked = np.concatenate(spans) if spans else np.zeros(0, int)
        owner = np.repeat(np.arange(len(rows)), [len(span) for span in spans])
        return replace(
            self,
            entity=self.entity[rows],
            group=self.group[rows],
            picture=self.picture[rows],
            labels=tuple(self.labels[row] for row in rows),
            text=self.text[rows],
            image=self.image[rows],
            owner=owner.astype(int),
            value=self.value[picked],
            unit=self.unit[picked],
            boxes=self.boxes[picked],
            candidate=self.candidate[picked],
        )


def collate_examples(
    examples: Sequence[Example],
    *,
    entity: Sequence[str],
    group: Sequence[str],
    picture: Sequence[str],
    labels: Sequence[tuple[Amount, ...]],
    image: np.ndarray,
    domain: Domain,
) -> Examples:
    """Columns from rows; `image` is (n, E). Raises ValueError for rows of different features."""
    unit_code = {unit: code for code, unit in enumerate(domain.unit_names)}
    sizes = [len(example.values) for example in examples]
    names = _common([example.names for example in examples])
    return Examples(
        domain=domain,
        entity=np.array(entity, object),
        group=np.array(group, object),
        picture=np.array(picture, object),
        labels=tuple(labels),
        text=_rows([e.text for e in examples], len(text_feature_names(domain))),
        image=np.asarray(image, np.float32),
        owner=np.repeat(np.arange(len(examples)), sizes).astype(int),
        value=np.concatenate([np.zeros(0), *(e.values for e in examples)]),
        unit=np.array([unit_code[unit] for e in examples for unit in e.units], int),
        boxes=np.concatenate([np.zeros((0, 4), int), *(e.boxes for e in examples)]),
        candidate=np.concatenate(
            [
                np.zeros((0, len(names)), np.float32),
                *(e.candidate for e in examples),
            ]
        ),
        names=names,
    )


def _common(names: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    """What all rows have; what is declared where there are no rows."""
    first = names[0] if names else candidate_feature_names()
    if any(own is not first and own != first for own in names):
        raise ValueError("rows with different features of candidates do not go together")
    return first


def image_matrix(embeddings: list[object], width: int, *, fill: np.ndarray) -> np.ndarray:
    """(n, width) float32; a row without an embedding gets `fill` (width,)."""
    matrix = np.tile(np.asarray(fill, np.float32), (len(embeddings), 1))
    if width:
        for row, embedding in enumerate(embeddings):
            if embedding is not None and not np.isscalar(embedding):
                matrix[row] = np.asarray(embedding, np.float32)
    return matrix


def _rows(rows: Sequence[np.ndarray], width: int) -> np.ndarray:
    return np.stack(rows).astype(np.float32) if rows else np.zeros((0, width), np.float32)


def allowed_units(entity: np.ndarray, domain: Domain) -> np.ndarray:
    """(n, units) bool: the units each row's entity may be answered in."""
    masks = {
        name: np.isin(domain.unit_names, list(domain.entities[name].units))
        for name in domain.entity_names
    }
    width = len(domain.unit_names)
    return np.array([masks[name] for name in entity], bool).reshape(-1, width)


def correct_candidates(examples: Examples) -> np.ndarray:
    """(m,) bool: the candidate is what the label says (either end of a range)."""
    names = examples.domain.unit_names
    return np.array(
        [
            matches(Amount(float(value), names[unit]), examples.labels[row])
            for row, value, unit in zip(examples.owner, examples.value, examples.unit, strict=True)
        ],
        bool,
    )
