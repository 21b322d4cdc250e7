"""A table of the lake as plain Parquet: folders of files, and numbered lists of those that count.

Where a folder is renamed in one step (local disk, HDFS) a wave is written aside and moved in whole,
so that anyone who opens the table with pandas alone sees whole waves, too. On an object store it is
written in place, and only the list of waves tells. How lists and folders change: wave_log.py. Rows
that a later run will try again stand in `-open` waves of their own, so that replacing them never
rewrites settled rows. What rows are, and how they are read and written, is an engine's.
"""

import logging
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Generic, Protocol, TypeVar

from entity_extract.lake.compaction import Compacted, batched, grouped, grown_many
from entity_extract.lake.file_sizes import data_sizes, files_for
from entity_extract.lake.lease import Lease, held
from entity_extract.lake.moves import Moves
from entity_extract.lake.wave_log import Files, WaveLog, Written
from entity_extract.lake.waves import (
    KEPT,
    OPEN,
    PLACEHOLDER,
    Wave,
    Waves,
    rows_by_status,
    waves_of_stage,
)
from entity_extract.schema import TableSpec

log = logging.getLogger(__name__)

_TIDIED: Final = "-tidied"


class TableFiles(Files, Protocol):
    """What a table asks of its file system."""

    def sizes(self, path: str) -> dict[str, int]:
        """The names in a folder, and the bytes of each."""
        ...

    def write_bytes(self, path: str, content: bytes) -> None:
        """A file that nobody reads yet."""
        ...


_Storage = TypeVar("_Storage", bound=TableFiles)
Rows = TypeVar("Rows")


