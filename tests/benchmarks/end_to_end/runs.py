"""One run of one contender over so many photos: kept in a file, so that none is made twice."""

import json
import os
import shutil
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.benchmarks.end_to_end.contenders import CONTENDERS, Place, command, environment
from tests.benchmarks.end_to_end.environments import PeerMissing, python_of
from tests.benchmarks.end_to_end.outputs import checked
from tests.benchmarks.end_to_end.pictures import Photos, write_questions

ROOT = Path(__file__).parents[3]
Run = dict[str, Any]


@dataclass(frozen=True)
class Bench:
    """What all runs share. `folder` is of the benchmark; `limit_s` is for one run."""

    folder: Path
    photos: Photos
    base_url: str
    weights: str
    cores: int
    limit_s: float
    settings: tuple[str, ...]

    @property
    def kept(self) -> Path:
        return self.folder / "runs"

    def run(self, name: str, photos: int, turn: int) -> Run:
        """Made, or found where an earlier call has made it. What fails twice says `error`, and is
        tried anew by the next call."""
        path = self.kept / f"{name}-{photos}-{turn}.json"
        with suppress(FileNotFoundError):
            found: Run = json.loads(path.read_text())
            if "error" not in found:
                return found
        made = self._made(name, photos)
        if "error" in made:
            made = {**self._made(name, photos), "first_error": made["error"]}
        self.kept.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(made, indent=1))
        return made

    def _made(self, name: str, photos: int) -> Run:
        scratch = self.folder / "scratch"
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir(parents=True)
        contender = CONTENDERS[name]
        place = Place(
            catalog=write_questions(scratch / "catalog.csv", self.photos, photos, self.base_url),
            pictures=self.photos.folder.resolve(),
            out=scratch / "out",
            model=self.folder / "model",
            weights=self.weights,
            cores=self.cores,
            settings=self.settings,
        )
        try:
            python = python_of(contender.peer, self.folder.parent / "envs")
        except PeerMissing as error:
            return {"error": str(error)}
        run = self._spent(command(contender, python, place), environment(python, ROOT))
        if "error" not in run:
            run |= checked(contender, place.out, self.photos, photos)
        shutil.rmtree(scratch, ignore_errors=True)
        return run

    def _spent(self, asked: list[str], variables: dict[str, str]) -> Run:
        """On so many cores, whatever the machine has."""
        watched = [sys.executable, "-m", "tests.benchmarks.end_to_end.spent", str(self.limit_s)]
        cores = sorted(os.sched_getaffinity(0))[: self.cores]
        load = os.getloadavg()[0]
        with subprocess.Popen(
            ["taskset", "-c", ",".join(map(str, cores)), *watched, *asked],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, **variables},
            cwd=ROOT,
        ) as process:
            try:
                printed, said = process.communicate()
            except BaseException:
                process.terminate()  # it ends all that it has started
                raise
        if process.returncode:
            return {"error": _shortened(said) or f"status {process.returncode}"}
        return {**json.loads(printed.splitlines()[-1]), "load_before": round(load, 1)}


def _shortened(text: str, most: int = 3000) -> str:
    """Both ends: a native crash says its name first, an exception last."""
    text = text.strip()
    return text if len(text) <= most else f"{text[: most // 2]}\n[...]\n{text[-most // 2 :]}"
