"""The header of an answer, read as browsers and curl read it, whatever shape it has.

http.client takes a line without a colon for the end of the header, knows no interim answer but 100,
and no length that is said twice. So lines are read here, and it gets what is left of them: the
names in `_USED`, in one shape each. What stands in any other line can do no harm.
"""

import io
import re
from collections import defaultdict
from collections.abc import Iterator
from http.client import BadStatusLine, HTTPException, HTTPResponse, RemoteDisconnected

from entity_extract.fetching.wire import TooMuch, Wire

_MOST_INTERIM = 16  # 100, 102, 103 and whatever will be, before the answer itself
_MOST_BLANK = 4  # lines before an answer, left over from who knows what
_MOST_REPEATED = 50  # of one name; http.client takes 100 lines
_SWITCHING_PROTOCOLS = 101

_USED = frozenset(
    b"connection content-encoding content-length etag keep-alive last-modified location"
    b" proxy-connection refresh retry-after set-cookie transfer-encoding"
    b" x-robots-tag".split()
)
# What else servers write there (none, utf-8, aws-chunked) changes no byte of the body.
_CODINGS = frozenset(b"gzip x-gzip deflate br zstd compress x-compress".split())
_CONTROLS = bytes(range(0x20)) + b"\x7f"
_BLANKED = bytes.maketrans(_CONTROLS, b" " * len(_CONTROLS))
_LENGTH = re.compile(rb"\+?\d{1,1000}")
_STATUS = re.compile(rb"HTTP/\d\.\d\s+(\d{3})(?!\d)")

Fields = dict[bytes, list[bytes]]


class PlainHeadResponse(HTTPResponse):
    """As http.client's, of a socket that is a Wire.

    `begin` raises TooMuch beyond the wire's `head_limit`, ConnectionError where the header is cut
    off, HTTPException where it is none or contradicts itself.
    """

    def __init__(self, sock: Wire, debuglevel: int = 0, method: str | None = None) -> None:
        super().__init__(sock, debuglevel, method)  # type: ignore[arg-type]
        self._lines = _Lines(self.fp, sock.head_limit)

    def begin(self) -> None:
        if self.headers is not None:
            return
        stream = self.fp
        self.fp = io.BufferedReader(io.BytesIO(_plain_head(self._lines)))
        try:
            super().begin()
        finally:
            self.fp = stream


class _Lines:
    """Lines of `stream`, without their ends, `limit` bytes in all."""

    def __init__(self, stream: io.BufferedIOBase, limit: int) -> None:
        self._stream = stream
        self._left = limit

    def next(self) -> bytes:
        """Raises TooMuch, ConnectionError (the stream ends), and what the stream raises."""
        line = self._stream.readline(self._left + 1)
        self._left -= len(line)
        if self._left < 0:
            raise TooMuch
        if not line.endswith(b"\n"):
            raise RemoteDisconnected("the server hung up in its header, or before it")
        return line.rstrip(b"\r\n")

    def header(self) -> Iterator[bytes]:
        """Those up to an empty one."""
        while line := self.next():
            yield line


def _plain_head(lines: _Lines) -> bytes:
    """Status line and header of the final answer, as http.client understands them."""
    for _ in range(_MOST_INTERIM + 1):
        status = _status_line(lines)
        fields = _fields(lines)
        code = _STATUS.match(status)
        if code is None or not code[1].startswith(b"1"):
            _settle_framing(fields)
            return _written(status, fields)
        if int(code[1]) == _SWITCHING_PROTOCOLS:
            raise HTTPException("it switches to a protocol that nobody asked for")
    raise HTTPException(f"more than {_MOST_INTERIM} interim answers")


def _status_line(lines: _Lines) -> bytes:
    for _ in range(_MOST_BLANK + 1):
        line = lines.next()
        if line.strip():
            break
    if not line.startswith(b"HTTP/"):
        raise BadStatusLine(line[:100].decode("latin-1"))
    return line


def _fields(lines: _Lines) -> Fields:
    """Values by lower-case name. Folded lines are joined; what is no field is passed over."""
    fields: Fields = defaultdict(list)
    values: list[bytes] | None = None
    for line in lines.header():
        if line[:1] in (b" ", b"\t"):
            if values:
                values[-1] += b" " + line.translate(_BLANKED).strip()
            continue
        name, colon, value = line.partition(b":")
        name = name.strip().lower()
        values = fields[name] if colon and name in _USED else None
        if values is not None:
            values.append(value.translate(_BLANKED).strip())
    return fields


def _written(status: bytes, fields: Fields) -> bytes:
    lines = [status.translate(_BLANKED)]
    for name, values in fields.items():
        lines += [name + b": " + value for value in values[:_MOST_REPEATED]]
    return b"\r\n".join([*lines, b"", b""])


def _settle_framing(fields: Fields) -> None:
    """Leaves one sign of where the body ends, and every coding in Content-Encoding.

    RFC 9112, 6.3: transfer codings come before a length; lengths that differ are no answer.
    Raises HTTPException.
    """
    lengths = _tokens(fields.pop(b"content-length", []))
    transfer = [t for t in _tokens(fields.pop(b"transfer-encoding", [])) if t != b"identity"]
    chunked = transfer[-1:] == [b"chunked"]
    codings = [t for t in transfer if t != b"chunked"]
    if chunked:
        fields[b"transfer-encoding"] = [b"chunked"]
    elif lengths and not transfer and all(map(_LENGTH.fullmatch, lengths)):
        fields[b"content-length"] = [b"%d" % _single({int(length) for length in lengths})]
    said = _tokens(fields.pop(b"content-encoding", [])) + codings
    packed = [coding for coding in said if coding in _CODINGS]
    if packed:
        fields[b"content-encoding"] = [b", ".join(packed)]


def _single(lengths: set[int]) -> int:
    if len(lengths) > 1:
        raise HTTPException(f"lengths that differ: {sorted(lengths)}"[:100])
    return lengths.pop()


def _tokens(values: list[bytes]) -> list[bytes]:
    parts = (part.strip().lower() for value in values for part in value.split(b","))
    return [part for part in parts if part]
