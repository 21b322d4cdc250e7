"""Serves pictures on loopback for the fetch benchmark, in a process of its own.

    python -m tests.benchmarks.picture_server --pictures 100

prints its port. `/n.jpg` is one of the pictures, 20 to 200 kB, `/hang/n.jpg` never answers. An
asyncio protocol that writes ready-made answers: some ten times what either client asks for.
"""

import argparse
import asyncio
import io
import sys

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


class _Server(asyncio.Protocol):
    def __init__(self, answers: list[bytes]) -> None:
        self._answers = answers
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
            number = int(path.strip(b"/").partition(b".")[0])
            self._transport.write(self._answers[number % len(self._answers)])
            if b"connection: close" in request.lower():
                self._transport.close()


async def _serve(answers: list[bytes]) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Server(answers), "127.0.0.1", 0, backlog=1024)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", type=int, default=100)
    head = "HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n"
    contents = pictures(parser.parse_args().pictures)
    asyncio.run(_serve([(head % len(content)).encode() + content for content in contents]))


if __name__ == "__main__":
    main()
