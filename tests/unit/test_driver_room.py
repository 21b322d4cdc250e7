"""What memory could not hold is refused before it comes, with the figure."""

from pathlib import Path

import pytest

from entity_extract.errors import UserError
from entity_extract.spark.driver_room import free_bytes, require_room


def test_more_than_is_left_is_refused_with_rows_bytes_and_a_remedy() -> None:
    require_room(1_000_000, 3_000, "evaluating", "evaluate a part", free=3_000_000_000)
    with pytest.raises(UserError) as refused:
        require_room(1_000_001, 3_000, "evaluating", "evaluate a part", free=3_000_000_000)
    said = "evaluating brings 1,000,001 rows to the driver, 3.0 GB at some 3,000 bytes each"
    assert said in str(refused.value)
    assert "3.0 GB left; evaluate a part" in str(refused.value)


def test_what_is_left_is_what_linux_tells() -> None:
    free = free_bytes()
    assert free is not None
    total = int(Path("/proc/meminfo").read_text().split()[1]) * 1024
    assert 0 < free <= total
    with pytest.raises(UserError, match="GB left"):
        require_room(total, 2, "evaluating", "evaluate a part")
