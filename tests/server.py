"""A real HTTP server on a free port of the loopback interface, well-behaved and not.

    with shop_server({"/card.jpg": content}) as server:
        server.url("/card.jpg"), server.asked["/card.jpg"]

Besides the files that it is given it serves the paths of `_ANSWERS`, each one kind of trouble.
"""

import gzip
import hashlib
import socket
import ssl
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from urllib.parse import parse_qs, urlsplit

from PIL import Image

_LINGER_S = 15.0  # how long the slow paths go on; longer than any test's deadline
_DRIP_S = 0.05


def encoded(image: Image.Image, kind: str = "JPEG") -> bytes:
    """`image` as the bytes of a file."""
    buffer = BytesIO()
    image.save(buffer, kind)
    return buffer.getvalue()


PLAIN_JPEG = encoded(Image.new("RGB", (64, 48), "orange"))


class ShopServer(ThreadingHTTPServer):
    """Serves `files` (path -> content) and the paths of `_ANSWERS`; counts requests by path."""

    daemon_threads = True
    block_on_close = False  # a handler that hangs on purpose must not hold up the end of a test

    def __init__(self, files: Mapping[str, bytes], port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.scheme = "http"
        self.files = dict(files)
        self.asked: Counter[str] = Counter()
        self.by_path: Counter[str] = Counter()
        self.asked_at: list[float] = []  # of each request, by time.monotonic
        self.headers_seen: dict[str, Mapping[str, str]] = {}
        self.at_once = 0
        self.most_at_once = 0
        self.lock = threading.Lock()
        self.closing = threading.Event()
        self.tells_etags = False

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        return f"{self.scheme}://{host}:{self.server_port}{path}"

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up early is what many tests are about; nothing to print."""


@contextmanager
def shop_server(
    files: Mapping[str, bytes] | None = None, *, tls: ssl.SSLContext | None = None, port: int = 0
) -> Iterator[ShopServer]:
    """A running server; closed, its slow answers cut short, at the end of the block."""
    server = ShopServer(files or {}, port)
    if tls is not None:
        server.scheme = "https"
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        server.closing.set()
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: ShopServer

    def do_HEAD(self) -> None:
        """As S3 is asked for an object's size."""
        self.do_GET()

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        with self.server.lock:
            self.server.asked[self.path] += 1
            self.server.asked_at.append(time.monotonic())
            self.server.headers_seen[self.path] = dict(self.headers)
            self.server.at_once += 1
            self.server.most_at_once = max(self.server.most_at_once, self.server.at_once)
            self._counted = True
        try:
            self._answer_for(path)
        finally:
            self._count_out()

    def _count_out(self) -> None:
        """Before an answer's last bytes go out: who has them may ask again, and meet the next."""
        with self.server.lock:
            self.server.at_once -= self._counted
            self._counted = False

    def _answer_for(self, path: str) -> None:
        answer = _ANSWERS.get(path)
        with suppress(ConnectionError):
            if answer is not None:
                answer(self)
            elif path in self.server.files:
                self._send_file(self.server.files[path])
            else:
                self.send(b"no such page", code=404, kind="text/plain")

    def _send_file(self, content: bytes) -> None:
        """All of it, the part that Range asks for, as S3's clients do, or that nothing is new."""
        etag = f'"{hashlib.sha256(content).hexdigest()[:16]}"'
        said = {"ETag": etag} if self.server.tells_etags else {}
        if said and self.headers.get("If-None-Match") == etag:
            self.send(b"", code=304)
            return
        unit, _, span = self.headers.get("Range", "").partition("=")
        if unit != "bytes":
            self.send(content, **said)
            return
        first, last = (int(place) for place in span.split("-"))
        self.send(content[first : last + 1], code=206)

    def send(
        self,
        content: bytes,
        *,
        code: int = 200,
        kind: str = "image/jpeg",
        length: int | None = None,
        **headers: str,
    ) -> None:
        """A whole answer. `length` other than the content's makes the header a lie."""
        self.send_response(code)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content) if length is None else length))
        self.send_header("Connection", "close")
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self._count_out()
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)
        self.close_connection = True

    def query(self, name: str, default: str = "") -> str:
        return parse_qs(urlsplit(self.path).query).get(name, [default])[0]

    def linger(self, seconds: float) -> bool:
        """Waits; True where the server is closing."""
        return self.server.closing.wait(seconds)

    def log_message(self, format: str, *args: object) -> None:
        """Tests have no use for an access log."""


