"""What fine-tuning learns from: labelled pictures of the training side, with their questions."""

import hashlib
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from entity_extract.config import Domain, LearningConfig
from entity_extract.errors import UserError
from entity_extract.learning.features.candidates.declared import candidate_feature_names
from entity_extract.learning.features.frames import example_frame
from entity_extract.learning.training.leakage import check_unseen, picture_key
from entity_extract.learning.training.local_lake import SHOWN
from entity_extract.learning.training.split_table import training_table
from entity_extract.learning.training.transformer import fit_transformer, targets

_FEATURES = candidate_feature_names()[:1]  # of candidates, of which none is asked for here


@dataclass(frozen=True)
class FinetuneDataset:
    """n labelled questions about p pictures, in the order of the pictures.

    thumbnails (p,) encoded, in memory when one is asked for; keys (p,) int64, see
    leakage.picture_key; picture (n,) which one a row asks about; group (n,) what holds
    near-identical pictures together; features (n, d) of the row without its picture; allowed
    (n, u); label (n,) unit; log_si (n,). `split` says which settings decided who is here,
    `left_out` why others are not.
    """

    thumbnails: Sequence[bytes]
    keys: np.ndarray
    picture: np.ndarray
    group: np.ndarray
    features: np.ndarray
    allowed: np.ndarray
    label: np.ndarray
    log_si: np.ndarray
    split: dict[str, object]
    left_out: dict[str, int]

    def digest(self) -> str:
        """Equal for equal datasets only."""
        found = hashlib.sha256()
        for thumbnail in self.thumbnails:
            found.update(hashlib.sha256(thumbnail).digest())
        numbers = (self.keys, self.picture, self.features, self.allowed, self.label, self.log_si)
        for column in (*numbers, np.unique(self.group, return_inverse=True)[1]):
            found.update(f"{column.dtype} {column.shape}\n".encode())
            found.update(np.ascontiguousarray(column).tobytes())
        return found.hexdigest()


def finetune_dataset(
    frames: Iterable[pd.DataFrame],
    config: LearningConfig,
    domain: Domain,
    *,
    thumbnails: Callable[[np.ndarray], Sequence[bytes]],
    seen: Collection[int] = (),
) -> FinetuneDataset:
    """Rows as `local_lake.labelled_frames` gives them; split as training does it. In memory stay a
    frame, what is made of each row's words, and the numbers learned from.

    `thumbnails` brings those of so many contents, (p,) SHA-256 in text, sorted. `seen` are the
    pictures that the weights to start from were fine-tuned on. Raises UserError when one of them is
    in validation, or when there is nothing to learn from.
    """
    made, total = [], 0
    for frame in frames:
        total += len(frame)
        asked = frame[frame["entity_name"].isin(domain.entity_names)]
        made.append(example_frame(asked, domain, _FEATURES).assign(**{SHOWN: asked[SHOWN]}))
    examples = pd.concat(made).sort_index()
    unknown = total - len(examples)
    del made
    table = training_table(examples, config, domain)
    content = table.rows["content_sha256"]
    check_unseen(content.tolist(), table.validation, seen)

    training = ~table.validation
    labelled = table.teaches & table.examples.labelled
    shown = table.rows[SHOWN].to_numpy(bool) & content.notna().to_numpy(bool)
    learn_from = np.flatnonzero(training & labelled & shown)
    if not len(learn_from):
        raise UserError(f"none of {total} labelled rows has a quantity and a picture in the lake")
    names, picture = np.unique(
        content.to_numpy(object)[learn_from].astype(str), return_inverse=True
    )
    order = np.argsort(picture, kind="stable")
    part = table.examples.take(learn_from[order])
    target = targets(part)
    transformer = fit_transformer(part, target, components=0, seed=config.seed)
    return FinetuneDataset(
        thumbnails=thumbnails(names),
        keys=np.array([picture_key(name) for name in names], np.int64),
        picture=picture[order],
        group=part.picture.astype(str),
        features=transformer.transform(part, training=True),
        allowed=part.allowed,
        label=target.unit,
        log_si=target.log_si,
        split=config.model_dump(
            include={
                *("validation_fraction", "split", "seed"),
                *("near_duplicate_bits", "same_figures_share"),
            }
        ),
        left_out={
            "unknown_entity": unknown,
            "validation": int(table.validation.sum()),
            "picture_in_validation": table.dropped["picture_in_validation"],
            "without_quantity_or_picture": int((training & ~(labelled & shown)).sum()),
        },
    )
