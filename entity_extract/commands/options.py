"""The options of each subcommand. As all that --help is answered from, it loads argparse alone."""

import argparse
import math
from pathlib import Path

from entity_extract.commands.shared_options import (
    MODEL,
    answering_options,
    config_options,
    learning_options,
    local,
    model,
    names,
    port,
    positive,
    table_options,
)


def enrich_options(parser: argparse.ArgumentParser) -> None:
    answering_options(parser)
    parser.add_argument(
        "--limit",
        type=positive,
        metavar="N",
        help="a trial: the catalog's first N rows alone; what is read and answered counts",
    )
    parser.add_argument(
        "--engine",
        choices=("auto", "local", "spark"),
        help="local does without Spark and Java; auto takes it for a small catalog and a lake on "
        "this machine's disk (run.engine if not said)",
    )


def read_options(parser: argparse.ArgumentParser) -> None:
    config_options(parser)
    parser.add_argument("pictures", nargs="+", metavar="PICTURE", help="a file, a folder, a link")
    parser.add_argument(
        "--entity",
        action="append",
        default=[],
        metavar="NAME",
        help="what is asked, such as item_weight (repeatable); if not said, all quantities that "
        "are read, and what each would answer",
    )
    parser.add_argument("--category", default="", help="the product's group_id, where it is known")
    parser.add_argument("--model", type=model, help=f"{MODEL}the package's own if not said")
    parser.add_argument("--draw", type=local, metavar="OUT.png", help="the picture with the boxes")
    parser.add_argument(
        "--json", action="store_true", help="a JSON object per answer, or quantity, and line"
    )


def init_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "file",
        nargs="?",
        type=local,
        default=Path("entity-extract.toml"),
        help="the conf file to write (%(default)s)",
    )


def doctor_options(parser: argparse.ArgumentParser) -> None:
    config_options(parser)
    parser.add_argument("--lake", help="may it be written, and how much room is there?")


def completion_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("shell", choices=("bash", "zsh", "tcsh"))


def evaluate_options(parser: argparse.ArgumentParser) -> None:
    table_options(parser)
    parser.add_argument("--out", required=True, type=local, help="folder for what is written")
    parser.add_argument("--model", type=model, help=f"{MODEL}the report shows how it learned")


def compare_options(parser: argparse.ArgumentParser) -> None:
    config_options(parser)
    parser.add_argument(
        "--lake",
        action="append",
        default=[],
        help="root folder of a lake's tables: the first is A, the second B",
    )
    parser.add_argument(
        "--model",
        action="append",
        default=[],
        metavar="VERSION",
        help="whose answers (model_version): the first is A, the second B, of one lake or of each "
        "its own; the two that one lake has, if not said (lake.keep_earlier_answers)",
    )
    parser.add_argument(
        "--predictions",
        nargs="+",
        type=local,
        metavar="FILE",
        help="answers in a file instead: Parquet, or CSV as --answers writes it",
    )
    parser.add_argument(
        "--by",
        type=names,
        metavar="A,B,…",
        help="columns that tell a row; what a lake tells it by, if not said, else index, else link "
        "and entity",
    )
    parser.add_argument(
        "--top", type=positive, default=10, help="rows that differ, shown (%(default)s)"
    )
    parser.add_argument("--out", type=local, metavar="FILE", help="also as a page, .html, or .csv")


def train_options(parser: argparse.ArgumentParser) -> None:
    learning_options(parser)
    parser.add_argument("--model", required=True, type=local, help="folder to write the bundle to")
    parser.add_argument("--backend", choices=("local", "distributed"), default="local")


def tune_options(parser: argparse.ArgumentParser) -> None:
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


def finetune_options(parser: argparse.ArgumentParser) -> None:
    config_options(parser)
    parser.add_argument("--catalog", required=True, help="as for train, but local")
    parser.add_argument(
        "--lake", required=True, help="root of the lake's tables, a URL or a folder"
    )
    parser.add_argument("--out", required=True, type=local, help="the weights, .safetensors")
    parser.add_argument(
        "--checkpoint",
        type=local,
        help="folder for what a later run goes on from, and for the pictures meanwhile "
        "(OUT.checkpoint)",
    )
    parser.add_argument("--reader-version", help="whose pictures, where the lake has several")


def review_options(parser: argparse.ArgumentParser) -> None:
    config_options(parser)
    parser.add_argument("--lake", required=True, help="root folder of the lake's tables")
    parser.add_argument("--catalog", help="a local one: only its rows, with its labels")
    parser.add_argument("--model", type=model, help=f"{MODEL}the one that answered")
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
    parser.add_argument("--port", type=port, default=0, help="of --serve; any free one if not said")
    parser.add_argument(
        "--order",
        choices=("least-sure", "value"),
        default="least-sure",
        help="which rows come first",
    )
    for name in ("entity", "category", "status"):
        parser.add_argument(f"--{name}", help="only rows of it")


def status_options(parser: argparse.ArgumentParser) -> None:
    config_options(parser)
    parser.add_argument("--lake", required=True, help="root folder of the lake's tables")
    parser.add_argument("--catalog", help="count its links that are not read yet, too")
    parser.add_argument("--json", action="store_true", help="one JSON object, for programs")


def vacuum_options(parser: argparse.ArgumentParser) -> None:
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
        "--forget-model",
        metavar="VERSION",
        action="append",
        default=[],
        help="remove what this model answered before another did, of lake.keep_earlier_answers "
        "(repeatable)",
    )
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


def sample_catalog_options(parser: argparse.ArgumentParser) -> None:
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
        type=port,
        default=8765,
        help="port in the links; 0 with --serve takes a free one (%(default)s)",
    )
