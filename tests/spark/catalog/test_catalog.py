"""The catalog as read: every row once, whatever file it comes from, each with a stable identity."""

import gzip
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.sql import Row, SparkSession

from entity_extract.catalog import few_files
from entity_extract.catalog.files import catalog_frame, check_catalog
from entity_extract.config import CatalogConfig
from entity_extract.errors import CatalogError
from entity_extract.spark.catalog.rows import POSITION, identified, read_catalog
from entity_extract.spark.few_rows import are_here

CONFIG = CatalogConfig()
HEADER = "image_link,group_id,entity_name,entity_value\n"
FULL = {
    "image_link": "http://shop/a.jpg",
    "group_id": "1",
    "entity_name": "width",
    "entity_value": "5 inch",
}

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes one file of the catalog: text in UTF-8, or bytes as they are."""

    def write(name: str, content: str | bytes) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def read(spark: SparkSession, path: Path) -> list[Row]:
    """Checked, then read, as jobs do."""
    check_catalog(str(path), CONFIG)
    return read_catalog(spark, str(path), CONFIG).collect()


def keys(rows: Sequence[Row]) -> set[tuple[str, int]]:
    return {(row.row_key, row.row_copy) for row in rows}


def json_lines(*rows: Mapping[str, object]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def test_quoted_commas_newlines_and_quotes_stay_inside_their_field(
    spark: SparkSession, write: Write
) -> None:
    path = write(
        "catalog.csv",
        HEADER.strip() + ',title\nhttp://shop/a.jpg,1,width,5 inch,"Rug, 5"" wide\nwith fringe"\n',
    )
    (row,) = read(spark, path)
    assert row.title == 'Rug, 5" wide\nwith fringe'
    assert row.entity_value == "5 inch"


def test_a_byte_order_mark_is_no_part_of_the_first_column(
    spark: SparkSession, write: Write
) -> None:
    path = write(
        "catalog.csv", b"\xef\xbb\xbf" + (HEADER + "http://shop/a.jpg,1,width,\n").encode()
    )
    (row,) = read(spark, path)
    assert row.image_link == "http://shop/a.jpg"


def test_an_empty_label_in_csv_says_that_there_is_none_to_read(
    spark: SparkSession, write: Write
) -> None:
    rows = read(
        spark, write("catalog.csv", HEADER + 'l1,1,width,\nl2,1,width,""\nl3,1,width,5 g\n')
    )
    assert {row.image_link: row.entity_value for row in rows} == {"l1": "", "l2": "", "l3": "5 g"}


def test_a_catalog_without_labels_has_none_rather_than_empty_ones(
    spark: SparkSession, write: Write
) -> None:
    (row,) = read(spark, write("catalog.csv", "image_link,group_id,entity_name\nl1,1,width\n"))
    assert row.entity_value is None
    assert row.sample_id is None


def test_json_lines_may_leave_out_null_fields(spark: SparkSession, write: Write) -> None:
    without = {key: value for key, value in FULL.items() if key != "entity_value"}
    rows = read(
        spark,
        write(
            "catalog.jsonl",
            json_lines(without | {"image_link": "l1"}, FULL | {"entity_value": "", "group_id": 7}),
        ),
    )
    assert {(row.image_link, row.group_id, row.entity_value) for row in rows} == {
        ("l1", "1", None),
        ("http://shop/a.jpg", "7", ""),
    }


def test_parquet_gives_numbers_and_nested_columns_as_text(
    spark: SparkSession, tmp_path: Path
) -> None:
    table = pa.Table.from_pylist(
        [
            FULL | {"group_id": 311, "index": 9, "tags": ["a", "b"], "seller": {"name": "x"}},
            FULL | {"group_id": 312, "index": 10, "entity_value": None, "tags": [], "seller": None},
        ]
    )
    pq.write_table(table, tmp_path / "catalog.parquet")
    rows = {row.sample_id: row for row in read(spark, tmp_path / "catalog.parquet")}
    assert rows["9"].group_id == "311"
    assert rows["9"].tags == '["a","b"]'
    assert rows["9"].seller == '{"name":"x"}'
    assert rows["10"].entity_value is None
    assert "index" not in rows["9"]


def typed_parquet() -> bytes:
    """No column of text, and a null in each."""
    content = pa.BufferOutputStream()
    columns = {
        "group_id": pa.array([915709, None, -3, 2**62]),
        "image_link": pa.array([915709.0, 1e7, None, -1.25e-4]),
        "entity_name": pa.array([1.1, 16777216.0, None, -0.0], pa.float32()),
        "entity_value": pa.array([True, None, False, True]),
    }
    pq.write_table(pa.table(columns), content)
    return content.getvalue().to_pybytes()


TYPED_JSON = b"""
{"group_id": 915709, "image_link": 915709.0, "entity_name": true, "entity_value": "5.0 inch"}
{"group_id": null, "image_link": 1.50, "entity_name": false, "entity_value": null}

