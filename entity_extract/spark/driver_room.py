"""What comes to the driver: counted before it does, and refused where memory could not hold it."""

from pathlib import Path

from entity_extract.errors import UserError

# Bytes of memory that a row takes there, with what is made of it meanwhile.
EVALUATED = 3_000
SPLIT = 2_000
EXAMPLE = 25_000  # with eleven candidates: numbers for each of 67 features
LABEL = 1_000

_CGROUP = Path("/sys/fs/cgroup")
_GB = 1e9


def require_room(rows: int, each: int, what: str, remedy: str, free: int | None = None) -> None:
    """Raises UserError where so many rows of `each` bytes are more than `free`, by default the
    memory that this machine, or the container, can still give."""
    room = free_bytes() if free is None else free
    if room is not None and rows * each > room:
        raise UserError(
            f"{what} brings {rows:,} rows to the driver, {rows * each / _GB:,.1f} GB at some "
            f"{each:,} bytes each, and it has {room / _GB:,.1f} GB left; {remedy}"
        )


def free_bytes() -> int | None:
    """None where Linux does not tell."""
    told = [_available(), _left_to_container()]
    return min((found for found in told if found is not None), default=None)


def _available() -> int | None:
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
    except OSError:
        return None
    (line,) = (line for line in lines if line.startswith("MemAvailable:"))
    return int(line.split()[1]) * 1024


def _left_to_container() -> int | None:
    """By version 2 of Linux's control groups; what files have in memory can be let go of."""
    try:
        most = (_CGROUP / "memory.max").read_text().strip()
        used = int((_CGROUP / "memory.current").read_text())
        stat = dict(line.split() for line in (_CGROUP / "memory.stat").read_text().splitlines())
    except OSError:
        return None
    return None if most == "max" else int(most) - used + int(stat["inactive_file"])
