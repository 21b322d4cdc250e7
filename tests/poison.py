"""A `tesseract` program that harms whoever runs it, on pages of long lines; others it reads well.

Put in front of the PATH it is a real program that misbehaves, as native code does on odd bytes.
"""

import os
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from PIL import Image, ImageDraw

from tests.server import encoded

Found = TypeVar("Found")

PROGRAM = ("ocr.engine=tesseract", "ocr.backend=pytesseract")  # who asks that program
LONG = "long enough to be a poison indeed"
_POISONS = {
    "crash": "kill -SEGV $PPID; sleep 600",
    "freeze": "kill -STOP $PPID; sleep 600",  # of the process that reads, not of OCR alone
    "hang": "sleep 600",
    # tail keeps all of a line until it ends.
    "grow": "head -c 1500M /dev/zero | tail > /dev/null; sleep 600",
}
_PROGRAM = """#!/bin/sh
case "$1" in *.txt)
  for page in $(cat "$1"); do
    if [ "$(head -n 1 "$page" | cut -d ' ' -f 2)" -gt 700 ]; then {poison}; fi
  done
esac
exec {tesseract} "$@"
"""


def poisonous_path(folder: Path, kind: str) -> str:
    """A PATH on which tesseract does as `kind`, of _POISONS, says, to pictures of LONG."""
    tesseract = shutil.which("tesseract")
    assert tesseract, "these tests need the tesseract program"
    program = folder / "tesseract"
    program.write_text(_PROGRAM.format(poison=_POISONS[kind], tesseract=tesseract))
    program.chmod(0o755)
    return f"{folder}{os.pathsep}{os.environ['PATH']}"


def card(text: str) -> bytes:
    """A white picture with one line of text, as JPEG."""
    image = Image.new("RGB", (700, 120), "white")
    ImageDraw.Draw(image).text((30, 40), text, fill="black", font_size=36)
    return encoded(image)


def readers(parent: int) -> list[int]:
    """The processes that read pictures for the process `parent`."""
    found = []
    for listed in Path(f"/proc/{parent}/task").glob("*/children"):
        found += [pid for pid in map(int, listed.read_text().split()) if _reads(pid)]
    return found


def session_of(leader: int) -> list[int]:
    """The living processes of the session that `leader` has opened, itself among them."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, _, session = stat.read_text().rpartition(")")[2].split()[:4]
        except OSError:
            continue
        if int(session) == leader and state != "Z":
            found.append(int(stat.parent.name))
    return found


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)


def until(condition: Callable[[], Found], what: str, seconds: float = 20.0) -> Found:
    """What `condition()` gives as soon as it is true."""
    end = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < end, f"waited in vain for {what}"
        time.sleep(0.02)
    return value


def _reads(pid: int) -> bool:
    try:
        return (
            b"entity_extract.reading.isolation.child" in Path(f"/proc/{pid}/cmdline").read_bytes()
        )
    except OSError:
        return False
