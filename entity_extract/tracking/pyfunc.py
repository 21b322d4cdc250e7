"""A bundle as a model of MLflow: logged, registered, asked.

It is kept as its own files, which are safe to load, with the name of this module to load them by:
no pickle is made, and none is read.
"""

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import pandas as pd

from entity_extract.config import TrackingConfig, load_config
from entity_extract.extraction.extractor import Extractor
from entity_extract.schema import ENTITY_NAME, GROUP_ID, IMAGE_LINK
from entity_extract.tracking.registry import LOADER
from entity_extract.version import __version__

_NAME: Final = "model"
# Of an answer, as cells of a table: box and candidates are left out.
_DOUBLES: Final = ("value", "value_si", "confidence")
_TEXTS: Final = ("prediction", "unit", "unit_si", "source", "status", "reason", "runner_up")


def log_bundle(mlflow: Any, config: TrackingConfig, folder: Path) -> str:
    """Logs the bundle in `folder` with the run that is under way; the URI to take it by."""
    with warnings.catch_warnings():
        # An example would be asked, and its link fetched, while the model is logged.
        warnings.filterwarnings("ignore", message=".*input example")
        logged = mlflow.pyfunc.log_model(
            name=_NAME,
            loader_module=LOADER,
            data_path=str(folder),
            signature=_signature(),
            model_config={"conf_files": [], "set": []},  # what may be given when it is loaded
            pip_requirements=[f"entity-extract=={__version__}"],
            registered_model_name=config.register_as,
        )
    if config.register_as is None:
        return f"runs:/{logged.run_id}/{_NAME}"
    version = logged.registered_model_version
    mlflow.MlflowClient().set_registered_model_alias(config.register_as, config.alias, version)
    return f"models:/{config.register_as}@{config.alias}"


def _signature() -> Any:
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, Schema

    asked: list[Any] = [ColSpec("string", name) for name in (IMAGE_LINK, ENTITY_NAME)]
    asked.append(ColSpec("string", GROUP_ID, required=False))
    answered: list[Any] = [ColSpec("string", name, required=False) for name in _TEXTS]
    answered += [ColSpec("double", name, required=False) for name in _DOUBLES]
    return ModelSignature(inputs=Schema(asked), outputs=Schema(answered))


class BundleModel:
    """What `mlflow.pyfunc.load_model` gives: rows of questions in, answers out."""

    def __init__(self, extractor: Extractor) -> None:
        self._extractor = extractor

    def predict(self, rows: pd.DataFrame, params: Mapping[str, Any] | None = None) -> pd.DataFrame:
        """`image_link`, `entity_name` and maybe `group_id` -> the answer of each row,
        in order. Links are fetched as [fetch] allows."""
        answers = self._extractor.extract_frame(rows)
        return answers[[*_TEXTS, *_DOUBLES]].astype({name: float for name in _DOUBLES})


def _load_pyfunc(path: str, model_config: Mapping[str, Any] | None = None) -> BundleModel:
    """By its name for MLflow. `model_config`: `conf_files` and `set`, as the command takes them."""
    more = dict(model_config or {})
    files: Sequence[str] = more.get("conf_files", ())
    return BundleModel(Extractor(load_config(files, more.get("set", ())), path))
