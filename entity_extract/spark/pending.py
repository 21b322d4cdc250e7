"""What a stage still has to do, worked out once and cut into parts: one part, one wave."""

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from zlib import crc32

from pyspark.sql import DataFrame, Row
from pyspark.sql import functions as F
from pyspark.sql.types import StructType

from entity_extract.catalog.row_names import END, FIRST, HELD, HOME, LOOKED, PART, PLACE, SEEN
from entity_extract.config import LakeConfig
from entity_extract.lake.cuts import Cuts
from entity_extract.lake.lease import checked
from entity_extract.lake.pace import Pace, paced
from entity_extract.spark.few_rows import are_here, brought_here, held_here
from entity_extract.spark.session.access import access_to
from entity_extract.spark.tables.lake import Lake

_TOLD = (SEEN, LOOKED, HELD)
_ROWS_OF_A_FILE = 250_000  # some 100 MB of a catalog's rows
_BUCKETS = 2**31


def pace_of(lake: Lake, config: LakeConfig, *, per_core: float, rows_per_link: int = 1) -> Pace:
    """Of a stage of which a core does some `per_core` rows a second."""
    cores = access_to(lake.spark).tasks_hoped_for()
    return paced(config, cores=cores, per_core=per_core, rows_per_link=rows_per_link)


@dataclass(frozen=True)
class Part:
    """Some of what is to be done. `homes` are the waves in which its input stands, `seen`, `looked`
    and `held` those of SEEN, LOOKED and HELD; None where the stage does not tell."""

    rows: DataFrame
    size: int
    homes: tuple[str, ...]
    seen: tuple[str, ...] | None = None
    looked: tuple[str, ...] | None = None
    held: tuple[str, ...] | None = None


class Pending:
    """Rows to be worked on, cut into parts of the size that is right by then: what a part took
    tells how large the next one is.

    Rows with the same home_wave come in one part, or a few of their own, so that a part reads only
    the waves it needs, and a run each wave's files once.
    """

    def __init__(
        self, lake: Lake, stage: str, rows: DataFrame, *, key: str, pace: Pace, few: bool = False
    ) -> None:
        """Homes with more rows than a part are cut by a hash of `key`. Where the driver may hold
        the rows, as `few`, they come to it, in place of several jobs; others are staged where they
        make several parts: publishing one of them may replace the files that the next came from."""
        self._pace = pace
        home = F.coalesce(HOME, F.lit("")) if HOME in rows.columns else F.lit("")
        homed = rows.withColumn(HOME, home)
        found: list[Row] = []
        if few:
            found, homed = brought_here(homed)
            counts = dict(Counter(row[HOME] for row in found))
        else:
            homed, counts = _counted_homes(homed)
        self._cuts = Cuts(counts)
        self.total = self._cuts.total
        self._source: _Whole | _Here | _Staged
        if not self.total or self._cuts.end(0, pace.rows) == self.total:
            self._source = _Whole(homed)  # what most nights bring: no way by the disk
        elif few:
            self._source = _Here(lake, found, homed.schema, key)
        else:
            path = f"{lake.staging}/pending/{stage}"
            self._source = _Staged(lake, path, homed, self._cuts, key=key, size=pace.most)

    def __iter__(self) -> Iterator[Part]:
        """Raises RuntimeError where rows that were staged are no longer there; LeaseLost where it
        is another run that has cleared them away."""
        start = given = 0
        while start < self.total:
            end = self._cuts.end(start, self._pace.rows)
            rows = self._source.between(start, end)
            homes, start = self._cuts.among(start, end), end
            size, told = _counted_and_told(rows)
            if not size:  # by chance a hash leaves it empty
                continue
            given += size
            begun_s = time.monotonic()
            waves = (told.get(name) for name in _TOLD)
            yield Part(rows.drop(HOME, *_TOLD), size, homes, *waves)
            self._pace.took(size, time.monotonic() - begun_s)
        if given != self.total:
            raise RuntimeError(f"{self.total} rows were staged, {given} were there")
        self._source.close()


