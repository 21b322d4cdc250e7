"""Serves pictures on loopback for the benchmarks, in a process of its own.

    python -m tests.benchmarks.picture_server [--pictures 100 | --folder FOLDER]

prints its port. `/n.jpg` is one of so many drawn pictures, 20 to 200 kB, or a file of the folder by
its name; `/hang/n.jpg` never answers. An asyncio protocol that writes ready-made answers: some ten
times what either client asks for.
"""

import argparse
import asyncio
import io
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote

import numpy as np
from PIL import Image

SMALLEST, LARGEST = 20_000, 200_000


def pictures(count: int) -> list[bytes]:
    """JPEGs whose sizes are spread evenly on a logarithmic scale; the same at each call."""
    rng = np.random.default_rng(7)
    sizes = np.geomspace(SMALLEST, LARGEST, count)
    return [_picture(rng, round(size)) for size in rng.permutation(sizes)]


def _picture(rng: np.random.Generator, size: int) -> bytes:
    """Noise takes some 1.3 bytes a pixel at this quality; a square of it comes near `size`."""
    side = max(16, round((size / 1.3) ** 0.5))
    pixels = rng.integers(0, 256, (side, side, 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=80)
    return buffer.getvalue()


# A path, without its first slash -> a whole answer.
Answer = Callable[[str], bytes]


def _drawn(count: int) -> Answer:
    answers = [_whole("200 OK", content) for content in pictures(count)]
    return lambda path: answers[int(path.partition(".")[0]) % count]


def _of_folder(folder: Path) -> Answer:
    """All files are in memory, so that no disk is measured."""
    answers = {path.name: _whole("200 OK", path.read_bytes()) for path in folder.iterdir()}
    missing = _whole("404 Not Found", b"")
    return lambda path: answers.get(unquote(path), missing)


def _whole(status: str, content: bytes) -> bytes:
    head = (
        f"HTTP/1.1 {status}\r\nContent-Type: image/jpeg\r\nContent-Length: {len(content)}\r\n\r\n"
    )
    return head.encode() + content


class _Server(asyncio.Protocol):
    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self._asked = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._asked += data
        while b"\r\n\r\n" in self._asked:
            request, _, self._asked = self._asked.partition(b"\r\n\r\n")
            path = request.split(b" ", 2)[1]
            if path.startswith(b"/hang"):
                continue
            self._transport.write(self._answer(path.decode().strip("/")))
            if b"connection: close" in request.lower():
                self._transport.close()


async def _serve(answer: Answer) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Server(answer), "127.0.0.1", 0, backlog=1024)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


@contextmanager
def served(*options: str) -> Iterator[str]:
    """The server in a process of its own; its base URL."""
    command = [sys.executable, "-m", "tests.benchmarks.picture_server", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(server.stdout.readline())}"
        finally:
            server.terminate()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", type=int, default=100)
    parser.add_argument("--folder", type=Path, help="whose files are served instead")
    args = parser.parse_args()
    asyncio.run(_serve(_of_folder(args.folder) if args.folder else _drawn(args.pictures)))


if __name__ == "__main__":
    main()
