"""Fine-tune the image encoder on a labelled catalog's pictures in the lake; no Spark, no Java."""

import argparse
from pathlib import Path

import torch

from entity_extract.catalog.files import catalog_frame
from entity_extract.commands.running import config_of
from entity_extract.config import EmbedConfig
from entity_extract.embedding.named import encoder_spec
from entity_extract.embedding.networks import outline
from entity_extract.embedding.trainable import check_trainable
from entity_extract.embedding.weights import load_weights
from entity_extract.errors import UserError
from entity_extract.learning.finetuning.checkpoint import drop_checkpoint
from entity_extract.learning.finetuning.dataset import finetune_dataset
from entity_extract.learning.finetuning.finetune import EpochFigures, finetune
from entity_extract.learning.finetuning.thumbnails import thumbnails_of
from entity_extract.learning.training.local_lake import labelled_frames, reader_of

HEADER = "epoch  training loss  held-out loss  unit right  value off (log10)"


def run(args: argparse.Namespace) -> None:
    config = config_of(args)
    check(args.out, config.embed)
    catalog = catalog_frame(args.catalog, config.catalog, entities=config.domain.entity_names)
    reader_version = reader_of(args.lake, args.reader_version)
    weights = load_weights(config.embed)
    checkpoint = args.checkpoint or args.out.with_name(f"{args.out.name}.checkpoint")
    with thumbnails_of(args.lake, checkpoint, reader_version=reader_version) as thumbnails:
        dataset = finetune_dataset(
            labelled_frames(catalog, args.lake, reader_version=reader_version),
            config.learning,
            config.domain,
            thumbnails=thumbnails,
            seen=weights.seen,
        )
        print(f"{len(dataset.label)} questions about {len(dataset.thumbnails)} pictures\n{HEADER}")
        made = finetune(
            dataset,
            weights,
            config.finetune,
            embed=config.embed,
            fusion=config.learning.fusion,
            checkpoint=checkpoint,
            report=lambda figures: print(line(figures), flush=True),
        )
    made.write(args.out)
    drop_checkpoint(checkpoint)
    if made.best.epoch == 0:
        print("no epoch was better than the weights it started from: they are kept as they were")
    print(f"weights of epoch {made.best.epoch}: {args.out}")
    print(
        f'train with them: --set embed.weights="{args.out}", same catalog and [learning] settings'
    )


def check(out: Path, embed: EmbedConfig) -> None:
    """Raises UserError for what would only be found out after hours."""
    if out.suffix != ".safetensors" or out.is_dir():
        raise UserError(f"--out {out}: must be a file that ends in .safetensors")
    check_trainable(outline(encoder_spec(embed.encoder)), embed.encoder)
    if embed.weights == "none":
        raise UserError('embed.weights = "none": there is nothing to fine-tune')
    if embed.device == "cuda" and not torch.cuda.is_available():
        raise UserError('embed.device = "cuda": torch finds no GPU here')
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
    except OSError as err:
        raise UserError(f"--out {out}: {err}") from err


def line(figures: EpochFigures) -> str:
    return (
        f"{figures.epoch:5d}  {figures.training_loss:13.4f}  {figures.held_out_loss:13.4f}  "
        f"{figures.unit_accuracy:10.3f}  {figures.value_error:17.3f}"
    )
