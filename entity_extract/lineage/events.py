"""One run as OpenLineage's events: that it began, and how it ended."""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from entity_extract.config import LineageConfig
from entity_extract.config.secrets import masked
from entity_extract.errors import Stopped
from entity_extract.lineage.client import PRODUCER, client_of
from entity_extract.lineage.datasets import Dataset
from entity_extract.lineage.parent import parent_of
from entity_extract.lineage.sender import Sender
from entity_extract.quality.judged import Quality
from entity_extract.version import __version__

if TYPE_CHECKING:
    from openlineage.client.facet_v2 import JobFacet, RunFacet

_NAMESPACE: Final = "entity-extract"


class _State(StrEnum):
    START = "START"
    COMPLETE = "COMPLETE"
    FAIL = "FAIL"
    ABORT = "ABORT"


@dataclass(frozen=True)
class RunAbout:
    """`about` is a sentence about the job; `run_id` is the manifest's, by which it is found in the
    lake; `engine` is what does it; `level` is that of [quality], what a bound that is not kept
    means."""

    job: str
    about: str
    run_id: str
    started: datetime
    engine: str
    engine_version: str
    level: str


class Lineage:
    """The events of one run. Sending fails and slows no run: see Sender."""

    def __init__(self, config: LineageConfig, run: RunAbout) -> None:
        """Raises UserError where OpenLineage's client cannot be made, as check_lineage does."""
        from openlineage.client.uuid import generate_static_uuid

        self._run = run
        self._namespace = config.namespace or os.environ.get("OPENLINEAGE_NAMESPACE") or _NAMESPACE
        self._parent = parent_of(os.environ)
        self._id = str(generate_static_uuid(run.started, run.run_id.encode()))
        self._sender = Sender(client_of(config), timeout_s=config.timeout_s)

    def began(self, inputs: Sequence[Dataset]) -> None:
        self._send(_State.START, inputs, (), self._facets({}))

    def ended(
        self,
        inputs: Sequence[Dataset],
        outputs: Sequence[Dataset],
        *,
        versions: Mapping[str, object],
        quality: Quality | None,
        error: BaseException | None = None,
        said: str = "",
    ) -> None:
        """`error` is what ended it, in words `said`; None where it came to its end."""
        state = _State.COMPLETE
        facets = self._facets(versions)
        if error is not None:
            state = _State.ABORT if isinstance(error, Stopped) else _State.FAIL
            facets["errorMessage"] = _error(said)
        if quality is not None:
            facets["test"] = _tests(quality, self._run.level)
        self._send(state, inputs, outputs, facets)
        self._sender.close()

    def _send(
        self,
        state: _State,
        inputs: Iterable[Dataset],
        outputs: Iterable[Dataset],
        facets: "dict[str, RunFacet]",
    ) -> None:
        from openlineage.client.event_v2 import Job, Run, RunEvent, RunState

        event = RunEvent(
            eventType=RunState[state],
            eventTime=datetime.now(UTC).isoformat(timespec="milliseconds"),
            run=Run(self._id, facets),
            job=Job(self._namespace, self._run.job, self._job_facets()),
            inputs=[one.as_input() for one in inputs],
            outputs=[one.as_output() for one in outputs],
            producer=PRODUCER,
        )
        self._sender.send(event)

    def _job_facets(self) -> "dict[str, JobFacet]":
        from openlineage.client.facet_v2 import documentation_job, job_type_job

        return {
            "documentation": documentation_job.DocumentationJobFacet(self._run.about),
            "jobType": job_type_job.JobTypeJobFacet("BATCH", self._run.engine.upper(), "JOB"),
        }

    def _facets(self, versions: Mapping[str, object]) -> "dict[str, RunFacet]":
        from openlineage.client.facet_v2 import parent_run, processing_engine_run, tags_run

        made_by = {name: of for name, of in versions.items() if name.endswith("_version")}
        told = {"run_id": self._run.run_id, **made_by}
        found: dict[str, RunFacet] = {
            "processing_engine": processing_engine_run.ProcessingEngineRunFacet(
                self._run.engine_version, self._run.engine, __version__
            ),
            "tags": tags_run.TagsRunFacet(
                [
                    tags_run.TagsRunFacetFields(name, masked(str(value)), _NAMESPACE)
                    for name, value in told.items()
                ]
            ),
        }
        if self._parent is not None:
            run, root = self._parent
            found["parent"] = parent_run.ParentRunFacet(
                run=parent_run.Run(run.run_id),
                job=parent_run.Job(run.namespace, run.job),
                root=parent_run.Root(
                    run=parent_run.RootRun(root.run_id),
                    job=parent_run.RootJob(root.namespace, root.job),
                ),
            )
        return found


def _error(said: str) -> "RunFacet":
    from openlineage.client.facet_v2 import error_message_run

    return error_message_run.ErrorMessageRunFacet(masked(said), programmingLanguage="python")


def _tests(quality: Quality, level: str) -> "RunFacet":
    """The bounds of [quality], kept or not."""
    from openlineage.client.facet_v2 import test_run

    severity = {"error": "error", "warning": "warn"}[level]
    return test_run.TestRunFacet(
        [
            test_run.TestExecution(
                name=check.key,
                status="pass" if check.passed else "fail",
                severity=severity,
                type=check.figure,
                description=str(check),
                expected=f"{check.side} {check.bound:g}",
                actual=f"{check.value:g}",
                params={"entity": check.entity},
            )
            for check in quality.checks
        ]
    )
