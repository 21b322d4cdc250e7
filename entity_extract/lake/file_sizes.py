"""How many files a wave has: of `lake.file_mib` each, however many tasks wrote them."""

from collections.abc import Sequence
from typing import Final, Protocol

# Files too many before what was just written is written once more for that. A few come of a few
# tasks, and compaction takes them; thousands a night come of a cluster.
SURPLUS: Final = 32


class Sized(Protocol):
    def sizes(self, path: str) -> dict[str, int]:
        """The names in a folder, and the bytes of each."""
        ...


def files_for(sizes: Sequence[int], file_bytes: int) -> int:
    """How many files would do for what those of `sizes`, in bytes, hold; 1 at least."""
    return max(1, -(-sum(sizes) // file_bytes))


def data_sizes(storage: Sized, folder: str) -> list[int]:
    """The bytes of each Parquet file in a folder."""
    return [size for name, size in storage.sizes(folder).items() if name.endswith(".parquet")]
