"""A Hadoop cluster of one machine: HDFS and YARN, each daemon a process of its own on loopback.

The daemons are those of Hadoop 3.3.4, of which Spark 3.5 has the clients. Nothing is written but in
the folder given, and nothing runs once the block has ended.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen
from xml.sax.saxutils import escape

from entity_extract.config import load_config
from tests.jobs.processes import SPARK_HOME, daemon, said, without_our_python

JARS = Path(__file__).with_name("hadoop.toml")
USER = "shop"
NODE_MEMORY_MIB = 6144
_START_S = 90.0
_JAVA = (
    "java",
    *("--add-opens", "java.base/java.lang=ALL-UNNAMED"),  # for Guice, in YARN's pages
    *("-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Dlog4j2.level=INFO"),
)
NAMENODE = "org.apache.hadoop.hdfs.server.namenode.NameNode"
# What each daemon says once it is of use.
_HDFS = {
    NAMENODE: "NameNode RPC up at",
    "org.apache.hadoop.hdfs.server.datanode.DataNode": "successfully registered with NN",
}
_YARN = {
    "org.apache.hadoop.yarn.server.resourcemanager.ResourceManager": "Transitioned to active state",
    "org.apache.hadoop.yarn.server.nodemanager.NodeManager": "Registered with ResourceManager as",
}


class NoHadoop(Exception):
    """Its jars cannot be had here."""


@dataclass(frozen=True)
class Hadoop:
    """A running cluster."""

    folder: Path
    hdfs: str  # hdfs://127.0.0.1:port
    web: str  # the name node's http://127.0.0.1:port
    daemons: Mapping[str, subprocess.Popen[bytes]]  # by class

    @property
    def environment(self) -> dict[str, str]:
        return {"HADOOP_CONF_DIR": str(self.folder / "conf"), "HADOOP_USER_NAME": USER}

    def put(self, source: Path, path: str) -> str:
        """Writes the file to HDFS; its address there."""
        content = source.read_bytes()
        place = _ask(self._url(path, "CREATE", overwrite="true", noredirect="true"), "PUT")
        _ask(json.loads(place)["Location"], "PUT", content)
        return f"{self.hdfs}{path}"

    def names(self, path: str) -> dict[str, bool]:
        """What is in a folder, and whether it is a folder; empty where there is none."""
        try:
            listed = json.loads(_ask(self._url(path, "LISTSTATUS")))
        except HTTPError as err:
            if err.code == 404:
                return {}
            raise
        found = listed["FileStatuses"]["FileStatus"]
        return {status["pathSuffix"]: status["type"] == "DIRECTORY" for status in found}

    def get(self, path: str, target: Path) -> Path:
        """Copies a folder of HDFS, whole, to the local `target`."""
        target.mkdir(parents=True)
        for name, is_folder in self.names(path).items():
            if is_folder:
                self.get(f"{path}/{name}", target / name)
            else:
                (target / name).write_bytes(_ask(self._url(f"{path}/{name}", "OPEN")))
        return target

    def _url(self, path: str, operation: str, **more: str) -> str:
        asked = urlencode({"op": operation, "user.name": USER, **more})
        return f"{self.web}/webhdfs/v1{path}?{asked}"

    def container_logs(self) -> str:
        """What the drivers and executors of all applications have said."""
        logs = sorted((self.folder / "logs").rglob("std*"))
        return "\n".join(log.read_text(errors="replace") for log in logs)

    def containers(self) -> dict[int, str]:
        """The processes of applications, which run in folders that YARN gave them."""
        found = {}
        for process in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                if os.readlink(process / "cwd").startswith(f"{self.folder}/containers/"):
                    found[int(process.name)] = (process / "cmdline").read_text().replace("\0", " ")
        return found


def _ask(url: str, method: str = "GET", content: bytes | None = None) -> bytes:
    with urlopen(Request(url, data=content, method=method), timeout=30) as answer:
        return bytes(answer.read())


@contextmanager
def hadoop(folder: Path, *, yarn: bool) -> Iterator[Hadoop]:
    """HDFS, with YARN if asked. Raises NoHadoop where the jars cannot be had."""
    jars = daemon_jars()
    ports = _free_ports(7)
    _configure(folder, ports)
    classes = [folder / "conf", *jars, SPARK_HOME / "jars/*"]
    java = [*_JAVA, f"-Djava.io.tmpdir={folder}/tmp", f"-Dhadoop.log.dir={folder}/logs"]
    java += ["-cp", ":".join(map(str, classes))]
    names = {**_HDFS, **(_YARN if yarn else {})}
    format_it = [*java, NAMENODE, "-format"]
    subprocess.run(format_it, check=True, capture_output=True, env=without_our_python())
    with ExitStack() as running:
        logs = {name: folder / f"{name.rpartition('.')[2]}.log" for name in names}
        daemons = {
            # SIGKILL: nothing of it is of use any more.
            name: running.enter_context(daemon([*java, name], log, signal.SIGKILL))
            for name, log in logs.items()
        }
        for name, ready in names.items():
            said(daemons[name], logs[name], ready, _START_S)
        web = f"http://127.0.0.1:{ports[1]}"
        cluster = Hadoop(folder, f"hdfs://127.0.0.1:{ports[0]}", web, daemons)
        try:
            yield cluster
        finally:
            for process in cluster.containers():  # what a failed test has left
                with suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)
    for kept in ("hdfs", "containers"):  # GB, where Python was shipped
        shutil.rmtree(folder / kept, ignore_errors=True)


def daemon_jars() -> list[Path]:
    """The jars of hadoop.toml, resolved by Ivy as those of conf/ are, once. Raises NoHadoop."""
    config = load_config([JARS])
    store = Path.home() / ".ivy2/jars"
    parts = [coordinates.split(":") for coordinates in config.jars.values()]
    jars = [store / f"{group}_{name}-{version}.jar" for group, name, version in parts]
    if not all(jar.exists() for jar in jars):
        settings = {k: v for k, v in config.spark.items() if k.startswith("spark.jars.")}
        _resolve(settings)
    for jar in jars:
        assert jar.exists(), f"Ivy did not leave {jar}"
    return jars


def _resolve(settings: Mapping[str, str]) -> None:
    code = """import sys
