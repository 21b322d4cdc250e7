"""What each part of learning is worth, on a folder of real, labelled pictures.

For every OCR engine, several splits by picture and one way of choosing after the other: F1 of the
rows held out and of those learned from, by label source; at the end F1 per entity, and on
categories never seen. The lake is read first where it is not (with `ocr.engine = "both"`, once for
all engines; see learning_data.py). Writes OUT/learning.json and prints a table.

    python -m tests.benchmarks.learning FOLDER --out build/bench --lake build/development/lake \
        [--weights resnet50.pth] [--finetuned weights.safetensors] [--seeds 5] [--engines both,...]
"""

import argparse
import json
import sys
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from entity_extract.config import Config, EmbedConfig, load_config
from entity_extract.embedding.weights import load_weights
from entity_extract.errors import UserError
from entity_extract.evaluation.bootstrap import interval, resample
from entity_extract.learning.training.background import Background
from entity_extract.learning.training.leakage import check_unseen
from entity_extract.learning.training.split_table import (
    TrainingTable,
    held_out_groups,
    split_rows,
    training_table,
)
from tests.benchmarks import ablation, learning_data
from tests.benchmarks.development import read_development

SOURCES = ("challenge", "corrected", "silver_A", "silver_B")
FULL = ("both", "tesseract")  # engines with a figure for each step; the others get the last ones
NOTHING = Background()


@dataclass(frozen=True)
class Task:
    """One split of one engine's rows."""

    engine: str
    seed: int
    split: str  # "image" or "group"


@dataclass(frozen=True)
class Setting:
    """What all tasks share; pickled once per process."""

    folder: Path
    lake: Path
    weights: str | None
    finetuned: str | None
    cache: Path
    assignments: tuple[str, ...]

    def config(self, seed: int, split: str) -> Config:
        more = (f"learning.seed={seed}", f"learning.split={split}", *_THREADS)
        return load_config(assignments=(*self.assignments, *more))

    def background(self, task: Task) -> Path:
        """The file of what a task knows besides its rows: one for all splits by picture, one for
        each split by category, without the categories held out."""
        of = f"group-{task.seed}" if task.split == "group" else "image"
        return self.cache / f"background-{of}.pkl"


# A process per core, so one thread each: LightGBM's wait for one another otherwise.
_THREADS = tuple(f"learning.{part}.threads=1" for part in ("forest", "unit", "ranker"))


def steps(task: Task, setting: Setting) -> Iterator[tuple[str, TrainingTable, ablation.Answers]]:
    """One way of choosing after the other, with its answer to every row."""
    config = setting.config(task.seed, task.split)
    learning, domain = config.learning, config.domain
    frames, known = _frames(setting), _background(setting.background(task))
    plain = training_table(frames[task.engine, None], learning, domain)

    def chosen(fitted: ablation.Fitted, columns: tuple[str, ...]) -> ablation.Answers:
        found, spoken = ablation.choose(fitted, columns, learning)
        return ablation.answers(fitted.table.examples, found, spoken)

    if task.engine in FULL and task.split == "image":
        yield "no picture: the category's commonest label", plain, ablation.commonest(plain)
        luck = ablation.shuffled(plain, task.seed)
        blind = ablation.fit(luck, learning, NOTHING)
        yield "all of it, labels shuffled", plain, chosen(blind, ablation.ALL)
        by_rule = ablation.rules(plain.examples)
        said = ablation.answers(plain.examples, by_rule, by_rule.best >= 0)
        yield "rules only", plain, said
        bare = ablation.fit(plain, learning, NOTHING)
        yield "ranker on text", plain, chosen(bare, ablation.TEXT)
        yield "+ geometry", plain, chosen(bare, ablation.GEOMETRY)
        yield (
            "+ category priors, from the training rows",
            plain,
            chosen(bare, ablation.PRIORS),
        )
    fitted = ablation.fit(plain, learning, known)
    if task.engine in FULL and task.split == "image":
        yield "+ priors of more labels", plain, chosen(fitted, ablation.PRIORS)
        yield "+ teacher from texts", plain, chosen(fitted, ablation.TEACHER)
        yield "+ forest and LightGBM", plain, chosen(fitted, ablation.TREES)
    yield "+ fusion net (all of it, without pictures)", plain, chosen(fitted, ablation.ALL)
    for name, weights in (("ResNet50", setting.weights), ("fine-tuned", setting.finetuned)):
        if weights is None or (task.engine not in FULL and name == "fine-tuned"):
            continue
        table = training_table(frames[task.engine, weights], learning, domain)
        try:
            contents = table.rows["content_sha256"].tolist()
            check_unseen(contents, table.validation, _seen(weights))
        except UserError:  # fine-tuned for another split: its figure would be too good
            continue
        seeing = ablation.fit(table, learning, known)
        if name == "ResNet50" and task.engine in FULL and task.split == "image":
            yield (
                "the baseline",
                table,
                ablation.baseline_predictions(seeing, learning),
            )
        yield f"with {name} features", table, chosen(seeing, ablation.ALL)


