"""What a fine-tuned encoder has seen of the pictures that a model is to learn from or be scored
on."""

import logging
from collections.abc import Collection, Sequence

import numpy as np

from entity_extract.errors import UserError
from entity_extract.learning.training.split_table import SplitRows

log = logging.getLogger(__name__)


def check_encoder(split: SplitRows, seen: Collection[int]) -> None:
    """`seen` are keys of pictures, see `picture_key`. Raises UserError when one of them is in
    validation; warns of those that are learned from, see `rows_seen`."""
    check_unseen(split.rows["content_sha256"].tolist(), split.validation, seen)
    if rows := rows_seen(split, seen):
        log.warning(
            "embed.weights was fine-tuned on the pictures, and labels, of %d of the %d rows to "
            "learn from: no prediction for these is out of fold, so confidence will look too good "
            "and too little will be held back; the validation figures are honest",
            rows,
            len(split.learn_from),
        )


def rows_seen(split: SplitRows, seen: Collection[int]) -> int:
    """Rows to learn from whose picture the encoder has seen together with its labels.

    A fold cannot hide them from it. They are not left out of calibration: the few pictures of the
    training side that it has not seen are those without a label, which are never answered right.
    """
    contents = split.rows["content_sha256"].iloc[split.learn_from]
    return sum(isinstance(c, str) and bool(c) and picture_key(c) in seen for c in contents)


def picture_key(content_sha256: str) -> int:
    """The hash's first 8 bytes as a signed number: what an encoder remembers of a picture."""
    return int.from_bytes(bytes.fromhex(content_sha256)[:8], "big", signed=True)


def check_unseen(
    content_sha256: Sequence[str | None], validation: np.ndarray, seen: Collection[int]
) -> None:
    """Raises UserError when an encoder was fine-tuned on a picture that is to be scored.

    content_sha256 (n,), None or NaN where nothing was fetched; validation (n,) bool.
    """
    held_out = {
        picture_key(content)
        for content, held in zip(content_sha256, validation, strict=True)
        if held and isinstance(content, str) and content
    }
    if leaked := len(held_out.intersection(seen)):
        raise UserError(
            f"embed.weights was fine-tuned on {leaked} of {len(held_out)} pictures that are now in "
            "validation, so their scores would be too good. Fine-tune and train with the same "
            "catalog, learning.seed, split, validation_fraction, near_duplicate_bits and "
            "same_figures_share, or start from other weights"
        )
