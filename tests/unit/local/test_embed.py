"""EMBED without Spark: each content once, by the same network."""

from pathlib import Path

import numpy as np
import pyarrow as pa
from PIL import Image

from entity_extract.config import load_config
from entity_extract.embedding.chosen import chosen_encoder
from entity_extract.extraction.model_encoder import embeddings_of
from entity_extract.local.arrow_types import arrow_schema
from entity_extract.local.embed import embed_missing
from entity_extract.local.lake import LocalLake
from entity_extract.local.table import with_column
from entity_extract.runs.progress import Progress
from entity_extract.schema import IMAGES
from tests.server import encoded

SETTINGS = ("embed.weights=random", "embed.device=cpu", "embed.image_px=32")


def test_each_content_is_embedded_once_and_the_next_run_has_nothing_to_do(tmp_path: Path) -> None:
    config = load_config([], SETTINGS)
    encoder = chosen_encoder(config.embed)
    assert encoder is not None
    lake = LocalLake(str(tmp_path / "lake"), config.lake)
    red, blue = (encoded(Image.new("RGB", (40, 30), name)) for name in ("red", "blue"))
    thumbnails = {"a": red, "a2": red, "b": blue, "lost": None}
    rows = [
        {
            "image_link": link,
            "content_sha256": link[0] if content else None,
            "thumbnail": content,
            "width": 40 if content else None,
            "reader_version": "v1",
        }
        for link, content in thumbnails.items()
    ]
    seen: list[int] = []
    with lake.writing("r1", "tests"):
        images = pa.Table.from_pylist(rows, arrow_schema(IMAGES.columns))
        open_ = with_column(images, "open", False, pa.bool_())
        lake.images.publish(open_, "r1-read00000", replace=False)
        for name, count in (("embed", 2), ("again", 0)):
            progress = Progress(name, "r1")
            embed_missing(
                lake,
                list(thumbnails),
                config,
                encoder,
                progress,
                reader_version="v1",
                seen=seen.append,
            )
            assert progress.rows == progress.total == count
    assert sum(seen) == 2
    found = {row["content_sha256"]: row for row in lake.embeddings.read().to_pylist()}
    expected = embeddings_of([red, blue], encoder, config)
    for sha256, vector in zip("ab", expected, strict=True):
        assert found[sha256]["encoder_version"] == encoder.version
        np.testing.assert_allclose(found[sha256]["embedding"], vector, atol=1e-5)
