"""Who may change a table of Parquet, and what becomes of its waves' folders: the protocol itself.

A change is a new list of waves with the next number, and a number is given away once. Of two who
change a table at a time one therefore comes too late and publishes nothing, whatever their clocks
and their leases say. A writer begins with a list that changes nothing, its fence: what lay there
before and no list names was left by somebody who can no longer publish it, and is cleared away.

Where a folder is renamed in one step a wave is moved in just before a list names it, and moved out,
to `_superseded`, just after one names it no longer: who looks into the table's folder alone sees
what counts. Who read the list before finds the files there for as long as the grace period.
"""

import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

from entity_extract.errors import Busy, UserError
from entity_extract.lake.waves import (
    LISTS,
    LOOKS,
    PLACEHOLDER,
    SUPERSEDED,
    SmallFiles,
    Wave,
    Waves,
    list_path,
    newest_list,
    version_of,
)

log = logging.getLogger(__name__)


class LeaseLost(Busy):
    """Another run has taken the lake over: this one was not heard of for too long."""


class Overtaken(LeaseLost):
    """The list was made, and there are later ones: of another run that went on from this list, or
    has made one of this number so long ago that it is no longer there."""


class Files(SmallFiles, Protocol):
    """What the protocol asks of a file system."""

    renames: bool  # a folder in one step

    def exists(self, path: str) -> bool: ...

    def written_ms(self, path: str) -> dict[str, int]:
        """The names in a folder, and when each was last written by the file system's clock."""
        ...

    def create(self, path: str, text: str) -> bool:
        """A file that was not there, whole; False where there is another one already."""
        ...

    def move(self, source: str, target: str) -> None:
        """Raises OSError, among others where there is no such source."""
        ...

    def remove(self, path: str) -> None: ...


class Right(Protocol):
    """The right to write, and whose it is; see Lease."""

    run_id: str
    staging: str

    def check(self) -> int:
        """The time by the file system's clock, in ms, or a little earlier. Raises LeaseLost."""
        ...


@dataclass(frozen=True)
class Written:
    """Waves whose files lie under `base` and do not count yet."""

    base: str
    waves: tuple[Wave, ...]


