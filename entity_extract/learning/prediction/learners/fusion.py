"""Dense fusion network: text and picture features together say the unit and the value.

Here it is asked, by numpy alone, so that a process that answers does not carry torch, half a
gigabyte; it learns in fusion_net.py.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np
import safetensors.numpy
from safetensors import SafetensorError

from entity_extract.config import FusionParams

ROWS_AT_ONCE = 8192
CLIP = 8.0  # standard deviations; a feature far outside of training may not outvote the others
_LAYER = 3  # modules of FusionNet.body per hidden layer: linear, ReLU, dropout


class EpochLoss(NamedTuple):
    """Loss after an epoch, dropout off: mean over its rows of unit and value loss together."""

    training: float
    held_out: float


@dataclass(frozen=True)
class Fusion:
    """A fitted net: weights of the epoch with the lowest held-out loss, as FusionNet names them."""

    weights: Mapping[str, np.ndarray]
    params: FusionParams
    history: tuple[EpochLoss, ...]
    name: ClassVar[str] = "fusion"
    file: ClassVar[str] = "fusion.safetensors"

    def columns(self, features: np.ndarray, allowed: np.ndarray) -> dict[str, np.ndarray]:
        """fusion_unit and fusion_value, see `predict`."""
        unit, value = self.predict(features, allowed)
        return {"fusion_unit": unit, "fusion_value": value}

    def predict(self, features: np.ndarray, allowed: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(n, d), (n, u) bool -> probability (n, u), value (n,) log10 SI; both float64.

        Rows of probability sum to 1 over the allowed units, or to 0 where no unit is allowed.
        """
        rows, mask = finite(features), np.asarray(allowed, bool)
        self._check_shapes(rows, mask)
        probability = np.empty(mask.shape, np.float32)
        value = np.empty(len(rows), np.float32)
        for start in range(0, len(rows), ROWS_AT_ONCE):
            part = slice(start, start + ROWS_AT_ONCE)
            joint = self._joint(rows[part])
            logits = np.where(mask[part], self._linear("unit", joint), np.float32(-1e9))
            odds = np.exp(logits - logits.max(axis=1, keepdims=True))
            probability[part] = odds / odds.sum(axis=1, keepdims=True) * mask[part]
            standard = self._linear("value", joint)[:, 0]
            value[part] = standard * self.weights["value_std"] + self.weights["value_mean"]
        return probability.astype(float), value.astype(float)

    def _joint(self, rows: np.ndarray) -> np.ndarray:
        """(n, d) -> (n, hidden[-1])."""
        joint = (rows - self.weights["feature_mean"]) / self.weights["feature_std"]
        joint = np.clip(joint, -CLIP, CLIP)
        for layer in range(len(self.params.hidden)):
            joint = np.maximum(self._linear(f"body.{_LAYER * layer}", joint), 0)
        return np.asarray(joint)

    def _linear(self, name: str, rows: np.ndarray) -> np.ndarray:
        """(n, in) -> (n, out)."""
        return np.asarray(
            rows @ self.weights[f"{name}.weight"].T + self.weights[f"{name}.bias"], np.float32
        )

    def to_bytes(self) -> bytes:
        """safetensors; what is no tensor stands as JSON in its header."""
        about = {"params": self.params.model_dump(mode="json"), "history": self.history}
        return safetensors.numpy.save(dict(self.weights), {"fusion": json.dumps(about)})

    @classmethod
    def from_bytes(cls, content: bytes) -> "Fusion":
        """Raises ValueError for anything that `to_bytes` did not write."""
        try:
            weights = safetensors.numpy.load(content)
            about = json.loads(_header(content)["__metadata__"]["fusion"])
            params = FusionParams(**about["params"])
            history = tuple(EpochLoss(*losses) for losses in about["history"])
            wanted = _shapes(len(weights["feature_mean"]), len(weights["unit.bias"]), params)
        except (SafetensorError, KeyError) as error:
            raise ValueError(f"not a saved fusion net: {error!r}") from error
        if {name: array.shape for name, array in weights.items()} != wanted:
            raise ValueError("not a saved fusion net: weights of other shapes than its layers have")
        return cls(weights, params, history)

    def _check_shapes(self, rows: np.ndarray, mask: np.ndarray) -> None:
        wanted = (len(self.weights["feature_mean"]), len(self.weights["unit.bias"]))
        if (rows.shape[1], mask.shape[1]) != wanted:
            raise ValueError(
                f"{rows.shape[1]} features and {mask.shape[1]} units given, the net has "
                f"{wanted[0]} and {wanted[1]}"
            )


def _shapes(features: int, units: int, params: FusionParams) -> dict[str, tuple[int, ...]]:
    """What FusionNet's parameters and buffers of this size are called, with their shapes."""
    sizes = [features, *params.hidden]
    layers = [
        *((f"body.{_LAYER * i}", sizes[i + 1], sizes[i]) for i in range(len(params.hidden))),
        ("unit", units, sizes[-1]),
        ("value", 1, sizes[-1]),
    ]
    return {
        "feature_mean": (features,),
        "feature_std": (features,),
        "value_mean": (),
        "value_std": (),
        **{f"{name}.weight": (after, before) for name, after, before in layers},
        **{f"{name}.bias": (after,) for name, after, _ in layers},
    }


def finite(array: np.ndarray) -> np.ndarray:
    """As float32. Raises ValueError where a value is none."""
    rows = np.array(array, np.float32)
    if not np.isfinite(rows).all():
        raise ValueError("features or targets hold NaN or infinite values")
    return rows


def _header(content: bytes) -> dict[str, dict[str, str]]:
    """The JSON that follows the length (8 bytes, little-endian) at the start of any safetensors."""
    size = int.from_bytes(content[:8], "little")
    header: dict[str, dict[str, str]] = json.loads(content[8 : 8 + size])
    return header
