"""Catalogs of text as shops hand them over: read as they are meant, or refused by the line."""

import gzip
import json
import logging
import re
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from entity_extract.catalog.files import catalog_frame, check_catalog
from entity_extract.config import CatalogConfig, ConfigError, load_config
from entity_extract.errors import CatalogError

AUTO = CatalogConfig()
OWN = ["image_link", "group_id", "entity_name", "entity_value"]
HEADER = "image_link,group_id,entity_name,entity_value,title"

Write = Callable[..., str]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write(content: str | bytes, name: str = "catalog.csv") -> str:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        return str(tmp_path / name)

    return write


def rows(path: str, config: CatalogConfig = AUTO) -> list[tuple[str | None, ...]]:
    read = catalog_frame(path, config)[OWN].itertuples(index=False, name=None)
    return [tuple(None if pd.isna(cell) else cell for cell in row) for row in read]


def refusal(path: str, config: CatalogConfig = AUTO) -> str:
    """Why the catalog is refused, by either door."""
    with pytest.raises(CatalogError) as refused:
        check_catalog(path, config)
    with pytest.raises(CatalogError):
        catalog_frame(path, config)
    return str(refused.value)


@pytest.mark.parametrize("header_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("row_end", ["\n", "\r\n", "\r"])
def test_lines_may_end_otherwise_than_the_header_does(
    write: Write, header_end: str, row_end: str
) -> None:
    lines = [f'l{number},1,width,"5\ninch"{row_end}' for number in range(1000)]
    read = rows(write("image_link,group_id,entity_name,entity_value" + header_end + "".join(lines)))
    assert len(read) == 1000
    assert {row[1:] for row in read} == {("1", "width", "5\ninch")}


def test_line_ends_may_change_from_row_to_row(write: Write) -> None:
    read = rows(write(f"{HEADER}\r\nl1,1,width,,a\nl2,1,width,,b\r\n\n\rl3,1,width,,c\rl4,1,w,,"))
    assert [row[0] for row in read] == ["l1", "l2", "l3", "l4"]
    assert {row[3] for row in read} == {""}


@pytest.mark.parametrize("title", ["title", '"title"', '""', '"""a"", b"'])
@pytest.mark.parametrize("bad", ['"A rug', '"A 24" rug"', '"'])
def test_a_quote_that_never_closes_is_refused_by_the_line_where_it_opens(
    write: Write, bad: str, title: str
) -> None:
    lines = [f"l{number},1,width,,{title}" for number in range(1000)]
    lines[3] = f"l3,1,width,,{bad}"
    assert re.search("lines? 5[ :]", refusal(write("\n".join([HEADER, *lines]))))


@pytest.mark.parametrize(
    ("header", "first", "last"),
    [
        ("image_link,group_id,entity_name,title", 'a,7,width,"rug', 'b,7,width,rug"'),
        ("image_link,group_id,entity_name,title,size", 'a,7,width,"rug,L', 'b,7,width,rug",M'),
        ("title,image_link,group_id,entity_name", '"rug,a,7,width', 'rug",b,7,width'),
        ("title;image_link;group_id;entity_name", '"rug, a;a;7;width', 'rug";b;7;width'),
        ("image_link,group_id,entity_name", '"a,7,width', 'b",7,width'),
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_quote_that_closes_in_another_row_is_refused_where_it_opens(
    write: Write, header: str, first: str, last: str, end: str
) -> None:
    between = header.replace("image_link", "http://s/c.jpg").replace("title", "x")
    lines = [line.replace(",a,", ",http://s/a.jpg,") for line in [first, between, last]]
    lines = [re.sub(r'(?<![ \w])([ab])(?=[,;"])', r"http://s/\1.jpg", line) for line in lines]
    assert "lines 3 to 5" in refusal(write(end.join([header, between, *lines, between])))


@pytest.mark.parametrize(
    "cell",
    [
        "One, two, three\nfour, five, six, seven",
        "Links:\nhttp://s/a.jpg, http://s/b.jpg",
        "http://s/a.jpg,\nhttp://s/b.jpg",
        "S,M,L\n1,2,3",
    ],
)
def test_a_cell_may_have_lines_and_commas(write: Write, cell: str) -> None:
    row = f'http://s/a.jpg,7,width,5 cm,"{cell}"'
    assert len(rows(write("\n".join([HEADER, row, row])))) == 2
    assert len(rows(write(f'image_link,group_id,entity_name\n"{cell}",7,width'))) == 1


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize(
    "header", ["image_link,group_id,entity_name", "sku;image_link;group_id;entity_name"]
)
def test_utf16_without_a_mark_is_recognised(write: Write, encoding: str, header: str) -> None:
    row = header.replace("image_link", "größe/商")
    assert rows(write(f"{header}\r\n{row}\r\n".encode(encoding)))[0][0] == "größe/商"


def test_marks_without_a_width_in_a_name_are_shown(write: Write) -> None:
    assert r"'\ufeffimage_link'" in refusal(write("\ufeff\ufeffimage_link,group_id,entity_name\n"))


def test_a_quote_that_never_closes_is_found_before_it_fills_the_memory(write: Write) -> None:
    lines = "l,1,width,,title\n" * 1_100_000  # 19 MB
    assert "lines 2 to" in refusal(write(f'{HEADER}\nl,1,width,,"title\n{lines}'))


def test_backslashes_before_quotes_are_recognised_and_said(
    write: Write, caplog: pytest.LogCaptureFixture
) -> None:
    spark_writes = '"24\\" monitor, \\\\ \\n, black",1,width,"5\\"",C:\\\\tmp\n'
    path = write(f'{HEADER}\nl1,1,width,"a, ""b""",t\n'.replace('""b""', "b") + spark_writes)
    with caplog.at_level(logging.INFO):
        read = rows(path)
    assert read[1] == ('24" monitor, \\ \\n, black', "1", "width", '5"')
    assert "backslashes before quotes" in caplog.text


def test_backslashes_are_told_from_all_files_of_a_folder_together(write: Write) -> None:
    write(f'{HEADER}\nl1,1,width,,"a, b"\n', "parts/a.csv")
    write(f'{HEADER}\nl2,1,width,,"24\\", b"\n', "parts/b.csv")
    path = write(f"{HEADER}\n", "parts/c.csv").rpartition("/")[0]
    assert [row[0] for row in rows(path)] == ["l1", "l2"]


def test_how_quotes_are_escaped_can_be_told(write: Write) -> None:
    path = write(f'{HEADER}\n"l\\\\1",1,width,,t\n')
    assert rows(path)[0][0] == "l\\\\1"
    assert rows(path, CatalogConfig(escape="backslash"))[0][0] == "l\\1"
    path = write(f'{HEADER}\n"l\\"",1,width,,t\n')
    assert "line 2" in refusal(path, CatalogConfig(escape="quote"))


@pytest.mark.parametrize(
    "row", ["l,1,width", ",,", "l,1,width,,t,", "l,1,width,,a, b", '"l" ,1,w,,t']
)
def test_a_row_of_another_width_is_refused_by_its_line(write: Write, row: str) -> None:
    assert "line 4" in refusal(write(f"{HEADER}\nl,1,width,,t\n\n{row}\n"))


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_told_by_the_header(
    write: Write, delimiter: str, caplog: pytest.LogCaptureFixture
) -> None:
    text = f'{HEADER},"a,b;c|d"\nl1,1,width,5 inch,,'.replace(",", delimiter)
    with caplog.at_level(logging.INFO):
        assert rows(write(text, "catalog.tsv")) == [("l1", "1", "width", "5 inch")]
    assert (repr(delimiter) in caplog.text) == (delimiter != ",")


def test_another_delimiter_can_be_told(write: Write) -> None:
    text = f"{HEADER}\nl1,1,width,5 inch,".replace(",", "^")
    assert rows(write(text), CatalogConfig(delimiter="^"))[0][3] == "5 inch"


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1", "gb18030", "utf-16-le"])
def test_an_encoding_that_is_told_is_read(write: Write, encoding: str) -> None:
    content = f"{HEADER}\nhttp://shop/\u00fc.jpg,1,width,,\n".encode(encoding)
    read = rows(write(content), CatalogConfig(encoding=encoding))
    assert read[0][0] == "http://shop/\u00fc.jpg"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "utf-8-sig"])
@pytest.mark.parametrize("name", ["catalog.csv", "catalog.jsonl"])
def test_an_encoding_that_the_first_bytes_tell_is_read(
    write: Write, encoding: str, name: str
) -> None:
    as_json = json.dumps(dict(zip(OWN, "lgev", strict=True)))
    text = f"{HEADER}\nl,g,e,v,\n" if name.endswith("csv") else as_json
    assert rows(write(text.encode(encoding), name)) == [("l", "g", "e", "v")]


@pytest.mark.parametrize("name", ["c.csv", "c.csv.gz", "c.jsonl"])
def test_what_is_not_utf8_is_refused_by_the_line_however_late_it_comes(
    write: Write, name: str
) -> None:
    row = json.dumps(dict.fromkeys(OWN, "x")) if name.endswith("jsonl") else "l,1,width,,t"
    head = [] if name.endswith("jsonl") else [HEADER]
    content = "\n".join([*head, *[row] * 9999]).encode()
    content += b"\n" + row.encode().replace(b"x", b"caf\xe9").replace(b",t", b",caf\xe9")
    content = gzip.compress(content, mtime=0) if name.endswith("gz") else content
    said = refusal(write(content, name))
    assert f"line {10_000 + len(head)}" in said
    assert "catalog.encoding" in said


def test_an_encoding_that_nobody_knows_is_a_wrong_configuration() -> None:
    for name in ("klingon", "base64"):
        with pytest.raises(ConfigError, match=r"catalog\.encoding"):
            load_config(assignments=[f"catalog.encoding={name}"])


FULL = dict(zip(OWN, ["l", "1", "width", "5 inch"], strict=True))


@pytest.mark.parametrize(
    "bad", ['{"image_link": "l", "gr', '{"a": 1} {"a": 2}', "[1]", "'x'", '{"a": "\t"}', '{"a":}']
)
def test_a_line_that_is_no_json_object_is_refused_by_its_number_however_late(
    write: Write, bad: str
) -> None:
    content = (json.dumps(FULL) + "\n") * 1500 + bad
    assert "line 1501" in refusal(write(content, "c.jsonl"))


def test_a_column_that_shows_late_is_a_column(write: Write) -> None:
    late = {key: value for key, value in FULL.items() if key != "entity_name"}
    content = (json.dumps(late) + "\n") * 1500 + json.dumps(FULL)
    assert [row[2] for row in rows(write(content, "c.jsonl"))] == [None] * 1500 + ["width"]


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("NaN", None),
        ("-Infinity", None),
        ("1e999", "Infinity"),
        ('["a", 1.50, null, {"b": "\u00e9"}]', '["a",1.5,null,{"b":"\u00e9"}]'),
        ('"\\ud83d\\ude00 \\ud83d"', "\U0001f600 \ufffd"),
        ("true", "true"),
        ("12345678901234567890123", "12345678901234567890123"),
    ],
)
def test_json_cells_are_text(write: Write, cell: str, text: str | None) -> None:
    line = json.dumps(FULL).replace('"1"', cell)
    assert rows(write(line, "c.jsonl"))[0][1] == text


