"""Tell what a lake holds, what waits and what failed, without Spark or Java."""

import argparse
import json

from entity_extract.commands.running import config_of
from entity_extract.lake.status_report import lake_status
from entity_extract.lake.status_text import status_text


def run(args: argparse.Namespace) -> None:
    config = config_of(args)
    status = lake_status(args.lake, catalog=args.catalog, config=config.catalog)
    print(json.dumps(status.as_dict(), indent=1) if args.json else status_text(status))
