"""A server that takes OpenLineage's events, and what its specification says of them."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry, Resource

_SPEC = json.loads(Path(__file__).with_name("openlineage.json").read_text("utf-8"))["schemas"]
_REGISTRY: Registry[Any] = Registry().with_resources(
    (schema["$id"], Resource.from_contents(schema)) for schema in _SPEC
)
_BY_NAME = {schema["$id"].rpartition("/")[2]: schema["$id"] for schema in _SPEC}


class Collector(ThreadingHTTPServer):
    """`status` is what it answers with; with None it never does, until it is closed."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, status: int | None) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.status = status
        self.events: list[dict[str, Any]] = []
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.closing = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: Collector

    def do_POST(self) -> None:
        content = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.asked.append((self.path, dict(self.headers)))
        if self.server.status is None:
            self.server.closing.wait(15)
            return
        self.server.events.append(json.loads(content))
        self.send_response(self.server.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Tests have no use for an access log."""


@contextmanager
def collecting(status: int | None = 201) -> Iterator[Collector]:
    """A running server, closed at the end of the block."""
    server = Collector(status)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        server.closing.set()
        server.shutdown()
        thread.join()
        server.server_close()


def faults(event: dict[str, Any]) -> list[str]:
    """What the specification has against an event, its facets included; facets that it does not
    know are faults, too."""
    found = [*_said(event, f"{_BY_NAME['OpenLineage.json']}#/$defs/RunEvent")]
    for facet in facets(event):
        file, _, part = facet["_schemaURL"].rpartition("/facets/")[2].partition("#")
        name = file.partition("/")[2]
        if name not in _BY_NAME:
            found.append(f"{facet['_schemaURL']}: not in openlineage.json")
            continue
        found += _said(facet, f"{_BY_NAME[name]}#{part}")
    return found


def facets(event: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for held in (event["run"], event["job"], *event["inputs"], *event["outputs"]):
        for kind in ("facets", "inputFacets", "outputFacets"):
            yield from held.get(kind, {}).values()


def _said(value: object, ref: str) -> Iterator[str]:
    validator = Draft202012Validator(
        {"$ref": ref}, registry=_REGISTRY, format_checker=FormatChecker()
    )
    for error in validator.iter_errors(value):
        yield f"{error.json_path}: {error.message}"
