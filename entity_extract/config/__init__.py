"""Configuration: frozen models, one per section, read from TOML and the command line."""

from entity_extract.config.domain import Domain, Entity, Unit
from entity_extract.config.load import ConfigError, load_config
from entity_extract.config.models import (
    CatalogConfig,
    Config,
    EmbedConfig,
    EvaluateConfig,
    FetchConfig,
    ForestParams,
    FusionParams,
    ImageConfig,
    LakeConfig,
    LearningConfig,
    OcrConfig,
    PredictConfig,
    RankerParams,
    UnitParams,
)

__all__ = [
    "CatalogConfig",
    "Config",
    "ConfigError",
    "Domain",
    "EmbedConfig",
    "Entity",
    "EvaluateConfig",
    "FetchConfig",
    "ForestParams",
    "FusionParams",
    "ImageConfig",
    "LakeConfig",
    "LearningConfig",
    "OcrConfig",
    "PredictConfig",
    "RankerParams",
    "Unit",
    "UnitParams",
    "load_config",
]
