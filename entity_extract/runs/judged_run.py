"""How a run over one catalog and one lake ends: what it counts, says, and is judged by."""

import logging
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from entity_extract.config import Config, QualityConfig
from entity_extract.errors import NothingRead
from entity_extract.lake.files import RUNS, newest_first
from entity_extract.lake.unread import Unread, told
from entity_extract.lake.writable import WritableLake
from entity_extract.learning.prediction.bundle import Bundle
from entity_extract.quality.figures import Figures
from entity_extract.quality.judged import MANIFEST_KEY, Quality, judged, last_accepted
from entity_extract.quality.metrics import RunLabels
from entity_extract.quality.prometheus import write_metrics
from entity_extract.reading.reader_version import reader_versions
from entity_extract.runs.run import Run, summary

log = logging.getLogger(__name__)


class Counts(NamedTuple):
    """Of a catalog."""

    rows: int
    links: int  # distinct, none blank


class Manifests(Protocol):
    """What is asked of the lake's file system."""

    def names(self, path: str) -> list[str]: ...

    def read_json(self, path: str) -> Any | None: ...


def judged_in(lake: Manifests, figures: Figures, config: QualityConfig, *, trial: bool) -> Quality:
    """Against the last run of this lake that was accepted."""
    found = (lake.read_json(f"{RUNS}/{name}") for name in newest_first(lake.names(RUNS)))
    manifests: list[Mapping[str, Any]] = [one for one in found if one is not None]
    return judged(figures, last_accepted(manifests), config, trial=trial)


class JudgedRun(ABC):
    """What is counted, and what is made of it."""

    def __init__(
        self,
        run: Run,
        config: Config,
        lake: WritableLake[Any, Any],
        *,
        named: str,
        whole: bool,
        answers_columns: Sequence[str] | None,
    ) -> None:
        """`named`: the lake's root as it was typed. Of a catalog that is not `whole`, what it lacks
        says nothing of rows that the lake holds."""
        self.run = run
        self.config = config
        self.lake = lake
        self.named = named
        self.whole = whole
        self.answers_columns = answers_columns
        self.reader_version, self.reread_version = reader_versions(config)
        self.run.versions["reader_version"] = self.reader_version
        if self.reread_version is not None:
            self.run.versions["reread_version"] = self.reread_version
        self.nothing_read = False
        self.answers = False  # whether this run gives any
        self.quality: Quality | None = None  # of them, once it is finished

    def answering(self, bundle: Bundle) -> None:
        """From here on it gives answers of this model. Warns where that learned from other words
        than this run reads."""
        self.run.versions["model_version"] = bundle.version
        self.answers = True
        if not bundle.knows_reader(self.reader_version, self.config.ocr.engine):
            log.warning(
                "the model was trained on words of reader %s, this run reads with %s: other OCR "
                "settings or another Tesseract; expect worse answers until it is trained again",
                bundle.about["reader_version"],
                self.reader_version,
            )

    @abstractmethod
    def _counts(self) -> Counts:
        """Of the catalog."""

    @abstractmethod
    def _unread(self) -> list[Unread]:
        """Why links that this reader asked for have no reading."""

    @abstractmethod
    def _links_read(self) -> int:
        """How many of the catalog's links have a reading by this reader."""

    @abstractmethod
    def _figures(self, counts: Counts, *, read: int) -> Figures:
        """Of the answers that the catalog's rows have in the lake; `read`: of the links."""

    def finish(self, **more: Any) -> str:
        """Completes the manifest, with the counts that show that no row was lost, and what the
        answers are like, where this run gave any; the summary."""
        counts = self._counts()
        found = self._unread()
        lost = sum(one.links for one in found)
        self.nothing_read = 0 < counts.links == lost
        lines: list[str] = []
        if self.answers:
            # A run that has read has asked for all links; of one that has not, some may wait.
            looked = any(stage.stage == "read" for stage in self.run.stages)
            read = counts.links - lost if looked else self._links_read()
            figures, trial = self._figures(counts, read=read), not self.whole
            self.quality = judged_in(self.lake.storage, figures, self.config.quality, trial=trial)
            more[MANIFEST_KEY] = self.quality.model_dump(mode="json")
            lines = [f"  {line}" for line in self.quality.lines()]
        manifest = self.run.finish(
            catalog_rows=counts.rows,
            distinct_links=counts.links,
            links_unread={one.status.value: one.links for one in found},
            unread=[asdict(one) for one in found],
            **more,
        )
        done = summary(self.run, manifest, told(found, of=counts.links, lake=self.named))
        return "\n".join([done, *lines])

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