@dataclass
class WaveTable(ABC, Generic[_Storage, Rows]):
    """Waves are rewritten in groups of about `wave_rows` rows, in files of about `file_bytes`; the
    files of those that were replaced stay for `grace_s`."""

    storage: _Storage
    spec: TableSpec
    wave_rows: int
    file_bytes: int
    grace_s: float
    lease: Lease | None = field(default=None, kw_only=True)
    log: WaveLog = field(init=False)
    written: int = field(default=0, init=False)
    _moves: Moves = field(default_factory=Moves, init=False)

    def __post_init__(self) -> None:
        self.log = WaveLog(self.storage, self.name, grace_s=self.grace_s)

    @property
    def name(self) -> str:
        return self.spec.name

    @abstractmethod
    def _files_written(self, rows: Rows, base: str, wave: str) -> list[str]:
        """Writes rows, whose boolean column `open` tells the wave of each, into folders below
        `base`; returns the names of those that came of it."""

    @abstractmethod
    def _counted(self, base: str, names: Sequence[str]) -> tuple[Wave, ...]:
        """What the files of these waves hold."""

    @abstractmethod
    def _holding(self, names: Sequence[str], new: Written) -> Collection[str]:
        """Those of the published waves that hold a row with a key of `new`."""

    @abstractmethod
    def _but_for(self, waves: Sequence[Wave], new: Written) -> Rows:
        """The rows of published waves whose keys are none of `new`, with all columns that their
        files have, and `open`."""

    @abstractmethod
    def _whole(self, waves: Sequence[Wave], *, files: int) -> Rows:
        """All rows of published waves, to be written as so many files."""

    @abstractmethod
    def _without_rows(self) -> bytes:
        """A Parquet file of the table's columns."""

    def _listed(self) -> Waves:
        """As this run left the table; where it does not write, as it is. Raises UserError."""
        return self.log.newest() if self.lease is None or self.log.own is None else self.log.own

    def _asked(self, waves: Sequence[str] | None, *, only_open: bool | None) -> list[str]:
        """Of these waves, or of all, those that are read; see Table.read."""
        names = [wave.name for wave in self._listed().waves] if waves is None else list(waves)
        return [name for name in names if only_open in (None, name.endswith(OPEN))]

    def by_status(self) -> Mapping[str, int]:
        return rows_by_status(self._listed().waves)

    def publish(
        self, rows: Rows, wave: str, *, replace: bool, among: Collection[str] | None = None
    ) -> tuple[Wave, ...]:
        """Publishes `rows` as the wave `<run>-<stage><number>`; returns what now counts of it, be
        it that it was put together with other waves since.

        Their boolean column `open` marks what a later run should try again. Rows with the keys of
        rows in an open wave replace these; with `replace`, rows with the keys of any published row
        do. Keys that the same stage has published before are not looked for. `among` names the
        waves in which all rows that may be replaced stood when this writer read the table, where
        that is known: no file of another is opened. Raises LeaseLost.
        """
        before = self._listed()
        new = self._write(rows, wave)
        asked = before.waves
        if among is not None:
            now = self._moves.since(among)
            asked = tuple(published for published in asked if published.name in now)
        touched = self._touched(asked, new, wave, replace=replace)
        groups = batched(touched, self.wave_rows)
        kept = [
            self._write(self._but_for(group, new), f"{wave}{KEPT}{number}")
            for number, group in enumerate(groups)
        ]
        if new.waves or touched:
            self._exchange(touched, [new, *kept])
        for group, left in zip(groups, kept, strict=True):
            self._moves.add(_names(group), _names([*left.waves, *new.waves]))
        self._tidy(wave)
        self.written += sum(published.rows for published in new.waves)
        return new.waves

    def _touched(
        self, among: Sequence[Wave], new: Written, wave: str, *, replace: bool
    ) -> list[Wave]:
        """Those of the published waves that hold a row which `new` replaces."""
        own = waves_of_stage(wave)
        asked = [
            published
            for published in among
            if (replace or published.open)
            and (KEPT in published.name or not published.name.startswith(own))
        ]
        if not asked or not new.waves:
            return []
        found = self._holding(_names(asked), new)
        return [published for published in asked if published.name in found]

    def _tidy(self, wave: str) -> None:
        """Waves are as small as their stage is slow, and there are more of them the longer it
        takes: where small ones are many, they are put together."""
        groups = grown_many(self._listed().waves, self.wave_rows)
        for number, group in enumerate(groups):
            folders = (f"{self.name}/{of.name}" for of in group)
            found = [size for folder in folders for size in data_sizes(self.storage, folder)]
            files = files_for(found, self.file_bytes)
            self._replace(group, self._whole(group, files=files), f"{wave}{_TIDIED}{KEPT}{number}")
        if groups:
            log.info("%s: %d small waves were put together", self.name, sum(map(len, groups)))

    def _exchange(self, old: Sequence[Wave], new: Sequence[Written]) -> None:
        """Makes `new` count in place of `old`, in one step."""
        self.log.publish(held(self.lease), without=_names(old), plus=new)

    def _replace(self, waves: Sequence[Wave], rows: Rows, wave: str) -> None:
        """Publishes `rows` in place of these waves, of which they are what is left."""
        written = self._write(rows, wave)
        self._exchange(waves, [written])
        self._moves.add(_names(waves), _names(written.waves))

    def _staged(self, wave: str) -> str:
        return f"{held(self.lease).staging}/{self.name}/{wave}"

    def _write(self, rows: Rows, wave: str) -> Written:
        """Writes the files of a wave: aside where they can be moved, else where they will stay.

        Raises RuntimeError where the table has a wave of that name.
        """
        for name in own_names(wave):
            if self.storage.exists(f"{self.name}/{name}"):
                raise RuntimeError(f"{self.storage.url(self.name)} has a {name} already")
        base = self._staged(wave) if self.storage.renames else self.name
        return Written(base, self._counted(base, self._files_written(rows, base, wave)))

    def ensure(self) -> None:
        """A table without a row opens as a table, too."""
        if self._listed().waves or self.storage.exists(f"{self.name}/{PLACEHOLDER}"):
            return
        staged = self._staged(PLACEHOLDER)
        self.storage.write_bytes(f"{staged}/part-0.parquet", self._without_rows())
        self.storage.move(staged, f"{self.name}/{PLACEHOLDER}")

    def fence(self) -> None:
        self.log.fence(held(self.lease))

    def recover(self, gone: Collection[str]) -> None:
        self.log.recover(held(self.lease), gone)

    def adopt(self) -> None:
        names = sorted(self.log.folders())
        if names:
            log.warning(
                "taking over %d waves of %s from a lake of version 1", len(names), self.name
            )
        self.log.adopt(self._counted(self.name, names))

    def compact(self, wave: str, *, rows: int) -> Compacted:
        """Puts waves of fewer than `rows` rows together, and files smaller than they need be."""
        waves = self._listed().waves
        folders = {of.name: f"{self.name}/{of.name}" for of in waves}
        sizes = {name: data_sizes(self.storage, folder) for name, folder in folders.items()}
        surplus = {
            name for name, found in sizes.items() if len(found) > files_for(found, self.file_bytes)
        }
        groups = grouped(waves, rows, surplus)
        before = after = 0
        for number, group in enumerate(groups):
            found = [size for of in group for size in sizes[of.name]]
            files = files_for(found, self.file_bytes)
            self._replace(group, self._whole(group, files=files), f"{wave}{KEPT}{number}")
            before, after = before + len(found), after + files
        return Compacted(sum(len(group) - 1 for group in groups), before - after)

    def purge(self, *, retain_hours: float) -> None:
        """By its own grace period, which is not Delta's."""
        self.log.expire(held(self.lease))


def own_names(wave: str) -> tuple[str, str]:
    """The folders of a wave: of settled rows, and of those that are tried again."""
    return f"wave={wave}", f"wave={wave}{OPEN}"


def _names(waves: Iterable[Wave]) -> list[str]:
    return [wave.name for wave in waves]
