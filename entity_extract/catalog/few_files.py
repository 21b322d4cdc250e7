"""Which catalogs are small enough for one machine to hold at once, as far as their size tells."""

from collections.abc import Sequence
from pathlib import Path

FEW_BYTES = 2**21  # of files of text: some ten thousand rows


def are_few(files: Sequence[Path]) -> bool:
    """Of files of text, as far as their size tells; packed ones may hold anything."""
    packed = any(file.suffix == ".gz" for file in files)
    return not packed and sum(file.stat().st_size for file in files) <= FEW_BYTES