class _Whole:
    """All rows, in one part."""

    def __init__(self, rows: DataFrame) -> None:
        self._rows = rows

    def between(self, start: int, end: int) -> DataFrame:
        return self._rows

    def close(self) -> None:
        self._rows.unpersist()


class _Here:
    """Few rows, which the driver keeps."""

    def __init__(self, lake: Lake, rows: Sequence[Row], schema: StructType, key: str) -> None:
        self._lake = lake
        self._schema = schema
        self._rows = sorted(rows, key=lambda row: (row[HOME], crc32(row[key].encode())))

    def between(self, start: int, end: int) -> DataFrame:
        return held_here(self._lake.spark, self._rows[start:end], self._schema)

    def close(self) -> None:
        self._rows = []


class _Staged:
    """Rows written aside, in the order of their places, which a hash gives them within a home."""

    def __init__(
        self, lake: Lake, path: str, homed: DataFrame, cuts: Cuts, *, key: str, size: int
    ) -> None:
        """`size`: rows of a folder, about."""
        self._lake = lake
        self._path = path
        self._size = size
        homes = lake.spark.createDataFrame(
            [(home.name, home.first, home.end) for home in cuts.homes],
            f"{HOME} string, {FIRST} long, {END} long",
        )
        share = F.pmod(F.xxhash64(key), F.lit(_BUCKETS)) / F.lit(float(_BUCKETS))
        place = F.col(FIRST) + share * (F.col(END) - F.col(FIRST))
        placed = (
            homed.join(F.broadcast(homes), HOME)
            .withColumn(PLACE, place)
            .drop(FIRST, END)
            .withColumn(PART, F.floor(F.col(PLACE) / size))
        )
        # A folder's rows come to one task, or a few: each task writes a file of every one it has.
        files = max(1, size // _ROWS_OF_A_FILE)
        placed = placed.repartition(PART, F.pmod(F.xxhash64(F.lit(0), key), F.lit(files)))
        ordered = placed.sortWithinPartitions(PART, PLACE)  # of a file little is read for a part
        ordered.write.partitionBy(PART).mode("overwrite").parquet(lake.storage.url(path))
        self._schema = placed.drop(PART).schema
        self._parts = {
            int(name.removeprefix(f"{PART}="))
            for name in lake.storage.names(path)
            if name.startswith(f"{PART}=")
        }
        homed.unpersist()

    def between(self, start: int, end: int) -> DataFrame:
        numbers = range(start // self._size, -(-end // self._size))
        paths = [f"{self._path}/{PART}={n}" for n in numbers if n in self._parts]
        storage = self._lake.storage
        for path in paths:
            if not storage.exists(path):
                checked(self._lake.lease)
                raise RuntimeError(f"{storage.url(path)} is gone")
        if not paths:
            return held_here(self._lake.spark, [], self._schema)
        rows = self._lake.spark.read.schema(self._schema)
        found = rows.parquet(*(storage.pattern(path) for path in paths))
        return found.where((F.col(PLACE) >= start) & (F.col(PLACE) < end)).drop(PLACE)

    def close(self) -> None:
        self._lake.storage.remove(self._path)


def _counted_homes(rows: DataFrame) -> tuple[DataFrame, dict[str, int]]:
    """The rows, worked out, and how many each home has."""
    homed = rows.persist()
    counts = homed.groupBy(HOME).agg(F.count("*").alias("rows")).collect()
    return homed, {row[HOME]: row["rows"] for row in counts}


def _counted_and_told(rows: DataFrame) -> tuple[int, dict[str, tuple[str, ...]]]:
    """How many rows a part has, and the waves that they tell of, by the column that does."""
    names = [name for name in _TOLD if name in rows.columns]
    if are_here(rows):
        found = rows.select(F.lit(1), *names).collect()
        told = {name: {row[name] for row in found if row[name]} for name in names}
        return len(found), {name: tuple(sorted(waves)) for name, waves in told.items()}
    sets = (F.collect_set(name).alias(name) for name in names)
    (one,) = rows.agg(F.count("*").alias("rows"), *sets).collect()
    return one["rows"], {name: tuple(sorted(one[name])) for name in names}
