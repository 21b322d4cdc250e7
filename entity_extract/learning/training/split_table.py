"""From labelled rows with what was read in their pictures to a table to learn from, split by
picture. Plain pandas: the rows may come from Spark or from a lake's files."""

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from entity_extract.config import Domain, LearningConfig
from entity_extract.errors import TooLittle, UserError
from entity_extract.learning.features.examples import (
    Examples,
)
from entity_extract.learning.features.frames import MADE, examples_of_rows
from entity_extract.learning.training.same_figures import same_figures
from entity_extract.learning.training.split import (
    check_split,
    folds,
    join_clusters,
    picture_clusters,
)
from entity_extract.quantities.amounts import Amount, is_of_challenge, parse_label
from entity_extract.status import Status

log = logging.getLogger(__name__)


_FAR = 0.25  # of validation_fraction: validation may be so much larger or smaller, unsaid


@dataclass(frozen=True)
class SplitRows:
    """Labelled rows in a fixed order, with the split of their pictures.

    rows (n) with the columns SPLIT_ROW at least; `labels` n of them, () where a label is empty or
    of no allowed unit; `picture` (n,) names of pictures, near-identical ones and those with the
    same figures have one name; `clusters` (n,) rows that must not be parted: of one picture, and of
    one category where whole categories are held out; `validation` (n,) bool; `teaches` (n,) bool:
    read, and labelled in an allowed unit. `dropped` counts rows that do not teach, and those that
    are not here at all.
    """

    rows: pd.DataFrame
    labels: tuple[tuple[Amount, ...], ...]
    picture: np.ndarray
    clusters: np.ndarray
    validation: np.ndarray
    teaches: np.ndarray
    dropped: dict[str, int]

    @property
    def learn_from(self) -> np.ndarray:
        """Positions of the rows that teach, on the training side."""
        return np.flatnonzero(~self.validation & self.teaches)

    @property
    def labelled(self) -> np.ndarray:
        """(n,) bool: there is a label, and it is not empty."""
        return np.array([bool(labels) for labels in self.labels], bool)


@dataclass(frozen=True)
class TrainingTable(SplitRows):
    """Split rows with what was made of their words and pictures.

    `examples` holds all n rows, unreadable ones without candidates, in the order of `rows`.
    """

    examples: Examples


def training_table(rows: pd.DataFrame, config: LearningConfig, domain: Domain) -> TrainingTable:
    """`split_rows` of EXAMPLE_ROW, with their examples. Raises UserError as that does."""
    split = split_rows(rows, config, domain)
    rows = split.rows
    image_width = max((len(e) for e in rows["embedding"] if e is not None), default=0)
    return TrainingTable(
        rows=rows.drop(columns=[*MADE, "embedding"]),
        labels=split.labels,
        picture=split.picture,
        clusters=split.clusters,
        validation=split.validation,
        teaches=split.teaches,
        dropped=split.dropped,
        examples=examples_of_rows(
            rows, split.labels, split.picture.tolist(), domain, image_width=image_width
        ),
    )


def split_rows(rows: pd.DataFrame, config: LearningConfig, domain: Domain) -> SplitRows:
    """Splits rows by picture or by category, by their columns SPLIT_ROW alone; their order does
    not matter.

    A picture may stand in several categories. Where these are held out, a training row whose
    picture is in validation is left out, and counted. Raises UserError when there are too few
    pictures or categories to split.
    """
    rows = in_split_order(rows)
    pictures = picture_clusters_of(rows, config)
    by_category = config.split == "group"
    category = np.unique(rows["group_id"].fillna("").to_numpy(str), return_inverse=True)[1]
    if by_category and len(np.unique(category)) < 2:
        raise UserError(
            'learning.split = "group" holds out whole categories, and the catalog has no two '
            "(group_id)"
        )
    validation = validation_side(rows, category if by_category else pictures, config)
    kept = validation | ~np.isin(pictures, pictures[validation])
    if left_out := int((~kept).sum()):
        log.warning("%d rows are left out of training: validation has their picture", left_out)
    rows, pictures, validation = rows[kept].reset_index(drop=True), pictures[kept], validation[kept]
    clusters = join_clusters(pictures, category[kept]) if by_category else pictures
    check_split(validation, clusters)
    labels = labels_of(rows, domain)
    stated = rows["entity_value"].str.strip().ne("").to_numpy(bool)
    _say_how_read(rows["entity_value"], labels, domain)
    usable = ~stated | np.array([bool(label) for label in labels], bool)
    read = (rows["status"] == Status.OK).to_numpy(bool)
    return SplitRows(
        rows=rows,
        labels=labels,
        picture=np.array([str(cluster) for cluster in pictures], object),
        clusters=clusters,
        validation=validation,
        teaches=usable & read,
        dropped={
            "label_not_allowed": int((~usable).sum()),
            "not_readable": int((~read).sum()),
            "picture_in_validation": left_out,
        },
    )


