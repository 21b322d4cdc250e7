"""The lake's own small files: what counts, which version it has, who writes, what ran.

They are read here without Spark or Java, from local disk, s3a:// and hdfs://; spark/tables/ writes
them.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Literal, TypeVar

import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.fs as pafs
from pydantic import BaseModel, ValidationError

from entity_extract.errors import UserError
from entity_extract.lake.file_systems import opened

# Raise it when a lake of the version before can no longer be read as it is. 1 had no _waves.json.
SCHEMA_VERSION = 2

MARK = "_lake.json"
LEASE = "_lease"
RUNS = "runs"
STAGING = "_staging"
WAVES = "_waves.json"  # in each table's folder; Spark, pandas and pyarrow skip names with "_"
OPEN = "-open"  # ends the name of a wave whose rows a later run tries again
KEPT = "-kept"  # a wave of rows copied from ones of which others were replaced
PLACEHOLDER = "wave=empty"
# To replace a file is one step on local disk and HDFS. For webhdfs and abfs Hadoop deletes the old
# one first: for a moment, or for good after a crash, the new one is whole under this name alone.
TEMPORARY = ".tmp"
# From a server the length comes first and the content in a second request: of a file that is
# replaced between them by a longer one a part is read.
_LOOKS = 3

LakeFormat = Literal["parquet", "delta"]
_Model = TypeVar("_Model", bound=BaseModel)


class Wave(BaseModel, frozen=True):
    """A folder of Parquet files that counts, whole. `rows` by their status, where they have one."""

    name: str  # wave=<run>-<stage><number>, then perhaps -kept<number>, then perhaps -open
    rows: int
    by_status: dict[str, int] = {}

    @property
    def open(self) -> bool:
        return self.name.endswith(OPEN)


class Waves(BaseModel, frozen=True):
    """What a table holds: these waves and nothing else. `version` grows with each change."""

    version: int = 0
    waves: tuple[Wave, ...] = ()

    def changed(self, *, without: Sequence[str], plus: Sequence[Wave]) -> "Waves":
        gone = frozenset(without)
        kept = (wave for wave in self.waves if wave.name not in gone)
        return Waves(version=self.version + 1, waves=(*kept, *plus))

    def holds(self, other: "Waves") -> bool:
        """Whether each of the other's waves counts here, too."""
        return {wave.name for wave in other.waves} <= {wave.name for wave in self.waves}


def waves_of(counts: Iterable[tuple[str, str, int]]) -> tuple[Wave, ...]:
    """(wave, status, rows) -> waves, by name; a status of "" says that rows have none."""
    found: dict[str, dict[str, int]] = {}
    for wave, status, rows in counts:
        found.setdefault(wave, {})[status] = rows
    return tuple(
        Wave(
            name=name,
            rows=sum(by_status.values()),
            by_status={status: by_status[status] for status in sorted(by_status) if status},
        )
        for name, by_status in sorted(found.items())
    )


_STATUS: Final = pa.schema([("status", pa.string())])


def waves_in(folders: Mapping[str, Path], *, has_status: bool) -> tuple[Wave, ...]:
    """Folders of Parquet files, by the names of their waves -> the waves, with the rows that their
    files have."""
    counts: list[tuple[str, str, int]] = []
    for name, folder in folders.items():
        files = sorted(folder.glob("*.parquet"))
        rows = ds.dataset(files, format="parquet", schema=_STATUS if has_status else None)
        if has_status:  # none where a file has no such column
            found = Counter(rows.to_table(columns=["status"])["status"].to_pylist())
            counts += ((name, status, number) for status, number in found.items())
        elif held := rows.count_rows():
            counts.append((name, "", held))
    return waves_of(counts)


def rows_by_status(waves: Iterable[Wave]) -> Counter[str]:
    """Of all `waves` together; rows that have no status are not counted."""
    counts: Counter[str] = Counter()
    for wave in waves:
        counts.update(wave.by_status)
    return counts


def newest_first(names: Iterable[str]) -> list[str]:
    """Of what is in lake/runs, the manifests: their names begin with the time of the start."""
    return sorted((name for name in names if name.endswith(".json")), reverse=True)


def latest_version(manifests: Iterable[Mapping[str, Any]], kind: str) -> str | None:
    """Of a kind (reader_version, …) the version that the latest run with one used.

    `manifests` come newest first; no more of them are asked for than needed.
    """
    return next((found for run in manifests if (found := run["versions"].get(kind))), None)


def standing(path: str, read: Callable[[str], str | None]) -> str | None:
    """The text of a JSON file, wherever it stands while, or since, it was replaced; None where it
    is absent. `read` gives a file's text, None where there is none."""
    text = read(path)
    if text is None:
        text = read(f"{path}{TEMPORARY}")
        if text is None or not _is_whole(text):
            text = read(path)  # it has been put there since, or was never whole
    return text


def _is_whole(text: str) -> bool:
    """Whether JSON that was being written was written to its end."""
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


