"""Tell what a lake holds, what waits and what failed, without Spark or Java."""

import argparse
import json
from collections.abc import Sequence

from entity_extract.config.command import config_of, job_parser, run_job
from entity_extract.lake.status_report import lake_status, status_text


def parser() -> argparse.ArgumentParser:
    out = job_parser(__doc__ or "")
    out.add_argument("--lake", required=True, help="root folder of the lake's tables")
    out.add_argument("--catalog", help="count its links that are not read yet, too")
    out.add_argument("--json", action="store_true", help="one JSON object, for programs")
    return out


def main(argv: Sequence[str]) -> None:
    args = parser().parse_args(argv)
    config = config_of(args)
    status = lake_status(args.lake, catalog=args.catalog, config=config.catalog)
    print(json.dumps(status.as_dict(), indent=1) if args.json else status_text(status))


if __name__ == "__main__":
    run_job(main)
