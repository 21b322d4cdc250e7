"""Damaged pictures, by the hundred thousand: does decoding crash, hang, bloat or raise?

    python -m tests.fuzz.images --cases 100000   # mutations of our own seeds
    python -m tests.fuzz.images --folder Tests/images   # a folder as it is

A child process decodes, so that the parent sees it die or stand still. It says which case it is at
before each one; cases are numbered, and a number always makes the same bytes. Prints one JSON
object; exits with 1 where there is a finding.
"""

import argparse
import io
import json
import random
import resource
import selectors
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path

from PIL import Image

from entity_extract.config import ImageConfig
from entity_extract.reading.decoding.formats import FORMATS
from entity_extract.reading.decoding.opening import ImageRejected
from entity_extract.reading.images import decode, thumbnail

MEMORY = 2 * 2**30  # bytes of address space that a child may have
LIMIT_S = 20.0  # for one case, on a loaded machine
BATCH = 2000  # cases of one child

# How a seed is made: format, mode, options of Image.save. As many codecs and layouts as there are.
SEEDS: list[tuple[str, str, dict[str, object]]] = [
    ("JPEG", "RGB", {}),
    ("JPEG", "RGB", {"progressive": True}),
    ("JPEG", "L", {"optimize": True}),
    ("JPEG", "CMYK", {}),
    ("PNG", "RGB", {}),
    ("PNG", "RGBA", {"compress_level": 0}),
    ("PNG", "P", {}),
    ("PNG", "I;16", {}),
    ("PNG", "1", {}),
    ("WEBP", "RGB", {}),
    ("WEBP", "RGBA", {"lossless": True}),
    ("WEBP", "RGB", {"save_all": True}),
    ("GIF", "P", {}),
    ("GIF", "P", {"save_all": True, "interlace": True}),
    ("BMP", "RGB", {}),
    ("BMP", "P", {}),
    ("BMP", "1", {}),
    ("TIFF", "RGB", {}),
    ("TIFF", "RGB", {"compression": "tiff_lzw"}),
    ("TIFF", "RGB", {"compression": "tiff_adobe_deflate"}),
    ("TIFF", "RGB", {"compression": "jpeg"}),
    ("TIFF", "L", {"compression": "packbits"}),
    ("TIFF", "1", {"compression": "group4"}),
    ("TIFF", "F", {}),
    ("TIFF", "CMYK", {}),
    ("AVIF", "RGB", {"speed": 10}),
    ("AVIF", "RGBA", {"speed": 10}),
    ("JXL", "RGB", {}),
    ("JXL", "RGBA", {"lossless": True}),
]


@lru_cache(maxsize=1)
def seeds() -> list[bytes]:
    return [_seed(*seed) for seed in SEEDS if seed[0] in FORMATS]


def _seed(kind: str, mode: str, options: dict[str, object]) -> bytes:
    picture = Image.effect_mandelbrot((48, 32), (-2.0, -1.0, 1.0, 1.0), 30)
    base = Image.merge("RGB", [picture, picture.rotate(90), picture.transpose(Image.Transpose(0))])
    image = Image.new("I;16", base.size, 9000) if mode == "I;16" else base.convert(mode)
    if options.get("save_all"):
        options = {**options, "append_images": [image.rotate(180)]}
    exif = Image.Exif()
    exif[0x0112] = 6
    extra = {"exif": exif} if kind in ("JPEG", "PNG", "WEBP") else {}
    buffer = io.BytesIO()
    image.save(buffer, kind, **options, **extra)
    return buffer.getvalue()


def case(number: int) -> bytes:
    """A seed, changed in one to eight places."""
    dice = random.Random(number)
    content = bytearray(seeds()[number % len(seeds())])
    for _ in range(dice.choice((1, 1, 2, 4, 8))):
        dice.choice(_CHANGES)(content, dice)
    return bytes(content)


def _place(content: bytearray, dice: random.Random) -> int:
    """Anywhere; half the time in the first 128 bytes, where headers are."""
    end = len(content) if dice.random() < 0.5 else min(len(content), 128)
    return dice.randrange(max(1, end))


def _flip(content: bytearray, dice: random.Random) -> None:
    if content:
        content[_place(content, dice)] ^= 1 << dice.randrange(8)


def _set(content: bytearray, dice: random.Random) -> None:
    """A number of one, two or four bytes that is at an edge."""
    place, size = _place(content, dice), dice.choice((1, 2, 4))
    edges = (0, 1, 2 ** (8 * size) - 1, 2 ** (8 * size - 1), dice.randrange(2 ** (8 * size)))
    content[place : place + size] = dice.choice(edges).to_bytes(
        size, dice.choice(("big", "little"))
    )


def _cut(content: bytearray, dice: random.Random) -> None:
    del content[_place(content, dice) :]


