"""Starting and stopping Spark, for plain `python -m` and for spark-submit alike."""

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pyspark
from py4j.protocol import Py4JJavaError
from pyspark import SparkConf, SparkContext
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from entity_extract.config.jars import spark_that_runs
from entity_extract.config.signals import stoppable
from entity_extract.errors import UserError
from entity_extract.spark.session.java import check_java
from entity_extract.spark.session.local import local_settings
from entity_extract.spark.session.refusals import lacking, refusal
from entity_extract.spark.session.stopping import cancel_jobs, spare_jvm, started_by_jvm
from entity_extract.spark.session.versions import check_version

# What our own stages rely on; [spark] in a conf file may still say otherwise.
_DEFAULTS = {
    # What cannot be cast is null, as Spark 3.5 has it; Spark 4 would end the run.
    "spark.sql.ansi.enabled": "false",
    "spark.sql.execution.arrow.pyspark.enabled": "true",
    # A batch of the EMBED stage holds this many thumbnails (about 10 kB each) in a Python worker.
    "spark.sql.execution.arrow.maxRecordsPerBatch": "512",
    # Spark's own pattern does not know keys of accounts, as of Azure's storage.
    "spark.redaction.regex": r"(?i)secret|passw|passphrase|token|credential|[._-]key([._-]|$)",
}


def _given_to_spark_submit() -> Mapping[str, str]:
    """The keys that spark-submit's flags, --conf and spark-defaults.conf have settled."""
    SparkContext._ensure_initialized()  # connects to that JVM; SparkConf reads its properties
    return dict(SparkConf().getAll())


@contextmanager
def spark_session(name: str, settings: Mapping[str, str]) -> Iterator[SparkSession]:
    """A session with `settings` (the [spark] section), stopped at the end.

    Under spark-submit its command line wins over `settings`, key by key. Without a master it runs
    on this machine, see local.py. Raises UserError where what goes wrong in the block is for the
    user to mend: see refusals.py; and where this version of Spark is not supported.
    """
    check_version(pyspark.__version__, None if started_by_jvm() else spark_that_runs())
    with stoppable():  # Spark's own handler of Ctrl-C goes with the session
        spark = _session(name, settings)
        try:
            spare_jvm(spark.sparkContext)
            with stoppable(before=lambda: cancel_jobs(spark.sparkContext)):
                yield spark
        except (Py4JJavaError, PySparkException, OSError) as err:
            if (reason := refusal(err) or lacking(err)) is not None:
                raise UserError(reason) from err
            raise
        finally:
            spark.stop()


def _session(name: str, settings: Mapping[str, str]) -> SparkSession:
    builder = SparkSession.builder.appName(f"entity-extract {name}")
    given: Mapping[str, str] = {}
    if started_by_jvm():
        given = _given_to_spark_submit()
    else:  # workers of local mode run this very Python, not the first python3 on the PATH
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
        check_java()
    local = local_settings(given, settings, jvm_to_start=not started_by_jvm())
    if local and not started_by_jvm():
        # Spark asks for the address of the machine's name, which in a container may have none.
        os.environ.setdefault("SPARK_LOCAL_IP", local["spark.driver.bindAddress"])
    for key, value in {**_DEFAULTS, **local, **settings}.items():
        if key not in given:
            builder = builder.config(key, value)
    spark = builder.getOrCreate()
    spark.sparkContext.setLogLevel(settings.get("spark.log.level", "ERROR"))
    return spark


def tasks_at_once(spark: SparkSession) -> int:
    """How many tasks run at the same time once all executors are there.

    Raises UserError where Spark may add executors without end.
    """
    conf = spark.sparkContext.getConf()
    cores, cpus = (int(conf.get(f"spark.{n}") or 1) for n in ("executor.cores", "task.cpus"))
    return max(1, _tasks_now(spark), _most_executors(conf) * max(1, cores // cpus))


def _tasks_now(spark: SparkSession) -> int:
    """On the executors that have come. spark.default.parallelism may say anything else."""
    java: Any = spark.sparkContext._jsc
    context = java.sc()
    return int(
        context.maxNumConcurrentTasks(context.resourceProfileManager().defaultResourceProfile())
    )


def _most_executors(conf: SparkConf) -> int:
    """As configured; 0 where only the cluster knows."""
    if conf.get("spark.dynamicAllocation.enabled") != "true":
        return int(conf.get("spark.executor.instances") or 0)
    most = conf.get("spark.dynamicAllocation.maxExecutors")
    if most is None:
        raise UserError(
            "how many tasks share fetch.host_rate_total cannot be told: dynamic allocation "
            "needs spark.dynamicAllocation.maxExecutors"
        )
    return int(most)
