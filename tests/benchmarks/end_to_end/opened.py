"""What end_to_end and growth share: their options, the photos, the server, the model."""

import argparse
import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.benchmarks.end_to_end.contenders import CONTENDERS
from tests.benchmarks.end_to_end.pictures import Photos, photos_of
from tests.benchmarks.end_to_end.runs import ROOT, Bench
from tests.benchmarks.picture_server import served

_CODE = ("entity_extract", "jobs", "tests/benchmarks/end_to_end", "tests/benchmarks/peers")


def parser(description: str) -> argparse.ArgumentParser:
    out = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    out.add_argument("data", nargs="?", type=Path, help="images/ and labelled.csv; else drawn ones")
    out.add_argument("--out", type=Path, default=Path("build/bench"))
    out.add_argument("--rounds", type=int, default=1)
    out.add_argument("--weights", default="random", help="imagenet, or a ResNet50's .pth")
    out.add_argument("--cores", type=int, default=2)
    out.add_argument("--limit-s", type=float, default=400.0, help="for one run")
    out.add_argument("--set", action="append", default=[], help="of our configuration, everywhere")
    out.add_argument("--again", action="store_true", help="forget the runs that are there")
    out.add_argument("--keep", action="store_true", help="keep them though the code has changed")
    return out


def sizes(text: str) -> list[int]:
    return sorted({int(number) for number in text.split(",")})


def names(text: str) -> list[str]:
    found = [name.strip() for name in text.split(",")]
    if unknown := [name for name in found if name not in CONTENDERS]:
        raise argparse.ArgumentTypeError(f"{unknown}; there are {', '.join(CONTENDERS)}")
    return found


@contextmanager
def opened(args: argparse.Namespace, photos: int) -> Iterator[Bench]:
    """A bench over so many photos. Runs that were made of others, or by other code, are dropped."""
    folder: Path = args.out / "end_to_end"
    folder.mkdir(parents=True, exist_ok=True)
    weights = args.weights if args.weights in ("random", "imagenet") else _file(args.weights)
    found = photos_of(args.data, max(photos, 240), folder / "drawn")
    _drop_others(folder, found, weights, args)
    if not (folder / "model").is_dir():
        made = ["tests.benchmarks.end_to_end.model", str(folder / "model"), weights]
        subprocess.run([sys.executable, "-m", *made], check=True, cwd=ROOT)
    with served("--folder", str(found.folder)) as base_url:
        yield Bench(folder, found, base_url, weights, args.cores, args.limit_s, tuple(args.set))


def _file(path: str) -> str:
    return str(Path(path).resolve(strict=True))


def _drop_others(folder: Path, photos: Photos, weights: str, args: argparse.Namespace) -> None:
    asked: dict[str, Any] = {
        "photos": photos.origin,
        "weights": weights,
        "cores": args.cores,
        "set": args.set,
        "code": _code(),
    }
    told = folder / "made_of.json"
    before = json.loads(told.read_text()) if told.exists() else {}
    if args.keep:
        before["code"] = asked["code"]
    if args.again or before != asked:
        for stale in (folder / "runs", folder / "model"):
            shutil.rmtree(stale, ignore_errors=True)
    told.write_text(json.dumps(asked, indent=1))


def _code() -> str:
    digest = hashlib.sha256()
    files = (path for name in _CODE for path in (ROOT / name).rglob("*") if path.is_file())
    for path in sorted(files):
        if path.suffix in (".py", ".toml", ".json", ".txt"):
            digest.update(path.read_bytes())
    return digest.hexdigest()[:12]
