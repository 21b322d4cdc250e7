"""The report as a reader's browser gets it: complete, self-contained and safe."""

import re
from base64 import b64decode
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pandas as pd
import pytest
from PIL import Image

from entity_extract.config import EvaluateConfig, load_config
from entity_extract.evaluation.gallery import GalleryRow
from entity_extract.evaluation.metrics import score
from entity_extract.evaluation.operating_points import operating_points
from entity_extract.evaluation.report import write_report
from entity_extract.learning.prediction.abstention import NEVER

DOMAIN = load_config().domain
CONFIG = EvaluateConfig(bootstrap=50)
VOID = {"meta", "img", "source", "br", "link", "input", "hr"}
HOSTILE = "$\\frac{1$<script>alert(1)</script>\"'><img src=http://evil.example/x onerror=alert(1)>"


class Page(HTMLParser):
    """The elements of a page; refuses an element that is closed out of turn."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.html = html
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attrs for name, attrs in self.tags if name == tag]


def rows(labelled: bool = True) -> pd.DataFrame:
    answers = ["5 gram", "5 gram", "6 gram", "", ""]
    table = pd.DataFrame({"prediction": answers * 4})
    return table.assign(
        image_link=[f"http://shop.example/{number}.jpg" for number in range(20)],
        entity_name="item_weight",
        entity_value="5 gram" if labelled else None,
        candidates=[["5 gram"]] * 20,
        confidence=[0.9, 0.8, 0.7, 0.2, None] * 4,
        status=["ok", "ok", "ok", "ok", "http_error"] * 4,
    )


def gallery_row(text: str = "5 gram") -> GalleryRow:
    out = BytesIO()
    Image.new("RGB", (64, 64)).save(out, "JPEG")
    return GalleryRow(out.getvalue(), 640, 640, (9, 9, 90, 90), text, text, text, 0.5, text, text)


def report(
    folder: Path,
    splits: dict[str, pd.DataFrame],
    gallery: list[GalleryRow] | None = None,
    about: dict[str, str] | None = None,
    **model: Any,
) -> Page:
    metrics = {name: score(table, DOMAIN, CONFIG) for name, table in splits.items()}
    for name, table in splits.items():
        metrics[name]["trade_off"] = operating_points(table, DOMAIN, CONFIG)
    path = write_report(
        folder, splits, metrics, gallery or [], about or {}, domain=DOMAIN, config=CONFIG, **model
    )
    assert path == folder / "report.html"
    return Page(path.read_text("utf-8"))


def drawing(uri: str | None) -> ElementTree.Element:
    svg = b64decode((uri or "").removeprefix("data:image/svg+xml;base64,"))
    return ElementTree.fromstring(svg)  # noqa: S314  (drawn a moment ago)


def manifest(**changes: Any) -> dict[str, Any]:
    """What a bundle says of itself: F1 16 / 28 on train, 0 on validation."""
    worse = rows().assign(prediction="6 gram")
    return {
        "model_version": "m7",
        "min_confidence": 0.123,
        "min_confidence_of": {"item_weight": 0.456},
        "metrics": {
            "train": score(rows(), DOMAIN, CONFIG),
            "validation": score(worse, DOMAIN, CONFIG),
        },
        "curves": {
            "fusion": {"epoch": [1, 2], "training": [2.0, 1.0], "held_out": [2.5, 1.5]},
            "trees": {
                "measure": "log loss",
                "trees": [1, 40],
                "learned_from": [0.5, 0.1],
                "out_of_fold": [0.5, 0.2],
            },
            "pictures": {"share": [0.5, 1.0], "pictures": [60, 120], "f1": [0.7, 0.8]},
        },
        **changes,
    }


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
    assert page.all("script") == page.all("link") == []
    for _, attrs in page.tags:
        for name in ("src", "srcset", "href", "data", "action", "poster"):
            assert (attrs.get(name) or "data:").startswith("data:")
    assert not re.search(r"https?://|url\(|@import", page.html)
    policy = next(meta for meta in page.all("meta") if "http-equiv" in meta)
    assert (policy["content"] or "").startswith("default-src 'none'")


def test_hostile_strings_of_a_catalog_stay_text(tmp_path: Path) -> None:
    names = {"entity_name": HOSTILE, "prediction": HOSTILE, "status": HOSTILE}
    table = pd.concat([rows(), pd.DataFrame([names | {"entity_value": ""}])])
    page = report(tmp_path, {HOSTILE: table}, [gallery_row(HOSTILE)], {HOSTILE: HOSTILE})
    assert page.all("script") == []
    assert not any("onerror" in attrs for _, attrs in page.tags)
    assert HOSTILE in page.words
    for image in page.all("img")[:5]:
        assert not [tag for tag in drawing(image["src"]).iter() if tag.tag.endswith("script")]


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
