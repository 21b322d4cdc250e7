"""A run that finds all as another left it: it reads no catalog, starts no Spark, and says so."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

from entity_extract.config import Config
from entity_extract.lake.unread import Unread
from entity_extract.local.lake import LocalLake
from entity_extract.quality.figures import Figures
from entity_extract.quality.judged import quality_of
from entity_extract.runs.judged_run import Counts, JudgedRun
from entity_extract.runs.run import Run
from entity_extract.runs.settled import Inputs
from entity_extract.status import status_of

log = logging.getLogger(__name__)

_STAGES: Final = ("read", "embed", "predict")  # of a run without news


@contextmanager
def opened_standing(
    run: Run,
    config: Config,
    inputs: Inputs,
    *,
    lake: str,
    answers_columns: Sequence[str] | None = None,
) -> Iterator["StandingRun | None"]:
    """Has the lake to itself, as any run; None where there is something to do. Raises UserError
    where another run writes to the lake."""
    if inputs.settled_by() is None:
        yield None
        return
    opened = LocalLake(lake, config.lake)
    with opened.writing(run.id, run.job):
        before = inputs.settled_by()  # which nobody changes from here on
        figures = None if before is None else quality_of(before)
        if before is not None and figures is not None:
            with run.recorded(opened):
                log.info("catalog, settings and lake are as run %s left them", before["run_id"])
                yield StandingRun(
                    run,
                    config,
                    opened,
                    before,
                    figures.figures,
                    named=lake,
                    answers_columns=answers_columns,
                )
            return
    yield None


class StandingRun(JudgedRun):
    """Counts what the run `before` has counted."""

    def __init__(
        self,
        run: Run,
        config: Config,
        lake: LocalLake,
        before: Mapping[str, Any],
        figures: Figures,
        *,
        named: str,
        answers_columns: Sequence[str] | None,
    ) -> None:
        super().__init__(
            run, config, lake, named=named, whole=True, answers_columns=answers_columns
        )
        run.versions |= before["versions"]
        self._before, self._found = before, figures
        for stage in (name for name in _STAGES if name in before["stages"]):
            run.stage(stage).begin(0)

    def _counts(self) -> Counts:
        return Counts(self._before["catalog_rows"], self._before["distinct_links"])

    def _unread(self) -> list[Unread]:
        return [
            Unread(status_of(one["status"]), one["links"], one["reasons"], one["different"])
            for one in self._before["unread"]
        ]

    def _links_read(self) -> int:
        return self._found.links_read

    def _figures(self, counts: Counts, *, read: int) -> Figures:
        return self._found
