"""Where the rows of a wave stand once others have been published."""

from collections.abc import Iterable


class Moves:
    """Where rows stand by now, by the wave in which they stood when their writer read the table:
    what it has published since may have taken them along, or their place."""

    def __init__(self) -> None:
        self._moved: dict[str, set[str]] = {}

    def add(self, old: Iterable[str], new: Iterable[str]) -> None:
        """Rows that stood in `old` stand there still, or in one of `new`."""
        to = frozenset(new)
        for wave in old:
            self._moved.setdefault(wave, set()).update(to - {wave})

    def since(self, waves: Iterable[str]) -> frozenset[str]:
        """The waves themselves, and all that rows of them have come to."""
        found: set[str] = set()
        look = list(waves)
        while look:
            wave = look.pop()
            if wave not in found:
                found.add(wave)
                look += self._moved.get(wave, ())
        return frozenset(found)
