"""Rows to learn from, on executors, each with its place in the split that the driver drew."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from entity_extract.config import Domain, LearningConfig
from entity_extract.learning.features.examples import Examples, image_matrix
from entity_extract.learning.features.frames import examples_of_rows, names_of
from entity_extract.learning.training.learners.boosting import held_out_to_stop
from entity_extract.learning.training.split_table import SplitRows, labels_of

NO_FOLD = -1  # of a row that nothing is learned from
_FEW = 250  # rows of a partition, below which fewer partitions do
# What the driver knows of a row, and its executors need: see `placed_rows`.
_PLACED = (
    "row_key string, row_copy int, place long, picture string, labelled boolean, fold int, "
    "unit_held_out boolean, ranker_held_out boolean"
)


def placed_rows(
    examples: DataFrame, split: SplitRows, fold: np.ndarray, config: LearningConfig
) -> DataFrame:
    """Rows of EXAMPLE_ROW with `place` (their position in the split), `picture` (its name),
    `labelled`, `fold`, and whether the unit classifier and the ranker hold them out to stop early.

    fold (n,) of each row of the split, or NO_FOLD. The same rows are always in the same partitions
    and in the same order, by place: who draws some of them by position, as MLlib's forest does,
    draws the same ones again.
    """
    picture = split.picture
    known = split.rows[["row_key", "row_copy"]].assign(
        place=np.arange(len(picture)),
        picture=picture,
        labelled=split.labelled,
        fold=fold,
        unit_held_out=held_out_to_stop(picture, config.unit),
        ranker_held_out=held_out_to_stop(picture, config.ranker),
    )
    spark = examples.sparkSession
    rows = examples.join(spark.createDataFrame(known, _PLACED), ["row_key", "row_copy"])
    # Not by how many executors there are: these come and go.
    parts = min(int(str(spark.conf.get("spark.sql.shuffle.partitions"))), len(picture) // _FEW)
    return rows.repartition(max(1, parts), "place").sortWithinPartitions("place")


def examples_of_batch(batch: pd.DataFrame, domain: Domain, *, image_width: int) -> Examples:
    """Placed rows in pandas -> examples, in their order."""
    labels = labels_of(batch, domain)
    return examples_of_rows(
        batch, labels, batch["picture"].tolist(), domain, image_width=image_width
    )


@dataclass(frozen=True)
class Embeddings:
    """Of so many pictures as may come to the driver: names (p,) ascending, image (p, E)."""

    picture: np.ndarray
    image: np.ndarray

    def of(self, picture: np.ndarray) -> np.ndarray:
        """(those of them that are here, E)."""
        return self.image[np.isin(self.picture, picture)]


def image_width(rows: DataFrame) -> int:
    """Numbers of an embedding; 0 where there is none."""
    widest = rows.agg(F.max(F.size("embedding")).alias("width")).collect()[0]["width"]
    return max(0, widest or 0)


def candidate_names(rows: DataFrame) -> tuple[str, ...]:
    """The features of candidates that were made of the rows, at least one."""
    return names_of(rows.select("candidate_names").take(1)[0]["candidate_names"])


def sampled_embeddings(
    rows: DataFrame, places: np.ndarray, picture: np.ndarray, *, width: int, limit: int
) -> Embeddings:
    """Each picture's first of `places` (ascending), of the first `limit` pictures.

    The split is in the order of a hash, so the first are a fair sample, and always the same.
    """
    names, first = np.unique(picture[places].astype(str), return_index=True)
    kept = np.sort(np.argsort(first, kind="stable")[:limit])  # by name again, as the local backend
    found = at_places(rows, places[first[kept]].tolist(), "embedding") if width else pd.DataFrame()
    cells = found["embedding"].tolist() if len(found) else [None] * len(kept)
    order = np.argsort(np.argsort(places[first[kept]]))  # `found` is by place, names are not
    image = image_matrix([cells[at] for at in order], width, fill=np.zeros(width))
    return Embeddings(names[kept], image)


def at_places(rows: DataFrame, places: Sequence[int], *columns: str) -> pd.DataFrame:
    """These columns of the rows at `places`, by place, on the driver."""
    wanted = rows.sparkSession.createDataFrame(pd.DataFrame({"place": list(places)}), "place long")
    found = rows.join(F.broadcast(wanted), "place").select("place", *columns).toPandas()
    return found.sort_values("place", ignore_index=True)
