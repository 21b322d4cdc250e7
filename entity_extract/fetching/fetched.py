"""What a link gave, and the exception that ends a fetch."""

from dataclasses import dataclass
from typing import Final

from entity_extract.status import Status

# How the version of a file begins, which stands where a server's ETag does.
FILE_VERSION: Final = "file:"


@dataclass(frozen=True)
class Validators:
    """What an earlier answer said of its content: sent back, the server may answer "as then"."""

    etag: str | None = None
    last_modified: str | None = None

    def __bool__(self) -> bool:
        return bool(self.etag or self.last_modified)


@dataclass(frozen=True)
class Fetched:
    """What a link gave: `content` where `status` is OK, else the reason why there is none.

    With content, a reason says what was made of the cell, or what is odd about the content.
    """

    image_link: str
    status: Status
    reason: str
    http_status: int | None
    content: bytes | None
    fetch_ms: int
    etag: str | None = None
    last_modified: str | None = None
    retry_after_s: float | None = None  # what a busy server asked for


class Refused(Exception):
    """Ends a fetch: the row's status and reason."""

    def __init__(
        self,
        status: Status,
        reason: str,
        http_status: int | None = None,
        *,
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(f"{status}: {reason}")
        self.status = status
        self.reason = reason
        self.http_status = http_status
        self.retry_after_s = retry_after_s
