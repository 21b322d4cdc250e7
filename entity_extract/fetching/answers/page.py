"""Pages for people in place of pictures, and packed bodies that nobody can unpack here.

Both come with a good status, and no decoder takes them: here is said why.
"""

import re

from urllib3 import BaseHTTPResponse

_LOOKED_AT = 16 * 1024  # bytes
_PAGE = re.compile(rb"(?:\xef\xbb\xbf)?\s{0,512}<(?:!doctype\s+html|html|head|body|script|meta)\b")
_REFRESH = re.compile(rb"<meta\s[^>]{0,200}http-equiv\s{0,9}=\s{0,9}[\"']?\s{0,9}refresh")
_READABLE = ("gzip", "x-gzip", "deflate")
_PICTURE = (b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"RIFF")  # sent as it is, whatever is said


def remark(content: bytes, response: BaseHTTPResponse) -> str:
    """What its reader cannot know of a body that it will refuse; "" where nothing is odd."""
    codings = response.headers.get("Content-Encoding", "")
    unknown = [coding for coding in codings.split(", ") if coding and coding not in _READABLE]
    if unknown and not content.startswith(_PICTURE):
        return f"content-encoding {unknown[0]!r}, which was not asked for"
    start = content[:_LOOKED_AT].lower()
    is_page = _PAGE.match(start) is not None
    leads_on = "Refresh" in response.headers or _REFRESH.search(start)
    if leads_on and (is_page or not content.strip()):
        return "a page that leads on by Refresh, which is not followed"
    return "an HTML page" if is_page else ""
