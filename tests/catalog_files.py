"""Catalog files of text as hypothesis writes them, whole and damaged, with what they say."""

import gzip
import json
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from entity_extract.config import CatalogConfig

OWN = ("image_link", "group_id", "entity_name", "entity_value")
Row = tuple[str | None, ...]

_NASTY = [*'abé",;|\t\\ \n\r#-', "\r\n", "\u2028", "\x85", "\x0b", "\x1c", "\x00", "\x7f", "\ufeff"]
_NASTY += ['""', '\\"', '",', "商", "\U0001f6cf", "\u00a0", "NaN", "null", "\\N"]
_TEXT = st.one_of(
    st.just(""),
    st.sampled_from(["http://shop/a.jpg", "7", "007", "width", "5 inch", " x ", '24" monitor']),
    st.lists(st.sampled_from(_NASTY), max_size=6).map("".join),
)
_LONG = st.integers(1000, 70_000).map(lambda size: "long," * size)
_FURTHER = ["title", "title", "Title", "Image_Link", "", "a;b", "a|b,c", "status", 'quoted "name"']


@dataclass(frozen=True)
class Written:
    """A catalog: its files, how to read them, and their rows of OWN; None where that is open."""

    files: dict[str, bytes]
    config: CatalogConfig
    rows: list[Row] | None

    def write(self, folder: Path) -> None:
        folder.mkdir()
        for name, content in self.files.items():
            (folder / name).write_bytes(content)


@dataclass(frozen=True)
class _File:
    content: bytes
    rows: list[Row] | None
    packed: bool = False


def catalogs(most: int) -> st.SearchStrategy[Written]:
    """Of `most` files at most."""
    return csv_catalogs(most) | csv_catalogs(most) | json_catalogs(most)


@st.composite
def csv_catalogs(draw: st.DrawFn, most: int) -> Written:
    further = draw(st.lists(st.sampled_from(_FURTHER), max_size=3))
    columns = draw(st.permutations([*OWN, *further]))
    delimiters = draw(st.sampled_from([",", ";", "\t", "|", ",;\t|"]))
    escape, told = draw(st.sampled_from(["quote", "backslash"])), draw(st.booleans())
    cell = draw(st.sampled_from([_TEXT, _TEXT, _TEXT, _TEXT | _LONG]))
    told_delimiter = delimiters if told and len(delimiters) == 1 else "auto"
    config = CatalogConfig(
        delimiter=told_delimiter,
        escape=escape if told else "auto",
        encoding=draw(_ENCODING),
    )
    files = [
        draw(_csv_file(columns, cell, delimiters, escape, config))
        for _ in range(draw(st.integers(1, most)))
    ]
    return _together("csv", files, config, known=told or escape == "quote")


@st.composite
def _csv_file(
    draw: st.DrawFn,
    columns: list[str],
    cell: st.SearchStrategy[str],
    delimiters: str,
    escape: str,
    config: CatalogConfig,
) -> _File:
    delimiter = draw(st.sampled_from(delimiters))
    rows = draw(st.lists(st.tuples(*[cell] * len(columns)), max_size=6))
    lines = [
        delimiter.join(_csv_cell(cell, delimiter, escape, draw(st.booleans())) for cell in row)
        for row in [tuple(columns), *rows]
    ]
    places = [columns.index(name) for name in OWN]
    cells = [tuple(row[place] or None for place in places) for row in rows]
    labelled: list[Row] = [(*row[:3], row[3] or "") for row in cells]
    return draw(_finished(_joined(draw, lines), labelled, config))


def _together(kind: str, files: list[_File], config: CatalogConfig, *, known: bool) -> Written:
    named = {
        f"{number}.{kind}{'.gz' * file.packed}": file.content for number, file in enumerate(files)
    }
    rows = [file.rows for file in files if file.rows is not None]
    if not known or len(rows) < len(files):
        return Written(named, config, None)
    return Written(named, config, [_as_ids(row) for row in chain.from_iterable(rows)])


def _as_ids(row: Row) -> Row:
    """A group_id of NaN is pandas' way to say that there is none."""
    link, group, *more = row
    return (link, None if group == "NaN" else group, *more)


