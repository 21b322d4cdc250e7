"""What all sections of the configuration are."""

import os
from typing import Annotated

from pydantic import BaseModel, Field

Fraction = Field(gt=0.0, lt=1.0)  # a share, neither none nor all
TimeLimit = Annotated[float, Field(gt=0.0, le=1e6)]  # seconds; sockets take 24 days at most


class Section(BaseModel, frozen=True, extra="forbid", allow_inf_nan=False):
    """A part of the configuration: immutable, and a misspelt key is an error."""


def whole_path(named: object) -> object:
    """For BeforeValidator: a folder of this machine from the root on. What is no path stays."""
    if not isinstance(named, str) or not named or "://" in named:
        return named
    return os.path.abspath(os.path.expanduser(named))


def distinct(names: tuple[str, ...]) -> tuple[str, ...]:
    """For AfterValidator. Raises ValueError."""
    if len(set(names)) < len(names):
        raise ValueError("a name stands there twice")
    return names
