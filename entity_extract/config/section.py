"""What all sections of the configuration are."""

from pydantic import BaseModel


class Section(BaseModel, frozen=True, extra="forbid", allow_inf_nan=False):
    """A part of the configuration: immutable, and a misspelt key is an error."""


def distinct(names: tuple[str, ...]) -> tuple[str, ...]:
    """For AfterValidator. Raises ValueError."""
    if len(set(names)) < len(names):
        raise ValueError("a name stands there twice")
    return names
