"""Cookies of one link's way: shops set one and send the client back to where it came from.

Each host has a jar of its own, whatever Domain a cookie names: nothing that one host said is told
to another. Path, Secure and expiry are http.cookiejar's to judge.
"""

import re
from http.client import HTTPMessage
from http.cookiejar import CookieJar
from urllib.request import Request

from urllib3 import BaseHTTPResponse

from entity_extract.fetching.links import Link

_VALUED = frozenset({"comment", "commenturl", "domain", "expires", "path", "port", "version"})
_SECONDS = re.compile(r"-?[0-9]{1,15}")
_MOST_LETTERS = 4096  # sent to a host; many servers refuse more


class Cookies:
    """For one link, and forgotten with it."""

    def __init__(self) -> None:
        self._jars: dict[str, CookieJar] = {}

    def keep(self, link: Link, response: BaseHTTPResponse) -> None:
        """Those that the answer to `link` sets."""
        for line in response.headers.getlist("Set-Cookie"):
            jar = self._jars.setdefault(link.host, CookieJar())
            jar.extract_cookies(_Said(line), _request(link))  # type: ignore[arg-type]

    def header(self, link: Link) -> dict[str, str]:
        """What goes with a request for `link`: a Cookie, or nothing."""
        jar = self._jars.get(link.host)
        if jar is None:
            return {}
        request = _request(link)
        jar.add_cookie_header(request)
        said = request.get_header("Cookie") or ""
        return {"Cookie": said} if 0 < len(said) <= _MOST_LETTERS else {}


class _Said:
    """One Set-Cookie, as http.cookiejar asks an answer for it.

    An attribute that wants a value and has none counts for nothing (RFC 6265, 5.2), where
    http.cookiejar drops the cookie, or stumbles.
    """

    def __init__(self, line: str) -> None:
        cookie, *attributes = line.split(";")
        said = [attribute for attribute in attributes if _says_something(attribute)]
        self._message = HTTPMessage()
        self._message["Set-Cookie"] = ";".join([cookie, *said])

    def info(self) -> HTTPMessage:
        return self._message


def _says_something(attribute: str) -> bool:
    name, _, value = (part.strip() for part in attribute.partition("="))
    if name.lower() == "max-age":
        return bool(_SECONDS.fullmatch(value))
    return name.lower() not in _VALUED or bool(value.strip('"'))


def _request(link: Link) -> Request:
    return Request(str(link))  # noqa: S310 (http or https, and never opened)
