"""Pictures to learn from: each time it is shown, a picture is turned, mirrored or tinted anew."""

from collections.abc import Sequence

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.utils.data import DataLoader, Dataset
from torchvision.transforms import InterpolationMode, v2

from entity_extract.config import AugmentConfig
from entity_extract.embedding.encoder import square

_WHITE = 255


def augmentation(config: AugmentConfig) -> v2.Transform:
    """Square RGB picture -> another of its size, by torch's random numbers.

    White stays white, and fills what turns into view: brightness and contrast only rise, since less
    of either would turn the background grey.
    """
    turns = v2.RandomChoice([v2.RandomRotation((angle, angle)) for angle in (90, 180, 270)])
    return v2.Compose(
        [
            v2.RandomHorizontalFlip(config.flip_horizontal),
            v2.RandomVerticalFlip(config.flip_vertical),
            v2.RandomApply([turns], p=config.quarter_turn),
            v2.RandomAffine(
                degrees=config.angle,
                scale=(1 - config.scale, 1 + config.scale),
                interpolation=InterpolationMode.BILINEAR,
                fill=_WHITE,
            ),
            v2.ColorJitter(
                brightness=(1, 1 + config.colour),
                contrast=(1, 1 + config.colour),
                saturation=(1 - config.colour, 1 + config.colour),
            ),
        ]
    )


def seed_of(*numbers: int) -> int:
    """One 64-bit seed from several numbers, none negative."""
    return int(np.random.SeedSequence(numbers).generate_state(1, np.uint64)[0])


class Pictures(Dataset[tuple[int, Tensor]]):
    """place -> (place, (side, side, 3) uint8). Without `augment` they are as EMBED sees them.

    What happens to a picture follows from `seed` and its place alone, so that neither the number of
    workers nor the order of the pictures changes it.
    """

    def __init__(
        self, thumbnails: Sequence[bytes], side: int, *, augment: AugmentConfig | None, seed: int
    ) -> None:
        self._thumbnails = thumbnails
        self._side = side
        self._augment = augmentation(augment) if augment else None
        self._seed = seed

    def __len__(self) -> int:
        return len(self._thumbnails)

    def __getitem__(self, place: int) -> tuple[int, Tensor]:
        picture = square(self._thumbnails[place], self._side, place)
        if self._augment is not None:
            picture = self._changed(picture, self._augment, place)
        return place, torch.from_numpy(np.array(picture))

    def _changed(self, picture: Image.Image, augment: v2.Transform, place: int) -> Image.Image:
        with torch.random.fork_rng(devices=[]):
            # This generator alone: torch.manual_seed would also set the GPU's, which dropout uses.
            torch.default_generator.manual_seed(seed_of(self._seed, place))
            changed: Image.Image = augment(picture)
        return changed


def batches(
    pictures: Pictures, places: Tensor, *, size: int, workers: int, pin: bool
) -> DataLoader[tuple[int, Tensor]]:
    """Yields places (b,) in the order given, and pixels (b, side, side, 3) uint8."""
    return DataLoader(
        pictures,
        batch_sampler=[part.tolist() for part in torch.split(places, size)],
        num_workers=workers,
        pin_memory=pin,
        generator=torch.Generator(),  # its own: torch's is for dropout
    )
