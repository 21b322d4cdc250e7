"""What a command has left where its options, and the comment behind it, say so."""

import argparse
import json
import re
import shlex
from pathlib import Path

import pandas as pd
from PIL import Image

from entity_extract.commands.main import NAME, parser
from entity_extract.lake.files import LakeFiles
from entity_extract.learning.prediction.bundle_files import load_bundle
from tests.docs.pages import Command
from tests.docs.reader import Reader

# Options that name what a command makes.
_WRITTEN = ("answers", "out", "draw", "accepted", "to_label_studio", "metrics_file")


def parsed(text: str) -> argparse.Namespace | None:
    """As our own parser takes it; None for what is no command of ours. Ends as that does."""
    words = [word for word in shlex.split(text) if not re.fullmatch(r"[A-Z_]+=\S+", word)]
    if words[:2] == ["python", "-m"] and words[2].startswith("jobs."):
        words = [NAME, words[2].removeprefix("jobs.").replace("_", "-"), *words[3:]]
    if words[0] != NAME or words[1].startswith("-"):
        return None  # argparse would end us with 0, for --help
    return parser().parse_args(words[1:])


def assert_kept(command: Command, reader: Reader) -> None:
    """Looks at each file, table and model that `command`, which has just ended with 0, names."""
    args = parsed(reader.typed(command.text))
    if args is None:
        return
    asked = vars(args)
    for option in _WRITTEN:
        if asked.get(option) is not None:
            _assert_written(reader.folder / asked[option])
    if args.command == "train":
        assert load_bundle(reader.folder / args.model).version in reader.said[command.text].stdout
    if args.command == "enrich":
        rows = LakeFiles(str(reader.folder / args.lake)).dataset("predictions")
        assert rows is not None
        assert rows.count_rows() > 0
    if args.command == "init":
        assert "\n# threads = 16" in (reader.folder / args.file).read_text()
    if re.fullmatch(r"\w+(,\w+)+", command.comment):  # the header of what it writes
        header = (reader.folder / args.answers).read_text().partition("\n")[0]
        assert header == command.comment
    if command.comment.startswith("a row for each picture"):
        pictures = list((reader.folder / args.catalog).iterdir())
        assert len(pd.read_csv(reader.folder / args.answers)) == len(pictures)


def _assert_written(path: Path) -> None:
    """Whole, by its ending; a folder is one of a report."""
    if path.is_dir():
        for name in ("metrics.json", "report.html", "errors.csv"):
            _assert_written(path / name)
    elif path.suffix == ".json":
        assert json.loads(path.read_text())
    elif path.suffix == ".html":
        assert path.read_text().rstrip().endswith("</html>")
    elif path.suffix == ".csv":
        assert len(pd.read_csv(path, nrows=0).columns) > 1
    elif path.suffix == ".png":
        Image.open(path).load()
    else:
        raise AssertionError(f"{path}: nobody says how to look at it")
