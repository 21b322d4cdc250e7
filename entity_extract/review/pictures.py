"""Pictures at full size for the page: asked of their links again, by the project's own fetcher."""

import threading
from collections import OrderedDict
from types import MappingProxyType
from typing import Final, NamedTuple

from entity_extract.config import FetchConfig
from entity_extract.fetching.fetch import Fetcher
from entity_extract.reading.decoding.formats import name_of
from entity_extract.status import Status

# What every browser shows, and runs nothing of. SVG and others are shown by their thumbnail.
_TYPES: Final = MappingProxyType(
    {
        "JPEG": "image/jpeg",
        "PNG": "image/png",
        "GIF": "image/gif",
        "WEBP": "image/webp",
        "AVIF": "image/avif",
        "BMP": "image/bmp",
    }
)
_KEPT: Final = 16  # pictures, for going back and forth; each of at most fetch.max_bytes


class Shown(NamedTuple):
    """`content` is b"" where there is none to show; `reason` says why."""

    content: bytes
    media_type: str
    reason: str = ""


class Pictures:
    """Fetched under the rules of `[fetch]`, the latest few kept; safe for threads."""

    def __init__(self, config: FetchConfig) -> None:
        self._fetcher = Fetcher(config)
        self._kept: OrderedDict[str, Shown] = OrderedDict()
        self._lock = threading.Lock()

    def close(self) -> None:
        self._fetcher.close()

    def shown(self, link: str) -> Shown:
        """What `link` gives, as far as a browser can show it; never raises for a link."""
        with self._lock:
            if link in self._kept:
                self._kept.move_to_end(link)
                return self._kept[link]
        found = self._fetched(link)
        if found.content:
            with self._lock:
                self._kept[link] = found
                while len(self._kept) > _KEPT:
                    self._kept.popitem(last=False)
        return found

    def _fetched(self, link: str) -> Shown:
        fetched = self._fetcher.fetch(link)
        if fetched.status is not Status.OK or fetched.content is None:
            return Shown(b"", "", f"{fetched.status}: {fetched.reason}")
        name = name_of(fetched.content)
        if name not in _TYPES:
            return Shown(b"", "", f"browsers do not show {name or 'this format'}")
        return Shown(fetched.content, _TYPES[name])
