"""The page as a file, and as a server that runs until it is told to stop."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from entity_extract.config import Config
from entity_extract.errors import UserError
from entity_extract.review.command import Review
from entity_extract.review.page import page
from entity_extract.review.pictures import Pictures
from entity_extract.review.server import ReviewServer
from entity_extract.review.store import CorrectionStore, replaced, stored


def write_page(review: Review, out: Path, corrections: Path, config: Config) -> None:
    """One file, with thumbnails; what `corrections` holds is shown as decided. Raises UserError."""
    said = {correction.id: correction for correction in stored(corrections)}
    html = page(review, config.domain, [said.get(row.id) for row in review.rows], served=False)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        replaced(out, html.encode())
    except OSError as err:
        raise UserError(f"--out {out}: {err.strerror or err}") from None


@contextmanager
def serving(
    review: Review, store: CorrectionStore, config: Config, *, port: int = 0
) -> Iterator[str]:
    """The URL of the page, served while the block runs. Raises UserError where `port` is taken."""
    pictures = Pictures(config.fetch)
    server = ReviewServer(review, config.domain, store, pictures, port=port)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1})
    thread.start()
    try:
        yield server.url
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        pictures.close()


def until_a_signal(say: Callable[[], None]) -> None:
    """Waits for Ctrl-C or SIGTERM, which are how a server ends well."""
    stop = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stop.set())
    say()
    stop.wait()
