"""The run that started this one, as schedulers name it in the environment."""

from collections.abc import Mapping
from typing import NamedTuple
from uuid import UUID

from entity_extract.errors import UserError

_PARENT, _ROOT = "OPENLINEAGE_PARENT_ID", "OPENLINEAGE_ROOT_PARENT_ID"


class Ancestor(NamedTuple):
    """A run of a job: `run_id` is a UUID."""

    namespace: str
    job: str
    run_id: str


class Parent(NamedTuple):
    """The run that started this one, and the first of all."""

    run: Ancestor
    root: Ancestor


def parent_of(environment: Mapping[str, str]) -> Parent | None:
    """None where nobody says. Raises UserError for what is no `namespace/job/run id`, which is how
    Airflow's macro `lineage_parent_id` has it."""
    if not environment.get(_PARENT):
        return None
    parent = _ancestor(_PARENT, environment[_PARENT])
    root = _ancestor(_ROOT, environment[_ROOT]) if environment.get(_ROOT) else parent
    return Parent(parent, root)


def _ancestor(variable: str, text: str) -> Ancestor:
    parts = text.rsplit("/", 2)  # a namespace may be a URL
    try:
        namespace, job, run_id = parts
        UUID(run_id)
    except ValueError:
        raise UserError(f"{variable}={text}: expected namespace/job/run id, a UUID") from None
    return Ancestor(namespace, job, run_id)
