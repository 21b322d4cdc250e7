"""A reader of the pages: the folder with the files that these name, and a shell in it."""

import base64
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import pandas as pd
import torch
from PIL import Image, ImageDraw
from torchvision.models import resnet50

import entity_extract
from entity_extract.embedding.named import encoder_spec
from entity_extract.lake.files import LakeFiles
from tests.docs.pages import ROOT
from tests.server import encoded

_BIN = Path(sys.prefix) / "bin"
_PATIENCE_S = 600.0
# Of the tests' own environment what would have Spark do all, or trace a run elsewhere.
_NOT_A_READERS = ("SPARK_", "PYSPARK_", "HADOOP_", "OPENLINEAGE_", "MLFLOW_", "AWS_")


def card(*lines: str, look: int = 0) -> bytes:
    """PNG, 480 wide; of another `look` it is another picture also to who does not read it."""
    image = Image.new("RGB", (480, 200 + 60 * len(lines)), "white")
    draw, dice = ImageDraw.Draw(image), Random(look)
    for left in range(0, 480, 60):
        draw.rectangle((left, image.height - dice.randint(0, 160), left + 59, image.height), "teal")
    for place, line in enumerate(lines):
        draw.text((30, 24 + 60 * place), line, "black", font_size=34)
    return encoded(image, "PNG")


def link(content: bytes) -> str:
    """One that needs neither network nor a key of `[fetch]`."""
    return "data:image/png;base64," + base64.b64encode(content).decode()


def _products() -> Iterator[tuple[str, str, str, str]]:
    """Rows of a labelled catalog: picture, category, entity, value. Each picture has two sizes."""
    for place in range(12):
        grams, inner = 120 + 20 * place, 8 + place
        tea = card(f"Net weight {grams} g", f"Serving {inner} g", look=place)
        yield link(tea), "tea", "item_weight", f"{grams} gram"
        mug = card(f"Width {inner} cm", f"Height {inner + 30} cm", look=100 + place)
        yield link(mug), "mug", "width", f"{inner} centimetre"


def draw(folder: Path) -> None:
    """What the pages take for given."""
    question = ["image_link", "group_id", "entity_name"]
    labelled = pd.DataFrame(list(_products()), columns=[*question, "entity_value"])
    labelled.to_csv(folder / "labelled.csv", index=False)
    catalog = labelled.head(6)[question].reset_index(names="index")
    catalog.to_csv(folder / "catalog.csv", index=False)
    catalog.to_parquet(folder / "catalog.parquet", index=False)
    (folder / "shop").mkdir()  # the bucket of that name
    catalog.to_parquet(folder / "shop/catalog.parquet", index=False)
    shop = pd.DataFrame({"sku": ["T-1", "M-1"], "img_url": labelled["image_link"].head(2)})
    shop.to_csv(folder / "shop.csv", index=False)
    before = shop.assign(entity_name="item_weight", prediction=["120 gram", ""])
    before.to_parquet(folder / "before.parquet", index=False)
    before.assign(prediction=["8 gram", ""]).to_parquet(folder / "after.parquet", index=False)
    (folder / "photos").mkdir()
    for name in ("photos/tea.png", "tea.jpg", "photo.jpg"):
        (folder / name).write_bytes(card("Net weight 500 g", "Width 12 cm"))
    (folder / "photos/mug.png").write_bytes(card("Width 9 cm"))
    packaged = Path(entity_extract.__file__).parent / "models/default"
    shutil.copytree(packaged, folder / "new")  # a model other than the one that the page trains
    (folder / ".venv").symlink_to(sys.prefix)


def keep_weights(cache: Path) -> None:
    """Where torch looks for ImageNet's: drawn by lot, as those are not to be had everywhere."""
    path = cache / "torch/hub/checkpoints" / Path(encoder_spec("resnet50").url).name
    path.parent.mkdir(parents=True)
    torch.manual_seed(0)
    torch.save(resnet50(weights=None).state_dict(), path)


def model_in(lake: Path, table: str) -> str:
    """The one whose answers it holds."""
    rows = LakeFiles(str(lake)).dataset(table)
    assert rows is not None
    (found,) = set(rows.to_table(["model_version"])["model_version"].to_pylist())
    return str(found)


@dataclass(frozen=True)
class Done:
    """A command that has ended, and how."""

    text: str
    status: int
    stdout: str
    stderr: str

    def told(self) -> str:
        return f"{self.text}\nexit {self.status}\n{self.stdout[-2000:]}\n{self.stderr[-4000:]}"


@dataclass
class Reader:
    """`said` holds what has been run here; `instead` is what is typed in the place of what a page
    only stands in for."""

    folder: Path
    cache: Path
    instead: Mapping[str, Callable[[Path], str]] = field(default_factory=dict)
    said: dict[str, Done] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith(_NOT_A_READERS)}
        return kept | {
            "PATH": f"{_BIN}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
            "XDG_CACHE_HOME": str(self.cache),
        }

    def typed(self, text: str) -> str:
        for stands, value_in in self.instead.items():
            if stands in text:
                text = text.replace(stands, value_in(self.folder))
        return text

    def types(self, text: str) -> Done:
        """Has a shell run it to its end."""
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", self.typed(text)],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=_PATIENCE_S,
        )
        self.said[text] = Done(text, done.returncode, done.stdout, done.stderr)
        return self.said[text]

    def starts(self, text: str) -> subprocess.Popen[str]:
        """Has a shell begin it, and become it, so that it is what a signal ends."""
        return subprocess.Popen(
            ["bash", "-euc", f"exec {self.typed(text)}"],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def copied(self, folder: Path) -> "Reader":
        """A reader with the same files."""
        shutil.copytree(self.folder, folder, symlinks=True)
        return Reader(folder, self.cache, self.instead)
