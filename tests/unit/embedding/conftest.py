import os
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True, scope="package")
def _cache_of_its_own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What is converted here goes with the tests, and pushes nothing out of the user's cache."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(os.environ, "XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield
