"""Serves a folder on loopback, together with links that break in every way links do.

/missing/...                      404
/slow/...                         drips a byte now and then, for as long as the server runs
/silent/...                       accepts the request and never answers
/truncated/ /html/ /pixel/ /huge/ see broken.py
anything else                     a file of the folder, or 404
"""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from entity_extract.sample_shop import broken

DRIP_S = 0.25  # well under any read timeout, so that only a deadline for the whole request helps

log = logging.getLogger(__name__)


@contextmanager
def serve(folder: Path, port: int = 0) -> Iterator[str]:
    """Yields the base URL, `http://127.0.0.1:<port>`; port 0 takes a free one.

    Raises NotADirectoryError before anything starts, OSError where the port is taken.
    Leaving the block ends requests that still hang.
    """
    if not folder.is_dir():
        raise NotADirectoryError(f"{folder}: not a folder to serve")
    stopping = threading.Event()
    handler = partial(_Handler, directory=str(folder.resolve()), stopping=stopping)
    server = _Server(("127.0.0.1", port), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), name="sample-server")
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        stopping.set()
        server.shutdown()
        server.server_close()  # waits for the requests in hand
        thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = False
    request_queue_size = 128  # many reader threads connect at once

    def handle_error(self, request: Any, client_address: Any) -> None:
        log.debug("request from %s broke off", client_address, exc_info=True)


class _Handler(SimpleHTTPRequestHandler):
    timeout = 10  # a client that connects and says nothing must not hold up the server's end
    extensions_map = {  # noqa: RUF012 (the base class's own attribute)
        ".jpg": "image/jpeg",
        ".png": "image/png",
        ".webp": "image/webp",
        ".csv": "text/csv",
        "": "application/octet-stream",
    }

    def __init__(self, *args: Any, stopping: threading.Event, **kwargs: Any) -> None:
        self._stopping = stopping
        super().__init__(*args, **kwargs)

    def do_GET(self) -> None:
        kind = urlsplit(self.path).path.lstrip("/").partition("/")[0]
        if kind == "missing":
            self.send_error(HTTPStatus.NOT_FOUND)
        elif kind == "slow":
            self._drip()
        elif kind == "silent":
            self._stopping.wait()
        elif kind in broken.CONTENTS:
            content_type, content = broken.CONTENTS[kind]
            self._answer(content_type, content())
        elif self._leaves_the_folder():
            self.send_error(HTTPStatus.NOT_FOUND)
        else:
            super().do_GET()

    def _answer(self, content_type: str, content: bytes) -> None:
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _drip(self) -> None:
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", "image/jpeg")
        self.send_header("Content-Length", "1000000")
        self.end_headers()
        while not self._stopping.wait(DRIP_S):
            self.wfile.write(b"\xff")

    def _leaves_the_folder(self) -> bool:
        asked = Path(self.directory, unquote(urlsplit(self.path).path).lstrip("/"))
        return not asked.resolve().is_relative_to(self.directory)

    def list_directory(self, path: Any) -> None:
        self.send_error(HTTPStatus.NOT_FOUND)

    def log_message(self, format: str, *args: Any) -> None:
        log.debug(format, *args)
