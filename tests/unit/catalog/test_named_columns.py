"""Catalogs that name their columns otherwise, have no category, or ask nothing by themselves."""

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd
import pytest
from deltalake import write_deltalake

from entity_extract.catalog.files import catalog_frame, check_catalog
from entity_extract.config import CatalogColumns, CatalogConfig, ConfigError, load_config
from entity_extract.errors import CatalogError

THEIRS = CatalogColumns(
    image_link="img_url", group_id="Category", entity_name="ask", entity_value="truth", index="sku"
)
OURS = ["image_link", "group_id", "entity_name", "entity_value"]
ROWS = [
    {"sku": "s1", "img_url": "l1", "Category": "7.0", "ask": "Width", "truth": "5 inch"},
    {"sku": "s2", "img_url": "l2", "Category": "8", "ask": "width", "truth": "6 inch"},
]
READ = [["l1", "7", "width", "5 inch"], ["l2", "8", "width", "6 inch"]]
FORMATS = ["c.csv", "c.jsonl", "c.parquet", "c.xlsx", "delta"]


def written(folder: Path, name: str, rows: Sequence[Mapping[str, object]]) -> str:
    path, frame = folder / name, pd.DataFrame(rows)
    if name == "delta":
        write_deltalake(path, frame)
    elif name.endswith("csv"):
        frame.to_csv(path, index=False)
    elif name.endswith("jsonl"):
        frame.to_json(path, orient="records", lines=True)
    else:
        (frame.to_excel if name.endswith("xlsx") else frame.to_parquet)(path, index=False)
    return str(path)


def cells(path: str, config: CatalogConfig) -> list[list[object]]:
    rows = catalog_frame(path, config, entities=["item_weight", "width"])[OURS]
    return [[None if pd.isna(cell) else cell for cell in row] for row in rows.to_numpy().tolist()]


@pytest.mark.parametrize("name", FORMATS)
def test_columns_are_found_by_the_names_that_were_given(tmp_path: Path, name: str) -> None:
    path = written(tmp_path, name, ROWS)
    check_catalog(path, CatalogConfig(columns=THEIRS, key=("sku",)))
    assert cells(path, CatalogConfig(columns=THEIRS)) == READ


@pytest.mark.parametrize("name", FORMATS)
def test_a_name_that_is_not_there_is_refused_with_the_one_meant(tmp_path: Path, name: str) -> None:
    path = written(tmp_path, name, ROWS)
    columns = THEIRS.model_copy(update={"image_link": "img_ulr"})
    with pytest.raises(CatalogError) as refused:
        check_catalog(path, CatalogConfig(columns=columns))
    said = str(refused.value)
    assert "no column 'img_ulr' of catalog.columns.image_link; did you mean img_url?" in said
    assert "Category" in said
    assert "\n" not in said


def test_a_column_with_our_name_is_another_one_where_ours_is_called_otherwise(
    tmp_path: Path,
) -> None:
    row = {"image_link": "thumb", "group_id": "9", "img_url": "l1", "entity_name": "width"}
    path = written(tmp_path, "c.csv", [row])
    config = CatalogConfig(columns=CatalogColumns(image_link="img_url"))
    assert cells(path, config) == [["l1", "9", "width", None]]


def test_a_missing_picture_column_is_said_with_the_key_that_names_it(tmp_path: Path) -> None:
    path = written(tmp_path, "c.csv", [{"image_url": "l1", "entity_name": "width"}])
    with pytest.raises(
        CatalogError, match=r"mean image_url\? --set catalog\.columns\.image_link=i"
    ):
        check_catalog(path, CatalogConfig())
    for name, shown in (("foto_url", "=foto_url"), (" Image Link", "= Image Link'")):
        path = written(tmp_path, "c.csv", [{"sku": "1", name: "l1", "entity_name": "width"}])
        with pytest.raises(CatalogError) as refused:
            check_catalog(path, CatalogConfig())
        assert "did you mean" in str(refused.value)
        assert f"catalog.columns.image_link{shown}" in str(refused.value)
    (tmp_path / "c.csv").write_text("tea.png,width\nbag.png,width\n")
    with pytest.raises(CatalogError, match="the first line is taken for the names of the columns"):
        check_catalog(str(tmp_path / "c.csv"), CatalogConfig())


