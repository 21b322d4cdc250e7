"""What a catalog's rows ask: entities in other letters than the domain's, and names that are
none."""

import logging
from collections.abc import Collection, Iterable, Mapping

from entity_extract.config.entity_names import closest_entity, matched

log = logging.getLogger(__name__)

_SHOWN = 5  # names, at most


def respelled(rows: Mapping[str, int], entities: Collection[str]) -> dict[str, str]:
    """As `matched`, of names with how many rows have each, the commonest first; and says in the log
    what was made of those, and which are no entity."""
    found = matched(rows, entities)
    if found:
        log.warning(_told_of_entities(found, rows))
    unknown = {name: count for name, count in rows.items() if name not in found}
    if (told := _told_of_unknown(unknown, entities)) is not None:
        log.warning(told)
    return found


def _told_of_entities(found: Mapping[str, str], rows: Mapping[str, int]) -> str:
    """What the log says of names that were matched, with how many rows have each."""
    pairs = (f"{name!r} as {entity} in {rows[name]} rows" for name, entity in found.items())
    return f"entity names in other letters are read: {', '.join(pairs)}"


def _told_of_unknown(rows: Mapping[str, int], entities: Collection[str]) -> str | None:
    """What the log says of names that are none of `entities`, in any letters, with how many rows
    have each, the commonest first; None where there are no such rows."""
    if not rows:
        return None
    shown = [
        f"{name!r} in {count} rows{_meant(name, entities)}" if name else f"none in {count} rows"
        for name, count in sorted(rows.items(), key=lambda pair: -pair[1])[:_SHOWN]
    ]
    more = f" and {len(rows) - _SHOWN} more names" if len(rows) > _SHOWN else ""
    return (
        f"{sum(rows.values())} rows name no entity that is known, and get no answer: "
        f"{', '.join(shown)}{more}"
    )


def _meant(name: str, entities: Collection[str]) -> str:
    like = closest_entity(name, entities)
    return "" if like is None else f" (did you mean {like}?)"


def none_is_known(rows: Iterable[str], entities: Collection[str]) -> str:
    """What the user is told whose catalog asks nothing that can be answered."""
    names = sorted({*rows} - {""})[:_SHOWN]
    asked = ", ".join(f"{name!r}{_meant(name, entities)}" for name in names) or "no entity at all"
    return (
        f"no row of the catalog names an entity that the model knows: they ask {asked}. "
        f"It knows {', '.join(sorted(entities))}"
    )
