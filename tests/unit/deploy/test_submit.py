"""The spark-submit command, most of it as a dry run: for YARN, Kubernetes and others."""

import os
import shlex
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
VENV_PYTHON = str(ROOT / ".venv/bin/python")
pytestmark = pytest.mark.skipif(
    not Path(VENV_PYTHON).exists(), reason="deploy/submit.sh runs what `make setup` has made"
)


def dry_run(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    inherited = {key: value for key, value in os.environ.items() if not key.startswith("PYSPARK")}
    return subprocess.run(
        [ROOT / "deploy/submit.sh", "--dry-run", *words],
        capture_output=True,
        text=True,
        check=False,
        env={**inherited, **environment},
    )


class Command:
    """The words of a spark-submit command, as spark-submit takes them."""

    def __init__(self, *words: str, **environment: str) -> None:
        done = dry_run(*words, **environment)
        assert done.returncode == 0, done.stderr
        said = shlex.split(done.stdout)
        assert said[0] == str(ROOT / ".venv/bin/spark-submit")
        self.job_at = next(i for i, word in enumerate(said) if word == "jobs/enrich.py")
        self.arguments = said[self.job_at + 1 :]
        typed = [
            word.split("=", 1) if word[:2] == "--" else [word] for word in said[1 : self.job_at]
        ]
        plain = [word for parts in typed for word in parts]
        pairs = list(zip(plain[::2], plain[1::2], strict=True))
        self.options = dict(pairs)
        self.conf = dict(value.partition("=")[::2] for name, value in pairs if name == "--conf")


def test_on_yarn_a_shipped_environment_is_the_executors_python_and_not_the_drivers() -> None:
    command = Command("--master", "yarn", "--ship-environment", "jobs/enrich.py", "--lake", "x")
    archive, _, folder = command.options["--archives"].partition("#")
    assert Path(archive).name.startswith("environment-")
    assert folder == "environment"
    assert command.conf["spark.pyspark.python"] == "./environment/bin/python"
    assert command.conf["spark.pyspark.driver.python"] == VENV_PYTHON
    assert command.options["--py-files"].endswith("entity_extract.zip")
    assert command.arguments == ["--lake", "x"]


@pytest.mark.parametrize("master", ["yarn", "k8s://https://example.com:6443"])
def test_in_cluster_mode_the_driver_runs_the_shipped_python_and_finds_the_conf_files(
    master: str,
) -> None:
    command = Command(
        *("--master", master, "--deploy-mode=cluster", "--ship-environment"),
        *("--files", "mine.txt", "jobs/enrich.py"),
        *("--conf-file", "conf/cluster.toml", "--catalog", "s3a://b/c.csv"),
        *("--set", "spark.executor.cores=3", "--conf-file=distributed.toml"),
    )
    assert command.conf["spark.pyspark.python"] == "./environment/bin/python"
    assert "spark.pyspark.driver.python" not in command.conf
    assert command.options["--files"] == "mine.txt,conf/cluster.toml"
    conf_files = [
        command.arguments[i + 1] for i, w in enumerate(command.arguments) if w[2:6] == "conf"
    ]
    assert conf_files == ["cluster.toml", "distributed.toml"]
    assert command.conf["spark.executor.cores"] == "3"
    assert "synapseml" in command.conf["spark.jars.packages"]


def test_where_nothing_is_shipped_the_image_or_the_host_says_which_python_it_has() -> None:
    kubernetes = Command("--master", "k8s://h", "--deploy-mode", "cluster", "jobs/enrich.py")
    assert not [key for key in kubernetes.conf if key.startswith("spark.pyspark")]
    hosts = Command("--master", "yarn", "jobs/enrich.py", PYSPARK_PYTHON="/opt/python")
    assert hosts.conf["spark.pyspark.python"] == "/opt/python"
    assert hosts.conf["spark.pyspark.driver.python"] == VENV_PYTHON
    local = Command("--master", "local[2]", "jobs/enrich.py")
    assert local.conf["spark.pyspark.python"] == VENV_PYTHON


def test_what_is_typed_wins_over_the_conf_file_and_lists_are_joined() -> None:
    command = Command(
        *("--conf", "spark.executor.cores=2", "--packages", "g:a:1", "--py-files", "mine.py"),
        *("jobs/enrich.py", "--conf-file", "distributed.toml"),
        *("--set", "spark.executor.cores=9"),
    )
    assert command.conf["spark.executor.cores"] == "2"
    assert command.options["--packages"].startswith("com.microsoft.azure:synapseml")
    assert command.options["--packages"].endswith(",g:a:1")
    assert command.options["--py-files"].split(",")[0] == "mine.py"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--master", "yarn"], "no job is named"),
        (["--master", "local[2]", "--ship-environment", "jobs/enrich.py"], "has none"),
        (["jobs/enrich.py", "--set", "fetch.thread=3"], "did you mean threads?"),
        (
            [
                "--deploy-mode",
                "cluster",
                "j.py",
                "--conf-file",
                "a/x.toml",
                "--conf-file",
                "x.toml",
            ],
            "different names",
        ),
    ],
)
def test_a_mistake_ends_with_a_message_before_spark_starts(
    words: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for file in ("a/x.toml", "x.toml"):
        Path(file).parent.mkdir(exist_ok=True)
        Path(file).touch()
    done = dry_run(*words)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_the_packed_environment_runs_from_any_folder_with_no_path_and_no_home(
    tmp_path: Path,
) -> None:
    packed = subprocess.run(
        [VENV_PYTHON, ROOT / "deploy/environment.py", "--of", "pydantic"],
        capture_output=True,
        text=True,
        check=True,
    )
    archive = Path(packed.stdout.strip())
    (tmp_path / "environment").mkdir()
    subprocess.run(["tar", "xzf", archive], cwd=tmp_path / "environment", check=True)
    code = "import pydantic, ssl, sys; print(sys.path, pydantic.__file__)"
    ran = subprocess.run(
        ["./environment/bin/python", "-c", code],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env={},
    )
    assert ran.returncode == 0, ran.stderr
    assert str(tmp_path / "environment/lib") in ran.stdout.split()[-1]
    assert ".venv" not in ran.stdout
    archive.unlink()


def test_spark_is_found_where_no_environment_is_active_and_the_first_python_has_none() -> None:
    bare = {k: v for k, v in os.environ.items() if not k.startswith(("PYSPARK", "SPARK", "PYTHON"))}
    done = subprocess.run(
        [ROOT / "deploy/submit.sh", "--master", "local[1]", ROOT / "jobs/enrich.py", "--help"],
        capture_output=True,
        text=True,
        check=False,
        env={**bare, "PATH": "/usr/bin:/bin"},
    )
    assert done.returncode == 0, done.stderr
    assert "--catalog" in done.stdout
