"""Where rows are cut into waves: by the waves of the lake that they come from, their homes."""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from typing import NamedTuple


class Home(NamedTuple):
    """A wave of the lake, and the places of the rows that come from it: from `first` to before
    `end`, of those of all homes in a row."""

    name: str
    first: int
    end: int


class Cuts:
    """All rows to be worked on in a row, home by home."""

    def __init__(self, counts: Mapping[str, int]) -> None:
        """`counts`: rows by the name of their home."""
        self.homes: list[Home] = []
        self.total = 0
        for name, rows in sorted(counts.items()):
            self.homes.append(Home(name, self.total, self.total + rows))
            self.total += rows
        self._firsts = [home.first for home in self.homes]
        self._ends = [home.end for home in self.homes]

    def end(self, start: int, size: int) -> int:
        """Where a wave of about `size` rows ends that begins at `start`: with a home, as many as
        there is room for; or within the first, of which such waves take equal shares."""
        whole = bisect_right(self._ends, start + size)
        if whole and self._ends[whole - 1] > start:
            return self._ends[whole - 1]
        rest = self._ends[whole] - start
        waves = -(-rest // size)
        return start + -(-rest // waves)

    def among(self, start: int, end: int) -> tuple[str, ...]:
        """The homes of the rows from `start` to before `end`, but for the one without a name."""
        first, last = bisect_right(self._ends, start), bisect_left(self._firsts, end)
        return tuple(home.name for home in self.homes[first:last] if home.name)
