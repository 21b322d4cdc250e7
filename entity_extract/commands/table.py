"""The subcommands: one entry each, its options beside it. One more is one more entry.

The module of the work is named, not imported: whoever asks for --help loads none of them.
"""

import argparse
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from entity_extract.commands.options import (
    answering_options,
    config_options,
    learning_options,
    local,
    positive,
    table_options,
)


@dataclass(frozen=True)
class Command:
    """`work` is the module whose `run(args)` does it, with what `options` has made of the words."""

    name: str
    about: str
    options: Callable[[argparse.ArgumentParser], None]
    work: str


def _enrich(parser: argparse.ArgumentParser) -> None:
    answering_options(parser)
    parser.add_argument(
        "--limit",
        type=positive,
        metavar="N",
        help="a trial: the catalog's first N rows alone; what is read and answered counts",
    )


def _read(parser: argparse.ArgumentParser) -> None:
    config_options(parser)
    parser.add_argument("pictures", nargs="+", metavar="PICTURE", help="a file, a folder, a link")
    parser.add_argument(
        "--entity",
        action="append",
        default=[],
        metavar="NAME",
        help="what is asked, such as item_weight (repeatable; all if not said)",
    )
    parser.add_argument("--category", default="", help="the product's group_id, where it is known")
    parser.add_argument(
        "--model", type=local, help="folder of a bundle; the package's own if not said"
    )
    parser.add_argument("--draw", type=local, metavar="OUT.png", help="the picture with the boxes")
    parser.add_argument("--json", action="store_true", help="a JSON object per answer and line")


def _init(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "file",
        nargs="?",
        type=local,
        default=Path("entity-extract.toml"),
        help="the conf file to write (%(default)s)",
    )


def _doctor(parser: argparse.ArgumentParser) -> None:
    config_options(parser)
    parser.add_argument("--lake", help="may it be written, and how much room is there?")


