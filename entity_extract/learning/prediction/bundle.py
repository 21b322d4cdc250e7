"""The model bundle: files of a model and what is known about them (on disk: bundle_files.py)."""

import hashlib
import itertools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

from entity_extract.config import Domain
from entity_extract.learning.prediction.ranker_features import feature_versions
from entity_extract.version import __version__

if TYPE_CHECKING:
    from entity_extract.learning.prediction.model import Model

FORMAT = 3
_LIBRARIES = ("lightgbm", "numpy", "scikit-learn", "torch", "pytesseract", "pyspark", "synapseml")


@dataclass(frozen=True)
class Bundle:
    """The files of a model and what is known about them, small enough to broadcast."""

    files: dict[str, bytes]
    about: dict[str, Any]

    @property
    def version(self) -> str:
        """The same content gives the same version, wherever and whenever it was trained."""
        return str(self.about["model_version"])

    @property
    def encoder_version(self) -> str | None:
        """The image encoder whose embeddings the learners saw; None: they saw no images."""
        found = self.about["encoder_version"]
        return None if found is None else str(found)

    @property
    def domain(self) -> Domain:
        return Domain.model_validate(json.loads(self.files["choice.json"])["domain"])

    def knows_reader(self, reader_version: str, engine: str) -> bool:
        """Whether it learned from words read this way, or from each engine's words, whatever the
        engine's version."""
        return self.about["reader_version"] == reader_version or engine in self.about.get(
            "engines", ()
        )

    def model(self) -> "Model":
        # Imports what learns (torch: seconds), which a driver that only ships the files never does.
        from entity_extract.learning.prediction.model import Model

        return Model.from_files(self.files)


_models: dict[str, "Model"] = {}


def worker_model(bundle: Bundle) -> "Model":
    """The model of `bundle`, parsed once per process; an older model makes room for it."""
    model = _models.get(bundle.version)
    if model is None:
        _models.clear()
        model = _models[bundle.version] = bundle.model()
    return model  # not looked up again: a thread with another model may have cleared it away


def make_bundle(
    model: "Model", *, encoder_version: str | None, reader_version: str, about: Mapping[str, Any]
) -> Bundle:
    """`about` holds what the caller knows: metrics, split, weights, configuration, counts."""
    stored = model.files()
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in stored.items()}
    features = feature_names(model)
    identity = json.dumps([digests, encoder_version], sort_keys=True)
    return Bundle(
        stored,
        {
            **about,
            "format": FORMAT,
            "model_version": hashlib.sha256(identity.encode()).hexdigest()[:12],
            "package_version": __version__,
            "encoder_version": encoder_version,
            "reader_version": reader_version,
            "min_confidence": model.thresholds.general,
            "min_confidence_of": dict(model.thresholds.own),
            "features": features,
            "feature_versions": feature_versions(by_version(features)),
            "libraries": _library_versions(),
            "files": digests,
        },
    )


def feature_names(model: "Model") -> dict[str, list[str]]:
    """What the model asks for: of a candidate, by its ranker, by its teacher, of a row's text."""
    teacher = model.learners.teacher
    return {
        "candidate": list(model.candidate_names),
        "ranker": list(model.ranker.names),
        "teacher": list(teacher.names) if teacher else [],
        "text": list(model.learners.transformer.text_names),
    }


def by_version(features: Mapping[str, list[str]]) -> list[str]:
    """Each once; text features have no versions."""
    named = (names for part, names in features.items() if part != "text")
    return list(dict.fromkeys(itertools.chain(*named)))


def _library_versions() -> dict[str, str]:
    versions = {}
    for name in _LIBRARIES:
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            continue
    return versions
