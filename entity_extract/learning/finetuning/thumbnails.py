"""Thumbnails to learn from, in one file on this machine: a million of them are 10 GB."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, overload

import numpy as np
import pyarrow.compute as pc

from entity_extract.errors import UserError
from entity_extract.learning.training.local_lake import image_batches

_FILE = "thumbnails"


class Thumbnails(Sequence[bytes]):
    """p encoded pictures, each read from the file when it is asked for; to be handed to other
    processes. Whoever made it sees to it that the file stays."""

    def __init__(self, path: Path, first: np.ndarray, size: np.ndarray) -> None:
        """`first` and `size` (p,) int64: where in the file a picture begins, and its bytes."""
        self._path, self._first, self._size = path, first, size
        self._descriptor: int | None = None

    def __len__(self) -> int:
        return len(self._size)

    @overload
    def __getitem__(self, place: int) -> bytes: ...

    @overload
    def __getitem__(self, place: slice) -> list[bytes]: ...

    def __getitem__(self, place: int | slice) -> bytes | list[bytes]:
        if isinstance(place, slice):
            return [self[one] for one in range(*place.indices(len(self)))]
        if self._descriptor is None:
            self._descriptor = os.open(self._path, os.O_RDONLY)
        return os.pread(self._descriptor, int(self._size[place]), int(self._first[place]))

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_descriptor": None}

    def __del__(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)


class ThumbnailsOf:
    """A lake's thumbnails, by the SHA-256 of their pictures' bytes, brought to a folder."""

    def __init__(self, lake: str | Path, folder: Path, *, reader_version: str) -> None:
        self._lake, self._folder, self._reader_version = lake, folder, reader_version

    def __call__(self, contents: np.ndarray) -> Thumbnails:
        """`contents` (p,) of text, sorted, each once -> their thumbnails in this order.

        The lake's are read a few at a time, so that memory holds a few. Raises UserError where the
        lake no longer has one of them.
        """
        path = self._folder / _FILE
        first, size = np.zeros(len(contents), np.int64), np.full(len(contents), -1, np.int64)
        columns = ["content_sha256", "thumbnail"]
        written = 0
        with path.open("wb") as file:
            for batch in image_batches(self._lake, columns, self._reader_version):
                shown = batch.filter(pc.is_valid(batch["thumbnail"]))
                names = shown["content_sha256"].to_numpy(zero_copy_only=False).astype(str)
                places = np.searchsorted(contents, names)
                for row, (name, place) in enumerate(zip(names, places, strict=True)):
                    if place == len(contents) or contents[place] != name or size[place] >= 0:
                        continue
                    first[place] = written
                    size[place] = file.write(shown["thumbnail"][row].as_py())
                    written += int(size[place])
        if gone := int((size < 0).sum()):
            raise UserError(
                f"{self._lake}: {gone} of {len(contents)} pictures are no longer there: it was "
                "changed while it was read; start again"
            )
        return Thumbnails(path, first, size)


@contextmanager
def thumbnails_of(lake: str | Path, folder: Path, *, reader_version: str) -> Iterator[ThumbnailsOf]:
    """Those of a lake, for the length of the block: their file lies in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    try:
        yield ThumbnailsOf(lake, folder, reader_version=reader_version)
    finally:
        (folder / _FILE).unlink(missing_ok=True)
        if not any(folder.iterdir()):
            folder.rmdir()
