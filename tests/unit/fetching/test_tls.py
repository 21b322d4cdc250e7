"""TLS is verified for the link's name, kept alive, and passed through a proxy untouched."""

import json
import os
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from entity_extract.config import FetchConfig
from entity_extract.fetching.fetch import fetch
from entity_extract.status import Status
from tests.hostile_server import HostileServer, hostile_server

# A process of its own, since trust is read from the environment once per process.
PROGRAM = """
import json, sys
from entity_extract.config import FetchConfig
from entity_extract.fetching.fetch import Fetcher
links, settings = json.loads(sys.argv[1]), json.loads(sys.argv[2])
with Fetcher(FetchConfig(deadline_s=20.0, **settings), resolve=lambda *_: ["127.0.0.1"]) as fetcher:
    print(json.dumps([fetcher.fetch(link).status for link in links]))
"""


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Vouches for shop.example; the key lies beside it."""
    folder = tmp_path_factory.mktemp("tls")
    subject = ["-subj", "/CN=shop.example", "-addext", "subjectAltName=DNS:shop.example"]
    files = ["-keyout", str(folder / "key.pem"), "-out", str(folder / "certificate.pem")]
    request = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", *subject, *files]
    subprocess.run(request, check=True, capture_output=True)
    return folder / "certificate.pem"


@contextmanager
def server_with(
    certificate: Path, most: ssl.TLSVersion = ssl.TLSVersion.MAXIMUM_SUPPORTED
) -> Iterator[HostileServer]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    context.maximum_version = most
    context.set_ciphers("ALL:@SECLEVEL=0")  # or OpenSSL itself would refuse to speak TLS 1.1
    context.load_cert_chain(certificate, certificate.with_name("key.pem"))
    with hostile_server(context) as server:
        yield server


def statuses(links: list[str], trusted: Path, **settings: object) -> list[str]:
    command = [sys.executable, "-c", PROGRAM, json.dumps(links), json.dumps(settings)]
    environment = {**os.environ, "SSL_CERT_FILE": str(trusted)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return list(json.loads(done.stdout))


def test_a_certificate_that_nobody_vouches_for_is_unreachable(certificate: Path) -> None:
    config = FetchConfig(allow_private=True, deadline_s=10.0)
    with server_with(certificate) as server:
        link = server.url("/good", host="shop.example")
        fetched = fetch(link, config, resolve=lambda *_: ["127.0.0.1"])
    assert fetched.status == Status.UNREACHABLE
    assert "CERTIFICATE_VERIFY_FAILED" in fetched.reason


def test_a_certificate_has_to_be_for_the_name_and_its_connection_is_kept(certificate: Path) -> None:
    with server_with(certificate) as server:
        ours, other = server.url("/good", "shop.example"), server.url("/good", "other.example")
        found = statuses([ours, ours, other, ours], certificate, allow_private=True)
        assert found == ["ok", "ok", "unreachable", "ok"]
        assert server.connections == 2


def test_tls_older_than_1_2_is_not_spoken(certificate: Path) -> None:
    with server_with(certificate, ssl.TLSVersion.TLSv1_1) as server:
        links = [server.url("/good", "shop.example")]
        assert statuses(links, certificate, allow_private=True) == ["unreachable"]
        assert server.asked.total() == 0


def test_a_proxy_is_asked_for_a_tunnel_and_tls_is_verified_through_it(certificate: Path) -> None:
    with server_with(certificate) as server, tunnelling_proxy(server.port) as (proxy, asked):
        ours, other = server.url("/good", "shop.example"), server.url("/good", "other.example")
        found = statuses([ours, ours, other], certificate, proxy=proxy, ports="any")
        assert found == ["ok", "ok", "unreachable"]
        assert asked == [f"CONNECT {name}.example:{server.port}" for name in ("shop", "other")]


@contextmanager
def tunnelling_proxy(port: int) -> Iterator[tuple[str, list[str]]]:
    """Its link, and the first words of each request; every tunnel leads to `port`."""
    asked: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            with suppress(OSError):
                while True:
                    inside, _ = listener.accept()
                    asked.append(inside.recv(65536).decode().partition(" HTTP")[0])
                    outside = socket.create_connection(("127.0.0.1", port))
                    inside.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
                    for pair in ((inside, outside), (outside, inside)):
                        threading.Thread(target=_pump, args=pair, daemon=True).start()

        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", asked
        listener.shutdown(socket.SHUT_RDWR)


def _pump(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while part := source.recv(65536):
            target.sendall(part)
        target.shutdown(socket.SHUT_WR)
