"""One picture and a frame of questions, with the package's own model and real OCR."""

import base64
import pickle
from pathlib import Path

import pandas as pd
import pytest
from PIL import Image, ImageDraw

import entity_extract
from entity_extract import schema
from entity_extract.config import load_config
from entity_extract.errors import UserError
from entity_extract.extraction.extractor import Extractor
from entity_extract.learning.prediction.bundle_files import BundleError
from entity_extract.quantities.geometry import Box
from entity_extract.status import Status
from tests.pictures import faint
from tests.server import encoded, shop_server
from tests.unit.extraction.processes import reading_processes

SETTINGS = ["fetch.allow_private=true", "fetch.retries=0", 'ocr.skip=["second_look"]']


def card(text: str) -> bytes:
    image = Image.new("RGB", (400, 120), "white")
    ImageDraw.Draw(image).text((30, 40), text, fill="black", font_size=36)
    return encoded(image)


@pytest.fixture(scope="module")
def extractor() -> Extractor:
    return Extractor(load_config(assignments=SETTINGS))


def test_a_picture_says_its_weight_and_where_it_stands(extractor: Extractor) -> None:
    answer = extractor.extract(card("Net weight 500 g"), "item_weight")
    assert (answer.text, answer.value, answer.unit) == ("500 gram", 500.0, "gram")
    assert answer
    assert str(answer) == "500 gram"
    assert answer.status is Status.OK
    assert 0 < answer.confidence <= 1
    assert isinstance(answer.box, Box)
    left, top, width, height = answer.box
    assert 150 < left < left + width < 400
    assert 30 < top < top + height < 100
    assert answer.candidates[0] == "500 gram"


def test_a_file_says_what_its_bytes_say(extractor: Extractor, tmp_path: Path) -> None:
    path = tmp_path / "card.jpg"
    path.write_bytes(card("12 volt"))
    found = [extractor.extract(p, "voltage") for p in (path, str(path), path.read_bytes())]
    assert found[0].text == "12 volt"
    assert found[0] == found[1] == found[2]


def test_what_the_picture_does_not_say_is_an_empty_answer(extractor: Extractor) -> None:
    answer = extractor.extract(card("12 volt"), "item_weight")
    assert not answer
    assert (answer.text, answer.value, answer.unit, answer.box) == ("", None, None, None)
    assert answer.status is Status.OK


def test_a_picture_that_cannot_be_read_is_an_answer_with_a_status(extractor: Extractor) -> None:
    answer = extractor.extract(b"<html>", "item_weight")
    assert not answer
    assert answer.status is Status.NOT_AN_IMAGE
    assert answer.reason


def test_an_entity_is_known_in_any_letters(extractor: Extractor) -> None:
    picture = card("Net weight 500 g")
    assert extractor.extract(picture, "Item Weight").text == "500 gram"
    link = "data:image/png;base64," + base64.b64encode(picture).decode()
    rows = pd.DataFrame({"image_link": [link], "entity_name": ["ITEM-WEIGHT"]})
    assert extractor.extract_frame(rows)["prediction"].tolist() == ["500 gram"]


def test_a_question_that_the_model_was_not_trained_for_is_refused(extractor: Extractor) -> None:
    with pytest.raises(UserError, match=r"'colour' is not asked of this model; it knows depth, "):
        extractor.extract(card("12 volt"), "colour")


def test_a_file_that_is_not_there_and_a_model_that_is_none_are_errors(
    extractor: Extractor, tmp_path: Path
) -> None:
    with pytest.raises(FileNotFoundError):
        extractor.extract(tmp_path / "none.jpg", "voltage")
    with pytest.raises(BundleError, match="no model bundle there"):
        Extractor(model=tmp_path)


def test_a_frame_keeps_its_rows_and_fetches_each_link_once(extractor: Extractor) -> None:
    with shop_server({"/a.jpg": card("500 grams, 12 volt")}) as server:
        links = [server.url("/a.jpg"), None, server.url("/a.jpg"), server.url("/missing.jpg"), " "]
        rows = pd.DataFrame(
            {
                "sku": [5, 4, 3, 2, 1],
                "image_link": links,
                "entity_name": ["item_weight", "width", "voltage", "width", "colour"],
            },
            index=[7, 7, 8, 9, 10],
        )
        answered = extractor.extract_frame(rows)
        assert server.asked["/a.jpg"] == server.asked["/missing.jpg"] == 1  # it answered all
    assert list(answered.columns) == [*rows.columns, *schema.PREDICTION]
    pd.testing.assert_frame_equal(answered[list(rows.columns)], rows)
    assert answered["prediction"].tolist() == ["500 gram", "", "12 volt", "", ""]
    statuses = [Status.OK, Status.NO_LINK, Status.OK, Status.HTTP_ERROR, Status.UNKNOWN_ENTITY]
    assert answered["status"].tolist() == statuses