def _status(handler: _Handler) -> None:
    handler.send(b"trouble", code=int(handler.query("code")), kind="text/plain")


def _flaky(handler: _Handler) -> None:
    """500 the first time, a picture from then on."""
    if handler.server.asked[handler.path] == 1:
        handler.send(b"trouble", code=500, kind="text/plain")
    else:
        handler.send(PLAIN_JPEG)


def _first(handler: _Handler, times: int = 1) -> bool:
    """True for the first `times` requests of this path, whatever their queries."""
    with handler.server.lock:
        handler.server.by_path[urlsplit(handler.path).path] += 1
        return handler.server.by_path[urlsplit(handler.path).path] <= times


def _resets_first(handler: _Handler) -> None:
    """Resets the first `times` requests, answers the others."""
    if _first(handler, int(handler.query("times"))):
        _reset(handler)
    else:
        handler.send(PLAIN_JPEG)


def _busy(handler: _Handler) -> None:
    """503 with Retry-After: `seconds`, which may be a date."""
    handler.send(b"later", code=503, Retry_After=handler.query("seconds"))


def _busy_first(handler: _Handler) -> None:
    if _first(handler):
        _busy(handler)
    else:
        handler.send(PLAIN_JPEG)


_CHANGED = "Tue, 24 Nov 2026 09:00:00 GMT"


def _tagged(handler: _Handler) -> None:
    """Has an ETag, and says 304 to who knows it."""
    code = 304 if handler.headers.get("If-None-Match") == '"v1"' else 200
    content = b"" if code == 304 else PLAIN_JPEG
    handler.send(content, code=code, ETag='"v1"', Last_Modified=_CHANGED)


def _with_header(handler: _Handler) -> None:
    """A picture with the headers of the query."""
    headers = {name: values[0] for name, values in parse_qs(urlsplit(handler.path).query).items()}
    handler.send(PLAIN_JPEG, **headers)


def _redirect_in_utf8(handler: _Handler) -> None:
    target = "/good.jpg?name=größe"
    handler.send(b"", code=302, Location=target.encode().decode("latin-1"))


def _slow(handler: _Handler) -> None:
    """A good picture after `seconds`."""
    handler.linger(float(handler.query("seconds", "0.2")))
    handler.send(PLAIN_JPEG)


def _hang(handler: _Handler) -> None:
    """Never answers."""
    handler.linger(_LINGER_S)
    handler.close_connection = True


def _hang_in_body(handler: _Handler) -> None:
    handler.send(PLAIN_JPEG[:100], length=len(PLAIN_JPEG))
    handler.wfile.flush()
    handler.linger(_LINGER_S)


def _drip(handler: _Handler, head: bytes, drop: bytes) -> None:
    handler.wfile.write(head)
    end = time.monotonic() + _LINGER_S
    while time.monotonic() < end and not handler.linger(_DRIP_S):
        handler.wfile.write(drop)
        handler.wfile.flush()
    handler.close_connection = True