class Mark(BaseModel, frozen=True):
    """What the lake is: written once, when it is made."""

    schema_version: int
    format: LakeFormat

    def check(self, root: str, wanted: LakeFormat | None = None) -> None:
        """Raises UserError where this package, or this configuration, is for other lakes."""
        if self.schema_version > SCHEMA_VERSION:
            raise UserError(
                f"{root}: the lake has schema version {self.schema_version}, this package knows "
                f"up to {SCHEMA_VERSION}; use the package that wrote it, or a newer one"
            )
        if wanted is not None and self.format != wanted:
            raise UserError(
                f"{root}: the lake's tables are {self.format}; set lake.format={self.format}, or "
                "name another --lake"
            )


class LakeFiles:
    """A lake's root on any file system that pyarrow knows; paths are relative to it."""

    def __init__(self, root: str | Path) -> None:
        """Raises UserError where the root's scheme is not one that can be opened here."""
        self.root = str(root)
        self._fs, self._base = opened(self.root)

    def read_json(self, path: str) -> Any | None:
        """Parsed JSON, None where there is no such file. Raises UserError where it is no JSON."""
        said: ValueError | None = None
        for _ in range(_LOOKS):
            text = standing(path, self.read_text)
            try:
                return None if text is None else json.loads(text)
            except ValueError as err:
                said = err
        raise UserError(f"{self.root}/{path}: {said}")

    def read_text(self, path: str) -> str | None:
        try:
            with self._fs.open_input_stream(f"{self._base}/{path}") as stream:
                return str(stream.read().decode("utf-8"))
        except FileNotFoundError:
            return None

    def names(self, path: str) -> list[str]:
        """Names in a folder, sorted; empty where there is none."""
        found = self._fs.get_file_info(_all_in(f"{self._base}/{path}"))
        return sorted(info.base_name for info in found)

    def silent_s(self, path: str) -> float | None:
        """Seconds since a file, wherever it stands, was last written; None where its file system
        does not tell."""
        place = f"{self._base}/{path}"
        found = self._fs.get_file_info([place, f"{place}{TEMPORARY}"])
        written = [info.mtime for info in found if info.mtime is not None]
        return (datetime.now(UTC) - max(written)).total_seconds() if written else None

    def mark(self) -> Mark | None:
        found = self.read_json(MARK)
        return None if found is None else parsed(Mark, found, f"{self.root}/{MARK}")

    def tables(self, held_as: LakeFormat) -> list[str]:
        """Names of the folders that hold a table, be it declared or not; sorted."""
        found = self._fs.get_file_info(_all_in(self._base))
        folders = (info.base_name for info in found if info.type == pafs.FileType.Directory)
        return sorted(name for name in folders if self._is_table(name, held_as))

    def _is_table(self, folder: str, held_as: LakeFormat) -> bool:
        lists = ("_delta_log",) if held_as == "delta" else (WAVES, f"{WAVES}{TEMPORARY}")
        found = self._fs.get_file_info([f"{self._base}/{folder}/{name}" for name in lists])
        return any(info.type != pafs.FileType.NotFound for info in found)

    def waves(self, table: str) -> Waves | None:
        """None where the table has no list of waves: it is absent, or of another format."""
        found = self.read_json(f"{table}/{WAVES}")
        return None if found is None else parsed(Waves, found, f"{self.root}/{table}/{WAVES}")

    def dataset(self, table: str) -> ds.Dataset | None:
        """The published rows of a table; None where it has none yet. Raises UserError.

        A writer deletes the waves that it has replaced, once they no longer count: those that
        still count after their files were listed were there, whole.
        """
        mark = self.mark()
        if mark is not None:
            mark.check(self.root)
            if mark.format == "delta":
                return self._delta(table)
        for _ in range(_LOOKS):
            waves = self.waves(table)
            if waves is None or not waves.waves:
                return None
            files = {wave.name: self._parquet_in(f"{table}/{wave.name}") for wave in waves.waves}
            if (held := self.waves(table)) is not None and held.holds(waves):
                self._require(files, table)
                paths = sorted(path for found in files.values() for path in found)
                return ds.dataset(paths, filesystem=self._fs, format="parquet")
        raise UserError(f"{self.root}/{table} was changed whenever it was looked at: try again")

    def _parquet_in(self, folder: str) -> list[str]:
        found = self._fs.get_file_info(_all_in(f"{self._base}/{folder}"))
        return [info.path for info in found if info.path.endswith(".parquet")]

    def _require(self, files: Mapping[str, Sequence[str]], table: str) -> None:
        """Raises UserError where a wave that counts has no file."""
        for wave, found in files.items():
            if not found:
                raise UserError(
                    f"{self.root}/{table}/{wave} holds no Parquet file, though {WAVES} says that "
                    "it counts: the lake is damaged"
                )

    def _delta(self, table: str) -> ds.Dataset | None:
        try:
            from deltalake import DeltaTable
        except ImportError:
            message = 'a lake in Delta\'s format: pip install "entity-extract[delta]"'
            raise UserError(message) from None
        place = f"{self.root}/{table}"
        if not DeltaTable.is_deltatable(place):
            return None
        return DeltaTable(place).to_pyarrow_dataset()


def _all_in(folder: str) -> pafs.FileSelector:
    return pafs.FileSelector(folder, allow_not_found=True)


def parsed(model: type[_Model], content: Any, where: str) -> _Model:
    """Raises UserError, naming `where`, when the content is not the model's."""
    try:
        return model.model_validate(content)
    except ValidationError as err:
        raise UserError(f"{where} is not what this package writes: {err}") from None
