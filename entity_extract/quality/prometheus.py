"""A run's figures in a file that Prometheus' node_exporter reads (its textfile collector).

The library is asked for where it is used: of those who run jobs few have Prometheus.
"""

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from entity_extract.config.secrets import masked
from entity_extract.errors import UserError
from entity_extract.quality.judged import Quality
from entity_extract.quality.metrics import CONFIDENCE, RunLabels, confidences, gauges

if TYPE_CHECKING:
    from prometheus_client.core import Metric


def check_metrics(path: Path | str | None) -> None:
    """Raises UserError where metrics could not be written there, before anything has run."""
    if path is None:
        return
    try:
        import prometheus_client  # noqa: F401
    except ImportError:
        message = 'a file for Prometheus: pip install "entity-extract[prometheus]"'
        raise UserError(message) from None
    folder = Path(path).absolute().parent
    if Path(path).is_dir():
        raise UserError(f"metrics for Prometheus, {path}: it is a folder")
    if not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
        raise UserError(f"metrics for Prometheus, {path}: {folder} is no folder to write to")


def write_metrics(path: Path, quality: Quality, run: RunLabels, *, seconds: float) -> None:
    """Replaces the file in one step. Raises UserError where it cannot be written."""
    from prometheus_client import CollectorRegistry, write_to_textfile

    registry = CollectorRegistry()
    registry.register(_Collector(quality, run._replace(lake=masked(run.lake)), seconds))
    try:
        write_to_textfile(str(path), registry)
    except OSError as err:
        raise UserError(f"metrics for Prometheus, {path}: {err.strerror}") from None


class _Collector:
    """As a registry of the library asks for it."""

    def __init__(self, quality: Quality, run: RunLabels, seconds: float) -> None:
        self._quality, self._run, self._seconds = quality, run, seconds

    def describe(self) -> list["Metric"]:
        return []  # so that they are collected when they are written, and not before

    def collect(self) -> Iterator["Metric"]:
        from prometheus_client.core import GaugeMetricFamily, HistogramMetricFamily

        told = gauges(self._quality, self._run, ended=time.time(), seconds=self._seconds)
        for one in told:
            family = GaugeMetricFamily(one.name, one.about, labels=one.labels)
            for values, number in one.samples:
                family.add_metric(values, number)
            yield family
        about = "Confidence of the best candidate, of the rows that have one."
        histogram = HistogramMetricFamily(CONFIDENCE, about, labels=("lake", "entity"))
        for of in confidences(self._quality, self._run):
            histogram.add_metric(of.labels, of.buckets, of.total)
        yield histogram