@lru_cache(maxsize=4)
def _seen(weights: str) -> frozenset[int]:
    """The pictures that these weights were fine-tuned on."""
    return load_weights(EmbedConfig(weights=weights)).seen


@lru_cache(maxsize=1)
def _frames(setting: Setting) -> dict[tuple[str, str | None], pd.DataFrame]:
    """(engine, weights) -> rows of EXAMPLE_ROW; made once, and kept in a file for the others."""
    return dict(pd.read_pickle(setting.cache / "frames.pkl"))  # noqa: S301  # our own file


@lru_cache(maxsize=1)
def _background(path: Path) -> Background:
    found: Background = pd.read_pickle(path)  # noqa: S301
    return found


def prepare(setting: Setting, engines: list[str], tasks: list[Task]) -> None:
    """Writes what tasks read, once."""
    setting.cache.mkdir(parents=True, exist_ok=True)
    config = setting.config(0, "image")
    found: dict[tuple[str, str | None], pd.DataFrame] = {}
    rows = learning_data.read_rows(setting.folder, setting.lake, None)
    for name, frame in learning_data.example_frames(rows, engines, config).items():
        found[name, None] = frame
    for weights in filter(None, (setting.weights, setting.finetuned)):
        seen = learning_data.embeddings(setting.lake, rows, weights, config)
        for name in engines:
            found[name, weights] = found[name, None].assign(embedding=seen)
    pd.to_pickle(found, setting.cache / "frames.pkl")
    beside = learning_data.beside(setting.folder, config.domain)
    for path, task in {setting.background(task): task for task in reversed(tasks)}.items():
        learning = setting.config(task.seed, task.split).learning
        split = split_rows(found[task.engine, None], learning, config.domain)
        held_out = held_out_groups(split, learning)
        known = beside.background(learning, config.domain, held_out_groups=held_out)
        pd.to_pickle(known, path)


def counted(task: Task, setting: Setting) -> list[pd.DataFrame]:
    """Per step: the rows scored, a line for each row and source, with what came of it."""
    found = []
    for step, table, given in steps(task, setting):
        rows = table.rows
        challenge = rows["label_source"] == "challenge"
        sources = {
            "challenge": (challenge, rows["challenge_value"]),
            "corrected": (challenge & (rows["human_status"] != ""), rows["entity_value"]),
            "silver_A": (rows["label_source"] == "silver_A", rows["challenge_value"]),
            "silver_B": (rows["label_source"] == "silver_B", rows["challenge_value"]),
        }
        for source, (scored, labels) in sources.items():
            counts = ablation.outcomes(given, labels, table.examples)
            part = pd.DataFrame(counts, columns=list(ablation.OUTCOMES))
            part = part.assign(
                engine=task.engine, split=task.split, seed=task.seed, step=step, source=source,
                entity=rows["entity_name"], picture=rows["image_link"],
                side=np.where(table.validation, "validation", "train"),
            )  # fmt: skip
            found.append(part[scored.to_numpy(bool)])
    return found


def _counted(arguments: tuple[Task, Setting]) -> list[pd.DataFrame]:
    return counted(*arguments)


def f1(rows: pd.DataFrame) -> float:
    tp, fp, fn = (rows[name].sum() for name in ("tp", "fp", "fn"))
    return float(2 * tp / max(1, 2 * tp + fp + fn))


