"""Lakes for the tests of the review, made without Spark: of pictures that real OCR has read."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pandas as pd
from PIL import Image, ImageDraw

from entity_extract import schema
from entity_extract.config import Config, load_config
from entity_extract.lake.files import Mark
from entity_extract.lake.waves import Waves, list_path, waves_of
from entity_extract.learning.prediction.bundle import Bundle, worker_model
from entity_extract.learning.prediction.bundle_files import default_bundle
from entity_extract.learning.prediction.predict import predict_records
from entity_extract.reading.batches import read_batches
from entity_extract.reading.reader_version import reader_version
from entity_extract.review.command import Asked, Review, review_of
from entity_extract.review.serve import serving
from entity_extract.review.store import CorrectionStore
from tests.server import encoded, shop_server

CONFIG = load_config(
    assignments=["fetch.allow_private=true", "ocr.engine=tesseract", "review.precision=0.7"]
)
READER = reader_version(CONFIG.ocr, CONFIG.image, CONFIG.domain)
HOSTILE = "<script>alert(1)</script>\"'><img src=http://evil.example/x onerror=alert(1)>"
RIGHT_TO_LEFT = "\u202egnp.exe \u05d0\u05d1\u05d2"
LONG = "category" * 500


def write_lake(folder: Path, tables: Mapping[str, pd.DataFrame]) -> Path:
    """A lake of one wave a table."""
    folder.mkdir(parents=True, exist_ok=True)
    mark = Mark(schema_version=3, format="parquet")
    (folder / "_lake.json").write_text(mark.model_dump_json())
    for name, rows in tables.items():
        wave = folder / name / "wave=r1-00000"
        wave.mkdir(parents=True)
        rows.to_parquet(wave / "part-0.parquet", index=False)
        waves = Waves(version=1, waves=waves_of([(wave.name, "", len(rows))]))
        (folder / list_path(name, 1)).parent.mkdir()
        (folder / list_path(name, 1)).write_text(waves.model_dump_json())
    return folder


def predictions(
    rows: pd.DataFrame, images: pd.DataFrame, bundle: Bundle, config: Config = CONFIG
) -> pd.DataFrame:
    """Rows of schema.PREDICTIONS for `rows` (the catalog's columns), answered from `images`."""
    read = rows.merge(images, on="image_link", how="left")
    read["status"] = read["status"].fillna("not_read")
    read = read.astype(object).where(read.notna(), None)
    answers = predict_records(worker_model(bundle), read.assign(embedding=None), config.predict)
    ids = ["\t".join(map(str, cells)) for cells in rows[list(schema.QUESTION)].to_numpy()]
    return pd.concat([rows.reset_index(drop=True), answers.reset_index(drop=True)], axis=1).assign(
        row_key=[hashlib.sha256(text.encode()).hexdigest() for text in ids],
        row_copy=1,
        catalog_key=pd.Series([None] * len(rows), dtype="string"),
        content_sha256=read["content_sha256"].astype("string"),
        model_version=bundle.version,
        reader_version=READER,
        reread=False,
        withdrawn_at=pd.Series([pd.NaT] * len(rows), dtype="datetime64[us]"),
    )


def card(*lines: str) -> bytes:
    """PNG, 640 wide."""
    image = Image.new("RGB", (640, 60 + 90 * len(lines)), "white")
    draw = ImageDraw.Draw(image)
    for place, line in enumerate(lines):
        draw.text((30, 30 + 90 * place), line, fill="black", font_size=40)
    return encoded(image, "PNG")


CARDS = {
    **{
        f"/tea-{grams}.png": card(f"Net weight {grams} g", f"{grams / 28.35:.1f} oz")
        for grams in (120, 250, 380, 500, 640, 750)
    },
    **{f"/mug-{high}.png": card(f"Height {high} cm", "Width 8 cm") for high in (9, 11, 13, 15)},
    "/silent.png": card("New and tasty"),
}


@dataclass(frozen=True)
class Shop:
    """A lake whose pictures are served; `links` by the path of CARDS."""

    lake: Path
    rows: pd.DataFrame
    base: str


@cache
def _read(links: tuple[str, ...]) -> pd.DataFrame:
    frames = read_batches(
        iter([pd.DataFrame({"image_link": list(links), "attempts": 0})]),
        fetch_config=CONFIG.fetch,
        image_config=CONFIG.image,
        ocr_config=CONFIG.ocr,
        domain=CONFIG.domain,
        reader_version=READER,
        isolation=CONFIG.isolation,
    )
    return pd.concat(list(frames), ignore_index=True)


@contextmanager
def shop(folder: Path) -> Iterator[Shop]:
    """Eleven cards, each asked once, and rows with hostile texts; their server runs meanwhile."""
    with shop_server(CARDS) as server:
        rows = [
            (server.url(path), "tea" if "tea" in path else "mug", entity, None)
            for path in CARDS
            for entity in (["item_weight"] if "mug" not in path else ["height"])
        ]
        tea = server.url("/tea-500.png")
        rows += [
            (tea, HOSTILE, "item_weight", "500 gram"),
            (tea, RIGHT_TO_LEFT, "item_weight", HOSTILE),
            (tea, LONG, "item_weight", "1 gram"),
            (f"javascript:{HOSTILE}", HOSTILE, HOSTILE, None),
        ]
        catalog = pd.DataFrame(rows, columns=[*schema.QUESTION, "entity_value"])
        images = _read(tuple(dict.fromkeys(catalog["image_link"])))
        images["words"] = [_with_hostile(words) for words in images["words"]]
        tables = {"predictions": predictions(catalog, images, default_bundle()), "images": images}
        yield Shop(write_lake(folder / "lake", tables), catalog, server.url(""))


def _with_hostile(words: Sequence[Mapping[str, object]] | None) -> object:
    """A line that no quantity is found in, as a picture may show it."""
    if words is None or not len(words):
        return words
    line = {**words[-1], "text": HOSTILE, "line": 99, "top": 0, "left": 0}
    return [*words, line]


def reviewed(lake: Path, config: Config = CONFIG, asked: Asked | None = None) -> Review:
    return review_of(str(lake), default_bundle(), config, asked or Asked(), corrections={})


@contextmanager
def served(lake: Path, corrections: Path, config: Config = CONFIG) -> Iterator[str]:
    """The URL of its review."""
    with (
        CorrectionStore(corrections) as store,
        serving(reviewed(lake, config), store, config) as url,
    ):
        yield url