def _completion(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("shell", choices=("bash", "zsh", "tcsh"))


def _evaluate(parser: argparse.ArgumentParser) -> None:
    table_options(parser)
    parser.add_argument("--out", required=True, type=local, help="folder for what is written")
    parser.add_argument(
        "--model", type=local, metavar="DIR", help="a bundle: the report shows how it learned"
    )


def _train(parser: argparse.ArgumentParser) -> None:
    learning_options(parser)
    parser.add_argument("--model", required=True, type=local, help="folder to write the bundle to")
    parser.add_argument("--backend", choices=("local", "distributed"), default="local")


def _tune(parser: argparse.ArgumentParser) -> None:
    learning_options(parser)
    parser.add_argument("--out", required=True, type=Path, help="the conf file to write")
    parser.add_argument(
        "--study",
        type=Path,
        help="file of all trials, gone on with; OUT with .study.db if not said",
    )
    parser.add_argument(
        "--trials", type=positive, default=50, help="per part, in all runs (%(default)s)"
    )
    parser.add_argument(
        "--timeout", type=positive, default=math.inf, help="seconds after which no trial begins"
    )
    parser.add_argument("--parts", help="what to tune, such as unit,ranker; all if not said")


def _finetune(parser: argparse.ArgumentParser) -> None:
    config_options(parser)
    parser.add_argument("--catalog", required=True, help="as for train, but local")
    parser.add_argument(
        "--lake", required=True, help="root of the lake's tables, a URL or a folder"
    )
    parser.add_argument("--out", required=True, type=local, help="the weights, .safetensors")
    parser.add_argument(
        "--checkpoint", type=local, help="folder for what a later run goes on from (OUT.checkpoint)"
    )
    parser.add_argument("--reader-version", help="whose pictures, where the lake has several")


def _review(parser: argparse.ArgumentParser) -> None:
    config_options(parser)
    parser.add_argument("--lake", required=True, help="root folder of the lake's tables")
    parser.add_argument("--catalog", help="a local one: only its rows, with its labels")
    parser.add_argument("--model", type=local, metavar="DIR", help="the bundle that answered")
    parser.add_argument(
        "--corrections",
        type=local,
        default=Path("corrections.csv"),
        metavar="CSV",
        help="written by --serve, Parquet beside it; shown as checked (%(default)s)",
    )
    parser.add_argument("--out", type=local, metavar="HTML", help="write one self-contained page")
    parser.add_argument("--serve", action="store_true", help="serve it on loopback until Ctrl-C")
    parser.add_argument("--accepted", type=local, metavar="CSV", help="write what needs no look")
    parser.add_argument("--to-label-studio", type=local, metavar="JSON", help="write its tasks")
    parser.add_argument(
        "--from-label-studio", type=local, metavar="JSON", help="its export, into --corrections"
    )
    parser.add_argument(
        "--port", type=positive, default=0, help="of --serve; any free one if not said"
    )
    parser.add_argument(
        "--order",
        choices=("least-sure", "value"),
        default="least-sure",
        help="which rows come first",
    )
    for name in ("entity", "category", "status"):
        parser.add_argument(f"--{name}", help="only rows of it")


def _status(parser: argparse.ArgumentParser) -> None:
    config_options(parser)
    parser.add_argument("--lake", required=True, help="root folder of the lake's tables")
    parser.add_argument("--catalog", help="count its links that are not read yet, too")
    parser.add_argument("--json", action="store_true", help="one JSON object, for programs")


def _vacuum(parser: argparse.ArgumentParser) -> None:
    from entity_extract.schema import TABLES
    from entity_extract.status import FAILURES

    superseded = " and ".join(table.name for table in TABLES if not table.keeps_old_versions)
    config_options(parser)
    parser.add_argument("--lake", required=True, help="root folder of the lake's tables")
    parser.add_argument(
        "--old-versions",
        action="store_true",
        help=f"remove rows of {superseded} of other versions than the latest run used that came "
        "to its end; where there are none of that version the others are kept",
    )
    parser.add_argument("--compact", action="store_true", help="put small waves together")
    parser.add_argument(
        "--retry",
        metavar="STATUS",
        action="append",
        default=[],
        choices=sorted(status.value for status in FAILURES),
        help="forget pictures with this status, so that the next run asks for them anew, say "
        "http_error once the shop has its pictures again (repeatable)",
    )
    parser.add_argument(
        "--retain-hours",
        type=float,
        default=168.0,
        help="Delta's superseded files are kept for so long (%(default)s)",
    )


def _sample_catalog(parser: argparse.ArgumentParser) -> None:
    config_options(parser)
    parser.add_argument(
        "--out", type=Path, required=True, help="folder for catalog.csv and images/"
    )
    parser.add_argument(
        "--rows", type=positive, default=480, help="rows of the catalog (%(default)s)"
    )
    parser.add_argument("--seed", type=int, default=0, help="same seed, same bytes (%(default)s)")
    parser.add_argument("--serve", action="store_true", help="serve the pictures until Ctrl-C")
    parser.add_argument(
        "--port",
        type=int,
        default=8765,
        help="port in the links; 0 with --serve takes a free one (%(default)s)",
    )


def _command(name: str, about: str, options: Callable[[argparse.ArgumentParser], None]) -> Command:
    return Command(name, about, options, f"{__package__}.{name.replace('-', '_')}")


COMMANDS: Final = (
    _command("read", "answer about a few pictures, at once; no lake, no Spark, no Java", _read),
    _command(
        "enrich",
        "catalog in, predictions out; reads and embeds what the lake lacks",
        _enrich,
    ),
    _command(
        "train", "learn from a labelled catalog; pictures that the lake lacks are read", _train
    ),
    _command("tune", "find better settings for the learners; writes a conf file for all", _tune),
    _command("finetune", "ResNet50 learns the catalog's pictures; no Spark, no Java", _finetune),
    _command(
        "predict", "answer rows whose pictures the lake has read and embedded", answering_options
    ),
    _command(
        "evaluate", "score answers against labels; writes metrics.json and report.html", _evaluate
    ),
    _command(
        "review",
        "look at answers: one page that shows why, and takes corrections",
        _review,
    ),
    _command(
        "status", "what a lake holds, what waits, what failed and why; no Spark, no Java", _status
    ),
    _command(
        "vacuum", "clean a lake: old versions, failures worth another try, small waves", _vacuum
    ),
    _command("read-images", "fetch and OCR alone: pictures that the lake lacks", table_options),
    _command("embed-images", "embed alone: pictures that were read, not embedded", table_options),
    _command("init", "write a conf file with every key, commented", _init),
    _command("doctor", "what is there of all that is needed, and how to get what is not", _doctor),
    _command("completion", "print what a shell completes these commands by", _completion),
    _command("sample-catalog", "draw a shop to try things out with, and serve it", _sample_catalog),
)
