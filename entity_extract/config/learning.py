"""How a model learns: the sections [learning] and [finetune]."""

from typing import Literal

from pydantic import (
    Field,
    NonNegativeFloat,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
)

from entity_extract.config.section import Section, TimeLimit


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
