"""What is done with a picture in every way but ours: bytes in, words and 2048 numbers out.

`Naive` is what a user writes in an hour: pytesseract over the whole page, torchvision's ResNet50 in
float32 with the transform that comes with its weights. `Ours` is equal work: this package's reading
and embedding, called from whatever runs it.
"""

import argparse
import io
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

import urllib3

BATCH = 16  # pictures
# As our lake has a word: text and pass and engine are strings, conf is a float, all else whole.
BOX = ("left", "top", "width", "height")
WORD = ("text", "conf", *BOX, "block", "line", "angle")
SAID = ("pass", "engine")
Seen = dict[str, Any]  # words: list of these; embedding: list of floats


class Work(Protocol):
    def __call__(self, contents: list[bytes]) -> list[Seen]: ...


class Naive:
    def __init__(self, psm: int, weights: str) -> None:
        import torch
        import torchvision

        known = torchvision.models.ResNet50_Weights.IMAGENET1K_V2
        torch.manual_seed(0)
        network = torchvision.models.resnet50(weights=None)
        if weights == "imagenet":
            network.load_state_dict(known.get_state_dict(progress=False))
        elif weights != "random":
            state = torch.load(weights, map_location="cpu", weights_only=True)
            network.load_state_dict({name: tensor.float() for name, tensor in state.items()})
        network.fc = torch.nn.Identity()
        self._network, self._transform = network.eval(), known.transforms()
        self._psm = psm

    def __call__(self, contents: list[bytes]) -> list[Seen]:
        import torch
        from PIL import Image

        pictures = [Image.open(io.BytesIO(content)).convert("RGB") for content in contents]
        words = [self._words(picture) for picture in pictures]
        with torch.inference_mode():
            batch = torch.stack([self._transform(picture) for picture in pictures])
            numbers = self._network(batch).numpy()
        return [{"words": w, "embedding": n.tolist()} for w, n in zip(words, numbers, strict=True)]

    def _words(self, picture: Any) -> list[dict[str, Any]]:
        import pytesseract

        found = pytesseract.image_to_data(
            picture, config=f"--psm {self._psm}", output_type=pytesseract.Output.DICT
        )
        lines = [f"{p}{n:03}" for p, n in zip(found["par_num"], found["line_num"], strict=True)]
        columns = [found[name] for name in ("text", "conf", *BOX, "block_num")]
        return [
            dict(zip(WORD, (text.strip(), float(conf), *box, int(line), 0), strict=True))
            | {"pass": "plain", "engine": ""}
            for text, conf, *box, line in zip(*columns, lines, strict=True)
            if text.strip() and float(conf) >= 0
        ]


class Ours:
    def __init__(self, assignments: list[str]) -> None:
        from entity_extract.config import load_config
        from entity_extract.embedding.chosen import chosen_encoder
        from entity_extract.reading.picture_row import PictureReader

        self._config = load_config(assignments=assignments)
        config = self._config
        self._reader = PictureReader(config.image, config.ocr, config.domain)
        encoder = chosen_encoder(config.embed)
        if encoder is None:
            raise SystemExit('embed.weights = "none": there is nothing to embed with')
        self._encoder = encoder

    def __call__(self, contents: list[bytes]) -> list[Seen]:
        from entity_extract.extraction.model_encoder import embeddings_of

        rows: list[Any] = [self._reader.row(content) for content in contents]
        thumbnails = [row["thumbnail"] for row in rows]
        embeddings = embeddings_of(thumbnails, self._encoder, self._config)
        return [
            {"words": row.get("words", []), "embedding": numbers.tolist()}
            for row, numbers in zip(rows, embeddings, strict=True)
        ]


@lru_cache(maxsize=1)
def worker_work(psm: int, weights: str, assignments: tuple[str, ...]) -> Work:
    """One a process, loaded at the first call. `psm` 0 is our way."""
    return Naive(psm, weights) if psm else Ours(list(assignments))


@lru_cache(maxsize=1)
def _pool() -> urllib3.PoolManager:
    return urllib3.PoolManager()


def fetched(links: list[str]) -> list[bytes]:
    """On loopback one after the other is no slower than in threads."""
    answers = [_pool().request("GET", link) for link in links]
    if failed := [answer.status for answer in answers if answer.status != 200]:
        raise RuntimeError(f"the picture server answered {failed}")
    return [answer.data for answer in answers]


def options(description: str) -> argparse.Namespace:
    """The options of each way of running it; `work` is what `worker_work` takes."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--catalog", type=Path, required=True, help="CSV with image_link")
    parser.add_argument("--pictures", type=Path, help="the folder behind the links")
    parser.add_argument("--out", type=Path, required=True, help="folder for Parquet")
    parser.add_argument("--psm", type=int, default=0, help="0: our reading and embedding")
    parser.add_argument("--weights", default="random")
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--set", action="append", default=[], help="of our configuration")
    args = parser.parse_args()
    args.work = (args.psm, args.weights, tuple(args.set))
    return args
