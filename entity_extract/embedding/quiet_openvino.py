"""OpenVINO without its converter of models, which sends a message to Google Analytics by a thread
of its own whenever it is imported, and is imported with all the rest.

All that uses OpenVINO imports it from here; it does without the converter where there is none.
"""

import sys

_CONVERTER = "openvino.tools.ovc"

_before = sys.modules.get(_CONVERTER)
sys.modules[_CONVERTER] = None  # type: ignore[assignment]  # Python's way to refuse an import
try:
    import openvino as ov
    from openvino import opset13 as ops
finally:
    del sys.modules[_CONVERTER]
    if _before is not None:
        sys.modules[_CONVERTER] = _before

__all__ = ["ops", "ov"]
