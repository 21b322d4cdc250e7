"""A lake that is written: tables that grow by waves, each of which counts whole or not at all.

Which waves count stands in small numbered files per table (`waves.py`); or, with
lake.format = "delta", in Delta's log. Writing takes a lease, so that one run writes at a time; and
that two never change a table at once is seen to by the numbers.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Generic, Protocol, TypeVar

from entity_extract.config import LakeConfig
from entity_extract.errors import UserError
from entity_extract.lake.files import MARK, SCHEMA_VERSION, STAGING, Mark, parsed
from entity_extract.lake.lease import Lease, LeaseFiles, held, writer_lease
from entity_extract.lake.recovery import Fenced, recover
from entity_extract.lake.wave_log import Files
from entity_extract.schema import (
    CHECKS,
    EMBEDDINGS,
    IMAGES,
    PREDICTIONS,
    REREADINGS,
    SPLITS,
    TableSpec,
)


class LakeStorage(Files, LeaseFiles, Protocol):
    """What a lake asks of its file system."""

    def check_create(self, path: str) -> None:
        """Warns where `create` makes a file twice. `path` is nobody's."""
        ...

    def write_text(self, path: str, text: str) -> None:
        """Replaces the file in one step."""
        ...


class WrittenTable(Fenced, Protocol):
    """One table of the lake, as its spec says."""

    spec: TableSpec
    lease: Lease | None  # without one nothing can be published
    written: int  # rows that were published through this

    @property
    def name(self) -> str: ...

    def adopt(self) -> None:
        """Takes what a lake of version 1 holds as published."""
        ...


_Table = TypeVar("_Table", bound=WrittenTable)
_Storage = TypeVar("_Storage", bound=LakeStorage)


class WritableLake(ABC, Generic[_Storage, _Table]):
    """The tables under one root. Opening it changes nothing; who will write enters `writing()`."""

    def __init__(
        self, storage: _Storage, root: str, config: LakeConfig, specs: Sequence[TableSpec]
    ) -> None:
        """Raises UserError where the lake at `root` is of another format or of a newer version."""
        self.storage = storage
        self.config = config
        self.lease: Lease | None = None
        mark = storage.read_json(MARK)
        if mark is not None:
            parsed(Mark, mark, storage.url(MARK)).check(root, config.format)
        self.tables = tuple(self._table(spec) for spec in specs)
        self.images = self[IMAGES]
        self.rereadings = self[REREADINGS]
        self.embeddings = self[EMBEDDINGS]
        self.predictions = self[PREDICTIONS]
        self.checks = self[CHECKS]
        self.splits = self[SPLITS]

    @abstractmethod
    def _table(self, spec: TableSpec) -> _Table: ...

    @property
    @abstractmethod
    def engine(self) -> Mapping[str, str]:
        """What does the work, for a run's manifest."""

    def __getitem__(self, spec: TableSpec) -> _Table:
        """Raises KeyError where the lake was opened without it."""
        for table in self.tables:
            if table.name == spec.name:
                return table
        raise KeyError(spec.name)

    def require(self) -> None:
        """Raises UserError where there is no lake yet."""
        if not self.storage.exists(MARK):
            raise UserError(f"{self.storage.root}: no lake there (no {MARK})")

    @property
    def staging(self) -> str:
        """This run's own folder for what does not count. Raises RuntimeError outside writing()."""
        return held(self.lease).staging

    @contextmanager
    def writing(self, run_id: str, job: str) -> Iterator[None]:
        """The right to publish, to the end of the block; first clears up after a crashed run.

        Raises UserError where another run writes for all of lake.wait_s, LeaseLost where one takes
        over.
        """
        waits = {"lease_s": self.config.lease_s, "wait_s": self.config.wait_s}
        with writer_lease(self.storage, run_id, job, **waits) as lease:
            self._make(lease)
            self._lend(lease)
            try:
                self.recover()
                self.storage.check_create(f"{lease.staging}/once")
                yield
            finally:
                self._lend(None)
                # Not all that is staged: where the lease was lost, another run has the rest in use.
                self.storage.remove(lease.staging)

    def _lend(self, lease: Lease | None) -> None:
        self.lease = lease
        for table in self.tables:
            table.lease = lease

    def recover(self) -> None:
        """Discards what a crashed run had not published. Within writing()."""
        recover(self.storage, held(self.lease), self.tables)

    def _make(self, lease: Lease) -> None:
        """Marks the lake as one of this version; takes over one of the version before."""
        if self.storage.exists(MARK):
            return
        self._check_version_1()
        for table in self.tables:
            table.adopt()
        lease.check()
        mark = Mark(schema_version=SCHEMA_VERSION, format=self.config.format)
        self.storage.write_json(MARK, mark.model_dump())

    def _check_version_1(self) -> None:
        """A lake without a mark is new, or of version 1: then all its publishing must be done."""
        for name in (table.name for table in self.tables):
            for wave in self.storage.names(f"{STAGING}/{name}"):
                if self.storage.exists(f"{STAGING}/{name}/{wave}/commit.json"):
                    raise UserError(
                        f"{self.storage.root}: version 0.1.0 of this package was interrupted while "
                        f"publishing {name}; run one of its jobs on this lake once more, then this"
                    )
