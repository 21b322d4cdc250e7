"""Which jars Spark loads: those of [jars], of which some differ by the version of Spark."""

import os
import re
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Annotated

from pydantic import Field

_VERSION = re.compile(r"spark-core_[0-9.]+-(\d+\.\d+\.\d+)")

# A version of Spark, "3.5", or all of its first number, "4".
SparkVersion = Annotated[str, Field(pattern=r"^\d+(\.\d+)?$")]
Coordinates = str | dict[SparkVersion, str]


def spark_that_runs() -> str | None:
    """The version of the Spark that a session of this process is started with: that of SPARK_HOME,
    else of the package pyspark; None where there is neither."""
    home = os.environ.get("SPARK_HOME")
    for jar in Path(home, "jars").glob("spark-core_*.jar") if home else ():
        if found := _VERSION.match(jar.name):
            return found[1]
    try:
        return metadata.version("pyspark")
    except metadata.PackageNotFoundError:
        return None


def packages(jars: Mapping[str, Coordinates], spark: str | None) -> list[str]:
    """The coordinates for this version of Spark; without one, those that go with any.

    Raises ValueError where a jar is known for other versions alone.
    """
    found = [_for_spark(name, known, spark) for name, known in jars.items()]
    return [coordinates for coordinates in found if coordinates]


def _for_spark(name: str, known: Coordinates, spark: str | None) -> str:
    if isinstance(known, str):
        return known
    if spark is None:
        return ""
    major, minor = spark.split(".")[:2]
    for version in (f"{major}.{minor}", major):
        if version in known:
            return known[version]
    raise ValueError(
        f"jars.{name}: there is none for Spark {spark}, but for {', '.join(known)}. Name one: "
        f"--set jars.{name}=group:artifact:version, or --set jars.{name}= for none"
    )
