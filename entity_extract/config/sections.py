"""One frozen model per section. Each function takes only its own section, never the whole tree."""

from typing import Annotated, Literal, Self

from pydantic import (
    Field,
    NonNegativeFloat,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
    model_validator,
)

from entity_extract.config.catalog import CatalogConfig
from entity_extract.config.domain import Domain, Entity, Unit
from entity_extract.config.fetching import FetchConfig
from entity_extract.config.jars import Coordinates
from entity_extract.config.learning import FinetuneConfig, LearningConfig
from entity_extract.config.reading import (
    EmbedConfig,
    ImageConfig,
    IsolationConfig,
    OcrConfig,
    RereadConfig,
)
from entity_extract.config.section import Fraction, Section, TimeLimit


class PredictConfig(Section):
    min_confidence: float | None = Field(default=None, ge=0.0, le=1.0)
    system: Literal["ranker", "baseline"] = "ranker"
    prefer: Literal["as labelled", "first printed", "metric", "imperial"] = "as labelled"
    max_words: PositiveInt = 3_000
    max_quantities: PositiveInt = 1_000


class EvaluateConfig(Section):
    bootstrap: PositiveInt = 1000
    gallery: NonNegativeInt = 24
    # 0.5 %: as far as rounding moves a quantity printed in two units (1.5 in beside 38 mm).
    value_tolerance: NonNegativeFloat = 0.005
    seed: int = 0


class ReviewConfig(Section):
    precision: Annotated[float, Fraction] = 0.98
    precision_of: dict[str, Annotated[float, Fraction]] = Field(default_factory=dict)
    rows: PositiveInt = 500
    fences: NonNegativeFloat = 3.0
    min_values: PositiveInt = 20


Share = Annotated[float, Field(ge=0.0, le=1.0)]


class QualityConfig(Section):
    """What a run's answers have to be like, to be accepted."""

    min_answered: Share | None = None
    min_answered_of: dict[str, Share] = Field(default_factory=dict)
    min_read: Share | None = None
    max_psi: PositiveFloat | None = None
    min_rows: PositiveInt = 500
    level: Literal["error", "warning"] = "error"
    accept: bool = False
    prometheus: str | None = None


class TrackingConfig(Section):
    """MLflow: where runs of training, tuning and evaluation are kept, and models registered."""

    uri: str | None = None
    experiment: str = Field(default="entity-extract", min_length=1)
    register_as: str | None = Field(default=None, min_length=1)
    alias: str = Field(default="challenger", pattern=r"^[A-Za-z][\w-]*$")


class LineageConfig(Section):
    """OpenLineage: where a run's events go. Neither `url` nor `file`: where its client's own
    settings say, if `enabled`."""

    enabled: bool = False
    url: str | None = Field(
        default=None, pattern=r"^https?://[^/\s]+", examples=["https://marquez.example.com"]
    )
    file: str | None = Field(default=None, min_length=1)
    namespace: str | None = Field(default=None, min_length=1)
    timeout_s: TimeLimit = 5.0

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if self.url is not None and self.file is not None:
            raise ValueError("lineage.url and lineage.file are both set: events go to one place")
        return self

    @property
    def wanted(self) -> bool:
        return self.enabled or self.url is not None or self.file is not None


class LakeConfig(Section):
    format: Literal["parquet", "delta"] = "parquet"
    wave_links: PositiveInt = 100_000
    wave_s: NonNegativeFloat = 300.0
    file_mib: PositiveFloat = 128.0
    lease_s: PositiveFloat = 60.0
    wait_s: NonNegativeFloat = 90.0  # longer than lease_s: a rerun outwaits a dead run's lease
    grace_minutes: NonNegativeFloat = 60.0
    history_days: NonNegativeFloat = 30.0
    keep_earlier_answers: bool = False


class RunConfig(Section):
    engine: Literal["auto", "local", "spark"] = "auto"


class LogConfig(Section):
    format: Literal["text", "json"] = "text"
    level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    heartbeat_s: NonNegativeFloat = 60.0


class Config(Section):
    """The whole tree, as read from the files; jobs hand each part to whom it concerns."""

    catalog: CatalogConfig = CatalogConfig()
    fetch: FetchConfig = FetchConfig()
    image: ImageConfig = ImageConfig()
    ocr: OcrConfig = OcrConfig()
    reread: RereadConfig = RereadConfig()
    isolation: IsolationConfig = IsolationConfig()
    embed: EmbedConfig = EmbedConfig()
    learning: LearningConfig = LearningConfig()
    finetune: FinetuneConfig = FinetuneConfig()
    predict: PredictConfig = PredictConfig()
    evaluate: EvaluateConfig = EvaluateConfig()
    review: ReviewConfig = ReviewConfig()
    quality: QualityConfig = QualityConfig()
    tracking: TrackingConfig = TrackingConfig()
    lineage: LineageConfig = LineageConfig()
    lake: LakeConfig = LakeConfig()
    run: RunConfig = RunConfig()
    log: LogConfig = LogConfig()
    jars: dict[str, Coordinates] = Field(default_factory=dict)
    spark: dict[str, str] = Field(default_factory=dict)
    entities: dict[str, Entity]
    units: dict[str, Unit]

    @property
    def domain(self) -> Domain:
        return Domain(entities=self.entities, units=self.units)
