"""Pages of the report, and what they are made of."""

from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path
from typing import Any

import pandas as pd
from PIL import Image

from entity_extract.config import EvaluateConfig, load_config
from entity_extract.evaluation.gallery import GalleryRow
from entity_extract.evaluation.metrics import score
from entity_extract.evaluation.operating_points import operating_points
from entity_extract.evaluation.report import write_report

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
