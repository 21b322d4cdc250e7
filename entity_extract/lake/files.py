"""The lake's own small files: what counts, which version it has, who writes, what ran.

They are read here without Spark or Java, from local disk, s3a:// and hdfs://; storage.py and
spark/tables/ write them. Which waves of a table count: see waves.py.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, TypeVar

import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.fs as pafs
from pydantic import BaseModel, ValidationError

from entity_extract.errors import UserError
from entity_extract.lake.file_systems import Either, local_root, opened
from entity_extract.lake.waves import LISTS, LOOKS, SUPERSEDED, Waves, first_complaint, newest_list

# Raise it when a lake of the version before can no longer be read as it is. 1 had no list of waves,
# 2 had one that was replaced.
SCHEMA_VERSION = 3

MARK = "_lake.json"
LEASE = "_lease"
RUNS = "runs"
STAGING = "_staging"
# To replace a file is one step on local disk and HDFS. For webhdfs and abfs Hadoop deletes the old
# one first: for a moment, or for good after a crash, the new one is whole under this name alone.
TEMPORARY = ".tmp"

# Words and thumbnail of a picture are some 15 kB, so that 4 MB are in hand, and 4 MB read ahead.
_PICTURES = 256
_IN_PIECES = ds.ParquetFragmentScanOptions(use_buffered_stream=True, pre_buffer=False)

LakeFormat = Literal["parquet", "delta"]
_Model = TypeVar("_Model", bound=BaseModel)


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
        """Raises UserError where the root's scheme is not one that can be opened here, and where it
        is a file."""
        self.root = str(root)
        self._fs, self._base = opened(self.root)
        named = local_root(self.root)
        if named is not None and Path(named).is_file():
            raise UserError(f"{root}: no lake there: it is a file, and a lake is a folder")

    def read_json(self, path: str) -> Any | None:
        """Parsed JSON, None where there is no such file. Raises UserError where it is no JSON."""
        said: ValueError | None = None
        for _ in range(LOOKS):
            # From a server the length comes first and the content in a second request: of a file
            # that is replaced between them by a longer one a part is read.
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

    def url(self, path: str) -> str:
        return f"{self.root}/{path}"

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
        return self._is_there(f"{folder}/{'_delta_log' if held_as == 'delta' else LISTS}")

    def _is_there(self, path: str) -> bool:
        info = self._fs.get_file_info(f"{self._base}/{path}")
        return bool(info.type != pafs.FileType.NotFound)

    def waves(self, table: str) -> Waves | None:
        """None where the table has no list of waves: it is absent, or of another format."""
        return newest_list(self, table)

    def dataset(self, table: str) -> ds.Dataset | None:
        """The published rows of a table; None where it has none yet. Raises UserError.

        What is replaced while it is read is read on as it was, for lake.grace_minutes.
        """
        mark = self.mark()
        if mark is not None:
            mark.check(self.root)
            if mark.format == "delta":
                return self._delta(table)
        for _ in range(LOOKS):
            waves = self.waves(table)
            if waves is None or not waves.waves:
                return None
            found = {wave.name: self._parquet_of(table, wave.name) for wave in waves.waves}
            empty = [name for name, files in found.items() if not files]
            if not empty:
                paths = sorted(path for files in found.values() for path in files)
                return ds.dataset(paths, filesystem=self._either(table), format="parquet")
            if self.waves(table) == waves:
                raise UserError(
                    f"{self.root}/{table}/{empty[0]} holds no Parquet file, though the list of "
                    "waves says that it counts: the lake is damaged"
                )
        raise UserError(f"{self.root}/{table} was changed whenever it was looked at: try again")

    def _either(self, table: str) -> pafs.FileSystem:
        """The lake's files, those of a replaced wave under the path that they had."""
        places = (f"{self._base}/{table}/", f"{self._base}/{SUPERSEDED}/{table}/")
        return pafs.PyFileSystem(Either(self._fs, *places))

    def _parquet_of(self, table: str, wave: str) -> list[str]:
        """Paths of its files as they are, or were, in the table's folder.

        A folder that is moved away while its files are listed is listed in part: only one that is
        still there afterwards was listed whole.
        """
        place = f"{table}/{wave}"
        names = self._parquet_in(place)
        if not self._is_there(place):
            names = self._parquet_in(f"{SUPERSEDED}/{place}")
        return [f"{self._base}/{place}/{name}" for name in names]

    def _parquet_in(self, folder: str) -> list[str]:
        return [name for name in self.names(folder) if name.endswith(".parquet")]

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


def batches_of(
    rows: ds.Dataset,
    columns: Sequence[str],
    where: ds.Expression | None = None,
    *,
    size: int = _PICTURES,
) -> Iterator[pa.RecordBatch]:
    """At most `size` rows at a time, of one file after the other. Arrow's own way would be to read
    sixteen batches of 131,072 rows ahead, of four files, and to hold a file's bytes to its end."""
    found: Iterator[pa.RecordBatch] = rows.to_batches(
        columns=list(columns),
        filter=where,
        batch_size=size,
        batch_readahead=1,
        fragment_readahead=1,
        fragment_scan_options=_IN_PIECES,
    )
    return found


def _all_in(folder: str) -> pafs.FileSelector:
    return pafs.FileSelector(folder, allow_not_found=True)


def parsed(model: type[_Model], content: Any, where: str) -> _Model:
    """Raises UserError, naming `where`, when the content is not the model's."""
    try:
        return model.model_validate(content)
    except ValidationError as err:
        why = first_complaint(err)
        raise UserError(f"{where} is not what this package writes: {why}") from None
