"""The report as a reader's browser gets it: complete, self-contained and safe."""

import re
from base64 import b64decode
from io import BytesIO
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pandas as pd
import pytest
from PIL import Image

from entity_extract.evaluation.gallery import GalleryRow
from entity_extract.learning.prediction.abstention import NEVER
from tests.unit.evaluation.cases import HOSTILE, Page, gallery_row, manifest, report, rows


def drawing(uri: str | None) -> ElementTree.Element:
    svg = b64decode((uri or "").removeprefix("data:image/svg+xml;base64,"))
    return ElementTree.fromstring(svg)  # noqa: S314  (drawn a moment ago)


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Page:
    """The page of one labelled split, with a gallery."""
    return report(tmp_path_factory.mktemp("page"), {"validation": rows()}, [gallery_row()])


def test_the_page_leads_with_validation_and_shows_train_beside_it(tmp_path: Path) -> None:
    worse = rows().assign(prediction="6 gram")
    page = report(tmp_path, {"train": rows(), "validation": worse}, about={"model_version": "m7"})
    assert page.html.index("F1, validation") < page.html.index("F1, train")
    assert "F1 0.000 on validation" in page.words
    assert "0.667" in page.words  # train: TP 8, FP 4, FN 8 -> 16 / 28 without ranges
    assert "m7" in page.words


def test_every_section_and_every_figure_is_there(page: Page) -> None:
    for title in (
        *("F1 per entity", "Where answers are lost", "Confidence and abstention", "Units"),
        *("All figures", "What became of the pictures", "Right and wrong, seen"),
    ):
        assert title in page.words
    assert len(page.all("figure")) == 5
    assert len(page.all("article")) == 1


def test_figures_are_drawings_for_a_light_and_a_dark_page(page: Page) -> None:
    lights = [image["src"] for image in page.all("img")][:5]
    darks = [source["srcset"] for source in page.all("source")]
    assert len(lights) == len(darks) == 5
    assert not set(lights) & set(darks)
    for uri in (*lights, *darks):
        assert drawing(uri).tag.endswith("svg")
    assert all(image["alt"] for image in page.all("img"))


def test_without_a_model_the_page_says_nothing_of_learning(page: Page) -> None:
    assert "How it learned" not in page.words


def test_with_a_model_the_page_says_how_it_learned(tmp_path: Path) -> None:
    told = {"model": manifest(), "answered_by": ["m7-ab12"]}
    page = report(tmp_path, {"validation": rows()}, **told)
    section = page.words[page.words.index("How it learned") :]
    assert len(page.all("figure")) == 8
    alts = " ".join(image["alt"] or "" for image in page.all("img"))
    for alt in ("least 1.500", "log loss by trees, out of fold 0.200", "with all 0.800"):
        assert alt in alts
    assert re.search(r"F1\s*0\.571\s*0\.000\s*\+0\.571", section)
    assert "0.123" in section
    assert re.search(r"item weight\s*0\.571\s*0\.000\s*\+0\.571\s*0\.456", section)
    assert "Not the model that answered" not in section
    told["model"] = manifest(min_confidence_of={"item_weight": NEVER})
    page = report(tmp_path, {"validation": rows()}, **told)
    assert re.search(r"item weight\s*0\.571\s*0\.000\s*\+0\.571\s*never answered", page.words)


def test_a_model_that_did_not_give_the_answers_is_said_to_be_another(tmp_path: Path) -> None:
    told = {"model": manifest(), "answered_by": ["m7-ab12", "m8-ab12"]}
    page = report(tmp_path, {"validation": rows()}, **told)
    assert "The answers above are of model m8-ab12, this section is of m7." in page.words


def test_an_older_model_without_curves_or_figures_is_shown_with_what_it_has(
    tmp_path: Path,
) -> None:
    page = report(tmp_path, {"validation": rows()}, model={"model_version": "m1"})
    assert "This bundle holds no learning curves" in page.words
    assert len(page.all("figure")) == 5
    page = report(tmp_path, {}, model=manifest(min_confidence_of={}))  # nothing to score
    assert len(page.all("figure")) == 3
    assert "general" in page.words


