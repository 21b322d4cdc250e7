"""What of cleaning a lake is done without Spark."""

from collections.abc import Iterable

import pyarrow as pa
import pyarrow.compute as pc

from entity_extract.lake.forgotten import forgotten
from entity_extract.local.lake import LocalLake
from entity_extract.status import Status


def forget(lake: LocalLake, run_id: str, statuses: Iterable[Status]) -> list[str]:
    """See spark/tables/vacuum.py. Within LocalLake.writing()."""
    among = pa.array(sorted(status.value for status in statuses), pa.string())
    return forgotten(lake.tables, pc.is_in(pc.field("status"), among), run_id)
