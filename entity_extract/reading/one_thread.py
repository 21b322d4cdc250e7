"""ONNX Runtime on one thread: every task slot has its own process, more would be in its way."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from onnxruntime import InferenceSession


def one_thread_session(model: Path | bytes, *, keep_memory: bool) -> "InferenceSession":
    """A network, by its file or as it is, ready to run; ONNX Runtime is loaded for it.

    With `keep_memory` a run's memory is kept for the next: faster where runs are alike in size.
    Raises ImportError, and the runtime's own exceptions.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = keep_memory
    options.enable_mem_pattern = False  # one plan per input size; pictures have hundreds of sizes
    options.log_severity_level = 4  # fatal: what goes wrong comes as an exception
    return onnxruntime.InferenceSession(
        model, sess_options=options, providers=["CPUExecutionProvider"]
    )
