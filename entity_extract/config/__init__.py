"""Configuration: frozen models, one per section, read from TOML and the command line."""

from entity_extract.config.catalog import CatalogColumns, CatalogConfig
from entity_extract.config.domain import Domain, Entity, Unit
from entity_extract.config.fetching import FetchConfig
from entity_extract.config.learning import (
    AugmentConfig,
    FinetuneConfig,
    ForestParams,
    FusionParams,
    LearningConfig,
    RankerParams,
    TeacherParams,
    UnitParams,
)
from entity_extract.config.load import ConfigError, load_config
from entity_extract.config.reading import (
    EmbedConfig,
    ImageConfig,
    IsolationConfig,
    Look,
    OcrConfig,
    RereadConfig,
)
from entity_extract.config.sections import (
    Config,
    EvaluateConfig,
    LakeConfig,
    LineageConfig,
    LogConfig,
    PredictConfig,
    QualityConfig,
    ReviewConfig,
    TrackingConfig,
)

__all__ = [
    "AugmentConfig",
    "CatalogColumns",
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
    "IsolationConfig",
    "LakeConfig",
    "LearningConfig",
    "LineageConfig",
    "LogConfig",
    "Look",
    "OcrConfig",
    "PredictConfig",
    "QualityConfig",
    "RankerParams",
    "RereadConfig",
    "ReviewConfig",
    "TeacherParams",
    "TrackingConfig",
    "Unit",
    "UnitParams",
    "load_config",
]
