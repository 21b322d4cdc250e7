"""Fetching and storing pictures, beside img2dataset: `make bench-fetch`.

Both fetch the same links from one loopback server and store what comes, in one process with as
many threads; nothing is decoded or resized. Either all is stored in Parquet, or each picture in a
file and the rest in Parquet: img2dataset's two ways. Runs alternate, so that whatever else the
machine does meets both. img2dataset lives in an environment of its own below build/. Counted is the
time of fetching and storing: neither side's start, as img2dataset's own statistics have it.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import time
import venv
from collections import Counter
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import pyarrow as pa
import pyarrow.parquet as pq

from entity_extract.config import FetchConfig
from entity_extract.fetching.fetch import Asked, Fetcher
from tests.benchmarks.picture_server import served

ROWS = 100  # as many as img2dataset gathers before it writes
COLUMNS = pa.schema(
    {
        "image_link": pa.string(),
        "status": pa.string(),
        "reason": pa.string(),
        "http_status": pa.int32(),
        "content": pa.binary(),
    }
)

Figures = dict[str, object]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", type=int, default=5000)
    parser.add_argument("--threads", type=int, default=16)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--timeout", type=int, default=10, help="seconds, of both")
    parser.add_argument("--hanging", type=float, default=0.02, help="fraction of links")
    parser.add_argument("--out", type=Path, default=Path("build/bench"))
    parser.add_argument("--ours", nargs=2, type=Path, help="(internal) links file and target")
    parser.add_argument("--store", choices=("parquet", "files"), help="(internal)")
    args = parser.parse_args()
    if args.ours:
        json.dump(_ours(*args.ours, args), sys.stdout)
        return
    rival = _installed(Path("build/img2dataset/.venv"))
    with served() as base:
        plain = [f"{base}/{n}.jpg" for n in range(args.pictures)]
        every = round(1 / args.hanging)
        hanging = [
            link.replace(base, f"{base}/hang") if n % every == every // 2 else link
            for n, link in enumerate(plain)
        ]
        figures = {
            "machine": {"cores": os.cpu_count(), "load_before": os.getloadavg()[0]},
            "settings": {k: v for k, v in vars(args).items() if isinstance(v, int | float)},
            "parquet": _paired(plain, "parquet", args, rival),
            "files": _paired(plain, "files", args, rival),
            "hanging": _paired(hanging, "parquet", args, rival),
        }
    figures["over_img2dataset"] = figures["parquet"]["ratio"]
    figures["over_img2dataset_files"] = figures["files"]["ratio"]
    figures["over_img2dataset_hanging"] = figures["hanging"]["ratio"]
    args.out.mkdir(parents=True, exist_ok=True)
    (args.out / "fetch.json").write_text(json.dumps(figures, indent=2) + "\n", "utf-8")
    sys.stdout.write(json.dumps(figures, indent=2) + "\n")


def _paired(links: list[str], store: str, args: argparse.Namespace, rival: Path) -> Figures:
    """Images a second of both, by round; the ratio is the median of the rounds' ratios."""
    ours, theirs = [], []
    for turn in range(args.rounds):
        with TemporaryDirectory(dir="build") as folder:
            sides = [(ours, _run_ours), (theirs, _run_theirs)]
            for figures, run in sides if turn % 2 == 0 else reversed(sides):
                figures.append(run(links, Path(folder), store, args, rival))
                sys.stderr.write(f"{store} {run.__name__}: {figures[-1]}\n")
    ratios = [a["images_per_s"] / b["images_per_s"] for a, b in zip(ours, theirs, strict=True)]
    return {"ours": ours, "img2dataset": theirs, "ratios": ratios, "ratio": median(ratios)}


def _run_ours(
    links: list[str], folder: Path, store: str, args: argparse.Namespace, _: Path
) -> Figures:
    (folder / "ours.txt").write_text("\n".join(links), "utf-8")
    command = [sys.executable, "-m", "tests.benchmarks.fetch", "--threads", str(args.threads)]
    command += ["--timeout", str(args.timeout), "--store", store]
    command += ["--ours", str(folder / "ours.txt"), str(folder / "ours")]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return dict(json.loads(done.stdout))


