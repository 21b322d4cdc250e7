"""EMR Serverless and Databricks: fields that they take, commands that the job takes."""

import json
import re
import shlex
from pathlib import Path
from typing import Any

import botocore.session
import pytest
import yaml
from botocore.validate import ParamValidator

from entity_extract.commands.main import parser
from entity_extract.config import load_config

ROOT = Path(__file__).parents[3]


@pytest.fixture
def emr() -> dict[str, Any]:
    return dict(json.loads((ROOT / "deploy/emr/start-job-run.json").read_text()))


def emr_faults(job: dict[str, Any]) -> str:
    """By the model of the service that AWS's own clients go by."""
    model = botocore.session.get_session().get_service_model("emr-serverless")
    shape = model.operation_model("StartJobRun").input_shape
    with_token = {**job, "clientToken": "the client's own"}
    return ParamValidator().validate(with_token, shape).generate_report()


def test_emr_serverless_takes_the_job(emr: dict[str, Any]) -> None:
    assert emr_faults(emr) == ""
    assert "entryPoints" in emr_faults({**emr, "jobDriver": {"sparkSubmit": {"entryPoints": "x"}}})


def test_the_job_takes_what_emr_serverless_gives_it(emr: dict[str, Any]) -> None:
    submit = emr["jobDriver"]["sparkSubmit"]
    args = parser().parse_args(["enrich", *submit["entryPointArguments"]])
    told = load_config(args.conf_file, args.set).spark
    words = shlex.split(submit["sparkSubmitParameters"])
    options = zip(words[::2], words[1::2], strict=True)
    given = dict(word.split("=", 1) for name, word in options if name == "--conf")
    names = ("executor.instances", "executor.cores", "executor.memory", "executor.memoryOverhead")
    for name in (*names, "driver.memory"):
        assert given[f"spark.{name}"] == told[f"spark.{name}"]
    pythons = {value for key, value in given.items() if "PYSPARK" in key}
    assert pythons == {"./environment/bin/python"}  # as deploy/environment.py packs it
    assert given["spark.archives"].endswith("#environment")


def test_the_job_takes_what_the_databricks_bundle_gives_it() -> None:
    bundle = yaml.safe_load((ROOT / "deploy/databricks/databricks.yml").read_text())
    variables = {name: str(said["default"]) for name, said in bundle["variables"].items()}
    (task,) = bundle["resources"]["jobs"]["enrich"]["tasks"]
    wheel = task["python_wheel_task"]
    words = [re.sub(r"\$\{var\.(\w+)\}", lambda m: variables[m[1]], w) for w in wheel["parameters"]]
    args = parser().parse_args(words)
    told = load_config(args.conf_file, args.set)
    assert args.command == "enrich"
    assert told.spark["spark.executor.instances"] == variables["workers"]
    project = (ROOT / "pyproject.toml").read_text()
    assert f'\nname = "{wheel["package_name"]}"' in project
    assert f'\n{wheel["entry_point"]} = "entity_extract.commands.main:main"' in project
    (cluster,) = bundle["resources"]["jobs"]["enrich"]["job_clusters"]
    assert cluster["job_cluster_key"] == task["job_cluster_key"]
