"""One run over one catalog and one lake on this machine, stage by stage, without Spark."""

import errno
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pyarrow as pa

from entity_extract.catalog.answer_columns import check_columns, default_columns
from entity_extract.config import Config
from entity_extract.embedding.chosen import ChosenEncoder
from entity_extract.errors import UserError
from entity_extract.lake.unread import Unread
from entity_extract.learning.prediction.bundle import Bundle
from entity_extract.local.answer_rows import write_answer_rows
from entity_extract.local.answers import Predicting
from entity_extract.local.catalog import check_questions, distinct_links, read_catalog
from entity_extract.local.decided import links_read, unread
from entity_extract.local.embed import embed_missing
from entity_extract.local.history import withdraw
from entity_extract.local.lake import LocalLake
from entity_extract.local.quality import answered_figures
from entity_extract.local.read import read_missing
from entity_extract.local.refresh import refresh
from entity_extract.local.reread import reread_unanswered
from entity_extract.local.source import LocalSource
from entity_extract.local.work import Counted
from entity_extract.quality.figures import Figures
from entity_extract.runs.catalog_run import CatalogRun
from entity_extract.runs.judged_run import Counts
from entity_extract.runs.progress import Progress
from entity_extract.runs.run import Run
from entity_extract.runs.watchers import followed

_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT})


@contextmanager
def opened_pipeline(
    run: Run,
    config: Config,
    *,
    catalog: str,
    lake: str,
    limit: int | None = None,
    answers_columns: Sequence[str] | None = None,
) -> Iterator["LocalPipeline"]:
    """A run with the lake to itself, recorded in its manifest from now to the end of the block.

    `limit`: over so many of the catalog's first rows. Raises UserError where another run writes to
    the lake, answers cannot have such columns, or the disk is full.
    """
    opened, counted = LocalLake(lake, config.lake), Counted()
    with (
        _told_of_a_full_disk(),
        opened.writing(run.id, run.job),
        followed(counted, config.log) as watching,
        run.recorded(opened, watching),
    ):
        source = LocalSource.of(catalog, config.catalog)
        run.versions["catalog"] = catalog
        rows = read_catalog(source, config.catalog, entities=config.domain.entity_names)
        check_columns(answers_columns or (), rows.column_names, config.catalog.columns)
        if limit is not None:
            rows = rows.slice(0, limit * config.catalog.questions_per_row)
        yield LocalPipeline(
            run,
            config,
            opened,
            rows,
            counted.add,
            named=lake,
            whole=limit is None,
            answers_columns=answers_columns,
        )


@contextmanager
def _told_of_a_full_disk() -> Iterator[None]:
    try:
        yield
    except OSError as err:
        if err.errno not in _FULL:
            raise
        raise UserError(
            "no space left on the disk of the lake; what the wave in hand had written is "
            "discarded. Free some, then run the same command again"
        ) from err


class LocalPipeline(CatalogRun):
    """The stages of one run; see opened_pipeline."""

    lake: LocalLake

    def __init__(
        self,
        run: Run,
        config: Config,
        lake: LocalLake,
        catalog: pa.Table,
        seen: Callable[[int], None],
        *,
        named: str,
        whole: bool = True,
        answers_columns: Sequence[str] | None = None,
    ) -> None:
        """`seen` is told of rows as they are done."""
        super().__init__(
            run, config, lake, named=named, whole=whole, answers_columns=answers_columns
        )
        self.catalog = catalog
        self.links = distinct_links(catalog)
        self._seen = seen

    def check_questions(self, bundle: Bundle) -> None:
        """Raises CatalogError where the model knows nothing that the catalog asks."""
        check_questions(self.catalog, bundle.domain.entity_names)

    def _read_missing(self, progress: Progress) -> None:
        version, seen = self.reader_version, self._seen
        read_missing(
            self.lake, self.links, self.config, progress, reader_version=version, seen=seen
        )

    def _refresh(self, progress: Progress) -> None:
        version, seen = self.reader_version, self._seen
        refresh(self.lake, self.links, self.config, progress, reader_version=version, seen=seen)

    def _embed_missing(self, encoder: ChosenEncoder, progress: Progress) -> None:
        embed_missing(
            self.lake,
            self.links,
            self.config,
            encoder,
            progress,
            reader_version=self.reader_version,
            seen=self._seen,
        )

    def _answer(self, bundle: Bundle, *, name: str) -> None:
        Predicting(
            self.lake,
            self.catalog,
            self.config,
            bundle,
            reader_version=self.reader_version,
            reread_version=self.reread_version,
            seen=self._seen,
        ).predict(self.run.stage, name=name)

    def _looked_again(self, *, model_version: str, reread_version: str) -> bool:
        return reread_unanswered(
            self.lake,
            self.catalog,
            self.links,
            self.config,
            self.run.stage,
            model_version=model_version,
            reread_version=reread_version,
            seen=self._seen,
        )

    def _withdraw(self) -> None:
        withdraw(self.lake, self.catalog, self.config.catalog, self.run.stage)

    def open_answers(self, place: Path | str | None) -> None:
        """Nothing to open: answers are a file. Raises UserError for a table."""
        if isinstance(place, str):
            raise UserError(f"--answers {place}: a table is written by Spark")

    def write_answers(self, place: Path | str) -> None:
        """`index,prediction`, or the columns asked for, of every row: see answer_rows."""
        columns = self.answers_columns or default_columns(self.config.catalog)
        write_answer_rows(self.catalog, self.lake, columns, Path(place), self.config.catalog)

    def _counts(self) -> Counts:
        return Counts(self.catalog.num_rows, len(self.links))

    def _unread(self) -> list[Unread]:
        return unread(self.lake, self.links, self.reader_version)

    def _links_read(self) -> int:
        return links_read(self.lake, self.links, self.reader_version)

    def _figures(self, counts: Counts, *, read: int) -> Figures:
        about = {"rows": counts.rows, "links": counts.links, "read": read}
        return answered_figures(self.lake, self.catalog, self.config, **about)
