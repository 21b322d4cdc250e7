"""Renders the sample catalog and, if asked, serves its pictures."""

import argparse
import signal
import threading

from entity_extract.commands.running import config_of
from entity_extract.config import Domain
from entity_extract.errors import UserError
from entity_extract.sample_shop.server import serve
from entity_extract.sample_shop.shop import write_catalog


def run(args: argparse.Namespace) -> None:
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
