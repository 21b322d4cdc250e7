"""A table of the lake as plain Parquet, read and written by pyarrow: see lake/wave_table.py."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from entity_extract.lake.compaction import batched
from entity_extract.lake.file_sizes import files_for
from entity_extract.lake.storage import ArrowStorage
from entity_extract.lake.wave_log import Written
from entity_extract.lake.wave_table import WaveTable, own_names
from entity_extract.lake.waves import KEPT, OPEN, Wave, waves_in
from entity_extract.local.arrow_types import arrow_schema, arrow_type, as_of_spark

WAVE: Final = "wave"
_OPEN: Final = "open"
_FORMAT: Final = ds.ParquetFileFormat(coerce_int96_timestamp_unit="us")
Key = tuple[Any, ...]


@dataclass
class LocalTable(WaveTable[ArrowStorage, pa.Table]):
    """Rows are tables of pyarrow. Files are as Spark writes them: the same names of columns and
    folders, times as INT96, and the schema in which Spark keeps comments."""

    def read(
        self,
        waves: Sequence[str] | None = None,
        *,
        only_open: bool | None = None,
        columns: Sequence[str] | None = None,
        where: pc.Expression | None = None,
    ) -> pa.Table:
        """The published rows, of these waves or of all, for which `where` holds: the promised
        columns, or those of `columns`, then `wave` (its name) and `open` (a later run tries again).
        With `only_open`, rows that are, or are not."""
        names = list(self.spec.columns if columns is None else columns)
        promised = arrow_schema({name: self.spec.columns[name] for name in names})
        parts = [_marked(promised.empty_table(), "")]
        for wave in self._asked(waves, only_open=only_open):
            found = self._dataset(self.name, wave)
            there = [name for name in names if name in found.schema.names]
            rows = found.to_table(columns=there, filter=where)
            parts.append(_marked(_completed(rows, promised), wave))
        return pa.concat_tables(parts)

    def drop(self, where: pc.Expression, wave: str) -> int:
        """Removes the rows for which `where` holds; returns how many. `wave` names what is written
        anew."""
        found = pc.value_counts(self.read().filter(where)[WAVE]).to_pylist()
        rows = {one["values"]: one["counts"] for one in found}
        touched = [published for published in self._listed().waves if published.name in rows]
        # A condition that is null for a row does not hold for it.
        others = ~pc.coalesce(where, pc.scalar(False))
        for number, group in enumerate(batched(touched, self.wave_rows)):
            self._replace(group, self._rows_of(group).filter(others), f"{wave}{KEPT}{number}")
        return sum(rows.values())

    def _dataset(self, base: str, wave: str) -> ds.Dataset:
        folder = self.storage.local_path(f"{base}/{wave}")
        return ds.dataset(sorted(map(str, folder.glob("*.parquet"))), format=_FORMAT)

    def _files_written(self, rows: pa.Table, base: str, wave: str) -> list[str]:
        found = []
        for name in own_names(wave):
            of_name = pc.equal(rows[_OPEN], name.endswith(OPEN))
            part = rows.filter(of_name).drop_columns(
                [column for column in (_OPEN, WAVE) if column in rows.column_names]
            )
            if not part.num_rows:
                continue
            size = -(-part.num_rows // files_for([part.nbytes], self.file_bytes))
            for number, start in enumerate(range(0, part.num_rows, size)):
                place = f"{base}/{name}/part-{number:05d}.snappy.parquet"
                self.storage.write_bytes(place, self._packed(part.slice(start, size)))
            found.append(name)
        return found

    def _packed(self, rows: pa.Table) -> bytes:
        held: Any = pa.BufferOutputStream()
        told = as_of_spark(rows, self.spec.described)
        pq.write_table(told, held, use_deprecated_int96_timestamps=True, store_schema=False)
        return bytes(held.getvalue())

    def _without_rows(self) -> bytes:
        return self._packed(arrow_schema(self.spec.columns).empty_table())

    def _counted(self, base: str, names: Sequence[str]) -> tuple[Wave, ...]:
        folders = {name: self.storage.local_path(f"{base}/{name}") for name in names}
        return waves_in(folders, has_status="status" in self.spec.columns)

    def _holding(self, names: Sequence[str], new: Written) -> Collection[str]:
        keys = self._keys(new)
        return {name for name in names if not keys.isdisjoint(self._keys_in(self.name, name))}

    def _but_for(self, waves: Sequence[Wave], new: Written) -> pa.Table:
        keys, rows = self._keys(new), self._rows_of(waves)
        return rows.filter(pa.array([key not in keys for key in keys_of(rows, self.spec.key)]))

    def _whole(self, waves: Sequence[Wave], *, files: int) -> pa.Table:
        """As many files as their size asks for, see `_files_written`."""
        return self._rows_of(waves)

    def _rows_of(self, waves: Sequence[Wave]) -> pa.Table:
        """The rows of `waves` with all columns that their files have, and `open`."""
        return pa.concat_tables((self._all_of(wave) for wave in waves), promote_options="default")

    def _all_of(self, wave: Wave) -> pa.Table:
        rows = self._dataset(self.name, wave.name).to_table().replace_schema_metadata(None)
        kinds = [
            (name, arrow_type(self.spec.columns[name]) if name in self.spec.columns else kind)
            for name, kind in zip(rows.column_names, rows.schema.types, strict=True)
        ]
        return _with_open(rows.cast(pa.schema(kinds)), wave.name)

    def _keys(self, written: Written) -> set[Key]:
        return {key for wave in written.waves for key in self._keys_in(written.base, wave.name)}

    def _keys_in(self, base: str, wave: str) -> list[Key]:
        return keys_of(
            self._dataset(base, wave).to_table(columns=list(self.spec.key)), self.spec.key
        )


def keys_of(rows: pa.Table, names: Iterable[str]) -> list[Key]:
    """(n,) of what stands in these columns."""
    return list(zip(*(rows[name].to_pylist() for name in names), strict=True))


def with_column(rows: pa.Table, name: str, values: object, kind: pa.DataType) -> pa.Table:
    """A further column: an array, or one value for all rows."""
    if not isinstance(values, pa.Array | pa.ChunkedArray):
        values = pa.repeat(pa.scalar(values, kind), rows.num_rows)
    return rows.append_column(pa.field(name, kind), values)


def _completed(rows: pa.Table, promised: pa.Schema) -> pa.Table:
    """With null in columns that a file has not, as those of earlier versions."""
    columns = [
        rows[field.name].cast(field.type)
        if field.name in rows.column_names
        else pa.nulls(rows.num_rows, field.type)
        for field in promised
    ]
    return pa.table(columns, schema=promised)


def _marked(rows: pa.Table, wave: str) -> pa.Table:
    return _with_open(with_column(rows, WAVE, wave, pa.string()), wave)


def _with_open(rows: pa.Table, wave: str) -> pa.Table:
    return with_column(rows, _OPEN, wave.endswith(OPEN), pa.bool_())
