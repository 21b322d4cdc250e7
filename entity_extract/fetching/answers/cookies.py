"""Cookies of one link's way: shops set one and send the client back to where it came from.

Each host has a jar of its own, whatever Domain a cookie names: nothing that one host said is told
to another. Path, Secure and expiry are http.cookiejar's to judge.
"""

from http.cookiejar import CookieJar
from urllib.request import Request

from urllib3 import BaseHTTPResponse

from entity_extract.fetching.links import Link

_MOST_LETTERS = 4096  # sent to a host; many servers refuse more


class Cookies:
    """For one link, and forgotten with it."""

    def __init__(self) -> None:
        self._jars: dict[str, CookieJar] = {}

    def keep(self, link: Link, response: BaseHTTPResponse) -> None:
        """Those that the answer to `link` sets."""
        if "Set-Cookie" in response.headers:
            jar = self._jars.setdefault(link.host, CookieJar())
            # urllib3's answer has the `info()` of http.client's, all that is asked of it.
            jar.extract_cookies(response, _request(link))  # type: ignore[arg-type]

    def header(self, link: Link) -> dict[str, str]:
        """What goes with a request for `link`: a Cookie, or nothing."""
        jar = self._jars.get(link.host)
        if jar is None:
            return {}
        request = _request(link)
        jar.add_cookie_header(request)
        said = request.get_header("Cookie") or ""
        return {"Cookie": said} if 0 < len(said) <= _MOST_LETTERS else {}


def _request(link: Link) -> Request:
    return Request(str(link))  # noqa: S310 (http or https, and never opened)
