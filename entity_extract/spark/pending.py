"""What a stage still has to do, worked out once and cut into parts: one part, one wave."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from entity_extract.spark.few_rows import are_here, brought_here
from entity_extract.spark.tables.lake import Lake
from entity_extract.spark.tables.table import checked

# Columns that a row has while it is pending; a catalog's own of such a name are renamed. The first
# three name the wave in which stands what is asked about, what the encoder saw of it, and the row
# whose place the new one takes.
HOME, SEEN, HELD = "home_wave", "seen_wave", "held_wave"
PART = "pending_part"
_FIRST, _OF = "pending_first", "pending_of"
_ROWS_OF_A_FILE = 250_000  # some 100 MB of a catalog's rows
PENDING = (HOME, SEEN, HELD, PART, _FIRST, _OF)


@dataclass(frozen=True)
class Part:
    """Some of what is to be done. `homes` are the waves in which its input stands, `seen` and
    `held` those of SEEN and HELD; None where the stage does not tell."""

    rows: DataFrame
    size: int
    homes: tuple[str, ...]
    seen: tuple[str, ...] | None = None
    held: tuple[str, ...] | None = None


class Pending:
    """Rows to be worked on, staged where they make several parts: publishing one of them may
    replace the files that the next came from.

    Rows with the same home_wave come in one part, or a few of their own, so that a part reads only
    the waves it needs, and a run each wave's files once.
    """

    def __init__(
        self, lake: Lake, stage: str, rows: DataFrame, *, key: str, size: int, few: bool = False
    ) -> None:
        """`size` is about how many rows make a part. Homes with more are cut by a hash of `key`.
        Where the driver may hold the rows, as `few`, they come to it, in place of several jobs."""
        self._lake = lake
        self._path = f"{lake.staging}/pending/{stage}"
        home = F.coalesce(HOME, F.lit("")) if HOME in rows.columns else F.lit("")
        homed, counts = _counted_homes(rows.withColumn(HOME, home), few=few)
        self.total = sum(counts.values())
        self._places = places(counts, size)
        last = max((place.first + place.of for place in self._places.values()), default=0)
        self._whole = homed if last == 1 else None  # what most nights bring: no way by the disk
        self._parts: list[int] = []
        if last > 1:
            self._parts = self._stage(homed, key, size)
        if self._whole is None:
            homed.unpersist()

    def _stage(self, homed: DataFrame, key: str, size: int) -> list[int]:
        """The numbers of the parts that have rows: by chance a hash leaves one empty."""
        cut = self._lake.spark.createDataFrame(
            [(home, place.first, place.of) for home, place in self._places.items()],
            f"{HOME} string, {_FIRST} int, {_OF} int",
        )
        number = F.col(_FIRST) + F.pmod(F.xxhash64(key), F.col(_OF))
        placed = homed.join(F.broadcast(cut), HOME, "inner").withColumn(PART, number)
        # A part's rows come to one task, or a few: each task writes a file of every part it has.
        files = max(1, size // _ROWS_OF_A_FILE)
        placed = placed.repartition(PART, F.pmod(F.xxhash64(F.lit(0), key), F.lit(files)))
        rows = placed.drop(_FIRST, _OF).write.partitionBy(PART).mode("overwrite")
        rows.parquet(self._lake.storage.url(self._path))
        return sorted(
            int(name.removeprefix(f"{PART}="))
            for name in self._lake.storage.names(self._path)
            if name.startswith(f"{PART}=")
        )

    def __iter__(self) -> Iterator[Part]:
        """Raises RuntimeError where rows that were staged are no longer there; LeaseLost where it
        is another run that has cleared them away."""
        if self._whole is not None:
            yield self._part(self._whole, 0)
            self._whole.unpersist()
            return
        given = 0
        for number in self._parts:
            path = f"{self._path}/{PART}={number}"
            if not self._lake.storage.exists(path):
                checked(self._lake.lease)
                raise RuntimeError(f"{self._lake.storage.url(path)} is gone")
            rows = self._lake.spark.read.parquet(self._lake.storage.pattern(path))
            part = self._part(rows, number)
            given += part.size
            yield part
        if given != self.total:
            raise RuntimeError(f"{self._path}: {self.total} rows were staged, {given} were there")
        if self._parts:
            self._lake.storage.remove(self._path)

    def _part(self, rows: DataFrame, number: int) -> Part:
        homes = tuple(
            home
            for home, place in self._places.items()
            if home and place.first <= number < place.first + place.of
        )
        size, told = _counted_and_told(rows)
        return Part(rows.drop(HOME, SEEN, HELD), size, homes, told.get(SEEN), told.get(HELD))


def _counted_homes(rows: DataFrame, *, few: bool) -> tuple[DataFrame, dict[str, int]]:
    """The rows, worked out, and how many each home has."""
    if few:
        found, here = brought_here(rows)
        return here, Counter(row[HOME] for row in found)
    homed = rows.persist()
    counts = homed.groupBy(HOME).agg(F.count("*").alias("rows")).collect()
    return homed, {row[HOME]: row["rows"] for row in counts}


def _counted_and_told(rows: DataFrame) -> tuple[int, dict[str, tuple[str, ...]]]:
    """How many rows a part has, and the waves that they tell of, by the column that does."""
    names = [name for name in (SEEN, HELD) if name in rows.columns]
    if are_here(rows):
        found = rows.select(F.lit(1), *names).collect()
        told = {name: {row[name] for row in found if row[name]} for name in names}
        return len(found), {name: tuple(sorted(waves)) for name, waves in told.items()}
    sets = (F.collect_set(name).alias(name) for name in names)
    (one,) = rows.agg(F.count("*").alias("rows"), *sets).collect()
    return one["rows"], {name: tuple(sorted(one[name])) for name in names}


class Place(NamedTuple):
    """A home's parts: `of` of them, from number `first` on."""

    first: int
    of: int


def places(counts: Mapping[str, int], size: int) -> dict[str, Place]:
    """Rows per home -> where they go: small homes share a part, large ones have several."""
    found: dict[str, Place] = {}
    first, filled = 0, 0
    for home, rows in sorted(counts.items()):
        if filled and filled + rows > size:
            first, filled = first + 1, 0
        of = max(1, -(-rows // size))
        found[home] = Place(first, of)
        if of > 1:
            first, filled = first + of, 0
        else:
            filled += rows
    return found
