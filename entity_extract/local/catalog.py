"""Reading the catalog without Spark: rows identified, none lost, as spark/catalog/rows.py does."""

import logging
from collections import Counter
from collections.abc import Collection, Mapping, Sequence

import pyarrow as pa

from entity_extract import schema
from entity_extract.catalog.corrections import RowId, read_corrections, say_corrected
from entity_extract.catalog.entities import none_is_known, respelled
from entity_extract.catalog.headers import require_columns
from entity_extract.catalog.ids import told_of_ids, whole_ids
from entity_extract.catalog.names import OWN, chosen_names, kept_names
from entity_extract.catalog.row_names import CATALOG_KEY, DETAILS_HASH, ROW_COPY, ROW_KEY, TAKEN
from entity_extract.config import CatalogConfig
from entity_extract.errors import CatalogError
from entity_extract.local.identity import catalog_keys, identified
from entity_extract.local.source import LocalSource, Part, names_of

log = logging.getLogger(__name__)

_IDS = (schema.GROUP_ID, schema.SAMPLE_ID)
_KINDS = {
    ROW_KEY: pa.string(),
    CATALOG_KEY: pa.string(),
    DETAILS_HASH: pa.int64(),
    ROW_COPY: pa.int32(),
}


def read_catalog(
    source: LocalSource, config: CatalogConfig, *, entities: Collection[str] = ()
) -> pa.Table:
    """All rows, in the catalog's order: the columns that spark.catalog.rows.read_catalog gives, by
    the same rules, but for row_position. Raises CatalogError where it cannot be read."""
    cells, names = _whole(source, source.parts(config), config)
    if source.format in ("csv", "xlsx") and schema.ENTITY_VALUE in cells:
        cells[schema.ENTITY_VALUE] = [cell or "" for cell in cells[schema.ENTITY_VALUE]]
    rows = len(cells[schema.IMAGE_LINK])
    for name in OWN:
        cells.setdefault(name, [None] * rows)
    _make_ids_whole(cells)
    _respell(cells, entities)
    key = [names[name] for name in config.key]
    if config.corrections is not None:
        _correct(cells, config.corrections, key)
    told = identified(cells, key)
    columns = {name: pa.array(column, pa.string()) for name, column in cells.items()}
    return pa.table(columns | {name: pa.array(told[name], kind) for name, kind in _KINDS.items()})


def distinct_links(catalog: pa.Table) -> list[str]:
    """The links worth asking for: each once, none blank."""
    links = catalog[schema.IMAGE_LINK].to_pylist()
    return list(dict.fromkeys(link for link in links if not is_blank(link)))


def is_blank(link: str | None) -> bool:
    return not (link or "").strip(" ")


def check_questions(catalog: pa.Table, entities: Collection[str]) -> None:
    """Raises CatalogError where the catalog has rows and none of them asks for one of `entities`:
    to read its pictures would be for nothing."""
    asked = {name or "" for name in catalog[schema.ENTITY_NAME].to_pylist()}
    if asked and asked.isdisjoint(entities):
        raise CatalogError(none_is_known(sorted(asked), entities))


def _whole(
    source: LocalSource, parts: Sequence[Part], config: CatalogConfig
) -> tuple[Part, Mapping[str, str]]:
    """The parts as one, each row as often as it is asked; and the names of its columns, by those
    that the catalog has."""
    names = names_of(parts)
    require_columns(names, source.path, config)
    kept = chosen_names(kept_names(names, TAKEN, config.columns), config)
    times = config.questions_per_row
    cells: Part = {name: [] for name in kept.values()}
    for part in parts:
        named = {kept[name]: column for name, column in part.items() if name in kept}
        rows = len(next(iter(part.values()), []))
        for name, column in cells.items():
            given = named.get(name, [None] * rows)
            column += [cell for cell in given for _ in range(times)]
    if config.entities:
        each = len(cells[schema.IMAGE_LINK]) // times
        cells[schema.ENTITY_NAME] = [*config.entities] * each
    return cells, kept


def _make_ids_whole(cells: Part) -> None:
    """See catalog.ids."""
    for name in _IDS:
        cells[name], changed = whole_ids(cells[name])
        if changed:
            log.warning(told_of_ids(name, changed))


def _respell(cells: Part, entities: Collection[str]) -> None:
    """See catalog.entities."""
    if not entities:
        return
    names = cells[schema.ENTITY_NAME]
    counts = dict(Counter(name or "" for name in names if name not in entities).most_common())
    found = respelled(counts, entities)
    cells[schema.ENTITY_NAME] = [name if name is None else found.get(name, name) for name in names]


def _correct(cells: Part, path: str, key: Sequence[str]) -> None:
    """The labels of corrections in the place of the catalog's own."""
    found = read_corrections(path)
    columns = [*(cells[name] for name in schema.QUESTION), catalog_keys(cells, key)]
    ids = [RowId(*(cell or "" for cell in row)) for row in zip(*columns, strict=True)]
    say_corrected(sum(row in found for row in ids), len(found), path)
    cells[schema.ENTITY_VALUE] = [
        found.get(row, label) for row, label in zip(ids, cells[schema.ENTITY_VALUE], strict=True)
    ]
