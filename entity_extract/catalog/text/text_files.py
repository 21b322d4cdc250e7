"""Catalogs of text, CSV and JSON lines: one strict reader of a file's bytes, for those who read
without Spark and for Spark's tasks, so that both tell the same rows."""

import codecs
import csv
import gzip
import io
import logging
import zlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from entity_extract.catalog.text.csv_rows import Seen, csv_rows, delimiter_of
from entity_extract.catalog.text.json_rows import json_rows
from entity_extract.config import CatalogConfig
from entity_extract.errors import CatalogError

log = logging.getLogger(__name__)

UNREADABLE = (OSError, EOFError, ValueError, zlib.error, csv.Error)
_HEAD = 2**16  # bytes, in which a header ends
_OF_SEVERAL_BYTES = ("utf-16", "utf-32")  # in which a line feed is
_TOLD_BY = 20  # bytes, of which ours have the shortest name in UTF-16
_MARKS = {
    codecs.BOM_UTF32_LE: "utf-32",  # before UTF-16's, with which it begins
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
Rows = Iterator[Sequence[str | None]]


@dataclass(frozen=True)
class Scan:
    """A file looked at from end to end: its columns, none where it is empty; what was recognised;
    why it cannot be read; and whether it has a row of several lines."""

    file: str
    columns: Sequence[str] = ()
    recognised: Sequence[str] = ()
    problem: str | None = None
    encoding: str = ""
    delimiter: str = ""
    several_lines: bool = False


def opened(file: Path) -> io.BufferedReader:
    if file.suffix == ".gz":  # as Hadoop has it
        return io.BufferedReader(cast(io.RawIOBase, gzip.open(file, "rb")), _HEAD)
    return io.BufferedReader(io.FileIO(file), _HEAD)


def stream_of(pieces: Iterable[bytes]) -> io.BufferedReader:
    """The pieces, one after another, as a file."""
    return io.BufferedReader(_Pieces(iter(pieces)), _HEAD)


class _Pieces(io.RawIOBase):
    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._left = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._left:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._left = memoryview(piece)
        taken = min(len(buffer), len(self._left))
        buffer[:taken], self._left = self._left[:taken], self._left[taken:]
        return taken


def scanned(stream: io.BufferedReader, file: str, found: str, config: CatalogConfig) -> Scan:
    """Every row looked at, none kept."""
    try:
        if found == "json":
            return _json_scanned(stream, file, config)
        encoding, delimiter = _encoding(stream, config), _delimiter(stream, config)
        recognised = [*_foreign(encoding), *_dialect(delimiter, config)]
        seen = Seen()
        header, rows = text_rows(stream, found, config, (), seen=seen)
        deque(rows, maxlen=0)
        return Scan(file, header, recognised, None, encoding, delimiter, seen.several_lines)
    except UNREADABLE as err:
        return Scan(file, problem=str(err))


def _json_scanned(stream: io.BufferedReader, file: str, config: CatalogConfig) -> Scan:
    encoding = _encoding(stream, config)
    keys: set[str] = set()
    for row in json_rows(_lines(stream, encoding)):
        keys.update(row)
    return Scan(file, sorted(keys), _foreign(encoding), encoding=encoding)


def _foreign(encoding: str) -> list[str]:
    return [] if encoding == "utf-8-sig" else [encoding]


def _dialect(delimiter: str, config: CatalogConfig) -> list[str]:
    told = [] if delimiter == "," else [f"cells with {delimiter!r} between them"]
    return [*told, "backslashes before quotes"] if config.escape == "backslash" else told


def _encoding(stream: io.BufferedReader, config: CatalogConfig) -> str:
    if config.encoding != "auto":
        name = codecs.lookup(config.encoding).name
        return "utf-8-sig" if name == "utf-8" else name
    head = stream.peek(_HEAD)
    marked = (name for mark, name in _MARKS.items() if head.startswith(mark))
    return next(marked, None) or _unmarked(head[:_TOLD_BY]) or "utf-8-sig"


def _unmarked(head: bytes) -> str | None:
    """UTF-16 without a mark, as SQL Server writes it: half of the bytes of a header are zero."""
    high, low = head[::2], head[1::2]
    if low and not low.strip(b"\0") and b"\0" not in high:
        return "utf-16-le"
    return "utf-16-be" if high and not high.strip(b"\0") and b"\0" not in low else None


def _delimiter(stream: io.BufferedReader, config: CatalogConfig) -> str:
    if config.delimiter != "auto":
        return config.delimiter
    head = stream.peek(_HEAD).decode(_encoding(stream, config), "ignore")
    return delimiter_of(head, config.columns)


def _lines(stream: io.BufferedReader, encoding: str) -> io.TextIOWrapper:
    return io.TextIOWrapper(stream, encoding, newline="")


def text_rows(
    stream: io.BufferedReader,
    found: str,
    config: CatalogConfig,
    keys: Sequence[str],
    *,
    below_header: bool = False,
    seen: Seen | None = None,
) -> tuple[Sequence[str], Rows]:
    """Of CSV, the header and the rows' cells below it, "" where empty; of JSON, `keys` and theirs.
    What was cut from the middle of a file is CSV `below_header`, which is then `keys`.

    `config` is a settled one. Raises one of UNREADABLE, by the line, here or while rows are taken.
    """
    encoding = _encoding(stream, config)
    if found == "json":
        rows_of_json = json_rows(_lines(stream, encoding))
        return keys, ([row.get(key) for key in keys] for row in rows_of_json)
    delimiter = _delimiter(stream, config)
    header = keys if below_header else ()
    lines = _lines(stream, encoding)
    rows = csv_rows(
        lines,
        delimiter,
        escape=config.escape,
        columns=config.columns,
        header=header,
        seen=seen,
    )
    return header or next(rows, []), rows


def config_of_parts(scans: Sequence[Scan], config: CatalogConfig) -> CatalogConfig:
    """A settled configuration by which any part of the files, cut at line feeds, is read as it is
    within the whole. Raises Uncut, with the reason, where there is none."""
    if any(scan.file.endswith(".gz") for scan in scans):
        raise Uncut("it is packed by gzip")
    if any(scan.several_lines for scan in scans):
        raise Uncut("there are line breaks inside quotes")
    written = {(scan.encoding, scan.delimiter) for scan in scans if scan.columns}
    if len(written) > 1:
        raise Uncut("its files differ in what stands between cells, or in their encoding")
    for encoding, delimiter in written:
        if encoding.startswith(_OF_SEVERAL_BYTES):
            raise Uncut(f"it is {encoding}")
        return config.model_copy(
            update={"encoding": encoding, "delimiter": delimiter or config.delimiter}
        )
    return config


class Uncut(Exception):
    """Why files have to be read from their beginning."""


def settled(
    found: str, config: CatalogConfig, scan: Callable[[CatalogConfig], Iterable[Scan]]
) -> tuple[CatalogConfig, list[Scan]]:
    """The configuration by which all files can be read, with what `scan` makes of them under it.

    How quotes are escaped cannot be told from a file's head: each way is tried on all of it.
    Raises CatalogError.
    """
    problems = []
    for escape in _escapes(found, config):
        tried = config.model_copy(update={"escape": escape})
        scans = []
        for looked_at in scan(tried):
            scans.append(looked_at)
            if looked_at.problem is not None:
                break
        else:
            return tried, scans
        problems.append(f"{looked_at.file}: not a readable {found} catalog: {looked_at.problem}")
    raise CatalogError(problems[0])


def _escapes(found: str, config: CatalogConfig) -> tuple[str, ...]:
    if found == "csv" and config.escape == "auto":
        return "quote", "backslash"
    return (config.escape,)


def columns_of(scans: Iterable[Scan]) -> dict[str, Sequence[str]]:
    """By file, none of an empty one."""
    return {scan.file: scan.columns for scan in scans}


def say_recognised(scans: Iterable[Scan]) -> None:
    for scan in scans:
        if scan.recognised:
            log.info("%s: read as %s", scan.file, ", ".join(scan.recognised))
