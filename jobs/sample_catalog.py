"""Renders the sample catalog and, if asked, serves its pictures.

python -m jobs.sample_catalog --out DIR [--rows N] [--seed S] [--serve] [--port P]
"""

import argparse
import signal
import threading
from collections.abc import Sequence
from pathlib import Path

from entity_extract.config import Domain
from entity_extract.config.command import config_of, job_parser, positive, run_job
from entity_extract.errors import UserError
from entity_extract.sample_shop.server import serve
from entity_extract.sample_shop.shop import write_catalog


def parser() -> argparse.ArgumentParser:
    out = job_parser((__doc__ or "").splitlines()[0])
    out.add_argument("--out", type=Path, required=True, help="folder for catalog.csv and images/")
    out.add_argument("--rows", type=positive, default=480, help="rows of the catalog (%(default)s)")
    out.add_argument("--seed", type=int, default=0, help="same seed, same bytes (%(default)s)")
    out.add_argument("--serve", action="store_true", help="serve the pictures until Ctrl-C")
    out.add_argument(
        "--port",
        type=int,
        default=8765,
        help="port in the links; 0 with --serve takes a free one (%(default)s)",
    )
    return out


def main(argv: Sequence[str]) -> None:
    args = parser().parse_args(argv)
    domain = config_of(args).domain
    try:
        args.out.mkdir(parents=True, exist_ok=True)
        if not args.serve:
            render(args, domain, f"http://127.0.0.1:{args.port}")
            return
        with serve(args.out, args.port) as base_url:  # before rendering: the port may be taken
            render(args, domain, base_url)
            wait_for_a_signal(f"serving  {base_url}  (Ctrl-C ends it)")
    except OSError as err:
        raise UserError(str(err)) from err


def render(args: argparse.Namespace, domain: Domain, base_url: str) -> None:
    catalog = write_catalog(
        args.out, rows=args.rows, seed=args.seed, base_url=base_url, domain=domain
    )
    print(f"catalog  {catalog.csv}  ({len(catalog.rows)} rows)")
    print(f"images   {catalog.images}")


def wait_for_a_signal(message: str) -> None:
    stop = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stop.set())
    print(message, flush=True)
    stop.wait()


if __name__ == "__main__":
    run_job(main)
