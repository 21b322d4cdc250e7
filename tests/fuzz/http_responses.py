"""Damaged HTTP answers, by the thousand: does a fetch raise, or outlast its deadline?

    python -m tests.fuzz.http_responses --cases 20000

Cases are numbered, and a number always makes the same bytes; they go over real sockets. Prints one
JSON object; exits with 1 where there is a finding.
"""

import argparse
import gzip
import json
import random
import socket
import sys
import threading
from collections import Counter
from contextlib import suppress

from entity_extract.config import FetchConfig
from entity_extract.fetching.fetch import Fetcher
from tests.hostile_server import CHUNKED, OK, WHOLE
from tests.server import PLAIN_JPEG

DEADLINE_S = 2.0
_GZIP = gzip.compress(PLAIN_JPEG)
SEEDS = [
    WHOLE,
    CHUNKED + b"3\r\nabc\r\nff;ext=1\r\n" + b"y" * 255 + b"\r\n0\r\nTrailer: x\r\n\r\n",
    OK + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(_GZIP) + _GZIP,
    OK + b"Content-Encoding: deflate, gzip\r\nContent-Length: %d\r\n\r\n" % len(_GZIP) + _GZIP,
    b"HTTP/1.1 302 Found\r\nLocation: /x?sig=1\r\nContent-Length: 0\r\n\r\n",
    b"HTTP/1.1 503 Busy\r\nRetry-After: Tue, 24 Nov 2026 09:00:00 GMT\r\nContent-Length: 0\r\n\r\n",
    WHOLE.replace(b"\r\n", b'\r\nETag: "x"\r\nX-Robots-Tag: a: noindex, b\r\n', 1),
    b"HTTP/1.1 100 Continue\r\n\r\n" + WHOLE,
    b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" * 3 + WHOLE,
    b"HTTP/1.1 302 Found\r\nSet-Cookie: a=1; Path=/; Max-Age=9\r\nLocation: ?y\r\n\r\n",
    b"HTTP/1.1 406 Not Acceptable\r\nContent-Length: 0\r\n\r\n",
    OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n%x\r\n" % len(_GZIP) + _GZIP + b"\r\n0\r\n\r\n",
    OK + b"Refresh: 0; url=/\r\nContent-Length: 6\r\n\r\n<html>",
]
_INSERTS = [
    b"\r\n",
    b"\n",
    b"-",
    b"9" * 30,
    b": ",
    b"\x00" * 5,
    b"\r\n\r\n",
    b"Location: http://[\r\n",
]
_INSERTS += [b"Content-Length: 9\r\n", b"Transfer-Encoding: chunked\r\n"]
_INSERTS += [
    b"HTTP/1.1 103 Early\r\n\r\n",
    b"no colon\r\n",
    b"\r\n folded: \t",
    b" \t: ",
    b"\r",
    b"Content-Length: %d, %d\r\n" % (len(PLAIN_JPEG), len(PLAIN_JPEG)),
    b"Transfer-Encoding: identity, gzip,\r\n",
    b"Content-Encoding: br, gzip\r\n",
    b"Set-Cookie: =; Expires=Tue, 99 Foo 10000000; Domain=.; \xff\x00;;\r\n",
    b"Location: \\\\h\\..//?#%%\r\n",
]


def case(number: int) -> bytes:
    """A seed, changed in one to four places, mostly in its header."""
    dice = random.Random(number)
    answer = bytearray(SEEDS[number % len(SEEDS)])
    for _ in range(dice.choice((1, 1, 2, 4))):
        end = len(answer) if dice.random() < 0.2 else min(len(answer), 200)
        place = dice.randrange(max(1, end))
        change = dice.randrange(6)
        if change == 0:
            answer[place : place + 1] = bytes([dice.randrange(256)])
        elif change == 1:
            answer[place : place + 1] = bytes([dice.choice(b"\r\n\0 :;,-09af\xff")])
        elif change == 2:
            del answer[place:]
        elif change == 3:
            del answer[place : place + dice.randrange(1, 20)]
        elif change == 4:
            answer[place:place] = dice.choice(_INSERTS)
        else:
            answer[place:place] = answer[place : place + 40] * dice.randrange(1, 5)
    return bytes(answer)


def run(numbers: range) -> tuple[Counter[str], dict[int, str]]:
    """Statuses, and findings by case. Each case has a host of its own: none of them rests."""
    config = FetchConfig(
        allow_private=True, deadline_s=DEADLINE_S, per_host_rate=0.0, robots=("noindex",)
    )
    statuses: Counter[str] = Counter()
    findings: dict[int, str] = {}
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
        threading.Thread(target=_serve, args=(listener,), daemon=True).start()
        port = listener.getsockname()[1]
        with Fetcher(config, resolve=lambda *_: ["127.0.0.1"]) as fetcher:
            for number in numbers:
                try:
                    fetched = fetcher.fetch(f"http://h{number}.example:{port}/{number}")
                except Exception as err:  # noqa: BLE001 (what may escape is the question)
                    findings[number] = f"{type(err).__name__}: {err}"
                    continue
                statuses[fetched.status.value] += 1
                if fetched.fetch_ms > (DEADLINE_S + 3.0) * 1000:
                    findings[number] = f"took {fetched.fetch_ms} ms"
        listener.shutdown(socket.SHUT_RDWR)
    return statuses, findings


def _serve(listener: socket.socket) -> None:
    with suppress(OSError):
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=_answer, args=(connection,), daemon=True).start()


def _answer(connection: socket.socket) -> None:
    with connection, suppress(OSError):
        number = connection.recv(65536).split(b" ", 2)[1].strip(b"/")
        # What a damaged redirect asks for is no number.
        connection.sendall(case(int(number)) if number.isdigit() and len(number) < 9 else WHOLE)
        connection.shutdown(socket.SHUT_WR)
        connection.settimeout(DEADLINE_S)
        connection.recv(1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=20_000)
    statuses, findings = run(range(parser.parse_args().cases))
    report = {"cases": statuses.total() + len(findings), "statuses": statuses, "findings": findings}
    sys.stdout.write(json.dumps(report, indent=2) + "\n")
    sys.exit(bool(findings))


if __name__ == "__main__":
    main()