@pytest.mark.parametrize(
    ("content", "command"),
    [
        (json.dumps([FULL]), "jq -c '.[]'"),
        (json.dumps([FULL], indent=2), "jq -c '.[]'"),
        (json.dumps(FULL, indent=2), "jq -c '.'"),
    ],
)
def test_json_over_several_lines_is_refused_with_the_command_that_helps(
    write: Write, content: str, command: str
) -> None:
    assert command in refusal(write(content, "c.json"))


def test_a_csv_without_labels_is_unlabelled(write: Write) -> None:
    assert rows(write("image_link,group_id,entity_name\n,1,width\n")) == [
        (None, "1", "width", None)
    ]


def test_one_of_our_columns_twice_is_refused(write: Write) -> None:
    assert "image_link stands there twice: rename one" in refusal(write(f"{HEADER},image_link\n"))


def test_a_cell_may_be_a_whole_page(write: Write) -> None:
    page = "<p>long</p>" * 100_000
    assert rows(write(f'{HEADER}\nl,1,width,"{page}",t\n'))[0][3] == page


def test_excels_line_that_names_the_delimiter_is_no_header(write: Write) -> None:
    text = f"sep=;\r\n{HEADER}\r\nl,1,width,,\r\n".replace(",", ";")
    assert rows(write(text)) == [("l", "1", "width", "")]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (gzip.compress(b"x", mtime=0), "end in .gz"),
        (f"{HEADER}\nl,1,width,,t\n(1 row affected)\n", "line 3: 1 cells"),
        (f"{HEADER}\nl,1,width,,t\n\x1a", "line 3: 1 cells"),
        ("<html>\n<body>not found</body>\n", "column image_link is missing"),
    ],
)
def test_what_is_no_catalog_says_why(write: Write, content: str | bytes, says: str) -> None:
    assert says in refusal(write(content))


@pytest.mark.parametrize("cell", ["[" * 100_000 + "]" * 100_000, "1" * 5000])
def test_json_that_python_gives_up_on_is_refused_by_its_line(write: Write, cell: str) -> None:
    lines = json.dumps(FULL) + "\n" + json.dumps(FULL).replace('"1"', cell)
    assert "line 2" in refusal(write(lines, "c.jsonl"))


def test_gzip_files_put_together_are_one(write: Write) -> None:
    parts = [f"{HEADER}\nl1,1,width,,t\n", "l2,1,width,,t\n"]
    content = b"".join(gzip.compress(part.encode(), mtime=0) for part in parts)
    assert [row[0] for row in rows(write(content, "c.csv.gz"))] == ["l1", "l2"]
