"""Links without their secrets: presigned queries and passwords stay out of reasons and logs.

The column `image_link` keeps the link as the catalog has it, since it is the key.
"""

import logging
import re

# Wider than a URL's grammar on purpose: a password may hold "/", and too little said is no leak.
# Each letter is looked at once: to ask for the "@" here would take minutes for 64 kB of slashes.
_AUTHORITY = re.compile(r"//[^\s?#]*")
_QUERY = re.compile(r"[?#][^\s'\"]+")


def redact(text: str) -> str:
    """`text` with the query, fragment and user info of every link in it replaced by "…"."""
    return _QUERY.sub("?…", _AUTHORITY.sub(_without_userinfo, text))


def redact_link(link: str) -> str:
    """`link` alone: as `redact`, also where its query holds blanks or quotes."""
    head = re.split(r"[?#]", link, maxsplit=1)[0]
    return _AUTHORITY.sub(_without_userinfo, head) + ("?…" if len(head) < len(link) else "")


def _without_userinfo(found: re.Match[str]) -> str:
    _, at, rest = found[0].rpartition("@")
    return f"//…@{rest}" if at else found[0]


class _Redacting(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = redact(record.getMessage()), ()
        return True


_FILTER = _Redacting()


def redact_logs(*names: str) -> None:
    """Redacts what these loggers say. urllib3 warns of odd headers with the whole link."""
    for name in names:
        logging.getLogger(name).addFilter(_FILTER)  # a filter that is there already stays single
