"""What train, tune and evaluate leave in MLflow: parameters, figures, reports, the model."""

import re
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from entity_extract.config import Config, TrackingConfig
from entity_extract.config.secrets import masked_tree
from entity_extract.learning.prediction.bundle import Bundle
from entity_extract.tracking.client import mlflow_of, told
from entity_extract.tracking.pyfunc import log_bundle

# Sections of the configuration that a model is made by.
_PARAMETERS: Final = ("learning", "ocr", "image", "embed", "reread", "predict")
_UNNAMED: Final = re.compile(r"[^\w\-. /]+", re.ASCII)  # no part of a metric's name
_LONGEST: Final = 500  # letters of a parameter's value, the least that servers take
_FIGURES: Final = ("f1", "precision", "recall", "accuracy", "oracle_recall", "f1_given_candidate")


def track_training(config: Config, bundle: Bundle, folder: Path, about: Mapping[str, str]) -> str:
    """A run with the model in it, registered where `tracking.register_as` has a name; what to call
    it by, "" where nothing is tracked. `about` become tags."""
    with _run("train", config, about) as mlflow:
        if mlflow is None:
            return ""
        mlflow.set_tag("model_version", bundle.version)
        mlflow.log_metrics(figures_of(bundle.about["metrics"], config.entities))
        return log_bundle(mlflow, config.tracking, folder)


def track_evaluation(
    config: Config, metrics: Mapping[str, Any], out: Path, about: Mapping[str, str]
) -> None:
    """`metrics` as `spark.evaluation.evaluate` gives them; `out` is what it wrote to."""
    with _run("evaluate", config, about) as mlflow:
        if mlflow is not None:
            splits = {name: found for name, found in metrics.items() if _is_split(found)}
            mlflow.log_metrics(figures_of(splits, config.entities))
            written = (
                "metrics.json",
                "report.html",
                "errors.csv",
            )
            for path in (out / name for name in written if (out / name).exists()):
                mlflow.log_artifact(str(path))


def track_tuning(
    config: Config, f1: Mapping[str, tuple[float, float]], out: Path, about: Mapping[str, str]
) -> None:
    """`f1` of each side, before and after; `out` is the conf file."""
    with _run("tune", config, about) as mlflow:
        if mlflow is not None:
            for side, (before, after) in f1.items():
                mlflow.log_metrics({f"{side}.f1": after, f"{side}.f1_before": before})
            mlflow.log_artifact(str(out))


def _is_split(found: object) -> bool:
    return isinstance(found, Mapping) and "per_entity" in found


def figures_of(
    splits: Mapping[str, Mapping[str, Any]], entities: Collection[str]
) -> dict[str, float]:
    """`validation.f1`, `validation.width.f1` and so on, of what `score` gives: of `entities`
    alone, since a catalog may ask for anything."""
    out: dict[str, float] = {}
    for split, found in splits.items():
        out |= {f"{split}.{name}": float(found[name]) for name in _FIGURES}
        out |= {
            f"{split}.{entity}.f1": float(figures["f1"])
            for entity, figures in found["per_entity"].items()
            if entity in entities
        }
    return {_UNNAMED.sub("_", name): value for name, value in out.items()}


def parameters_of(config: Config) -> dict[str, str]:
    """`learning.ranker.rounds` and so on."""
    tree = masked_tree(config.model_dump(mode="json", include=set(_PARAMETERS)))
    return {name: value[:_LONGEST] for name, value in _flat(tree, ())}


def _flat(value: Any, path: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for name, held in value.items():
            yield from _flat(held, (*path, name))
    else:
        yield ".".join(path), str(value)


@contextmanager
def _run(job: str, config: Config, about: Mapping[str, str]) -> Iterator[Any]:
    """MLflow within a run of its own; None where nothing is tracked."""
    tracking: TrackingConfig = config.tracking
    if tracking.uri is None:
        yield None
        return
    mlflow = mlflow_of(tracking)
    with told(f"tracking.experiment {tracking.experiment}"):
        mlflow.set_experiment(tracking.experiment)
        with mlflow.start_run(run_name=job, tags=masked_tree(dict(about))):
            mlflow.log_params(parameters_of(config))
            yield mlflow
