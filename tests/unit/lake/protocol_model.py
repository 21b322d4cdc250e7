"""A file system in memory, and runs on it that stop, sleep and die between any two of its calls.

The protocol is the package's own (wave_log.py, recovery.py), and so is the reader (LakeFiles); what
is modelled is what they stand on: a local disk, HDFS, an object store.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache

import pyarrow as pa
import pyarrow.fs as pafs
import pyarrow.parquet as pq

from entity_extract.lake.files import LEASE, STAGING, LakeFiles
from entity_extract.lake.recovery import recover
from entity_extract.lake.wave_log import LeaseLost, WaveLog, Written
from entity_extract.lake.waves import (
    KEPT,
    LISTS,
    OPEN,
    SUPERSEDED,
    Wave,
    Waves,
    list_path,
    version_of,
)

TABLE = "t"
SETTLED, TO_DO = ("s",), ("a", "b")  # the links of the table; of the latter each run publishes one
LINKS = sorted((*SETTLED, *TO_DO))
ENDS = ("done", "lost", "killed")


@dataclass(frozen=True)
class Semantics:
    """What the file system does."""

    renames: bool
    removes_at_once: bool = False  # a folder, whole
    creates_once: bool = True
    late_changes: int = 0  # the latest ones that a listing of lists does not show yet
    grace_s: float = 1e9
    leases_tell: bool = True  # a run that was taken for dead, that it was


DISK = Semantics(renames=True)
HDFS = Semantics(renames=True, removes_at_once=True)
S3 = Semantics(renames=False)
LATE = Semantics(renames=False, late_changes=2)


class Killed(BaseException):
    """It takes no further step."""


class Run:
    """A program in a thread of its own that goes on for as many calls as it is told to."""

    def __init__(self, body: Callable[["Run"], None]) -> None:
        self.outcome: str | None = None  # None while it goes on
        self.calls = 0
        self.acknowledged: list[str] = []  # links that it was told are published
        self._left: float = 0
        self._killed = False
        self._go, self._stopped = threading.Semaphore(0), threading.Semaphore(0)
        self._one = threading.Lock()  # Arrow reads several files at a time
        self._body = body
        self._thread = threading.Thread(target=self._live, daemon=True)
        self._thread.start()

    def _live(self) -> None:
        self._go.acquire()
        try:
            self._body(self)
            self.outcome = "done"
        except LeaseLost:
            self.outcome = "lost"
        except Killed:
            self.outcome = "killed"
        except Exception as err:  # noqa: BLE001  # what it was is for the test to say
            self.outcome = f"failed: {err!r}"
        self._stopped.release()

    def goes_on(self, calls: float = float("inf")) -> None:
        """Until it has made so many more calls, or is at its end."""
        if self.outcome is None:
            self._left = calls
            self._go.release()
            self._stopped.acquire()

    def dies(self) -> None:
        self._killed = True
        self.goes_on(0)
        self._thread.join()

    def turn(self) -> None:
        """Before each call to the file system."""
        with self._one:
            while self._left <= 0 and not self._killed:
                self._stopped.release()
                self._go.acquire()
            if self._killed:
                raise Killed
            self._left -= 1
            self.calls += 1


class World:
    """The files, by path, with the time at which each was written."""

    def __init__(self, semantics: Semantics) -> None:
        self.semantics = semantics
        self.files: dict[str, bytes] = {}
        self.written: dict[str, int] = {}
        self.history: list[tuple[int, frozenset[str]]] = []
        self.now = 0
        for wave, links in {"wave=w0": SETTLED, f"wave=w0{OPEN}": TO_DO}.items():
            for path, content in files_of(f"{TABLE}/{wave}", links, "w0").items():
                self.put(path, content)
        waves = (wave_of("wave=w0", SETTLED), wave_of(f"wave=w0{OPEN}", TO_DO))
        self.put(list_path(TABLE, 1), Waves(version=1, waves=waves).model_dump_json().encode())

    def put(self, path: str, content: bytes) -> None:
        self._tick()
        self.files[path], self.written[path] = content, self.now

    def drop(self, path: str) -> None:
        self._tick()
        del self.files[path]

    def rename(self, paths: Sequence[str], source: str, target: str) -> None:
        self._tick()
        for path in paths:
            new = target + path.removeprefix(source)
            self.files[new], self.written[new] = self.files.pop(path), self.written[path]

    def _tick(self) -> None:
        self.now += 1
        self.history.append((self.now, frozenset(self.files)))

    def under(self, path: str) -> list[str]:
        return sorted(name for name in self.files if name == path or name.startswith(f"{path}/"))

    def names(self, path: str) -> list[str]:
        shown = frozenset(self.files)
        if path.endswith(LISTS) and self.semantics.late_changes:
            lists = [names for _, names in self.history] + [shown]
            states = list(dict.fromkeys(frozenset(_in(path, names)) for names in lists))
            return sorted(states[max(0, len(states) - 1 - self.semantics.late_changes)])[::-1]
        return sorted(_in(path, shown))


def _in(path: str, names: frozenset[str]) -> set[str]:
    inside = (name.removeprefix(f"{path}/") for name in names if name.startswith(f"{path}/"))
    return {name.partition("/")[0] for name in inside}


@dataclass
class ModelFiles:
    """What one run sees of the world; see wave_log.Files."""

    world: World
    run: Run | None = None

    @property
    def renames(self) -> bool:
        return self.world.semantics.renames

    def _turn(self) -> None:
        if self.run is not None:
            self.run.turn()

    def url(self, path: str) -> str:
        return path

    def names(self, path: str) -> list[str]:
        self._turn()
        return self.world.names(path)

    def written_ms(self, path: str) -> dict[str, int]:
        self._turn()
        return {name: self.world.written[f"{path}/{name}"] for name in self.world.names(path)}

    def exists(self, path: str) -> bool:
        self._turn()
        return bool(self.world.under(path))

    def read_text(self, path: str) -> str | None:
        self._turn()
        content = self.world.files.get(path)
        return None if content is None else content.decode()

    def create(self, path: str, text: str) -> bool:
        self._turn()
        if path in self.world.files and self.world.semantics.creates_once:
            return False
        self.world.put(path, text.encode())
        return True

    def write(self, path: str, content: bytes) -> None:
        self._turn()
        self.world.put(path, content)

    def move(self, source: str, target: str) -> None:
        self._turn()
        paths = self.world.under(source)
        if not paths or self.world.under(target):
            raise FileNotFoundError(source)
        self.world.rename(paths, source, target)

    def remove(self, path: str) -> None:
        self._turn()
        for number, name in enumerate(self.world.under(path)):
            if number and not self.world.semantics.removes_at_once:
                self._turn()
            if name in self.world.files:  # somebody else may have been here meanwhile
                self.world.drop(name)


@cache
def content_of(links: tuple[str, ...], run_id: str) -> bytes:
    held = pa.BufferOutputStream()
    pq.write_table(pa.table({"link": list(links), "run": [run_id] * len(links)}), held)
    return bytes(held.getvalue())


def files_of(folder: str, links: tuple[str, ...], run_id: str) -> dict[str, bytes]:
    return {f"{folder}/{link}.parquet": content_of((link,), run_id) for link in links}


def wave_of(name: str, links: tuple[str, ...]) -> Wave:
    return Wave(name=name, rows=len(links), by_status=dict.fromkeys(links, 1))


@dataclass
class ModelLease:
    """A claim that whoever comes takes away: they may take this run for dead at any time."""

    files: ModelFiles
    run_id: str
    staging: str = field(init=False)

    def __post_init__(self) -> None:
        self.staging = f"{STAGING}/{self.run_id}"

    def acquire(self) -> None:
        for name in self.files.names(LEASE):
            self.files.remove(f"{LEASE}/{name}")
        self.files.write(f"{LEASE}/{self.run_id}", b"")

    def check(self) -> int:
        stands = self.files.exists(f"{LEASE}/{self.run_id}")
        if not stands and self.files.world.semantics.leases_tell:
            raise LeaseLost("taken over")
        return self.files.world.now


@dataclass
class Table:
    log: WaveLog
    lease: ModelLease

    def fence(self) -> None:
        self.log.fence(self.lease)

    def recover(self, gone: Sequence[str]) -> None:
        self.log.recover(self.lease, gone)


def writer(world: World, run_id: str) -> Run:
    """A run that takes the lake over and publishes what is open in it, a link at a time."""

    def body(run: Run) -> None:
        files = ModelFiles(world, run)
        lease = ModelLease(files, run_id)
        log = WaveLog(files, TABLE, grace_s=world.semantics.grace_s)
        lease.acquire()
        recover(files, lease, [Table(log, lease)])
        assert log.own is not None
        to_do = [link for wave in log.own.waves if wave.open for link in wave.by_status]
        for number, link in enumerate(to_do):
            _publish(files, log, lease, f"wave={run_id}-read{number:05}", link)
            run.acknowledged.append(link)
        files.remove(lease.staging)

    return Run(body)


def _publish(files: ModelFiles, log: WaveLog, lease: ModelLease, wave: str, link: str) -> None:
    """As ParquetTable does: what stays of a wave of which a row is replaced is written anew."""
    assert log.own is not None
    (old,) = (held for held in log.own.waves if held.open and link in held.by_status)
    rest = tuple(name for name in old.by_status if name != link)
    written = {wave: (link,)} | ({f"{wave}{KEPT}0{OPEN}": rest} if rest else {})
    plus = []
    for name, links in written.items():
        base = f"{lease.staging}/{TABLE}/{name}" if files.renames else TABLE
        for path, content in files_of(f"{base}/{name}", links, lease.run_id).items():
            files.write(path, content)
        plus.append(Written(base, (wave_of(name, links),)))
    log.publish(lease, without=[old.name], plus=plus)


def reader(world: World, seen: list[str]) -> Run:
    """Reads the table as our readers do that have no Spark: `seen` are the links that it found."""

    def body(run: Run) -> None:
        found = ModelLake(ModelFiles(world, run)).dataset(TABLE)
        assert found is not None
        seen.extend(sorted(found.to_table(use_threads=False)["link"].to_pylist()))

    return Run(body)


class ModelLake(LakeFiles):
    def __init__(self, files: ModelFiles) -> None:
        self.root, self._base, self.files = "model", "", files
        self._fs = pafs.PyFileSystem(Handler(files))


class Handler(pafs.FileSystemHandler):
    """The model for Arrow."""

    def __init__(self, files: ModelFiles) -> None:
        self.files = files

    def get_file_info(self, paths: list[str]) -> list[pafs.FileInfo]:
        return [self._info(path) for path in paths]

    def _info(self, path: str) -> pafs.FileInfo:
        found = self.files.exists(path.strip("/"))
        is_file = path.strip("/") in self.files.world.files
        kinds = pafs.FileType
        kind = kinds.File if is_file else kinds.Directory if found else kinds.NotFound
        return pafs.FileInfo(path, type=kind)

    def get_file_info_selector(self, selector: pafs.FileSelector) -> list[pafs.FileInfo]:
        folder = selector.base_dir.strip("/")
        places = [f"{folder}/{name}" for name in self.files.names(folder)]
        # As Arrow does it on a disk: what has gone since the folder was looked into is left out.
        return [self._info(f"/{place}") for place in places if self.files.exists(place)]

    def open_input_file(self, path: str) -> pa.NativeFile:
        self.files._turn()
        content = self.files.world.files.get(path.strip("/"))
        if content is None:
            raise FileNotFoundError(path)
        return pa.BufferReader(content)

    open_input_stream = open_input_file

    def get_type_name(self) -> str:
        return "model"

    def normalize_path(self, path: str) -> str:
        return path

    def _none(self, *_: object, **__: object) -> None:
        raise NotImplementedError

    copy_file = create_dir = delete_dir = delete_dir_contents = delete_file = _none
    delete_root_dir_contents = move = open_append_stream = open_output_stream = _none


def counting(world: World) -> Waves:
    """The newest list, to who sees the world as it is."""
    versions = {path: version_of(path.rpartition("/")[2]) for path in world.files}
    lists = {n: path for path, n in versions.items() if n and path == list_path(TABLE, n)}
    return Waves.model_validate_json(world.files[lists[max(lists)]])


def faults(world: World) -> list[str]:
    """What is wrong with the table as the newest list has it."""
    said, found = [], []
    for wave in counting(world).waves:
        for link in wave.by_status:
            found.append(link)
            if f"{TABLE}/{wave.name}/{link}.parquet" not in world.files:
                said.append(f"{wave.name} counts and lacks {link}")
    if sorted(found) != LINKS:
        said.append(f"the table has {sorted(found)}")
    return said


def disorder(world: World, *runs: Run) -> list[str]:
    """What is wrong when `runs` have come to their ends, and another has run after them."""
    said = [f"a run {run.outcome}" for run in runs if run.outcome not in ENDS]
    if all(run.outcome == "lost" for run in runs):
        said.append("each run gave way to another")
    links = [link for run in runs for link in run.acknowledged]
    if len(links) != len(set(links)):
        said.append(f"published twice: {sorted(links)}")
    last = writer(world, "z")
    last.goes_on()
    said += faults(world) + ([] if last.outcome == "done" else [f"the last run {last.outcome}"])
    newest = counting(world)
    said += [f"{wave.name} is open still" for wave in newest.waves if wave.open]
    if world.semantics.renames:
        lying = {name for name in world.names(TABLE) if name != LISTS}
        said += [f"{name} lies there" for name in lying ^ newest.names]
        aside = set(world.names(f"{SUPERSEDED}/{TABLE}"))
        said += [f"{name} lies aside" for name in aside - newest.superseded.keys()]
    else:
        lying = {name for name in world.names(TABLE) if name != LISTS}
        said += [f"{name} lies there" for name in lying - newest.names - newest.superseded.keys()]
    return said + [f"{name} is staged" for name in world.names(STAGING)]
