"""A shop of two pictures, and runs over catalogs of its links."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.server import shop_server
from tests.unit.local.runs import Local, card


@pytest.fixture
def local(tmp_path: Path) -> Iterator[Local]:
    with shop_server({"/a.png": card("Net 500 g"), "/b.png": card("Net 250 g")}) as server:
        yield Local(server, tmp_path)
