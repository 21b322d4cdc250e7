"""Resolves the jars of conf files into Ivy's cache: from then on Spark starts with them off line.

    python -m deploy.fetch_jars [CONF_FILE or GROUP:NAME:VERSION …]

A word with two colons is a jar of its own, beside those of the conf files.
"""

import os
import sys
from collections.abc import Sequence

from pyspark.sql import SparkSession

from entity_extract.config import load_config


def main(words: Sequence[str]) -> None:
    # While an image is built the machine may have a name that nobody can resolve.
    os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    jars = [word for word in words if word.count(":") == 2]
    settings = load_config([word for word in words if word not in jars]).spark
    packages = ",".join(filter(None, [settings.get("spark.jars.packages", ""), *jars]))
    builder = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false")
    for key, value in {**settings, "spark.jars.packages": packages}.items():
        if key.startswith("spark.jars."):
            builder = builder.config(key, value)
    builder.getOrCreate().stop()


if __name__ == "__main__":
    main(sys.argv[1:])
