"""Entities named in other letters than the domain's: `Item Weight`, ` width`, `ITEM-WEIGHT`."""

from collections import Counter
from collections.abc import Collection, Iterable
from unicodedata import normalize

from entity_extract.errors import closest


def matched(names: Iterable[str], entities: Collection[str]) -> dict[str, str]:
    """Those of `names` that are no entity, but are one but for case and separators -> the entity.

    A name that two entities could be is neither.
    """
    forms = Counter(map(_form, entities))
    known = {_form(entity): entity for entity in entities if forms[_form(entity)] == 1}
    return {
        name: known[_form(name)] for name in names if name not in entities and _form(name) in known
    }


def known(names: Iterable[str], entities: Collection[str]) -> list[str]:
    """The names as the domain has them. Raises ValueError where one is no entity."""
    given = [*names]
    respelled = matched(given, entities)
    for name in given:
        if name not in entities and name not in respelled:
            told = meant_entity(name, entities) or "."
            raise ValueError(f"no entity {name!r}{told} There are {', '.join(sorted(entities))}")
    return [respelled.get(name, name) for name in given]


def meant_entity(name: str, entities: Collection[str]) -> str:
    """As errors.meant, of an entity."""
    like = closest_entity(name, entities)
    return "" if like is None else f"; did you mean {like}?"


def closest_entity(name: str, entities: Collection[str]) -> str | None:
    """The one that was probably meant, both without what is passed over in a name anyway; None
    where none was."""
    forms = {_form(entity): entity for entity in entities}
    like = closest(_form(name), forms)
    return None if like is None else forms[like]


def _form(name: str) -> str:
    return "".join(letter for letter in normalize("NFKC", name).casefold() if letter.isalnum())
