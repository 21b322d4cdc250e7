"""A night without news: whether all that a run hangs on is as it was when another was done.

A run that leaves nothing to be tried again notes a hash of what it began with and of what the lake
then holds. Where the next one finds the same, every row has its answer, and none would be another.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import xxhash

from entity_extract.catalog.few_files import files_here
from entity_extract.catalog.pictures import PICTURES
from entity_extract.config import CatalogConfig, Config
from entity_extract.config.secrets import masked_tree
from entity_extract.lake.file_systems import is_here
from entity_extract.lake.files import RUNS, LakeFiles, newest_first
from entity_extract.reading.reader_version import reader_versions
from entity_extract.version import __version__

SETTLED: Final = "settled"  # in the manifest of a run
_LOOKED_AT: Final = 20  # of the latest runs
_BLOCK: Final = 1 << 20
_OPTIONS: Final = ("catalog", "lake", "answers", "answers_columns")


@dataclass(frozen=True)
class Inputs:
    """What a run of `job` begins with, as a hash; taken before it reads any of it, so that what
    changes meanwhile is another the next time."""

    job: str
    lake: LakeFiles
    answers: Path | None
    began: str

    def settled(self) -> dict[str, Any]:
        """What the manifest of a run that is done is to hold; nothing where rows of the lake wait
        for another try. Sure within the lake's lease alone."""
        state = self._state()
        return {} if state is None else {SETTLED: {"state": state, "answers": self._written()}}

    def settled_by(self) -> Mapping[str, Any] | None:
        """The manifest of the run after which nothing has changed; None where there is none."""
        now = self.settled()
        for name in newest_first(self.lake.names(RUNS))[:_LOOKED_AT] if now else ():
            manifest = self.lake.read_json(f"{RUNS}/{name}") or {}
            if manifest.get("job") == self.job and manifest.get(SETTLED) == now[SETTLED]:
                return manifest
        return None

    def _state(self) -> str | None:
        held = {}
        for name in self.lake.tables("parquet"):
            waves = self.lake.waves(name)
            if waves is None or any(wave.open for wave in waves.waves):
                return None
            held[name] = [[wave.name, wave.rows] for wave in waves.waves]
        return _hash([self.began, held])

    def _written(self) -> list[int] | None:
        """Size and time of the file of answers; None where there is none."""
        if self.answers is None or not self.answers.is_file():
            return None
        found = self.answers.stat()
        return [found.st_size, found.st_mtime_ns]


def inputs_of(
    job: str, options: Mapping[str, Any], config: Config, *, model: str, encoder: str | None
) -> Inputs | None:
    """Of a run that reads, sees by this encoder and answers by this model. None where files of this
    machine cannot tell whether anything has changed: where catalog, lake or answers lie elsewhere
    or in a table, and where pictures that were read are looked at again. Raises CatalogError."""
    answers = options["answers"]
    if (
        options["limit"] is not None
        or isinstance(answers, str)
        or config.fetch.looks_again
        or config.lake.format != "parquet"
        or not is_here(options["lake"], config.spark)
    ):
        return None
    files = _contents(options["catalog"], config.catalog)
    if files is None:
        return None
    corrections = config.catalog.corrections
    began = {
        "package": __version__,
        "config": masked_tree(config.model_dump(mode="json")),
        "versions": [model, encoder, *reader_versions(config)],
        "options": {name: str(options[name]) for name in _OPTIONS},
        "catalog": files,
        "corrections": None if corrections is None else _content(Path(corrections)),
    }
    return Inputs(job, LakeFiles(options["lake"]), answers, _hash(began))


def _contents(path: str, config: CatalogConfig) -> dict[str, str] | None:
    """A hash of each of a catalog's files; None where these do not tell all."""
    here = files_here(path, config)
    if here is None or here[0] == PICTURES:  # of which the files are what is read
        return None
    return {str(file): _content(file) for file in here[1]}


def _content(file: Path) -> str:
    """A quick hash: nobody gains by deceiving his own run. 2 GB a second from memory."""
    found = xxhash.xxh3_128()
    with file.open("rb") as stream:
        while block := stream.read(_BLOCK):
            found.update(block)
    return found.hexdigest()


def _hash(content: object) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
