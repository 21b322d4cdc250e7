"""A run without Spark that is told to stop keeps what it has done of the wave in hand."""

import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pytest
from PIL import Image

from entity_extract.config import load_config
from entity_extract.config.signals import stoppable
from entity_extract.embedding.chosen import chosen_encoder
from entity_extract.errors import Stopped
from entity_extract.learning.prediction.bundle_files import default_bundle
from entity_extract.local.answers import Predicting
from entity_extract.local.arrow_types import arrow_schema
from entity_extract.local.catalog import read_catalog
from entity_extract.local.embed import embed_missing
from entity_extract.local.lake import LocalLake
from entity_extract.local.source import LocalSource
from entity_extract.local.table import with_column
from entity_extract.runs.progress import Progress
from entity_extract.schema import IMAGES
from tests.server import encoded
from tests.unit.local.runs import PATIENCE_S, Local, seen

PROMPTLY_S = 15.0  # half of what Kubernetes grants
# One link at a time, those that hang included.
IN_TURN = ("fetch.threads=1", "fetch.max_stalled=0", "log.heartbeat_s=0.1", "fetch.deadline_s=60")
SETS = tuple(word for pair in IN_TURN for word in ("--set", pair))


def said(process: subprocess.Popen[str], words: str) -> None:
    """Reads what it says up to a line with these words."""
    assert process.stdout is not None
    for line in process.stdout:
        if re.search(words, line):
            return
    raise AssertionError(f"never said: {words}")


def ended(process: subprocess.Popen[str]) -> str:
    """What else it says."""
    assert process.stdout is not None
    rest = process.stdout.read()
    process.wait(PATIENCE_S)
    return rest


@contextmanager
def hanging(local: Local) -> Iterator[subprocess.Popen[str]]:
    """A run that has read some of three pictures, and waits for a link that hangs, before another
    that is never asked for."""
    names = ("a.png", "b.png", "slow.jpg?seconds=2", "hang.jpg", "good.jpg")
    local.catalog(*(local.server.url(f"/{name}") for name in names))
    with local.running(*SETS) as process:
        seen(process, lambda: local.server.asked["/hang.jpg"] > 0)
        said(process, "read: [123] of 5 links")
        yield process


def test_ctrl_c_keeps_what_was_read_and_begins_nothing_more(local: Local) -> None:
    with hanging(local) as process:
        start = time.monotonic()
        os.killpg(process.pid, signal.SIGINT)
        os.killpg(process.pid, signal.SIGINT)  # as `timeout` does: told twice, meant once
        rest = ended(process)
    assert process.returncode == 130, rest
    assert time.monotonic() - start < PROMPTLY_S
    assert "told to stop: 3 s for what is in hand" in rest
    kept = local.read()
    assert 1 <= len(kept) <= 3
    told = f"stopped by SIGINT: {len(kept)} of 5 links kept, run the same command to go on"
    assert rest.splitlines()[-1] == told
    assert local.states() == ["stopped"]
    assert not list((local.lake / "_lease").glob("*"))
    assert local.server.asked["/good.jpg"] == 0
    local.catalog(*(local.server.url(f"/{name}") for name in kept))
    done = local.run()
    assert done.returncode == 0, done.stderr
    assert "read: 0 new rows" in done.stdout


def test_a_second_signal_ends_it_without_a_wave(local: Local) -> None:
    with hanging(local) as process:
        process.terminate()
        said(process, "told to stop")
        time.sleep(1.1)
        process.terminate()
        rest = ended(process)
    assert process.returncode == 143, rest
    assert rest.splitlines()[-1].startswith("stopped by SIGTERM: 0 of 5 links kept")
    assert not list((local.lake / "images").glob("wave=*"))
    assert not list((local.lake / "_staging").glob("*"))
    assert not list((local.lake / "_lease").glob("*"))


@pytest.fixture
def _handlers_stay() -> Iterator[None]:
    before = {each: signal.getsignal(each) for each in (signal.SIGTERM, signal.SIGINT)}
    yield
    for each, handler in before.items():
        signal.signal(each, handler)


def told_to_stop(_: int) -> None:
    os.kill(os.getpid(), signal.SIGTERM)


@pytest.mark.usefixtures("_handlers_stay")
def test_what_is_embedded_is_kept(tmp_path: Path) -> None:
    config = load_config([], ["embed.weights=random", "embed.device=cpu", "embed.image_px=32"])
    encoder = chosen_encoder(config.embed)
    assert encoder is not None
    lake = LocalLake(str(tmp_path / "lake"), config.lake)
    links = [f"{number:02}" for number in range(20)]
    picture = encoded(Image.new("RGB", (40, 30), "red"))
    about = {"thumbnail": picture, "width": 40, "reader_version": "v1"}
    rows = [{"image_link": link, "content_sha256": link, **about} for link in links]
    images = pa.Table.from_pylist(rows, arrow_schema(IMAGES.columns))
    progress = Progress("embed", "r1")
    with lake.writing("r1", "tests"):
        settled = with_column(images, "open", False, pa.bool_())
        lake.images.publish(settled, "r1-read00000", replace=False)
        with pytest.raises(Stopped), stoppable():
            embed_missing(
                lake,
                links,
                config,
                encoder,
                progress,
                reader_version="v1",
                seen=told_to_stop,
            )
        assert 0 < progress.rows < progress.total == 20
        found = lake.embeddings.read()["content_sha256"].to_pylist()
        assert sorted(found) == links[: progress.rows]


@pytest.mark.usefixtures("_handlers_stay")
def test_what_is_answered_is_kept_and_the_next_run_answers_the_rest(tmp_path: Path) -> None:
    config = load_config([], [])
    catalog = tmp_path / "catalog.csv"
    rows = [f",{number},width" for number in range(100)]
    catalog.write_text("\n".join(["image_link,group_id,entity_name", *rows, ""]))
    lake = LocalLake(str(tmp_path / "lake"), config.lake)
    read = read_catalog(LocalSource.of(str(catalog), config.catalog), config.catalog)
    stages: list[Progress] = []

    def stage(name: str) -> Progress:
        stages.append(Progress(name, f"r{len(stages)}"))
        return stages[-1]

    def predicting(seen: Callable[[int], None]) -> Predicting:
        bundle, version = default_bundle(), "v1"
        return Predicting(
            lake, read, config, bundle, reader_version=version, reread_version=None, seen=seen
        )

    with lake.writing("r1", "tests"):
        with pytest.raises(Stopped), stoppable():
            predicting(told_to_stop).predict(stage, name="predict")
        predicting(lambda _: None).predict(stage, name="predict")
        first, second = stages
        assert 0 < first.rows < first.total == 100
        assert second.rows == second.total == 100 - first.rows
        assert lake.predictions.read().num_rows == 100
