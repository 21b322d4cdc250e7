"""Pages for people in place of pictures, and packed bodies that nobody can unpack here.

Both come with a good status. What else is no picture its decoder will say.
"""

import re

from urllib3 import BaseHTTPResponse

from entity_extract.fetching.fetched import Refused
from entity_extract.status import Status

_LOOKED_AT = 16 * 1024  # bytes
_PAGE = re.compile(rb"(?:\xef\xbb\xbf)?\s{0,512}<(?:!doctype\s+html|html|head|body|script|meta)\b")
_REFRESH = re.compile(rb"<meta\s[^>]{0,200}http-equiv\s{0,9}=\s{0,9}[\"']?\s{0,9}refresh")
_READABLE = ("gzip", "x-gzip", "deflate")
_PICTURE = (b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"RIFF")  # sent as it is, whatever is said


def check_body(content: bytes, response: BaseHTTPResponse) -> None:
    """Raises Refused for a page, and for a coding that was not asked for and is not known."""
    codings = response.headers.get("Content-Encoding", "")
    unknown = [coding for coding in codings.split(", ") if coding and coding not in _READABLE]
    if unknown and not content.startswith(_PICTURE):
        reason = f"content-encoding {unknown[0]!r}, which was not asked for"
        raise Refused(Status.NOT_AN_IMAGE, reason, response.status)
    start = content[:_LOOKED_AT].lower()
    is_page = _PAGE.match(start)
    leads_on = _REFRESH.search(start) if is_page else None
    if leads_on or ("Refresh" in response.headers and (is_page or not content.strip())):
        reason = "a page that leads on by Refresh, which is not followed"
        raise Refused(Status.NOT_AN_IMAGE, reason, response.status)
    if is_page:
        raise Refused(Status.NOT_AN_IMAGE, "an HTML page", response.status)
