"""Answers to rows that have left the catalog."""

from entity_extract.errors import UserError


def check_rows_left(rows: int, answers: int) -> None:
    """Of a catalog that is complete, and the lake's answers. Raises UserError where a catalog
    without a row would take all of these away."""
    if answers and not rows:
        raise UserError(
            f"catalog.complete is set and the catalog has no row: its {answers} answers would all "
            "be withdrawn; if that is meant, begin a new lake"
        )