def test_the_page_offers_other_abstention_thresholds_and_says_how_to_use_one(page: Page) -> None:
    section = page.words[page.words.index("Abstention threshold") : page.words.index("Units")]
    # As run TP 8, FP 4, FN 8, of 20 rows; from 0.2 on TP 12, FP 4, FN 4.
    assert re.search(r"as run\s*0\.700\s*0\.667\s*0\.500\s*0\.571\s*60%", section)
    assert re.search(r"best F1\s*0\.200\s*0\.750\s*0\.750\s*0\.750\s*80%", section)
    assert re.search(r"precision ≥ 0\.99\s*0\.800\s*1\.000", section)
    assert "--set predict.min_confidence=0.200" in section


def test_the_page_asks_for_nothing_from_anywhere(page: Page) -> None:
    assert page.all("link") == []
    assert page.all("script") == [{}]  # its own, which the policy names by its hash
    for _, attrs in page.tags:
        for name in ("src", "srcset", "href", "data", "action", "poster"):
            assert (attrs.get(name) or "data:").startswith("data:")
    assert not re.search(r"https?://|url\(|@import", page.html)
    policy = next(meta for meta in page.all("meta") if "http-equiv" in meta)
    said = policy["content"] or ""
    assert said.startswith("default-src 'none'")
    assert "unsafe" not in said


def test_hostile_strings_of_a_catalog_stay_text(tmp_path: Path) -> None:
    names = {"entity_name": HOSTILE, "prediction": HOSTILE, "status": HOSTILE}
    table = pd.concat([rows(), pd.DataFrame([names | {"entity_value": ""}])])
    page = report(tmp_path, {HOSTILE: table}, [gallery_row(HOSTILE)], {HOSTILE: HOSTILE})
    assert page.all("script") == [{}]
    assert not any("onerror" in attrs for _, attrs in page.tags)
    assert HOSTILE in page.words
    for image in page.all("img")[:5]:
        assert not [tag for tag in drawing(image["src"]).iter() if tag.tag.endswith("script")]


def test_the_page_says_when_of_what_and_by_what(tmp_path: Path) -> None:
    about = {"evaluated": "2026-11-30 06:00 UTC", "catalog": "s3a://shop/c.csv", "model": "tea"}
    page = report(tmp_path, {"validation": rows()}, about={**about, "OCR_engine": "tesseract 5"})
    lead = page.words[: page.words.index("F1 per entity")]
    for text in (*about.values(), "20 validation rows"):
        assert text in lead
    assert re.search(r"OCR engine\s*tesseract 5", page.words)


def test_what_is_in_reach_and_what_was_reached_are_shares_of_the_same_rows(tmp_path: Path) -> None:
    """Of 16 labelled rows 8 are right, 6 wrong by their unit alone and 2 silent; 10 hold the label
    among their candidates. Recall is 8 / 10, above oracle recall, and label recall is not."""
    answers = rows()[:16].assign(
        prediction=["5 gram"] * 8 + ["0.005 kilogram"] * 6 + [""] * 2,
        candidates=[["5 gram"]] * 10 + [["0.005 kilogram"]] * 6,
    )
    page = report(tmp_path, {"validation": answers})
    lead = " ".join(page.words[page.words.index("Of the 16 rows") :].split())
    for figure in (
        r"Right \(label recall\)\s*0\.500",
        r"Right after conversion of units\s*0\.875",
        r"Right would be in reach \(oracle recall\)\s*0\.625\S*\s*the label is among",
    ):
        assert re.search(figure, lead), figure
    assert re.search(r"Recall\s*0\.800", page.words)
    assert "may stand above oracle recall" in lead


