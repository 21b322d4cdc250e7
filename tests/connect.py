"""Servers of Spark Connect that tests start."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.request import urlopen

import pyspark

# Spark 4 has its server with it. Of 3.5 the newest that is to be had beside Spark 3.5.9; a client
# of 3.5 speaks with any server of 3.5.
_SPARK_3: Final = pyspark.__version__.startswith("3.")
PACKAGES: Final = "org.apache.spark:spark-connect_2.12:3.5.7" if _SPARK_3 else ""


@dataclass(frozen=True)
class Server:
    url: str
    process: subprocess.Popen[bytes]
    ui: str

    @property
    def port(self) -> str:
        return self.url.rpartition(":")[2]

    def jobs_under_way(self) -> list[Any]:
        """As Spark's own page has them."""
        (application,) = self._told("")
        return list(self._told(f"/{application['id']}/jobs?status=running"))

    def _told(self, what: str) -> Any:
        with urlopen(f"{self.ui}/api/v1/applications{what}", timeout=60) as answer:
            return json.load(answer)


@contextmanager
def connect_server(
    folder: Path, settings: Mapping[str, str] | None = None, *, port: str = "0"
) -> Iterator[Server]:
    """Its workers run this Python, with this package; its files lie in `folder`."""
    from tests.jobs.conftest import ROOT
    from tests.jobs.processes import SPARK_HOME, daemon, said

    log = folder / "server.log"
    own = {
        "spark.connect.grpc.binding.port": port,
        "spark.ui.port": "0",
        "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1",
        "spark.local.dir": str(folder),
        "spark.sql.shuffle.partitions": "2",
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
        **(settings or {}),
    }
    jars = [*filter(None, (own.get("spark.jars.packages"), PACKAGES))]
    own["spark.jars.packages"] = ",".join(jars)
    named = [word for key, value in own.items() for word in ("--conf", f"{key}={value}")]
    words = [
        *(SPARK_HOME / "bin/spark-class", "org.apache.spark.deploy.SparkSubmit"),
        *("--class", "org.apache.spark.sql.connect.service.SparkConnectServer"),
        *("--master", "local[2]", *named, "spark-internal"),
    ]
    ours = {
        "PYSPARK_PYTHON": sys.executable,
        "PYTHONPATH": str(ROOT),
        "SPARK_LOCAL_IP": "127.0.0.1",
    }
    with daemon(words, log, signal.SIGTERM, **ours) as process:
        started = said(process, log, r"Spark Connect server started at: .*:\d+", 300)
        page = said(process, log, r"service 'SparkUI' on port \d+", 1)
        number = started.rpartition(":")[2]
        ui = f"http://127.0.0.1:{page.rpartition(' ')[2]}"
        yield Server(f"sc://127.0.0.1:{number}", process, ui)
