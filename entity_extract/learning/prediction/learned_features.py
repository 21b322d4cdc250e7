"""Features that compare a candidate with what is known and thought of its row, by name."""

import numpy as np
import numpy.typing as npt

from entity_extract.learning.features.priors import PRIOR_FEATURES
from entity_extract.learning.features.registry import Features
from entity_extract.learning.prediction.opinions import Opinions

# To add one from outside, decorate a function of Opinions with a decorator of this.
LEARNED_FEATURES = Features[Opinions]()


@LEARNED_FEATURES.feature("entity_code")
def entity_code(opinions: Opinions) -> npt.ArrayLike:
    examples = opinions.examples
    own = examples.entity[examples.owner].astype(str)
    return np.asarray(np.searchsorted(opinions.domain.entity_names, own))


@LEARNED_FEATURES.features(*PRIOR_FEATURES)
def priors(opinions: Opinions) -> npt.ArrayLike:
    return np.stack([opinions.priors[name] for name in PRIOR_FEATURES], axis=1)


@LEARNED_FEATURES.feature("prior_unit_rank")
def prior_unit_rank(opinions: Opinions) -> npt.ArrayLike:
    return opinions.rank(-opinions.priors["prior_unit"])


@LEARNED_FEATURES.feature("prior_distance_rank")
def prior_distance_rank(opinions: Opinions) -> npt.ArrayLike:
    return opinions.rank(opinions.priors["prior_distance"])


@LEARNED_FEATURES.feature("quantity_prior_in_category_rank")
def quantity_prior_in_category_rank(opinions: Opinions) -> npt.ArrayLike:
    return opinions.rank(-opinions.priors["quantity_prior_in_category"])


@LEARNED_FEATURES.feature("teacher")
def teacher(opinions: Opinions) -> npt.ArrayLike:
    return opinions.teacher


@LEARNED_FEATURES.feature("teacher_rank")
def teacher_rank(opinions: Opinions) -> npt.ArrayLike:
    return np.where(np.isnan(opinions.teacher), np.nan, opinions.rank(-opinions.teacher))


@LEARNED_FEATURES.feature("forest_distance")
def forest_distance(opinions: Opinions) -> npt.ArrayLike:
    return opinions.forest_distance


@LEARNED_FEATURES.feature("forest_spread")
def forest_spread(opinions: Opinions) -> npt.ArrayLike:
    return np.asarray(opinions.base.spread[opinions.examples.owner])


@LEARNED_FEATURES.feature("forest_rank")
def forest_rank(opinions: Opinions) -> npt.ArrayLike:
    return opinions.rank(opinions.forest_distance)


@LEARNED_FEATURES.feature("classifier_unit")
def classifier_unit(opinions: Opinions) -> npt.ArrayLike:
    return np.asarray(opinions.base.unit[opinions.examples.owner, opinions.examples.unit])


@LEARNED_FEATURES.feature("fusion_unit")
def fusion_unit(opinions: Opinions) -> npt.ArrayLike:
    return np.asarray(opinions.base.fusion_unit[opinions.examples.owner, opinions.examples.unit])


@LEARNED_FEATURES.feature("fusion_distance")
def fusion_distance(opinions: Opinions) -> npt.ArrayLike:
    return opinions.fusion_distance


@LEARNED_FEATURES.feature("fusion_rank")
def fusion_rank(opinions: Opinions) -> npt.ArrayLike:
    return opinions.rank(opinions.fusion_distance)
