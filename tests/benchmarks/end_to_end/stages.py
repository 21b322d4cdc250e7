"""Where a picture's CPU goes, by part, in one process on one thread: build/bench/stages.json.

READ is run by its own door (PictureReader) with a clock around the functions named below: each
part's own time, what other parts take inside it left out, child processes included. What is in no
part is `rest`; a function that is no longer there is named under `not_found`. Fetching, EMBED and
PREDICT are measured one after the other on the same pictures.

    python -m tests.benchmarks.end_to_end.stages [FOLDER] --engine both [--photos 60]

adds the engine's profile to the file.
"""

import argparse
import importlib
import json
import os
import resource
import sys
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from pkgutil import resolve_name
from typing import Any
from urllib.parse import quote

from entity_extract.config import Config, load_config
from entity_extract.fetching.fetch import Asked, Fetcher
from entity_extract.learning.prediction.bundle_files import default_bundle
from tests.benchmarks.end_to_end.pictures import Photos, photos_of
from tests.benchmarks.picture_server import served
from tests.benchmarks.predicting import predict_profile, rows_of_lake

_ROWS = 1256  # of which the first 256 warm up

_READING = "entity_extract.reading."
_TESSERACT = f"{_READING}tesseract.engine"
# Part -> where its functions are looked up when a picture is read.
PARTS = {
    "decode": (f"{_READING}picture_row:decoded",),
    "hash": (f"{_READING}picture_row:perceptual_hash",),
    "thumbnail": (f"{_READING}picture_row:thumbnail",),
    "strokes": (f"{_READING}picture_row:find_strokes",),
    "PP-OCR detector": (f"{_READING}ppocr.engine:TextDetector.find",),
    "PP-OCR recogniser": (f"{_READING}ppocr.engine:TextRecogniser.read",),
    "line finding": (f"{_TESSERACT}:find_text_lines",),
    "cutting": (
        f"{_TESSERACT}:TesseractReader._cut_out",
        f"{_TESSERACT}:TesseractReader._is_worth_it",
        f"{_READING}ppocr.engine:cut",
    ),
    "Tesseract first look": (f"{_TESSERACT}:TesseractReader._first_look",),
    "Tesseract second look": (f"{_TESSERACT}:TesseractReader._second_look",),
    "JSON": (f"{_READING}isolation.messages:reply_frame",),
}
REST = "rest"
ENGINES = ("auto", "both", "tesseract")  # the default asks the second engine where it has to


def cpu_s() -> float:
    """Of this process and of children that have ended."""
    kinds = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return sum(used.ru_utime + used.ru_stime for used in map(resource.getrusage, kinds))


class Clocks:
    """CPU seconds by part; inside a part that is called by another the other one's stands."""

    def __init__(self) -> None:
        self.spent: dict[str, float] = defaultdict(float)
        self._running = [REST]
        self._since = cpu_s()

    def enter(self, part: str) -> None:
        self._count()
        self._running.append(part)

    def leave(self) -> None:
        self._count()
        self._running.pop()

    def _count(self) -> None:
        now = cpu_s()
        self.spent[self._running[-1]] += now - self._since
        self._since = now

    def around(self, part: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*args: Any, **named: Any) -> Any:
            self.enter(part)
            try:
                return function(*args, **named)
            finally:
                self.leave()

        return timed


def put_clocks(clocks: Clocks) -> list[str]:
    """Around every function of PARTS; those that are not there."""
    missing = []
    for part, places in PARTS.items():
        for place in places:
            try:
                found = resolve_name(place)
            except (ImportError, AttributeError):
                missing.append(place)
                continue
            module, _, path = place.partition(":")
            owner, _, name = path.rpartition(".")
            holder = resolve_name(f"{module}:{owner}") if owner else importlib.import_module(module)
            setattr(holder, name, clocks.around(part, found))
    return missing


