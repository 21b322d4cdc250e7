"""How a model is asked: part of the version under which its answers stand in the lake."""

from entity_extract.config import PredictConfig
from entity_extract.learning.prediction.bundle import Bundle
from entity_extract.quantities.candidates import DEFAULT_LIMITS, limits_of


def prediction_version(bundle: Bundle, config: PredictConfig) -> str:
    """The model's version, and how it is asked where that is not the bundle's own way."""
    asked: list[str] = []
    if config.system != "ranker":
        asked.append(config.system)
    if config.prefer != "as labelled":
        asked.append(config.prefer.replace(" ", "_"))
    if config.min_confidence is not None:
        asked.append(f"from{config.min_confidence:g}")
    if (limits := limits_of(config)) != DEFAULT_LIMITS:
        asked.append(f"of{limits.words}x{limits.quantities}")
    return "-".join([bundle.version, *asked])