def _csv_cell(cell: str, delimiter: str, escape: str, quoted: bool) -> str:
    if not (quoted or cell.startswith('"') or any(mark in cell for mark in (delimiter, *"\r\n"))):
        return cell
    if escape == "quote":
        return '"{}"'.format(cell.replace('"', '""'))
    return '"{}"'.format(cell.replace("\\", "\\\\").replace('"', '\\"'))


def _joined(draw: st.DrawFn, lines: list[str]) -> str:
    """With one line end or several, blank lines, and an end behind the last or none."""
    ends = st.sampled_from(draw(st.sampled_from([["\n"], ["\r\n"], ["\r"], ["\n", "\r\n", "\r"]])))
    blank = draw(st.sampled_from([[""], ["", "", "", "\n", "\r\n\r\n", "  \n"]]))
    text = "".join(line + draw(ends) + draw(st.sampled_from(blank)) for line in lines)
    return text.rstrip("\r\n") if lines[-1].rstrip() and draw(st.booleans()) else text


@st.composite
def _finished(draw: st.DrawFn, text: str, rows: list[Row] | None, config: CatalogConfig) -> _File:
    """In an encoding that its first bytes tell, or that `config` names; one of twelve cut, or with
    bytes put in; some packed."""
    encoding = config.encoding
    if encoding == "auto":
        encoding = draw(st.sampled_from(["utf-8", "utf-8", "utf-8", "utf-8-sig", "utf-16"]))
    content = text.encode(encoding, "replace")
    rows = rows if content.decode(encoding) == text else None
    if content and draw(st.integers(0, 11)) == 0:
        rows, last = None, len(content) - 1
        place = draw(st.integers(0, last) | st.integers(last // 2, last))
        put_in = draw(st.sampled_from(_PUT_IN))
        content = content[:place] + (put_in and put_in + content[place:])
    packed = draw(st.integers(0, 7)) == 0
    return _File(gzip.compress(content, mtime=0) if packed else content, rows, packed)


_PUT_IN = [b"", b"", b'"', b",", b"\\", b"\n", b"\r", b"\xe9", b"\x00", b" ", b"1,"]
_ENCODING = st.sampled_from(["auto"] * 5 + ["utf-16-be", "utf-16-le", "gb18030", "cp1252"])


@st.composite
def json_catalogs(draw: st.DrawFn, most: int) -> Written:
    columns = [*OWN, *draw(st.lists(st.sampled_from(_FURTHER), max_size=3, unique=True))]
    value = draw(st.sampled_from([_TEXT | st.none(), _TEXT | st.none() | st.booleans() | _OTHER]))
    config = CatalogConfig(encoding=draw(_ENCODING))
    files = [draw(_json_file(columns, value, config)) for _ in range(draw(st.integers(1, most)))]
    return _together("jsonl", files, config, known=True)


@st.composite
def _json_file(
    draw: st.DrawFn, columns: list[str], value: st.SearchStrategy[Any], config: CatalogConfig
) -> _File:
    full = st.fixed_dictionaries({name: value for name in columns})
    part = st.fixed_dictionaries({}, optional={name: value for name in columns})
    rows: list[dict[str, Any]] = [draw(full), *draw(st.lists(part, max_size=5))]
    ascii_only = draw(st.booleans())
    cells: list[Row] = [tuple(row.get(name) for name in OWN) for row in rows]
    plain = all(
        cell is None or (isinstance(cell, str) and "\ud83d" not in cell)
        for row in cells
        for cell in row
    )
    text = _joined(draw, [json.dumps(row, ensure_ascii=ascii_only) for row in rows])
    if draw(st.integers(0, 31)) == 0:
        plain, text = False, json.dumps(rows, indent=draw(st.sampled_from([None, 2])))
    return draw(_finished(text.replace("\ud83d cut", "cut"), cells if plain else None, config))


_NUMBER = st.integers(-(10**20), 10**20) | st.floats()
_HALF = st.just("\ud83d cut in half")  # JavaScript's substring does that
_OTHER = st.one_of(_NUMBER, _HALF, st.lists(_NUMBER | _TEXT, max_size=2), st.just({"a": {"b": 1}}))
