"""Catalog files of text as hypothesis writes them, whole and damaged, with what they say."""

import gzip
import json
from dataclasses import dataclass, field, replace
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
    """A file's name and bytes, how to read it, and its rows of OWN; None where that is open."""

    name: str
    content: bytes
    config: CatalogConfig = field(default_factory=CatalogConfig)
    rows: list[Row] | None = None


@st.composite
def csv_files(draw: st.DrawFn) -> Written:
    further = draw(st.lists(st.sampled_from(_FURTHER), max_size=3))
    columns = draw(st.permutations([*OWN, *further]))
    cell = draw(st.sampled_from([_TEXT, _TEXT, _TEXT, _TEXT | _LONG]))
    rows = draw(st.lists(st.tuples(*[cell] * len(columns)), max_size=6))
    delimiter = draw(st.sampled_from(",;\t|"))
    escape = draw(st.sampled_from(["quote", "backslash"]))
    lines = [
        delimiter.join(_csv_cell(cell, delimiter, escape, draw(st.booleans())) for cell in row)
        for row in [tuple(columns), *rows]
    ]
    told = {"delimiter": delimiter, "escape": escape} if draw(st.booleans()) else {}
    places = [columns.index(name) for name in OWN]
    cells = [tuple(row[place] or None for place in places) for row in rows]
    written = Written(
        "c.csv",
        _joined(draw, lines).encode(),
        CatalogConfig(**told),
        [(*row[:3], row[3] or "") for row in cells] if told or escape == "quote" else None,
    )
    return _packed(draw, draw(_damaged(_encoded(draw, written))))


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


def _encoded(draw: st.DrawFn, written: Written) -> Written:
    """In an encoding that its first bytes tell, or that the configuration names."""
    encoding = draw(st.sampled_from(["utf-8"] * 4 + ["utf-8-sig", "utf-16", *_NAMED]))
    try:
        content = written.content.decode().encode(encoding)
    except UnicodeEncodeError:
        return written
    named = encoding if encoding in _NAMED else "auto"
    config = written.config.model_copy(update={"encoding": named})
    return replace(written, content=content, config=config)


_NAMED = ("utf-16-be", "utf-16-le", "gb18030", "cp1252")


def _packed(draw: st.DrawFn, written: Written) -> Written:
    if draw(st.integers(0, 7)):
        return written
    name, content = f"{written.name}.gz", gzip.compress(written.content, mtime=0)
    return replace(written, name=name, content=content)


@st.composite
def _damaged(draw: st.DrawFn, written: Written) -> Written:
    """As it was, two times of three; else cut, or with bytes put in."""
    if draw(st.integers(0, 2)) or not written.content:
        return written
    last = len(written.content) - 1
    place = draw(st.integers(0, last) | st.integers(last // 2, last))
    put_in = draw(st.sampled_from([b'"', b",", b"\\", b"\n", b"\r", b"\xe9", b"\x00", b" ", b"1,"]))
    rest = b"" if draw(st.booleans()) else put_in + written.content[place:]
    return replace(written, content=written.content[:place] + rest, rows=None)


@st.composite
def json_files(draw: st.DrawFn) -> Written:
    columns = [*OWN, *draw(st.lists(st.sampled_from(_FURTHER), max_size=3, unique=True))]
    value = draw(st.sampled_from([_TEXT | st.none(), _TEXT | st.none() | st.booleans() | _OTHER]))
    full = st.fixed_dictionaries({name: value for name in columns})
    part = st.fixed_dictionaries({}, optional={name: value for name in columns})
    rows: list[dict[str, Any]] = [draw(full), *draw(st.lists(part, max_size=5))]
    ascii_only = draw(st.booleans())
    lines = [json.dumps(row, ensure_ascii=ascii_only) for row in rows]
    cells = [tuple(row.get(name) for name in OWN) for row in rows]
    plain = all(
        cell is None or (isinstance(cell, str) and "\ud83d" not in cell)
        for row in cells
        for cell in row
    )
    text = _joined(draw, lines)
    if draw(st.integers(0, 15)) == 0:
        plain, text = False, json.dumps(rows, indent=draw(st.sampled_from([None, 2])))
    written = Written("c.jsonl", text.encode("utf-8", "replace"), rows=cells if plain else None)
    return _packed(draw, draw(_damaged(_encoded(draw, written))))


_NUMBER = st.integers(-(10**20), 10**20) | st.floats()
_HALF = st.just("\ud83d cut in half")  # JavaScript's substring does that
_OTHER = st.one_of(_NUMBER, _HALF, st.lists(_NUMBER | _TEXT, max_size=2), st.just({"a": {"b": 1}}))
