"""The frames of questions that programs hand in: their columns, and what their cells mean."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from entity_extract import schema
from entity_extract.catalog.ids import whole_id
from entity_extract.config.entity_names import matched, meant_entity
from entity_extract.errors import UserError

NEEDED = (schema.IMAGE_LINK, schema.ENTITY_NAME)
ASKED = (*NEEDED, schema.GROUP_ID)


def check_columns(names: Iterable[Any]) -> None:
    """Raises UserError where a frame of questions lacks a column, has it more than once, or has one
    of an answer's."""
    given = Counter(str(name) for name in names)
    if lacking := [name for name in NEEDED if name not in given]:
        raise UserError(f"no column {' and '.join(lacking)}; found {', '.join(sorted(given))}")
    if twice := [name for name in ASKED if given[name] > 1]:
        raise UserError(f"more than one column {', '.join(twice)}")
    if taken := [name for name in schema.PREDICTION if name in given]:
        raise UserError(f"columns of these names would be added, rename yours: {', '.join(taken)}")


def in_letters_of(entities: Collection[str], names: Sequence[Any]) -> list[Any]:
    """Names that are one of `entities` in other letters, `Item Weight`, as these; others, and what
    is no text, as they are."""
    texts = dict.fromkeys(name for name in names if isinstance(name, str))
    found = matched(texts, entities)
    return [found.get(name, name) if isinstance(name, str) else name for name in names]


def all_known(names: Sequence[Any], entities: Collection[str]) -> list[str]:
    """As `in_letters_of`. Raises UserError where one is none of `entities`."""
    found = in_letters_of(entities, names)
    for name in found:
        if name not in entities:
            told = meant_entity(str(name), entities) or ";"
            raise UserError(
                f"{name!r} is not asked of this model{told} it knows {', '.join(entities)}"
            )
    return found


def link_of(cell: object) -> str:
    """Without the blanks around it, as it is fetched; "" where there is none."""
    return cell.strip() if isinstance(cell, str) else ""


def entity_of(cell: object) -> str:
    return cell if isinstance(cell, str) else ""


def group_of(cell: object) -> str:
    """A category is text; of one that is a number pandas makes a float where others are missing,
    and perhaps text of that (see catalog.ids)."""
    if isinstance(cell, float | np.floating):
        return "" if np.isnan(cell) else str(int(cell) if float(cell).is_integer() else cell)
    return "" if cell is None or cell is pd.NA else whole_id(str(cell)) or ""