def test_no_dot_is_cut_at_an_axis(tmp_path: Path) -> None:
    page = report(tmp_path, {"validation": rows()}, model=manifest())
    for svg in (drawn := [drawing(image["src"]) for image in page.all("img")]):
        for group in svg.iter("{http://www.w3.org/2000/svg}g"):
            dots = group.findall("{http://www.w3.org/2000/svg}use")
            assert not (dots and group.get("clip-path"))
    assert sum(len(svg.findall(".//{http://www.w3.org/2000/svg}use")) for svg in drawn) >= 20


def test_errors_lie_beside_the_page_and_in_it(tmp_path: Path) -> None:
    table = rows().assign(row_id=[f"r{number}" for number in range(20)])
    page = report(tmp_path, {"train": table, "validation": table[:8]})
    found = pd.read_csv(tmp_path / "errors.csv", keep_default_na=False)
    assert found["row_id"].tolist() == ["r2", "r3", "r4", "r7"]
    assert found["outcome"].tolist() == ["wrong_chosen", "abstained", "not_fetched", "wrong_chosen"]
    assert found["candidates"][0] == '["5 gram"]'
    (link,) = page.all("a")
    content = b64decode((link["href"] or "").removeprefix("data:text/csv;charset=utf-8;base64,"))
    assert content == (tmp_path / "errors.csv").read_bytes()


def test_without_an_error_there_is_none_to_download(tmp_path: Path) -> None:
    page = report(tmp_path, {"validation": rows()[:2]})
    assert page.all("a") == []
    assert len((tmp_path / "errors.csv").read_text().splitlines()) == 1


def test_the_gallery_embeds_each_picture_and_says_where_there_is_none(tmp_path: Path) -> None:
    lost = GalleryRow(b"", 0, 0, None, "width", "", "", None, "", "abstained")
    page = report(tmp_path, {}, [gallery_row(), lost])
    (image,) = page.all("img")
    content = b64decode((image["src"] or "").removeprefix("data:image/jpeg;base64,"))
    assert Image.open(BytesIO(content)).size == (64, 64)
    assert "no picture" in page.words
    assert "does not say" in page.words


COLUMNS = ["image_link", "entity_name", "entity_value", "prediction", "candidates", "status"]


@pytest.mark.parametrize(
    "splits",
    [
        {},
        {"validation": pd.DataFrame(columns=COLUMNS)},
        {"all": rows(labelled=False)},
        {"all": rows(labelled=False).drop(columns="entity_value")},
    ],
)
def test_without_labels_the_page_says_so_and_still_counts(
    splits: dict[str, pd.DataFrame], tmp_path: Path
) -> None:
    page = report(tmp_path, splits)
    assert "there is nothing to score" in page.words
    assert page.all("figure") == []
    if "all" in splits:
        assert "http_error" in page.words


@pytest.mark.parametrize(
    "changes",
    [
        {"confidence": None},
        {"prediction": ""},
        {"candidates": None, "status": "timeout", "prediction": "", "confidence": None},
    ],
)
def test_figures_without_anything_to_draw_give_way_to_a_sentence(
    changes: dict[str, Any], tmp_path: Path
) -> None:
    page = report(tmp_path, {"validation": rows().assign(**changes)})
    assert 3 <= len(page.all("figure")) < 5
    assert "no answers with a confidence" in page.words


def test_one_empty_split_beside_a_full_one_is_listed_and_not_judged(tmp_path: Path) -> None:
    empty = rows().iloc[:0]
    page = report(tmp_path, {"train": rows(), "validation": empty})
    assert "on train" in page.words
    assert "0 validation rows" in page.words


def test_the_same_rows_give_the_same_page(page: Page, tmp_path: Path) -> None:
    assert report(tmp_path, {"validation": rows()}, [gallery_row()]).html == page.html


def test_a_catalog_that_asks_for_hundreds_of_things_still_makes_a_page(tmp_path: Path) -> None:
    names = [f"{'very ' * 20}odd entity {number}" for number in range(300)]
    odd = pd.DataFrame({"entity_name": names, "entity_value": "", "prediction": ""})
    page = report(tmp_path, {"validation": pd.concat([rows(), odd])})
    assert "Shown are the 24 entities with the most rows." in page.words
    assert len(page.html) < 500_000
