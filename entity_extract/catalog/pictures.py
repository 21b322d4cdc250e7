"""A folder of pictures as a catalog: each file a row, that catalog.entities ask."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from entity_extract import schema
from entity_extract.catalog.paths import local_path, pictures
from entity_extract.config import CatalogColumns, Config
from entity_extract.errors import CatalogError

PICTURES = "pictures"  # the format, as catalog.format names it
_SHOWN = 3  # names of files, at most


def picture_columns(columns: CatalogColumns) -> list[str]:
    """Those that a file gives, by the names that the catalog calls them: its link, its `index`."""
    names = (columns.name_of(schema.IMAGE_LINK), columns.name_of("index"))
    return [name for name in names if name is not None]


def picture_frame(
    path: Path, files: Mapping[Path, Mapping[str, str | None]], columns: CatalogColumns
) -> pd.DataFrame:
    """A row for each of `files`, which lie at or below `path`, with the columns of their folders.

    The link is file:, the index is the file's path from there.
    """
    root = _root(path)
    rows = []
    for file, values in files.items():
        name = file.relative_to(path if path.is_dir() else path.parent)
        index = str(name).encode(errors="surrogateescape").decode(errors="replace")
        own = (str((root / name).as_uri()), index)
        rows.append({**dict(zip(picture_columns(columns), own, strict=False)), **values})
    return pd.DataFrame(rows, dtype=object)


def _root(path: Path) -> Path:
    return (path if path.is_dir() else path.parent).resolve()


def told_of_pictures(folder: Path, read: Sequence[Path]) -> str:
    """What to put behind the message about files that were `read` and are no catalog, where there
    are pictures in their folder: somebody may have meant these. "" where there are none."""
    if not folder.is_dir() or not (there := pictures(folder)):
        return ""
    names = ", ".join(file.name for file in read[:_SHOWN])
    return (
        f". Read was {names}; to ask about the {len(there)} pictures in the folder instead: "
        f"--set catalog.format={PICTURES}"
    )


def with_pictures_allowed(config: Config, path: str) -> Config:
    """`config` for a catalog of pictures at `path`: who names a folder lets it be read.

    Raises CatalogError where fetch.file_root is another one.
    """
    folder = local_path(path)
    if folder is None:
        raise CatalogError(f"{path}: only pictures of this machine can be a catalog")
    root = _root(folder)
    if config.fetch.file_root is None:
        fetch = config.fetch.model_copy(update={"file_root": str(root)})
        return config.model_copy(update={"fetch": fetch})
    if not root.is_relative_to(config.fetch.file_root):
        raise CatalogError(f"{path}: does not lie below fetch.file_root, {config.fetch.file_root}")
    return config
