"""The package's order: who may import whom, and that importing does nothing."""

import ast
import json
import pkgutil
import re
import shutil
import subprocess
import sys
import sysconfig
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import grimp
import numpy as np
import pytest
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

import entity_extract

ROOT = Path(__file__).parents[2]
MODULES = [m.name for m in pkgutil.walk_packages(entity_extract.__path__, "entity_extract.")]
WITH_SPARK = ("entity_extract.spark", "entity_extract.commands")
WITHOUT_SPARK = [name for name in MODULES if not name.startswith(WITH_SPARK)]
HEAVY = {"lightgbm", "matplotlib", "pandas", "PIL", "pyspark", "sklearn", "torch"}


def run_python(code: str) -> str:
    """What a fresh interpreter prints: this one has imported too much already."""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def loaded_by(modules: list[str]) -> set[str]:
    """Top-level packages in memory after `modules` have been imported."""
    code = (
        f"import importlib, json, sys; [*map(importlib.import_module, {modules})];"
        "print(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))"
    )
    return set(json.loads(run_python(code)))


def test_only_the_spark_package_imports_pyspark() -> None:
    assert len(WITHOUT_SPARK) > 10
    assert "pyspark" not in loaded_by(WITHOUT_SPARK)


@pytest.mark.parametrize(
    ("room", "needed"),
    [
        ("config", set[str]()),
        ("quantities", set[str]()),
        ("schema", set[str]()),
        ("records", set[str]()),
        ("fetching", set[str]()),
        ("reading", {"PIL", "pandas"}),  # batches are frames
    ],
)
def test_a_room_loads_no_heavy_library_but_those_it_works_with(room: str, needed: set[str]) -> None:
    name = f"entity_extract.{room}"
    modules = [m for m in MODULES if m == name or m.startswith(f"{name}.")]
    assert modules, room
    assert loaded_by(modules) & HEAVY <= needed


@pytest.mark.parametrize("job", ["embed_images", "enrich", "predict", "read_images"])
def test_the_driver_of_a_job_that_does_not_learn_loads_no_library_that_learns(job: str) -> None:
    learners = {"lightgbm", "sklearn", "torch", "torchvision"}
    assert not loaded_by([f"entity_extract.commands.{job}"]) & learners


def test_what_answers_on_an_executor_carries_no_torch() -> None:
    asked = [
        "entity_extract.learning.prediction.predict",
        "entity_extract.learning.prediction.bundle",
    ]
    assert "torch" not in loaded_by(asked)


def test_importing_everything_starts_no_thread_process_or_session_and_prints_nothing() -> None:
    code = (
        f"import importlib, logging, threading, multiprocessing, sys;"
        f"[*map(importlib.import_module, {MODULES})];"
        "from pyspark import SparkContext;"
        "assert threading.active_count() == 1, threading.enumerate();"
        "assert not multiprocessing.active_children();"
        "assert SparkContext._active_spark_context is None;"
        "assert not logging.getLogger().handlers"
    )
    assert run_python(code) == ""


def test_the_layers_are_in_order() -> None:
    lint_imports = Path(sysconfig.get_path("scripts"), "lint-imports")
    done = subprocess.run([lint_imports], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_no_modules_import_one_another_in_a_circle_imports_in_functions_counted() -> None:
    graph = grimp.build_graph("entity_extract", include_external_packages=False)
    names = sorted(graph.modules)
    at = {name: place for place, name in enumerate(names)}
    edges = [(at[a], at[b]) for a in names for b in graph.find_modules_directly_imported_by(a)]
    matrix = coo_array((np.ones(len(edges)), np.transpose(edges)), shape=(len(at), len(at)))
    _, circle = connected_components(matrix, connection="strong")
    together = [[n for n in names if circle[at[n]] == c] for c in np.unique(circle)]
    assert [group for group in together if len(group) > 1] == []


def test_an_import_upward_breaks_the_contract(tmp_path: Path) -> None:
    for name in ("entity_extract", "pyproject.toml"):
        source, copy = ROOT / name, tmp_path / name
        shutil.copytree(source, copy) if source.is_dir() else shutil.copy(source, copy)
    with (tmp_path / "entity_extract/records.py").open("a") as records:
        records.write("\nimport entity_extract.config\n")
    lint_imports = Path(sysconfig.get_path("scripts"), "lint-imports")
    done = subprocess.run(
        [lint_imports, "--no-cache"], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert "entity_extract.records -> entity_extract.config" in done.stdout


def test_every_library_that_we_import_is_declared() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]
    declared = [*project["dependencies"], *(n for e in extras if e != "test" for n in extras[e])]
    names = {re.split(r"[<>=\[; ]", line)[0].lower().replace("_", "-") for line in declared}
    ours = {"entity_extract", "jobs", "py4j"}  # py4j is pyspark's, and of the version it asks for
    distributions = packages_distributions()
    for path in sorted([*ROOT.glob("entity_extract/**/*.py"), *ROOT.glob("jobs/**/*.py")]):
        for library in _imported(path) - ours - sys.stdlib_module_names:
            found = distributions.get(library, [library])
            owners = {name.lower().replace("_", "-") for name in found}
            assert owners & names, f"{path.relative_to(ROOT)} imports {library}"


def _imported(path: Path) -> set[str]:
    """Top-level names that a file imports, also inside functions."""
    nodes = list(ast.walk(ast.parse(path.read_text("utf-8"))))
    plain = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    froms = {node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module}
    return {name.partition(".")[0] for name in plain | froms}


def test_the_configuration_is_found_inside_a_zip() -> None:
    done = subprocess.run([ROOT / "deploy/package.sh"], capture_output=True, text=True, check=True)
    archive = done.stdout.strip()
    code = (
        f"import sys; sys.path.insert(0, {archive!r});"
        "import entity_extract; from entity_extract.config import load_config;"
        "assert '.zip' in entity_extract.__file__;"
        "print(len(load_config(['local.toml']).domain.entities))"
    )
    assert run_python(code).strip() == "8"
