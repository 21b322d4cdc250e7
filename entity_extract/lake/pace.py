"""How many rows the next wave takes: as many as lake.wave_s is likely to be enough for."""

from typing import Final

from entity_extract.config import LakeConfig

READ_PER_CORE: Final = 1.0  # pictures a second, of a core that also waits for slow shops
EMBEDDED_PER_CORE: Final = 10.0  # pictures a second, with AVX2 alone
ANSWERED_PER_CORE: Final = 100.0  # rows a second
# A row is answered some hundred times faster than a picture is read, so a crash costs less.
ROWS_PER_LINK: Final = 10
_LEAST_PER_CORE: Final = 4  # rows in a wave: with fewer, cores are idle while the last one is done
_CAUTION: Final = 20  # a first wave ends in time at a twentieth of the speed that is hoped for
_GROWTH: Final = 8  # at most, from wave to wave: the first rows may be the cheap ones


class Pace:
    """`rows` of the next wave, by what the last one took: about `wave_s` seconds of work, and never
    more than `most` rows. Without `wave_s` it is always `most`."""

    def __init__(
        self, most: int, *, wave_s: float = 0.0, rows_per_s: float = 1.0, least: int = 1
    ) -> None:
        """`rows_per_s`: what is hoped for before anything is measured. Fewer than `least` rows
        would leave cores idle."""
        self.most = most
        self._least = min(least, most)
        self._wave_s = wave_s
        self.rows = self._within(rows_per_s * wave_s / _CAUTION) if wave_s else most

    def took(self, rows: int, seconds: float) -> None:
        """Of the wave before the next one."""
        if self._wave_s:
            hoped = self._wave_s * rows / max(seconds, 1e-3)
            self.rows = self._within(min(hoped, self.rows * _GROWTH))

    def _within(self, rows: float) -> int:
        return round(max(self._least, min(rows, self.most)))


def paced(config: LakeConfig, *, cores: int, per_core: float, rows_per_link: int = 1) -> Pace:
    """Of a stage of which each of `cores` does some `per_core` rows a second."""
    return Pace(
        config.wave_links * rows_per_link,
        wave_s=config.wave_s,
        rows_per_s=cores * per_core,
        least=cores * _LEAST_PER_CORE,
    )
