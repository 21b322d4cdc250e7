"""Packs the jobs' Python, its packages and the interpreter itself, into build/environment-….tar.gz.

    .venv/bin/python deploy/environment.py [--with-cuda]

It prints the path of the archive, which deploy/submit.sh --ship-environment sends to executors that
have no Python of ours. venv-pack would leave a link to the interpreter of this very machine; here
bin/python runs from wherever the archive is unpacked, on Linux with this machine's C library or a
newer one. Packages are those that entity-extract asks for, less pyspark, which the cluster brings,
and less what a CPU never loads of CUDA. Built once per set of versions.
"""

import argparse
import ctypes.util
import hashlib
import importlib.metadata
import io
import os
import re
import subprocess
import sys
import sysconfig
import tarfile
from collections.abc import Iterator, Sequence
from importlib.metadata import Distribution
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[1]
WANTED = "entity-extract[spark,formats,delta]"
LEFT_OUT = frozenset(
    {"pyspark", "py4j", "entity-extract"}
)  # the cluster's own; the zip of --py-files
UNUSED_STDLIB = frozenset(
    {"site-packages", "dist-packages", "test", "idlelib", "tkinter", "turtledemo", "lib2to3"}
)
SITE_PACKAGES = f"lib/python{sys.version_info.major}.{sys.version_info.minor}/site-packages"

# Libraries that only the interpreter's place in the archive can tell where to find. The user's own
# packages on an executor's machine are none of ours.
PYTHON = """#!/bin/sh
here="$(dirname "$(readlink -f "$0")")"
export LD_LIBRARY_PATH="$here/../lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}" PYTHONNOUSERSITE=1
exec "$here/%s" "$@"
"""
# Debian's interpreter looks for packages elsewhere.
SITECUSTOMIZE = """import os, site, sys
packages = os.path.join(os.path.dirname(__file__), "site-packages")
if packages not in sys.path:
    site.addsitedir(packages)
"""


def closure(wanted: Sequence[str]) -> list[Distribution]:
    """The installed distributions that `wanted` (requirements) need, themselves included."""
    found: dict[str, Distribution] = {}
    asked: set[tuple[str, frozenset[str]]] = set()
    to_do = [Requirement(text) for text in wanted]
    while to_do:
        requirement = to_do.pop()
        name = re.sub(r"[-_.]+", "-", requirement.name).lower()
        extras = frozenset(requirement.extras)
        if (name, extras) in asked:
            continue
        asked.add((name, extras))
        try:
            found[name] = importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError:
            sys.exit(f"error: {name} is not installed in {sys.prefix}: run `make setup`")
        for needed in map(Requirement, found[name].requires or ()):
            marker = needed.marker
            if marker is None or any(marker.evaluate({"extra": x}) for x in extras | {""}):
                to_do.append(needed)
    return [found[name] for name in sorted(found) if name not in LEFT_OUT]


def is_cuda(package: Distribution) -> bool:
    name = package.metadata["Name"].lower()
    return name.startswith(("nvidia-", "cuda-")) or name == "triton"


def package_files(package: Distribution) -> Iterator[tuple[Path, str]]:
    """(file, path in the archive); scripts in bin/, which name this machine's Python, stay here."""
    for file in package.files or ():
        path = Path(str(package.locate_file(file)))
        if ".." not in file.parts and path.is_file():
            yield path, f"{SITE_PACKAGES}/{file.as_posix()}"


def loaded_by_torch() -> frozenset[str]:
    """NVIDIA's libraries without which torch's CUDA build cannot be imported, even on a CPU.

    Triton and the cuda modules it does without, where they are wholly absent.
    """
    code = "import torch, torchvision; print(open('/proc/self/maps').read(), end='')"
    hidden = {**os.environ, "CUDA_VISIBLE_DEVICES": ""}
    maps = subprocess.run(  # noqa: S603
        [sys.executable, "-c", code], env=hidden, capture_output=True, text=True, check=True
    ).stdout
    return frozenset(path for line in maps.splitlines() if "/nvidia/" in (path := line.split()[-1]))


