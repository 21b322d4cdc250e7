"""The photos that all contenders read, and the questions that a job asks of them."""

import csv
import hashlib
import tempfile
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pandas as pd

from entity_extract.sample_shop.shop import write_catalog


@dataclass(frozen=True)
class Photos:
    """`rows`: image (a file of `folder`), group_id, entity_name, entity_value, label_source."""

    folder: Path
    names: tuple[str, ...]
    rows: pd.DataFrame
    origin: str


def photos_of(data: Path | None, most: int, scratch: Path) -> Photos:
    """So many photos, always the same, the fewer of a smaller number among them; drawn ones where
    there is no folder."""
    rows = _labelled(data) if data else _drawn(most, scratch)
    folder = (data or scratch) / "images"
    names = sorted(set(rows["image"]), key=lambda name: hashlib.sha256(name.encode()).hexdigest())
    if len(names) < most:
        raise SystemExit(f"{folder} has {len(names)} labelled pictures, {most} were asked for")
    return Photos(folder, tuple(names[:most]), rows, str(data or "drawn"))


def _labelled(data: Path) -> pd.DataFrame:
    return pd.read_csv(data / "labelled.csv", dtype=str, keep_default_na=False)


def _drawn(most: int, scratch: Path) -> pd.DataFrame:
    """Cards of the sample shop, broken links and copies left out."""
    with tempfile.TemporaryDirectory() as folder:
        made = write_catalog(Path(folder), rows=most * 3 // 2 + 20).rows
        (scratch / "images").mkdir(parents=True, exist_ok=True)
        for row in made:
            if row.card is not None:
                name = row.image_link.rpartition("/")[2]
                content = (Path(folder) / "images" / name).read_bytes()
                (scratch / "images" / name).write_bytes(content)
    return pd.DataFrame(
        {
            "image": [row.image_link.rpartition("/")[2] for row in made if row.card is not None],
            "group_id": [str(row.group_id) for row in made if row.card is not None],
            "entity_name": [row.entity_name for row in made if row.card is not None],
            "entity_value": [row.entity_value for row in made if row.card is not None],
            "label_source": "drawn",
        }
    )


def write_questions(path: Path, photos: Photos, number: int, base_url: str) -> Path:
    """A catalog with one question about each of the first so many photos."""
    asked = photos.rows.drop_duplicates("image").set_index("image")
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["image_link", "group_id", "entity_name"])
        for name in photos.names[:number]:
            row = asked.loc[name]
            link = f"{base_url}/{quote(name)}"
            writer.writerow([link, row["group_id"], row["entity_name"]])
    return path
