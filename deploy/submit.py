"""The spark-submit command of one of our jobs; deploy/submit.sh says how to call it."""

import argparse
import importlib.util
import os
import shlex
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from entity_extract.config import Config, ConfigError, load_config  # noqa: E402

ZIP = ROOT / "build/entity_extract.zip"
PYTHON = str(ROOT / ".venv/bin/python")
# In cluster mode spark-submit itself says no more than that the driver failed.
DRIVER_SAID = (
    "what the driver says stands in its container, once it has ended: "
    "yarn logs -applicationId <the application named below> -am ALL -log_files stdout\n"
)
SHIPPED_PYTHON = "./environment/bin/python"  # where Spark unpacks --archives FILE#environment
# Masters whose executors see this machine's files, or machines set up just like it.
SAME_FILES = ("local", "spark://")
FLAGS = ("--ship-environment", "--with-cuda", "--dry-run", "--verbose", "-v", "--supervise")


def stop(message: str) -> NoReturn:
    sys.stderr.write(f"error: {message}\n")
    sys.exit(2)


class Options:
    """Options of spark-submit as typed, and what we take out of them."""

    def __init__(self, typed: Sequence[str]) -> None:
        self.left = list(typed)

    def take(self, name: str) -> list[str]:
        """The values of `--name value` and `--name=value`, which are then no longer left."""
        values, left, words = [], [], iter(self.left)
        for word in words:
            if word == name:
                values.append(next(words, ""))
            elif word.startswith(f"{name}="):
                values.append(word.removeprefix(f"{name}="))
            else:
                left.append(word)
        self.left = left
        return values

    def take_flag(self, name: str) -> bool:
        found = name in self.left
        self.left = [word for word in self.left if word != name]
        return found

    def said(self, name: str, key: str, otherwise: str) -> str:
        """The last `--name value`, else the last `--conf key=value`; both stay."""
        pairs = [pair.partition("=") for pair in Options(self.left).take("--conf")]
        by_conf = [value for found, _, value in pairs if found == key]
        return [otherwise, *by_conf, *Options(self.left).take(name)][-1]


def command(typed: Sequence[str], job: str, arguments: Sequence[str], *, build: bool) -> list[str]:
    """spark-submit with all that the cluster needs; `build` makes the zip and the archive as well.

    What is typed wins over the job's [spark] section, but for lists of files, which are joined.
    """
    options = Options(typed)
    with_cuda = options.take_flag("--with-cuda")
    ship = options.take_flag("--ship-environment") or with_cuda
    master = options.said("--master", "spark.master", "local[*]")
    mode = options.said("--deploy-mode", "spark.submit.deployMode", "client")
    if ship and master.startswith("local") and not master.startswith("local-cluster"):
        stop(f"--ship-environment is for executors elsewhere, and --master {master} has none")

    config, conf_files, arguments = configured(arguments)
    settings = {**config.spark, **pythons(master, mode, ship=ship)}
    settings.pop(
        "spark.master", None
    )  # stands for plain `python -m`; here the command line chooses
    lists = {name: options.take(name) for name in ("--py-files", "--files", "--archives")}
    lists["--py-files"].append(built_zip() if build else str(ZIP))
    if mode == "cluster":
        lists["--files"] += [file for file in conf_files if Path(file).exists()]
        conf_files = shipped_names(conf_files)
    if ship:
        lists["--archives"].append(f"{environment(with_cuda=with_cuda, build=build)}#environment")
    if packages := options.take("--packages"):
        lists["--packages"] = [settings.pop("spark.jars.packages", ""), *packages]

    words = [str(ROOT / ".venv/bin/spark-submit")]
    for key, value in settings.items():
        words += ["--conf", f"{key}={value}"]
    words += options.left
    for name, values in lists.items():
        if joined := ",".join(filter(None, values)):
            words += [name, joined]
    return [*words, job, *arguments, *(x for file in conf_files for x in ("--conf-file", file))]


def configured(arguments: Sequence[str]) -> tuple[Config, list[str], list[str]]:
    """The job's configuration, its conf files, and its arguments without these."""
    parser = argparse.ArgumentParser(add_help=False)  # --help and all others are the job's own
    parser.add_argument("--conf-file", action="append", default=[])
    parser.add_argument("--set", action="append", default=[])
    known, others = parser.parse_known_args(arguments)
    try:
        config = load_config(known.conf_file, known.set)
    except ConfigError as err:
        stop(str(err))
    return config, known.conf_file, [*others, *(x for s in known.set for x in ("--set", s))]


def shipped_names(files: Sequence[str]) -> list[str]:
    """What --files calls them in the folder in which a driver on the cluster starts. One of the
    package's own has its name there, too: it travels in the zip."""
    names = [Path(file).name for file in files]
    if len(set(names)) < len(names):
        stop(f"in cluster mode conf files need different names: {', '.join(files)}")
    return names


def pythons(master: str, mode: str, *, ship: bool) -> dict[str, str]:
    """The Python of the executors and that of the driver; what is not said the cluster chooses."""
    executor = os.environ.get("PYSPARK_PYTHON")
    if executor is None and master.startswith(SAME_FILES):
        executor = PYTHON
    if ship:
        executor = SHIPPED_PYTHON
    found = {} if executor is None else {"spark.pyspark.python": executor}
    if mode == "client":
        found["spark.pyspark.driver.python"] = os.environ.get("PYSPARK_DRIVER_PYTHON", PYTHON)
    return found


def built_zip() -> str:
    return _printed(str(ROOT / "deploy/package.sh"))


def environment(*, with_cuda: bool, build: bool) -> str:
    options = ["--with-cuda"] * with_cuda + ["--where"] * (not build)
    return _printed(PYTHON, str(ROOT / "deploy/environment.py"), *options)


def _printed(*words: str) -> str:
    done = subprocess.run(words, stdout=subprocess.PIPE, text=True, check=False)  # noqa: S603
    if done.returncode != 0:
        sys.exit(done.returncode)
    return done.stdout.strip()


def spark_home() -> str:
    found = importlib.util.find_spec("pyspark")
    if found is None or found.origin is None:
        stop(f"{PYTHON} has no pyspark: run `make setup`")
    return str(Path(found.origin).parent)


def split(words: Sequence[str]) -> tuple[list[str], str, list[str]]:
    """Options of spark-submit, the job's file, the job's arguments."""
    for at, word in enumerate(words):
        before = words[at - 1] if at else ""
        is_value = before.startswith("-") and "=" not in before and before not in FLAGS
        if word.endswith(".py") and not is_value:
            return list(words[:at]), word, list(words[at + 1 :])
    stop("no job is named: deploy/submit.sh [options of spark-submit] jobs/enrich.py [arguments]")


def main(words: Sequence[str]) -> None:
    typed, job, arguments = split(words)
    options = Options(typed)
    dry_run = options.take_flag("--dry-run")
    submit = command(options.left, job, arguments, build=not dry_run)
    if dry_run:
        sys.stdout.write(f"{shlex.join(submit)}\n")
        return
    mode = options.said("--deploy-mode", "spark.submit.deployMode", "client")
    if mode == "cluster" and options.said("--master", "spark.master", "") == "yarn":
        sys.stderr.write(DRIVER_SAID)
        sys.stderr.flush()
    # Spark's own scripts would look for it with the first python3 on the PATH, which may lack it.
    os.environ.setdefault("SPARK_HOME", spark_home())
    os.execv(submit[0], submit)  # noqa: S606


if __name__ == "__main__":
    main(sys.argv[1:])
