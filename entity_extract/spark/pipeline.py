"""What the jobs share: one run over one catalog and one lake, stage by stage."""

import argparse
import logging
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pyspark.sql import DataFrame, SparkSession

from entity_extract.config import Config
from entity_extract.config.command import config_of, job_parser, local
from entity_extract.judging.answers_file import write_answers
from entity_extract.learning.bundle import Bundle, default_bundle, load_bundle
from entity_extract.reading import ocr
from entity_extract.reading.picture_row import reader_version
from entity_extract.spark import catalog as catalogs
from entity_extract.spark.catalog_source import source_of
from entity_extract.spark.encoding import Encoding
from entity_extract.spark.refresh import refresh
from entity_extract.spark.runs import Run, summary
from entity_extract.spark.tables.lake import Lake
from entity_extract.spark.watchers import watchers
from entity_extract.spark.waves import answer_missing, distinct_links, embed_missing, read_missing

if TYPE_CHECKING:
    from entity_extract.learning.background import Background

log = logging.getLogger(__name__)


def table_parser(description: str) -> argparse.ArgumentParser:
    """The options of a job that reads a catalog and a lake."""
    parser = job_parser(description)
    parser.add_argument("--catalog", required=True, help="CSV, Parquet, JSON lines or Delta")
    parser.add_argument("--lake", required=True, help="root folder of the lake's tables")
    return parser


def learning_parser(description: str) -> argparse.ArgumentParser:
    """The options of a job that learns, see `checked_learning_config`."""
    parser = table_parser(description)
    parser.add_argument(
        "--labels",
        metavar="CATALOG",
        help="more labelled rows, whose pictures are not read: the habits of their categories",
    )
    parser.add_argument(
        "--texts",
        metavar="CATALOG",
        help="labelled rows with a text (catalog.text_column): which of its quantities is meant",
    )
    return parser


def answer_parser(description: str) -> argparse.ArgumentParser:
    """The options of a job that answers."""
    parser = table_parser(description)
    parser.add_argument(
        "--model", type=local, help="folder of the bundle; the package's own if not said"
    )
    parser.add_argument("--answers", type=local, help="also write index,prediction to this CSV")
    return parser


def model_of(args: argparse.Namespace) -> Bundle:
    """The bundle that the parsed arguments name. Raises BundleError."""
    return default_bundle() if args.model is None else load_bundle(args.model)


def checked_config(args: argparse.Namespace) -> Config:
    """The configuration, once all that can be wrong with it, the catalog and OCR is ruled out.

    Raises UserError. Nothing of Spark is started, so a mistake costs seconds.
    """
    config = config_of(args)
    catalogs.check_catalog(args.catalog, config.catalog)
    ocr.check(config.ocr, config.domain)
    return config


def checked_learning_config(args: argparse.Namespace) -> Config:
    """`checked_config` for a job with further catalogs to learn from."""
    config = checked_config(args)
    for further in (args.labels, args.texts):
        if further is not None:
            catalogs.check_catalog(further, config.catalog)
    return config


@contextmanager
def opened_pipeline(
    spark: SparkSession, run: Run, config: Config, *, catalog: str, lake: str
) -> Iterator["Pipeline"]:
    """A run with the lake to itself, recorded in its manifest from now to the end of the block.

    Raises UserError where another run writes to the lake.
    """
    opened = Lake(spark, lake, config.lake)
    with (
        opened.writing(run.id, run.job),
        watchers(spark) as watching,
        run.recorded(opened, watching),
    ):
        source = source_of(spark, catalog, config.catalog)
        run.versions["catalog"] = source.name
        rows = catalogs.read_catalog(spark, source.name, config.catalog)
        yield Pipeline(run, config, opened, rows)


class Pipeline:
    """The stages of one run over one catalog and one lake; see opened_pipeline."""

    def __init__(self, run: Run, config: Config, lake: Lake, catalog: DataFrame) -> None:
        self.run = run
        self.config = config
        self.reader_version = reader_version(config.ocr, config.image, config.domain)
        self.run.versions["reader_version"] = self.reader_version
        self.lake = lake
        self.catalog = catalog
        self.links = distinct_links(catalog).cache()

    def read(self) -> None:
        read_missing(
            self.lake,
            self.links,
            self.config,
            self.run.stage("read"),
            reader_version=self.reader_version,
        )
        self.lake.images.ensure()
        if self.config.fetch.refresh_hours:
            refresh(
                self.lake,
                self.links,
                self.config,
                self.run.stage("refresh"),
                reader_version=self.reader_version,
            )

    def embed(self, encoding: Encoding) -> None:
        self.run.versions |= encoding.about()
        context = self.lake.spark.sparkContext
        weights = context.broadcast(encoding.weights.content)
        embed_missing(
            self.lake,
            self.links,
            self.config,
            weights,
            self.run.stage("embed"),
            reader_version=self.reader_version,
            encoder_version=encoding.version,
        )
        weights.unpersist()
        self.lake.embeddings.ensure()

    def background(
        self, held_out_groups: Collection[str], *, labels: str | None, texts: str | None
    ) -> "Background":
        """What further labelled catalogs teach; their pictures are not looked at."""
        from entity_extract.spark.background import background_of

        spark, config = self.lake.spark, self.config
        labelled, described = (
            None if path is None else catalogs.read_catalog(spark, path, config.catalog)
            for path in (labels, texts)
        )
        return background_of(
            labelled,
            described,
            self.catalog,
            config.learning.teacher,
            text_column=config.catalog.text_column,
            seed=config.learning.seed,
            domain=config.domain,
            held_out_groups=held_out_groups,
        )

    def answer(self, bundle: Bundle) -> None:
        self.run.versions["model_version"] = bundle.version
        if not bundle.knows_reader(self.reader_version, self.config.ocr.engine):
            log.warning(
                "the model was trained on words of reader %s, this run reads with %s: other OCR "
                "settings or another Tesseract; expect worse answers until it is trained again",
                bundle.about["reader_version"],
                self.reader_version,
            )
        answer_missing(
            self.lake,
            self.catalog,
            self.config,
            bundle,
            self.run.stage("answer"),
            reader_version=self.reader_version,
        )
        self.lake.predictions.ensure()

    def write_answers(self, path: Path) -> None:
        """`index,prediction` for every catalog row, in the catalog's order.

        Where the catalog has no index, it is the row's place in the catalog, from 0. Rows come to
        the driver a partition at a time.
        """
        keys = [catalogs.ROW_KEY, catalogs.ROW_COPY]
        answers = self.lake.predictions.read().select(*keys, "prediction")
        rows = (
            self.catalog.select(*keys, "sample_id", catalogs.POSITION)
            .join(answers, keys, "left")
            .orderBy(catalogs.POSITION)
            .select("sample_id", "prediction")
        )
        numbered = enumerate(rows.toLocalIterator())
        write_answers(
            ((str(place) if row[0] is None else row[0], row[1]) for place, row in numbered), path
        )

    def finish(self, **more: Any) -> str:
        """Completes the manifest, with the counts that show that no row was lost; the summary."""
        rows, links = self.catalog.count(), self.links.count()
        return summary(self.run, self.run.finish(catalog_rows=rows, distinct_links=links, **more))
