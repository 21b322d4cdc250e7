"""Right and wrong rows as pictures, with the words that each answer rests on framed."""

from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO

import numpy as np
import pandas as pd
from PIL import Image, ImageDraw, UnidentifiedImageError

from entity_extract.config import Domain, EvaluateConfig
from entity_extract.evaluation.errors_file import ROW_ID
from entity_extract.evaluation.outcomes import WON, Outcome, outcomes_of_rows, texts
from entity_extract.evaluation.palette import BLUE, RED
from entity_extract.schema import IMAGE_LINK

Box = tuple[int, int, int, int]  # left, top, width, height

LINE = 2  # pixels of the thumbnail, with one more of white on each side to be seen on any picture


@dataclass(frozen=True)
class GalleryRow:
    """`image` is the thumbnail (JPEG or PNG); `width`, `height` and `box` are full-size pixels."""

    image: bytes
    width: int
    height: int
    box: Box | None
    entity_name: str
    entity_value: str
    prediction: str
    confidence: float | None
    runner_up: str
    verdict: str  # an Outcome
    row_id: str = ""  # of the catalog
    image_link: str = ""
    reason: str = ""  # where the picture has a status that says more than the verdict

    @property
    def right(self) -> bool:
        return self.verdict in WON


def choose(rows: pd.DataFrame, domain: Domain, config: EvaluateConfig) -> pd.DataFrame:
    """Up to config.gallery of `rows` that have a picture, with their outcome as `verdict`.

    Half of them right answers, where there are as many; the ways to lose a row take turns, so that
    a rare one is seen beside the common ones. Empty where no row has a label.
    """
    evaluated = outcomes_of_rows(rows, domain, config.value_tolerance)
    without = (Outcome.NOT_ASKED, Outcome.NOT_FETCHED, Outcome.RIGHTLY_ABSTAINED)
    shown = ~evaluated["outcome"].isin(without)
    evaluated = evaluated[shown & bool(evaluated["labelled"].any())]
    evaluated = evaluated.iloc[np.random.default_rng(config.seed).permutation(len(evaluated))]
    evaluated = evaluated.iloc[evaluated.groupby("outcome").cumcount().argsort(kind="stable")]
    right = evaluated[evaluated["outcome"] == Outcome.RIGHT][: (config.gallery + 1) // 2]
    lost = evaluated[evaluated["outcome"] != Outcome.RIGHT][: config.gallery - len(right)]
    chosen = pd.concat([right, lost])
    return rows.iloc[chosen["row"]].assign(verdict=chosen["outcome"].to_list())


def gallery_rows(chosen: pd.DataFrame) -> list[GalleryRow]:
    """Of chosen predictions that are joined with thumbnail, width and height of their picture.

    These may be missing (NaN, None) in any row.
    """
    named = ("entity_name", "entity_value", "prediction", "runner_up", "verdict")
    told = (ROW_ID, IMAGE_LINK, "reason")
    words = zip(*(texts(chosen, name) for name in (*named, *told)), strict=True)
    measured = ("thumbnail", "width", "height", "box", "confidence")
    measures = zip(*(chosen[name] for name in measured), strict=True)
    return [
        GalleryRow(
            image=bytes(image) if isinstance(image, bytes | bytearray) else b"",
            width=0 if pd.isna(width) else int(width),
            height=0 if pd.isna(height) else int(height),
            box=_box(box),
            entity_name=entity,
            entity_value=label,
            prediction=prediction,
            confidence=None if pd.isna(confidence) else float(confidence),
            runner_up=runner_up,
            verdict=verdict,
            row_id=row_id,
            image_link=link,
            reason=reason,
        )
        for (entity, label, prediction, runner_up, verdict, row_id, link, reason), (
            image,
            width,
            height,
            box,
            confidence,
        ) in zip(words, measures, strict=True)
    ]


def framed(row: GalleryRow) -> bytes | None:
    """The thumbnail as JPEG with its box drawn, or None where it is not a picture."""
    try:
        with Image.open(BytesIO(row.image), formats=("JPEG", "PNG")) as opened:
            picture = opened.convert("RGB")
    except (UnidentifiedImageError, OSError):
        return None
    if row.box is not None and row.width > 0 and row.height > 0:
        _draw(picture, row.box, (row.width, row.height), BLUE if row.right else RED)
    out = BytesIO()
    picture.save(out, "JPEG", quality=85, subsampling=0)  # full chroma keeps the thin line clean
    return out.getvalue()


def _box(struct: object) -> Box | None:
    """From a mapping, as pyarrow has it, or a tuple in schema.BOX's order, as Spark has it."""
    if isinstance(struct, Mapping):
        struct = tuple(struct[side] for side in ("left", "top", "width", "height"))
    if not isinstance(struct, tuple) or None in struct:
        return None
    left, top, width, height = map(int, struct)
    return left, top, width, height


def _draw(picture: Image.Image, box: Box, full: tuple[int, int], colour: str) -> None:
    """A frame just outside the box, so that it stands around the letters and not on them."""
    across, down = picture.width / full[0], picture.height / full[1]
    left, top, width, height = box
    corners = (left * across, top * down, (left + width) * across, (top + height) * down)
    inside = [
        min(max(round(corner), 0), limit - 1)
        for corner, limit in zip(corners, picture.size * 2, strict=True)
    ]
    draw = ImageDraw.Draw(picture)
    for out, line, paint in ((LINE + 1, LINE + 2, "#ffffff"), (LINE, LINE, colour)):
        frame = [corner + side * out for corner, side in zip(inside, (-1, -1, 1, 1), strict=True)]
        draw.rectangle(frame, outline=paint, width=line)
