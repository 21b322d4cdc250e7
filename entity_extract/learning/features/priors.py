"""What category priors say of a candidate: is this its unit, its size, its very number?"""

import numpy as np

from entity_extract.learning.features.category_priors import CategoryPriors, part_of
from entity_extract.learning.features.examples import Examples
from entity_extract.learning.features.quantity_priors import QUANTITY_PRIOR_FEATURES

PRIOR_FEATURES: tuple[str, ...] = (
    "prior_unit",  # log probability of its unit
    "prior_z",  # its size, in deviations from the category's mean
    "prior_distance",
    "prior_seen",  # labels of the category
    *QUANTITY_PRIOR_FEATURES,
)


def prior_features(
    examples: Examples, priors: CategoryPriors, *, leave_out: bool = False
) -> dict[str, np.ndarray]:
    """PRIOR_FEATURES, (m,) each; with `leave_out` a row's own picture is not in its priors."""
    row, unit = examples.owner, examples.unit
    left_out = examples.picture if leave_out else None
    prior = priors.of(examples.entity, examples.group, examples.allowed, leave_out=left_out)
    z = (examples.column("log_si") - prior.mean[row]) / prior.std[row]
    quantity_priors = priors.quantity_priors.of(
        entity=examples.entity[row],
        group=examples.group[row],
        unit=unit,
        value=examples.value,
        domain=examples.domain,
        leave_out=part_of(examples.picture)[row] if leave_out else None,
    )
    return {
        "prior_unit": np.log(prior.unit[row, unit] + 1e-6),
        "prior_z": z,
        "prior_distance": np.abs(z),
        "prior_seen": np.log1p(prior.seen[row]),
        **dict(zip(QUANTITY_PRIOR_FEATURES, quantity_priors.T, strict=True)),
    }
