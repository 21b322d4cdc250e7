"""A session on a server of Spark Connect: no JVM here, and nothing of the server's to be set."""

import os
import socket
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import uuid4

import pyspark
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from entity_extract.config.remote import REMOTE, remote_of
from entity_extract.errors import UserError
from entity_extract.spark.session.borrowed import apply_settings
from entity_extract.spark.session.kept import leaving_nothing
from entity_extract.spark.session.stopping import from_a_thread
from entity_extract.spark.session.versions import check_server

_MODE: Final = "SPARK_CONNECT_MODE_ENABLED"  # by which pyspark.sql.functions tell where they are
_MARK: Final = "spark.entity_extract.session"  # a setting by which a session is known again
_PORT: Final = 15002
_PATIENCE_S: Final = 10.0
_CLIENT: Final = ("grpc", "grpc_status", "google.rpc")
# A server that went without a word, as with its machine, is asked for a sign of life; more often
# than every five minutes it would take for an attack.
_PINGS: Final = [
    ("grpc.keepalive_time_ms", 310_000),
    ("grpc.keepalive_timeout_ms", 20_000),
    ("grpc.http2.max_pings_without_data", 0),
]


def check_remote(settings: Mapping[str, str]) -> None:
    """Raises UserError where a server is named that nothing can be asked of. Nothing is started."""
    remote = remote_of(settings)
    if remote is None:
        return
    host, port = _place(remote)
    if absent := [name for name in _CLIENT if not _is_there(name)]:
        raise UserError(
            f"spark.remote needs the client of Spark Connect, and there is no {absent[0]}: "
            'pip install "entity-extract[connect]"'
        )
    try:  # which the client itself would try for a quarter of an hour
        socket.create_connection((host, port), _PATIENCE_S).close()
    except OSError as err:
        raise UserError(f"spark.remote: nobody answers at {host}:{port}: {err}") from None


def _place(remote: str) -> tuple[str, int]:
    """Host and port. Raises UserError where it is no address of a server."""
    place = urlsplit(remote.partition(";")[0])
    try:
        host, port = place.hostname, place.port or _PORT
    except ValueError:  # of a port that is none
        host, port = None, 0
    if place.scheme != "sc" or not host:
        raise UserError(f"spark.remote is {remote}: it has to be like sc://host:{_PORT}")
    return host, port


def _is_there(module: str) -> bool:
    with suppress(ModuleNotFoundError):  # of the package above it
        return find_spec(module) is not None
    return False


@contextmanager
def connected(remote: str, settings: Mapping[str, str]) -> Iterator[SparkSession]:
    """A session of this job's own, with those of `settings` that a server takes from a client. At
    the end nothing of it runs on the server.

    Raises UserError where the server cannot be reached, lets nobody in, or is of another version;
    ServerGone where it goes in the block.
    """
    check_remote({REMOTE: remote})
    before = os.environ.get(_MODE)
    os.environ[_MODE] = "1"
    try:
        spark: Any = _session(remote)
        try:
            own = {key: value for key, value in settings.items() if key != REMOTE}
            with leaving_nothing(spark, by=from_a_thread):
                apply_settings(spark, own)
                yield spark
        finally:  # of a server that hangs nothing comes back
            from_a_thread(spark.interruptAll)
            from_a_thread(spark.stop)
            if spark.is_stopped:
                spark.stop()  # for what pyspark keeps by thread
    finally:
        if before is None:
            os.environ.pop(_MODE, None)


def _session(remote: str) -> SparkSession:
    """Raises UserError."""
    import grpc
    from pyspark.sql.connect.client import core
    from pyspark.sql.connect.session import SparkSession as Client

    from entity_extract.spark.session.server import Watch

    place = "{}:{}".format(*_place(remote))
    watch = Watch(place)
    # Spark 4 has it by another name. Threads of it that release what came fail as all else does.
    kind: Any = getattr(core, "DefaultChannelBuilder", core.ChannelBuilder)
    warnings.filterwarnings("ignore", "ReleaseExecute failed")
    try:
        builder = kind(remote, _PINGS)
    except (PySparkException, ValueError) as err:
        raise UserError(f"spark.remote is {remote}: {err}") from None
    channel = grpc.intercept_channel(builder.toChannel(), watch)
    try:
        grpc.channel_ready_future(channel).result(_PATIENCE_S)
    except grpc.FutureTimeoutError:
        channel.close()
        how = "with" if builder.secure else "without"
        raise UserError(
            f"spark.remote: at {place} is something that is no server of Spark Connect, {how} TLS "
            "(;use_ssl=true asks for it)"
        ) from None
    builder.toChannel = lambda: channel
    opener: Any = Client.builder
    spark: Any = opener.channelBuilder(builder).create()
    try:
        check_server(pyspark.__version__, spark.version)
        mark = uuid4().hex
        spark.conf.set(_MARK, mark)
    except PySparkException as err:
        from_a_thread(spark.stop)
        said = " ".join(str(err).split())
        raise UserError(
            f"spark.remote: {place} answers as no server of Spark does: {said}"
        ) from err
    except UserError:
        from_a_thread(spark.stop)
        raise
    watch.is_known = lambda: spark.conf.get(_MARK, None) == mark
    found: SparkSession = spark
    return found
