"""One shop for the tests of the review that only look at it."""

from collections.abc import Iterator

import pytest

from tests.unit.review.cases import Shop, shop


@pytest.fixture(scope="session")
def cards(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with shop(tmp_path_factory.mktemp("cards")) as made:
        yield made