def test_the_delimiter_and_rows_run_together_are_told_by_the_named_columns(tmp_path: Path) -> None:
    path = tmp_path / "c.csv"
    path.write_text("sku;img,url;ask;a,b,c,d\n1;l1;width;x\n")
    columns = CatalogColumns(image_link="img,url", entity_name="ask")
    assert cells(str(path), CatalogConfig(columns=columns)) == [["l1", None, "width", None]]
    path.write_text('img,ask,title\nhttp://a/1.jpg,width,"a\nhttp://a/2.jpg,width,b"\n')
    columns = CatalogColumns(image_link="img", entity_name="ask")
    with pytest.raises(CatalogError, match="end of a row and the beginning of another"):
        check_catalog(str(path), CatalogConfig(columns=columns))


def test_a_catalog_without_a_category_is_read_and_that_is_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = written(tmp_path, "c.csv", [{"image_link": "l1", "entity_name": "width", "group": "7"}])
    with caplog.at_level(logging.INFO):
        assert cells(path, CatalogConfig()) == [["l1", None, "width", None]]
    assert "no column group_id (is it group?)" in caplog.text
    assert "catalog.columns.group_id" in caplog.text


@pytest.mark.parametrize("name", FORMATS)
def test_each_entity_is_asked_of_every_picture(tmp_path: Path, name: str) -> None:
    path = written(tmp_path, name, [{"image_link": "l1"}, {"image_link": "l2"}])
    config = CatalogConfig(entities=("width", "item_weight"))
    assert [row[::2] for row in cells(path, config)] == [
        ["l1", "width"],
        ["l1", "item_weight"],
        ["l2", "width"],
        ["l2", "item_weight"],
    ]


@pytest.mark.parametrize(
    ("columns", "entities", "says"),
    [
        (["image_link", "entity_name"], ["width"], "leave one of them out"),
        (
            ["image_link"],
            [],
            r"what to ask of each picture says --set catalog\.entities=item_weight",
        ),
        (["image_link", "entity_value"], ["width", "height"], "is entity_value the label"),
    ],
)
def test_who_asks_is_said_once(
    tmp_path: Path, columns: list[str], entities: list[str], says: str
) -> None:
    path = written(tmp_path, "c.csv", [dict.fromkeys(columns, "x")])
    with pytest.raises(CatalogError, match=says):
        check_catalog(path, CatalogConfig(entities=tuple(entities)))


@pytest.mark.parametrize(
    ("setting", "says"),
    [
        ('catalog.entities=["weight"]', r"catalog\.entities: no entity 'weight'; .*item_weight"),
        ('catalog.entities=["width","width"]', "stands there twice"),
        ("catalog.columns.image=x", r"catalog\.columns\.image: unknown key"),
        ("catalog.columns={image_link='a',index='A'}", "both called"),
        ("catalog={columns={entity_value='truth'},key=['truth']}", r"key: .*truth is a label"),
    ],
)
def test_names_that_cannot_be_used_are_refused(setting: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        load_config(assignments=[setting])


def test_names_of_no_entity_are_counted_with_the_one_meant(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    names = ["weight", "ITEM-weight", "weight", "colour", "width"]
    rows = [{"image_link": "l", "entity_name": name} for name in names]
    cells(written(tmp_path, "c.csv", rows), CatalogConfig())
    said = "3 rows name no entity that is known, and get no answer: 'weight' in 2 rows (did you "
    assert said + "mean item_weight?), 'colour' in 1 rows" in caplog.text
    assert caplog.text.count("(did you mean") == 1


def test_a_folder_of_pictures_is_a_catalog_of_its_files(tmp_path: Path) -> None:
    shop = tmp_path / "a shop"
    for name in ("1.jpg", "b/2.png", "group_id=7/3.PNG", "notes.txt"):
        (shop / name).parent.mkdir(parents=True, exist_ok=True)
        (shop / name).write_bytes(b"")
    config = CatalogConfig(entities=("width",))
    assert cells(str(shop), config) == [
        [f"{shop.as_uri()}/{name}", group, "width", None]
        for name, group in (("1.jpg", None), ("b/2.png", None), ("group_id%3D7/3.PNG", "7"))
    ]
    with pytest.raises(CatalogError, match=r"what to ask of each picture says --set catalog\.enti"):
        check_catalog(str(shop), CatalogConfig())


def test_pictures_beside_a_table_are_none_of_the_catalogs_files(tmp_path: Path) -> None:
    (tmp_path / "1.jpg").write_bytes(b"")
    written(tmp_path, "c.csv", ROWS)
    assert cells(str(tmp_path), CatalogConfig(columns=THEIRS)) == READ
