"""The DAG as Airflow loads it, where there is an Airflow: `make setup` brings none."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from entity_extract.commands.main import parser

ROOT = Path(__file__).parents[3]
DAG = ROOT / "deploy/airflow/entity_extract_dag.py"
# Airflow pins what we take newer, so it is likely to have a virtual environment of its own.
PYTHON = os.environ.get("AIRFLOW_PYTHON", sys.executable)

# Loads the DAG and prints its command, with Airflow's Variables in place of the templates.
LOAD = """
import importlib.util, json, sys
from airflow.sdk.execution_time.context import VariableAccessor
spec = importlib.util.spec_from_file_location("entity_extract_dag", sys.argv[1])
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
task = module.dag.get_task("enrich")
task.render_template_fields({"var": {"value": VariableAccessor(deserialize_json=False)}})
print(json.dumps(task.command()))
"""


def test_what_the_dag_takes_where_a_variable_is_not_set_is_what_the_job_takes() -> None:
    options = "--conf-file cluster.toml --conf-file s3a.toml"
    assert DAG.read_text().count(options) == 2  # as it is told, and as it holds
    words = [*options.split(), "--catalog", "s3a://shop/c.parquet", "--lake", "s3a://shop/lake"]
    named = parser().parse_args(["enrich", *words]).conf_file
    assert [str(file) for file in named] == ["cluster.toml", "s3a.toml"]


def test_airflow_loads_the_dag_and_fills_in_its_variables(tmp_path: Path) -> None:
    asked = [PYTHON, "-c", "import airflow.providers.standard, airflow.sdk"]
    if subprocess.run(asked, capture_output=True).returncode != 0:
        pytest.skip("no Airflow here; AIRFLOW_PYTHON names the Python of one")
    variables = {"CATALOG": "s3a://shop/c.parquet", "LAKE": "s3a://shop/l", "SUBMIT": "--master k"}
    environment = {
        **os.environ,
        "AIRFLOW_HOME": str(tmp_path),
        **{f"AIRFLOW_VAR_ENTITY_EXTRACT_{name}": value for name, value in variables.items()},
    }
    done = subprocess.run(
        [PYTHON, "-c", LOAD, DAG], capture_output=True, text=True, env=environment, cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    program, *words = json.loads(done.stdout.splitlines()[-1])
    assert program == "/opt/entity-extract/deploy/submit.sh"
    assert words[:3] == ["--master", "k", "jobs/enrich.py"]
    args = parser().parse_args(["enrich", *words[3:]])
    assert (args.catalog, args.lake) == ("s3a://shop/c.parquet", "s3a://shop/l")
