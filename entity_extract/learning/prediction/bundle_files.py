"""A bundle on disk: a folder of safe formats with a manifest. Loading one never unpickles."""

import hashlib
import json
import tempfile
import time
from collections.abc import Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from entity_extract.config import Domain
from entity_extract.errors import UserError
from entity_extract.learning.features.registry import ENTRY_POINTS
from entity_extract.learning.features.text import text_feature_names
from entity_extract.learning.prediction.bundle import FORMAT, Bundle, by_version
from entity_extract.learning.prediction.learners.booster_text import (
    BOOSTER_START,
    check_booster_text,
)
from entity_extract.learning.prediction.learners.forest import Forest
from entity_extract.learning.prediction.ranker_features import feature_versions
from entity_extract.learning.prediction.replaced import replace_folder

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


class BundleError(UserError):
    """The folder is no bundle of this version; the message says what is wrong with it."""


def save_bundle(bundle: Bundle, folder: Path, card: str) -> None:
    """Writes beside, then exchanges: a reader finds the old bundle or the new one, never half.

    Raises BundleError rather than replace a folder that is not a bundle.
    """
    check_replaceable(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    staged = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    staged.chmod(0o755)
    for name, content in bundle.files.items():
        (staged / name).write_bytes(content)
    (staged / CARD).write_text(card, "utf-8")
    (staged / MANIFEST).write_text(json.dumps(bundle.about, indent=1, sort_keys=True), "utf-8")
    replace_folder(staged, folder)


def check_replaceable(folder: Path) -> None:
    """Raises BundleError where something other than a bundle is in the place of one."""
    if folder.exists() and not folder.is_dir():
        raise BundleError(f"{folder} is a file, not a folder; it is left as it is")
    if folder.exists() and any(folder.iterdir()) and not (folder / MANIFEST).is_file():
        raise BundleError(f"{folder} is not empty and not a model bundle; it is left as it is")


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
    names, then = by_version(about["features"]), about["feature_versions"]
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
