"""What programs hand in by mistake: a bad input is a row with a status, a bad program an error."""

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image

import entity_extract
from entity_extract import schema
from entity_extract.config import Config, load_config
from entity_extract.errors import UserError
from entity_extract.extraction.extractor import Extractor
from entity_extract.learning.prediction.bundle import make_bundle
from entity_extract.status import Status
from tests.unit.extraction.test_extractor import SETTINGS, card
from tests.unit.learning_cases import small_model

A, B = "a.jpg", "b.jpg"
_NO_WEIGHTS = {"weights": "none"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pictures").resolve()
    (folder / A).write_bytes(card("500 grams, 12 volt"))
    (folder / B).write_bytes(card("12 volt"))
    return folder


@pytest.fixture(scope="module")
def config(folder: Path) -> Config:
    return load_config(assignments=[*SETTINGS, f"fetch.file_root={folder}"])


@pytest.fixture(scope="module")
def extractor(config: Config) -> Extractor:
    return Extractor(config)


@pytest.fixture
def rows(folder: Path) -> pd.DataFrame:
    links = [(folder / A).as_uri(), (folder / B).as_uri(), None]
    return pd.DataFrame({"image_link": links, "entity_name": ["item_weight", "voltage", "width"]})


@pytest.mark.parametrize("kind", [bytearray, memoryview, np.bytes_])
def test_bytes_come_in_any_of_their_kinds(extractor: Extractor, kind: Any) -> None:
    assert extractor.extract(kind(card("500 g")), "item_weight").text == "500 gram"


@pytest.mark.parametrize(
    ("picture", "reason"),
    [
        ("https://a.example/b.jpg", "is a link: give it to extract_frame"),
        ("FILE:///a.jpg", "is a link: give it to extract_frame"),
        (Image.new("RGB", (9, 9)), "encoded bytes or the path of a file, not Image"),
        (np.zeros((9, 9, 3), np.uint8), "encoded bytes or the path of a file, not ndarray"),
        (None, "encoded bytes or the path of a file, not NoneType"),
        ("a\0b", "no path: "),
    ],
)
def test_what_is_no_picture_is_refused_by_name(
    extractor: Extractor, picture: Any, reason: str
) -> None:
    with pytest.raises(UserError, match=reason):
        extractor.extract(picture, "item_weight")


def test_no_more_is_read_of_a_picture_than_would_be_fetched(tmp_path: Path) -> None:
    content = card("500 g")
    path = tmp_path / "a.jpg"
    path.write_bytes(content)
    at_most = [len(content), len(content) - 1]
    for limit, status in zip(at_most, (Status.OK, Status.TOO_LARGE), strict=True):
        extractor = Extractor(load_config(assignments=[*SETTINGS, f"fetch.max_bytes={limit}"]))
        for picture in (path, content):
            assert extractor.extract(picture, "item_weight").status is status
    assert extractor.extract("/dev/zero", "item_weight").status is Status.TOO_LARGE


@pytest.mark.parametrize("name", ["Item_Weights", None, ["item_weight"], {}])
def test_an_entity_that_is_none_is_refused(extractor: Extractor, name: Any) -> None:
    with pytest.raises(UserError, match="is not asked of this model"):
        extractor.extract(b"", name)


@pytest.mark.parametrize("tea", [107694, 107694.0, np.int32(107694), np.float64(107694)])
def test_a_category_that_is_a_number_is_known_by_its_text(extractor: Extractor, tea: Any) -> None:
    """It is text in catalogs; pandas makes numbers of it, and floats where some are missing."""
    ask = partial(extractor.extract, card("12 g, 500 g, 2 kg"), "item_weight")
    assert ask(group_id="107694").confidence != ask(group_id="").confidence
    assert ask(group_id=tea) == ask(group_id="107694")
    assert ask(group_id=None) == ask(group_id=float("nan")) == ask(group_id=pd.NA) == ask()


@pytest.mark.parametrize(
    "dtype", ["category", "string", "string[pyarrow]", "large_string[pyarrow]", object]
)
def test_text_columns_of_any_dtype(extractor: Extractor, rows: pd.DataFrame, dtype: Any) -> None:
    answered = extractor.extract_frame(rows.astype(dtype))
    assert answered["prediction"].tolist() == ["500 gram", "12 volt", ""]
    assert answered["image_link"].dtype == rows["image_link"].astype(dtype).dtype


def test_cells_that_are_no_text_are_rows_with_a_status(extractor: Extractor, folder: Path) -> None:
    odd = [np.nan, None, pd.NA, 3, b"x", ["x"], " "]
    link = (folder / B).as_uri()
    links = pd.DataFrame({"image_link": odd, "entity_name": "voltage", "group_id": odd})
    assert set(extractor.extract_frame(links)["status"]) == {Status.NO_LINK}
    names = pd.DataFrame({"image_link": link, "entity_name": [*odd, "Voltages"], "group_id": 7})
    assert set(extractor.extract_frame(names)["status"]) == {Status.UNKNOWN_ENTITY}
    groups = pd.DataFrame({"image_link": link, "entity_name": "voltage", "group_id": odd})
    assert set(extractor.extract_frame(groups)["prediction"]) == {"12 volt"}


def test_a_link_with_blanks_around_it_is_the_same_link(
    extractor: Extractor, rows: pd.DataFrame
) -> None:
    link = rows["image_link"].iloc[0]
    asked = rows.iloc[[0, 0, 0]].assign(image_link=[link, f" {link}", f"{link}\n"])
    readings = extractor.read(asked["image_link"])
    assert list(readings) == [link]
    assert set(extractor.answer(asked, readings)["prediction"]) == {"500 gram"}


def test_links_that_are_known_are_not_fetched_again(
    extractor: Extractor, rows: pd.DataFrame
) -> None:
    first, second, _ = rows["image_link"]
    known = extractor.read([first, second])
    swapped = {first: known[second], second: known[first]}
    assert extractor.read([first, None], known=swapped) == {first: known[second]}


@pytest.mark.parametrize("name", ["image_link", "entity_name", "group_id"])
def test_a_column_that_is_there_twice_is_named(
    extractor: Extractor, rows: pd.DataFrame, name: str
) -> None:
    twice = pd.concat([rows.assign(group_id=""), pd.Series("x", rows.index, name=name)], axis=1)
    with pytest.raises(UserError, match=f"more than one column {name}"):
        extractor.extract_frame(twice)


@pytest.mark.parametrize("asked", [[], {}, pd.Series(["a"]), None])
def test_what_is_no_frame_is_refused(extractor: Extractor, asked: Any) -> None:
    with pytest.raises(UserError, match="rows are a pandas DataFrame, not"):
        extractor.extract_frame(asked)


def test_a_configuration_that_is_a_file_name_is_refused() -> None:
    with pytest.raises(UserError, match="what load_config gives, not str"):
        Extractor("config.toml")  # type: ignore[arg-type]


def test_columns_named_as_ours_inside_come_back_as_they_were(
    extractor: Extractor, rows: pd.DataFrame
) -> None:
    inside = ("words", "strokes", "thumbnail", "embedding", "width", "content_sha256")
    given = rows.assign(**dict.fromkeys(inside, "mine")).rename_axis("image_link")
    answered = extractor.extract_frame(given)
    pd.testing.assert_frame_equal(answered[list(given.columns)], given)
    assert answered["prediction"].tolist() == ["500 gram", "12 volt", ""]


def test_columns_have_the_same_types_however_few_the_answers(
    extractor: Extractor, rows: pd.DataFrame
) -> None:
    answered = [extractor.extract_frame(rows.iloc[:n])[list(schema.PREDICTION)] for n in (0, 3)]
    for name, kind in schema.PREDICTION.items():
        none, some = (frame[name].dtype for frame in answered)
        assert none == some, name
        is_object = kind not in ("string", "double")
        assert (some.kind == "O" and not isinstance(some, pd.StringDtype)) == is_object, name
    last = extractor.extract_frame(rows.iloc[2:])[list(schema.PREDICTION)]
    assert last.dtypes.equals(answered[1].dtypes)


def test_a_model_that_learned_from_embeddings_is_refused_without_its_encoder(
    config: Config,
) -> None:
    about = {"weights_origin": "somewhere"}
    bundle = make_bundle(small_model(), encoder_version="x", reader_version="", about=about)
    without = config.model_copy(update={"embed": config.embed.model_copy(update=_NO_WEIGHTS)})
    with pytest.raises(UserError, match="trained on embeddings of encoder x"):
        Extractor(without, bundle)


def test_thumbnails_are_kept_only_for_a_model_that_looks_at_them(
    extractor: Extractor, rows: pd.DataFrame
) -> None:
    assert all("thumbnail" not in row for row in extractor.read(rows["image_link"]).values())


def test_a_prompt_completes_the_names_that_are_offered() -> None:
    assert set(entity_extract.__all__) <= set(dir(entity_extract))
