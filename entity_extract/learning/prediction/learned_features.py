"""Features that compare a candidate with what is known and thought of its row, by name."""

import numpy as np
import numpy.typing as npt

from entity_extract.learning.features.priors import PRIOR_FEATURES
from entity_extract.learning.features.registry import Features
from entity_extract.learning.prediction.evidence import Evidence

# To add one from outside, decorate a function of Evidence with a decorator of this.
LEARNED_FEATURES = Features[Evidence]()


@LEARNED_FEATURES.feature("entity_code")
def entity_code(evidence: Evidence) -> npt.ArrayLike:
    examples = evidence.examples
    own = examples.entity[examples.owner].astype(str)
    return np.asarray(np.searchsorted(examples.domain.entity_names, own))


@LEARNED_FEATURES.features(*PRIOR_FEATURES)
def priors(evidence: Evidence) -> npt.ArrayLike:
    return np.stack([evidence.priors[name] for name in PRIOR_FEATURES], axis=1)


@LEARNED_FEATURES.feature("prior_unit_rank")
def prior_unit_rank(evidence: Evidence) -> npt.ArrayLike:
    return evidence.rank(-evidence.priors["prior_unit"])


@LEARNED_FEATURES.feature("prior_distance_rank")
def prior_distance_rank(evidence: Evidence) -> npt.ArrayLike:
    return evidence.rank(evidence.priors["prior_distance"])


@LEARNED_FEATURES.feature("quantity_prior_in_category_rank")
def quantity_prior_in_category_rank(evidence: Evidence) -> npt.ArrayLike:
    return evidence.rank(-evidence.priors["quantity_prior_in_category"])


@LEARNED_FEATURES.feature("teacher")
def teacher(evidence: Evidence) -> npt.ArrayLike:
    return evidence.teacher


@LEARNED_FEATURES.feature("teacher_rank")
def teacher_rank(evidence: Evidence) -> npt.ArrayLike:
    return np.where(np.isnan(evidence.teacher), np.nan, evidence.rank(-evidence.teacher))


@LEARNED_FEATURES.feature("forest_distance")
def forest_distance(evidence: Evidence) -> npt.ArrayLike:
    return evidence.forest_distance


@LEARNED_FEATURES.feature("forest_spread")
def forest_spread(evidence: Evidence) -> npt.ArrayLike:
    return np.asarray(evidence.base_predictions["forest_spread"][evidence.examples.owner])


@LEARNED_FEATURES.feature("forest_rank")
def forest_rank(evidence: Evidence) -> npt.ArrayLike:
    return evidence.rank(evidence.forest_distance)


@LEARNED_FEATURES.feature("classifier_unit")
def classifier_unit(evidence: Evidence) -> npt.ArrayLike:
    return np.asarray(
        evidence.base_predictions["unit"][evidence.examples.owner, evidence.examples.unit]
    )


@LEARNED_FEATURES.feature("fusion_unit")
def fusion_unit(evidence: Evidence) -> npt.ArrayLike:
    return np.asarray(
        evidence.base_predictions["fusion_unit"][evidence.examples.owner, evidence.examples.unit]
    )


@LEARNED_FEATURES.feature("fusion_distance")
def fusion_distance(evidence: Evidence) -> npt.ArrayLike:
    return evidence.fusion_distance


@LEARNED_FEATURES.feature("fusion_rank")
def fusion_rank(evidence: Evidence) -> npt.ArrayLike:
    return evidence.rank(evidence.fusion_distance)
