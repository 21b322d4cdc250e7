"""Files of the lake written without Spark: what spark/tables/storage.py does through Hadoop."""

import logging
import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final, TypeVar
from uuid import uuid4

import pyarrow.fs as pafs

from entity_extract.errors import UserError
from entity_extract.lake.file_systems import check_root, local_root, opened
from entity_extract.lake.files import TEMPORARY
from entity_extract.lake.json_files import JsonFiles
from entity_extract.lake.made_once import linked

_NS_PER_MS: Final = 1_000_000
_Found = TypeVar("_Found")

log = logging.getLogger(__name__)


class ArrowStorage(JsonFiles):
    """A root folder on a disk of this machine, by pyarrow's file systems; all paths are relative to
    it."""

    failures = (OSError,)
    renames = True  # a folder in one step

    def __init__(self, root: str) -> None:
        """Raises UserError where it is not on this machine."""
        if local_root(check_root(root)) is None:
            raise UserError(f"{root}: without Spark a lake is written on this machine's disk alone")
        self._fs, self._base = opened(root)
        self.root = self._base

    def cause(self, err: BaseException) -> str:
        return f"{type(err).__name__}: {err}"

    def url(self, path: str) -> str:
        return f"{self.root}/{path}"

    def _at(self, path: str) -> str:
        return f"{self._base}/{path}"

    def local_path(self, path: str) -> Path:
        return Path(self._at(path))

    def exists(self, path: str) -> bool:
        info = self._fs.get_file_info(self._at(path))
        return bool(info.type != pafs.FileType.NotFound)

    def names(self, path: str) -> list[str]:
        """Names in a folder, sorted; empty when there is no such folder."""
        return sorted(info.base_name for info in self._in(path))

    def modified_ms(self, path: str) -> int | None:
        """When a file was last written, by the clock of the file system; None without one."""
        for place in (path, f"{path}{TEMPORARY}", path):  # while we look, it may be replaced
            info = self._fs.get_file_info(self._at(place))
            if info.type != pafs.FileType.NotFound:
                return _written_ms(info)
        return None

    def written_ms(self, path: str) -> dict[str, int]:
        """The names in a folder, and when each was last written by the file system's clock."""
        return {info.base_name: _written_ms(info) for info in self._in(path)}

    def sizes(self, path: str) -> dict[str, int]:
        """The names in a folder, and the bytes of each; a folder in it has 0."""
        return {info.base_name: int(info.size or 0) for info in self._in(path)}

    def _in(self, path: str) -> list[pafs.FileInfo]:
        everything = pafs.FileSelector(self._at(path), allow_not_found=True)
        found: list[pafs.FileInfo] = self._fs.get_file_info(everything)
        return [info for info in found if info.type != pafs.FileType.NotFound]

    def create(self, path: str, text: str) -> bool:
        """A file that was not there, whole, in one step; False where there is another one already.

        Of two that create it one does, where the disk has hard links; elsewhere it is looked
        whether there is one before it is put there.
        """
        temporary = f"{path}.{uuid4().hex}{TEMPORARY}"
        try:
            self.write_bytes(temporary, text.encode())
            made = linked(self.local_path(temporary), self.local_path(path), self.root)
        finally:
            self.remove(temporary)
        # Who made it before may have been this very run.
        return made or self.read_text(path) == text

    def check_create(self, path: str) -> None:
        """Nothing to warn of: see `create`, which tells where it makes a file twice."""

    def move(self, source: str, target: str) -> None:
        """Renames. Raises OSError, among others where there is no such source."""
        place = self.local_path(target)
        place.parent.mkdir(parents=True, exist_ok=True)
        self.local_path(source).rename(place)

    def remove(self, path: str) -> None:
        """A file, or a folder with all that is in it, be it that others remove it, too."""
        place = self.local_path(path)
        while place.is_dir():
            with suppress(FileNotFoundError):  # of what is in it: then once more for the rest
                shutil.rmtree(place)
        place.unlink(missing_ok=True)

    def write_text(self, path: str, text: str) -> None:
        """Replaces the file in one step: a reader finds the old text or the new one, whole."""
        temporary = f"{path}{TEMPORARY}"
        try:
            self.write_bytes(temporary, text.encode())
        except OSError:
            self.remove(temporary)
            raise
        self.move(temporary, path)  # rename(2) replaces

    def write_bytes(self, path: str, content: bytes) -> None:
        """A file that nobody reads yet: one who looks now may find part of it."""
        place = self.local_path(path)
        place.parent.mkdir(parents=True, exist_ok=True)
        with place.open("wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())  # on the disk before a rename is

    def read_text(self, path: str) -> str | None:
        """None where there is no such file."""
        return _if_there(lambda: self._read(path))

    def _read(self, path: str) -> str:
        with self._fs.open_input_stream(self._at(path)) as stream:
            return str(stream.read().decode("utf-8"))


def _written_ms(info: pafs.FileInfo) -> int:
    return int(info.mtime_ns) // _NS_PER_MS


def _if_there(ask: Callable[[], _Found]) -> _Found | None:
    """None where the file is absent, be it that it went a moment ago."""
    try:
        return ask()
    except FileNotFoundError:
        return None
