"""Pictures a second on a GPU beside the same on this machine's CPU: EMBED, fine-tuning, PP-OCR.

Pictures are a folder's; the CPU takes all its cores. EMBED also says the least cosine between the
two. PP-OCR is its detector alone, at one size, through ONNX Runtime: `pip install onnxruntime-gpu`
takes it to a GPU here, the package itself reads on the CPU. Ends with status 1 where torch finds no
GPU.

    python -m tests.benchmarks.gpu FOLDER --out build/bench [--weights FILE] [--pictures 512]
"""

import argparse
import hashlib
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnxruntime
import torch

from entity_extract.config import Config, EmbedConfig, FinetuneConfig, ImageConfig, load_config
from entity_extract.embedding.encoder import ImageEncoder
from entity_extract.embedding.openvino_runtime import least_cosine
from entity_extract.embedding.weights import Weights, load_weights
from entity_extract.learning.finetuning.dataset import FinetuneDataset
from entity_extract.learning.finetuning.finetune import finetune
from entity_extract.reading.images import decode, thumbnail
from entity_extract.reading.ppocr.onnx_models import DETECTOR, model_folder
from tests.unit.finetuning import cases

BATCH = {"cpu": 16, "cuda": 256}
PAGE = (1, 3, 736, 736)
PROVIDERS = {"cpu": "CPUExecutionProvider", "cuda": "CUDAExecutionProvider"}


def thumbnails_of(folder: Path, count: int) -> list[bytes]:
    config, files = ImageConfig(), sorted(file for file in folder.iterdir() if file.is_file())
    if not files:
        sys.exit(f"error: {folder} holds no pictures")
    return [thumbnail(decode(f.read_bytes(), config), config) for f in files[:count]]


def per_second(pictures: int, run: Callable[[], object]) -> float:
    """Of the second call: the first one loads kernels."""
    run()
    start = time.perf_counter()
    run()
    return pictures / (time.perf_counter() - start)


def embedded(
    device: str, embed: EmbedConfig, weights: Weights, pictures: list[bytes]
) -> tuple[float, np.ndarray]:
    """Pictures a second, and their embeddings."""
    asked = embed.model_copy(update={"device": device, "batch_size": BATCH[device]})
    encoder = ImageEncoder(weights.content, asked)
    return per_second(len(pictures), lambda: encoder.embed(pictures)), encoder.embed(pictures)


def dataset_of(pictures: list[bytes], config: Config) -> FinetuneDataset:
    """One question about each picture; what the labels say does not change the time."""
    rows = cases.labelled(len(pictures)).assign(thumbnail=pictures)
    rows["content_sha256"] = [hashlib.sha256(picture).hexdigest() for picture in pictures]
    return cases.dataset_of(rows, config.learning, config.domain)


def finetuned(device: str, config: Config, weights: Weights, dataset: FinetuneDataset) -> float:
    """Pictures a second of the second epoch, the look at the held-out ones included."""
    batch = 128 if device == "cuda" else 32
    ends: list[float] = []
    finetune(
        dataset,
        weights,
        FinetuneConfig(epochs=2, batch_size=batch, workers=4),
        embed=config.embed.model_copy(update={"device": device}),
        fusion=config.learning.fusion,
        report=lambda _: ends.append(time.perf_counter()),
    )
    return len(dataset.thumbnails) / (ends[2] - ends[1])


def detected(device: str) -> float:
    """Pages a second that PP-OCR's detector looks at."""
    path = model_folder() / DETECTOR
    session = onnxruntime.InferenceSession(path, providers=[PROVIDERS[device]])
    page = {session.get_inputs()[0].name: np.random.default_rng(0).random(PAGE, np.float32)}
    return per_second(20, lambda: [session.run(None, page) for _ in range(20)])


def measured(
    devices: list[str], config: Config, weights: Weights, pictures: list[bytes]
) -> dict[str, dict[str, float]]:
    """What is measured -> device -> pictures a second."""
    made = {device: embedded(device, config.embed, weights, pictures) for device in devices}
    rates = {"EMBED": {device: rate for device, (rate, _) in made.items()}}
    rates["EMBED"]["least cosine"] = least_cosine(made[devices[-1]][1], made[devices[0]][1])
    dataset = dataset_of(pictures, config)
    rates["fine-tuning"] = {d: finetuned(d, config, weights, dataset) for d in devices}
    if PROVIDERS[devices[-1]] in onnxruntime.get_available_providers():
        rates["PP-OCR's detector"] = {device: detected(device) for device in devices}
    else:
        sys.stderr.write("PP-OCR: left out, this ONNX Runtime knows no GPU (onnxruntime-gpu)\n")
    return rates


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--weights", default="imagenet")
    parser.add_argument("--pictures", type=int, default=512)
    args = parser.parse_args()
    if not torch.cuda.is_available():
        sys.exit(f"error: torch {torch.__version__} finds no GPU here: nothing was measured")
    config = load_config(assignments=[f"embed.weights={args.weights}"])
    pictures = thumbnails_of(args.folder, args.pictures)
    rates = measured(["cpu", "cuda"], config, load_weights(config.embed), pictures)
    gpu = torch.cuda.get_device_name()
    sys.stdout.write(f"{gpu}\n")
    for name, rate in rates.items():
        times = f"{rate['cpu']:9.1f} on the CPU {rate['cuda']:9.1f} on the GPU"
        sys.stdout.write(f"{name:18s}{times} x {rate['cuda'] / rate['cpu']:.1f}\n")
    args.out.mkdir(parents=True, exist_ok=True)
    report = {"gpu": gpu, "threads": torch.get_num_threads(), "pictures_per_second": rates}
    (args.out / "gpu.json").write_text(json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    main()
