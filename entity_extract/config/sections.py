"""One frozen model per section. Each function takes only its own section, never the whole tree."""

import re
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    Field,
    NonNegativeFloat,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
)

from entity_extract.config.catalog import CatalogConfig
from entity_extract.config.domain import Domain, Entity, Unit
from entity_extract.config.host_names import in_one_spelling, with_host_and_port
from entity_extract.config.jars import Coordinates
from entity_extract.config.section import Section, distinct

Fraction = Field(gt=0.0, lt=1.0)
TimeLimit = Annotated[float, Field(gt=0.0, le=1e6)]  # seconds; sockets take 24 days at most
Port = Annotated[int, Field(ge=1, le=65535)]
HostName = Annotated[str, AfterValidator(in_one_spelling)]
ProxyUrl = Annotated[str, Field(pattern=r"^http://[^@/?#\s]+$"), AfterValidator(with_host_and_port)]
AgentToken = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+$")]  # as in robots.txt, RFC 9309
HeaderText = Annotated[str, Field(pattern=r"^[ -~]*$")]  # printable ASCII: no further header


class FetchConfig(Section):
    allow_private: bool = False
    allow_hosts: tuple[HostName, ...] = ()
    deny_hosts: tuple[HostName, ...] = ()
    ports: Literal["standard", "any"] | tuple[Port, ...] = "standard"
    file_root: str | None = Field(default=None, pattern="^/")
    s3_buckets: tuple[str, ...] = ()
    s3_endpoint: str | None = Field(default=None, pattern=r"^(https?://)?[^@/\s]+/?$")
    proxy: ProxyUrl | None = None
    deadline_s: TimeLimit = 20.0
    max_bytes: PositiveInt = 20 * 2**20
    max_header_bytes: PositiveInt = 64 * 2**10
    max_redirects: NonNegativeInt = 5
    max_attempts: PositiveInt = 3
    refresh_hours: NonNegativeFloat = 0.0
    retries: NonNegativeInt = 2
    backoff_s: PositiveFloat = 0.5
    max_wait_s: NonNegativeFloat = 30.0
    threads: PositiveInt = 16
    stalled_s: PositiveFloat = 0.5
    max_stalled: NonNegativeInt = 112
    per_host: PositiveInt = 8
    per_host_rate: NonNegativeFloat = 20.0
    host_rate_total: NonNegativeFloat = 0.0
    down_after: PositiveInt = 5
    down_s: PositiveFloat = 10.0
    outage_s: NonNegativeFloat = 120.0
    ahead_bytes: PositiveInt = 64 * 2**20
    user_agent: HeaderText = "entity-extract/0.1"
    accept: Annotated[str, Field(pattern=r"^[!-~][ -~]*$")] = (
        "image/jpeg,image/png,image/*;q=0.8,*/*;q=0.5"
    )
    robots: tuple[str, ...] = ("noai", "noimageai", "noindex", "noimageindex")
    robots_agent: AgentToken | None = None

    @property
    def token(self) -> str:
        """The name, in small letters, by which X-Robots-Tag speaks to us alone."""
        return (self.robots_agent or self.user_agent.partition("/")[0]).strip().lower()

    def shared_by(self, tasks: int) -> "FetchConfig":
        """For each of so many tasks at once: together they ask no host faster than
        host_rate_total. Links are hashed over tasks, so each has about the same share of a host's.
        """
        if not self.host_rate_total:
            return self
        share = self.host_rate_total / tasks
        return self.model_copy(update={"per_host_rate": min(self.per_host_rate or share, share)})


class ImageConfig(Section):
    max_pixels: PositiveInt = 40_000_000
    min_side: PositiveInt = 8
    allow_truncated: bool = False
    thumbnail_px: PositiveInt = 256
    thumbnail_quality: int = Field(default=90, ge=1, le=100)


# How a picture is changed for a second look, see reading/looks.py.
Look = Literal["contrast", "enlarged", "slanted", "tilted_left", "tilted_right"]
OcrStep = Literal["light", "turned", "slanted", "line_classifier", "spaces", "second_look"]