def interpreter_files() -> Iterator[tuple[Path, str]]:
    """The interpreter, its standard library, and libraries that a bare machine may lack."""
    binary = Path(os.path.realpath(sys.executable))
    yield binary, f"bin/{binary.name}"
    stdlib = Path(sysconfig.get_path("stdlib"))
    for path in sorted(stdlib.rglob("*")):
        inside = path.relative_to(stdlib)
        unused = UNUSED_STDLIB.intersection(inside.parts) or inside.parts[0].startswith("config-")
        if path.is_file() and not unused and path.name != "sitecustomize.py":
            yield path, f"lib/{stdlib.name}/{inside}"
    shared = Path(sysconfig.get_config_var("LIBDIR")) / str(sysconfig.get_config_var("INSTSONAME"))
    if shared.is_file() and ".so" in shared.name:
        yield shared, f"lib/{shared.name}"
    if openmp := _library("gomp"):  # LightGBM's wheel leaves it to the system
        yield openmp, f"lib/{ctypes.util.find_library('gomp')}"


def _library(name: str) -> Path | None:
    """Where the dynamic linker has it from."""
    soname = ctypes.util.find_library(name)
    if soname is None:
        return None
    ctypes.CDLL(soname)
    for line in Path("/proc/self/maps").read_text().splitlines():
        if soname.split(".so")[0] in line and ".so" in line:
            return Path(line.split()[-1])
    return None


def archive_path(packages: Sequence[Distribution], *, with_cuda: bool) -> Path:
    """Named after all that settles what is in it."""
    versions = [f"{package.metadata['Name']}=={package.version}" for package in packages]
    settled = [sys.version, str(with_cuda), Path(__file__).read_text(), *versions]
    fingerprint = hashlib.sha256("\n".join(settled).encode()).hexdigest()[:12]
    return ROOT / "build" / f"environment-{fingerprint}.tar.gz"


def pack(target: Path, packages: Sequence[Distribution], *, with_cuda: bool) -> None:
    """Writes the archive; whoever looks meanwhile finds the whole file or none."""
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f".{target.name}.{os.getpid()}")
    kept = frozenset[str]()
    if not with_cuda and any(map(is_cuda, packages)):
        kept = loaded_by_torch()
    try:
        with tarfile.open(partial, "w:gz", compresslevel=1) as archive:
            for path, name in interpreter_files():
                archive.add(path.resolve(), name)
            binary = Path(os.path.realpath(sys.executable)).name
            _add_text(archive, "bin/python", PYTHON % binary, 0o755)
            _add_text(archive, f"{SITE_PACKAGES}/../sitecustomize.py", SITECUSTOMIZE, 0o644)
            for package in packages:
                for path, name in package_files(package):
                    if with_cuda or not is_cuda(package) or str(path) in kept:
                        archive.add(path, name, recursive=False)
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)


def _add_text(archive: tarfile.TarFile, name: str, text: str, mode: int) -> None:
    member = tarfile.TarInfo(os.path.normpath(name))
    member.size, member.mode = len(text.encode()), mode
    archive.addfile(member, io.BytesIO(text.encode()))


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--with-cuda", action="store_true", help="all of CUDA: for GPU executors")
    parser.add_argument("--where", action="store_true", help="only print where it would be")
    parser.add_argument("--of", action="append", metavar="REQUIREMENT", help=f"not {WANTED}")
    args = parser.parse_args()
    packages = closure(args.of or [WANTED])
    target = archive_path(packages, with_cuda=args.with_cuda)
    if not args.where and not target.exists():
        sys.stderr.write(f"packing the Python environment into {target}: some minutes, once\n")
        pack(target, packages, with_cuda=args.with_cuda)
    sys.stdout.write(f"{target}\n")


if __name__ == "__main__":
    main()
