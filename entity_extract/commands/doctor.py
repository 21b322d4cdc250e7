"""What is there of all that the commands need, what is missing, and how to get it."""

import argparse
import os
import platform
import re
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import Final

from entity_extract.commands.running import config_of
from entity_extract.config import Config
from entity_extract.config.remote import remote_of
from entity_extract.errors import UserError
from entity_extract.lake.file_systems import check_root, check_writable, local_root
from entity_extract.learning.prediction.bundle_files import BundleError, default_bundle
from entity_extract.reading import engines
from entity_extract.spark.session.java import HOW_TO_GET, find_java, java_version
from entity_extract.version import __version__

# Of Spark's first number, the Javas that it runs on.
_JAVAS: Final = {3: (8, 11, 17), 4: (17, 21)}
_GIB: Final = 2**30
_WITHOUT_SPARK: Final = "without it: small catalogs, read, review, status, compare, finetune"
_LEAST_MEMORY_GIB: Final = 4  # 3 for the JVM of a local run, and a task
_LEAST_DISK_GIB: Final = 2
_OF_EXTRA: Final = re.compile(r"""([\w.-]+).*;\s*extra\s*==\s*["']([\w-]+)["']""")
# What each extra of the package is for; `spark` has a line of its own, and `test` is for us.
EXTRAS: Final = {
    "formats": "pictures in HEIC, JPEG XL and SVG",
    "xlsx": "catalogs that are workbooks of Excel",
    "delta": "lakes and catalogs of Delta's, without Spark",
    "s3": "a lake on s3a:// over Spark Connect",
    "hdfs": "a lake on webhdfs://, without Spark",
    "connect": "a server of Spark Connect",
    "tune": "entity-extract tune",
    "mlflow": "runs and models in MLflow",
    "openlineage": "events for OpenLineage",
    "prometheus": "--metrics-file, for Prometheus",
    "completion": "the shell's completion",
}
_CPU_TORCH: Final = "pip install --index-url https://download.pytorch.org/whl/cpu torch torchvision"


@dataclass(frozen=True)
class Finding:
    """One line: `how` says what to do where it is not `there`; what is `needed` fails the whole."""

    what: str
    there: bool
    said: str
    how: str = ""
    needed: bool = True

    def __str__(self) -> str:
        mark = "ok" if self.there else "missing" if self.needed else "-"
        told = self.said if self.there or not self.how else f"{self.said}: {self.how}"
        return f"{mark:8}{self.what:15}{told}"


def run(args: argparse.Namespace) -> None:
    config = config_of(args)
    found = [*_programs(config), *_reading(config), *_machine(args.lake, config), *_extras()]
    print("\n".join(map(str, found)))
    if lacking := [one.what for one in found if one.needed and not one.there]:
        raise UserError(f"missing: {', '.join(lacking)}")


def _programs(config: Config) -> Iterator[Finding]:
    yield Finding("entity-extract", True, f"{__version__}, Python {platform.python_version()}")
    spark = _version("pyspark")
    needed = config.run.engine == "spark"
    how = f'pip install "entity-extract[spark]"; {_WITHOUT_SPARK}'
    yield Finding("Spark", spark is not None, spark or "no pyspark", how, needed)
    java, remote = find_java(), remote_of(config.spark)  # a server of Spark Connect has the Java
    if java is None:
        said = "none" if remote is None else f"none, and none is asked for: Spark is {remote}"
        how = f"{HOW_TO_GET}; {_WITHOUT_SPARK}"
        yield Finding("Java", False, said, how, needed and remote is None)
        return
    number, known = java_version(java), _JAVAS.get(int((spark or "3").split(".")[0]), ())
    fits = f"Spark runs on {', '.join(map(str, known))}; {HOW_TO_GET}"
    yield Finding("Java", number in known, f"{number}, {java}", fits, needed and remote is None)


def _reading(config: Config) -> Iterator[Finding]:
    lacking = engines.lacking(config.ocr)
    for name in engines.ENGINES:
        by = _BY[name]
        said = ", ".join(f"{package} {_version(package) or 'missing'}" for package in by)
        why = lacking.get(name)
        yield Finding(name, why is None, why or said, needed=False)
    try:
        chosen = engines.chosen(config.ocr)
        engines.check(chosen, config.domain)
    except UserError as err:
        yield Finding("reading", False, str(err))
    else:
        yield Finding("reading", True, f"{chosen.engine}, languages {chosen.language}")
    try:
        yield Finding("model", True, f"{default_bundle().version}, the package's own")
    except BundleError as err:
        yield Finding("model", False, str(err), "pip install --force-reinstall entity-extract")
    openvino = _version("openvino")
    yield Finding("openvino", openvino is not None, openvino or "none", needed=False)
    yield _torch()


def _torch() -> Finding:
    """Which build: that for GPUs takes 5 GB more, and brings nothing where there is none."""
    found, has_cuda = _version("torch"), any(map(_version, _OF_CUDA))
    if found is None:
        return Finding("torch", False, "none", _CPU_TORCH, needed=False)
    if not has_cuda:
        return Finding("torch", True, f"{found}, without CUDA")
    if shutil.which("nvidia-smi"):
        return Finding("torch", True, f"{found}, with CUDA")
    how = f"a new environment does without if it begins with {_CPU_TORCH}"
    said = f"{found}, with 5 GB of CUDA, and no GPU here"
    return Finding("torch", False, said, how, needed=False)


# Of which torch's build for GPUs asks for one, whatever its CUDA.
_OF_CUDA: Final = ("nvidia-cuda-runtime", "nvidia-cuda-runtime-cu12", "nvidia-cuda-runtime-cu13")
_BY: Final = {"rapidocr": ("rapidocr", "onnxruntime"), "tesseract": ("tesserocr", "pytesseract")}


def _machine(lake: str | None, config: Config) -> Iterator[Finding]:
    cores = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / _GIB
    said = f"{memory:.1f} GiB, {cores} cores"
    how = f"a local run wants {_LEAST_MEMORY_GIB} GiB: --set spark.driver.memory=1g"
    yield Finding("memory", memory >= _LEAST_MEMORY_GIB, said, how, needed=False)
    if lake is None:
        return
    try:
        check_root(lake)
        check_writable(lake, config.spark)
    except UserError as err:
        yield Finding("lake", False, str(err))
        return
    named = local_root(lake)
    if named is None:
        yield Finding("lake", True, f"{lake}: not on this machine, not looked at")
        return
    path = Path(named).absolute()
    there = next(folder for folder in (path, *path.parents) if folder.exists())
    free = shutil.disk_usage(there).free / _GIB
    said = f"{lake}: may be written, {free:.1f} GiB free"
    yield Finding("lake", free >= _LEAST_DISK_GIB, said, f"a run wants {_LEAST_DISK_GIB} GiB")


def _extras() -> Iterator[Finding]:
    """Of each extra what it is for, and the names of its packages that are not installed."""
    try:
        asked = requires("entity-extract") or ()
    except PackageNotFoundError:  # the code is here, and was not installed
        return
    for extra, what_for in EXTRAS.items():
        wanted = [one[1] for text in asked if (one := _OF_EXTRA.match(text)) and one[2] == extra]
        absent = [name for name in wanted if _version(name) is None]
        lacking = f", without {', '.join(absent)}" if absent else ""
        how = f'pip install "entity-extract[{extra}]"'
        yield Finding(f"[{extra}]", not absent, f"{what_for}{lacking}", how, needed=False)


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
