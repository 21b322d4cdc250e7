"""Starting and stopping Spark, for plain `python -m` and for spark-submit alike."""

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import pyspark
from py4j.protocol import Py4JJavaError
from pyspark import SparkConf, SparkContext
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from entity_extract.config.jars import spark_that_runs
from entity_extract.config.remote import remote_of
from entity_extract.config.signals import stoppable
from entity_extract.errors import UserError
from entity_extract.spark.session.borrowed import borrowed, running_session, tagged
from entity_extract.spark.session.defaults import DEFAULTS, OF_RUNNING
from entity_extract.spark.session.java import check_java
from entity_extract.spark.session.kind import is_connect
from entity_extract.spark.session.local import local_settings
from entity_extract.spark.session.refusals import lacking, refusal
from entity_extract.spark.session.remote import connected
from entity_extract.spark.session.stopping import (
    cancel_jobs,
    from_a_thread,
    spare_jvm,
    started_by_jvm,
)
from entity_extract.spark.session.versions import check_version

_ADDRESS = "SPARK_LOCAL_IP"


def _given_to_spark_submit() -> Mapping[str, str]:
    """The keys that spark-submit's flags, --conf and spark-defaults.conf have settled."""
    SparkContext._ensure_initialized()  # connects to that JVM; SparkConf reads its properties
    return dict(SparkConf().getAll())


@contextmanager
def spark_session(
    name: str, settings: Mapping[str, str], *, brief: bool = False
) -> Iterator[SparkSession]:
    """A session with `settings` (the [spark] section), stopped at the end; where one is running in
    this process, that one, which lives on and has its own settings again at the end: see
    borrowed.py.

    Under spark-submit its command line wins over `settings`, key by key. Without a master it runs
    on this machine, and there `brief` spares a run with little to do some seconds: see local.py.
    Where a server of Spark Connect is named, there: see remote.py. Raises UserError where what goes
    wrong in the block is for the user to mend: see refusals.py; and where this version of Spark is
    not supported.
    """
    with stoppable():  # Spark's own handler of Ctrl-C goes with the session
        try:
            with _opened(name, settings, brief) as (spark, cancel), stoppable(before=cancel):
                yield spark
        except (Py4JJavaError, PySparkException, OSError) as err:
            if (reason := refusal(err) or lacking(err)) is not None:
                raise UserError(reason) from err
            raise


@contextmanager
def _opened(
    name: str, settings: Mapping[str, str], brief: bool
) -> Iterator[tuple[SparkSession, Callable[[], None]]]:
    """The session, and what ends its work when the job is told to stop."""
    remote = remote_of(settings)
    if (running := running_session()) is not None:
        if remote is not None and not is_connect(running):
            raise UserError(
                f"spark.remote names {remote}, and this process has a session of its own running: "
                "stop that one, or leave spark.remote and SPARK_REMOTE out"
            )
        check_version(pyspark.__version__, None)
        with borrowed(running, {**OF_RUNNING, **settings}), tagged(running) as cancel:
            yield running, cancel
        return
    if remote is not None:
        with connected(remote, {**OF_RUNNING, **settings}) as spark:
            yield spark, lambda: from_a_thread(spark.interruptAll)
        return
    check_version(pyspark.__version__, None if started_by_jvm() else spark_that_runs())
    spark = _session(name, settings, brief)
    try:
        spare_jvm(spark.sparkContext)
        yield spark, lambda: cancel_jobs(spark.sparkContext)
    finally:
        spark.stop()


def _session(name: str, settings: Mapping[str, str], brief: bool) -> SparkSession:
    builder = SparkSession.builder.appName(f"entity-extract {name}")
    given: Mapping[str, str] = {}
    if started_by_jvm():
        given = _given_to_spark_submit()
    else:  # workers of local mode run this very Python, not the first python3 on the PATH
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
        check_java()
    local = local_settings(given, settings, jvm_to_start=not started_by_jvm(), brief=brief)
    for key, value in {**DEFAULTS, **local, **settings}.items():
        if key not in given:
            builder = builder.config(key, value)
    with _named_by(local.get("spark.driver.bindAddress")):
        spark = builder.getOrCreate()
    spark.sparkContext.setLogLevel(settings.get("spark.log.level", "ERROR"))
    return spark


@contextmanager
def _named_by(address: str | None) -> Iterator[None]:
    """A JVM that starts in the block takes this address for the machine's, unless the environment
    has one: Spark asks for that of the machine's name, which in a container may have none."""
    if address is None or _ADDRESS in os.environ:
        yield
        return
    os.environ[_ADDRESS] = address
    try:
        yield
    finally:
        del os.environ[_ADDRESS]