class WaveLog:
    """The lists and the folders of one table. Who publishes has begun with `fence`."""

    def __init__(self, files: Files, table: str, *, grace_s: float) -> None:
        """`grace_s`: how long the files of a wave that was replaced stay."""
        self.files = files
        self.table = table
        self._grace_ms = grace_s * 1000
        self.own: Waves | None = None  # as this writer left the table
        self._found: frozenset[str] = frozenset()  # before the fence
        self._found_superseded: frozenset[str] = frozenset()

    def newest(self) -> Waves:
        """Raises UserError where the table has waves but no list of those that count."""
        found = newest_list(self.files, self.table)
        if found is None and self.folders():
            raise UserError(
                f"{self.files.url(self.table)} has waves but no list in {LISTS} that says which of "
                "them count. Restore it; or, if the lake was made by version 0.1.0 of this "
                "package, run a job that writes, which takes it over"
            )
        return found or Waves()

    def folders(self) -> frozenset[str]:
        """Of the waves that lie in the table's folder, be it that they count or not."""
        names = self.files.names(self.table)
        return frozenset(name for name in names if name.startswith("wave=") and name != PLACEHOLDER)

    def adopt(self, waves: tuple[Wave, ...]) -> None:
        """The first list of a table that had none."""
        first = Waves(version=1, waves=waves)
        self.files.create(list_path(self.table, 1), first.model_dump_json(indent=1))

    def fence(self, right: Right) -> None:
        """From here on nobody who began to write earlier can change the table. Raises LeaseLost."""
        for left in reversed(range(LOOKS)):  # a sleeper may wake and make the list before we do
            before = self.newest()
            self._found = self.folders()
            self._found_superseded = frozenset(self.files.names(f"{SUPERSEDED}/{self.table}"))
            try:
                self._append(right, before)
            except LeaseLost:
                if not left:
                    raise
            else:
                return

    def recover(self, right: Right, gone: Collection[str]) -> None:
        """Clears away what interrupted runs left. After the fence; `gone` are runs that had begun
        before it, and whose staged files can no longer be moved in."""
        own = self._held()
        late = {
            name
            for name in self.folders()
            if any(name.startswith(f"wave={run_id}-") for run_id in gone)
        }
        for name in sorted((self._found | late) - own.names - own.superseded.keys()):
            log.warning("removing %s of %s: it does not count", name, self.table)
            self._discard(right, name)
        for name in sorted(self._found & own.superseded.keys()):
            self._retire(name)
        for name in sorted(self._found_superseded - own.superseded.keys()):
            self.files.remove(f"{SUPERSEDED}/{self.table}/{name}")

    def publish(self, right: Right, *, without: Sequence[str], plus: Sequence[Written]) -> None:
        """Makes `plus` count in place of the waves `without`, in one step. Raises LeaseLost."""
        right.check()  # a run that was taken for dead leaves the table's folder alone, too
        new = [wave for written in plus for wave in written.waves]
        try:
            for written in plus:
                self._place(written)
            self._append(right, self._held(), without=without, plus=new)
        except Overtaken:
            raise  # they may count
        except LeaseLost:
            for wave in new:
                self._discard(right, wave.name)
            raise
        for name in without:
            self._retire(name)
        self.files.remove(f"{self.table}/{PLACEHOLDER}")

    def expire(self, right: Right) -> None:
        """Removes replaced waves and lists whose grace period is over."""
        self._append(right, self._held())

    def _append(
        self,
        right: Right,
        before: Waves,
        *,
        without: Sequence[str] = (),
        plus: Sequence[Wave] = (),
    ) -> None:
        latest_ms = right.check() - self._grace_ms
        lists = self._lists()
        # The newest list that is older than the grace period: whoever reads by an earlier one has
        # had all of it.
        old = max((version for version, ms in lists.items() if ms <= latest_ms), default=0)
        aged = [name for name, version in before.superseded.items() if version <= old]
        after = before.changed(right.run_id, without=without, plus=plus, forget=aged)
        place = list_path(self.table, after.version)
        if not self.files.create(place, after.model_dump_json(indent=1)):
            raise LeaseLost(f"{self._late}; what this one had in hand is not published")
        if max(self._lists(), default=0) > after.version:
            # Who sleeps for longer than lists are kept may find its number free again.
            raise Overtaken(f"{self._late}; what this one had in hand is published whole or not")
        self.own = after
        for name in aged:
            self.files.remove(f"{SUPERSEDED}/{self.table}/{name}")
            self.files.remove(f"{self.table}/{name}")
        for version in sorted(version for version in lists if version <= old):
            self.files.remove(list_path(self.table, version))

    def _lists(self) -> dict[int, int]:
        """The versions of which there are lists, and when each was written."""
        found = self.files.written_ms(f"{self.table}/{LISTS}").items()
        numbered = ((version_of(name), written_ms) for name, written_ms in found)
        return {version: ms for version, ms in numbered if version is not None}

    def _held(self) -> Waves:
        """Raises RuntimeError before the fence."""
        if self.own is None:
            raise RuntimeError("publishing outside Lake.writing()")
        return self.own

    @property
    def _late(self) -> str:
        return f"{self.files.url(self.table)}: another run has written to it since this one began"

    def _place(self, written: Written) -> None:
        if written.base == self.table:
            return
        for wave in written.waves:
            source = f"{written.base}/{wave.name}"
            if self._moved(source, f"{self.table}/{wave.name}"):
                continue
            # Who takes a lake over takes away what others have staged.
            if self.newest().version != self._held().version:
                raise LeaseLost(f"{self._late}; what this one had in hand is not published")
            raise RuntimeError(f"{self.files.url(source)} is gone")
        self.files.remove(written.base)

    def _retire(self, name: str) -> None:
        if self.files.renames:
            self._moved(f"{self.table}/{name}", f"{SUPERSEDED}/{self.table}/{name}")

    def _discard(self, right: Right, name: str) -> None:
        """Removes a wave that never counted, where possible from the table's folder in one step."""
        place = f"{self.table}/{name}"
        if self.files.renames:
            aside = f"{right.staging}/discarded/{place}"
            self._moved(place, aside)
            place = aside
        self.files.remove(place)

    def _moved(self, source: str, target: str) -> bool:
        """Whether it was there; another run may have moved it, or removed it, to the same end."""
        try:
            self.files.move(source, target)
        except OSError:
            if self.files.exists(source):
                raise
            return False
        return True
