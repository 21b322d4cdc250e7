"""Which Java Spark will run on, found before it is asked to: as its own scripts look for it."""

import os
import re
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path

from entity_extract.errors import UserError

HOW_TO_GET = "apt-get install openjdk-17-jre-headless, or set JAVA_HOME to a Java 17"
_SAID_HOME = re.compile(r"^\s*(?:export\s+)?JAVA_HOME=(\S+)", re.MULTILINE)
_VERSION = re.compile(r'version "(?:1\.)?(\d+)')


def find_java() -> Path | None:
    """The program, None where there is none. spark-env.sh, which Spark reads at each start, comes
    before the environment."""
    home = _home_of_spark_env() or os.environ.get("JAVA_HOME")
    found = shutil.which("java", path=f"{home}/bin" if home else None)
    return Path(found) if found else None


def java_version(java: Path) -> int | None:
    """8, 11, 17 …; None where it does not say, or does not start."""
    try:
        done = subprocess.run(  # noqa: S603
            [str(java), "-version"], capture_output=True, text=True, timeout=20, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    said = _VERSION.search(done.stderr + done.stdout)
    return int(said[1]) if said else None


def check_java() -> None:
    """Raises UserError where there is none."""
    if find_java() is None:
        home = os.environ.get("JAVA_HOME")
        where = f"JAVA_HOME is {home}, which has no bin/java" if home else "none is on the PATH"
        raise UserError(f"Spark needs Java, and {where}: {HOW_TO_GET}")


def _home_of_spark_env() -> str | None:
    spark = os.environ.get("SPARK_HOME") or _installed()
    folder = os.environ.get("SPARK_CONF_DIR") or (f"{spark}/conf" if spark else None)
    file = Path(folder or "", "spark-env.sh")
    said = _SAID_HOME.findall(file.read_text("utf-8")) if folder and file.is_file() else []
    return os.path.expandvars(str(said[-1]).strip("'\"")) if said else None


def _installed() -> str | None:
    spec = find_spec("pyspark")
    return str(Path(spec.origin).parent) if spec and spec.origin else None
