"""deploy/kubernetes/ for the Spark operator, by the schema of its custom resources, and what
`restricted` namespaces ask of pods."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from entity_extract.commands.main import parser
from entity_extract.config import load_config
from tests.unit.deploy.operator_schema import SCHEMA, faults

ROOT = Path(__file__).parents[3]
KUBERNETES = ROOT / "deploy/kubernetes"


def documents() -> dict[str, dict[str, Any]]:
    found = yaml.safe_load_all((KUBERNETES / "spark-application.yaml").read_text())
    return {document["kind"]: document for document in found}


def application() -> dict[str, Any]:
    return dict(documents()["SparkApplication"]["spec"])


def test_both_resources_are_what_the_operator_takes() -> None:
    found = documents()
    assert set(found) == {"SparkApplication", "ScheduledSparkApplication"}
    for kind, document in found.items():
        assert document["apiVersion"] == "sparkoperator.k8s.io/v1beta2"
        assert list(faults(document["spec"], SCHEMA[kind])) == []
    assert found["ScheduledSparkApplication"]["spec"]["template"] == application()


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"sparkVersoin": "3.5"}, "spec.sparkVersoin is not known"),
        ({"mode": "clustered"}, "spec.mode is none of ['cluster', 'client']"),
        ({"arguments": "--lake x"}, "spec.arguments is no array"),
        ({"arguments": [1]}, "spec.arguments[0] is no string"),
        ({"sparkConf": {"spark.executor.cores": 8}}, "spec.sparkConf.spark.executor.cores is no"),
    ],
)
def test_a_field_that_is_wrong_is_seen(change: dict[str, Any], fault: str) -> None:
    said = list(faults({**application(), **change}, SCHEMA["SparkApplication"]))
    assert len(said) == 1
    assert said[0].startswith(fault)


def test_its_command_is_one_that_the_job_takes_and_agrees_with_what_spark_is_told() -> None:
    spec = application()
    assert (ROOT / spec["mainApplicationFile"].partition("/opt/entity-extract/")[2]).exists()
    args = parser().parse_args(["enrich", *spec["arguments"]])
    told = load_config(args.conf_file, args.set).spark
    executor, driver = spec["executor"], spec["driver"]
    assert str(executor["instances"]) == told["spark.executor.instances"]
    assert str(executor["cores"]) == told["spark.executor.cores"]
    for name in ("memory", "memoryOverhead"):
        assert executor[name] == told[f"spark.executor.{name}"]
    assert driver["memory"] == told["spark.driver.memory"]
    jars = {key: value for key, value in told.items() if key.startswith("spark.jars.")}
    assert jars.items() <= spec["sparkConf"].items()


def containers() -> Iterator[tuple[str, dict[str, Any]]]:
    for part in ("driver", "executor"):
        yield f"operator's {part}", application()[part]
    for file in ("enrich.yaml", "executor.yaml"):
        for document in yaml.safe_load_all((KUBERNETES / file).read_text()):
            spec = document.get("spec", {})
            spec = spec.get("jobTemplate", {}).get("spec", {}).get("template", {}).get("spec", spec)
            for container in spec.get("containers", ()):
                yield f"{file}'s {container['name']}", container


def test_pods_are_such_as_a_restricted_namespace_takes() -> None:
    """Pod Security Standards, restricted, of the fields that these pods have."""
    found = dict(containers())
    assert len(found) == 4
    for name, container in found.items():
        context = container["securityContext"]
        assert context["runAsNonRoot"] is True, name
        assert context["runAsUser"] != 0, name
        assert context["allowPrivilegeEscalation"] is False, name
        assert context["capabilities"] == {"drop": ["ALL"]}, name
        assert context["seccompProfile"]["type"] == "RuntimeDefault", name


def test_executors_of_the_cron_job_are_made_by_the_template_beside_it() -> None:
    text = (KUBERNETES / "enrich.yaml").read_text()
    assert "podTemplateFile=deploy/kubernetes/executor.yaml" in text
    users = {container["securityContext"]["runAsUser"] for _, container in containers()}
    assert [f"USER {user}:{user}" for user in users] == [
        line for line in (ROOT / "deploy/Dockerfile").read_text().splitlines() if line[:4] == "USER"
    ]
