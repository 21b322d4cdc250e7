"""ResNet50 run by OpenVINO on the CPU: faster there than torch, and a fraction of it to load."""

import os
import threading
from collections.abc import Callable, Mapping

import numpy as np
import safetensors.numpy
from safetensors import SafetensorError

from entity_extract.embedding.quiet_openvino import ops, ov
from entity_extract.embedding.spec import RESNET50

Run = Callable[[np.ndarray], np.ndarray]  # (b, side, side, 3) uint8 -> (b, dimension) float32
Tensors = Mapping[str, np.ndarray]

LEAST_COSINE = 0.999  # to float32: what `precision = "auto"` promises
_COMPARED = 8  # pictures of the first batch
_BLOCKS = {"layer1": 3, "layer2": 4, "layer3": 6, "layer4": 3}
_EPSILON = 1e-5  # torch's, of batch norm


class OpenVinoNetwork:
    """(b, side, side, 3) uint8 RGB -> (b, 2048) float32.

    As many threads as OMP_NUM_THREADS says, as torch would; without it, all cores.
    """

    def __init__(self, weights: bytes, precision: str) -> None:
        """Raises ValueError for what is not safetensors, RuntimeError where OpenVINO cannot run."""
        try:
            model = resnet50(safetensors.numpy.load(weights))
        except SafetensorError as error:
            raise ValueError(f"the encoder's weights are not safetensors: {error}") from error
        kinds = {"float32": ["f32"], "bfloat16": ["bf16"], "auto": ["bf16", "f32"]}[precision]
        if not has_bfloat16():
            kinds = ["f32"]
        self._ways = [_compiled(model, kind) for kind in kinds]  # the exact one last
        self._turn = threading.Lock()  # OpenVINO refuses a second thread while the first one runs

    def __call__(self, pixels: np.ndarray) -> np.ndarray:
        with self._turn:
            if len(self._ways) > 1:
                self._ways = [first_faithful(self._ways, pixels[:_COMPARED])]
            return self._ways[0](pixels)


def first_faithful(ways: list[Run], pixels: np.ndarray) -> Run:
    """The first whose embeddings of `pixels` point where those of the last do."""
    exact = ways[-1](pixels)
    faithful = (way for way in ways[:-1] if least_cosine(way(pixels), exact) >= LEAST_COSINE)
    return next(faithful, ways[-1])


def least_cosine(found: np.ndarray, exact: np.ndarray) -> float:
    """Over the rows of both, (b, d); 0 beside a row that is nothing or not finite."""
    lengths = np.linalg.norm(found, axis=1) * np.linalg.norm(exact, axis=1)
    cosines = np.einsum("bd,bd->b", found, exact) / np.where(lengths > 0, lengths, np.inf)
    return float(np.nan_to_num(cosines).min())


def has_bfloat16() -> bool:
    """Whether this CPU multiplies it in hardware (AVX512_BF16, AMX)."""
    return "BF16" in ov.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")


def _compiled(model: ov.Model, kind: str) -> Run:
    settings: dict[str, object] = {
        "INFERENCE_PRECISION_HINT": kind,  # unsaid, some CPUs take half precision
        "NUM_STREAMS": 1,
        "ENABLE_CPU_PINNING": False,  # the workers of a machine would all sit on the same cores
    }
    threads = os.environ.get("OMP_NUM_THREADS", "").partition(",")[0].strip()
    if threads.isdecimal():
        settings["INFERENCE_NUM_THREADS"] = int(threads)  # 0: as many as it likes
    compiled = ov.Core().compile_model(model, "CPU", settings)
    return lambda pixels: compiled(pixels)[0].copy()  # the runtime takes its own back


def resnet50(tensors: Tensors) -> ov.Model:
    """The network without classifier, pixels' scaling included; see resnet.ResNet50."""
    pixels = ops.parameter([-1, -1, -1, 3], np.uint8)
    features = _relu(_convolved(_scaled(pixels), tensors, "conv1", "bn1", stride=2))
    pooling = ops.max_pool(features, [2, 2], [1, 1], [1, 1], [1, 1], [3, 3])
    features = pooling.output(0)  # its second output says where the maxima were
    for stage, blocks in _BLOCKS.items():
        for block in range(blocks):
            stride = 2 if block == 0 and stage != "layer1" else 1
            features = _bottleneck(features, tensors, f"{stage}.{block}", stride)
    pooled = ops.reduce_mean(features, np.array([2, 3]), keep_dims=False)
    return ov.Model([pooled], [pixels], RESNET50.name)


def _scaled(pixels: ov.Node) -> ov.Node:
    """(b, side, side, 3) uint8 -> (b, 3, side, side) float32, scaled as in its training."""
    mean, std = np.array(RESNET50.mean, np.float32), np.array(RESNET50.std, np.float32)
    shares = ops.divide(ops.convert(pixels, np.float32), np.float32(255))
    return ops.transpose(ops.divide(ops.subtract(shares, mean), std), np.array([0, 3, 1, 2]))


def _bottleneck(features: ov.Node, tensors: Tensors, name: str, stride: int) -> ov.Node:
    found = _relu(_convolved(features, tensors, f"{name}.conv1", f"{name}.bn1"))
    found = _relu(_convolved(found, tensors, f"{name}.conv2", f"{name}.bn2", stride=stride))
    found = _convolved(found, tensors, f"{name}.conv3", f"{name}.bn3")
    round_about = f"{name}.downsample"
    if f"{round_about}.0.weight" in tensors:
        features = _convolved(
            features, tensors, f"{round_about}.0", f"{round_about}.1", stride=stride
        )
    return _relu(ops.add(found, features))


def _convolved(
    features: ov.Node, tensors: Tensors, convolution: str, norm: str, stride: int = 1
) -> ov.Node:
    """A convolution that keeps the size but for its stride, batch norm folded into it."""
    weight = tensors[f"{convolution}.weight"]  # (out, in, k, k)
    deviation = np.sqrt(tensors[f"{norm}.running_var"].astype(np.float64) + _EPSILON)
    scale = tensors[f"{norm}.weight"] / deviation  # (out,)
    shift = tensors[f"{norm}.bias"] - tensors[f"{norm}.running_mean"] * scale
    folded = (weight * scale[:, None, None, None]).astype(np.float32)
    around = [weight.shape[2] // 2] * 2
    made = ops.convolution(features, folded, [stride, stride], around, around, [1, 1])
    return ops.add(made, shift.astype(np.float32)[None, :, None, None])


def _relu(features: ov.Node) -> ov.Node:
    return ops.relu(features)
