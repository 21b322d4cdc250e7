"""Where a catalog's files lie, and what their names say of their format."""

import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from entity_extract.catalog.delta import DELTA_LOG
from entity_extract.catalog.picture_names import is_picture
from entity_extract.errors import CatalogError, meant

_SUFFIXES = {
    ".csv": "csv",
    ".tsv": "csv",
    ".parquet": "parquet",
    ".parq": "parquet",
    ".pq": "parquet",
    ".json": "json",
    ".jsonl": "json",
    ".ndjson": "json",
    ".xlsx": "xlsx",
    ".xlsm": "xlsx",
}
_OF_PATTERNS = "*?["
_PACKED = ".gz"  # in these letters: Hadoop unpacks by them
_TO_PARQUET = "python -c \"import pandas as pd; pd.read_{0}('{1}').to_parquet('{2}.parquet')\""
# What tables also come in, and the command or the way to a format that is read.
_REMEDIES = {
    ".xls": "save it as .xlsx or CSV",
    ".xlsb": "save it as .xlsx or CSV",
    ".ods": "save it as .xlsx or CSV",
    ".numbers": "save it as .xlsx or CSV",
    ".zip": "unzip '{0}', and name what comes out",
    ".7z": "unpack it, and name what comes out",
    ".rar": "unpack it, and name what comes out",
    ".tar": "tar -xf '{0}', and name what comes out",
    ".tgz": "tar -xf '{0}', and name what comes out",
    ".bz2": "bunzip2 '{0}', and name what comes out",
    ".xz": "unxz '{0}', and name what comes out",
    ".zst": "zstd -d '{0}', and name what comes out",
    ".lz4": "lz4 -d '{0}', and name what comes out",
    ".feather": _TO_PARQUET.format("feather", "{0}", "{1}"),
    ".arrow": _TO_PARQUET.format("feather", "{0}", "{1}"),
    ".orc": _TO_PARQUET.format("orc", "{0}", "{1}"),
    ".pkl": _TO_PARQUET.format("pickle", "{0}", "{1}"),
    ".pickle": _TO_PARQUET.format("pickle", "{0}", "{1}"),
    ".avro": "write it as Parquet, CSV or JSON lines",
}


def format_by_name(name: str) -> str | None:
    """csv, parquet, json or xlsx, in letters of any case."""
    return _SUFFIXES.get(Path(name.rstrip("/").removesuffix(_PACKED)).suffix.lower())


def remedy(name: str) -> str | None:
    """What to do with a file that by its name holds a table in a format that is not read."""
    path = Path(name.rstrip("/"))
    suffix = path.suffix.lower()
    if suffix == _PACKED and path.suffix != _PACKED:
        return f"rename it: its name must end in {_PACKED}, in these letters"
    if suffix == _PACKED and Path(path.stem).suffix.lower() == ".tar":
        suffix = ".tar"
    told = _REMEDIES.get(suffix)
    return None if told is None else told.format(path, path.stem)


def glob_of(found: str) -> str:
    """Matches, in Hadoop's way, the names that say this format."""
    suffixes = [suffix for suffix, kind in _SUFFIXES.items() if kind == found]
    return f"*{{{','.join(map(_any_case, suffixes))}}}{{,{_PACKED}}}"


def _any_case(suffix: str) -> str:
    return "".join(f"[{c}{c.upper()}]" if c.isalpha() else c for c in suffix)


def local_path(path: str) -> Path | None:
    """None for a path on another file system."""
    if urlsplit(path[: path.find(":") + 1]).scheme == "file":
        return Path("/" + path.removeprefix("file:").lstrip("/"))
    return None if "://" in path else Path(path)


def names_in(path: Path) -> list[str]:
    """Names of what is in a folder that tells its format, pictures in any folder of it among them;
    empty for a file."""
    log_of_delta = [DELTA_LOG] if (path / DELTA_LOG).is_dir() else []
    files = [file for file in visible(path) if _counts(file, path) or is_picture(file.name)]
    return [*log_of_delta, *(file.name for file in files)]


def entries(folder: Path) -> list[Path]:
    """The files of tables that count in a folder: its own and those of `key=value` folders in it;
    sorted by their whole paths, as text."""
    return [file for file in visible(folder) if _counts(file, folder)]


def _counts(file: Path, folder: Path) -> bool:
    return all("=" in part for part in file.relative_to(folder).parts[:-1])


def pictures(folder: Path) -> list[Path]:
    """All in it, in whatever folders; sorted as `entries` are."""
    return [file for file in visible(folder) if is_picture(file.name)]


def passed_over(folder: Path) -> list[Path]:
    """Files of a folder that hold tables by their names and are not among its `entries`, or are in
    a format that is not read."""
    counted = {entry for entry in entries(folder) if format_by_name(entry.name)}
    return [
        file
        for file in visible(folder)
        if file not in counted and (format_by_name(file.name) or remedy(file.name))
    ]


def require_there(path: str, place: Path) -> None:
    """Raises CatalogError where nothing is at `place`, with a name beside it that was perhaps
    meant."""
    if place.exists():
        return
    if any(mark in place.name for mark in _OF_PATTERNS):
        raise CatalogError(f"{path}: patterns are not read: name the folder, {place.parent}")
    above = place.absolute().parent
    beside = os.listdir(above) if os.access(above, os.R_OK) else []
    raise CatalogError(f"{path}: no such file or folder{meant(place.name, beside)}")


def visible(folder: Path) -> list[Path]:
    """All files below it that are not hidden, sorted by their whole paths, as text."""
    return sorted(_walked(folder, frozenset()), key=str)


def _walked(folder: Path, above: frozenset[Path]) -> Iterator[Path]:
    """Files that are not hidden, those behind links to folders, too, as Spark follows them; not
    round in circles. Raises CatalogError."""
    here = folder.resolve()
    if here in above or not folder.is_dir():
        return
    try:
        found = [entry for entry in folder.iterdir() if not is_hidden(entry.name)]
    except OSError as err:
        raise CatalogError(f"{folder}: the folder cannot be read: {err.strerror}") from None
    for entry in found:
        if entry.is_dir():
            yield from _walked(entry, above | {here})
        elif entry.is_file():
            yield entry


def is_hidden(name: str) -> bool:
    """As Spark has it, of files that it is given by name, too."""
    return name.startswith(".") or (name.startswith("_") and "=" not in name)
