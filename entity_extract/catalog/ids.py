"""Ids as text. One that is a whole number with a fraction of zero is that number, badly written:
pandas makes floats of integers among which one is missing."""

import re
from collections.abc import Sequence
from decimal import Decimal

# "915709.0"; and as Java writes doubles from ten million on: "9.15709E7".
WITH_FRACTION = r"(-?[0-9]+)\.0+"
WITH_EXPONENT = r"-?[0-9]\.[0-9]+[eE]\+?(?:[0-9]|1[0-5])"
NAN = "NaN"
EXACT = 2**53  # from here on a double no longer tells one whole number from the next


def whole_id(text: str) -> str | None:
    """ "915709.0" -> "915709", "1.5E7" -> "15000000"; others as they are, "007" and "1E5", too.

    None for "NaN": among floats it stands for a missing one.
    """
    if text == NAN:
        return None
    if match := re.fullmatch(WITH_FRACTION, text):
        return match[1]
    if re.fullmatch(WITH_EXPONENT, text):
        number = Decimal(text)
        if number == int(number) and abs(number) < EXACT:
            return str(int(number))
    return text


def whole_ids(cells: Sequence[str | None]) -> tuple[list[str | None], int]:
    """The ids, and how many of them were written badly."""
    whole = [None if cell is None else whole_id(cell) for cell in cells]
    return whole, sum(new not in (old, None) for new, old in zip(whole, cells, strict=True))


def told_of_ids(column: str, rows: int) -> str:
    """What the log says."""
    return f"{rows} rows have a {column} like 915709.0, read as the whole number that it is"
