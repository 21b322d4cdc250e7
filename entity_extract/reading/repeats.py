"""The same bytes under several links are read once: shops serve one placeholder under thousands."""

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Final

Row = dict[str, object]

_REMEMBERED: Final = 256  # rows of some 60 kB
_lock = Lock()
_remembered: OrderedDict[tuple[str, str], Row] = OrderedDict()  # of this process, task after task


def read_once(
    content: bytes, sha256: str, reader_version: str, picture_row: Callable[[bytes], Row]
) -> Row:
    """What `picture_row` gives, or has given for these bytes lately, read as `reader_version`.

    A crash or a timeout may pass, and is tried again. "" is no version: nothing is remembered.
    """
    key = (reader_version, sha256)
    with _lock:
        if reader_version and key in _remembered:
            _remembered.move_to_end(key)
            return dict(_remembered[key])
    row = picture_row(content)
    if reader_version and "words" in row:
        with _lock:
            _remembered[key] = dict(row)
            if len(_remembered) > _REMEMBERED:
                _remembered.popitem(last=False)
    return row