def reading(contents: list[bytes], config: Config) -> dict[str, Any]:
    """ms a picture by part, and what was read."""
    from entity_extract.reading import picture_row
    from entity_extract.reading.isolation import messages

    clocks = Clocks()
    missing = put_clocks(clocks)
    reader = picture_row.PictureReader(config.image, config.ocr, config.domain)
    reader.row(contents[0])  # models are loaded at the first picture
    clocks.enter(REST)
    clocks.spent.clear()
    rows = []
    for number, content in enumerate(contents):
        rows.append(reader.row(content))
        messages.reply_frame(messages.Reply(number, dict(rows[-1])))
    clocks.leave()
    ms = {part: clocks.spent[part] * 1000 / len(contents) for part in (*PARTS, REST)}
    return {"ms": ms, "not_found": missing, "thumbnails": [row["thumbnail"] for row in rows]}


def fetching_ms(photos: Photos, number: int, config: Config) -> float:
    settings = config.fetch.model_copy(update={"allow_private": True, "per_host_rate": 0.0})
    with served("--folder", str(photos.folder)) as base_url:
        asked = [Asked(f"{base_url}/{quote(name)}", 0) for name in photos.names[:number]]
        start = cpu_s()
        with Fetcher(settings) as fetcher:
            came = sum(found.content is not None for _, found in fetcher.ahead(iter(asked)))
        spent = cpu_s() - start
    if came < number:
        raise SystemExit(f"{came} of {number} pictures came")
    return spent * 1000 / number


def embedding_ms(thumbnails: list[bytes], config: Config) -> float:
    from entity_extract.embedding.chosen import chosen_encoder
    from entity_extract.extraction.model_encoder import embeddings_of

    encoder = chosen_encoder(config.embed)
    assert encoder is not None
    size = config.embed.batch_size
    embeddings_of(thumbnails[:size], encoder, config)  # loads the network
    start = cpu_s()
    embeddings_of(thumbnails, encoder, config)
    return (cpu_s() - start) * 1000 / len(thumbnails)


def predicting_ms(lake: Path) -> dict[str, float]:
    """By part, a row, of pictures that were read into `lake`: 500 at least."""
    model = default_bundle().model()
    found = predict_profile(rows_of_lake(lake, model.domain).head(_ROWS), model)
    return {part: round(ms, 3) for part, ms in found.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", nargs="?", type=Path)
    parser.add_argument("--out", type=Path, default=Path("build/bench"))
    parser.add_argument("--photos", type=int, default=60)
    parser.add_argument("--engine", default="auto")
    parser.add_argument("--weights", default="random")
    parser.add_argument("--set", action="append", default=[])
    parser.add_argument("--lake", type=Path, help="of 500 pictures that were read: PREDICT, too")
    args = parser.parse_args()
    os.environ["OMP_THREAD_LIMIT"] = "1"
    chosen = [f"embed.weights={args.weights}", *args.set, f"ocr.engine={args.engine}"]
    config = load_config(assignments=chosen)
    photos = photos_of(args.data, max(args.photos, 240), args.out / "end_to_end" / "drawn")
    contents = [(photos.folder / name).read_bytes() for name in photos.names[: args.photos]]
    found = {"fetch": fetching_ms(photos, len(contents), config)}
    read = reading(contents, config)
    found |= read["ms"]
    found["READ"] = sum(read["ms"].values()) + found["fetch"]
    found["EMBED"] = embedding_ms(read["thumbnails"], config)
    rounded = {name: round(ms, 2) for name, ms in found.items()}
    whole = {"photos": len(contents), "ms": rounded, "not_found": read["not_found"]}
    _add(args.out / "stages.json", {args.engine: whole})
    if args.lake:
        _add(args.out / "stages.json", {"PREDICT": predicting_ms(args.lake)})
    sys.stdout.write(f"{args.engine}: {json.dumps(whole)}\n")


def _add(path: Path, found: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    whole = json.loads(path.read_text()) if path.exists() else {}
    path.write_text(json.dumps(whole | found, indent=1) + "\n")


if __name__ == "__main__":
    main()
