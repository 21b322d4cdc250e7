"""What a person says of a row, checked before anybody learns from it."""

from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final, NamedTuple

from entity_extract.catalog.corrections import RowId
from entity_extract.config import Domain
from entity_extract.errors import UserError
from entity_extract.quantities.amounts import format_amount, parse_label
from entity_extract.status import Status

_LONGEST: Final = 200  # letters of a typed value


class Decision(StrEnum):
    """ACCEPTED: what was answered, or kept silent about, is right. CHOSEN: another candidate.
    TYPED: a value that nobody offered. NOT_STATED: the picture does not give the value."""

    ACCEPTED = "accepted"
    CHOSEN = "chosen"
    TYPED = "typed"
    NOT_STATED = "not stated"


class Correction(NamedTuple):
    """A line of the file of corrections: the label of a row, and how it came to be.

    `prediction` is what stood there, of the model `model_version`; `corrected_at` ISO 8601, UTC.
    """

    image_link: str
    group_id: str
    entity_name: str
    entity_value: str
    catalog_key: str
    decision: str
    prediction: str
    model_version: str
    corrected_at: str

    @property
    def id(self) -> RowId:
        return RowId(self.image_link, self.group_id, self.entity_name, self.catalog_key)


class Refused(UserError):
    """A decision that cannot be one; the message says why, to the person who took it."""


def decided(
    row: RowId,
    decision: str,
    value: str,
    domain: Domain,
    *,
    prediction: str,
    candidates: Sequence[str],
    model_version: str,
    status: str = Status.OK,
    at: datetime | None = None,
) -> Correction:
    """`value` counts where one is CHOSEN or TYPED; `status` is the picture's. Raises Refused."""
    try:
        kind = Decision(decision)
    except ValueError:
        raise Refused(f"{decision!r} is no decision: {', '.join(Decision)}") from None
    if status != Status.OK:
        raise Refused(f"no picture of this row was read ({status}): nothing can be said of it")
    if kind is Decision.CHOSEN and value not in candidates:
        raise Refused("no candidate of this row")
    said = prediction if kind is Decision.ACCEPTED else value
    silent = kind is Decision.NOT_STATED or (kind is Decision.ACCEPTED and not prediction)
    return Correction(
        *row[:3],
        entity_value="" if silent else checked_value(said, row.entity_name, domain),
        catalog_key=row.catalog_key,
        decision=kind.value,
        prediction=prediction,
        model_version=model_version,
        corrected_at=(at or datetime.now(UTC)).isoformat(timespec="seconds"),
    )


def checked_value(text: str, entity: str, domain: Domain) -> str:
    """ "<number> <unit>", of a unit that the entity allows, as training reads labels; "5 inches"
    becomes "5 inch". Raises Refused."""
    known = domain.entities.get(entity)
    if known is None:
        raise Refused(f"{entity!r} is none of the entities that are configured")
    found = parse_label(text[:_LONGEST], domain, entity) if len(text) <= _LONGEST else ()
    if len(found) != 1 or found[0].value <= 0:
        raise Refused(f"one number above 0 and a unit, please: {', '.join(known.units)}")
    return format_amount(*found[0])
