"""The names that a catalog's further columns are kept under."""

import logging
from collections.abc import Collection, Iterable, Mapping

from entity_extract import schema
from entity_extract.config import CatalogColumns, CatalogConfig

log = logging.getLogger(__name__)

OWN = (schema.SAMPLE_ID, *schema.QUESTION, schema.ENTITY_VALUE)
_KEPT = {"index": schema.SAMPLE_ID}  # the challenge's name for it


def kept_names(
    names: Iterable[str], taken: Collection[str], columns: CatalogColumns
) -> dict[str, str]:
    """Each name of a column -> the one it is kept under, free however Spark looks at case.

    `columns` says which of them are ours. `taken` (in lower case) are names of ours; another column
    named like one becomes catalog_<name>. Two names that differ in no more than case are one
    column: parts of a catalog that spell it so.
    """
    names = list(dict.fromkeys(names))
    renamed = {name: _KEPT.get(own, own) for name, own in columns.ours.items() if name in names}
    if schema.SAMPLE_ID in names and schema.SAMPLE_ID not in (*renamed, *renamed.values()):
        renamed[schema.SAMPLE_ID] = schema.SAMPLE_ID
    claimed = {*map(str.lower, OWN), *taken}
    by_case: dict[str, str] = {}
    theirs = [name for name in names if name not in renamed]
    # First those that keep their names: nobody is renamed to one of them.
    for name in sorted(theirs, key=lambda name: name.lower() in claimed):
        low = name.lower()
        if low not in by_case:
            by_case[low] = _free(name, {*claimed, *map(str.lower, by_case.values())})
        renamed[name] = by_case[low]
    return renamed


def _free(name: str, claimed: Collection[str]) -> str:
    """`name`, else the first of catalog_<name>, catalog_<name>_2, … that is not claimed."""
    free, number = name, 1
    while free.lower() in claimed:
        free = f"catalog_{name}" if number == 1 else f"catalog_{name}_{number}"
        number += 1
    return free


def chosen_names(names: Mapping[str, str], config: CatalogConfig) -> Mapping[str, str]:
    """Without the columns that nobody wants to have kept; says which are kept by other names."""
    if config.keep is not None:
        if absent := [name for name in config.keep if name not in names]:
            log.warning("catalog.keep: the catalog has no column %s", ", ".join(absent))
        wanted = {*config.keep, *config.key}
        names = {name: kept for name, kept in names.items() if kept in OWN or name in wanted}
    for name, other in names.items():
        if name != other and name not in config.columns.ours:
            log.warning("catalog column %s is kept as %s: we have one of that name", name, other)
    return names