def test_a_frame_and_a_picture_get_the_same_answer(extractor: Extractor) -> None:
    content = card("Net weight 2.5 kg")
    alone = extractor.extract(content, "item_weight", group_id="tea")
    with shop_server({"/a.jpg": content}) as server:
        asked = {"image_link": server.url("/a.jpg"), "entity_name": "item_weight"}
        row = extractor.extract_frame(pd.DataFrame([{**asked, "group_id": "tea"}])).iloc[0]
    assert (row["prediction"], row["confidence"]) == (alone.text, alone.confidence)
    assert row["box"] == alone.box._asdict() if alone.box else False


def test_no_rows_are_no_answers(extractor: Extractor) -> None:
    none = extractor.extract_frame(pd.DataFrame({"image_link": [], "entity_name": []}))
    assert len(none) == 0
    assert list(none.columns)[2:] == list(schema.PREDICTION)


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        (["image_link"], "no column entity_name; found image_link"),
        (["image_link", "entity_name", "status", "unit"], "rename yours: unit, status"),
    ],
)
def test_columns_that_are_missing_or_taken_are_named(
    extractor: Extractor, columns: list[str], reason: str
) -> None:
    with pytest.raises(UserError, match=reason):
        extractor.extract_frame(pd.DataFrame(columns=columns))


def test_links_to_this_network_are_blocked_unless_allowed() -> None:
    with shop_server({"/a.jpg": card("500 g")}) as server:
        asked = {"image_link": [server.url("/a.jpg")], "entity_name": ["item_weight"]}
        answered = entity_extract.extract_frame(pd.DataFrame(asked))
        assert not server.asked
    assert answered["status"].tolist() == [Status.BLOCKED]


def test_an_extractor_travels_to_executors(extractor: Extractor) -> None:
    again = pickle.loads(pickle.dumps(extractor))  # noqa: S301
    assert again.extract(card("12 volt"), "voltage").text == "12 volt"


def test_the_package_offers_what_it_lists_and_nothing_else() -> None:
    assert all(hasattr(entity_extract, name) for name in entity_extract.__all__)
    with pytest.raises(AttributeError, match="has no attribute 'answer'"):
        _ = entity_extract.answer  # type: ignore[attr-defined]


def test_print_that_the_first_look_misses_is_found_by_a_second(extractor: Extractor) -> None:
    content = faint("Net weight 350 g")
    answer = extractor.extract(content, "item_weight")
    assert answer.text == "350 gram"
    assert answer.box is not None
    assert 180 <= answer.box.top <= 220
    once = Extractor(load_config(assignments=[*SETTINGS, "reread.looks=[]"]))
    assert once.extract(content, "item_weight").text == ""
    with shop_server({"/a.png": content, "/b.jpg": card("12 volt")}) as server:
        asked = [("/a.png", "item_weight"), ("/b.jpg", "voltage"), ("/a.png", "voltage")]
        rows = pd.DataFrame(
            [{"image_link": server.url(p), "entity_name": name} for p, name in asked]
        )
        assert extractor.extract_frame(rows)["prediction"].tolist() == ["350 gram", "12 volt", ""]
        assert dict(server.asked) == {"/a.png": 2, "/b.jpg": 1}
        none = Extractor(load_config(assignments=[*SETTINGS, "reread.share=0"]))
        assert none.extract_frame(rows)["prediction"].tolist() == ["", "12 volt", ""]


def test_first_and_second_looks_take_turns_without_new_processes(extractor: Extractor) -> None:
    unsaid = card("12 volt")
    extractor.extract(unsaid, "item_weight")
    before = set(reading_processes())
    for _ in range(2):
        extractor.extract(unsaid, "item_weight")
    assert set(reading_processes()) == before
    assert len(before) == 2