from pyspark.sql import SparkSession
builder = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false")
for pair in sys.argv[1:]:
    builder = builder.config(*pair.split("=", 1))
builder.getOrCreate().stop()"""
    pairs = [f"{key}={value}" for key, value in settings.items()]
    done = subprocess.run([sys.executable, "-c", code, *pairs], capture_output=True, text=True)
    if done.returncode != 0:
        raise NoHadoop(f"Hadoop's daemons cannot be had: {done.stderr[-1500:]}")


def _free_ports(number: int) -> list[int]:
    with ExitStack() as opened:
        sockets = [opened.enter_context(socket.socket()) for _ in range(number)]
        for held in sockets:
            held.bind(("127.0.0.1", 0))
        return [held.getsockname()[1] for held in sockets]


def _configure(folder: Path, ports: Sequence[int]) -> None:
    for name in ("conf", "tmp", "logs"):
        (folder / name).mkdir(parents=True)
    rpc, web, *resources = (f"127.0.0.1:{port}" for port in ports)
    anywhere = "127.0.0.1:0"
    roles = ("address", "scheduler.address", "resource-tracker.address", "admin.address")
    manager = dict(zip((*roles, "webapp.address"), resources, strict=True))
    files: dict[str, dict[str, object]] = {
        "core-site": {"fs.defaultFS": f"hdfs://{rpc}", "hadoop.tmp.dir": folder / "hdfs"},
        "hdfs-site": {
            "dfs.replication": 1,
            "dfs.permissions.superusergroup": USER,
            "dfs.permissions.enabled": "false",
            "dfs.namenode.http-address": web,
            "dfs.datanode.address": anywhere,
            "dfs.datanode.http.address": anywhere,
            "dfs.datanode.ipc.address": anywhere,
        },
        "capacity-scheduler": {
            "yarn.scheduler.capacity.root.queues": "default",
            "yarn.scheduler.capacity.root.default.capacity": 100,
            "yarn.scheduler.capacity.maximum-am-resource-percent": 1,
        },
        "yarn-site": {
            **{f"yarn.resourcemanager.{role}": where for role, where in manager.items()},
            "yarn.nodemanager.address": anywhere,
            "yarn.nodemanager.localizer.address": anywhere,
            "yarn.nodemanager.webapp.address": anywhere,
            "yarn.nodemanager.local-dirs": folder / "containers",
            "yarn.nodemanager.log-dirs": folder / "logs",
            "yarn.nodemanager.resource.memory-mb": NODE_MEMORY_MIB,
            "yarn.scheduler.minimum-allocation-mb": 256,
            "yarn.nodemanager.vmem-check-enabled": "false",
            # A machine for tests may be nearly full.
            "yarn.nodemanager.disk-health-checker.enable": "false",
        },
    }
    for name, pairs in files.items():
        lines = [
            f"<property><name>{key}</name><value>{escape(str(value))}</value></property>"
            for key, value in pairs.items()
        ]
        text = "\n".join(["<configuration>", *lines, "</configuration>", ""])
        (folder / f"conf/{name}.xml").write_text(text)
