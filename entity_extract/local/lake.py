"""The lake as one machine reads and writes it, without Spark: tables of Parquet on its disk."""

from collections.abc import Mapping

import pyarrow as pa

from entity_extract.config import LakeConfig
from entity_extract.lake.storage import ArrowStorage
from entity_extract.lake.writable import WritableLake
from entity_extract.local.table import LocalTable
from entity_extract.schema import TABLES, TableSpec

_MIB = 1 << 20


class LocalLake(WritableLake[ArrowStorage, LocalTable]):
    """See WritableLake; its tables are read and written as tables of pyarrow."""

    def __init__(self, root: str, config: LakeConfig) -> None:
        """Raises UserError where it is not on this machine's disk, or of another format or of a
        newer version."""
        super().__init__(ArrowStorage(root), root, config, TABLES)

    def _table(self, spec: TableSpec) -> LocalTable:
        return LocalTable(
            self.storage,
            spec,
            wave_rows=self.config.wave_links,
            file_bytes=round(self.config.file_mib * _MIB),
            grace_s=self.config.grace_minutes * 60,
        )

    @property
    def engine(self) -> Mapping[str, str]:
        return {"engine": "local", "pyarrow": pa.__version__}
