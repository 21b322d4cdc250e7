"""Which columns an answer file has, by the names that a catalog calls them."""

from collections.abc import Sequence

from entity_extract.catalog.row_names import POSITION, ROW_COPY, ROW_KEY
from entity_extract.config import CatalogColumns, CatalogConfig
from entity_extract.errors import UserError, meant
from entity_extract.schema import ENTITY_NAME, PREDICTIONS, QUESTION

INDEX, PREDICTION = "index", "prediction"
KEYS = (ROW_KEY, ROW_COPY)


def default_columns(config: CatalogConfig) -> list[str]:
    """The challenge's; with the entity where a row of the catalog is asked several, and by the
    names that the catalog calls them."""
    named = config.columns.named
    entity = [named.get(ENTITY_NAME, ENTITY_NAME)] if config.entities else []
    return [named.get(INDEX, INDEX), *entity, PREDICTION]


def default_table_columns(config: CatalogConfig) -> list[str]:
    """Of a table: what was asked, and what of the answer a query wants."""
    ours = (INDEX, *QUESTION, PREDICTION, "value", "unit", "confidence", "status")
    return [config.columns.named.get(name, name) for name in ours]


def check_columns(asked: Sequence[str], catalog: Sequence[str], columns: CatalogColumns) -> None:
    """Raises UserError where an answer file of these columns cannot be had: they are `index`, those
    of `predictions`, and those of the catalog, as they are kept or as `columns` calls them."""
    there = [INDEX, *PREDICTIONS.columns]
    there += [n for n in catalog if n not in there and n != POSITION]
    theirs = [name for name in columns.named.values() if name not in there]
    for name in asked:
        if name not in there and name not in theirs:
            there = [*theirs, *there]
            raise UserError(
                f"--answers-columns: no column {name!r}{meant(name, there) or '.'} "
                f"There are {', '.join(there)}"
            )


def meant_columns(
    asked: Sequence[str], catalog: Sequence[str], columns: CatalogColumns
) -> list[str]:
    """The columns by the names that we have for them."""
    there = {INDEX, *PREDICTIONS.columns, *catalog}
    return [name if name in there else columns.ours[name] for name in asked]
