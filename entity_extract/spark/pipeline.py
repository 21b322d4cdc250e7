"""What the jobs share: one run over one catalog and one lake, stage by stage."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from pyspark.sql import DataFrame, SparkSession

from entity_extract.catalog.answer_columns import check_columns, default_columns
from entity_extract.catalog.row_names import POSITION
from entity_extract.config import Config
from entity_extract.embedding.chosen import ChosenEncoder
from entity_extract.errors import NothingRead
from entity_extract.lake.unread import told
from entity_extract.learning.prediction.asked import prediction_version
from entity_extract.learning.prediction.bundle import Bundle
from entity_extract.quality.judged import MANIFEST_KEY, Quality
from entity_extract.quality.metrics import RunLabels
from entity_extract.quality.prometheus import write_metrics
from entity_extract.reading.reader_version import reader_version
from entity_extract.runs.run import Run, summary
from entity_extract.spark.answer_rows import write_answer_rows
from entity_extract.spark.answer_table import AnswerTable
from entity_extract.spark.answers import predict_missing
from entity_extract.spark.catalog.asked import check_questions
from entity_extract.spark.catalog.rows import read_catalog
from entity_extract.spark.catalog.source import source_of
from entity_extract.spark.decided import unread
from entity_extract.spark.few_rows import counted
from entity_extract.spark.history import withdraw
from entity_extract.spark.quality import judged_run, links_read
from entity_extract.spark.refresh import refresh
from entity_extract.spark.reread import reread_unanswered
from entity_extract.spark.runs.watchers import watchers
from entity_extract.spark.session.access import access_to
from entity_extract.spark.session.kept import kept
from entity_extract.spark.tables.lake import Lake
from entity_extract.spark.waves import distinct_links, embed_missing, read_missing

log = logging.getLogger(__name__)


@contextmanager
def opened_pipeline(
    spark: SparkSession,
    run: Run,
    config: Config,
    *,
    catalog: str,
    lake: str,
    limit: int | None = None,
    answers_columns: Sequence[str] | None = None,
) -> Iterator["Pipeline"]:
    """A run with the lake to itself, recorded in its manifest from now to the end of the block.

    `limit`: over so many of the catalog's first rows. Raises UserError where another run writes to
    the lake, or answers cannot have such columns.
    """
    opened = Lake(spark, lake, config.lake)
    with (
        opened.writing(run.id, run.job),
        watchers(spark, config.log) as watching,
        run.recorded(opened, watching),
    ):
        source = source_of(spark, catalog, config.catalog)
        run.versions["catalog"] = source.name
        asked = config.domain.entity_names
        rows = read_catalog(spark, source.name, config.catalog, entities=asked)
        check_columns(answers_columns or (), rows.columns, config.catalog.columns)
        if limit is not None:
            rows = kept(rows.orderBy(POSITION).limit(limit))
        yield Pipeline(
            run,
            config,
            opened,
            rows,
            named=lake,
            whole=limit is None,
            answers_columns=answers_columns,
        )


class Pipeline:
    """The stages of one run over one catalog and one lake; see opened_pipeline."""

    def __init__(
        self,
        run: Run,
        config: Config,
        lake: Lake,
        catalog: DataFrame,
        *,
        named: str,
        whole: bool = True,
        answers_columns: Sequence[str] | None = None,
    ) -> None:
        """`named`: the lake's root as it was typed. Of a catalog that is not `whole`, what it lacks
        says nothing of rows that the lake holds."""
        self.run = run
        self.named = named
        self.whole = whole
        self.answers_columns = answers_columns
        self._table: AnswerTable | None = None
        self.config = config
        self.reader_version = reader_version(config.ocr, config.image, config.domain)
        self.run.versions["reader_version"] = self.reader_version
        self.reread_version: str | None = None
        if config.reread.wanted:
            again = config.reread.of(config.ocr)
            self.reread_version = reader_version(again, config.image, config.domain)
            self.run.versions["reread_version"] = self.reread_version
        self.lake = lake
        self.catalog = catalog
        self.links = distinct_links(catalog)
        self.nothing_read = False
        self.answers = False  # whether this run gives any
        self.quality: Quality | None = None  # of them, once it is finished

    def check_questions(self, bundle: Bundle) -> None:
        """Raises CatalogError where the model knows nothing that the catalog asks."""
        check_questions(self.catalog, bundle.domain.entity_names)

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

    def embed(self, encoder: ChosenEncoder) -> None:
        self.run.versions |= encoder.about()
        weights = access_to(self.lake.spark).share(encoder.weights.content)
        embed_missing(
            self.lake,
            self.links,
            self.config,
            weights,
            self.run.stage("embed"),
            reader_version=self.reader_version,
            encoder_version=encoder.version,
        )
        weights.unpersist()
        self.lake.embeddings.ensure()

    def predict(self, bundle: Bundle, *, reread: bool = False) -> None:
        """With `reread` pictures without a candidate are looked at again, as [reread] says, and
        their rows answered anew."""
        self.run.versions["model_version"] = bundle.version
        self.answers = True
        if not bundle.knows_reader(self.reader_version, self.config.ocr.engine):
            log.warning(
                "the model was trained on words of reader %s, this run reads with %s: other OCR "
                "settings or another Tesseract; expect worse answers until it is trained again",
                bundle.about["reader_version"],
                self.reader_version,
            )
        answer = partial(
            predict_missing,
            self.lake,
            self.catalog,
            self.config,
            bundle,
            self.run.stage,
            reader_version=self.reader_version,
            reread_version=self.reread_version,
        )
        answer()
        if reread and self._reread(bundle):
            answer(name="repredict")
        if self.whole:
            withdraw(self.lake, self.catalog, self.config.catalog, self.run.stage)
        self.lake.predictions.ensure()

    def _reread(self, bundle: Bundle) -> bool:
        if self.reread_version is None:
            return False
        return reread_unanswered(
            self.lake,
            self.catalog,
            self.links,
            self.config,
            self.run.stage,
            model_version=prediction_version(bundle, self.config.predict),
            reread_version=self.reread_version,
        )

    def open_answers(self, place: Path | str | None) -> None:
        """A table for answers is there from now on. Raises UserError where none can be."""
        if isinstance(place, str):
            found = self.lake.predictions.read()
            config = self.config.catalog
            self._table = AnswerTable(self.catalog, found, self.answers_columns, place, config)

    def write_answers(self, place: Path | str) -> None:
        """`index,prediction`, or the columns asked for, of every row, into a file; into a table,
        `table:…`, that was opened: see answer_rows and answer_table."""
        found, config = self.lake.predictions.read(), self.config.catalog
        if self._table is not None:
            self._table.merge(self.catalog, found, whole=self.whole and config.complete)
        elif isinstance(place, Path):
            columns = self.answers_columns or default_columns(config)
            write_answer_rows(self.catalog, found, columns, place, config)

    def finish(self, **more: Any) -> str:
        """Completes the manifest, with the counts that show that no row was lost, and what the
        answers are like, where this run gave any; the summary."""
        rows, links = counted(self.catalog), counted(self.links)
        found = unread(self.lake, self.links, self.reader_version)
        lost = sum(one.links for one in found)
        self.nothing_read = 0 < links == lost
        lines: list[str] = []
        if self.answers:
            self.quality = self._judged(rows=rows, links=links, lost=lost)
            more[MANIFEST_KEY] = self.quality.model_dump(mode="json")
            lines = [f"  {line}" for line in self.quality.lines()]
        manifest = self.run.finish(
            catalog_rows=rows,
            distinct_links=links,
            links_unread={one.status.value: one.links for one in found},
            **more,
        )
        done = summary(self.run, manifest, told(found, of=links, lake=self.named))
        return "\n".join([done, *lines])

    def _judged(self, *, rows: int, links: int, lost: int) -> Quality:
        # A run that has read has asked for all links; of one that has not, some may wait.
        looked = any(stage.stage == "read" for stage in self.run.stages)
        read = links - lost if looked else links_read(self.lake, self.links, self.reader_version)
        counts = {"rows": rows, "links": links, "read": read}
        return judged_run(self.lake, self.catalog, self.config, **counts, trial=not self.whole)

    def write_metrics(self, path: Path | None) -> None:
        """After `finish`. For Prometheus, to `path`, else where [quality] says, else nowhere."""
        named = path or self.config.quality.prometheus
        if self.quality is not None and named is not None:
            labels = RunLabels(self.named, self.run.job, str(self.run.versions["model_version"]))
            write_metrics(Path(named), self.quality, labels, seconds=self.run.seconds)

    def check(self) -> None:
        """After `finish`. Raises NothingRead where no link of the catalog has a reading,
        QualityBreached where the answers are not what [quality] asks for."""
        if self.nothing_read:
            raise NothingRead("not one picture of the catalog could be read: see above")
        if self.quality is not None:
            self.quality.check(self.config.quality)
