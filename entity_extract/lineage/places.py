"""What OpenLineage calls a file, a folder or a table: https://openlineage.io/docs/spec/naming."""

from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from entity_extract.lake.file_systems import local_root

# Hadoop's schemes for a store -> the one that the store is known by.
_STORES = {"s3": "s3", "s3a": "s3", "s3n": "s3", "gs": "gs"}
_CONTAINERS = {"abfs": "abfss", "abfss": "abfss", "wasb": "wasbs", "wasbs": "wasbs"}


class Place(NamedTuple):
    """A dataset's identity: the same for every job that reads or writes it, ours or not."""

    namespace: str
    name: str

    def below(self, name: str) -> "Place":
        """Of a file or folder in it."""
        above = self.name.rstrip("/")
        return self._replace(name=f"{above}/{name}" if above or not _keyed(self) else name)


def place_of(path: str) -> Place:
    """Of a path or URL of a file or folder. Who logs in, in a URL, is no part of it."""
    if (local := local_root(path)) is not None:
        return Place("file", str(Path(local).absolute()))
    url = urlsplit(path)
    user, _, host = url.netloc.rpartition("@")
    if url.scheme in _CONTAINERS and user and ":" not in user:  # container@account
        host = url.netloc
    scheme = _STORES.get(url.scheme) or _CONTAINERS.get(url.scheme, url.scheme)
    place = Place(f"{scheme}://{host}", url.path.rstrip("/"))
    name = place.name.lstrip("/") if _keyed(place) else place.name
    return place._replace(name=name or "/")


def _keyed(place: Place) -> bool:
    """Whether names in it are keys of an object store, which begin with no slash."""
    scheme = place.namespace.partition("://")[0]
    return scheme in {*_STORES.values(), *_CONTAINERS.values()}
