"""Figures of answers that are told in a few words."""

from collections.abc import Iterator, Mapping

from entity_extract.quality.figures import BINS, Figures, Group, figures_of


def groups(entity: str, units: Mapping[str, int], confidence: float = 0.9) -> Iterator[Group]:
    """Rows by unit; those under "" have no answer and no candidate."""
    for unit, rows in units.items():
        if unit:
            place = int(confidence * BINS)
            yield Group(entity, "ok", unit, place, 2, rows, rows * confidence)
        else:
            yield Group(entity, "http_error", None, None, 0, rows, 0.0)


def figures(*found: Iterator[Group], lost: int = 0) -> Figures:
    """Each row under a link of its own; of `lost` rows more there is no answer in the lake."""
    every = [group for some in found for group in some]
    rows = sum(group.rows for group in every)
    read = sum(group.rows for group in every if group.status == "ok")
    return figures_of(every, rows=rows + lost, links=rows, links_read=read)
