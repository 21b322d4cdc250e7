"""The backends that `jobs.train --backend` knows, by name."""

import logging
from collections.abc import Mapping
from typing import Protocol

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from entity_extract.config import LearningConfig
from entity_extract.embedding.chosen import ChosenEncoder
from entity_extract.embedding.named import dimension_of, encoder_spec, side_of
from entity_extract.learning.training.backend import Backend
from entity_extract.learning.training.local_backend import LocalBackend
from entity_extract.learning.training.split_table import TrainingTable, training_table
from entity_extract.quantities.candidates import limits_of
from entity_extract.spark.distributed.backend import DistributedBackend
from entity_extract.spark.distributed.lightgbm import check_allocation, way_of
from entity_extract.spark.driver_room import EXAMPLE, require_room
from entity_extract.spark.few_rows import counted
from entity_extract.spark.pipeline import Pipeline
from entity_extract.spark.stages import example_rows
from entity_extract.spark.waves import joined

_FLOAT = 4  # bytes
log = logging.getLogger(__name__)


class BackendOf(Protocol):
    """How a backend is made of a pipeline's rows; what it cannot work with, it says before."""

    def check_settings(self, settings: Mapping[str, str]) -> None:
        """Spark's, before it starts. Raises UserError."""
        ...

    def check_session(self, spark: SparkSession, config: LearningConfig) -> None:
        """Before anything is read. Raises UserError."""
        ...

    def made(self, pipeline: Pipeline, encoder: ChosenEncoder | None) -> Backend: ...


class Local:
    def check_settings(self, settings: Mapping[str, str]) -> None:
        """Any will do."""

    def check_session(self, spark: SparkSession, config: LearningConfig) -> None:
        """Any will do."""

    def made(self, pipeline: Pipeline, encoder: ChosenEncoder | None) -> LocalBackend:
        return LocalBackend(labelled_table(pipeline, encoder), pipeline.config.learning)


class Distributed:
    def check_settings(self, settings: Mapping[str, str]) -> None:
        check_allocation(settings)

    def check_session(self, spark: SparkSession, config: LearningConfig) -> None:
        log.info("LightGBM is fitted on the executors by %s", way_of(spark, config))

    def made(self, pipeline: Pipeline, encoder: ChosenEncoder | None) -> DistributedBackend:
        examples = example_rows_of(pipeline, encoder).persist()
        config = pipeline.config
        way = way_of(pipeline.lake.spark, config.learning)
        pipeline.run.versions["distributed_lightgbm"] = way
        return DistributedBackend(examples, pipeline.lake, config.learning, config.domain)


BACKENDS: Mapping[str, BackendOf] = {"local": Local(), "distributed": Distributed()}


def example_rows_of(pipeline: Pipeline, encoder: ChosenEncoder | None) -> DataFrame:
    """All that can be learned from: rows of EXAMPLE_ROW, made on executors."""
    read = joined(
        pipeline.lake,
        pipeline.catalog,
        reader_version=pipeline.reader_version,
        encoder_version=encoder.version if encoder else None,
    )
    return example_rows(read, pipeline.config.domain, limits_of(pipeline.config.predict))


def labelled_table(pipeline: Pipeline, encoder: ChosenEncoder | None) -> TrainingTable:
    """The same on the driver, split: for learning on one machine. Raises UserError where memory
    could not hold it."""
    config = pipeline.config
    labelled = pipeline.catalog.where(F.col("entity_value").isNotNull())
    each = EXAMPLE
    if encoder:  # as it came, and in the matrix that is learned from
        each += 2 * _FLOAT * dimension_of(encoder_spec(config.embed.encoder), side_of(config.embed))
    less = "train with --backend distributed, or on a part of the catalog"
    require_room(counted(labelled), each, "training on one machine", less)
    examples = example_rows_of(pipeline, encoder).toPandas()
    return training_table(examples, config.learning, config.domain)