def _drip_body(handler: _Handler) -> None:
    _drip(handler, b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", b".")


def _drip_unending_body(handler: _Handler) -> None:
    """A body without a length: only the end of the connection ends it."""
    _drip(handler, b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", b".")


def _drip_header(handler: _Handler) -> None:
    _drip(handler, b"HTTP/1.1 200 OK\r\nX-Long: ", b".")


def _huge(handler: _Handler) -> None:
    """`megabytes` of nothing, announced unless `chunked`."""
    size = int(handler.query("megabytes", "4")) * 2**20
    handler.send_response(200)
    if not handler.query("chunked"):
        handler.send_header("Content-Length", str(size))
    handler.send_header("Connection", "close")
    handler.end_headers()
    for _ in range(size // 2**16):
        handler.wfile.write(bytes(2**16))
    handler.close_connection = True


def _gzip_bomb(handler: _Handler) -> None:
    """64 MB of zeros in 64 kB of gzip."""
    handler.send(gzip.compress(bytes(64 * 2**20)), Content_Encoding="gzip")


def _gzip(handler: _Handler) -> None:
    handler.send(gzip.compress(PLAIN_JPEG), Content_Encoding="gzip")


def _broken_gzip(handler: _Handler) -> None:
    handler.send(b"not gzip at all", Content_Encoding="gzip")


def _cut_short(handler: _Handler) -> None:
    """Announces more bytes than come."""
    handler.send(PLAIN_JPEG[:200], length=len(PLAIN_JPEG))


def _reset(handler: _Handler) -> None:
    """Closes with a TCP reset in place of an answer."""
    linger_zero = struct.pack("ii", 1, 0)
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger_zero)
    handler.close_connection = True
    handler.rfile.close()  # it holds the socket open otherwise
    handler.connection.close()


def _redirect(handler: _Handler) -> None:
    """To the link in `to`."""
    handler.send(b"", code=int(handler.query("code", "302")), Location=handler.query("to"))


def _cookie_wall(handler: _Handler) -> None:
    """A picture for who has the cookie; others get it, and are sent back, or to `to`."""
    if "seen=1" in handler.headers.get("Cookie", ""):
        handler.send(PLAIN_JPEG)
        return
    cookie = "seen=1" + handler.query("with", "; Path=/")
    handler.send(b"", code=302, Location=handler.query("to", handler.path), Set_Cookie=cookie)


def _only_webp(handler: _Handler) -> None:
    """406 for who does not accept just anything."""
    if handler.headers.get("Accept") == "*/*":
        handler.send(PLAIN_JPEG)
    else:
        handler.send(b"not acceptable", code=406, kind="text/plain")


_ANSWERS: dict[str, Callable[[_Handler], None]] = {
    "/good.jpg": lambda handler: handler.send(PLAIN_JPEG),
    "/truncated.jpg": lambda handler: handler.send(PLAIN_JPEG[: len(PLAIN_JPEG) // 2]),
    "/html.jpg": lambda handler: handler.send(b"<!doctype html><p>Robot?</p>"),
    "/pixel.jpg": lambda handler: handler.send(encoded(Image.new("RGB", (1, 1)))),
    "/empty.jpg": lambda handler: handler.send(b""),
    "/status": _status,
    "/flaky.jpg": _flaky,
    "/resets-first.jpg": _resets_first,
    "/busy.jpg": _busy,
    "/busy-first.jpg": _busy_first,
    "/tagged.jpg": _tagged,
    "/with-header.jpg": _with_header,
    "/redirect-in-utf8": _redirect_in_utf8,
    "/cookie-wall.jpg": _cookie_wall,
    "/only-webp.jpg": _only_webp,
    "/never-acceptable.jpg": lambda handler: handler.send(b"no", code=406, kind="text/plain"),
    "/shop/hang.jpg": _hang,
    "/slow.jpg": _slow,
    "/hang.jpg": _hang,
    "/hang-in-body.jpg": _hang_in_body,
    "/drip-body.jpg": _drip_body,
    "/drip-unending-body.jpg": _drip_unending_body,
    "/drip-header.jpg": _drip_header,
    "/huge.jpg": _huge,
    "/gzip.jpg": _gzip,
    "/gzip-bomb.jpg": _gzip_bomb,
    "/broken-gzip.jpg": _broken_gzip,
    "/cut-short.jpg": _cut_short,
    "/reset.jpg": _reset,
    "/redirect": _redirect,
    "/redirect-nowhere": lambda handler: handler.send(b"", code=302),
    "/loop": lambda handler: handler.send(b"", code=302, Location="/loop"),
    "/redirect-to-metadata": lambda handler: handler.send(
        b"", code=302, Location="http://169.254.169.254/latest/meta-data/"
    ),
}
