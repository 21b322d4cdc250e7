"""Trains the network of entity_extract/reading/dimension_lines.py on drawings, and writes it.

    pip install onnx
    python -m deploy.artefacts.directions.network [--drawings 10000] [--out FILE]

Prints, for drawings that it was not trained on, how often each kind of line is recognised.
"""

import argparse
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from itertools import pairwise
from pathlib import Path
from typing import Final

import numpy as np
import torch
from torch import Tensor, nn

from deploy.artefacts.directions.drawings import Text, draw
from entity_extract.reading.dimension_lines import KINDS
from entity_extract.reading.line_patches import CHANNELS, SIDE, patches
from entity_extract.sample_shop.drawing.dice import Dice

OUT: Final = Path("entity_extract/reading/dimension_lines.onnx")
_TURNED: Final = torch.tensor([0, 2, 1, 3])  # the kinds when x and y change places
_HELD_OUT: Final = 0.1
_BATCH: Final = 128


class Directions(nn.Module):
    """(n, CHANNELS, SIDE, SIDE) patches to (n, len(KINDS)) logits; 0.12 M weights."""

    def __init__(self) -> None:
        super().__init__()
        widths = (CHANNELS, 16, 32, 48, 64)
        layers: list[nn.Module] = []
        for before, after in pairwise(widths):
            conv = nn.Conv2d(before, after, 3, stride=2, padding=1, bias=False)
            layers += [conv, nn.BatchNorm2d(after), nn.ReLU()]
        left = SIDE // 2 ** (len(widths) - 1)
        self.body = nn.Sequential(*layers, nn.Flatten(), nn.Dropout(0.3))
        self.head = nn.Sequential(nn.Linear(64 * left**2, 48), nn.ReLU(), nn.Linear(48, len(KINDS)))

    def forward(self, seen: Tensor) -> Tensor:
        answer: Tensor = self.head(self.body(seen))
        return answer


def examples(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """(n, CHANNELS, SIDE, SIDE) float16 and (n,) kinds: the lengths of one drawing."""
    dice = Dice(seed)
    drawing = draw(dice)
    if not drawing.texts:
        return np.zeros((0, CHANNELS, SIDE, SIDE), np.float16), np.zeros(0, np.int64)
    seen = [_as_read(dice, text) for text in drawing.texts if dice.chance(0.93)]
    boxes = np.array([_as_read(dice, text) for text in drawing.texts], np.float32)
    letters = np.array(
        [text.letter_px * dice.between(0.8, 1.25) for text in drawing.texts], np.float32
    )
    words = np.array(seen, np.float32).reshape(-1, 4)
    made = patches(drawing.pixels, boxes, letters, words)
    return made.astype(np.float16), np.array([text.kind for text in drawing.texts])


def _as_read(dice: Dice, text: Text) -> tuple[float, ...]:
    """Engines' boxes are a little off; now and then a part of the text is not read."""
    left, top, width, height = (float(x) for x in text.box)
    off = 0.2 * text.letter_px
    left, top = left + dice.between(-off, off), top + dice.between(-off, off)
    width, height = width + dice.between(-off, off), height + dice.between(-off, off)
    if dice.chance(0.2) and width > height:
        part = dice.between(0.5, 1.0)
        left, width = left + (dice.pick((0.0, 1.0)) * (1 - part) * width), width * part
    return left, top, max(width, 2.0), max(height, 2.0)


def train(seen: Tensor, kinds: Tensor, rounds: int) -> Directions:
    torch.manual_seed(0)
    dice = Dice(0)
    net = Directions()
    best = torch.optim.AdamW(net.parameters(), 2e-3, weight_decay=1e-3)
    steps = rounds * (len(kinds) // _BATCH + 1)
    rate = torch.optim.lr_scheduler.OneCycleLR(best, 4e-3, total_steps=steps)
    loss_of = nn.CrossEntropyLoss(label_smoothing=0.03)
    for turn in range(rounds):
        net.train()
        total = 0.0
        for at in torch.randperm(len(kinds)).split(_BATCH):
            batch, truth = _varied(dice, seen[at].float(), kinds[at])
            loss = loss_of(net(batch), truth)
            best.zero_grad()
            loss.backward()
            best.step()
            rate.step()
            total += loss.item() * len(at)
        sys.stdout.write(f"{turn}: {total / len(kinds):.4f}\n")
        sys.stdout.flush()
    return net.eval()


def _varied(dice: Dice, seen: Tensor, kinds: Tensor) -> tuple[Tensor, Tensor]:
    """Mirrored, light for dark, and with x for y, in which level is upright."""
    if dice.chance(0.5):
        seen = seen.flip(3)
    if dice.chance(0.5):
        seen = seen.flip(2)
    if dice.chance(0.5):
        seen = torch.cat([-seen[:, :1], seen[:, 1:]], dim=1)
    if dice.chance(0.5):
        seen, kinds = seen.transpose(2, 3), _TURNED[kinds]
    return seen, kinds


def batches(drawings: int, processes: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    with ProcessPoolExecutor(processes) as pool:
        yield from pool.map(examples, range(drawings), chunksize=50)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--drawings", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=16)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--out", type=Path, default=OUT)
    args = parser.parse_args()
    made = list(batches(args.drawings, args.processes))
    held = round(_HELD_OUT * len(made))
    tables = [
        (
            torch.from_numpy(np.concatenate([patch for patch, _ in part])),
            torch.from_numpy(np.concatenate([kind for _, kind in part])),
        )
        for part in (made[held:], made[:held])
    ]
    (seen, kinds), (others, truth) = tables
    sys.stdout.write(f"{len(kinds)} texts, {np.bincount(kinds).tolist()} of {KINDS}\n")
    net = train(seen, kinds, args.rounds)
    with torch.no_grad():
        found = net(others.float()).argmax(dim=1)
    for number, kind in enumerate(KINDS):
        share = (found[truth == number] == number).float().mean()
        sys.stdout.write(f"{kind}: {share:.3f} of {int((truth == number).sum())}\n")
    torch.onnx.export(
        net,
        (torch.zeros(1, CHANNELS, SIDE, SIDE),),
        args.out,
        input_names=["patches"],
        dynamic_axes={"patches": {0: "texts"}},
        dynamo=False,
    )


if __name__ == "__main__":
    main()