{"group_id": 99999999999999999999, "image_link": 1e22, "entity_name": "True", "entity_value": 7}
{"group_id": "007", "image_link": -0.0, "entity_name": null, "entity_value": ""}
{"image_link": 12345678.5, "entity_name": 0.0001}
"""


@pytest.mark.parametrize(
    ("name", "content"), [("c.parquet", typed_parquet()), ("c.jsonl", TYPED_JSON)]
)
def test_who_reads_without_spark_reads_the_same_text(
    spark: SparkSession, write: Write, name: str, content: bytes
) -> None:
    path = write(name, content)
    mine = catalog_frame(str(path), CONFIG).drop(columns="row_copy")
    theirs = sorted(read(spark, path), key=lambda row: row.row_position)
    for column in mine.columns:
        cells = [None if pd.isna(cell) else cell for cell in mine[column]]
        assert cells == [row[column] for row in theirs]


@pytest.mark.parametrize("name", ["catalog.csv.gz", "folder/part-0.csv.gz"])
def test_a_compressed_catalog_is_read_like_a_plain_one(
    spark: SparkSession, write: Write, name: str
) -> None:
    plain = HEADER + "l1,1,width,\nl2,1,width,5 inch\n"
    packed = write(name, gzip.compress(plain.encode()))
    source = packed.parent if "/" in name else packed
    assert keys(read(spark, source)) == keys(read(spark, write("plain.csv", plain)))


def test_a_folder_is_one_catalog_of_all_its_files_and_of_nothing_else_in_it(
    spark: SparkSession, write: Write
) -> None:
    write("parts/a.csv", HEADER + "l1,1,width,\n")
    write("parts/b.csv", HEADER + "l2,1,width,\nl3,1,width,\n")
    write("parts/README.txt", "not a header\nnot a row,1,width,\n")
    path = write("parts/_SUCCESS", "").parent
    assert {row.image_link for row in read(spark, path)} == {"l1", "l2", "l3"}


def test_files_of_a_folder_whose_columns_stand_in_another_order_are_refused(write: Write) -> None:
    write("parts/a.csv", HEADER + "l1,1,width,\n")
    path = write(
        "parts/b.csv", "group_id,image_link,entity_name,entity_value\n1,l2,width,\n"
    ).parent
    with pytest.raises(CatalogError, match=r"b\.csv"):
        check_catalog(str(path), CONFIG)


def test_a_folder_of_two_formats_is_refused(write: Write) -> None:
    write("parts/a.csv", HEADER)
    path = write("parts/b.jsonl", json_lines(FULL)).parent
    with pytest.raises(CatalogError, match="csv and json"):
        check_catalog(str(path), CONFIG)


def test_a_null_field_may_be_absent_from_one_file_of_a_folder_but_not_from_all(
    spark: SparkSession, write: Write
) -> None:
    nameless = {key: value for key, value in FULL.items() if key != "entity_name"}
    path = write("parts/a.json", json_lines(nameless)).parent
    write("parts/empty.json", "")
    with pytest.raises(CatalogError, match="entity_name is missing"):
        check_catalog(str(path), CONFIG)
    write("parts/b.json", json_lines(FULL))
    assert {row.entity_name for row in read(spark, path)} == {None, "width"}


def test_a_column_of_some_parquet_files_only_is_null_in_the_others(
    spark: SparkSession, tmp_path: Path
) -> None:
    pq.write_table(pa.Table.from_pylist([FULL]), tmp_path / "a.parquet")
    pq.write_table(pa.Table.from_pylist([FULL | {"title": "Rug"}]), tmp_path / "b.parquet")
    assert {row.title for row in read(spark, tmp_path)} == {None, "Rug"}


def test_a_header_without_rows_is_a_catalog_of_no_rows(spark: SparkSession, write: Write) -> None:
    assert read(spark, write("catalog.csv", HEADER)) == []


def test_equal_rows_are_kept_and_numbered(spark: SparkSession, write: Write) -> None:
    rows = read(spark, write("catalog.csv", HEADER + "l1,1,width,\n" * 3 + "l2,1,width,\n"))
    copies = [(row.image_link, row.row_copy) for row in rows]
    assert sorted(copies) == [("l1", 1), ("l1", 2), ("l1", 3), ("l2", 1)]
    assert len({row.row_key for row in rows}) == 2


def test_order_and_partitions_do_not_change_who_a_row_is(spark: SparkSession, write: Write) -> None:
    lines = [f"l{number % 5},1,width,\n" for number in range(12)]
    there = read(spark, write("there.csv", HEADER + "".join(lines)))
    back = read(spark, write("back.csv", HEADER + "".join(reversed(lines))))
    assert keys(back) == keys(there)
    plain = spark.read.csv(str(write("there.csv", HEADER + "".join(lines))), header=True)
    whole, parted = (identified(rows).collect() for rows in (plain, plain.repartition(4)))
    assert keys(parted) == keys(whole)


def test_row_positions_follow_the_file(spark: SparkSession, write: Write) -> None:
    rows = read(spark, write("catalog.csv", HEADER + "l3,1,width,\nl1,1,width,\nl2,1,width,\n"))
    ordered = sorted(rows, key=lambda row: row.row_position)
    assert [row.image_link for row in ordered] == ["l3", "l1", "l2"]


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_row_positions_follow_the_files_of_a_folder_by_name_and_not_by_size(
    spark: SparkSession, tmp_path: Path, kind: str
) -> None:
    links = {"a": ["a1", "a2"], "b": [f"b{number}" for number in range(300)], "c": ["c2", "c1"]}
    for name, rows in links.items():
        frame = pd.DataFrame([FULL | {"image_link": link, "row_position": "own"} for link in rows])
        write_frame = frame.to_parquet if kind == "parquet" else frame.to_csv
        write_frame(tmp_path / f"{name}.{kind}", index=False)
    ordered = sorted(read(spark, tmp_path), key=lambda row: row.row_position)
    assert [row.image_link for row in ordered] == [link for rows in links.values() for link in rows]
    assert {row.catalog_row_position for row in ordered} == {"own"}


def test_an_absent_value_and_an_empty_one_are_different_rows(
    spark: SparkSession, write: Write
) -> None:
    lines = json_lines(FULL | {"group_id": None}, FULL | {"group_id": ""})
    rows = read(spark, write("catalog.json", lines))
    assert len({row.row_key for row in rows}) == 2


def test_a_row_without_a_link_is_still_a_row(spark: SparkSession, write: Write) -> None:
    rows = read(spark, write("catalog.csv", HEADER + ",1,width,\n  ,2,width,\nl3,3,width,\n"))
    assert {row.group_id for row in rows} == {"1", "2", "3"}


def test_the_key_of_a_row_does_not_hang_on_the_time_zone(
    spark: SparkSession, tmp_path: Path
) -> None:
    moment = pd.Timestamp("2024-09-15T12:00:00Z").to_pydatetime()
    pq.write_table(pa.Table.from_pylist([FULL | {"seen": moment}]), tmp_path / "c.parquet")
    here = keys(read(spark, tmp_path / "c.parquet"))
    spark.conf.set("spark.sql.session.timeZone", "Asia/Kolkata")
    try:
        there = keys(read(spark, tmp_path / "c.parquet"))
    finally:
        spark.conf.set("spark.sql.session.timeZone", "UTC")
    assert there == here


@pytest.mark.parametrize(
    ("column", "kept_as"),
    [
        ("status", "catalog_status"),
        ("Unit", "catalog_Unit"),  # Spark's names know no case
        ("width", "catalog_width"),  # a picture's, once catalog and readings are joined
        ("wave", "catalog_wave"),
        ("title", "title"),
        ("item.weight", "item.weight"),
    ],
)
def test_a_column_named_like_one_of_ours_is_kept_under_another_name(
    spark: SparkSession, write: Write, column: str, kept_as: str
) -> None:
    path = write("catalog.csv", HEADER.strip() + f",{column}\nl1,1,width,,theirs\n")
    (row,) = read(spark, path)
    assert row[kept_as] == "theirs"
    assert kept_as == column or column not in row


def test_columns_without_a_name_or_with_the_same_one_are_kept(
    spark: SparkSession, write: Write
) -> None:
    path = write("catalog.csv", ",image_link,group_id,entity_name,t,t\n7,l1,1,width,x,y\n")
    (row,) = read(spark, path)
    assert {"7", "x", "y"} <= set(row)


def test_a_label_column_in_other_letters_is_not_overwritten(
    spark: SparkSession, write: Write
) -> None:
    path = write("catalog.csv", "image_link,group_id,entity_name,Entity_Value\nl1,1,width,5 inch\n")
    (row,) = read(spark, path)
    assert row.entity_value is None
    assert row.catalog_Entity_Value == "5 inch"


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("missing.csv", "image,entity_name\nl,width\n", "image_link is missing"),
        (
            "missing.csv.gz",
            gzip.compress(b"image_link\nl\n", mtime=0),
            "entity_name is missing",
        ),
        ("missing.json", '{"image_link": "l"}\n', "entity_name is missing"),
        ("empty.csv", "", "no columns"),
        ("empty.csv.gz", gzip.compress(b"", mtime=0), "no columns"),
        ("empty.jsonl", "", "no columns"),
        ("rows.txt", "image_link\n", r"set catalog\.format"),
        ("rows.xlsx", "PK", "not a readable xlsx"),
        ("rows.xls", "PK", "save it as .xlsx or CSV"),
        ("rows.csv.zst", "PK", "zstd -d"),
        ("rows.CSV.GZ", "PK", r"must end in \.gz"),
        ("rows.zip", "PK", "unzip"),
        ("rows.tar.gz", "PK", "tar -xf"),
        ("rows.feather", "PK", "pd.read_feather"),
        ("garbage.parquet", b"PAR1 and nothing more", "not a readable parquet"),
        ("garbage.csv", bytes(range(128, 256)), "not a readable csv"),
        ("garbage.csv.gz", b"\x1f\x8b\x08\x00 cut", "not a readable csv"),
        ("garbage.json", "{not json\n", "not a readable json"),
        ("array.json", json.dumps([FULL]), "not a readable json"),
    ],
)
def test_an_unusable_file_is_refused_before_a_session_exists(
    write: Write, name: str, content: str | bytes, says: str
) -> None:
    path = write(name, content)
    with pytest.raises(CatalogError, match=says) as refused:
        check_catalog(str(path), CONFIG)
    assert name in str(refused.value)


def test_a_bad_file_in_a_folder_is_named(write: Write) -> None:
    write("parts/a.csv", HEADER + "l1,1,width,\n")
    path = write("parts/b.csv", "image_link,group_id\nl,width\n").parent
    with pytest.raises(CatalogError, match=r"b\.csv: column entity_name is missing"):
        check_catalog(str(path), CONFIG)


@pytest.mark.parametrize("name", ["c.csv", "c.jsonl", "c.parquet", "parts/c.csv"])
def test_a_catalog_without_a_column_of_its_key_is_refused_and_one_of_labels_is_not(
    write: Write, name: str
) -> None:
    path, row = write(name, ""), pd.DataFrame([FULL | {"index": 3}])
    if name.endswith("parquet"):
        row.to_parquet(path)
    elif name.endswith("csv"):
        row.to_csv(path, index=False)
    else:
        path.write_text(json_lines(FULL | {"index": 3}))
    known = CONFIG.model_copy(update={"key": ("index",)})
    check_catalog(str(path), known)
    keyed = CONFIG.model_copy(update={"key": ("index", "sku")})
    with pytest.raises(CatalogError, match=r"no column sku of catalog\.key; found: .*index"):
        check_catalog(str(path), keyed)
    check_catalog(str(path), keyed.of_labels)
    assert catalog_frame(str(path), keyed)["group_id"].tolist() == ["1"]


@pytest.mark.parametrize("name", ["nowhere.csv", "folder/nowhere.parquet"])
def test_a_file_that_is_not_there_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(CatalogError, match="no such file"):
        check_catalog(str(tmp_path / name), CONFIG)


def test_a_folder_without_a_catalog_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CatalogError):
        check_catalog(str(tmp_path), CONFIG)


def test_a_missing_column_is_refused_where_only_spark_can_see_it(
    spark: SparkSession, write: Write
) -> None:
    path = write("catalog.csv", "image_link,group_id\nl,7\n")
    with pytest.raises(CatalogError, match="entity_name is missing"):
        read_catalog(spark, str(path), CONFIG)


@pytest.mark.parametrize("name", ["catalog.csv", "catalog.jsonl"])
def test_a_small_catalog_reads_as_a_large_one_does(
    spark: SparkSession, write: Write, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    row = {"image_link": "l2", "group_id": None, "entity_name": "Item Weight", "Größe": 'a "b", c'}
    others = {"image_link": "l1", "group_id": "7.0", "entity_name": "width", "Größe": None}
    rows = [row, others, row, others | {"image_link": None}]
    text = json_lines(*rows) if name.endswith("l") else pd.DataFrame(rows).to_csv(index=False)
    path, asked = str(write(name, text)), ["item_weight", "width"]
    small = read_catalog(spark, path, CONFIG, entities=asked)
    monkeypatch.setattr(few_files, "FEW_BYTES", 0)
    large = read_catalog(spark, path, CONFIG, entities=asked)
    assert are_here(small)
    assert not are_here(large)
    columns = [name for name in small.columns if name != POSITION]
    found, expected = (
        catalog.orderBy(POSITION).select(*columns).collect() for catalog in (small, large)
    )
    assert found == expected
    assert [row["row_copy"] for row in found] == [1, 1, 2, 1]
