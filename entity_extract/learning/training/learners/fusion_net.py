"""How the fusion net learns (torch); what it has learned is asked in fusion.py, without torch."""

import math
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from entity_extract.config import FusionParams, LearningConfig
from entity_extract.errors import Diverged
from entity_extract.learning.prediction.learners.fusion import CLIP, EpochLoss, Fusion, finite
from entity_extract.learning.training.learners.rows import FitRows

FEW_GROUPS = 10  # with fewer pictures a held-out part is chance: the training loss is watched


class FusionNet(nn.Module):
    """[text ‖ image] (n, d) -> hidden layers -> unit logits (n, u) and value (n,)."""

    def __init__(self, *, features: int, units: int, hidden: list[int], dropout: float) -> None:
        super().__init__()
        self.register_buffer("feature_mean", torch.zeros(features))
        self.register_buffer("feature_std", torch.ones(features))
        self.register_buffer("value_mean", torch.zeros(()))
        self.register_buffer("value_std", torch.ones(()))
        layers: list[nn.Module] = []
        for before, after in zip([features, *hidden], hidden, strict=False):
            layers += [nn.Linear(before, after), nn.ReLU(), nn.Dropout(dropout)]
        self.body = nn.Sequential(*layers)  # (n, d) -> (n, hidden[-1])
        self.unit = nn.Linear([features, *hidden][-1], units)
        self.value = nn.Linear([features, *hidden][-1], 1)

    def forward(self, features: Tensor, allowed: Tensor) -> tuple[Tensor, Tensor]:
        """(n, d), (n, u) bool -> logits (n, u), value (n,) in standard deviations.

        Units that the entity does not have get a logit that leaves them no probability.
        """
        standard = (features - self.get_buffer("feature_mean")) / self.get_buffer("feature_std")
        joint = self.body(standard.clamp(-CLIP, CLIP))  # (n, hidden[-1])
        logits = self.unit(joint).masked_fill(~allowed, -1e9)
        return logits, self.value(joint).squeeze(1)

    def learn_scale(self, features: Tensor, value: Tensor) -> None:
        """Means and deviations of the rows trained on; a constant column is left as it is."""
        for name, column in (("feature", features), ("value", value)):
            deviation = column.std(dim=0, correction=0)
            self.get_buffer(f"{name}_mean").copy_(column.mean(dim=0))
            self.get_buffer(f"{name}_std").copy_(torch.where(deviation > 1e-6, deviation, 1.0))

    def standard_value(self, value: Tensor) -> Tensor:
        """log10 SI -> standard deviations, (n,)."""
        return (value - self.get_buffer("value_mean")) / self.get_buffer("value_std")

    def log_si(self, standard: Tensor) -> Tensor:
        """Standard deviations -> log10 SI, (n,)."""
        return standard * self.get_buffer("value_std") + self.get_buffer("value_mean")


class FusionRows(NamedTuple):
    """features (n, d), allowed (n, u), labels (n,), value (n,) log10 SI."""

    features: Tensor
    allowed: Tensor
    labels: Tensor
    value: Tensor

    def take(self, rows: Tensor) -> "FusionRows":
        return FusionRows(*(column[rows] for column in self))


def rows_of(
    features: np.ndarray, allowed: np.ndarray, labels: np.ndarray, value: np.ndarray
) -> FusionRows:
    """Raises ValueError for NaN or infinity, and for a label that its row does not allow."""
    rows = FusionRows(
        torch.from_numpy(finite(features)),
        torch.from_numpy(np.asarray(allowed, bool)),
        torch.from_numpy(np.asarray(labels, np.int64)),
        torch.from_numpy(finite(value)),
    )
    if not rows.allowed.gather(1, rows.labels[:, None]).all():
        raise ValueError("a label is a unit that its row does not allow")
    return rows


