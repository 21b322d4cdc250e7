"""The page served to one person on this machine: on loopback, to nobody without the token."""

import hmac
import json
import logging
import secrets
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

from entity_extract.config import Domain
from entity_extract.errors import UserError
from entity_extract.review.command import Review
from entity_extract.review.decisions import Refused, decided
from entity_extract.review.page import SERVED_POLICY, page, said_of, script, stylesheet
from entity_extract.review.pictures import Pictures
from entity_extract.review.rows import ReviewRow
from entity_extract.review.store import CorrectionStore, csv_of, parquet_of

log = logging.getLogger(__name__)

_HOST: Final = "127.0.0.1"
_MOST: Final = 10_000  # bytes of a decision
_SILENT_S: Final = 30.0  # after which a connection that says nothing is closed
_TEXT: Final = "text/plain; charset=utf-8"


class ReviewServer(ThreadingHTTPServer):
    """Serves the page at `url`, which holds a token that no other user of the machine knows, and
    writes what is decided to `store`."""

    daemon_threads = True
    block_on_close = False

    def __init__(
        self,
        review: Review,
        domain: Domain,
        store: CorrectionStore,
        pictures: Pictures,
        *,
        port: int = 0,
    ) -> None:
        """`port` 0 takes a free one. Raises UserError where it is taken."""
        try:
            super().__init__((_HOST, port), _Handler)
        except (OSError, OverflowError) as err:
            raise UserError(f"--port {port}: {getattr(err, 'strerror', None) or err}") from None
        self.review, self.domain, self.store, self.pictures = review, domain, store, pictures
        self.token = secrets.token_urlsafe(32)
        # A page elsewhere may have a name of its own lead to this address (DNS rebinding): then the
        # header has that name.
        self.hosts = frozenset({f"{_HOST}:{self.server_port}", f"localhost:{self.server_port}"})

    @property
    def url(self) -> str:
        return f"http://{_HOST}:{self.server_port}/{self.token}/"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "entity-extract", ""
    timeout = _SILENT_S
    server: ReviewServer

    def do_GET(self) -> None:
        path = self._path()
        if path is None:
            return
        name, _, place = path.partition("/")
        if name in ("picture", "thumbnail") and (row := self._row(place)) is not None:
            self._send_picture(row, small=name == "thumbnail")
        elif path in _PAGES:
            content, kind = _PAGES[path](self.server)
            self._send(content, kind)
        else:
            self._refuse(HTTPStatus.NOT_FOUND)

    def do_POST(self) -> None:
        path = self._path()
        if path is None:
            return
        own = {f"http://{host}" for host in self.server.hosts}
        length = self.headers.get("Content-Length", "")
        if path != "correction":
            self._refuse(HTTPStatus.NOT_FOUND)
        elif self.headers.get("Origin", "http://" + self.headers["Host"]) not in own:
            self._refuse(HTTPStatus.FORBIDDEN)
        elif self.headers.get_content_type() != "application/json":
            self._refuse(HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
        elif not (length.isascii() and length.isdigit() and int(length) <= _MOST):
            self._refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        else:
            self._correct(self.rfile.read(int(length)))

    def _path(self) -> str | None:
        """What stands behind the token; None where the request was refused."""
        token, _, path = self.path.removeprefix("/").partition("/")
        if self.headers.get("Host", "") not in self.server.hosts:
            self._refuse(HTTPStatus.MISDIRECTED_REQUEST)
            return None
        if not hmac.compare_digest(token.encode("utf-8", "replace"), self.server.token.encode()):
            self._refuse(HTTPStatus.NOT_FOUND)
            return None
        return path

    def _row(self, place: str) -> ReviewRow | None:
        known = place.isascii() and place.isdigit() and len(place) < 10
        rows = self.server.review.rows
        return rows[int(place)] if known and int(place) < len(rows) else None

    def _send_picture(self, row: ReviewRow, *, small: bool) -> None:
        if small:
            content, kind, reason = row.thumbnail, "image/jpeg", "no picture of it was read"
        else:
            content, kind, reason = self.server.pictures.shown(row.id.image_link)
        if content:
            self._send(content, kind)
        else:
            self._send(reason.encode(), _TEXT, HTTPStatus.NOT_FOUND)

    def _correct(self, body: bytes) -> None:
        """Answers once the decision is on disk."""
        store = self.server.store
        try:
            asked = json.loads(body)
            row = self._row(str(asked["row"]))
            decision, value = str(asked["decision"]), str(asked["value"])
        except (ValueError, KeyError, TypeError):
            return self._say({"error": "no decision"}, HTTPStatus.BAD_REQUEST)
        if row is None:
            return self._say({"error": "no such row"}, HTTPStatus.NOT_FOUND)
        try:
            if decision == "undo":
                store.take_back(row.id)
            else:
                store.put(
                    decided(
                        row.id,
                        decision,
                        value,
                        self.server.domain,
                        prediction=row.prediction,
                        candidates=row.candidates,
                        model_version=row.model_version,
                        status=row.status,
                    )
                )
        except Refused as err:
            return self._say({"error": str(err)}, HTTPStatus.UNPROCESSABLE_ENTITY)
        except OSError as err:
            log.error("%s cannot be written: %s", store.path, err)
            return self._say(
                {"error": f"{store.path}: {err.strerror or err}"}, HTTPStatus.INSUFFICIENT_STORAGE
            )
        return self._say({"said": said_of(store.get(row.id))})

    def _say(self, told: dict[str, Any], status: HTTPStatus = HTTPStatus.OK) -> None:
        self._send(json.dumps(told).encode(), "application/json", status)

    def _refuse(self, status: HTTPStatus) -> None:
        self.close_connection = True  # what else was sent is not read
        self._send(status.phrase.encode(), _TEXT, status)

    def _send(self, content: bytes, kind: str, status: HTTPStatus = HTTPStatus.OK) -> None:
        self.send_response(status)
        headers = {
            "Content-Type": kind,
            "Content-Length": str(len(content)),
            "Content-Security-Policy": SERVED_POLICY,
            "X-Content-Type-Options": "nosniff",
            "X-Frame-Options": "DENY",
            "Referrer-Policy": "no-referrer",  # or the token would go where a link leads
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cross-Origin-Resource-Policy": "same-origin",
            "Cache-Control": "no-store",
        }
        for name, value in headers.items():
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: the token stands in each path."""


def _page(server: ReviewServer) -> tuple[bytes, str]:
    said = [server.store.get(row.id) for row in server.review.rows]
    html = page(server.review, server.domain, said, served=True)
    return html.encode(), "text/html; charset=utf-8"


_PAGES: Final[dict[str, Callable[[ReviewServer], tuple[bytes, str]]]] = {
    "": _page,
    "review.css": lambda server: (stylesheet().encode(), "text/css; charset=utf-8"),
    "review.js": lambda server: (script().encode(), "text/javascript; charset=utf-8"),
    "corrections.csv": lambda server: (csv_of(server.store.all()), "text/csv; charset=utf-8"),
    "corrections.parquet": lambda server: (
        parquet_of(server.store.all()),
        "application/vnd.apache.parquet",
    ),
}