def _languages(joined: str) -> str:
    names = joined.split("+")
    if not all(re.fullmatch(r"(?:script/)?[A-Za-z]\w*", name, re.ASCII) for name in names):
        raise ValueError('Tesseract\'s names of languages, joined by "+", such as "eng+jpn"')
    distinct(tuple(names))
    return joined


class OcrConfig(Section):
    engine: str = "auto"
    engines: Annotated[tuple[str, ...], Field(min_length=2), AfterValidator(distinct)] = (
        "rapidocr",
        "tesseract",
    )
    text_detector: Literal["tesseract", "ppocr"] = "tesseract"
    backend: Literal["auto", "tesserocr", "pytesseract"] = "auto"
    language: Annotated[str, AfterValidator(_languages)] = "eng"
    tessdata: str | None = None
    letter_px: PositiveFloat = 32.0
    skip: tuple[OcrStep, ...] = ()
    looks: Annotated[tuple[Look, ...], AfterValidator(distinct)] = ()
    detector_pixels: PositiveInt = 1_200_000
    tiles: NonNegativeInt = 16
    sure: float = Field(default=90.0, ge=0.0, le=100.0)
    min_conf: NonNegativeFloat = 0.0
    timeout_s: TimeLimit = 30.0


class RereadConfig(Section):
    """The second look at pictures that did not answer a question."""

    looks: Annotated[tuple[Look, ...], AfterValidator(distinct)] = ("contrast", "enlarged")
    detector_pixels: PositiveInt = 2_400_000
    share: float = Field(default=0.1, ge=0.0, le=1.0)

    @property
    def wanted(self) -> bool:
        return bool(self.looks) and self.share > 0

    def of(self, ocr: OcrConfig) -> OcrConfig:
        """How it is read then, by the first engine of several."""
        several = ocr.engine in ("auto", "both", "cascade")
        return ocr.model_copy(
            update={
                "engine": ocr.engines[0] if several else ocr.engine,
                "looks": self.looks,
                "detector_pixels": max(self.detector_pixels, ocr.detector_pixels),
            }
        )


class IsolationConfig(Section):
    """Whether and how pictures are read in a process of their own, which may crash alone."""

    process: bool = True
    extra_s: TimeLimit = 30.0
    memory_mib: PositiveInt = 2048
    attempts: PositiveInt = 2
    pictures: PositiveInt = 2000


class EmbedConfig(Section):
    encoder: str = "resnet50"
    weights: str = "imagenet"
    fallback_random: bool = False
    device: Literal["auto", "cpu", "cuda"] = "auto"
    batch_size: PositiveInt = 16
    image_px: NonNegativeInt = 0
    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    seed: int = 0
    download_timeout_s: TimeLimit = 30.0  # of silence on the line, not of the whole download


class ForestParams(Section):
    num_trees: PositiveInt = 100
    max_depth: PositiveInt = 14
    min_leaf: PositiveInt = 4
    max_rows: PositiveInt = 20_000
    feature_fraction: float = Field(default=0.3, gt=0.0, le=1.0)
    threads: NonNegativeInt = 0  # while fitting; 0 = all cores. The model is the same.


class UnitParams(Section):
    rounds: PositiveInt = 60
    learning_rate: PositiveFloat = 0.12
    leaves: PositiveInt = 15
    min_leaf: PositiveInt = 8
    max_rows: PositiveInt = 40_000
    feature_fraction: float = Field(default=0.3, gt=0.0, le=1.0)
    # Units are many and some rare: without this, their leaves run off and the log loss with them.
    lambda_l2: NonNegativeFloat = 5.0
    early_stopping_rounds: NonNegativeInt = 0
    held_out_fraction: float = Field(default=0.1, gt=0.0, lt=1.0)
    threads: NonNegativeInt = 0  # while fitting; 0 = all cores. The model is the same.


class FusionParams(Section):
    hidden: tuple[PositiveInt, ...] = (256, 128)
    dropout: float = Field(default=0.3, ge=0.0, lt=1.0)
    learning_rate: PositiveFloat = 1e-3
    weight_decay: NonNegativeFloat = 1e-3
    batch_size: PositiveInt = 64
    max_batches: PositiveInt = 128
    max_epochs: PositiveInt = 60
    patience: PositiveInt = 6
    held_out_fraction: float = Field(default=0.15, gt=0.0, lt=1.0)  # says when to stop
    value_weight: NonNegativeFloat = 1.0


