"""What is in a catalog's files and in their names: both readers take it alike, and stop at none of
what nobody asked for."""

import datetime as dt
import decimal
import json
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.sql import Row, SparkSession

from entity_extract.catalog.files import catalog_frame, check_catalog
from entity_extract.config import CatalogConfig, load_config
from entity_extract.errors import CatalogError
from entity_extract.spark.catalog.rows import read_catalog

CONFIG = CatalogConfig()
ENTITIES = load_config().domain.entity_names
OURS = ("image_link", "group_id", "entity_name", "entity_value")
FULL = {"image_link": "l1", "group_id": "1", "entity_name": "width", "entity_value": "5 inch"}


def both(spark: SparkSession, path: Path | str) -> list[Row]:
    """The rows as Spark reads them, in the catalog's order; without it they are the same. (An empty
    cell of CSV is null or "".)"""
    frame = catalog_frame(str(path), CONFIG, entities=ENTITIES)
    rows = read_catalog(spark, str(path), CONFIG, entities=ENTITIES).collect()
    rows.sort(key=lambda row: row.row_position)
    assert [tuple(row[name] or None for name in OURS) for row in rows] == [
        tuple(None if pd.isna(cell) else cell or None for cell in cells)
        for cells in frame[list(OURS)].itertuples(index=False)
    ]
    return rows


def write_parquet(path: Path, *rows: Mapping[str, object], **columns: pa.Array) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    table = pa.Table.from_pylist([dict(row) for row in rows])
    for name, cells in columns.items():
        table = table.append_column(name, cells)
    pq.write_table(table, path)
    return path


def without(row: Mapping[str, object], *names: str) -> dict[str, object]:
    return {name: cell for name, cell in row.items() if name not in names}


@pytest.mark.parametrize("kind", ["parquet", "csv", "json"])
def test_columns_in_the_names_of_folders_are_text(
    spark: SparkSession, tmp_path: Path, kind: str
) -> None:
    values = {
        "007": "007",
        "caf%C3%A9": "café",  # as pyarrow escapes
        "a%2Fb%3D": "a/b=",
        "grün": "grün",
        "50% off": "50% off",
        "__HIVE_DEFAULT_PARTITION__": None,
    }
    for number, value in enumerate(values):
        folder = tmp_path / "entity_name=width" / f"group_id={value}"
        folder.mkdir(parents=True)
        rows = pd.DataFrame({"image_link": [f"l{number}"], "title": ["Rug"]})
        if kind == "json":
            rows.to_json(folder / "part.json", orient="records", lines=True)
        else:
            (rows.to_csv if kind == "csv" else rows.to_parquet)(
                folder / f"part.{kind}", index=False
            )
    check_catalog(str(tmp_path), CONFIG)
    rows = {row.image_link: row for row in both(spark, tmp_path)}
    assert [rows[f"l{number}"].group_id for number in range(len(values))] == list(values.values())
    assert {row.entity_name for row in rows.values()} == {"width"}


def test_a_column_of_the_folder_stands_for_that_of_the_file(
    spark: SparkSession, tmp_path: Path
) -> None:
    write_parquet(tmp_path / "group_id=007" / "a.parquet", FULL)
    write_parquet(tmp_path / "group_id=1e3" / "a.parquet", FULL)
    assert [row.group_id for row in both(spark, tmp_path)] == ["007", "1e3"]


def test_a_folder_stands_for_a_column_of_text_too(spark: SparkSession, tmp_path: Path) -> None:
    cells = {"group_id": "1", "image_link": "a", "entity_name": "width", "color": "red"}
    texts = {
        "csv/{}/a.csv": ",".join(cells) + "\n" + ",".join(cells.values()),
        "json/{}/a.jsonl": json.dumps(cells),
    }
    for name, text in texts.items():
        for folder in ("group_id=007", "group_id=1e3"):
            path = tmp_path / name.format(folder)
            path.parent.mkdir(parents=True)
            path.write_text(text, "utf-8")
        rows = both(spark, path.parent.parent)
        assert [(row.group_id, row.image_link) for row in rows] == [("007", "a"), ("1e3", "a")]