def figures(rows: pd.DataFrame) -> dict[str, Any]:
    """Of one step and source: means over the splits; the interval resamples pictures, all splits
    of a picture together."""
    held, learned = (rows[rows["side"] == side] for side in ("validation", "train"))
    by_seed = [f1(part) for _, part in held.groupby("seed")]
    by_seed_train = [f1(part) for _, part in learned.groupby("seed")]
    draws = resample(
        held[["tp", "fp", "fn"]].to_numpy(np.int64), pd.factorize(held["picture"])[0], 1000, 0
    )
    tp, fp, fn = draws.T
    point = float(np.mean(by_seed))
    tp_all, fp_all, fn_all = (held[name].sum() for name in ("tp", "fp", "fn"))
    return {
        "f1": point,
        "f1_interval": interval(2 * tp / np.maximum(1, 2 * tp + fp + fn), point),
        "f1_by_seed": by_seed,
        "f1_train": float(np.mean(by_seed_train)),
        "gap": float(np.mean(by_seed_train)) - point,
        "precision": float(tp_all / max(1, tp_all + fp_all)),
        "recall": float(tp_all / max(1, tp_all + fn_all)),
        "oracle_recall": float(held["among"].sum() / max(1, held["labelled"].sum())),
        "f1_given_candidate": f1(held[held["among"] == 1]),
        "rows_per_split": len(held) / max(1, held["seed"].nunique()),
    }


def report(rows: pd.DataFrame) -> dict[str, Any]:
    """split -> engine -> step -> source -> figures; with them per_entity -> source -> entity."""
    made: dict[str, Any] = defaultdict(lambda: defaultdict(dict))
    for (split, engine, step), part in rows.groupby(["split", "engine", "step"], sort=False):
        found: dict[str, Any] = {s: figures(of) for s, of in part.groupby("source", sort=False)}
        found["per_entity"] = {
            source: {
                name: {"f1": f1(of), "rows_per_split": len(of) / of["seed"].nunique()}
                for name, of in held.groupby("entity")
            }
            for source, held in part[part["side"] == "validation"].groupby("source", sort=False)
        }
        made[split][engine][step] = found
    return made


def table_of(found: dict[str, Any]) -> str:
    lines = ["| split | engine | step | challenge | corrected | silver_A | silver_B | gap |"]
    lines.append("|" + "---|" * 8)
    for split, of_split in found.items():
        for engine, of_engine in of_split.items():
            for step, of_step in of_engine.items():
                cells = [f"{of_step[source]['f1']:.3f}" for source in SOURCES]
                gap = max(of_step[source]["gap"] for source in SOURCES[:3])
                lines.append(f"| {split} | {engine} | {step} | {' | '.join(cells)} | {gap:.3f} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--lake", type=Path, default=Path("build/development/lake"))
    parser.add_argument("--weights", help="ResNet50 state dict; left out: no picture features")
    parser.add_argument("--finetuned", help="weights that jobs.finetune wrote")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--engines", default="both,tesseract,rapidocr,cascade")
    parser.add_argument("--splits", default="image,group")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--set", action="append", default=[])
    args = parser.parse_args()
    read_development(args.folder, args.lake)
    out, engines = args.out.resolve(), args.engines.split(",")
    setting = Setting(
        args.folder, args.lake, args.weights, args.finetuned, out / "learning", tuple(args.set)
    )
    tasks = [
        Task(engine, seed, split)
        for split in args.splits.split(",")
        for seed in range(args.seeds)
        for engine in engines
        if split == "image" or engine in FULL
    ]
    prepare(setting, engines, tasks)
    parts: list[pd.DataFrame] = []
    with ProcessPoolExecutor(args.workers) as pool:
        for task, found in zip(
            tasks, pool.map(_counted, [(t, setting) for t in tasks]), strict=True
        ):
            parts += found
            sys.stderr.write(f"{task.split} {task.engine} seed {task.seed}\n")
    made = report(pd.concat(parts, ignore_index=True))
    (out / "learning.json").write_text(json.dumps(made, indent=1))
    sys.stdout.write(table_of(made) + "\n")


if __name__ == "__main__":
    main()
