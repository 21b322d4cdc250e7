"""A session on a server of Spark Connect: no JVM here, and nothing of the server's to be set."""

import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from typing import Any, Final
from urllib.parse import urlsplit

import pyspark
from pyspark.sql import SparkSession

from entity_extract.config.remote import REMOTE, remote_of
from entity_extract.errors import UserError
from entity_extract.spark.session.borrowed import apply_settings
from entity_extract.spark.session.kept import leaving_nothing
from entity_extract.spark.session.versions import check_server

_MODE: Final = "SPARK_CONNECT_MODE_ENABLED"  # by which pyspark.sql.functions tell where they are
_PORT: Final = 15002
_PATIENCE_S: Final = 10.0
_CLIENT: Final = ("grpc", "grpc_status", "google.rpc")


def check_remote(settings: Mapping[str, str]) -> None:
    """Raises UserError where a server is named that nothing can be asked of. Nothing is started."""
    remote = remote_of(settings)
    if remote is None:
        return
    place = urlsplit(remote.partition(";")[0])
    try:
        host, port = place.hostname, place.port or _PORT
    except ValueError:  # of a port that is none
        host, port = None, 0
    if place.scheme != "sc" or not host:
        raise UserError(f"spark.remote is {remote}: it has to be like sc://host:{_PORT}")
    if absent := [name for name in _CLIENT if not _is_there(name)]:
        raise UserError(
            f"spark.remote needs the client of Spark Connect, and there is no {absent[0]}: "
            'pip install "entity-extract[connect]"'
        )
    try:  # which the client itself would try for a quarter of an hour
        socket.create_connection((host, port), _PATIENCE_S).close()
    except OSError as err:
        raise UserError(f"spark.remote: nobody answers at {host}:{port}: {err}") from None


def _is_there(module: str) -> bool:
    with suppress(ModuleNotFoundError):  # of the package above it
        return find_spec(module) is not None
    return False


@contextmanager
def connected(remote: str, settings: Mapping[str, str]) -> Iterator[SparkSession]:
    """A session of this job's own, with those of `settings` that a server takes from a client.

    Raises UserError where the server cannot be reached, or is of another version.
    """
    check_remote({REMOTE: remote})
    before = os.environ.get(_MODE)
    spark: Any = SparkSession.builder.remote(remote).create()
    try:
        check_server(pyspark.__version__, spark.version)
        own = {key: value for key, value in settings.items() if key != REMOTE}
        with leaving_nothing(spark):
            apply_settings(spark, own)
            yield spark
    finally:
        spark.stop()
        if before is None:
            os.environ.pop(_MODE, None)
