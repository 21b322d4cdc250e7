"""Which versions of Spark this package runs on."""

import re
from typing import Final

from entity_extract.errors import UserError

_FROM: Final = (3, 5, 1)
_BEFORE: Final = (4, 2, 0)


def check_version(package: str, started: str | None) -> None:
    """Of the package pyspark, and of the Spark that it starts: SPARK_HOME may name another.

    Raises UserError where it is not supported, or the two do not go together.
    """
    if not _FROM <= _numbers(package) < _BEFORE:
        raise UserError(
            f"Spark {package} is not supported: it has to be 3.5, from 3.5.1 on, 4.0 or 4.1. "
            'pip install "pyspark>=3.5.1,<4.2"'
        )
    if started is not None and _numbers(started)[:2] != _numbers(package)[:2]:
        raise UserError(
            f"SPARK_HOME holds Spark {started}, and the package pyspark is {package}: unset it, or "
            f'pip install "pyspark=={started}"'
        )


def check_server(package: str, server: str) -> None:
    """Of the package pyspark, and of a server of Spark Connect. Raises UserError."""
    check_version(package, None)
    if _numbers(server)[:2] != _numbers(package)[:2]:
        raise UserError(
            f"the server of spark.remote runs Spark {server}, and the package pyspark is "
            f'{package}: pip install "pyspark=={server}"'
        )


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", version)[:3])
