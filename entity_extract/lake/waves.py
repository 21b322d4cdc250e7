"""Which waves of a table count: numbered lists, `_waves/00000007.json`, of which the newest tells.

A change is a new list with the next number, which is made once or not at all: of two that change a
table at the same time one comes too late, see wave_log.py.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from string import digits
from typing import Final, Protocol

import pyarrow as pa
import pyarrow.dataset as ds
from pydantic import BaseModel, ValidationError

from entity_extract.errors import UserError

LISTS = "_waves"  # in each table's folder; Spark, pandas and pyarrow skip names with "_"
SUPERSEDED = "_superseded"  # <table>/<wave> that was replaced, where a folder is moved in one step
OPEN = "-open"  # ends the name of a wave whose rows a later run tries again
KEPT = "-kept"  # a wave of rows copied from ones of which others were replaced
PLACEHOLDER = "wave=empty"
LOOKS = 3  # at what is being changed, before it is said that it cannot be read


class Wave(BaseModel, frozen=True):
    """A folder of Parquet files that counts, whole. `rows` by their status, where they have one."""

    name: str  # wave=<run>-<stage><number>, then perhaps [-tidied]-kept<number> and -open
    rows: int
    by_status: dict[str, int] = {}

    @property
    def open(self) -> bool:
        return self.name.endswith(OPEN)


class Waves(BaseModel, frozen=True):
    """What a table holds: these waves and nothing else. `version` grows with each change.

    `superseded` are waves that were replaced and whose files readers may still be reading, with the
    version that named them no longer. `run_id` wrote the list.
    """

    version: int = 0
    waves: tuple[Wave, ...] = ()
    superseded: dict[str, int] = {}
    run_id: str = ""

    def changed(
        self,
        run_id: str,
        *,
        without: Sequence[str] = (),
        plus: Sequence[Wave] = (),
        forget: Sequence[str] = (),
    ) -> "Waves":
        """The next version; `forget` are superseded waves that nobody reads any more."""
        version, gone, aged = self.version + 1, frozenset(without), frozenset(forget)
        kept = (wave for wave in self.waves if wave.name not in gone)
        still = {name: since for name, since in self.superseded.items() if name not in aged}
        superseded = still | dict.fromkeys(sorted(gone), version)
        return Waves(version=version, waves=(*kept, *plus), superseded=superseded, run_id=run_id)

    @property
    def names(self) -> frozenset[str]:
        return frozenset(wave.name for wave in self.waves)


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


def waves_of_stage(wave: str) -> str:
    """How the names of all waves begin that the stage of `wave`, `<run>-<stage><number>`,
    publishes. Another stage of the run may have published the same keys: READ, then a refresh."""
    run, _, last = wave.rpartition("-")
    return f"wave={run}-{last.rstrip(digits)}" if run else f"wave={wave}-"


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


def first_complaint(err: ValidationError) -> str:
    """Of what is wrong with a small file, the first thing, in one line."""
    first = err.errors(include_url=False, include_input=False)[0]
    place = ".".join(map(str, first["loc"]))
    return f"{place}: {first['msg']}" if place else first["msg"]


class SmallFiles(Protocol):
    """What reading the newest list asks of a file system; paths are relative to the lake's root."""

    def names(self, path: str) -> list[str]:
        """Names in a folder; empty where there is none."""
        ...

    def read_text(self, path: str) -> str | None:
        """None where there is no such file."""
        ...

    def url(self, path: str) -> str: ...


_LIST = re.compile(r"(\d{8,})\.json")


def list_path(table: str, version: int) -> str:
    return f"{table}/{LISTS}/{version:08}.json"


def version_of(name: str) -> int | None:
    """Of a list, by the name of its file; None where that is no list's."""
    found = _LIST.fullmatch(name)
    return int(found[1]) if found else None


def newest_list(files: SmallFiles, table: str) -> Waves | None:
    """The waves that count; None where the table has no list.

    A listing may come late, and a list that it names may be cleared away since: what follows the
    newest one that was listed is asked for by name. Raises UserError.
    """
    for _ in range(LOOKS):
        listed = (version_of(name) for name in files.names(f"{table}/{LISTS}"))
        version = max((number for number in listed if number is not None), default=0)
        text = files.read_text(list_path(table, version)) if version else None
        if version and text is None:
            continue
        while (later := files.read_text(list_path(table, version + 1))) is not None:
            version, text = version + 1, later
        if text is None:
            return None
        try:
            return Waves.model_validate_json(text)
        except ValidationError as err:
            where = files.url(list_path(table, version))
            why = first_complaint(err)
            raise UserError(f"{where} is not what this package writes: {why}") from None
    raise UserError(f"{files.url(table)} was changed whenever it was looked at: try again")
