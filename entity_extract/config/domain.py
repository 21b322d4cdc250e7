"""What may be asked (entities) and answered (units). Extended in configuration, not in code."""

from functools import cached_property
from typing import Literal

from pydantic import BaseModel, Field, PositiveFloat, model_validator

# An SI unit that no unit here is: litres and cups are printed, and nothing in cubic metres.
_SI_UNPRINTED = {"volume": "cubic metre"}


class Unit(BaseModel, frozen=True, extra="forbid", allow_inf_nan=False):
    """A unit of measure, and how it is spelled on packaging."""

    dimension: str
    si: PositiveFloat = Field(description="how many SI units of its dimension make one of it")
    spellings: tuple[str, ...] = ()
    system: Literal["metric", "imperial", ""] = Field(
        default="", description="which `predict.prefer` may ask for"
    )


class Entity(BaseModel, frozen=True, extra="forbid"):
    """A question: its allowed units, the words that stand near its answer, and how a drawing runs
    the line that a length stands at."""

    units: tuple[str, ...] = Field(min_length=1)
    keywords: tuple[str, ...] = ()
    drawn: Literal["level", "upright", "oblique", ""] = ""


class Domain(BaseModel, frozen=True, extra="forbid"):
    """All entities and units. Every entity's units are defined and share one dimension."""

    entities: dict[str, Entity]
    units: dict[str, Unit]

    @model_validator(mode="after")
    def _units_are_defined(self) -> "Domain":
        for name, entity in self.entities.items():
            unknown = [unit for unit in entity.units if unit not in self.units]
            if unknown:
                raise ValueError(f"entity {name!r} allows undefined units: {', '.join(unknown)}")
            dimensions = {self.units[unit].dimension for unit in entity.units}
            if len(dimensions) > 1:
                raise ValueError(f"entity {name!r} mixes dimensions: {', '.join(dimensions)}")
        return self

    @cached_property
    def entity_names(self) -> tuple[str, ...]:
        return tuple(sorted(self.entities))

    @cached_property
    def unit_names(self) -> tuple[str, ...]:
        return tuple(sorted(self.units))

    def differences(self, models: "Domain") -> list[str]:
        """Where what is configured here is not what a model with the domain `models` was trained
        for, a clause each: it predicts by its own domain, whatever a conf file says."""
        new = sorted(self.entities.keys() - models.entities.keys())
        changed = sorted(
            name
            for name, entity in self.entities.items()
            if name in models.entities and models._question(name) != self._question(name)
        )
        clauses = (
            (new, "is configured, but the model was never trained for it: it is not asked"),
            (changed, "has other units, spellings or keywords in the model, and these count"),
        )
        return [f"{', '.join(names)} {what}" for names, what in clauses if names]

    def _question(self, entity: str) -> tuple[Entity, dict[str, Unit]]:
        found = self.entities[entity]
        return found, {unit: self.units[unit] for unit in found.units}

    def to_si(self, value: float, unit: str) -> float:
        """`value` in SI: metres, kilograms, volts, watts or cubic metres."""
        return value * self.units[unit].si

    def si_unit(self, unit: str) -> str:
        """The name of the unit that `to_si` gives a value in: the one of its dimension with
        si = 1, "SI unit of <dimension>" where there is none."""
        dimension = self.units[unit].dimension
        names = (n for n in self.unit_names if self.units[n].dimension == dimension)
        own = next((name for name in names if self.units[name].si == 1), None)
        return own or _SI_UNPRINTED.get(dimension, f"SI unit of {dimension}")