@pytest.mark.parametrize(
    ("files", "says"),
    [
        (["group_id=7/a.parquet", "b.parquet"], "folders give the columns"),
        (["x=1/group_id=7/a.parquet", "x=2/b.parquet"], "folders give the columns"),
        (["group_id=7/a.parquet", "old/group_id=8/b.parquet"], "no other folders"),
        (["group_id=/a.parquet"], "names no column and value"),
        (["group_id=1/group_id=2/a.parquet"], "a column twice"),
    ],
)
def test_folders_of_which_spark_would_lose_some_are_refused(
    tmp_path: Path, files: Sequence[str], says: str
) -> None:
    for name in files:
        write_parquet(tmp_path / name, FULL)
    with pytest.raises(CatalogError, match=says):
        check_catalog(str(tmp_path), CONFIG)


def test_files_that_hold_rows_and_are_not_read_are_named(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("a.parquet", "2024/b.parquet", "c.csv.zst", "README.txt", "_old/d.parquet"):
        write_parquet(tmp_path / name, FULL)
    check_catalog(str(tmp_path), CONFIG)
    assert "2 files are not read" in caplog.text


NAMES = [
    "2026-11-29T10:00:00",
    "a[b]",
    "a{b",
    "a*b?",
    "a\\b",
    "100%20",
    "a b#c,d",
    "Käse: 1,5 €",
]


@pytest.mark.parametrize("kind", ["parquet", "csv", "json"])
def test_names_of_files_and_folders_are_no_patterns(
    spark: SparkSession, tmp_path: Path, kind: str
) -> None:
    for number, name in enumerate(NAMES):
        folder = tmp_path / name
        folder.mkdir()
        for place, file in enumerate([*NAMES[:2], f"{name}x"]):
            row = pd.DataFrame([FULL | {"image_link": f"l{number}-{place}"}])
            if kind == "json":
                row.to_json(folder / f"{file}.json", orient="records", lines=True)
            else:
                (row.to_csv if kind == "csv" else row.to_parquet)(
                    folder / f"{file}.{kind}", index=False
                )
    for number, name in enumerate(NAMES):
        links = {row.image_link for row in both(spark, tmp_path / name)}
        assert links == {f"l{number}-{place}" for place in range(3)}
        (row,) = both(spark, tmp_path / name / f"{name}x.{kind}")
        assert row.image_link == f"l{number}-2"


def test_a_checksum_beside_a_file_that_was_edited_since_says_nothing(
    spark: SparkSession, tmp_path: Path
) -> None:
    pd.DataFrame([FULL, FULL]).to_csv(tmp_path / "part.csv", index=False)
    (tmp_path / ".part.csv.crc").write_bytes(b"crc\0\0\0\2\0\1\2\3\4")
    assert len(both(spark, tmp_path / "part.csv")) == 2


@pytest.mark.parametrize(
    "name",
    ["c.CSV", "c.Csv.gz", "c.Parquet", "c.PQ", "c.parq", "c.jsonl.gz", "c.NDJSON", "c.xlsx"],
)
def test_a_format_is_known_by_the_name_in_any_letters(
    spark: SparkSession, tmp_path: Path, name: str
) -> None:
    frame = pd.DataFrame([FULL, FULL | {"image_link": "l2", "group_id": "007"}])
    kind = name.lower()
    path = tmp_path / "folder" / name
    path.parent.mkdir()
    if "csv" in kind:
        frame.to_csv(path, index=False)
    elif "json" in kind:
        frame.to_json(path, orient="records", lines=True)
    elif "xlsx" in kind:
        frame.to_excel(path, index=False)
    else:
        frame.to_parquet(path, index=False)
    check_catalog(str(path.parent), CONFIG)
    for place in (path, path.parent):
        assert [row.group_id for row in both(spark, place)] == ["1", "007"]


def test_a_workbook_gives_its_first_sheet_as_text(
    spark: SparkSession, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "shop.xlsx"
    rows = [
        FULL | {"index": 0, "group_id": 915709, "day": dt.date(2026, 1, 2), "price": 1.5},
        FULL | {"index": 1, "group_id": 7.0, "entity_value": None, "day": None, "price": 2},
    ]
    with pd.ExcelWriter(path) as book:
        pd.DataFrame(rows).to_excel(book, sheet_name="shop", index=False)
        pd.DataFrame([{"x": 1}]).to_excel(book, sheet_name="more", index=False)
    first, second = both(spark, path)
    assert (first.sample_id, first.group_id, first.price) == ("0", "915709", "1.5")
    assert first.day.startswith("2026-01-02")
    assert (second.group_id, second.entity_value) == ("7", "")
    assert caplog.text.count("only its first sheet, shop, is read") == 1  # it is parsed once


PARTS = {
    "all null": [pa.nulls(2), pa.array(["x", "y"])],
    "null int": [pa.nulls(2), pa.array([1, 2])],
    "int32 int64": [pa.array([1, 2], pa.int32()), pa.array([2**40, 1])],
    "int float": [pa.array([1, 2]), pa.array([1.5, None])],
    "text dictionary": [pa.array(["x", "y"]), pa.array(["x", "y"]).dictionary_encode()],
    "text large": [pa.array(["x", "y"]), pa.array(["x", "y"], pa.large_string())],
    "int text": [pa.array([1, 2]), pa.array(["1", "x"])],
    "int list": [pa.array([1, 2]), pa.array([[1], []])],
    "bool float": [pa.array([True, False]), pa.array([1.0, 0.5])],
    "decimals": [
        pa.array([decimal.Decimal(1)] * 2, pa.decimal128(10, 2)),
        pa.array([decimal.Decimal(1)] * 2, pa.decimal128(12, 3)),
    ],
}


@pytest.mark.parametrize("kinds", PARTS.values(), ids=PARTS)
def test_parts_of_a_folder_may_differ_in_their_types(
    spark: SparkSession, tmp_path: Path, kinds: Sequence[pa.Array]
) -> None:
    for number, cells in enumerate(kinds):
        rows = [FULL | {"image_link": f"l{number}{place}"} for place in range(2)]
        write_parquet(tmp_path / f"{number}.parquet", *rows, price=cells)
    check_catalog(str(tmp_path), CONFIG)
    rows = both(spark, tmp_path)
    assert [row.image_link for row in rows] == ["l00", "l01", "l10", "l11"]
    cells = [cell.as_py() for part in kinds for cell in part]
    assert [row.price is None for row in rows] == [cell is None for cell in cells]


def test_our_own_columns_may_differ_in_their_types_between_parts(
    spark: SparkSession, tmp_path: Path
) -> None:
    rest = [without(FULL, "group_id", "entity_value"), without(FULL, "group_id", "entity_value")]
    kinds = [
        (pa.array([7, None]), pa.nulls(2)),
        (pa.array([7.0, None]), pa.array(["5 inch", ""])),
        (pa.array(["7", "007"]), pa.array(["5 inch", None]).dictionary_encode()),
        (pa.array([7, 8], pa.uint64()), pa.array(["5 inch", None], pa.large_string())),
    ]
    for number, (groups, values) in enumerate(kinds):
        write_parquet(tmp_path / f"{number}.parquet", *rest, group_id=groups, entity_value=values)
    check_catalog(str(tmp_path), CONFIG)
    groups = [row.group_id for row in both(spark, tmp_path)]
    assert groups == ["7", None, "7", None, "7", "007", "7", "8"]


UNUSED = {
    "nanoseconds": pa.array([1577836800123456789, None], pa.timestamp("ns")),
    "nanoseconds_utc": pa.array([-1577836800123456789, None], pa.timestamp("ns", "UTC")),
    "time": pa.array([dt.time(1, 2), None], pa.time64("us")),
    "old_date": pa.array([dt.date(1500, 1, 1), dt.date(1, 1, 1)]),
    "old_time": pa.array([dt.datetime(1500, 1, 1), None], pa.timestamp("us")),
    "duration": pa.array([dt.timedelta(1), None]),
    "large_decimal": pa.array([decimal.Decimal(1), None], pa.decimal256(50, 2)),
    "uint64": pa.array([2**64 - 1, None], pa.uint64()),
    "fixed": pa.array([b"ab", None], pa.binary(2)),
    "uuid": pa.array([b"0123456789abcdef", None], pa.uuid()),
    "map": pa.array([[("a", 1)], None], pa.map_(pa.string(), pa.int64())),
    "nested": pa.array([{"a": [{"b": 1}]}, None]),
    "time_inside": pa.array([{"a": dt.time(1)}, None]),
    "blob": pa.array([b"\xff", None]),
    "": pa.array(["no name", None]),
    "a`b": pa.array(["tick", None]),
    "c ": pa.array(["blank", None]),
}


def test_columns_that_nobody_asked_for_never_stop_a_catalog(
    spark: SparkSession, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    rows = [FULL, FULL | {"image_link": "l2"}]
    write_parquet(tmp_path / "c.parquet", *rows, **UNUSED)
    check_catalog(str(tmp_path), CONFIG)
    first, second = both(spark, tmp_path / "c.parquet")
    assert {name: first[name] for name in UNUSED if name in first} == {
        "nanoseconds": "2020-01-01T00:00:00.123456",
        "nanoseconds_utc": "1920-01-01T23:59:59.876543Z",
        "old_date": "1500-01-01",
        "old_time": "1500-01-01T00:00:00.000000",
        "duration": "86400000000",
        "uint64": "18446744073709551615",
        "fixed": "YWI=",
        "map": '{"a":1}',
        "nested": '{"a":[{"b":1}]}',
        "blob": "/w==",
        "": "no name",
        "a`b": "tick",
        "c ": "blank",
    }
    assert second.old_date == "0001-01-01"
    assert "left out: large_decimal, time, time_inside, uuid" in caplog.text
    beside = write_parquet(tmp_path / "beside" / "c.parquet", *rows, **UNUSED).parent
    write_parquet(beside / "d.parquet", FULL | {"image_link": "l3", "time": "noon"})
    assert [row.time for row in both(spark, beside)] == [None, None, "noon"]


def test_names_that_differ_in_case_alone_are_left_out_or_refused(
    spark: SparkSession, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    cells = pa.array(["x"])
    path = write_parquet(tmp_path / "c.parquet", FULL, Title=cells, title=cells, size=cells)
    (row,) = both(spark, path)
    assert row.size == "x"
    assert "left out: Title, title" in caplog.text
    with pytest.raises(CatalogError, match="differ in no more than case"):
        check_catalog(str(write_parquet(tmp_path / "d.parquet", FULL, Group_ID=cells)), CONFIG)


def test_a_type_of_which_spark_cannot_open_the_file_is_refused_with_what_helps(
    tmp_path: Path,
) -> None:
    half = pa.array([1.5], pa.float16())
    path = write_parquet(tmp_path / "c.parquet", FULL, half=half)
    with pytest.raises(CatalogError, match=r"column half .*to_parquet"):
        check_catalog(str(path), CONFIG)
    pq.write_table(pa.Table.from_pylist([FULL]), path, compression="brotli")
    with pytest.raises(CatalogError, match=r"cannot unpack BROTLI.*to_parquet"):
        check_catalog(str(path), CONFIG)


@pytest.mark.parametrize(
    ("column", "cell"),
    [("image_link", ["l1", "l2"]), ("group_id", {"a": 1}), ("group_id", dt.datetime(2026, 1, 2))],
)
def test_a_column_of_ours_that_is_no_text_is_refused_before_spark_starts(
    tmp_path: Path, column: str, cell: object
) -> None:
    path = write_parquet(tmp_path / "c.parquet", FULL | {column: cell})
    with pytest.raises(CatalogError, match=rf"{column} holds"):
        check_catalog(str(path), CONFIG)


IDS = {
    "915709.0": "915709",
    "915709.00": "915709",
    "9.15709E7": "91570900",
    "1.0E15": "1000000000000000",
    "9.007199254740993E15": "9.007199254740993E15",  # a double no longer tells which
    "-3.0": "-3",
    "007.0": "007",
    "1E5": "1E5",
    "1.25E1": "1.25E1",
    "7.5": "7.5",
    "5.0\n": "5.0\n",
    "v1.0": "v1.0",
    "\u0665.0": "\u0665.0",
    "": "",
}


def test_whole_numbers_among_ids_lose_their_fraction(
    spark: SparkSession, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    frame = pd.DataFrame(
        [FULL | {"index": f"{place}.0", "group_id": text} for place, text in enumerate(IDS)]
    )
    frame.to_csv(tmp_path / "c.csv", index=False)
    rows = both(spark, tmp_path / "c.csv")
    assert [row.group_id or "" for row in rows] == list(IDS.values())
    assert [row.sample_id for row in rows] == [str(place) for place in range(len(IDS))]
    assert "6 rows have a group_id like 915709.0" in caplog.text
    assert f"{len(IDS)} rows have a sample_id like 915709.0" in caplog.text
    doubles = pa.array([915709.0, 1e7, 123456789.0, None, 0.0, 7.25, float("nan")])
    rest = [without(FULL, "group_id")] * 7
    write_parquet(tmp_path / "c.parquet", *rest, group_id=doubles)
    groups = [row.group_id for row in both(spark, tmp_path / "c.parquet")]
    assert groups == ["915709", "10000000", "123456789", None, "0", "7.25", None]
    (tmp_path / "c.jsonl").write_text(
        '{"image_link": "l", "entity_name": "width", "group_id": 915709.0}\n'
    )
    assert [row.group_id for row in both(spark, tmp_path / "c.jsonl")] == ["915709"]


def test_entities_in_other_letters_are_the_domains(
    spark: SparkSession, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    names = {
        "Item Weight": "item_weight",
        " width": "width",
        "ITEM-WEIGHT": "item_weight",
        "itemWeight": "item_weight",
        "voltage": "voltage",
        "colour": "colour",
        "weight": "weight",
        "": None,
    }
    frame = pd.DataFrame([FULL | {"entity_name": name} for name in names])
    frame.to_csv(tmp_path / "c.csv", index=False)
    with caplog.at_level(logging.WARNING):
        rows = both(spark, tmp_path / "c.csv")
    assert [row.entity_name or None for row in rows] == list(names.values())
    assert "'Item Weight' as item_weight in 1 rows" in caplog.text
    assert "'weight' in 1 rows (did you mean item_weight?)" in caplog.text
    assert "'Item Weight' in" not in caplog.text


def test_a_name_of_ours_that_is_taken_by_another_column_is_not_given_twice(
    spark: SparkSession, tmp_path: Path
) -> None:
    ours = ("Unit", "row_key", "sample_id", "wave", "catalog_wave")
    names = ("status", "catalog_status", "Catalog_Status_2", *ours)
    columns = {name: pa.array([f"their {name}"]) for name in names}
    write_parquet(tmp_path / "c.parquet", FULL | {"index": 4}, **columns)
    (row,) = both(spark, tmp_path / "c.parquet")
    assert row.catalog_status == "their catalog_status"
    assert row.Catalog_Status_2 == "their Catalog_Status_2"
    assert row.catalog_status_3 == "their status"
    assert row.catalog_Unit == "their Unit"
    assert (row.catalog_wave, row.catalog_wave_2) == ("their catalog_wave", "their wave")
    assert row.catalog_row_key == "their row_key"
    assert (row.sample_id, row.catalog_sample_id) == ("4", "their sample_id")
