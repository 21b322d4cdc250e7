"""The file of corrections while somebody writes it: each is on disk before it is confirmed."""

import csv
import fcntl
import io
import logging
import os
import re
import threading
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from entity_extract.catalog.corrections import CSV, RowId
from entity_extract.catalog.text.text_files import UNREADABLE, text_rows
from entity_extract.errors import UserError
from entity_extract.review.decisions import Correction

log = logging.getLogger(__name__)

HEADER = Correction._fields
_LAST_CELL = re.compile(rb",[0-9-]+T[0-9:]+\+00:00\Z")  # corrected_at, outside of quotes


class CorrectionStore:
    """Corrections in a CSV file, one a row of the catalog, safe for threads.

    A first one of a row is appended and flushed to the disk; one that replaces another, or is taken
    back, writes the file beside and exchanges it. Killed at any moment, the file holds each
    correction that was confirmed, whole. `parquet` is the same as Parquet, written on the way out.
    """

    def __init__(self, path: Path) -> None:
        """Raises UserError where it is another kind of file, or another review writes it."""
        if path.suffix.lower() != ".csv":
            raise UserError(f"--corrections {path}: must end in .csv; Parquet is written beside it")
        self.path = path
        self.parquet = path.with_suffix(".parquet")
        self._lock = threading.Lock()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            # Beside it, as the file itself is exchanged; a process that dies lets go of it.
            self._held = path.with_name(f".{path.name}.lock").open("w")
            fcntl.flock(self._held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._rows = {row.id: row for row in stored(path)}
        except UserError:
            self._held.close()
            raise
        except BlockingIOError:
            self._held.close()
            raise UserError(f"--corrections {path}: another review is writing it") from None
        except OSError as err:
            raise UserError(f"--corrections {path}: {err.strerror or err}") from None
        self._rewrite()

    def __enter__(self) -> "CorrectionStore":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Writes the Parquet file, and lets others write."""
        with self._lock:
            replaced(self.parquet, parquet_of(self._rows.values()))
            self._held.close()

    def get(self, row: RowId) -> Correction | None:
        with self._lock:
            return self._rows.get(row)

    def all(self) -> list[Correction]:
        """In the order in which their rows were first corrected."""
        with self._lock:
            return list(self._rows.values())

    def put(self, *corrections: Correction) -> None:
        """On disk when this returns. Raises OSError where it cannot be, or the store was closed:
        then nothing changed."""
        with self._lock:
            self._require_open()
            before = dict(self._rows)
            new = {correction.id: correction for correction in corrections}
            self._rows |= new
            try:
                if new.keys() & before.keys():
                    self._rewrite()
                else:
                    self._append(new.values())
            except OSError:
                self._rows = before
                raise

    def take_back(self, row: RowId) -> None:
        """As `put`."""
        with self._lock:
            self._require_open()
            before = dict(self._rows)
            if self._rows.pop(row, None) is not None:
                try:
                    self._rewrite()
                except OSError:
                    self._rows = before
                    raise

    def _require_open(self) -> None:
        if self._held.closed:  # a browser's connection may outlive the server's last moment
            raise OSError("the review has ended")

    def _append(self, corrections: Iterable[Correction]) -> None:
        line = csv_of(corrections, header=False)
        with self.path.open("r+b", buffering=0) as file:
            end = file.seek(0, os.SEEK_END)
            try:
                if file.write(line) != len(line):
                    raise OSError("the disk is full")
                os.fsync(file.fileno())
            except OSError:
                file.truncate(end)
                raise

    def _rewrite(self) -> None:
        replaced(self.path, csv_of(self._rows.values()))


def stored(path: Path) -> list[Correction]:
    """The lines of a file of corrections; one that a kill cut short was not confirmed, and is left
    out. None where there is no file. Raises UserError for a file of something else."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return []
    whole = _whole_lines(content)
    if len(whole) < len(content):
        log.warning("%s: the last line was cut short, and never confirmed: left out", path)
    try:
        stream: Any = io.BufferedReader(io.BytesIO(whole))
        header, lines = text_rows(stream, "csv", CSV, ())
        if tuple(header) != HEADER:
            raise ValueError(f"the columns are not {', '.join(HEADER)}")
        return [Correction(*map(str, line)) for line in lines]
    except UNREADABLE as err:
        raise UserError(f"{path}: not a file of corrections: {err}") from None


def _whole_lines(content: bytes) -> bytes:
    """Up to the last line end outside of quotes: an even number of them stands before it. A last
    line that lacks no more than its end, as an editor may leave it, is whole."""
    if content and not content.count(b'"') % 2 and _LAST_CELL.search(content):
        return content + b"\n"
    end = len(content)
    while end and (content[end - 1] != ord("\n") or content.count(b'"', 0, end) % 2):
        end = content.rfind(b"\n", 0, end - 1) + 1
    return content[:end]


def csv_of(corrections: Iterable[Correction], *, header: bool = True) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    if header:
        writer.writerow(HEADER)
    writer.writerows(corrections)
    return out.getvalue().encode("utf-8")


def parquet_of(corrections: Iterable[Correction]) -> bytes:
    rows = list(corrections)
    columns = {name: pa.array([getattr(row, name) for row in rows], "string") for name in HEADER}
    out = io.BytesIO()
    pq.write_table(pa.table(columns), out)
    return out.getvalue()


def replaced(path: Path, content: bytes) -> None:
    """`path` holds `content`, or what it held before, whatever happens; on disk when it returns."""
    partial = path.with_name(f".{path.name}.partial")
    with partial.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    os.replace(partial, path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
