"""Configuration: frozen models, one per section, read from TOML and the command line."""

from entity_extract.config.domain import Domain, Entity, Unit
from entity_extract.config.load import ConfigError, load_config
from entity_extract.config.models import (
    AugmentConfig,
    CatalogConfig,
    Config,
    EmbedConfig,
    EvaluateConfig,
    FetchConfig,
    FinetuneConfig,
    ForestParams,
    FusionParams,
    ImageConfig,
    LakeConfig,
    LearningConfig,
    OcrConfig,
    PredictConfig,
    RankerParams,
    TeacherParams,
    UnitParams,
)

__all__ = [
    "AugmentConfig",
    "CatalogConfig",
    "Config",
    "ConfigError",
    "Domain",
    "EmbedConfig",
    "Entity",
    "EvaluateConfig",
    "FetchConfig",
    "FinetuneConfig",
    "ForestParams",
    "FusionParams",
    "ImageConfig",
    "LakeConfig",
    "LearningConfig",
    "OcrConfig",
    "PredictConfig",
    "RankerParams",
    "TeacherParams",
    "Unit",
    "UnitParams",
    "load_config",
]
