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
    onnxruntime, errors = _runtime()
    options = onnxruntime.SessionOptions()
    # Every Spark task slot has its own instance: more threads only get in each other's way.
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = keep_memory
    options.enable_mem_pattern = False  # one plan per input size; pictures have hundreds of sizes
    options.log_severity_level = 4  # fatal: what goes wrong comes as an exception
    try:
        session: InferenceSession = onnxruntime.InferenceSession(
            path, sess_options=options, providers=["CPUExecutionProvider"]
        )
    except (errors.Fail, errors.InvalidProtobuf, errors.InvalidGraph) as err:
        raise OcrUnavailable(f"{path} cannot be loaded ({err}); reinstall: {_INSTALL}") from None
    return session


def run_errors() -> tuple[type[Exception], ...]:
    """What ONNX Runtime raises on pixels it cannot work with. Raises OcrUnavailable."""
    _, errors = _runtime()
    return errors.Fail, errors.InvalidArgument, errors.RuntimeException


def _runtime() -> tuple[ModuleType, ModuleType]:
    """ONNX Runtime and its exceptions, imported on demand: it takes a while."""
    try:
        import onnxruntime
        from onnxruntime.capi import onnxruntime_pybind11_state
    except ImportError as err:
        raise OcrUnavailable(f"{err}: {_INSTALL}") from None
    return onnxruntime, onnxruntime_pybind11_state


def _release(text: str) -> tuple[int, ...]:
    """`3.10.0rc1` -> (3, 10)."""
    parts = (part for part in text.split(".")[:2])
    return tuple(int(part) if part.isdigit() else 0 for part in parts)
