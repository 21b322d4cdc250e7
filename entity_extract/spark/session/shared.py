"""A value that tasks read and do not bring along. They import this module: it loads next to
nothing."""

import pickle
import tempfile
from hashlib import file_digest
from pathlib import Path
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar, cast

from pyspark import SparkFiles

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_Value = TypeVar("_Value")
_Value_co = TypeVar("_Value_co", covariant=True)


class Shared(Protocol[_Value_co]):
    """`value` may be asked for in tasks; on a cluster it takes its way over the network then."""

    @property
    def value(self) -> _Value_co: ...

    def unpersist(self) -> None:
        """Executors may forget it; whoever asks still gets it."""
        ...


class SharedFile(Generic[_Value]):
    """A value in a file that a server of Spark Connect gives to each executor, as Spark would a
    broadcast: pickled by this run, and read by its own tasks alone."""

    def __init__(self, name: str) -> None:
        self._name = name

    @classmethod
    def of(cls, spark: "SparkSession", value: _Value) -> "SharedFile[_Value]":
        """Named by its content: a session that many runs use keeps each value once."""
        with tempfile.TemporaryDirectory(prefix="entity-extract-") as folder:
            written = Path(folder, "value")
            with written.open("wb") as file:
                pickle.dump(value, file)
            with written.open("rb") as file:
                digest = file_digest(file, "sha256").hexdigest()
            named = written.rename(Path(folder, f"entity-extract-{digest}.pickle"))
            spark.addArtifacts(str(named), file=True)
            return cls(named.name)

    @property
    def value(self) -> _Value:
        content = Path(SparkFiles.get(self._name)).read_bytes()
        return cast(_Value, pickle.loads(content))  # noqa: S301  # see the class

    def unpersist(self) -> None:
        """Files of a session go with it."""
