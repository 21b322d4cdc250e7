"""Entities in other letters than the domain's: `Item Weight`, ` width`, `ITEM-WEIGHT`."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from unicodedata import normalize


def matched(names: Iterable[str], entities: Collection[str]) -> dict[str, str]:
    """Those of `names` that are no entity, but are one but for case and separators -> the entity.

    A name that two entities could be is neither.
    """
    forms = Counter(map(_form, entities))
    known = {_form(entity): entity for entity in entities if forms[_form(entity)] == 1}
    return {
        name: known[_form(name)] for name in names if name not in entities and _form(name) in known
    }


def _form(name: str) -> str:
    return "".join(letter for letter in normalize("NFKC", name).casefold() if letter.isalnum())


def told_of_entities(found: Mapping[str, str], rows: Mapping[str, int]) -> str:
    """What the log says of names that were matched, with how many rows have each."""
    pairs = (f"{name!r} as {entity} in {rows[name]} rows" for name, entity in found.items())
    return f"entity names in other letters are read: {', '.join(pairs)}"
