"""What the jobs share: one run over one catalog and one lake, stage by stage."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from pyspark.sql import DataFrame, SparkSession

from entity_extract.catalog.answer_columns import check_columns, default_columns
from entity_extract.catalog.row_names import POSITION
from entity_extract.config import Config
from entity_extract.embedding.chosen import ChosenEncoder
from entity_extract.lake.unread import Unread
from entity_extract.learning.prediction.bundle import Bundle
from entity_extract.quality.figures import Figures
from entity_extract.runs.catalog_run import CatalogRun
from entity_extract.runs.judged_run import Counts
from entity_extract.runs.progress import Progress
from entity_extract.runs.run import Run
from entity_extract.spark.answer_rows import write_answer_rows
from entity_extract.spark.answer_table import AnswerTable
from entity_extract.spark.answers import predict_missing
from entity_extract.spark.catalog.asked import check_questions
from entity_extract.spark.catalog.rows import read_catalog
from entity_extract.spark.catalog.source import source_of
from entity_extract.spark.decided import unread
from entity_extract.spark.few_rows import counted
from entity_extract.spark.history import withdraw
from entity_extract.spark.quality import answered_figures, links_read
from entity_extract.spark.refresh import refresh
from entity_extract.spark.reread import reread_unanswered
from entity_extract.spark.runs.watchers import watchers
from entity_extract.spark.session.access import access_to
from entity_extract.spark.session.kept import kept
from entity_extract.spark.tables.lake import Lake
from entity_extract.spark.waves import distinct_links, embed_missing, read_missing


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
            asked_of_them = limit * config.catalog.questions_per_row
            rows = kept(rows.orderBy(POSITION).limit(asked_of_them))
        yield Pipeline(
            run,
            config,
            opened,
            rows,
            named=lake,
            whole=limit is None,
            answers_columns=answers_columns,
        )


class Pipeline(CatalogRun):
    """The stages of one run over one catalog and one lake; see opened_pipeline."""

    lake: Lake

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
        super().__init__(
            run, config, lake, named=named, whole=whole, answers_columns=answers_columns
        )
        self._table: AnswerTable | None = None
        self.catalog = catalog
        self.links = distinct_links(catalog)

    def check_questions(self, bundle: Bundle) -> None:
        """Raises CatalogError where the model knows nothing that the catalog asks."""
        check_questions(self.catalog, bundle.domain.entity_names)

    def _read_missing(self, progress: Progress) -> None:
        version = self.reader_version
        read_missing(self.lake, self.links, self.config, progress, reader_version=version)

    def _refresh(self, progress: Progress) -> None:
        version = self.reader_version
        refresh(self.lake, self.links, self.config, progress, reader_version=version)

    def _embed_missing(self, encoder: ChosenEncoder, progress: Progress) -> None:
        weights = access_to(self.lake.spark).share(encoder.weights.content)
        embed_missing(
            self.lake,
            self.links,
            self.config,
            weights,
            progress,
            reader_version=self.reader_version,
            encoder_version=encoder.version,
        )
        weights.unpersist()

    def _answer(self, bundle: Bundle, *, name: str) -> None:
        predict_missing(
            self.lake,
            self.catalog,
            self.config,
            bundle,
            self.run.stage,
            reader_version=self.reader_version,
            reread_version=self.reread_version,
            name=name,
        )

    def _looked_again(self, *, model_version: str, reread_version: str) -> bool:
        return reread_unanswered(
            self.lake,
            self.catalog,
            self.links,
            self.config,
            self.run.stage,
            model_version=model_version,
            reread_version=reread_version,
        )

    def _withdraw(self) -> None:
        withdraw(self.lake, self.catalog, self.config.catalog, self.run.stage)

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

    def _counts(self) -> Counts:
        return Counts(counted(self.catalog), counted(self.links))

    def _unread(self) -> list[Unread]:
        return unread(self.lake, self.links, self.reader_version)

    def _links_read(self) -> int:
        return links_read(self.lake, self.links, self.reader_version)

    def _figures(self, counts: Counts, *, read: int) -> Figures:
        about = {"rows": counts.rows, "links": counts.links, "read": read}
        return answered_figures(self.lake, self.catalog, self.config, **about)
