"""Ray Data: a class in as many actors as cores, Parquet out.

python -m tests.benchmarks.peers.with_ray --catalog FILE --out FOLDER [--psm 11]
"""

from typing import Any

import pyarrow as pa
import pyarrow.csv
import ray

from tests.benchmarks.peers.work import BATCH, fetched, options, worker_work


class Seer:
    def __init__(self, work: tuple[int, str, tuple[str, ...]]) -> None:
        self._work = worker_work(*work)

    def __call__(self, batch: pa.Table) -> pa.Table:
        links: list[Any] = batch["image_link"].to_pylist()
        rows = self._work(fetched(links))
        return pa.Table.from_pylist(
            [{"image_link": link, **row} for link, row in zip(links, rows, strict=True)]
        )


def main() -> None:
    args = options(__doc__ or "")
    ray.init(num_cpus=args.cores, include_dashboard=False, log_to_driver=False)
    links = pyarrow.csv.read_csv(args.catalog).select(["image_link"])
    seen = (
        ray.data.from_arrow(links)
        .repartition(-(-len(links) // BATCH))
        .map_batches(
            Seer,
            fn_constructor_args=[args.work],
            batch_size=BATCH,
            batch_format="pyarrow",
            num_cpus=0.5,  # in Ray's books; with a whole core each, none is left for what writes
            compute=ray.data.ActorPoolStrategy(size=args.cores),
        )
    )
    seen.write_parquet(str(args.out))
    ray.shutdown()


if __name__ == "__main__":
    main()