def _ours(links: Path, target: Path, args: argparse.Namespace) -> Figures:
    config = FetchConfig(
        allow_private=True,
        deadline_s=args.timeout,
        threads=args.threads,
        retries=0,
        per_host=1000,  # one loopback server stands for all hosts; img2dataset has no such limit
        per_host_rate=0.0,
    )
    target.mkdir()
    statuses: Counter[str] = Counter()
    asked = (Asked(link, 0) for link in links.read_text("utf-8").splitlines())
    pa.Table.from_pylist([], COLUMNS)  # loads pandas, which img2dataset has loaded by then
    cpu, start = time.process_time(), time.monotonic()
    # Pictures do not pack, and no two are alike.
    plainly = {"compression": "none", "use_dictionary": ["status"], "write_statistics": False}
    rows: list[dict[str, object]] = []
    with (
        pq.ParquetWriter(target / "rows.parquet", COLUMNS, **plainly) as writer,
        Fetcher(config) as fetcher,
    ):
        for number, (_, fetched) in enumerate(fetcher.ahead(asked)):
            statuses[fetched.status.value] += 1
            row = {name: getattr(fetched, name) for name in COLUMNS.names}
            if args.store == "files":
                content = row.pop("content") or b""
                with open(target / f"{number:08}.jpg", "wb", buffering=0) as file:
                    file.write(content)
            rows.append(row)
            if len(rows) == ROWS:
                writer.write_table(pa.Table.from_pylist(rows, COLUMNS))
                rows.clear()
        writer.write_table(pa.Table.from_pylist(rows, COLUMNS))
    seconds = time.monotonic() - start
    return {
        "images_per_s": round(statuses["ok"] / seconds, 1),
        "seconds": round(seconds, 2),
        "cpu_seconds": round(time.process_time() - cpu, 2),
        "statuses": dict(statuses),
    }


def _run_theirs(
    links: list[str], folder: Path, store: str, args: argparse.Namespace, rival: Path
) -> Figures:
    (folder / "theirs.txt").write_text("\n".join(links), "utf-8")
    options = {
        "url_list": folder / "theirs.txt",
        "output_folder": folder / "theirs",
        "output_format": store,
        "input_format": "txt",
        "processes_count": 1,
        "thread_count": args.threads,
        "number_sample_per_shard": len(links),
        "timeout": args.timeout,
        "retries": 0,
        "disable_all_reencoding": True,  # neither decoded nor resized: only fetched and stored
        "extract_exif": False,
        "compute_hash": None,
        "enable_wandb": False,
    }
    command = [str(rival / "bin" / "img2dataset")] + [f"--{k}={v}" for k, v in options.items()]
    quiet = {**os.environ, "NO_ALBUMENTATIONS_UPDATE": "1"}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, capture_output=True, env=quiet)
    stats = json.loads((folder / "theirs" / "00000_stats.json").read_text("utf-8"))
    seconds = stats["end_time"] - stats["start_time"]
    return {
        "images_per_s": round(stats["successes"] / seconds, 1),
        "seconds": round(seconds, 2),
        "cpu_seconds_with_start": round(_cpu_since(before), 2),
        "statuses": stats["status_dict"],
    }


def _cpu_since(before: resource.struct_rusage) -> float:
    now = resource.getrusage(resource.RUSAGE_CHILDREN)
    return now.ru_utime + now.ru_stime - before.ru_utime - before.ru_stime


def _installed(home: Path) -> Path:
    if not (home / "bin" / "img2dataset").exists():
        venv.create(home, with_pip=True)
        subprocess.run([home / "bin" / "pip", "install", "-q", "img2dataset"], check=True)
    return home


if __name__ == "__main__":
    main()
