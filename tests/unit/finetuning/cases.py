"""Drawn pictures whose label depends on what they show, and a small lake of them."""

import hashlib
import io
from collections.abc import Collection
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import torch
from PIL import Image, ImageDraw
from torch import nn
from torchvision.models import ResNet, resnet50

from entity_extract import schema
from entity_extract.config import Domain, LearningConfig
from entity_extract.lake.waves import Wave, Waves, list_path
from entity_extract.learning.finetuning.dataset import FinetuneDataset, finetune_dataset
from tests.arrow import struct_of

SIDE = 32
_LAKE = pa.schema(
    [
        *((n, pa.string()) for n in ("image_link", "status", "content_sha256", "phash")),
        ("width", pa.int32()),
        ("height", pa.int32()),
        ("words", pa.list_(struct_of(schema.WORD))),
        ("strokes", pa.list_(struct_of(schema.STROKE))),
        ("thumbnail", pa.binary()),
        ("reader_version", pa.string()),
    ]
)


def drawn(large: bool, rng: np.random.Generator) -> bytes:
    """A square of some colour on white: a large one weighs kilograms, a small one grams."""
    image = Image.new("RGB", (40, 40), "white")
    size = 30 if large else 12
    left, top = (int(x) for x in rng.integers(0, 40 - size, 2))
    colour = tuple(int(c) for c in rng.integers(0, 150, 3))
    ImageDraw.Draw(image).rectangle((left, top, left + size, top + size), fill=colour)
    content = io.BytesIO()
    image.save(content, "PNG")
    return content.getvalue()


def labelled(number: int, seed: int = 1) -> pd.DataFrame:
    """As `labelled_rows` gives them, with a thumbnail each; no word was read, so only pixels
    tell."""
    rng = np.random.default_rng(seed)
    rows = []
    for i in range(number):
        thumbnail = drawn(i % 2 == 0, rng)
        rows.append(
            {
                "row_key": str(i),
                "row_copy": 1,
                "image_link": f"http://shop/{i}.jpg",
                "entity_name": "item_weight",
                "group_id": "tea",
                "entity_value": "3 kilogram" if i % 2 == 0 else "2 gram",
                "status": "ok",
                "content_sha256": hashlib.sha256(thumbnail).hexdigest(),
                "phash": rng.bytes(8).hex(),
                "width": 40,
                "height": 40,
                "words": [],
                "strokes": [],
                "embedding": None,
                "thumbnail": thumbnail,
            }
        )
    return pd.DataFrame(rows)


def dataset_of(
    rows: pd.DataFrame, config: LearningConfig, domain: Domain, *, seen: Collection[int] = ()
) -> FinetuneDataset:
    """Of rows as `labelled` gives them, in two frames, with their thumbnails."""
    thumbnails = dict(zip(rows["content_sha256"], rows["thumbnail"], strict=True))
    told = rows.drop(columns="thumbnail").assign(shown=rows["thumbnail"].notna())
    return finetune_dataset(
        [told.iloc[1::2], told.iloc[::2]],
        config,
        domain,
        thumbnails=lambda contents: [thumbnails[content] for content in contents],
        seen=seen,
    )


def network() -> ResNet:
    """Random, yet with activations of a trained network's size: so it can learn in a few steps."""
    torch.manual_seed(0)
    made: ResNet = resnet50(weights=None)
    for name, module in made.named_modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = None  # statistics of all pictures shown
            nn.init.constant_(module.weight, 0.2 if name.endswith("bn3") else 1.0)
    rng = np.random.default_rng(9)
    pictures = [Image.open(io.BytesIO(drawn(i % 2 == 0, rng))) for i in range(32)]
    pixels = np.stack([np.asarray(picture, np.float32) / 64 - 2 for picture in pictures])
    with torch.no_grad():
        made(torch.from_numpy(pixels).permute(0, 3, 1, 2))
    return made


def write_shop(
    folder: Path, rows: pd.DataFrame, row_group_size: int | None = None
) -> tuple[Path, Path]:
    """catalog.csv and a lake in the layout of jobs.read_images."""
    catalog, part = folder / "catalog.csv", folder / "lake/images/wave=0001/part-0.parquet"
    part.parent.mkdir(parents=True)
    columns = ["image_link", "group_id", "entity_name", "entity_value"]
    rows[columns].to_csv(catalog, index=False)
    images = rows.assign(reader_version="r1")[_LAKE.names]
    table = pa.Table.from_pandas(images, schema=_LAKE, preserve_index=False)
    pq.write_table(table, part, row_group_size=row_group_size)
    waves = Waves(waves=(Wave(name=part.parent.name, rows=len(rows)),))
    listed = folder / "lake" / list_path("images", 1)
    listed.parent.mkdir()
    listed.write_text(waves.model_dump_json())
    return catalog, folder / "lake"
