"""Features by name: a function declares the columns that it gives, and is asked for by their names.

Who adds one from outside calls a decorator of `CANDIDATE_FEATURES` or `LEARNED_FEATURES` in a
module of an installed package, and names that module as an entry point of `entity_extract.features`
(`mine = "my_package.my_features"`). Every process that asks for features, executors too, imports it
before its first look-up. A module that is only imported declares for its own process. No module is
ever imported because a bundle names a feature.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import entry_points
from typing import Final, Generic, TypeVar

import numpy as np
import numpy.typing as npt

from entity_extract.errors import UserError

ENTRY_POINTS: Final = "entity_extract.features"

_NAME: Final = re.compile(r"[\w.+-]+")  # what LightGBM's model text holds as it is

Context = TypeVar("Context")


class FeatureError(UserError, ValueError):
    """A feature that is declared nowhere, or twice; the message names it."""


@dataclass(frozen=True)
class Feature(Generic[Context]):
    """Columns that are made together. Another `version` is another meaning of the same names."""

    names: tuple[str, ...]
    version: int
    of: Callable[[Context], npt.ArrayLike]


@dataclass(frozen=True)
class _Family(Generic[Context]):
    """A column for anything that can stand behind the prefix."""

    prefix: str
    version: int
    of: Callable[[Context, str], npt.ArrayLike]

    def feature(self, member: str) -> Feature[Context]:
        of = self.of
        return Feature((self.prefix + member,), self.version, lambda context: of(context, member))


class Features(Generic[Context]):
    """Named columns of rows that have a context in common; iterates over the names as declared."""

    def __init__(self, *groups: "Features[Context]") -> None:
        """Of all that `groups` declare, in this order."""
        self._by_name: dict[str, Feature[Context]] = {}
        self._families: list[_Family[Context]] = []
        self._plans: dict[tuple[str, ...], list[_Step[Context]]] = {}
        for group in groups:
            self._families += group._families
            for feature in dict.fromkeys(group._by_name.values()):
                self._declare(feature)

    def feature(self, name: str, *, version: int = 1) -> "_Declares[Context]":
        """Declares a pure function of the context: (k,), or one number for all k."""
        return self.features(name, version=version)

    def features(self, *names: str, version: int = 1) -> "_Declares[Context]":
        """Declares one that gives (k, len(names)), for columns that share their work."""

        def declare(of: Callable[[Context], npt.ArrayLike]) -> Callable[[Context], npt.ArrayLike]:
            self._declare(Feature(names, version, of))
            return of

        return declare

    def family(
        self, prefix: str, *members: str, version: int = 1
    ) -> "Callable[[_OfMember[Context]], _OfMember[Context]]":
        """Declares a column for each of `members`, and answers to prefix + any other by name."""

        def declare(of: _OfMember[Context]) -> _OfMember[Context]:
            family = _Family(prefix, version, of)
            self._families.append(family)
            for member in members:
                self._declare(family.feature(member))
            return of

        return declare

    def forget(self, name: str) -> None:
        """Takes back the declaration that made this column, and the columns made with it."""
        for other in self._by_name[name].names:
            del self._by_name[other]
        self._plans.clear()

    def columns(self, names: Sequence[str], context: Context, rows: int) -> np.ndarray:
        """(rows, len(names)) float32, in this order; only what gives one of them is run.

        Raises FeatureError for a name that is not declared.
        """
        made = np.empty((rows, len(names)), np.float32)
        for step in self._plan(tuple(names)):
            found = np.asarray(step.feature.of(context))
            made[:, step.to] = found if step.of is None else found[:, step.of]
        return made

    def version(self, name: str) -> int:
        """Raises FeatureError for a name that is not declared."""
        return self._find(name).version

    def __contains__(self, name: str) -> bool:
        load_entry_points()
        return name in self._by_name or self._member(name) is not None

    def __iter__(self) -> Iterator[str]:
        load_entry_points()
        return iter(tuple(self._by_name))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def _declare(self, feature: Feature[Context]) -> None:
        """Raises FeatureError for a name that is taken, or that a model's text could not hold."""
        for name in feature.names:
            if name in self._by_name:
                raise FeatureError(f"feature {name!r} is declared twice")
            if not _NAME.fullmatch(name):
                raise FeatureError(f"feature {name!r}: a name has letters, digits, _ . + - alone")
        self._by_name |= dict.fromkeys(feature.names, feature)
        self._plans.clear()

    def _find(self, name: str) -> Feature[Context]:
        load_entry_points()
        found = self._by_name.get(name) or self._member(name)
        if found is None:
            raise FeatureError(f"no feature {name!r} is declared")
        return found

    def _member(self, name: str) -> Feature[Context] | None:
        for family in self._families if _NAME.fullmatch(name) else ():
            if name.startswith(family.prefix) and name != family.prefix:
                return family.feature(name.removeprefix(family.prefix))
        return None

    def _plan(self, names: tuple[str, ...]) -> "list[_Step[Context]]":
        """Looked up once: a row is asked for the same names as the one before."""
        if names not in self._plans:
            asked: dict[tuple[str, ...], tuple[Feature[Context], list[int]]] = {}
            for at, name in enumerate(names):
                found = self._find(name)
                asked.setdefault(found.names, (found, []))[1].append(at)
            self._plans[names] = [_step(*ask, names) for ask in asked.values()]
        return self._plans[names]


_Declares = Callable[[Callable[[Context], npt.ArrayLike]], Callable[[Context], npt.ArrayLike]]
_OfMember = Callable[[Context, str], npt.ArrayLike]


@dataclass(frozen=True)
class _Step(Generic[Context]):
    """One function to run: its columns `of`, None for what it gives as it is, go `to` these columns
    of the table."""

    feature: Feature[Context]
    of: list[int] | None
    to: list[int] | slice | int


def _step(feature: Feature[Context], to: list[int], names: tuple[str, ...]) -> _Step[Context]:
    """Columns that stand side by side are written at once."""
    if len(feature.names) == 1 and len(to) == 1:
        return _Step(feature, None, to[0])
    of = [feature.names.index(names[at]) for at in to]
    beside = to == list(range(to[0], to[-1] + 1))
    whole = of == list(range(len(feature.names))) and len(of) > 1
    return _Step(feature, None if whole else of, slice(to[0], to[-1] + 1) if beside else to)


_loaded: set[str] = set()


def load_entry_points() -> None:
    """Imports what installed packages declare, once a process. Raises FeatureError."""
    if ENTRY_POINTS in _loaded:
        return
    _loaded.add(ENTRY_POINTS)  # before: a module that declares may look features up itself
    for entry in sorted(entry_points(group=ENTRY_POINTS), key=lambda entry: entry.name):
        try:
            entry.load()
        except (ImportError, AttributeError, FeatureError) as err:
            _loaded.clear()
            raise FeatureError(f"entry point {entry.name} of {ENTRY_POINTS}: {err}") from err
