"""A run told to OpenLineage: what its options name, and what its pipeline has written."""

import argparse
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pyarrow as pa

from entity_extract.catalog.delta import table_of as named_version
from entity_extract.catalog.table_names import table_parts, table_version
from entity_extract.commands.table import COMMANDS
from entity_extract.errors import UserError
from entity_extract.lineage.datasets import Dataset, table_of
from entity_extract.lineage.events import Lineage, RunAbout
from entity_extract.lineage.places import Place, place_of
from entity_extract.quality.judged import Quality
from entity_extract.runs.run import Run
from entity_extract.schema import PREDICTIONS, TableSpec

if TYPE_CHECKING:  # what a run without Spark does not load
    from pyspark.sql import SparkSession

    from entity_extract.runs.judged_run import JudgedRun

_CATALOG: Final = "The catalog: a row for each question about a picture."
_LABELS: Final = "Labelled rows, for the priors of their categories."
_TEXTS: Final = "Labelled rows with a text."
_ANSWERS: Final = "The answer to each row of the catalog, as --answers asks for it."
_MODEL: Final = "A bundle: a trained model, with its card."
_MOST_SAID: Final = 2000  # letters
_TRAINS: Final = "train"  # whose --model is written


class Traced:
    """Of one run. Who opens its pipeline puts it here, and who trains the model's version."""

    def __init__(
        self,
        spark: "SparkSession | None",
        run: Run,
        args: argparse.Namespace,
        reads: Sequence[TableSpec],
    ) -> None:
        self.pipeline: JudgedRun | None = None
        self.trained: str | None = None
        self._spark, self._run, self._options, self._reads = spark, run, vars(args), reads
        self._tables: dict[tuple[str, ...], tuple[Place, Place | None]] = {}

    @cached_property
    def _lake(self) -> Place:
        if self._spark is None:
            return place_of(self._options["lake"])
        from entity_extract.spark.tables.storage import storage_of

        return place_of(storage_of(self._spark, self._options["lake"]).root)

    @property
    def quality(self) -> Quality | None:
        """Of a run that gave answers and came to its end."""
        return None if self.pipeline is None else self.pipeline.quality

    def inputs(self) -> list[Dataset]:
        """The catalogs that the options name, in the version that was read, the model where it is a
        folder, and the tables of the lake that the job begins with."""
        catalog = str(self._run.versions.get("catalog", self._options["catalog"]))
        found = [self._catalog(catalog, _CATALOG)]
        for option, about in (("labels", _LABELS), ("texts", _TEXTS)):
            if (named := self._options.get(option)) is not None:
                found.append(self._catalog(named, about))
        model = self._options.get("model")
        if self._run.job != _TRAINS and model is not None and model.is_dir():
            found.append(Dataset(place_of(str(model)), _MODEL))
        return [*found, *(table_of(spec, self._lake) for spec in self._reads)]

    def outputs(self) -> list[Dataset]:
        """The tables that it has published to, and what the options name."""
        found, quality = self._written(), self.quality
        answers = self._options.get("answers")
        if isinstance(answers, Path) and quality is not None:
            rows = quality.figures.rows
            found.append(Dataset(place_of(str(answers)), _ANSWERS, rows=rows))
        elif answers is not None and quality is not None:
            place, also = self._table(table_parts(answers) or ())
            found.append(Dataset(place, _ANSWERS, also=also))
        if self.trained is not None:
            model = place_of(str(self._options["model"]))
            found.append(Dataset(model, _MODEL, version=self.trained))
        return found

    def _written(self) -> list[Dataset]:
        found = []
        for table in self.pipeline.lake.tables if self.pipeline is not None else ():
            quality = self.quality if table.spec == PREDICTIONS else None
            if table.written or quality is not None:
                found.append(table_of(table.spec, self._lake, rows=table.written, quality=quality))
        return found

    def _catalog(self, named: str, about: str) -> Dataset:
        if (parts := table_parts(named)) is not None:
            (place, also), version = self._table(parts), table_version(named)
        else:
            path, version = named_version(named)
            place, also = place_of(path), None
        told = None if version is None else str(version)
        return Dataset(place, about, version=told, also=also)

    def _table(self, parts: tuple[str, ...]) -> tuple[Place, Place | None]:
        """Where it lies, and what Hive's metastore calls it; of what has no place its name."""
        if parts not in self._tables and self._spark is not None:  # at the end it may be gone
            from entity_extract.spark.catalog.locations import location_of, metastore_of

            name = ".".join(parts)
            store, location = metastore_of(self._spark), location_of(self._spark, parts)
            known = None if store is None else Place(f"hive://{store}", name)
            elsewhere = known or Place("inmemory://", name)
            found = (elsewhere, None) if location is None else (place_of(location), known)
            self._tables[parts] = found
        return self._tables[parts]


@contextmanager
def traced(
    spark: "SparkSession | None",
    run: Run,
    args: argparse.Namespace,
    *,
    reads: Sequence[TableSpec] = (),
) -> Iterator[Traced]:
    """Tells OpenLineage, where [lineage] says so, that the run begins, and how the block ended.

    `spark` is None where this process alone does the run. `reads` are the tables of the lake that
    the job takes as they are.
    """
    here = Traced(spark, run, args, reads)
    if not run.config.lineage.wanted:
        yield here
        return
    about = next(one.about for one in COMMANDS if one.name == run.job.replace("_", "-"))
    told = RunAbout(
        job=run.job,
        about=about,
        run_id=run.id,
        started=run.started,
        engine="pyarrow" if spark is None else "spark",
        engine_version=pa.__version__ if spark is None else spark.version,
        level=run.config.quality.level,
    )
    lineage = Lineage(run.config.lineage, told)
    lineage.began(here.inputs())
    error: BaseException | None = None
    try:
        yield here
    except BaseException as err:
        error = err
        raise
    finally:
        lineage.ended(
            here.inputs(),
            here.outputs(),
            versions=run.versions,
            quality=here.quality,
            error=error,
            said="" if error is None else _said(error, spark),
        )


def _said(err: BaseException, spark: "SparkSession | None") -> str:
    """What ended a run, in words."""
    if spark is None or isinstance(err, UserError):
        return (str(err) or type(err).__name__)[:_MOST_SAID]
    from entity_extract.spark.session.failures import root_cause

    return root_cause(err)[:_MOST_SAID]
