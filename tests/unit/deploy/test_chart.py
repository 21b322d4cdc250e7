"""deploy/helm/: values and templates by themselves, and what helm makes of them where it is."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator

from entity_extract.commands.main import parser
from entity_extract.config import load_config
from entity_extract.version import __version__
from tests.unit.deploy.operator_schema import SCHEMA, faults

ROOT = Path(__file__).parents[3]
CHART = ROOT / "deploy/helm/entity-extract"
VALUES = yaml.safe_load((CHART / "values.yaml").read_text())
TEMPLATES = {path.name: path.read_text() for path in (CHART / "templates").iterdir()}
CONF = '[ocr]\nengine = "tesseract"\n'
KUBERNETES = "1.31"
# What makes what a plain installation has none of.
ALL = {"conf": CONF, "answers": "table:shop.attributes", "arguments": ["--limit", "5"]}


def named(values: Mapping[str, Any], path: str = "") -> Iterator[str]:
    """`image.tag` and so on; of a map that is handed on whole, and of an empty one, its name."""
    for key, value in values.items():
        if isinstance(value, dict) and value and key != "sparkConf":
            yield from named(value, f"{path}{key}.")
        else:
            yield f"{path}{key}"


def test_every_value_that_a_template_names_is_there_and_every_one_that_is_there_is_named() -> None:
    text = "\n".join(TEMPLATES.values())
    used = set(re.findall(r"\.Values\.([\w.]+)", text)) - {"executor"}
    # By `range` over their names, in the command.
    looped = re.search(r'range \$key := list ((?:"\w+" ?)+)', text)
    assert looped is not None
    used |= {f"executor.{key}" for key in re.findall(r'"(\w+)"', looped[1])}
    assert used == set(named(VALUES))


def test_every_template_that_is_included_is_defined_once() -> None:
    text = "\n".join(TEMPLATES.values())
    defined = re.findall(r'define "([\w.-]+)"', text)
    assert len(set(defined)) == len(defined)
    assert set(re.findall(r'include "([\w.-]+)"', text)) == set(defined)


def refused(values: Mapping[str, Any]) -> list[str]:
    schema = json.loads((CHART / "values.schema.json").read_text())
    Draft7Validator.check_schema(schema)
    return [error.json_path for error in Draft7Validator(schema).iter_errors(values)]


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"job": "train"}, "$.job"),
    ({"typo": 1}, "$"),
    ({"answers": "answers.csv"}, "$.answers"),
    ({"driver": {**VALUES["driver"], "memory": "8Gi"}}, "$.driver.memory"),
    ({"executor": {**VALUES["executor"], "cores": 0}}, "$.executor.cores"),
    ({"schedule": {**VALUES["schedule"], "concurrencyPolicy": "forbid"}}, "$.schedule"),
    ({"job": "read_images", "answers": "table:shop.attributes"}, "$.answers"),
]


def test_the_values_are_what_the_schema_takes_and_wrong_ones_are_told() -> None:
    assert refused(VALUES) == refused({**VALUES, **ALL}) == []
    for change, at in WRONG:
        found = refused({**VALUES, **change})
        assert len(found) == 1, change
        assert found[0].startswith(at)


def test_versions_and_jars_are_those_of_the_package_and_the_manifest_beside_it() -> None:
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text())
    assert chart["appVersion"] == __version__
    manifest = ROOT / "deploy/kubernetes/spark-application.yaml"
    spec = next(yaml.safe_load_all(manifest.read_text()))["spec"]
    assert VALUES["sparkVersion"] == spec["sparkVersion"]
    told = load_config(VALUES["confFiles"]).spark
    jars = {key: value for key, value in told.items() if key.startswith("spark.jars.")}
    assert VALUES["sparkConf"] == jars


def helm(*words: str | Path, **values: object) -> subprocess.CompletedProcess[str]:
    """Skips where there is no helm."""
    program = shutil.which("helm")
    if program is None:
        pytest.skip("helm is not here: https://helm.sh/docs/intro/install")
    given = json.dumps(values)
    return subprocess.run(
        [program, *words, CHART, "--kube-version", KUBERNETES, "--values", "-"],
        input=given,
        capture_output=True,
        text=True,
    )


def rendered(**values: object) -> dict[str, dict[str, Any]]:
    done = helm("template", "night", "--namespace", "shop", **values)
    assert done.returncode == 0, done.stderr
    return {found["kind"]: found for found in yaml.safe_load_all(done.stdout) if found}


@pytest.mark.parametrize("values", [{}, ALL], ids=["plain", "all"])
def test_helm_makes_what_the_operator_takes(values: dict[str, object]) -> None:
    nightly = rendered(**values)["ScheduledSparkApplication"]["spec"]
    once = rendered(schedule={"enabled": False}, **values)["SparkApplication"]["spec"]
    assert list(faults(nightly, SCHEMA["ScheduledSparkApplication"])) == []
    assert list(faults(once, SCHEMA["SparkApplication"])) == []
    assert nightly["template"] == once


def test_its_command_is_one_that_the_job_takes_and_agrees_with_what_spark_is_told(
    tmp_path: Path,
) -> None:
    found = rendered(executor={"instances": 3, "memory": "6g"}, **ALL)
    spec = found["ScheduledSparkApplication"]["spec"]["template"]
    assert (ROOT / spec["mainApplicationFile"].partition("/opt/entity-extract/")[2]).exists()
    args = parser().parse_args(["enrich", *spec["arguments"]])
    assert (args.catalog, args.lake) == (VALUES["catalog"], VALUES["lake"])
    assert (args.answers, args.limit) == ("table:shop.attributes", 5)
    (mounted,) = spec["driver"]["configMaps"]
    assert mounted["name"] == found["ConfigMap"]["metadata"]["name"]
    for name, text in found["ConfigMap"]["data"].items():
        assert Path(mounted["path"], name) in args.conf_file
        (tmp_path / name).write_text(text)
    here = [tmp_path / path.name if path.is_absolute() else path for path in args.conf_file]
    config = load_config(here, args.set)
    assert config.ocr.engine == "tesseract"
    for key in ("instances", "cores", "memory", "memoryOverhead"):
        assert config.spark[f"spark.executor.{key}"] == str(spec["executor"][key])
    assert config.spark["spark.driver.memory"] == spec["driver"]["memory"]
    jars = {key: value for key, value in config.spark.items() if key.startswith("spark.jars.")}
    assert jars.items() <= spec["sparkConf"].items()


def test_pods_are_such_as_a_restricted_namespace_takes_and_write_to_tmp_alone() -> None:
    spec = rendered()["ScheduledSparkApplication"]["spec"]["template"]
    (scratch,) = spec["volumes"]
    assert "emptyDir" in scratch
    for part in ("driver", "executor"):
        context = spec[part]["securityContext"]
        assert context["runAsNonRoot"] is True
        assert context["runAsUser"] == 185
        assert context["readOnlyRootFilesystem"] is True
        assert context["allowPrivilegeEscalation"] is False
        assert context["capabilities"] == {"drop": ["ALL"]}
        assert context["seccompProfile"]["type"] == "RuntimeDefault"
        assert spec[part]["volumeMounts"] == [{"name": scratch["name"], "mountPath": "/tmp"}]
        assert spec[part]["envFrom"] == [{"secretRef": {"name": "entity-extract-s3"}}]


def test_the_driver_may_do_what_the_cron_jobs_may() -> None:
    found = rendered()
    beside = yaml.safe_load_all((ROOT / "deploy/kubernetes/enrich.yaml").read_text())
    (role,) = (one for one in beside if one["kind"] == "Role")
    assert found["Role"]["rules"] == role["rules"]
    account = found["ServiceAccount"]["metadata"]["name"]
    assert found["RoleBinding"]["subjects"][0] == {
        **{"kind": "ServiceAccount", "name": account, "namespace": "shop"}
    }
    driver = found["ScheduledSparkApplication"]["spec"]["template"]["driver"]
    assert driver["serviceAccount"] == account


def test_helm_finds_nothing_and_refuses_wrong_values() -> None:
    done = helm("lint", "--strict")
    assert done.returncode == 0, done.stdout
    for change, _ in WRONG:
        assert helm("template", "night", **change).returncode != 0, change
