"""Which waves of a table are put together, and in which groups: pure arithmetic."""

from collections.abc import Collection, Iterable, Sequence
from typing import Final, NamedTuple

from entity_extract.lake.waves import Wave

SMALL: Final = 4  # a wave of less than a quarter of lake.wave_links is put together with others
MANY: Final = 32  # small waves, before who publishes does so; of more folders Spark makes a job
_MOST_WAVES: Final = 100  # rewritten at once: Spark looks into each for the columns of its files


class Compacted(NamedTuple):
    """How many waves and files a table has fewer now; 0 where a format sees to them by itself."""

    waves: int = 0
    files: int = 0


def batched(waves: Iterable[Wave], rows: int) -> list[list[Wave]]:
    """`waves` in groups of up to `rows` rows and 100 waves; a larger wave is a group alone."""
    groups: list[list[Wave]] = []
    held_rows = 0
    for wave in waves:
        held_rows += wave.rows
        if not groups or held_rows > rows or len(groups[-1]) == _MOST_WAVES:
            groups.append([])
            held_rows = wave.rows
        groups[-1].append(wave)
    return groups


def grouped(waves: Sequence[Wave], rows: int, surplus: Collection[str] = ()) -> list[list[Wave]]:
    """Waves of fewer than `rows` rows, batched, and those named in `surplus`, which have too many
    files; of the others none that would stay alone."""
    small = [wave for wave in waves if wave.rows < rows or wave.name in surplus]
    groups = (
        group
        for is_open in (False, True)
        for group in batched((wave for wave in small if wave.open == is_open), rows)
    )
    return [group for group in groups if len(group) > 1 or group[0].name in surplus]


def grown_many(waves: Sequence[Wave], rows: int) -> list[list[Wave]]:
    """Small waves of a table whose waves have up to `rows` rows, in groups that are not small any
    more, but for the last; none as long as there are few."""
    small = [wave for wave in waves if wave.rows < rows // SMALL]
    groups: list[list[Wave]] = []
    for is_open in (False, True):
        some = [wave for wave in small if wave.open == is_open]
        if len(some) >= MANY:
            groups += (group for group in batched(some, rows) if len(group) > 1)
    return groups
