"""How Spark runs well on one machine, for who does not know Spark: what nobody has said otherwise.

Spark's own values are a cluster's: 200 parts of each shuffle, ports open to the network, a JVM that
warms up for hours of work.
"""

import os
import sys
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Final

import pyspark

MASTER: Final = "local[*,4]"  # 4: how often a task is tried; without it, once
_SETTINGS: Final = {
    "spark.driver.memory": "3g",
    "spark.driver.bindAddress": "127.0.0.1",  # no port of Spark's is open to the network
    "spark.driver.host": "127.0.0.1",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.shuffle.partitions": "4",  # more of them are mostly start-up cost here
    # Rows handed to Python at a time. A row of READ is a picture to fetch, so batches are small.
    "spark.sql.execution.arrow.maxRecordsPerBatch": "64",
    # How soon what Python has read moves the bar: else Spark waits for ten seconds, and for 64 kB.
    # A JVM that had no time for ten minutes is given up, as before.
    "spark.executor.heartbeatInterval": "2s",
    "spark.executor.heartbeat.maxFailures": "300",
    "spark.buffer.size": "8192",
    # Delta's VACUUM lists a table's files in as many tasks; Spark's own number is 10,000.
    "spark.sql.sources.parallelPartitionDiscovery.parallelism": "16",
    # A side of a join that is this small in a task is hashed; else both sides are sorted.
    "spark.sql.adaptive.maxShuffledHashJoinLocalMapThreshold": "64m",
}
JVM: Final = "-XX:+UseSerialGC -XX:ReservedCodeCacheSize=240m"
# A run of seconds is over before the JVM's second compiler pays: 10 s instead of 13 s, where there
# is nothing to do. One over ten million links takes 87 s without that compiler and 40 s with it. Of
# its own a JVM with one compiler has room for 48 MB of code, which a session with Delta and Iceberg
# fills in minutes; from then on all that is new is interpreted.
BRIEF: Final = "-XX:TieredStopAtLevel=1"
# An archive of other jars, say, is no reason for a warning; and on stdout stand answers.
_QUIET: Final = "-Xlog:disable -Xlog:all=error:stderr"
_NO_MASTER: Final = (None, "")


def local_settings(
    given: Mapping[str, str], settings: Mapping[str, str], *, jvm_to_start: bool, brief: bool
) -> dict[str, str]:
    """What to add to `settings`, key by key where neither they nor `given`, by spark-submit, have
    it; nothing where the master is another than this machine. `brief`: for a run of seconds."""
    master = given.get("spark.master") or settings.get("spark.master")
    if master in _NO_MASTER and jvm_to_start:
        master = _master_told_to_spark()
    if master not in _NO_MASTER and not str(master).startswith("local"):
        return {}
    found = dict(_SETTINGS)
    if master in _NO_MASTER:
        found["spark.master"] = MASTER
    if jvm_to_start:
        found["spark.driver.extraJavaOptions"] = _jvm_options(brief)
        own = "spark.log.level" in settings or (_conf_folder() / "log4j2.properties").is_file()
        if not own:
            found["spark.driver.defaultJavaOptions"] = _quiet_start()
    return found


def _quiet_start() -> str:
    """The option by which log4j begins with our level: what Spark logs before it can be told of
    one. "" where the file is none, as in a zip, or cannot be named."""
    file = Path(str(files(__package__).joinpath("log4j2.properties")))
    named = file.is_file() and " " not in str(file)
    return f"-Dlog4j2.configurationFile=file:{file}" if named else ""


def class_archive() -> Path:
    """Where this environment keeps Spark's classes as the JVM maps them into memory: made by
    deploy/class_archive.py. An archive of other jars or another JVM is passed over by the JVM."""
    return Path(sys.prefix, "share", "entity-extract", f"spark-{pyspark.__version__}.jsa")


def _jvm_options(brief: bool) -> str:
    options, archive = f"{JVM} {BRIEF}" if brief else JVM, class_archive()
    if not archive.is_file() or " " in str(archive):  # options are cut at spaces
        return options
    return f"{options} -XX:SharedArchiveFile={archive} {_QUIET}"


def _conf_folder() -> Path:
    """Where Spark looks for its own settings."""
    home = os.environ.get("SPARK_HOME") or pyspark.__path__[0]
    return Path(os.environ.get("SPARK_CONF_DIR") or f"{home}/conf")


def _master_told_to_spark() -> str | None:
    """By its own means, which a configuration set from here would overrule."""
    words = os.environ.get("PYSPARK_SUBMIT_ARGS", "").split()
    if "--master" in words[:-1]:
        return words[words.index("--master") + 1]
    defaults = _conf_folder() / "spark-defaults.conf"
    if not defaults.is_file():
        return None
    lines = (line.replace("=", " ", 1).split() for line in defaults.read_text("utf-8").splitlines())
    return next((line[1] for line in lines if line[:1] == ["spark.master"] and line[1:]), None)