def _say_how_read(texts: pd.Series, labels: Sequence[tuple[Amount, ...]], domain: Domain) -> None:
    """Says how many labels are in another form than the challenge's."""
    others = [
        (text, found)
        for text, found in zip(texts, labels, strict=True)
        if text.strip() and not is_of_challenge(text, domain)
    ]
    unread = [text for text, found in others if not found]
    if others:
        log.warning(
            "%d labels are not in the challenge's form: %d are read as packaging prints them, %d "
            "cannot be read%s",
            len(others),
            len(others) - len(unread),
            len(unread),
            f", such as {unread[0]!r}" if unread else "",
        )


def labels_of(rows: pd.DataFrame, domain: Domain) -> tuple[tuple[Amount, ...], ...]:
    """What entity_value says of each row's entity_name; () where it says nothing of use."""
    return tuple(
        parse_label(value, domain, entity)
        for value, entity in zip(rows["entity_value"], rows["entity_name"], strict=True)
    )


def in_split_order(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows ordered by what they say alone, so that every reader of a catalog splits it alike."""
    says = rows[["image_link", "entity_name", "group_id", "entity_value"]].fillna("").astype(str)
    keys = [hashlib.sha256("\0".join(row).encode()).hexdigest() for row in says.to_numpy()]
    order = rows.assign(order=keys).sort_values(["order", "row_copy"], kind="stable")
    return order.drop(columns="order").reset_index(drop=True)


def picture_clusters_of(rows: pd.DataFrame, config: LearningConfig) -> np.ndarray:
    """(n,) what counts as one picture: look-alikes, and those of one category with the same figures
    on them, as variants of a product have in other photos. `rows` have the columns SPLIT_ROW."""
    variants = same_figures(
        rows["group_id"].fillna("").tolist(),
        rows["figures"].tolist(),
        share=config.same_figures_share,
    )
    return join_clusters(look_alikes_of(rows, config), variants)


def look_alikes_of(rows: pd.DataFrame, config: LearningConfig) -> np.ndarray:
    """(n,) cluster ids: same link, same bytes, or nearly the same to look at. `rows` have
    image_link, content_sha256 and phash."""
    link = rows["image_link"].fillna("").to_numpy(str)
    content = rows["content_sha256"].fillna(rows["image_link"]).fillna("").to_numpy(str)
    seen = picture_clusters(
        content.tolist(),
        rows["phash"].fillna("").tolist(),
        near_duplicate_bits=config.near_duplicate_bits,
    )
    return join_clusters(seen, np.unique(link, return_inverse=True)[1])


def validation_side(rows: pd.DataFrame, clusters: np.ndarray, config: LearningConfig) -> np.ndarray:
    """(n,) bool: about `validation_fraction` of the rows, spread over the entities, in whole
    clusters; warns where these are so large that it is another share.

    Raises UserError when there are too few clusters.
    """
    parts = max(2, round(1 / config.validation_fraction))
    try:
        fold = folds(rows["entity_name"].to_numpy(str), clusters, parts=parts, seed=config.seed)
    except TooLittle as err:
        raise UserError(f"the catalog is too small to train on: {err}") from None
    validation = np.asarray(fold == 0)
    share = float(validation.mean())
    if abs(share - config.validation_fraction) > _FAR * config.validation_fraction:
        log.warning(
            "validation has %.0f %% of the rows, not the %.0f %% of learning.validation_fraction: "
            "the catalog's largest pictures or categories cannot be parted",
            100 * share,
            100 * config.validation_fraction,
        )
    return validation


def held_out_groups(split: SplitRows, config: LearningConfig) -> frozenset[str]:
    """Categories of which nothing may be learned from anywhere, a background's labels included:
    those of validation where whole categories are held out, else none."""
    if config.split != "group":
        return frozenset()
    return frozenset(split.rows["group_id"].fillna("")[split.validation].astype(str))
