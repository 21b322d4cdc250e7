"""Pictures that are to be asked for once more, as if they were new."""

from collections.abc import Sequence
from typing import Protocol, TypeVar

from entity_extract.schema import TableSpec

_Condition_contra = TypeVar("_Condition_contra", contravariant=True)


class Dropping(Protocol[_Condition_contra]):
    """A table that rows can be removed from, by the engine's own conditions."""

    spec: TableSpec

    @property
    def name(self) -> str: ...

    def drop(self, condition: _Condition_contra, wave: str, /) -> int: ...


def forgotten(
    tables: Sequence[Dropping[_Condition_contra]], condition: _Condition_contra, run_id: str
) -> list[str]:
    """Removes the rows of pictures, and of their answers, for which `condition` holds; what was
    done, a line each.

    Answers first: cut off in between, they are given again. A picture read anew would not have its
    old answer replaced.
    """
    done: list[str] = []
    for table in reversed([table for table in tables if table.spec.retried]):
        if rows := table.drop(condition, f"{run_id}-forget"):
            done.append(f"{table.name}: {rows} rows forgotten")
    return done
