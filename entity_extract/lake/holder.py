"""Which process holds a lease, so that who stands on the same machine can tell that it is dead."""

from pathlib import Path


def this_machine() -> str:
    """This boot of this machine and its set of process numbers; "" where that cannot be told."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{boot} {Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return ""


def process_mark(pid: int) -> str:
    """`pid@start`, the start in ticks since boot: numbers are used again. `pid` of a dead one."""
    try:
        # The command's name, in brackets, may hold anything; the start is the 20th field after it.
        state, *fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return f"{pid}"
    return f"{pid}" if state in "ZX" else f"{pid}@{fields[18]}"


def is_dead(machine: str, process: str) -> bool:
    """True only where it can be known: the same machine, and no such process any more."""
    here = machine == this_machine() != ""
    return here and process != process_mark(int(process.partition("@")[0]))
