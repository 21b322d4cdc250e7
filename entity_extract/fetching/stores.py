"""Links to S3 objects, for catalogs whose pictures lie in a store of one's own, and those that hold
their picture themselves.

The first are off unless the configuration names the buckets, since a link is written by a stranger
and read with our rights.
"""

import binascii
from functools import lru_cache
from typing import Any
from urllib.parse import unquote, unquote_to_bytes

from entity_extract.config import FetchConfig
from entity_extract.fetching.bounds import Deadline, within
from entity_extract.fetching.fetched import Refused
from entity_extract.fetching.links import Link
from entity_extract.status import Status

_CHUNK = 1024 * 1024
_URL_SAFE = str.maketrans("-_", "+/")


def read_inline(link: Link, config: FetchConfig) -> bytes:
    """The bytes in a data link (RFC 2397). Raises Refused."""
    kind, comma, data = link.target.partition(",")
    if not comma:
        raise Refused(Status.BAD_LINK, "a data link without data")
    if len(data) > 3 * config.max_bytes + 3:  # each letter percent-encoded
        raise Refused(Status.TOO_LARGE, f"more bytes than fetch.max_bytes, {config.max_bytes}")
    if kind.strip().lower().endswith("base64"):
        content = _unpacked(unquote(data))
    else:
        content = unquote_to_bytes(data)
    if len(content) > config.max_bytes:
        raise Refused(Status.TOO_LARGE, f"more bytes than fetch.max_bytes, {config.max_bytes}")
    return content


def _unpacked(data: str) -> bytes:
    plain = "".join(data.split()).rstrip("=").translate(_URL_SAFE)
    try:
        return binascii.a2b_base64(plain + "=" * (-len(plain) % 4), strict_mode=True)
    except (binascii.Error, ValueError) as err:  # letters that are none of base64's
        raise Refused(Status.BAD_LINK, f"a data link that is no base64: {err}") from None


def read_object(link: Link, config: FetchConfig, deadline: Deadline) -> bytes:
    """The bytes of an object in one of `config.s3_buckets`. Raises Refused, TimeoutError, OSError.

    Credentials are those of the environment (or of the machine's role), never of the link.
    """
    if link.host not in config.s3_buckets:
        raise Refused(Status.BLOCKED, f"bucket {link.host!r} is not among fetch.s3_buckets")

    def call() -> bytes:
        store = _s3(config.s3_endpoint, config.deadline_s)
        path = f"{link.host}/{link.target}"
        with store.open_input_stream(path, compression=None, buffer_size=None) as opened:
            return read_limited(opened, config, deadline)

    try:
        return within(deadline, call)  # on Linux Arrow's own time limits do not bound a slow body
    except FileNotFoundError:
        raise Refused(Status.NO_FILE, "no such object", 404) from None
    except ValueError as err:  # S3 takes keys that Arrow does not, such as `a//b`
        raise Refused(Status.BAD_LINK, f"not a key that can be read: {err}") from None


@lru_cache(maxsize=4)
def _s3(endpoint: str | None, deadline_s: float) -> Any:
    from pyarrow import fs  # late: it takes 0.3 s, and most catalogs have no such link

    scheme, colon, host = (endpoint or "").rpartition("://")
    options = {"endpoint_override": host, "scheme": scheme if colon else "https"} if host else {}
    retry = fs.AwsStandardS3RetryStrategy(max_attempts=2)
    return fs.S3FileSystem(
        connect_timeout=deadline_s, request_timeout=deadline_s, retry_strategy=retry, **options
    )


def read_limited(opened: Any, config: FetchConfig, deadline: Deadline) -> bytes:
    """All bytes of an open file. Raises Refused, TimeoutError, OSError."""
    parts: list[bytes] = []
    left = config.max_bytes + 1
    while left > 0 and (part := opened.read(min(_CHUNK, left))):
        parts.append(part)
        left -= len(part)
        deadline.left()
    if left <= 0:
        raise Refused(Status.TOO_LARGE, f"more bytes than fetch.max_bytes, {config.max_bytes}")
    return b"".join(parts)
