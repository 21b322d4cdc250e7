"""What only the fetch knows of a body that no decoder takes, though its status is good: that nobody
can unpack it here, or that it would lead on to another place."""

import re

from urllib3 import BaseHTTPResponse

_LOOKED_AT = 16 * 1024  # bytes
_REFRESH = re.compile(rb"<meta\s[^>]{0,200}http-equiv\s{0,9}=\s{0,9}[\"']?\s{0,9}refresh")
_READABLE = ("gzip", "x-gzip", "deflate")
_BEFORE = b"\xef\xbb\xbf \t\r\n"
_PICTURE = (b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"RIFF")  # sent as it is, whatever is said


def remark(content: bytes, response: BaseHTTPResponse) -> str:
    """What its reader cannot know of a body that it will refuse; "" where nothing is odd."""
    codings = response.headers.get("Content-Encoding", "")
    unknown = [coding for coding in codings.split(", ") if coding and coding not in _READABLE]
    if unknown and not content.startswith(_PICTURE):
        return f"content-encoding {unknown[0]!r}, which was not asked for"
    start = content[:_LOOKED_AT].lower()
    leads_on = "Refresh" in response.headers or _REFRESH.search(start)
    if leads_on and start.lstrip(_BEFORE)[:1] in (b"", b"<"):
        return "a page that leads on by Refresh, which is not followed"
    return ""
