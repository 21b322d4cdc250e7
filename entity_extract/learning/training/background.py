"""What labels teach without their pictures: the priors of categories, and a teacher from texts."""

import logging
from dataclasses import dataclass

import numpy as np
import pandas as pd

from entity_extract.config import Domain
from entity_extract.learning.features.category_priors import CategoryPriors, Labels, part_of
from entity_extract.learning.prediction.learners.teacher import Teacher
from entity_extract.quantities.amounts import parse_label

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Background:
    """None of it may come from pictures that are learned from or scored, nor, where whole
    categories are held out, from one of these.

    `labels` and `texts` are how many rows each was learned from.
    """

    priors: CategoryPriors | None = None
    teacher: Teacher | None = None
    labels: int = 0
    texts: int = 0

    def about(self) -> dict[str, int]:
        return {"labels": self.labels, "texts": self.texts}


def fit_priors(labels: pd.DataFrame, domain: Domain) -> CategoryPriors:
    """Rows of image_link, entity_name, group_id, entity_value and `rows` (how often it stands).

    Labels that cannot be used teach nothing. Of a range, the larger end counts.
    """
    known = [
        (entity, str(group), found[-1], link, rows)
        for entity, group, value, link, rows in zip(
            *(labels[c] for c in ("entity_name", "group_id", "entity_value", "image_link", "rows")),
            strict=True,
        )
        if (found := parse_label(value, domain, entity))
    ]
    given = int(labels["rows"].sum())
    if unread := given - sum(row[4] for row in known):
        log.warning("%d of %d further labels cannot be read, or are not allowed", unread, given)
    code = {unit: i for i, unit in enumerate(domain.unit_names)}
    return CategoryPriors.fit(
        Labels(
            entity=np.array([row[0] for row in known], object),
            group=np.array([row[1] for row in known], object),
            unit=np.array([code[row[2].unit] for row in known], int),
            value=np.array([row[2].value for row in known], float),
            part=part_of(np.array([row[3] for row in known], object)),
            rows=np.array([row[4] for row in known], float),
        ),
        domain,
    )
