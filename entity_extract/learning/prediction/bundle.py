"""The model bundle: a folder of safe formats with a manifest. Loading one never unpickles."""

import hashlib
import itertools
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from entity_extract.config import Domain
from entity_extract.errors import UserError
from entity_extract.learning.features.registry import ENTRY_POINTS
from entity_extract.learning.features.text import text_feature_names
from entity_extract.learning.prediction.learners.booster_text import (
    BOOSTER_START,
    check_booster_text,
)
from entity_extract.learning.prediction.learners.forest import Forest
from entity_extract.learning.prediction.ranker_features import feature_versions
from entity_extract.version import __version__

if TYPE_CHECKING:
    from entity_extract.learning.prediction.model import Model

FORMAT = 3
MANIFEST = "bundle.json"
CARD = "MODEL_CARD.md"
_LOOKS, _LOOK_S = 5, 0.05
_FIELDS = {
    "files",
    "features",
    "feature_versions",
    "model_version",
    "encoder_version",
    "reader_version",
}
_LIBRARIES = ("lightgbm", "numpy", "scikit-learn", "torch", "pytesseract", "pyspark", "synapseml")


class BundleError(UserError):
    """The folder is no bundle of this version; the message says what is wrong with it."""


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
            "feature_versions": feature_versions(_by_version(features)),
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


def _by_version(features: Mapping[str, list[str]]) -> list[str]:
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


def default_bundle() -> Bundle:
    """The bundle that comes with the package: text and geometry alone, for any OCR engine."""
    return load_bundle(files("entity_extract").joinpath("models", "default"))


def load_bundle(folder: Traversable) -> Bundle:
    """Raises BundleError when a file is missing, changed or of another format, when there are trees
    that cannot be walked, or when a feature that it was trained on is not declared here, or in
    another version. One that is replaced meanwhile is looked at again.
    """
    for _ in range(_LOOKS - 1):
        before = _manifest_text(folder)
        try:
            return _loaded(folder)
        except BundleError:
            time.sleep(_LOOK_S)
            if _manifest_text(folder) == before:
                raise
    return _loaded(folder)


def _manifest_text(folder: Traversable) -> bytes | None:
    try:
        return (folder / MANIFEST).read_bytes()
    except OSError:
        return None


def _loaded(folder: Traversable) -> Bundle:
    try:
        about = json.loads((folder / MANIFEST).read_text("utf-8"))
    except OSError as err:
        raise BundleError(f"{folder}: no model bundle there: {_why_none(folder, err)}") from None
    except ValueError as err:
        raise BundleError(f"{folder / MANIFEST}: not valid JSON: {err}") from None
    if not isinstance(about, dict) or about.get("format") != FORMAT:
        found = about.get("format") if isinstance(about, dict) else None
        raise BundleError(
            f"{folder}: bundle format {found!r}, this version reads {FORMAT}: train it again"
        )
    if lacking := _FIELDS - about.keys():
        raise BundleError(f"{folder / MANIFEST}: lacks {', '.join(sorted(lacking))}")
    bundle = Bundle({name: _checked(folder, name, about) for name in about["files"]}, about)
    try:
        domain = bundle.domain
    except (KeyError, ValueError) as err:
        raise BundleError(f"{folder}: no entities and units in its choice.json: {err}") from None
    _check_features(folder, about, domain)
    _check_trees(folder, bundle.files)
    return bundle


def _why_none(folder: Traversable, err: OSError) -> str:
    if isinstance(folder, Path) and not folder.exists():
        return "no such folder"
    if folder.is_file():
        return "it is a file, and a model is a folder, as entity-extract train writes it"
    return f"{MANIFEST}: {err.strerror or err}"


def _check_trees(folder: Traversable, stored: Mapping[str, bytes]) -> None:
    """Whoever made the files, no worker hangs or dies in a tree; here no library is loaded yet."""
    for name, content in stored.items():
        try:
            if name == Forest.file:
                Forest.from_bytes(content)
            elif content.startswith(BOOSTER_START):
                check_booster_text(content.decode())
        except ValueError as err:
            raise BundleError(f"{folder / name}: {err}") from None


def _check_features(folder: Traversable, about: Mapping[str, Any], domain: Domain) -> None:
    """Features that it was not trained on do not matter; no module is imported for those it was."""
    names, then = _by_version(about["features"]), about["feature_versions"]
    here = feature_versions(names)
    text = set(about["features"]["text"]) - set(text_feature_names(domain))
    if missing := sorted((set(names) - here.keys()) | text):
        raise BundleError(
            f"{folder}: needs features that are not declared here: {', '.join(missing)}; install "
            f"what declares them (entry points of {ENTRY_POINTS}), or train it again"
        )
    if differing := [n for n in names if then.get(n) != here[n]]:
        named = ", ".join(f"{n} (version {then.get(n)}, here {here[n]})" for n in differing)
        raise BundleError(f"{folder}: trained on features that changed since: {named}")


def _checked(folder: Traversable, name: str, about: Mapping[str, Any]) -> bytes:
    if Path(name).name != name:
        raise BundleError(f"{folder}: bundle names a file outside itself: {name!r}")
    try:
        content = (folder / name).read_bytes()
    except OSError as err:
        raise BundleError(f"{folder / name}: {err.strerror}") from None
    if hashlib.sha256(content).hexdigest() != about["files"][name]:
        raise BundleError(f"{folder / name}: not the file this bundle was saved with")
    return content
