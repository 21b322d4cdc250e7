"""What is run of a shape, step by step, within a time; figures of what has been are kept."""

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from entity_extract.lake.files import LakeFiles
from tests.benchmarks.growing.shapes import Shape
from tests.benchmarks.growing.summary import lines_of, summed_up
from tests.benchmarks.memory import Memory

_STEP = "tests.benchmarks.growing.step"
_ENDS_S = 120.0  # a run that is told to stop; then it is killed
Figures = dict[str, Any]


class OutOfTime(Exception):
    """--limit-s is over."""


class Until:
    """When all has to have ended."""

    def __init__(self, limit_s: float | None) -> None:
        self._end = None if limit_s is None else time.monotonic() + limit_s

    def left(self) -> float | None:
        """Raises OutOfTime where it is nothing."""
        if self._end is None:
            return None
        if (left := self._end - time.monotonic()) <= 0:
            raise OutOfTime("out of time")
        return left


class Steps:
    """Figures after each step. What was done before by the same settings is not done again."""

    def __init__(self, shape: Shape, out: Path, until: Until, *, keep: bool) -> None:
        self._shape, self._until, self._keep = shape, until, keep
        self._folder, self._lines = out / shape.name, out / f"{shape.name}.jsonl"
        self._held, self._lake = self._folder / "figures.json", self._folder / "lake"

    def __iter__(self) -> Iterator[Figures]:
        """Raises OutOfTime after the figures of what there is."""
        figures = self._begun()
        for name, step in self._steps().items():
            if name in figures:
                continue
            try:
                figures[name] = step()
            except OutOfTime:
                yield self._noted(figures)
                raise
            yield self._noted(figures)
        if not self._keep:
            shutil.rmtree(self._folder)

    def _begun(self) -> Figures:
        asked = asdict(self._shape)
        del asked["write"]
        asked = json.loads(json.dumps(asked))
        if self._held.exists():
            held: Figures = json.loads(self._held.read_text())
            if held["shape"] == asked:
                return held
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir(parents=True)
        self._lines.unlink(missing_ok=True)
        free = shutil.disk_usage(self._folder).free
        if free < self._shape.disk_bytes:
            wanted = f"{self._shape.disk_bytes / 1e9:.0f} GB"
            sys.exit(f"{self._shape.name}: {wanted} of disk are needed, {free / 1e9:.0f} are free")
        return self._noted({"shape": asked})

    def _noted(self, figures: Figures) -> Figures:
        figures["waves"] = summed_up(lines_of(self._lines))
        self._held.write_text(json.dumps(figures, indent=1))
        return figures

    def _steps(self) -> dict[str, Callable[[], Figures]]:
        found = {"read": self._read, "nothing_new": self._again, "one_percent_more": self._more}
        return found | ({"predict": self._predict} if self._shape.predict else {})

    def _catalog(self, name: str, links: int) -> Path:
        path = self._folder / f"{name}{self._shape.suffix}"
        if not path.exists():
            part = path.with_name(f"part-{path.name}")
            self._shape.write(part, links).rename(path)
        return path

    def _read(self) -> Figures:
        catalog = self._catalog("catalog", self._shape.links)
        found = self._step("read", catalog)
        self._check(self._shape.links)
        return found | {"catalog_bytes": catalog.stat().st_size}

    def _again(self) -> Figures:
        catalog = self._catalog("catalog", self._shape.links)
        words = ["jobs.read_images", "--conf-file", "local.toml", "--catalog", str(catalog)]
        sets = [word for pair in self._shape.settings for word in ("--set", pair)]
        printed, found = self._timed(*words, "--lake", str(self._lake), *sets)
        if "nothing new" not in printed:
            sys.exit(f"{self._shape.name}: a second run found something new: {printed}")
        return found

    def _more(self) -> Figures:
        found = self._step("read", self._catalog("grown", self._shape.more), "more")
        self._check(self._shape.more)
        return found

    def _predict(self) -> Figures:
        return self._step("predict", self._catalog("grown", self._shape.more))

    def _step(self, name: str, catalog: Path, lines: str = "") -> Figures:
        """`lines`: where those of waves go that are not among those of the growth."""
        told = self._folder / f"{lines}.jsonl" if lines else self._lines
        sets = [word for pair in self._shape.settings for word in ("--set", pair)]
        stub = ["--stub", json.dumps(self._shape.stub)]
        return self._timed(_STEP, name, str(catalog), str(self._lake), str(told), *stub, *sets)[1]

    def _check(self, links: int) -> None:
        listed = LakeFiles(self._lake).waves("images")
        held = sum(wave.rows for wave in listed.waves) if listed else 0
        if held != links:
            sys.exit(f"{self._shape.name}: {held} links in the lake, not {links}")

    def _timed(self, *words: str) -> tuple[str, Figures]:
        """A run in a process of its own, ended where time is over."""
        left, start = self._until.left(), time.monotonic()
        process = subprocess.Popen(
            [sys.executable, "-m", *words], stdout=subprocess.PIPE, text=True
        )
        memory = Memory(process.pid)
        memory.start()
        try:
            printed, _ = process.communicate(timeout=left)
        except subprocess.TimeoutExpired:
            process.terminate()
            raise OutOfTime(f"{words[0]} was stopped") from None
        finally:
            _ended(process)
            peak = memory.stop()
        if process.returncode:
            sys.exit(f"{' '.join(words[:2])} failed with {process.returncode}")
        return printed, {"seconds": round(time.monotonic() - start, 1), "peak_mib": peak}


def _ended(process: subprocess.Popen[str]) -> None:
    """Of one that was told to: what it says is not looked at any more."""
    try:
        process.communicate(timeout=_ENDS_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
