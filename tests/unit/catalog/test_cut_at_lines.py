"""A part of a file that was cut at its line feeds is read as it is within the whole."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from entity_extract.catalog.text.local_text import looked_through
from entity_extract.catalog.text.text_files import Uncut, config_of_parts, stream_of, text_rows
from entity_extract.config import CatalogConfig

HEADER = ["image_link", "group_id", "entity_name", "entity_value"]
ROWS = [[f"https://shop/{'ü' * (n % 5)}{n}.jpg", "7", "width", f"{n},5 cm"] for n in range(40)]


def quoted(between: str, end: str) -> str:
    rows = (between.join(f'"{cell}"' for cell in row) for row in (HEADER, *ROWS))
    return end.join([*rows, ""])


def config_of(file: Path, found: str = "csv") -> CatalogConfig:
    config, scans = looked_through([file], found, CatalogConfig())
    return config_of_parts(scans, config)


def rows_of(content: bytes, config: CatalogConfig, *, below_header: bool) -> list[Sequence[str]]:
    stream = stream_of([content])
    _, rows = text_rows(stream, "csv", config, HEADER, below_header=below_header)
    return [row for row in rows if all(row)]  # type: ignore[misc]  # of CSV no cell is None


@pytest.mark.parametrize(
    "content",
    [
        quoted(",", "\n").encode(),
        quoted(";", "\r\n").encode("utf-8-sig"),
        quoted("\t", "\n\n").encode("cp1252"),
        ("sep=|\n" + quoted("|", "\n")).encode(),
        quoted(",", "\n").replace("shop", '\\"shop').encode(),
    ],
    ids=["commas", "semicolons", "blank lines", "told by Excel", "backslashes"],
)
def test_wherever_it_is_cut(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "catalog.csv"
    file.write_bytes(content)
    encoding = "cp1252" if b"\xfc" in content else "auto"
    settled, scans = looked_through([file], "csv", CatalogConfig(encoding=encoding))
    config = config_of_parts(scans, settled)
    whole = rows_of(content, config, below_header=False)
    assert len(whole) == len(ROWS)
    header_ends = content.index(b"entity_value") + len("entity_value")
    ends = [place + 1 for place, byte in enumerate(content) if byte == ord("\n")]
    for end in (end for end in ends if end > header_ends):
        first = rows_of(content[:end], config, below_header=False)
        assert first + rows_of(content[end:], config, below_header=True) == whole


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (quoted(",", "\n").replace("width", "width\n", 1).encode(), "line breaks inside quotes"),
        (quoted(",", "\n").encode("utf-16"), "it is utf-16"),
        (quoted(",", "\n").encode("utf-16-be"), "it is utf-16-be"),
    ],
)
def test_unless_a_row_may_hold_a_line_feed(tmp_path: Path, content: bytes, reason: str) -> None:
    file = tmp_path / "catalog.csv"
    file.write_bytes(content)
    with pytest.raises(Uncut, match=reason):
        config_of(file)


def test_files_that_differ_are_each_read_by_its_own_head(tmp_path: Path) -> None:
    files = [tmp_path / "a.csv", tmp_path / "b.csv"]
    for file, between in zip(files, ",;", strict=True):
        file.write_text(quoted(between, "\n"))
    config, scans = looked_through(files, "csv", CatalogConfig())
    with pytest.raises(Uncut, match="its files differ"):
        config_of_parts(scans, config)
    (tmp_path / "c.csv").touch()  # an empty one says nothing
    config, scans = looked_through([files[1], tmp_path / "c.csv"], "csv", CatalogConfig())
    assert config_of_parts(scans, config).delimiter == ";"


def test_json_lines_may_always_be_cut(tmp_path: Path) -> None:
    file = tmp_path / "catalog.jsonl"
    file.write_text('{"image_link": "a", "group_id": "1", "entity_name": "a\\nb"}\n')
    assert config_of(file, "json").encoding == "utf-8-sig"
