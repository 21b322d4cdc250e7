#!/usr/bin/env bash
# Packs entity_extract and jobs, data files included, into build/entity_extract.zip, which
# spark-submit's --py-files takes to driver and executors; the sample shop stays at home. Prints the
# path of the file.
set -euo pipefail
cd "$(dirname "$0")/.."

mkdir -p build
.venv/bin/python - build/entity_extract.zip <<'PYTHON'
import os, sys
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

target = Path(sys.argv[1])
partial = target.with_suffix(f".{os.getpid()}")  # a job that starts meanwhile sees old or new
with ZipFile(partial, "w", ZIP_DEFLATED) as archive:
    for package in (Path("entity_extract"), Path("jobs")):
        for path in sorted(package.rglob("*")):
            if path.is_file() and not {"__pycache__", "sample_shop"} & {*path.parts}:
                archive.write(path)
    for path in sorted(Path("conf").glob("*.toml")):  # entity_extract/conf is a link to it
        archive.write(path, f"entity_extract/{path}")
partial.replace(target)
PYTHON
echo "$PWD/build/entity_extract.zip"