def _train(training: FusionRows, held_out: FusionRows, params: FusionParams) -> Fusion:
    """Epochs until the held-out loss has not fallen for `patience` of them; the best one stays.

    Raises Diverged where a loss is no number.
    """
    net = _net(training.features.shape[1], training.allowed.shape[1], params)
    net.learn_scale(training.features, training.value)
    loss = Loss(net, params.value_weight, class_weight(training))
    optimizer = torch.optim.AdamW(
        net.parameters(), lr=params.learning_rate, weight_decay=params.weight_decay
    )
    history: list[EpochLoss] = []
    best, best_epoch = _copied(net), 0
    batch_size = max(params.batch_size, -(-len(training.labels) // params.max_batches))
    for epoch in range(params.max_epochs):
        _run_epoch(loss, training, batch_size, optimizer)
        history.append(EpochLoss(loss.measured(training), loss.measured(held_out)))
        if not all(map(math.isfinite, history[epoch])):
            raise Diverged("the fusion net diverged: lower learning.fusion.learning_rate")
        if history[epoch].held_out <= min(past.held_out for past in history):
            best, best_epoch = _copied(net), epoch
        elif epoch - best_epoch >= params.patience:
            break
    weights = {name: tensor.numpy() for name, tensor in best.items()}
    return Fusion(weights, params, tuple(history))


def net_of(fitted: Fusion) -> FusionNet:
    """The fitted net, to learn on."""
    weights = {name: torch.from_numpy(array.copy()) for name, array in fitted.weights.items()}
    net = _net(len(weights["feature_mean"]), len(weights["unit.bias"]), fitted.params)
    net.load_state_dict(weights)
    return net


def _run_epoch(
    loss: "Loss", rows: FusionRows, batch_size: int, optimizer: torch.optim.Optimizer
) -> None:
    loss.net.train()
    for batch in torch.split(torch.randperm(len(rows.labels)), batch_size):
        optimizer.zero_grad()
        torch.autograd.backward(loss(rows.take(batch)))
        optimizer.step()


class Loss(NamedTuple):
    """Cross entropy of the unit, plus value_weight times the value's Huber loss.

    Huber, since labels are noisy: beyond one standard deviation no value pulls harder than another.
    """

    net: FusionNet
    value_weight: float
    class_weight: Tensor  # (u,)

    def __call__(self, rows: FusionRows) -> Tensor:
        logits, value = self.net(rows.features, rows.allowed)
        unit_loss = F.cross_entropy(logits, rows.labels, weight=self.class_weight)
        value_loss = F.smooth_l1_loss(value, self.net.standard_value(rows.value))
        return unit_loss + self.value_weight * value_loss

    def measured(self, rows: FusionRows) -> float:
        self.net.eval()
        with torch.inference_mode():
            return self(rows).item()


def class_weight(rows: FusionRows) -> Tensor:
    """(u,) one over the root of the unit's rows: rare units are heard, single rows do not rule."""
    count = rows.labels.bincount(minlength=rows.allowed.shape[1])
    return count.clamp(min=1).float().rsqrt()


def _copied(net: FusionNet) -> dict[str, Tensor]:
    return {name: tensor.clone() for name, tensor in net.state_dict().items()}


def inner_split(groups: np.ndarray, fraction: float, seed: int) -> tuple[Tensor, Tensor]:
    """Positions of the rows trained on and of those held out, whole groups on either side."""
    names, member = np.unique(groups, return_inverse=True)
    if len(names) < FEW_GROUPS:
        return torch.arange(len(groups)), torch.arange(len(groups))
    order = np.random.default_rng(seed).permutation(len(names))
    chosen = order[: max(1, round(fraction * len(names)))]
    held_out = np.isin(member, chosen)
    return torch.as_tensor(np.flatnonzero(~held_out)), torch.as_tensor(np.flatnonzero(held_out))


def _net(features: int, units: int, params: FusionParams) -> FusionNet:
    return FusionNet(
        features=features, units=units, hidden=list(params.hidden), dropout=params.dropout
    )


def fit(rows: FitRows, config: LearningConfig) -> Fusion:
    return fit_fusion(
        rows.features,
        rows.target.unit,
        rows.target.log_si,
        rows.allowed,
        config.fusion,
        seed=config.seed,
        groups=rows.picture,
    )


def fit_fusion(
    features: np.ndarray,
    labels: np.ndarray,
    target: np.ndarray,
    allowed: np.ndarray,
    params: FusionParams,
    *,
    seed: int,
    groups: np.ndarray,
) -> Fusion:
    """features (n, d), labels (n,) int, target (n,) log10 SI, allowed (n, u), groups (n,) ids.

    Part of the groups is held out to say when to stop; rows of one picture share a group, so none
    is on both sides. On a CPU the same seed gives the same net; torch's own seed stays untouched.
    Raises Diverged where the loss is no number any more.
    """
    rows = rows_of(features, allowed, labels, target)
    training, held_out = inner_split(groups, params.held_out_fraction, seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return _train(rows.take(training), rows.take(held_out), params)
