"""CSV as rows, strictly: what could shift a cell, or swallow a row, is refused by its line."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from entity_extract import schema
from entity_extract.config import CatalogColumns

DELIMITERS = (",", ";", "\t", "|")
LONGEST_CELL = 2**24  # characters: a quote that never closes is found before it fills the memory
_TOLD = re.compile("sep=(.)")  # Excel's first line, for itself
_ESCAPED = re.compile(r'\\(["\\])')
_UP_TO_QUOTE = re.compile(r'(?:[^"\\]+|\\["\\]?)*')
_NAMED_AS_OURS = CatalogColumns()
_LINE_END = re.compile(r"\r\n|\r|\n")
_LINK = re.compile(r"\s*(?:https?|s3a?|file):/\S+\s*", re.I)


def delimiter_of(head: str, columns: CatalogColumns) -> str:
    """That of DELIMITERS which finds most of our columns, or else most columns, in the header."""
    header = next((line for line in io.StringIO(head, newline="") if line.strip()), "")
    if told := _TOLD.fullmatch(header.strip("\r\n")):
        return told[1]

    def found(delimiter: str) -> tuple[int, int]:
        cells = next(csv.reader([header], delimiter=delimiter))
        return len({*columns.ours} & {*cells}), len(cells)

    return max(DELIMITERS, key=found) if header else ","


@dataclass
class Seen:
    """What a reader of rows has come by so far."""

    several_lines: bool = False  # a row with a line break in a cell


def csv_rows(
    lines: Iterable[str],
    delimiter: str,
    *,
    escape: str,
    columns: CatalogColumns = _NAMED_AS_OURS,
    header: Sequence[str] = (),
    seen: Seen | None = None,
) -> Iterator[list[str]]:
    """The header, then rows of as many cells; with `header`, rows from below it. `lines` keep their
    ends, which may be mixed: LF, CRLF or CR. Blank lines are no rows. A quote inside a quoted cell
    is doubled, or, where `escape` says so, may have a backslash before it, as a backslash may.
    `columns` says which of them holds links.

    Raises ValueError: a quote that never closes or closes in another row, text behind one that
    does, another number of cells than the header's, bytes that the encoding does not know.
    """
    csv.field_size_limit(LONGEST_CELL)  # the process's; Python's own 131,072 is a page of HTML
    link_name = columns.name_of(schema.IMAGE_LINK)
    told = _doubled(lines, delimiter) if escape == "backslash" else lines
    reader = csv.reader(told, delimiter=delimiter, strict=True)
    width, before, link = len(header), 0, _place(link_name, header)
    seen = seen or Seen()
    try:
        for row in reader:
            if not width and row != ["sep=", ""] and _is_row(row):
                width, link = len(row), _place(link_name, row)
            if len(row) == width and width:
                if reader.line_num > before + 1:
                    seen.several_lines = True
                    if link is not None:
                        _require_one_row(row, delimiter, link, (before + 1, reader.line_num))
                yield row
            elif width and _is_row(row):
                raise ValueError(_ragged(row, width, before + 1, reader.line_num))
            before = reader.line_num
    except csv.Error as err:
        raise ValueError(_unclosed(err, before + 1, reader.line_num)) from None
    except UnicodeDecodeError as err:
        raise ValueError(undecodable(err, reader.line_num)) from None


def _place(name: str | None, header: Sequence[str]) -> int | None:
    return None if name is None or name not in header else header.index(name)


def _require_one_row(row: list[str], delimiter: str, link: int, lines: tuple[int, int]) -> None:
    """Raises ValueError where a cell of several lines holds the end of one row and the beginning of
    another, with a link in it: a quote that opened in the one and closed in the other."""
    for place, cell in enumerate(row):
        parts = _LINE_END.split(cell)
        ends, begins = parts[0].split(delimiter), parts[-1].split(delimiter)
        if len(parts) == 1 or (place + len(ends), len(begins)) != (len(row), place + 1):
            continue
        among = [*begins[:place], *ends]
        if _LINK.fullmatch(among[link]):
            raise ValueError(
                f"{_lines(*lines)}: a cell holds the end of a row and the beginning of another; "
                "is a quote not closed, or not doubled inside a cell?"
            )


def _is_row(row: list[str]) -> bool:
    return len(row) > 1 or bool("".join(row).strip())


def undecodable(err: UnicodeDecodeError, lines: int) -> str:
    """`lines` were decoded before. What is at fault, and the remedy."""
    if not lines and err.object.startswith(b"\x1f\x8b"):
        return "packed by gzip: its name must end in .gz"
    decoded = err.object[: err.start]
    number = lines + 1 + decoded.count(b"\n")
    return (
        f"line {number}: byte 0x{err.object[err.start]:02x} is not {err.encoding}; say which "
        "encoding it is: --set catalog.encoding=cp1252 (Western Europe), gb18030, shift_jis …"
    )


def _ragged(row: list[str], width: int, first: int, last: int) -> str:
    said = f"{_lines(first, last)}: {len(row)} cells, where the header has {width}"
    return f"{said}; is a quote not closed?" if last > first else said


def _unclosed(err: csv.Error, first: int, last: int) -> str:
    said = str(err)
    if "unexpected end" in said:
        return f"line {first}: a quote opens in this row that never closes"
    return f"{_lines(first, last)}: {said}; is a quote not closed, or not doubled inside a cell?"


def _lines(first: int, last: int) -> str:
    return f"line {first}" if last <= first else f"lines {first} to {last}"


def _doubled(lines: Iterable[str], delimiter: str) -> Iterator[str]:
    """Lines in which quotes have a backslash before them, with doubled ones instead. Outside quotes
    a backslash is itself, and inside them before anything else, as Spark's CSV writer has it."""
    inside = False
    for line in lines:
        if '"' not in line and "\\" not in line:
            yield line
            continue
        parts, place = [], 0
        while place < len(line):
            if inside:
                end = _end_of_match(line, place)
                parts.append(_ESCAPED.sub(_plain, line[place:end]) + line[end : end + 1])
                inside, place = end == len(line), end + 1
            elif line[place] == '"':
                parts.append('"')
                inside, place = True, place + 1
            else:
                end = line.find(delimiter, place) + 1 or len(line)
                parts.append(line[place:end])
                place = end
        yield "".join(parts)


def _end_of_match(line: str, place: int) -> int:
    found = _UP_TO_QUOTE.match(line, place)
    return found.end() if found else place


def _plain(escaped: re.Match[str]) -> str:
    return '""' if escaped[1] == '"' else "\\"
