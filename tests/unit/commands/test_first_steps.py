"""What a newcomer asks before the first run: is all there, which settings are there, completion."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from entity_extract.config import load_config

ROOT = Path(__file__).parents[3]


def ran(*words: str | Path, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "entity_extract", *map(str, words)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, **env},
    )


def test_init_writes_every_key_commented_and_uncommented_they_are_the_defaults(
    tmp_path: Path,
) -> None:
    file = tmp_path / "mine.toml"
    assert ran("init", file).returncode == 0
    text = file.read_text("utf-8")
    assert load_config([file]) == load_config()
    keys = re.findall(r"^# (?=[a-z_]+ = [^#\n]*)", text, re.MULTILINE)
    assert len(keys) > 150
    base = (ROOT / "conf/base.toml").read_text("utf-8")
    set_there = re.findall(r"^[a-z_]+ = .*$", base, re.MULTILINE)
    assert all(f"# {line}" in text for line in set_there)
    file.write_text(text.replace("# threads = 16", "threads = 3"))
    assert load_config([file]).fetch.threads == 3
    again = ran("init", file)
    assert again.returncode == 2
    assert "is there already" in again.stderr


def test_doctor_finds_all_that_make_setup_installs(tmp_path: Path) -> None:
    done = ran("doctor", "--lake", tmp_path / "lake")
    assert done.returncode == 0, done.stdout + done.stderr
    found = dict(line.split(maxsplit=2)[1:] for line in done.stdout.splitlines())
    assert found["Python" if "Python" in found else "entity-extract"]
    assert {"Spark", "Java", "rapidocr", "tesseract", "reading", "model", "memory", "lake"} <= set(
        found
    )
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"][
        "optional-dependencies"
    ]
    assert {f"[{name}]" for name in extras.keys() - {"spark", "test"}} <= found.keys()
    assert {"torch", "openvino"} <= found.keys()
    assert re.match(r"\d+, /", found["Java"])
    assert "may be written" in found["lake"]
    assert not (tmp_path / "lake").exists()


@pytest.mark.parametrize(
    ("env", "lake", "missing"),
    [
        ({"JAVA_HOME": "/nonexistent"}, "lake", "Java"),
        ({}, "file/lake", "lake"),
        ({"PYTHONPATH": "{bare}"}, "lake", "Spark"),
    ],
)
def test_doctor_says_what_is_missing_and_ends_with_2(
    tmp_path: Path, env: dict[str, str], lake: str, missing: str
) -> None:
    (tmp_path / "file").write_text("a file")
    (tmp_path / "sitecustomize.py").write_text(
        "import importlib.metadata as m\n"
        "real = m.version\n"
        "def version(name):\n"
        "    if name == 'pyspark': raise m.PackageNotFoundError(name)\n"
        "    return real(name)\n"
        "m.version = version\n"
    )
    settled = {name: value.format(bare=f"{tmp_path}:{ROOT}") for name, value in env.items()}
    asked = ["doctor", "--lake", tmp_path / lake, "--set", "run.engine=spark"]
    done = ran(*asked, **settled)
    assert done.returncode == 2, done.stdout
    assert done.stderr == f"error: missing: {missing}\n"
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("missing")]
    assert line.split()[1] == missing
    assert {"Java": "apt-get install", "lake": "is a file", "Spark": "pip install"}[missing] in line
    without = ran(*asked[:3], **settled)  # small catalogs do without
    assert without.returncode == (2 if missing == "lake" else 0), without.stderr


def test_completion_knows_commands_and_options(tmp_path: Path) -> None:
    pytest.importorskip("shtab")
    (tmp_path / "script").write_text(ran("completion", "bash").stdout)
    asked = (
        f"source {tmp_path / 'script'}; COMP_WORDS=(entity-extract enrich --cat); COMP_CWORD=2;"
        '_shtab_entity_extract entity-extract --cat enrich; echo "${COMPREPLY[@]}"'
    )
    done = subprocess.run(["bash", "-c", asked], capture_output=True, text=True)
    assert done.stdout.split() == ["--catalog"]
