"""The keys of the configuration: which there are, and what the value of each may be."""

from collections.abc import Iterator, Sequence
from types import UnionType
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from entity_extract.config.sections import Config


class Key(NamedTuple):
    """`path` leads to `field`; None where there is none, or it is a name of one's own's, as those
    in [spark]."""

    path: tuple[str, ...]
    field: FieldInfo | None

    def __str__(self) -> str:
        return ".".join(self.path)


def key_at(path: Sequence[str]) -> Key:
    """The key that `path` begins with: what pydantic says of a value leads deeper, into lists and
    into alternatives. A path that leads to no key is one whole."""
    model: type[BaseModel] = Config
    names = iter(enumerate(path, start=1))
    for depth, name in names:
        field = model.model_fields.get(name)
        if field is None:
            break
        held = _held(field)
        if get_origin(field.annotation) is dict:  # [units.NAME], [spark] NAME
            depth = next(names, (depth, ""))[0]
            if held is None:
                return Key(tuple(path[:depth]), None)
        if held is None:
            return Key(tuple(path[:depth]), field)
        model = held
    return Key(tuple(path), None)


def names_in(section: Sequence[str]) -> list[str]:
    """Of the keys and sections in this one; none where it is no section of ours."""
    model: type[BaseModel] = Config
    names = iter(section)
    for name in names:
        field = model.model_fields.get(name)
        held = None if field is None else _held(field)
        if field is None or held is None:
            return []
        if get_origin(field.annotation) is dict and next(names, None) is None:
            return []  # names of one's own stand there
        model = held
    return list(model.model_fields)


def of_name(name: str) -> list[str]:
    """All keys that are called so, in whatever section: `engine` is ocr.engine and run.engine."""
    return [".".join(path) for path in _paths(Config, ()) if path[-1] == name]


def _paths(model: type[BaseModel], above: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    for name, field in model.model_fields.items():
        held = _held(field)
        if held is None:
            yield (*above, name)
        elif get_origin(field.annotation) is not dict:
            yield from _paths(held, (*above, name))


def _held(field: FieldInfo) -> type[BaseModel] | None:
    """The section that it is, or that its names lead to."""
    kind: Any = field.annotation
    if get_origin(kind) is dict:
        kind = get_args(kind)[1]
    return kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None


def takes_a_list(field: FieldInfo) -> bool:
    return any(get_origin(kind) is tuple for kind in _alternatives(field.annotation))


def takes_texts(field: FieldInfo) -> bool:
    """A list of them."""
    lists = (kind for kind in _alternatives(field.annotation) if get_origin(kind) is tuple)
    return any(str in _alternatives(get_args(kind)[0]) for kind in lists)


def takes_text(field: FieldInfo) -> bool:
    return str in _alternatives(field.annotation)


def words_of(field: FieldInfo) -> tuple[object, ...]:
    """Those that stand for a value by themselves, of `Literal["auto", "any"]`."""
    kinds = _alternatives(field.annotation)
    return tuple(word for kind in kinds if get_origin(kind) is Literal for word in get_args(kind))


def _alternatives(kind: Any) -> list[Any]:
    if get_origin(kind) is Annotated:
        return _alternatives(get_args(kind)[0])
    if get_origin(kind) in (Union, UnionType):
        return [one for part in get_args(kind) for one in _alternatives(part)]
    return [kind]
