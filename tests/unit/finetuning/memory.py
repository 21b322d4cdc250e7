"""What memory a lake's rows and pictures take before fine-tuning learns from them: a program of
its own, so that no other's memory is in its figure.

python -m tests.unit.finetuning.memory CATALOG LAKE FOLDER
"""

import json
import sys
from pathlib import Path

from entity_extract.catalog.files import catalog_frame
from entity_extract.config import load_config
from entity_extract.learning.finetuning.dataset import finetune_dataset
from entity_extract.learning.finetuning.thumbnails import thumbnails_of
from entity_extract.learning.training.local_lake import labelled_frames


def most_held() -> int:
    """Bytes of memory that this process has held at most."""
    (line,) = (
        line for line in Path("/proc/self/status").read_text().splitlines() if "VmHWM" in line
    )
    return int(line.split()[1]) * 1024


def main(catalog: str, lake: str, folder: str) -> None:
    """Tells the memory held before and at most, and what the pictures hold together, in bytes."""
    config = load_config()
    rows, before = catalog_frame(catalog, config.catalog), most_held()
    frames = labelled_frames(rows, lake, reader_version="r1")
    with thumbnails_of(lake, Path(folder), reader_version="r1") as thumbnails:
        dataset = finetune_dataset(frames, config.learning, config.domain, thumbnails=thumbnails)
        total = sum(len(thumbnail) for thumbnail in dataset.thumbnails)
    sys.stdout.write(json.dumps([before, most_held(), total]))


if __name__ == "__main__":
    main(*sys.argv[1:])
