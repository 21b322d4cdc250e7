"""Rows that were read through the model: in this process, or, of many, in one for each core."""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import resource_tracker
from typing import Final

import pandas as pd
import pyarrow as pa

from entity_extract import schema
from entity_extract.config import PredictConfig
from entity_extract.config.signals import STOPPING, Stop
from entity_extract.learning.prediction.bundle import Bundle, worker_model
from entity_extract.learning.prediction.predict import predict_records
from entity_extract.local.arrow_types import arrow_schema
from entity_extract.local.decided import Row
from entity_extract.local.work import cores
from entity_extract.reading.side_by_side import side_by_side

_MANY: Final = 1_000  # rows from which on a process is worth its start

_AT_A_TIME: Final = 64  # rows that are seen to be done at a time
_ASKED: Final = ("entity_name", "group_id")
_READ: Final = (*schema.READING, "embedding")
_PREDICTION: Final = arrow_schema(schema.PREDICTION)

Numbered = tuple[int, pd.DataFrame]


@dataclass(frozen=True)
class Answering:
    """`predicted` turns frames of rows into frames of schema.PREDICTION, under their numbers and in
    any order; `seen` is told of rows as they come."""

    predicted: Callable[[Iterator[Numbered], Stop], Iterator[Numbered]]
    seen: Callable[[int], None]

    def answers(
        self, rows: pa.Table, read: Sequence[Row], stop: Stop
    ) -> tuple[list[int], pa.Table]:
        """What the model says of rows of the catalog and of what was `read` for each: the places of
        those that are answered, all unless `stop` is asked for; (n,) rows of schema.PREDICTION."""
        asked = {name: rows[name].to_pylist() for name in _ASKED}

        def frames() -> Iterator[Numbered]:
            for start in range(0, len(read), _AT_A_TIME):
                if stop.asked():
                    return
                some = slice(start, start + _AT_A_TIME)
                cells = {name: asked[name][some] for name in _ASKED}
                cells |= {name: [row[name] for row in read[some]] for name in _READ}
                yield start, pd.DataFrame(cells, dtype=object)

        done: list[int] = []
        found = {}
        for start, answers in self.predicted(frames(), stop):
            found[start] = _told(answers)
            self.seen(len(answers))
        for start in sorted(found):
            done += range(start, start + found[start].num_rows)
        told = [found[start] for start in sorted(found)]
        return done, pa.concat_tables([_PREDICTION.empty_table(), *told])


@contextmanager
def answering(
    bundle: Bundle, config: PredictConfig, *, rows: int, seen: Callable[[int], None]
) -> Iterator[Answering]:
    """For so many `rows`; what it gives is of use to the end of the block."""
    processes = min(cores(), rows // _MANY + 1)
    if processes < 2:
        yield Answering(lambda frames, _: _one_by_one(frames, bundle, config), seen)
        return
    resource_tracker.ensure_running()  # else the first process would do it, and unblock signals
    # Not forked: this process has threads.
    pool = ProcessPoolExecutor(
        processes,
        multiprocessing.get_context("spawn"),
        initializer=_begin,
        initargs=(bundle, config),
    )

    def work(one: Numbered) -> Numbered:
        number, frame = one
        # They are for this process alone: the others, which a thread like this starts, never hear
        # them, and end with it.
        signal.pthread_sigmask(signal.SIG_BLOCK, STOPPING)
        return number, pool.submit(_answered, frame).result()

    def predicted(frames: Iterator[Numbered], stop: Stop) -> Iterator[Numbered]:
        found = side_by_side(frames, work, processes, stop=stop)
        return (one for one in found if one is not None)

    try:
        yield Answering(predicted, seen)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _one_by_one(
    frames: Iterator[Numbered], bundle: Bundle, config: PredictConfig
) -> Iterator[Numbered]:
    model = worker_model(bundle)
    for number, frame in frames:
        yield number, predict_records(model, frame, config)


def _told(answers: pd.DataFrame) -> pa.Table:
    """What a model says, with null for what pandas calls NaN."""
    columns = [pa.Array.from_pandas(answers[field.name], type=field.type) for field in _PREDICTION]
    return pa.table(columns, schema=_PREDICTION)


_model: tuple[Bundle, PredictConfig] | None = None  # of a process that answers for another


def _begin(bundle: Bundle, config: PredictConfig) -> None:
    global _model
    _model = bundle, config
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _answered(rows: pd.DataFrame) -> pd.DataFrame:
    if _model is None:
        raise RuntimeError("asked before it had begun")
    bundle, config = _model
    return predict_records(worker_model(bundle), rows, config)
