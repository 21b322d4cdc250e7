"""Options that several subcommands share, and the types of what stands behind one.

It loads next to nothing beside argparse: --help and completion are answered from here.
"""

import argparse
from pathlib import Path

from entity_extract.catalog.table_names import TABLE_PREFIX
from entity_extract.tracking.uris import MODEL_URIS

_PORTS = 65_535  # the last one


def positive(text: str) -> int:
    """An argument's type: a whole number of at least 1."""
    try:
        value = int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"must be a whole number, not {text}") from None
    if value < 1:
        raise argparse.ArgumentTypeError(f"must be at least 1, not {value}")
    return value


def port(text: str) -> int:
    """An argument's type: a port, or 0 for any free one."""
    if not text.isdecimal() or (value := int(text)) > _PORTS:
        raise argparse.ArgumentTypeError(f"must be a port, from 0 (a free one) to {_PORTS}")
    return value


def local(text: str) -> Path:
    """An argument's type: a path on this machine. A URL would become a folder named `s3a:` here."""
    if "://" in text:
        raise argparse.ArgumentTypeError(f"must be a path on the driver's machine, not {text}")
    return Path(text)


def answers(text: str) -> Path | str:
    """An argument's type: a file on this machine, or `table:` and a name, which stays as it is."""
    return text if text.startswith(TABLE_PREFIX) else local(text)


def model(text: str) -> Path:
    """An argument's type: a bundle's folder, or a model of MLflow's: see `tracking.registry`."""
    return Path(text) if text.startswith(MODEL_URIS) else local(text)


MODEL = "a bundle's folder, or of MLflow's registry models:/NAME@ALIAS; "


def names(text: str) -> list[str]:
    """An argument's type: names of columns, each once, with commas between them."""
    found = [name.strip() for name in text.split(",")]
    if "" in found or len(set(found)) < len(found):
        raise argparse.ArgumentTypeError("must be names of columns, each once, with commas between")
    return found


def config_options(parser: argparse.ArgumentParser) -> None:
    """The options of every subcommand that has a configuration."""
    parser.add_argument(
        "--conf-file",
        action="append",
        default=[],
        type=Path,
        metavar="FILE",
        help="TOML configuration; repeatable, later files win. Where there is no such file, one of "
        "the package's by its name: local.toml, cluster.toml, distributed.toml, s3a.toml, "
        "delta.toml, iceberg.toml",
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="SECTION.KEY=VALUE",
        help="one configuration key; repeatable, wins over files",
    )


def table_options(parser: argparse.ArgumentParser) -> None:
    """Those of a job that reads a catalog and a lake."""
    config_options(parser)
    parser.add_argument(
        "--catalog",
        required=True,
        help="CSV, Parquet, JSON lines, Excel, Delta; a folder of pictures; or table:NAME of "
        "Spark's catalog",
    )
    parser.add_argument("--lake", required=True, help="root folder of the lake's tables")


def learning_options(parser: argparse.ArgumentParser) -> None:
    """Those of a job that learns, see `checked.checked_learning_config`."""
    table_options(parser)
    parser.add_argument(
        "--labels",
        metavar="CATALOG",
        help="more labelled rows, whose pictures are not read: the priors of their categories",
    )
    parser.add_argument(
        "--texts",
        metavar="CATALOG",
        help="labelled rows with a text (catalog.text_column): which of its quantities is meant",
    )


def answering_options(parser: argparse.ArgumentParser) -> None:
    """Those of a job that answers."""
    table_options(parser)
    parser.add_argument("--model", type=model, help=f"{MODEL}the package's own if not said")
    parser.add_argument(
        "--answers",
        type=answers,
        help="also write index,prediction to this file, CSV or .parquet, or merge the answers into "
        "table:NAME of Spark's catalog",
    )
    parser.add_argument(
        "--answers-columns",
        type=names,
        metavar="A,B,…",
        help="other columns for --answers: index, those of predictions and of the catalog",
    )
    parser.add_argument(
        "--metrics-file",
        type=local,
        metavar="PROM",
        help="what the answers are like, for Prometheus: a file of node_exporter's textfile "
        "collector (quality.prometheus if not said)",
    )
