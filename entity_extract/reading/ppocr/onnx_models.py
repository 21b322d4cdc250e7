"""The PP-OCR networks that the rapidocr wheel carries, as ONNX Runtime sessions on one thread.

Only the wheel's model files are used: its own code would add log handlers, run the detector twice
as large as it needs to be, and pad every short line to 320 pixels.
"""

import hashlib
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from entity_extract.reading.engine import OcrUnavailable
from entity_extract.reading.one_thread import one_thread_session

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

DETECTOR = "PP-OCRv6_det_small.onnx"
RECOGNISER = "PP-OCRv6_rec_small.onnx"

_OLDEST = (3, 10)  # the first release with the PP-OCRv6 models inside the wheel
_INSTALL = "pip install rapidocr onnxruntime"


def model_folder() -> Path:
    """Where the installed wheel keeps its models. Raises OcrUnavailable."""
    spec = find_spec("rapidocr")  # does not import it
    if spec is None or not spec.submodule_search_locations:
        raise OcrUnavailable(f"the rapidocr package is not installed: {_INSTALL}")
    installed = version("rapidocr")
    if _release(installed) < _OLDEST:
        oldest = ".".join(map(str, _OLDEST))
        raise OcrUnavailable(f"rapidocr {installed} is older than {oldest}: {_INSTALL}")
    folder = Path(spec.submodule_search_locations[0], "models")
    missing = [name for name in (DETECTOR, RECOGNISER) if not (folder / name).is_file()]
    if missing:
        raise OcrUnavailable(f"{folder} lacks {', '.join(missing)}; reinstall: {_INSTALL}")
    return folder


def fingerprint(folder: Path) -> str:
    """Changes where a model does: the first digits of a hash of both files."""
    digest = hashlib.sha256()
    for name in (DETECTOR, RECOGNISER):
        digest.update(folder.joinpath(name).read_bytes())
    return digest.hexdigest()[:12]


def open_session(path: Path, *, keep_memory: bool) -> "InferenceSession":
    """A network ready to run. Raises OcrUnavailable where ONNX Runtime is missing or refuses it.

    With `keep_memory` a run's memory is kept for the next: faster where runs are alike in size.
    """
    errors = _errors()
    try:
        return one_thread_session(path, keep_memory=keep_memory)
    except (errors.Fail, errors.InvalidProtobuf, errors.InvalidGraph) as err:
        raise OcrUnavailable(f"{path} cannot be loaded ({err}); reinstall: {_INSTALL}") from None


def run_errors() -> tuple[type[Exception], ...]:
    """What ONNX Runtime raises on pixels it cannot work with. Raises OcrUnavailable."""
    errors = _errors()
    return errors.Fail, errors.InvalidArgument, errors.RuntimeException


def _errors() -> ModuleType:
    """ONNX Runtime's exceptions, imported on demand: it takes a while. Raises OcrUnavailable."""
    try:
        import onnxruntime  # noqa: F401  # the whole of it: a part alone is no runtime
        from onnxruntime.capi import onnxruntime_pybind11_state
    except ImportError as err:
        raise OcrUnavailable(f"{err}: {_INSTALL}") from None
    errors: ModuleType = onnxruntime_pybind11_state
    return errors


def _release(text: str) -> tuple[int, ...]:
    """`3.10.0rc1` -> (3, 10)."""
    parts = (part for part in text.split(".")[:2])
    return tuple(int(part) if part.isdigit() else 0 for part in parts)
