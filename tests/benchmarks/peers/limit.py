"""The limit: no Spark, no fetching, a process for each core that takes files from one list.

python -m tests.benchmarks.peers.limit --catalog FILE --pictures FOLDER --out FOLDER
"""

import csv
from multiprocessing import get_context
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.parquet as pq

from tests.benchmarks.peers.work import options, worker_work

CHUNK = 8  # pictures: towards the end nobody waits long


def seen(task: tuple[list[str], Path, tuple[int, str, tuple[str, ...]]]) -> pa.Table:
    links, folder, work = task
    contents = [(folder / unquote(link.rpartition("/")[2])).read_bytes() for link in links]
    rows: list[Any] = worker_work(*work)(contents)
    return pa.Table.from_pylist(
        [{"image_link": link, **row} for link, row in zip(links, rows, strict=True)]
    )


def main() -> None:
    args = options(__doc__ or "")
    with args.catalog.open(newline="") as file:
        links = [row["image_link"] for row in csv.DictReader(file)]
    tasks = [(links[i : i + CHUNK], args.pictures, args.work) for i in range(0, len(links), CHUNK)]
    args.out.mkdir(parents=True)
    with get_context("spawn").Pool(args.cores) as pool:
        tables = list(pool.imap_unordered(seen, tasks))
    schema = pa.unify_schemas([table.schema for table in tables], promote_options="permissive")
    whole = pa.concat_tables([table.cast(schema) for table in tables])
    pq.write_table(whole, args.out / "seen.parquet")


if __name__ == "__main__":
    main()
