"""A small shop, served for real, and jobs run as a user runs them: as processes."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch
from torchvision.models import resnet50

from entity_extract.sample_shop.server import serve
from entity_extract.sample_shop.shop import write_catalog
from entity_extract.status import Status

ROOT = Path(__file__).parents[2]

# A JVM of half a minute gains nothing from compiling for hours to come.
BRIEF = tuple(
    f"spark.{side}.extraJavaOptions=-XX:TieredStopAtLevel=1" for side in ("driver", "executor")
)
# Small pictures, one OCR pass and few trees: what is tested is the way, not the figure.
QUICK = (
    *BRIEF,
    "fetch.allow_private=true",
    "fetch.deadline_s=8",
    "fetch.max_attempts=2",
    'ocr.skip=["second_look"]',
    "image.max_pixels=20_000_000",
    "embed.image_px=64",
    "learning.folds=2",
    "learning.image_components=4",
    "learning.forest.num_trees=8",
    "learning.unit.rounds=8",
    "learning.ranker.rounds=40",
    "learning.fusion.max_epochs=4",
    "evaluate.bootstrap=50",
)
CONF_FILE = "local.toml"


# The ways in which a link of the sample shop fails, and a picture is not one.
BROKEN = {
    "missing": Status.HTTP_ERROR,
    "slow": Status.TIMEOUT,
    "truncated": Status.BROKEN_IMAGE,
    "html": Status.NOT_AN_IMAGE,
    "pixel": Status.TOO_SMALL,
    "huge": Status.TOO_LARGE,
}


@dataclass(frozen=True)
class Shop:
    """A rendered catalog whose pictures answer, or misbehave, while the tests run."""

    csv: Path
    broken: dict[str, str]
    weights: Path
    labels: Path  # further labels, whose pictures nobody serves
    texts: Path

    def settings(self) -> list[str]:
        return [f"embed.weights={self.weights}", *QUICK]

    def options(self, *more: str) -> list[str]:
        """Options of every job on this shop."""
        pairs = [*self.settings(), *more]
        return ["--conf-file", str(CONF_FILE), *(x for pair in pairs for x in ("--set", pair))]


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    folder = tmp_path_factory.mktemp("shop")
    weights = folder / "resnet50.pth"
    torch.manual_seed(0)
    torch.save(resnet50(weights=None).state_dict(), weights)
    with serve(folder) as base_url:
        table = write_catalog(folder, rows=60, seed=3, base_url=base_url).csv
        broken = {kind: f"{base_url}/{kind}/000001.jpg" for kind in BROKEN}
        rows = [f"{100 + i},{link},1,width,3 inch" for i, link in enumerate(broken.values())]
        rows += [
            "200,,1,width,3 inch",  # no link
            f"201,{broken['missing']},1,beauty,3 inch",  # no such entity
            f"202,{broken['missing']},1,height,3 inch",
            f"202,{broken['missing']},1,height,3 inch",  # the same row again
        ]
        with table.open("a") as file:
            file.write("\n".join(rows) + "\n")
        yield Shop(table, broken, weights, *_further(folder))


def _further(folder: Path) -> tuple[Path, Path]:
    """Labels of pictures elsewhere, and labelled texts."""
    weights = [20 + 7 * i % 500 for i in range(60)]
    links = [f"https://elsewhere.example/{i}.jpg" for i in range(len(weights))]
    header = "image_link,group_id,entity_name,entity_value"
    rows = [f"{link},1,item_weight,{w} gram" for link, w in zip(links, weights, strict=True)]
    said = [f"{row},net weight {w} g (serving 5 g)" for row, w in zip(rows, weights, strict=True)]
    labels, texts = folder / "labels.csv", folder / "texts.csv"
    labels.write_text("\n".join([header, *rows, ""]))
    texts.write_text("\n".join([f"{header},text", *said, ""]))
    return labels, texts


def job_command(name: str, *args: str | Path) -> list[str | Path]:
    """`python -m jobs.<name>`. Here Spark does what is small enough to do without it, too, unless
    `args` say otherwise."""
    engine = ["--engine", "spark"] if name == "enrich" and "--engine" not in args else []
    return [sys.executable, "-m", f"jobs.{name}", *args, *engine]


def run_job(
    name: str, *args: str | Path, cwd: Path = ROOT, env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """`python -m jobs.<name> …` to its end."""
    return subprocess.run(
        list(map(str, job_command(name, *args))),
        capture_output=True,
        text=True,
        cwd=cwd,
        timeout=1200,
        env={**os.environ, **(env or {})},
    )


def succeed(done: subprocess.CompletedProcess[str]) -> str:
    """What it printed; fails with its last lines on stderr where it failed."""
    assert done.returncode == 0, done.stderr[-6000:]
    return done.stdout


@dataclass(frozen=True)
class Trained:
    """The shop's catalog trained, predicted and evaluated once, for tests that only look.

    Whoever writes takes a copy of the lake: files of tests run in any order.
    """

    lake: Path
    model: Path
    report: Path
    answers: Path
    lineage: Path  # events, a line each
    printed: dict[str, str]

    def copied_lake(self, folder: Path) -> Path:
        """A copy of the lake, in `folder`, to write to."""
        return Path(shutil.copytree(self.lake, folder / "lake"))


@pytest.fixture(scope="session")
def trained(shop: Shop, tmp_path_factory: pytest.TempPathFactory) -> Trained:
    folder = tmp_path_factory.mktemp("trained")
    made = Trained(
        lake=folder / "lake",
        model=folder / "model",
        report=folder / "report",
        answers=folder / "answers.csv",
        lineage=folder / "lineage.jsonl",
        printed={},
    )
    tables = ["--catalog", shop.csv, "--lake", made.lake]
    options = shop.options(f"lineage.file={made.lineage}")
    further = ["--labels", shop.labels, "--texts", shop.texts]
    made.printed["train"] = succeed(
        run_job("train", *tables, "--model", made.model, *further, *options)
    )
    made.printed["enrich"] = succeed(
        run_job("enrich", *tables, "--model", made.model, "--answers", made.answers, *options)
    )
    made.printed["evaluate"] = succeed(
        run_job("evaluate", *tables, "--out", made.report, "--model", made.model, *options)
    )
    return made