class TeacherParams(Section):
    max_texts: PositiveInt = 200_000
    rounds: PositiveInt = 200
    learning_rate: PositiveFloat = 0.06
    leaves: PositiveInt = 31
    min_leaf: PositiveInt = 50


class RankerParams(Section):
    objective: Literal["binary", "lambdarank"] = "binary"
    rounds: PositiveInt = 800
    learning_rate: PositiveFloat = 0.04
    leaves: PositiveInt = 31
    min_leaf: PositiveInt = 20
    max_rows: PositiveInt = 200_000
    feature_fraction: float = Field(default=0.8, gt=0.0, le=1.0)
    lambda_l2: NonNegativeFloat = 1.0
    early_stopping_rounds: NonNegativeInt = 0
    held_out_fraction: float = Field(default=0.1, gt=0.0, lt=1.0)
    threads: NonNegativeInt = 0  # while fitting; 0 = all cores. The model is the same.


class LearningConfig(Section):
    validation_fraction: float = Field(default=0.2, gt=0.0, lt=1.0)
    split: Literal["image", "group"] = "image"
    near_duplicate_bits: NonNegativeInt = 4
    same_figures_share: float = Field(default=0.5, gt=0.0, le=1.0)
    folds: int = Field(default=5, ge=2)
    seed: int = 0
    image_components: NonNegativeInt = 48
    driver_rows: PositiveInt = 200_000
    driver_pictures: PositiveInt = 20_000
    fit_attempts: PositiveInt = 2
    fit_timeout_s: TimeLimit = 3600.0
    distributed_lightgbm: Literal["auto", "synapseml", "lightgbm"] = "auto"
    forest: ForestParams = ForestParams()
    unit: UnitParams = UnitParams()
    fusion: FusionParams = FusionParams()
    teacher: TeacherParams = TeacherParams()
    ranker: RankerParams = RankerParams()


class AugmentConfig(Section):
    """How pictures are changed each time they are learned from; all 0 leaves them as they are."""

    angle: float = Field(default=8.0, ge=0.0, le=45.0)
    quarter_turn: float = Field(default=0.1, ge=0.0, le=1.0)
    flip_horizontal: float = Field(default=0.5, ge=0.0, le=1.0)
    flip_vertical: float = Field(default=0.1, ge=0.0, le=1.0)
    scale: float = Field(default=0.1, ge=0.0, lt=1.0)
    colour: float = Field(default=0.2, ge=0.0, le=1.0)


class FinetuneConfig(Section):
    epochs: PositiveInt = 12
    patience: PositiveInt = 4
    batch_size: PositiveInt = 32
    stages: int = Field(default=5, ge=1, le=5)
    head_rate: PositiveFloat = 1e-3
    encoder_rate: PositiveFloat = 1e-4
    stage_decay: float = Field(default=0.5, gt=0.0, le=1.0)
    weight_decay: NonNegativeFloat = 0.01
    warmup_fraction: float = Field(default=0.1, ge=0.0, lt=1.0)
    clip_norm: PositiveFloat = 1.0
    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    workers: NonNegativeInt = 0
    seed: NonNegativeInt = 0
    augment: AugmentConfig = AugmentConfig()


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


class LakeConfig(Section):
    format: Literal["parquet", "delta"] = "parquet"
    wave_links: PositiveInt = 100_000
    wave_s: NonNegativeFloat = 300.0
    file_mib: PositiveFloat = 128.0
    lease_s: PositiveFloat = 60.0
    wait_s: NonNegativeFloat = 90.0  # longer than lease_s: a rerun outwaits a dead run's lease
    grace_minutes: NonNegativeFloat = 60.0
    history_days: NonNegativeFloat = 30.0


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
    lake: LakeConfig = LakeConfig()
    log: LogConfig = LogConfig()
    jars: dict[str, Coordinates] = Field(default_factory=dict)
    spark: dict[str, str] = Field(default_factory=dict)
    entities: dict[str, Entity]
    units: dict[str, Unit]

    @property
    def domain(self) -> Domain:
        return Domain(entities=self.entities, units=self.units)