def _drop(content: bytearray, dice: random.Random) -> None:
    place = _place(content, dice)
    del content[place : place + dice.randrange(1, 32)]


def _repeat(content: bytearray, dice: random.Random) -> None:
    place = _place(content, dice)
    content[place:place] = content[place : place + dice.randrange(1, 64)] * dice.randrange(1, 4)


def _splice(content: bytearray, dice: random.Random) -> None:
    """The rest of another seed, maybe of another format."""
    other = dice.choice(seeds())
    content[_place(content, dice) :] = other[dice.randrange(len(other)) :]


_CHANGES: list[Callable[[bytearray, random.Random], None]] = [
    _flip,
    _flip,
    _set,
    _set,
    _cut,
    _drop,
    _repeat,
    _splice,
]


def outcome(content: bytes) -> str:
    """The status that reading would give, or what decoding raised and must not."""
    try:
        thumbnail(decode(content, ImageConfig(allow_truncated=True)), ImageConfig())
    except ImageRejected as rejected:
        return rejected.status.value
    except MemoryError:
        return "finding: MemoryError"
    except Exception as err:  # noqa: BLE001 (what may escape is the question)
        return f"finding: {type(err).__name__}: {err}"
    return "ok"


def child(contents: Iterator[tuple[str, Callable[[], bytes]]]) -> None:
    """Says each case's name before, and its outcome after; at the end, the most memory held."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    for name, content in contents:
        sys.stdout.write(f"{name}\t")
        sys.stdout.flush()
        sys.stdout.write(f"{outcome(content())}\n")
    # Not getrusage: there a process starts with the memory of the one it was forked from.
    status = Path("/proc/self/status").read_text()
    peak = int(status.partition("VmHWM:")[2].split()[0]) // 1024
    sys.stdout.write(f"peak MiB\t{peak}\n")


def run(arguments: list[str]) -> tuple[Counter[str], dict[str, str], int, str]:
    """A child's outcomes, findings by case, peak MiB, and the last case it was at."""
    command = [sys.executable, "-m", "tests.fuzz.images", *arguments]
    outcomes: Counter[str] = Counter()
    findings: dict[str, str] = {}
    peak, last = 0, ""
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        for line in _lines(process):
            name, tab, said = line.partition("\t")
            if name == "peak MiB":
                peak = int(said)
                continue
            last = name
            if tab and said:
                outcomes[said.partition(":")[0]] += 1
                if said.startswith("finding"):
                    findings[name] = said
        process.wait()
        if process.returncode != 0:
            kind = "hang" if process.returncode == -9 else f"died: {process.returncode}"
            outcomes["finding"] += 1
            findings[last] = f"finding: {kind}"
    return outcomes, findings, peak, last


def _lines(process: subprocess.Popen[bytes]) -> Iterator[str]:
    """Also the unfinished last line. Kills a child that is at one case for more than LIMIT_S."""
    assert process.stdout is not None
    rest = b""
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while True:
            if not selector.select(LIMIT_S):
                process.kill()
            part = process.stdout.read1(65536)
            *lines, rest = (rest + part).split(b"\n")
            yield from (line.decode() for line in lines)
            if not part:
                break
    if rest:
        yield rest.decode()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--start", type=int, default=0)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--child", action="store_true", help="(internal)")
    args = parser.parse_args()
    files = sorted(p for p in args.folder.rglob("*") if p.is_file()) if args.folder else None
    if args.child:
        numbers = range(args.start, args.start + args.cases)
        if files is None:
            child((str(n), lambda n=n: case(n)) for n in numbers)
        else:
            child((files[n].name, files[n].read_bytes) for n in numbers if n < len(files))
        return
    report = _all(args, len(files) if files else args.cases)
    sys.stdout.write(json.dumps(report, indent=2) + "\n")
    sys.exit(bool(report["findings"]))


def _all(args: argparse.Namespace, total: int) -> dict[str, object]:
    start, done = time.monotonic(), 0
    outcomes: Counter[str] = Counter()
    findings: dict[str, str] = {}
    peak = 0
    folder = ["--folder", str(args.folder)] if args.folder else []
    while done < total:
        count = min(BATCH, total - done)
        options = ["--child", "--start", str(args.start + done), "--cases", str(count), *folder]
        found, bad, most, _ = run(options)
        outcomes += found
        findings |= bad
        peak = max(peak, most)
        # A child that died left the rest of its cases: the next one goes on behind that case.
        done += count if found.total() >= count else max(1, found.total())
    return {
        "cases": done,
        "seeds": len(seeds()),
        "seconds": round(time.monotonic() - start),
        "peak_mib": peak,
        "outcomes": dict(outcomes),
        "findings": findings,
    }


if __name__ == "__main__":
    main()
