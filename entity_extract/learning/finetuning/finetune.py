"""Fine-tunes the image encoder through the fusion net; its weights are then what EMBED uses."""

import hashlib
import json
import logging
import math
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import safetensors.torch
import torch

from entity_extract.config import EmbedConfig, FinetuneConfig, FusionParams
from entity_extract.embedding.state_dicts import SEEN
from entity_extract.embedding.weights import Weights
from entity_extract.errors import Diverged
from entity_extract.learning.finetuning.checkpoint import (
    load_checkpoint,
    save_checkpoint,
    written_whole,
)
from entity_extract.learning.finetuning.dataset import FinetuneDataset
from entity_extract.learning.finetuning.network import Parameters, PictureNet

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class EpochFigures:
    """After an epoch; epoch 0 is the encoder as it came, under a head fitted to it.

    Losses are means over rows, the training one while learning from changed pictures, dropout on.
    The others are of the held-out part: share of units that are right, mean distance of the value
    in log10 of the SI unit.
    """

    epoch: int
    training_loss: float
    held_out_loss: float
    unit_accuracy: float
    value_error: float


@dataclass(frozen=True)
class Finetuned:
    """The encoder of the epoch with the lowest held-out loss.

    `content` is safetensors that `embed.weights` may name: torchvision's network without its
    classifier, the keys of the pictures it has seen, and `about` as JSON in the header.
    """

    content: bytes
    about: dict[str, Any]
    curve: tuple[EpochFigures, ...]
    best: EpochFigures

    def write(self, path: Path) -> None:
        with written_whole(path) as beside:
            beside.write_bytes(self.content)


def finetune(
    dataset: FinetuneDataset,
    weights: Weights,
    config: FinetuneConfig,
    *,
    embed: EmbedConfig,
    fusion: FusionParams,
    checkpoint: Path | None = None,
    report: Callable[[EpochFigures], None] = lambda _: None,
) -> Finetuned:
    """Learns from `dataset` alone; a part of it, whole pictures, says which epoch is the best.

    With `checkpoint`, a folder, a run that was cut off goes on after its last whole epoch, to the
    same weights bit by bit on a CPU. `report` is called after each epoch, also those of before.
    Raises UserError for another run's checkpoint, and where learning diverges.
    """
    net = PictureNet(dataset, weights, config, embed=embed, params=fusion)
    settings: dict[str, Any] = {
        "finetune": config.model_dump(mode="json", exclude={"workers"}),
        "fusion": fusion.model_dump(mode="json"),
        "encoder": embed.encoder,
        "image_px": net.side,
        "precision": net.precision,
        "device": net.device.type,
    }
    identity = {
        "configuration": hashlib.sha256(json.dumps(settings).encode()).hexdigest(),
        "catalog or its pictures": dataset.digest(),
        "weights to start from": weights.sha256,
    }
    saved = load_checkpoint(checkpoint, identity) if checkpoint else None
    curve = [EpochFigures(**figures) for figures in saved["curve"]] if saved else []
    devices = [torch.cuda.current_device()] if net.device.type == "cuda" else []
    with torch.random.fork_rng(devices=devices):
        if saved:
            net.restore(saved)
            log.info("goes on after epoch %d of %s", curve[-1].epoch, checkpoint)
        else:
            curve.append(_measured(net, 0, net.fit_head()))
        best: Parameters = saved["best"] if saved else net.learned()
        for figures in curve:
            report(figures)
        while not _is_done(curve, config):
            curve.append(_measured(net, len(curve), net.learn(len(curve))))
            if _best(curve) is curve[-1]:
                best = net.learned()
            if checkpoint:
                state = {**net.state(), "best": best, "curve": [asdict(f) for f in curve]}
                save_checkpoint(checkpoint, identity, state)
            report(curve[-1])
    net.put(best)
    about = {
        **settings,
        "origin": weights.origin,
        "origin_sha256": weights.sha256,
        "pictures": len(dataset.thumbnails),
        "rows": len(dataset.label),
        "rows_held_out": len(net.held_out),
        "rows_left_out": dataset.left_out,
        "split": dataset.split,
        "best_epoch": _best(curve).epoch,
        "curve": [asdict(figures) for figures in curve],
    }
    return Finetuned(_content(net, dataset, weights, about), about, tuple(curve), _best(curve))


def _measured(net: PictureNet, epoch: int, training_loss: float) -> EpochFigures:
    rows = net.seen_rows(net.held_out)
    with torch.inference_mode():
        logits, value = net.head(rows.features, rows.allowed)
    figures = EpochFigures(
        epoch=epoch,
        training_loss=training_loss,
        held_out_loss=net.loss.measured(rows),
        unit_accuracy=(logits.argmax(dim=1) == rows.labels).float().mean().item(),
        value_error=(net.head.log_si(value) - rows.value).abs().mean().item(),
    )
    if not math.isfinite(figures.held_out_loss):
        raise Diverged("fine-tuning diverged: lower finetune.encoder_rate or head_rate")
    return figures


def _best(curve: list[EpochFigures]) -> EpochFigures:
    return min(curve, key=lambda figures: figures.held_out_loss)  # the first of equals


def _is_done(curve: list[EpochFigures], config: FinetuneConfig) -> bool:
    last = curve[-1].epoch
    return last >= config.epochs or last - _best(curve).epoch >= config.patience


def _content(
    net: PictureNet, dataset: FinetuneDataset, weights: Weights, about: dict[str, Any]
) -> bytes:
    seen = sorted(weights.seen.union(dataset.keys.tolist()))
    tensors = {
        name: tensor.detach().cpu().contiguous()
        for name, tensor in net.network.state_dict().items()
        if not name.endswith(".num_batches_tracked")
    }
    tensors[SEEN] = torch.tensor(seen, dtype=torch.int64)
    return safetensors.torch.save(tensors, {"finetune": json.dumps(about)})
