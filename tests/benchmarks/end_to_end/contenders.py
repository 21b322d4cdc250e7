"""Who reads the photos, by name: the command of each, and what it leaves behind."""

from dataclasses import dataclass
from pathlib import Path

NAIVE_PSM, QUICK_PSM = 11, 3  # sparse text, which finds more in a photo; Tesseract's own default


@dataclass(frozen=True)
class Contender:
    """`psm` 0: our reading and embedding, with `settings` of our configuration."""

    module: str  # jobs.enrich, or one of tests.benchmarks.peers
    peer: str | None = None  # whose environment it runs in
    psm: int = 0
    settings: tuple[str, ...] = ()

    @property
    def is_ours(self) -> bool:
        return self.module == "jobs.enrich"


_TESSERACT = ("ocr.engine=tesseract",)
_SPARK = ("run.engine=spark",)  # a bench's catalog is small enough to do without it


def _peer(name: str, psm: int = 0, settings: tuple[str, ...] = ()) -> Contender:
    peer = {"with_daft": "daft", "with_ray": "ray"}.get(name)
    return Contender(f"tests.benchmarks.peers.{name}", peer, psm, settings)


CONTENDERS = {
    "default": Contender("jobs.enrich", settings=_SPARK),
    "tesseract": Contender("jobs.enrich", settings=(*_SPARK, *_TESSERACT)),
    "local": Contender("jobs.enrich", settings=("run.engine=local",)),
    "plain": _peer("with_spark", NAIVE_PSM),
    "plain_psm3": _peer("with_spark", QUICK_PSM),
    "daft": _peer("with_daft", NAIVE_PSM),
    "daft_psm3": _peer("with_daft", QUICK_PSM),
    "ray": _peer("with_ray", NAIVE_PSM),
    "ray_psm3": _peer("with_ray", QUICK_PSM),
    "limit": _peer("limit"),
    "limit_tesseract": _peer("limit", settings=_TESSERACT),
    "equal_plain": _peer("with_spark"),
    "equal_daft": _peer("with_daft"),
    "equal_ray": _peer("with_ray"),
}
USUAL = tuple(name for name in CONTENDERS if name not in ("daft_psm3", "ray_psm3"))


@dataclass(frozen=True)
class Place:
    """Where a run finds its photos and leaves its rows."""

    catalog: Path
    pictures: Path
    out: Path
    model: Path
    weights: str
    cores: int
    settings: tuple[str, ...]  # more of our configuration, of all who use it


def command(contender: Contender, python: Path, place: Place) -> list[str]:
    ours = [f"embed.weights={place.weights}", *contender.settings, *place.settings]
    tables = ["--catalog", str(place.catalog)]
    if contender.is_ours:
        tables += ["--lake", str(place.out), "--model", str(place.model)]
        ours += ["fetch.allow_private=true", "fetch.per_host_rate=0", "log.level=WARNING"]
    else:
        tables += ["--out", str(place.out), "--pictures", str(place.pictures)]
        tables += ["--psm", str(contender.psm), "--weights", place.weights]
        tables += ["--cores", str(place.cores)]
    pairs = ours if contender.psm == 0 else []
    return [str(python), "-m", contender.module, *tables, *(p for x in pairs for p in ("--set", x))]


def environment(python: Path, root: Path) -> dict[str, str]:
    """One thread a process, for all alike: there is one process a core."""
    return {
        "OMP_NUM_THREADS": "1",
        "OMP_THREAD_LIMIT": "1",
        "PYTHONPATH": str(root),
        "PYSPARK_PYTHON": str(python),
        "DAFT_PROGRESS_BAR": "0",
        "RAY_DATA_DISABLE_PROGRESS_BARS": "1",
        "RAY_USAGE_STATS_ENABLED": "0",
        "DO_NOT_TRACK": "true",
    }
