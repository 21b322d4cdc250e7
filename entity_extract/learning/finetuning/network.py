"""A ResNet and the fusion net as one network, from pixels to unit and value, and how it learns."""

import math
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader

from entity_extract.config import EmbedConfig, FinetuneConfig, FusionParams
from entity_extract.embedding.augment import Pictures, batches, seed_of
from entity_extract.embedding.named import dimension_of, encoder_spec, side_of
from entity_extract.embedding.networks import network_of
from entity_extract.embedding.torch_runtime import device_of, normalised
from entity_extract.embedding.trainable import (
    check_trainable,
    trained_stages,
    training_precision,
)
from entity_extract.embedding.weights import Weights
from entity_extract.errors import Diverged
from entity_extract.learning.finetuning.dataset import FinetuneDataset
from entity_extract.learning.training.learners import fusion_net
from entity_extract.learning.training.learners.fusion_net import (
    FusionNet,
    FusionRows,
    Loss,
    fit_fusion,
)

Parameters = dict[str, Tensor]


class PictureNet:
    """Thumbnail -> ResNet -> embedding ‖ row features -> FusionNet. Batch norm never learns."""

    def __init__(
        self,
        dataset: FinetuneDataset,
        weights: Weights,
        config: FinetuneConfig,
        *,
        embed: EmbedConfig,
        params: FusionParams,
    ) -> None:
        self._dataset, self._config, self._params = dataset, config, params
        self._spec, self.side = encoder_spec(embed.encoder), side_of(embed)
        self.device = device_of(embed)
        self.precision = training_precision(config, self.device)
        network = network_of(weights.content, self._spec)
        check_trainable(network, embed.encoder)
        self.network = network.to(self.device).to(memory_format=torch.channels_last)
        self._stages = trained_stages(self.network, config.stages)
        self._rows = FusionRows(
            torch.from_numpy(dataset.features),
            torch.from_numpy(dataset.allowed),
            torch.from_numpy(dataset.label.astype(np.int64)),
            torch.from_numpy(dataset.log_si.astype(np.float32)),
        )
        self.training, self.held_out = fusion_net.inner_split(
            dataset.group, params.held_out_fraction, config.seed
        )
        head = FusionNet(
            features=dataset.features.shape[1] + dimension_of(self._spec, self.side),
            units=dataset.allowed.shape[1],
            hidden=list(params.hidden),
            dropout=params.dropout,
        )
        self._take_head(head)

    def _take_head(self, head: FusionNet) -> None:
        config = self._config
        self.head = head.to(self.device)
        weight = fusion_net.class_weight(self._rows.take(self.training)).to(self.device)
        self.loss = Loss(self.head, self._params.value_weight, weight)
        rates = [config.head_rate]
        rates += [config.encoder_rate * config.stage_decay**i for i in range(len(self._stages))]
        groups = [list(self.head.parameters()), *self._stages]
        self.optimizer = torch.optim.AdamW(
            [{"params": g, "lr": r, "peak": r} for g, r in zip(groups, rates, strict=True)],
            weight_decay=config.weight_decay,
        )

    def fit_head(self) -> float:
        """Starts from the head that training fits on the pictures' first embeddings, so that no
        random head pulls the network apart. Gives its loss on the rows not held out."""
        seen = self.seen_rows(torch.arange(len(self._dataset.label))).features.cpu().numpy()
        dataset = self._dataset
        fitted = fit_fusion(
            seen,
            dataset.label,
            dataset.log_si,
            dataset.allowed,
            self._params,
            seed=self._config.seed,
            groups=dataset.group,
        )
        self._take_head(fusion_net.net_of(fitted))
        return min(fitted.history, key=lambda losses: losses.held_out).training

    def learn(self, epoch: int) -> float:
        """One pass over the training rows, counted from 1; the mean loss of a row on the way.

        All that is random follows from the seed and the epoch.
        """
        seed = seed_of(self._config.seed, epoch)
        torch.manual_seed(seed)
        self.head.train()
        pictures = self._pictures_of(self.training)
        order = pictures[torch.randperm(len(pictures))]
        changed = Pictures(
            self._dataset.thumbnails, self.side, augment=self._config.augment, seed=seed
        )
        shown = self._batches(order, changed)
        total = 0.0
        for number, (places, pixels) in enumerate(shown):
            self._set_rates((epoch - 1) * len(shown) + number, self._config.epochs * len(shown))
            rows = self._joined(places, pixels)
            total += self._step(rows) * len(rows.labels)
        return total / len(self.training)

    def _step(self, rows: FusionRows) -> float:
        self.optimizer.zero_grad()
        loss = self.loss(rows)
        if not loss.isfinite():
            raise Diverged("fine-tuning diverged: lower finetune.encoder_rate or head_rate")
        torch.autograd.backward(loss)
        learned = [p for group in self.optimizer.param_groups for p in group["params"]]
        nn.utils.clip_grad_norm_(learned, self._config.clip_norm)
        self.optimizer.step()
        return loss.item()

    def _set_rates(self, step: int, steps: int) -> None:
        share = rate_share(step, steps, self._config.warmup_fraction)
        for group in self.optimizer.param_groups:
            group["lr"] = group["peak"] * share

    def seen_rows(self, rows: Tensor) -> FusionRows:
        """These rows, of whole pictures, with the embeddings of their unchanged pictures."""
        plain = Pictures(self._dataset.thumbnails, self.side, augment=None, seed=0)
        self.head.eval()
        with torch.inference_mode():
            parts = [self._joined(*b) for b in self._batches(self._pictures_of(rows), plain)]
            return FusionRows(*(torch.cat(columns) for columns in zip(*parts, strict=True)))

    def _joined(self, places: Tensor, pixels: Tensor) -> FusionRows:
        """Pictures (b,), (b, side, side, 3) -> all rows that ask about them, with embeddings."""
        pixels = normalised(pixels.to(self.device, non_blocking=True), self._spec)
        bfloat16 = self.precision == "bfloat16"
        with torch.autocast(self.device.type, torch.bfloat16, enabled=bfloat16):
            image = self.network(pixels).float()  # (b, dimension)
        first, last = np.searchsorted(self._dataset.picture, [places.numpy(), places.numpy() + 1])
        rows = np.concatenate([np.arange(*span) for span in zip(first, last, strict=True)])
        slot = torch.arange(len(places)).repeat_interleave(torch.from_numpy(last - first))
        part = self._rows.take(torch.from_numpy(rows))
        part = FusionRows(*(column.to(self.device) for column in part))
        return part._replace(features=torch.cat([part.features, image[slot]], dim=1))

    def _pictures_of(self, rows: Tensor) -> Tensor:
        return torch.from_numpy(np.unique(self._dataset.picture[rows.numpy()]))

    def _batches(self, places: Tensor, pictures: Pictures) -> DataLoader[tuple[int, Tensor]]:
        return batches(
            pictures,
            places,
            size=self._config.batch_size,
            workers=self._config.workers,
            pin=self.device.type == "cuda",
        )

    def learned(self) -> Parameters:
        """A copy of the network's weights that learn, by name."""
        named = self.network.named_parameters()
        return {name: p.detach().cpu().clone() for name, p in named if p.requires_grad}

    def put(self, learned: Parameters) -> None:
        self.network.load_state_dict(learned, strict=False)

    def state(self) -> dict[str, Any]:
        """All that the next epoch depends on, besides dataset, seed and frozen weights."""
        return {
            "encoder": self.learned(),
            "head": self.head.state_dict(),
            "optimizer": self.optimizer.state_dict(),
        }

    def restore(self, state: dict[str, Any]) -> None:
        self.put(state["encoder"])
        self.head.load_state_dict(state["head"])
        self.optimizer.load_state_dict(state["optimizer"])


def rate_share(step: int, steps: int, warmup_fraction: float) -> float:
    """Of the peak rate: up in a straight line, then down to 0 along half a cosine."""
    warmup = math.ceil(warmup_fraction * steps)
    if step < warmup:
        return (step + 1) / warmup
    return 0.5 * (1 + math.cos(math.pi * (step - warmup) / max(1, steps - warmup)))
