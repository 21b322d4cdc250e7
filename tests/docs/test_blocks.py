"""Blocks of the pages that are no shell's: programs, conf files, values, what a command prints."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator

from entity_extract.config import load_config
from entity_extract.learning.features.candidates.declared import CANDIDATE_FEATURES
from entity_extract.learning.features.examples import build_example
from entity_extract.schema import TABLES
from tests.docs.accounts import block_elsewhere
from tests.docs.pages import ROOT, Block, every_block
from tests.docs.reader import card
from tests.server import shop_server
from tests.unit.learning_cases import DOMAIN, PICTURE, printed


def answers_a_picture(block: Block, folder: Path) -> None:
    """And what its comment says of the answer is so."""
    (folder / "tea.jpg").write_bytes(card("Net weight 500 g", "Width 12 cm"))
    (said,) = re.findall(r"# (\w+\.\w+ == \S+ \S+\")", block.text)
    done = subprocess.run(
        [sys.executable, "-c", f"{block.text}\nassert {said}, answer"],
        cwd=folder,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


def names_columns(block: Block, folder: Path) -> None:
    (folder / "mine.toml").write_text(block.text)
    config = load_config([folder / "mine.toml"])
    assert config.catalog.entities == ("item_weight", "width")
    assert config.catalog.columns.image_link == "img_url"


def adds_an_entity(block: Block, folder: Path) -> None:
    (folder / "mine.toml").write_text(block.text)
    domain = load_config([folder / "mine.toml"]).domain
    assert "frequency" in domain.entity_names
    assert "frequency" not in load_config().domain.entity_names


def declares_a_feature(block: Block, _: Path) -> None:
    words = [*printed("Net weight 500 g", line=0), *printed("2 kg", top=200, line=1)]
    try:
        exec(block.text, {})  # noqa: S102
        asked: dict[str, Any] = {"entity": "item_weight", "picture": PICTURE, "domain": DOMAIN}
        example = build_example(words, **asked, names=["letter_area"])
        assert example.candidate.shape == (2, 1)
        assert (example.candidate > 0).all()
    finally:
        CANDIDATE_FEATURES.forget("letter_area")


def are_values_of_the_chart(block: Block, _: Path) -> None:
    """Laid over the chart's own, as helm does."""
    chart = ROOT / "deploy/helm/entity-extract"
    values = yaml.safe_load((chart / "values.yaml").read_text())
    for key, value in yaml.safe_load(block.text).items():
        values[key] = {**values[key], **value} if isinstance(value, dict) else value
    faults = Draft7Validator(json.loads((chart / "values.schema.json").read_text()))
    assert [error.message for error in faults.iter_errors(values)] == []


def names_the_tables_that_there_are(block: Block, _: Path) -> None:
    drawn = set(re.findall(r"lake/(\w+)", block.text))
    assert drawn == {"images", "embeddings", "predictions"} <= {table.name for table in TABLES}


def is_what_status_prints(block: Block, folder: Path) -> None:
    """Line by line but for figures, times and names of runs; `…` stands for further lines."""
    pictures = {"/a.png": card("Net weight 500 g"), "/b.png": card("Width 12 cm")}
    with shop_server(pictures) as shop:
        links = [shop.url(path) for path in ("/a.png", "/b.png", "/html.jpg", "/gone.jpg")]
        rows = [f"{link},{entity}" for link in links for entity in ("item_weight", "width")]
        (folder / "catalog.csv").write_text("\n".join(["image_link,entity_name", *rows, ""]))
        lake = ["--lake", "build/demo/lake"]
        quick = ("fetch.allow_private=true", "ocr.engine=tesseract", "reread.share=0")
        settings = [word for pair in quick for word in ("--set", pair)]
        ours(folder, "enrich", "--catalog", "catalog.csv", *lake, *settings)
    printed = unnumbered(ours(folder, "status", *lake))
    lines = unnumbered(block.text).splitlines(keepends=True)
    pattern = "".join(r"(?:  .*\n)*" if one == "  …\n" else re.escape(one) for one in lines)
    assert re.fullmatch(pattern, printed), printed


def ours(folder: Path, *words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "entity_extract", *words],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def unnumbered(text: str) -> str:
    return re.sub(r"\d[\d,.:-]*\d|\d", "0", re.sub(r"\d{8}T\d{6}-[0-9a-f]{6}", "RUN", text))


# By page and how they begin.
HERE: dict[tuple[str, str], Callable[[Block, Path], None]] = {
    ("README.md", "from entity_extract import extract"): answers_a_picture,
    ("conf/README.md", "[catalog]"): names_columns,
    ("entity_extract/GROWING.md", "[units.hertz]"): adds_an_entity,
    ("entity_extract/GROWING.md", "from entity_extract.learning.features"): declares_a_feature,
    ("deploy/README.md", "image: {"): are_values_of_the_chart,
    ("deploy/README.md", "build/demo/lake: "): is_what_status_prints,
    ("entity_extract/README.md", "catalog ("): names_the_tables_that_there_are,
}
OTHERS = [one for one in every_block() if one.kind != "sh" and block_elsewhere(one) is None]


@pytest.mark.parametrize("block", OTHERS, ids=lambda one: f"{one.page}: {one.start}")
def test_a_block_is_what_its_page_says(block: Block, tmp_path: Path) -> None:
    found = [
        run
        for (page, start), run in HERE.items()
        if page == block.page and block.text.startswith(start)
    ]
    assert len(found) == 1, "nobody runs this block: name its test in accounts.py, or HERE"
    found[0](block, tmp_path)


def test_blocks_are_of_kinds_that_are_known() -> None:
    """Such as are looked at: a shell's under another name would be none."""
    assert {block.kind for block in every_block()} == {"sh", "python", "sql", "toml", "yaml", ""}
