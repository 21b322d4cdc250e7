"""Daft on its own runner: a class in as many processes as cores, its own download, Parquet out.

python -m tests.benchmarks.peers.with_daft --catalog FILE --out FOLDER [--psm 11]
"""

from typing import Any

import daft
from daft import DataType, col

from tests.benchmarks.peers.work import BATCH, SAID, WORD, options, worker_work

TYPES = {name: DataType.string() for name in ("text", *SAID)} | {"conf": DataType.float64()}
RECORD = DataType.struct({name: TYPES.get(name, DataType.int32()) for name in (*WORD, *SAID)})
SEEN = DataType.struct(
    {"words": DataType.list(RECORD), "embedding": DataType.list(DataType.float32())}
)


def main() -> None:
    args = options(__doc__ or "")

    @daft.cls(use_process=True, max_concurrency=args.cores)
    class Seer:
        def __init__(self, work: tuple[int, str, tuple[str, ...]]) -> None:
            self._work = worker_work(*work)

        @daft.method.batch(return_dtype=SEEN, batch_size=BATCH)
        def seen(self, contents: daft.Series) -> Any:
            return self._work(contents.to_pylist())

    seer = Seer(args.work)
    pictures = daft.read_csv(str(args.catalog)).into_batches(BATCH)
    found = pictures.select(
        col("image_link"), seer.seen(col("image_link").download()).alias("seen")
    )
    found.select(
        col("image_link"),
        col("seen").get("words").alias("words"),
        col("seen").get("embedding").alias("embedding"),
    ).write_parquet(str(args.out))


if __name__ == "__main__":
    main()
