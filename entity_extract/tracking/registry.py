"""Bundles from MLflow's registry, for whoever takes `--model`."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from entity_extract.config import TrackingConfig
from entity_extract.errors import UserError
from entity_extract.learning.prediction.bundle import Bundle
from entity_extract.learning.prediction.bundle_files import load_bundle
from entity_extract.tracking.client import mlflow_of, told
from entity_extract.tracking.uris import MODEL_URIS

LOADER: Final = "entity_extract.tracking.pyfunc"  # what a model of ours is loaded by


def bundle_at(named: Path, config: TrackingConfig) -> Bundle:
    """The bundle in the folder `named`, or that of the model `models:/…` or `runs:/…`.

    Raises BundleError, and UserError where MLflow is not installed, or has no such model.
    """
    uri = str(named)
    if not uri.startswith(MODEL_URIS):
        return load_bundle(named)
    mlflow = mlflow_of(config)
    with TemporaryDirectory(prefix="entity-extract-model-") as copy:
        with told(f"--model {uri}"):
            found = Path(mlflow.artifacts.download_artifacts(artifact_uri=uri, dst_path=copy))
            about = mlflow.models.Model.load(str(found)).flavors.get("python_function", {})
        folder = (found / str(about.get("data", ""))).resolve()
        if about.get("loader_module") != LOADER or not folder.is_relative_to(Path(copy).resolve()):
            raise UserError(f"--model {uri}: no model of entity-extract")
        return load_bundle(folder)
