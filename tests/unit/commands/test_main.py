"""The command line as a whole: what it knows, what asking it costs, what a wheel brings of it."""

import json
import shutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from zipfile import ZipFile

import pytest

from entity_extract.commands.main import parser
from entity_extract.commands.table import COMMANDS, Command
from entity_extract.config import ConfigError, load_config
from entity_extract.spark.training.backends import BACKENDS
from entity_extract.version import __version__

ROOT = Path(__file__).parents[3]
NAMES = [command.name for command in COMMANDS]


def ran(*words: str | Path, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "entity_extract", *map(str, words)]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True)


def test_it_tells_its_version_and_its_commands() -> None:
    assert ran("--version").stdout == f"entity-extract {__version__}\n"
    said = ran("--help").stdout
    assert all(f"\n    {name}" in said for name in NAMES)


def test_help_loads_no_library_that_works_nor_pydantic() -> None:
    code = (
        "import json, sys; from entity_extract.commands.main import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: print(json.dumps(sorted({n.partition('.')[0] for n in sys.modules})))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    loaded = set(json.loads(done.stdout.splitlines()[-1]))
    assert "entity_extract" in loaded
    assert not loaded & {"pydantic", "numpy", "pandas", "pyspark", "torch", "PIL"}


@pytest.mark.parametrize("command", COMMANDS, ids=NAMES)
def test_each_command_has_its_work_and_its_own_help(command: Command) -> None:
    assert callable(import_module(command.work).run)
    assert f"usage: entity-extract {command.name}" in ran(command.name, "--help").stdout


def test_the_files_for_spark_submit_are_the_commands_under_their_names() -> None:
    for file in (ROOT / "jobs").glob("[!_]*.py"):
        done = subprocess.run(
            [sys.executable, file, "--help"], cwd=ROOT, capture_output=True, text=True
        )
        name = file.stem.replace("_", "-")
        assert f"usage: entity-extract {name}" in done.stdout, done.stderr


def test_the_backends_of_train_are_those_that_there_are() -> None:
    for name in BACKENDS:
        words = ["train", "--catalog", "c", "--lake", "l", "--model", "m", "--backend", name]
        assert parser().parse_args(words).backend == name


def test_a_conf_file_of_the_packages_is_found_by_its_name_from_anywhere_and_a_users_own_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert load_config(["local.toml"]).embed.fallback_random
    (tmp_path / "local.toml").write_text("[fetch]\nthreads = 3\n")
    own = load_config(["local.toml"])
    assert (own.fetch.threads, own.embed.fallback_random) == (3, False)
    for absent in ("other.toml", "conf/delta.toml", "README.md"):
        with pytest.raises(ConfigError, match="cannot be read"):
            load_config([absent])


def test_the_wheel_brings_the_command_conf_files_and_model_and_no_other_package(
    tmp_path: Path,
) -> None:
    source = tmp_path / "source"
    for name in ("entity_extract", "jobs", "conf"):
        shutil.copytree(ROOT / name, source / name, symlinks=True)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    build = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "-q"]
    subprocess.run([*build, "-w", tmp_path, source], check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    names = ZipFile(wheel).namelist()
    assert {name.partition("/")[0] for name in names if ".dist-info" not in name} == {
        "entity_extract"
    }
    assert {
        "entity_extract/conf/local.toml",
        "entity_extract/conf/base.toml",
        "entity_extract/models/default/bundle.json",
    } <= set(names)
    (entry,) = (name for name in names if name.endswith("entry_points.txt"))
    assert "entity-extract = entity_extract.commands.main:main" in (
        ZipFile(wheel).read(entry).decode()
    )
