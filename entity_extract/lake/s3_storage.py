"""Files of a lake on S3, written without Spark, by boto3: pyarrow's client of S3 cannot create an
object on the condition that there is none."""

import logging
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from entity_extract.errors import UserError
from entity_extract.lake.json_files import JsonFiles
from entity_extract.lake.made_once import BY_LEASE_ALONE

_ABSENT: Final = frozenset({"404", "NoSuchKey", "NotFound"})
_REFUSED: Final = frozenset({"412", "PreconditionFailed"})
_AT_THE_SAME_TIME: Final = frozenset({"409", "ConditionalRequestConflict"})
_UNKNOWN: Final = frozenset({"501", "NotImplemented"})
_TRIES, _PAUSE_S = 5, 0.2
_AT_ONCE: Final = 1_000  # keys that one request deletes
_Found = TypeVar("_Found")

log = logging.getLogger(__name__)


class S3Storage(JsonFiles):
    """A root in a bucket; all paths are relative to it, and a folder is what keys begin with.

    Credentials, region and server are those of AWS's own environment (AWS_ENDPOINT_URL …).
    """

    failures = (OSError, BotoCoreError, ClientError)
    renames = False  # a folder in one step

    def __init__(self, root: str) -> None:
        """`root` is s3a://bucket/prefix. Raises UserError where no bucket is named."""
        place = urlsplit(root)
        if not place.netloc:
            raise UserError(f"{root}: names no bucket")
        self.root = root.rstrip("/")
        self._bucket, self._prefix = place.netloc, place.path.strip("/")
        self._client: Any = boto3.client("s3")

    def cause(self, err: BaseException) -> str:
        return f"{type(err).__name__}: {err}"

    def url(self, path: str) -> str:
        return f"{self.root}/{path}"

    def local_path(self, path: str) -> Path | None:
        """None: it is not on a disk of this machine."""
        return None

    def _key(self, path: str) -> str:
        return f"{self._prefix}/{path}".strip("/")

    def _folder(self, path: str) -> str:
        key = self._key(path)
        return f"{key}/" if key else ""

    def exists(self, path: str) -> bool:
        if self._head(path) is not None:
            return True
        asked = {"Bucket": self._bucket, "Prefix": self._folder(path), "MaxKeys": 1}
        return bool(self._client.list_objects_v2(**asked).get("KeyCount"))

    def names(self, path: str) -> list[str]:
        """Names in a folder, sorted; empty when there is no such folder."""
        return sorted({*self._folders_in(path), *(name for name, _ in self._objects_in(path))})

    def modified_ms(self, path: str) -> int | None:
        """When a file was last written, by the clock of the store; None without one."""
        found = self._head(path)
        return None if found is None else _ms(found)

    def written_ms(self, path: str) -> dict[str, int]:
        """The names of the files in a folder, and when each was last written by the store."""
        return {name: _ms(found) for name, found in self._objects_in(path)}

    def sizes(self, path: str) -> dict[str, int]:
        """The names of the files in a folder, and the bytes of each."""
        return {name: int(found["Size"]) for name, found in self._objects_in(path)}

    def _head(self, path: str) -> Any | None:
        asked = {"Bucket": self._bucket, "Key": self._key(path)}
        return _if_there(lambda: self._client.head_object(**asked)) if asked["Key"] else None

    def _pages(self, folder: str, **more: str) -> Iterator[Any]:
        listing = self._client.get_paginator("list_objects_v2")
        yield from listing.paginate(Bucket=self._bucket, Prefix=folder, **more)

    def _objects_in(self, path: str) -> Iterator[tuple[str, Any]]:
        folder = self._folder(path)
        for page in self._pages(folder, Delimiter="/"):
            for found in page.get("Contents", ()):
                if name := found["Key"].removeprefix(folder):  # the folder's own mark has none
                    yield name, found

    def _folders_in(self, path: str) -> Iterator[str]:
        folder = self._folder(path)
        for page in self._pages(folder, Delimiter="/"):
            for found in page.get("CommonPrefixes", ()):
                yield found["Prefix"].removeprefix(folder).rstrip("/")

    def create(self, path: str, text: str) -> bool:
        """A file that was not there, whole; False where there is another one already.

        Of two that create it one does, where the server knows If-None-Match; elsewhere it is looked
        whether there is one before it is put there.
        """
        made = self._created(path, text.encode())
        # A request that was sent again after its answer was lost is refused for its own sake.
        return made or self.read_text(path) == text

    def _created(self, path: str, content: bytes) -> bool:
        for attempt in range(_TRIES):
            try:
                self._put(path, content, IfNoneMatch="*")
            except ClientError as err:
                code = err.response.get("Error", {}).get("Code", "")
                if code in _REFUSED:
                    return False
                if code in _UNKNOWN:
                    break
                if code not in _AT_THE_SAME_TIME or attempt == _TRIES - 1:
                    raise
                time.sleep(_PAUSE_S)  # S3 decides between two requests, and says to ask again
            else:
                return True
        log.warning("%s knows no If-None-Match: %s", self.root, BY_LEASE_ALONE)
        if self._head(path) is not None:
            return False
        self._put(path, content)
        return True

    def check_create(self, path: str) -> None:
        """Warns where `create` makes a file twice. `path` is nobody's."""
        self.create(path, "1")
        if self.create(path, "2"):
            log.warning("%s overwrites what is to be created once: %s", self.root, BY_LEASE_ALONE)

    def move(self, source: str, target: str) -> None:
        """Copies file by file. Raises OSError where there is no such source."""
        keys = self._keys(source)
        if not keys:
            raise OSError(f"cannot move {self.url(source)} to {self.url(target)}")
        old, new = self._key(source), self._key(target)
        for key in keys:
            copied = {"Bucket": self._bucket, "Key": key}
            self._client.copy(copied, self._bucket, f"{new}{key.removeprefix(old)}")
        self._delete(keys)

    def remove(self, path: str) -> None:
        """A file, or a folder with all that is in it."""
        self._delete(self._keys(path))

    def _keys(self, path: str) -> list[str]:
        """Of the file of that name, and of all in the folder."""
        pages = self._pages(self._folder(path))
        within = [found["Key"] for page in pages for found in page.get("Contents", ())]
        return [*([self._key(path)] if self._head(path) is not None else []), *within]

    def _delete(self, keys: list[str]) -> None:
        for start in range(0, len(keys), _AT_ONCE):
            some = [{"Key": key} for key in keys[start : start + _AT_ONCE]]
            self._client.delete_objects(Bucket=self._bucket, Delete={"Objects": some})

    def write_text(self, path: str, text: str) -> None:
        """Replaces the file: an object is there once it has been sent, whole."""
        self._put(path, text.encode())

    def write_bytes(self, path: str, content: bytes) -> None:
        self._put(path, content)

    def _put(self, path: str, content: bytes, **more: str) -> None:
        self._client.put_object(Bucket=self._bucket, Key=self._key(path), Body=content, **more)

    def read_text(self, path: str) -> str | None:
        """None where there is no such file."""
        asked = {"Bucket": self._bucket, "Key": self._key(path)}
        found = _if_there(lambda: self._client.get_object(**asked))
        return None if found is None else str(found["Body"].read().decode("utf-8"))


def _ms(found: Any) -> int:
    return int(found["LastModified"].timestamp() * 1000)


def _if_there(ask: Callable[[], _Found]) -> _Found | None:
    """None where the object is absent, be it that it went a moment ago."""
    try:
        return ask()
    except ClientError as err:
        if err.response.get("Error", {}).get("Code", "") in _ABSENT:
            return None
        raise
