"""Which rows come first: the least sure, or those whose check is worth most."""

from typing import Final, Literal

import numpy as np
import pandas as pd

from entity_extract.schema import ENTITY_NAME, GROUP_ID

Order = Literal["least-sure", "value"]

_PRIOR_LABELS: Final = 3.0  # labels' worth of trust that a category's priors put in its entity's


def in_order(rows: pd.DataFrame, order: Order) -> np.ndarray:
    """(n,) positions of rows as `questions` gives them. Last come those of which nothing was read,
    which are looked at in vain, and before them what is corrected already."""
    said = rows["confidence"].to_numpy(float)
    first = said if order == "least-sure" else -value_of_check(rows)
    late = np.where(said > 0, rows["corrected"].to_numpy(bool), 2)
    return np.lexsort((rows["row_key"].to_numpy(str), first, late))


def value_of_check(rows: pd.DataFrame) -> np.ndarray:
    """(n,) rows that a check is expected to put right, itself and others.

    The row itself with the probability that what it says is wrong: 1 - confidence of an answer,
    confidence of a silence. Where that is so, the label also moves the priors of its category,
    by 1 part in as many labels as these rest on with one more, for all its rows without one.
    """
    confidence = rows["confidence"].to_numpy(float)
    wrong = np.where(rows["prediction"] != "", 1 - confidence, confidence)
    labelled = rows["label_si"].notna()
    own = [rows[ENTITY_NAME], rows[GROUP_ID]]
    labels = labelled.groupby(own).transform("sum").to_numpy(float)
    others = (~labelled).groupby(own).transform("sum").to_numpy(float)
    value = wrong * (1 + others / (labels + 1 + _PRIOR_LABELS))
    return np.where(rows["corrected"], 0.0, value)
