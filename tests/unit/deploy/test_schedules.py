"""What deploy/ schedules: its commands are ones that our jobs take, its exit statuses are ours."""

import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from entity_extract.commands.main import parser
from entity_extract.config import load_config
from entity_extract.errors import NothingRead, UserError
from entity_extract.quality.judged import QualityBreached

ROOT = Path(__file__).parents[3]
FOR_A_PERSON = [one.exit_status for one in (UserError, NothingRead, QualityBreached)]


@pytest.fixture(scope="module")
def cron_job() -> dict[str, Any]:
    documents = yaml.safe_load_all((ROOT / "deploy/kubernetes/enrich.yaml").read_text())
    (found,) = [document for document in documents if document["kind"] == "CronJob"]
    return dict(found["spec"]["jobTemplate"]["spec"])


def driver(cron_job: dict[str, Any]) -> dict[str, Any]:
    (container,) = cron_job["template"]["spec"]["containers"]
    return dict(container)


@pytest.mark.skipif(not (ROOT / ".venv").exists(), reason="deploy/submit.sh runs `make setup`'s")
def test_the_cron_jobs_command_is_one_that_spark_submit_and_the_job_take(
    cron_job: dict[str, Any],
) -> None:
    program, *words = driver(cron_job)["args"]
    done = subprocess.run(
        [ROOT / program, "--dry-run", *words], capture_output=True, text=True, cwd=ROOT
    )
    assert done.returncode == 0, done.stderr
    said = shlex.split(done.stdout)
    assert "spark.executor.instances=10" in said
    assert "--deploy-mode" not in said  # client mode: the pod is the driver
    args = parser().parse_args(["enrich", *said[said.index("jobs/enrich.py") + 1 :]])
    assert load_config(args.conf_file, args.set).log.format == "json"


def test_a_pod_is_large_enough_for_its_driver(cron_job: dict[str, Any]) -> None:
    heap = load_config(["cluster.toml"]).spark["spark.driver.memory"]
    limit = driver(cron_job)["resources"]["limits"]["memory"]
    assert int(limit.removesuffix("Gi")) >= int(heap.removesuffix("g")) + 2


def test_kubernetes_gives_up_at_once_on_a_mistake_and_on_nothing_else(
    cron_job: dict[str, Any],
) -> None:
    (rule,) = [r for r in cron_job["podFailurePolicy"]["rules"] if r["action"] == "FailJob"]
    assert rule["onExitCodes"]["values"] == FOR_A_PERSON
    assert rule["onExitCodes"]["containerName"] == driver(cron_job)["name"]


def test_the_services_command_is_one_that_the_job_takes() -> None:
    unit = (ROOT / "deploy/systemd/entity-extract.service").read_text()
    lines = unit.replace("\\\n", " ").splitlines()
    settings = dict(line.split("=", 1) for line in lines if "=" in line and line[0] != "#")
    (
        python,
        *module,
    ) = shlex.split(settings["ExecStart"])[:3]
    assert python == f"{settings['WorkingDirectory']}/.venv/bin/python"
    assert module == ["-m", "jobs.enrich"]
    given = {"${CATALOG}": "/srv/shop/catalog.parquet", "${LAKE}": "/srv/shop/lake"}
    words = [given.get(word, word) for word in shlex.split(settings["ExecStart"])[3:]]
    args = parser().parse_args(["enrich", *words])
    assert (args.catalog, args.lake) == tuple(given.values())
    assert load_config([ROOT / file for file in args.conf_file], args.set).log.format == "json"
    assert settings["RestartPreventExitStatus"].split() == [str(one) for one in FOR_A_PERSON]


def install(*words: str, root: Path) -> subprocess.CompletedProcess[str]:
    command = [ROOT / "deploy/systemd/install.sh", *words, "--root", root]
    return subprocess.run(command, capture_output=True, text=True)


@pytest.mark.skipif(not (ROOT / ".venv").exists(), reason="units name `make setup`'s Python")
def test_the_units_are_checked_and_put_into_place_and_settings_are_kept(tmp_path: Path) -> None:
    named = ("--catalog", "/srv/shop/c.parquet", "--lake", "/srv/shop/lake", "--user", "shop")
    done = install(*named, root=tmp_path)
    assert done.returncode == 0, done.stderr
    unit = (tmp_path / "etc/systemd/system/entity-extract.service").read_text()
    assert f"ExecStart={ROOT}/.venv/bin/python -m jobs.enrich" in unit
    assert "\nUser=shop\n" in unit
    assert (tmp_path / "etc/systemd/system/entity-extract.timer").exists()
    settings = tmp_path / "etc/entity-extract.env"
    assert settings.read_text() == 'CATALOG="/srv/shop/c.parquet"\nLAKE="/srv/shop/lake"\n'
    assert settings.stat().st_mode & 0o777 == 0o600
    settings.write_text("CATALOG=mine\n")
    assert install(root=tmp_path).returncode == 0
    assert settings.read_text() == "CATALOG=mine\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "say --catalog and --lake"),
        (("--catalog", "c.csv"), "say --catalog and --lake"),
        (("--lakes", "x"), "--lakes is none of"),
        (("--lake",), "wants a value"),
        (("--user", "a b", "--catalog", "c", "--lake", "l"), "no name of a user"),
    ],
)
@pytest.mark.skipif(not (ROOT / ".venv").exists(), reason="units name `make setup`'s Python")
def test_the_installer_refuses_in_one_line_and_writes_nothing(
    words: tuple[str, ...], said: str, tmp_path: Path
) -> None:
    command = [ROOT / "deploy/systemd/install.sh", "--root", tmp_path, *words]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 2
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []
