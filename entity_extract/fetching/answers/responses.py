"""What an answer's status and headers mean: errors, Retry-After, X-Robots-Tag, validators."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from urllib3 import BaseHTTPResponse

from entity_extract.config import FetchConfig
from entity_extract.fetching.fetched import Refused
from entity_extract.status import Status

_MAY_PASS = (408, 425, 429)  # request timeout, too early, too many requests
_VALIDATOR_LETTERS = 256
_NEITHER = "none"  # search engines' short form of noindex, nofollow


def check_status(
    response: BaseHTTPResponse, config: FetchConfig, *, conditional: bool = False
) -> None:
    """Raises Refused for anything but 2xx, and where X-Robots-Tag asks not to use the picture.

    304 is the answer to a `conditional` request, and nonsense to another.
    """
    code = response.status
    if code == 304 and conditional:
        raise Refused(Status.NOT_MODIFIED, "unchanged since it was last fetched", code)
    if code in _MAY_PASS or code >= 500:
        rest = _retry_after(response.headers.get("Retry-After"))
        reason = f"HTTP {code}"
        if rest is not None and rest > config.max_wait_s:
            reason += f": the host asks for {rest:.0f} s of rest, more than fetch.max_wait_s"
        raise Refused(Status.SERVER_ERROR, reason, code, retry_after_s=rest)
    if not 200 <= code < 300:
        raise Refused(Status.HTTP_ERROR, f"HTTP {code}", code)
    directive = _robots(response, config)
    if directive is not None:
        raise Refused(
            Status.DISALLOWED, f"X-Robots-Tag: {directive}, which fetch.robots obeys", code
        )


def _retry_after(value: str | None) -> float | None:
    """Seconds, from either form: a number of them, or a date. None where it is neither."""
    if value is None:
        return None
    if value.strip().isdecimal():
        return float(value.strip()[:9])
    try:
        until = parsedate_to_datetime(value)
    except (ValueError, OverflowError):  # a year of thirty digits
        return None
    if until.tzinfo is None:
        until = until.replace(tzinfo=UTC)
    return max(0.0, (until - datetime.now(UTC)).total_seconds())


def _robots(response: BaseHTTPResponse, config: FetchConfig) -> str | None:
    """The first directive of `config.robots` that is said to all, or to our token."""
    obeyed = {directive.lower() for directive in config.robots}
    if "noindex" in obeyed:
        obeyed.add(_NEITHER)
    for line in response.headers.getlist("X-Robots-Tag"):
        agent, colon, rest = line.partition(":")
        directives = rest if colon and " " not in agent.strip() and "," not in agent else line
        if directives is rest and agent.strip().lower() not in (config.token, "*"):
            continue
        for directive in directives.lower().split(","):
            if directive.strip() in obeyed:
                return directive.strip()
    return None


def validator(response: BaseHTTPResponse, name: str) -> str | None:
    """A header worth keeping for a later conditional request; None where it is odd."""
    value = response.headers.get(name)
    return value if value and is_plain(value) else None


def is_plain(value: str) -> bool:
    """True where `value` can be sent in a header of ours."""
    return len(value) <= _VALIDATOR_LETTERS and value.isascii() and value.isprintable()
