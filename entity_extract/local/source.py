"""The files of a catalog as columns of text, as spark/catalog/source.py reads them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from entity_extract.catalog.column_text import text_of
from entity_extract.catalog.files import TEXT, catalog_files
from entity_extract.catalog.formats import file_format, named_table
from entity_extract.catalog.headers import with_folders
from entity_extract.catalog.paths import local_path, names_in
from entity_extract.catalog.pictures import PICTURES, picture_frame
from entity_extract.catalog.spreadsheets import spreadsheet_frame
from entity_extract.catalog.text.layout import distinguishable, layout_of, text_batches
from entity_extract.catalog.text.local_text import looked_through
from entity_extract.catalog.text.text_files import UNREADABLE, columns_of, opened
from entity_extract.config import CatalogConfig
from entity_extract.errors import CatalogError

Part = dict[str, list[str | None]]  # cells by column
Folders = Mapping[Path, Mapping[str, str | None]]  # of each file, the columns in their names

_UNREADABLE: Final = (*UNREADABLE, pa.ArrowException)
_WITH_ZONE, _WITHOUT_ZONE = "%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M:%S"


@dataclass(frozen=True)
class LocalSource:
    """A catalog of files on this machine: where, and in which format."""

    path: str
    format: str
    place: Path
    files: Folders

    @classmethod
    def of(cls, path: str, config: CatalogConfig) -> "LocalSource":
        """Raises CatalogError where it lies elsewhere, or in a table."""
        table, _ = named_table(path, config)
        place = local_path(table)
        if place is None:
            raise CatalogError(f"{path}: only a local catalog can be read without Spark")
        found = file_format(path, config, names_in(place))
        if found == "delta":
            return cls(path, found, place, {})
        files = catalog_files(place, config, found)
        return cls(path, found, place, {file: files[file] for file in sorted(files, key=str)})

    def unknown(self) -> str | None:
        """What only Spark reads of it; None where that is nothing."""
        if self.format == "delta":
            return "a Delta table"
        if self.format != "parquet":
            return None
        for file in self.files:
            names = [name.lower() for name in pq.read_schema(file).names]
            if len({*names}) < len(names):
                return f"{file.name}, of whose columns two differ in case alone"
            for field in pq.read_schema(file):
                if not _is_known(field.type):
                    return f"column {field.name} of {file.name}, {field.type}"
        return None

    def parts(self, config: CatalogConfig) -> list[Part]:
        """All rows, in the order of the files' names; files that differ in their columns are parts
        of their own. Raises CatalogError."""
        try:
            if self.format in TEXT:
                return [self._of_text(config)]
            if self.format == PICTURES:
                rows = picture_frame(self.place, self.files, config.columns)
                return [{str(name): rows[name].tolist() for name in rows.columns}]
            if self.format == "parquet":
                return [_of_parquet(file, folders) for file, folders in self.files.items()]
            return [_of_workbook(file, config) for file in self.files]
        except _UNREADABLE as err:
            raise CatalogError(
                f"{self.path}: not a readable {self.format} catalog: {err}"
            ) from None

    def _of_text(self, config: CatalogConfig) -> Part:
        config, scans = looked_through(list(self.files), self.format, config)
        folders = list(next(iter(self.files.values())))  # the same of all files
        layout = layout_of(columns_of(scans), folders, self.format, self.path, config)
        cells: Part = {name: [] for name in layout.names}
        for file, values in self.files.items():
            with opened(file) as stream:
                given = list(values.values())
                for batch in text_batches(stream, given, self.format, config, layout):
                    for name in layout.names:
                        cells[name] += batch[name].to_pylist()
        return cells


def _of_workbook(file: Path, config: CatalogConfig) -> Part:
    rows = spreadsheet_frame(file)
    names = distinguishable(list(rows.columns), (), config.columns)
    columns = rows.to_numpy().T.tolist() if len(rows) else [[] for _ in names]
    return dict(zip(names, columns, strict=True))


def _of_parquet(file: Path, folders: Mapping[str, str | None]) -> Part:
    with pq.ParquetFile(file) as found:
        rows = found.read()
        instants = _instants(found)
    own = {name: _texts(rows[name], name in instants) for name in rows.column_names}
    values = {name: [value] * rows.num_rows for name, value in folders.items()}
    return {name: (own | values)[name] for name in with_folders(list(own), list(folders))}


def _instants(file: pq.ParquetFile) -> set[str]:
    """Columns of times that Spark takes for instants: those of UTC, and its own old kind."""
    columns = (file.schema.column(place) for place in range(len(file.schema)))
    zoned = {field.name for field in file.schema_arrow if getattr(field.type, "tz", None)}
    return zoned | {column.name for column in columns if column.physical_type == "INT96"}


def _texts(column: pa.ChunkedArray, is_instant: bool) -> list[str | None]:
    if not pa.types.is_timestamp(column.type):
        return text_of(column)
    utc = column.cast(pa.timestamp(column.type.unit))
    moments = pc.floor_temporal(utc, unit="microsecond").cast(pa.timestamp("us"), safe=False)
    form = _WITH_ZONE if is_instant else _WITHOUT_ZONE
    found: list[str | None] = pc.strftime(moments, format=form).to_pylist()
    return found


def _is_known(kind: pa.DataType) -> bool:
    """Whether cells of it are the same text here and in Spark."""
    if pa.types.is_dictionary(kind):
        return _is_known(kind.value_type)
    return any(
        is_one(kind)
        for is_one in (
            pa.types.is_string,
            pa.types.is_large_string,
            pa.types.is_string_view,
            pa.types.is_integer,
            pa.types.is_float32,
            pa.types.is_float64,
            pa.types.is_boolean,
            pa.types.is_date32,
            pa.types.is_timestamp,
        )
    )


def names_of(parts: Sequence[Part]) -> list[str]:
    """All columns, each once, in the order in which they come."""
    return list(dict.fromkeys(name for part in parts for name in part))
