"""The subcommands: one entry each. One more is one more entry, and its options in options.py.

The module of the work is named, not imported: whoever asks for --help loads none of them.
"""

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from entity_extract.commands.options import (
    compare_options,
    completion_options,
    doctor_options,
    enrich_options,
    evaluate_options,
    finetune_options,
    init_options,
    read_options,
    review_options,
    sample_catalog_options,
    status_options,
    train_options,
    tune_options,
    vacuum_options,
)
from entity_extract.commands.shared_options import answering_options, table_options


@dataclass(frozen=True)
class Command:
    """`work` is the module whose `run(args)` does it, with what `options` has made of the words."""

    name: str
    about: str
    options: Callable[[argparse.ArgumentParser], None]
    work: str


def _command(name: str, about: str, options: Callable[[argparse.ArgumentParser], None]) -> Command:
    return Command(name, about, options, f"{__package__}.{name.replace('-', '_')}")


COMMANDS: Final = (
    _command(
        "read", "answer about a few pictures, at once; no lake, no Spark, no Java", read_options
    ),
    _command(
        "enrich",
        "catalog in, predictions out; reads and embeds what the lake lacks",
        enrich_options,
    ),
    _command(
        "train",
        "learn from a labelled catalog; pictures that the lake lacks are read",
        train_options,
    ),
    _command(
        "tune", "find better settings for the learners; writes a conf file for all", tune_options
    ),
    _command(
        "finetune", "ResNet50 learns the catalog's pictures; no Spark, no Java", finetune_options
    ),
    _command(
        "predict", "answer rows whose pictures the lake has read and embedded", answering_options
    ),
    _command(
        "evaluate",
        "score answers against labels; writes metrics.json, report.html, errors.csv",
        evaluate_options,
    ),
    _command(
        "compare",
        "two models, engines or lakes side by side; no Spark, no Java",
        compare_options,
    ),
    _command(
        "review",
        "look at answers: one page that shows why, and takes corrections",
        review_options,
    ),
    _command(
        "status",
        "what a lake holds, what waits, what failed and why; no Spark, no Java",
        status_options,
    ),
    _command(
        "vacuum",
        "clean a lake: old versions, failures worth another try, small waves",
        vacuum_options,
    ),
    _command("read-images", "fetch and OCR alone: pictures that the lake lacks", table_options),
    _command("embed-images", "embed alone: pictures that were read, not embedded", table_options),
    _command("init", "write a conf file with every key, commented", init_options),
    _command(
        "doctor", "what is there of all that is needed, and how to get what is not", doctor_options
    ),
    _command("completion", "print what a shell completes these commands by", completion_options),
    _command(
        "sample-catalog", "draw a shop to try things out with, and serve it", sample_catalog_options
    ),
)
