"""A model bundle becomes a folder, in the place of an older one."""

import json
import tempfile
from pathlib import Path

from entity_extract.learning.prediction.bundle import CARD, MANIFEST, Bundle, BundleError
from entity_extract.learning.prediction.replaced import replace_folder


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
