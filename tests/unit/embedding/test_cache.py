"""Converted weights on disk: a saving of time on which nothing depends."""

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torchvision.models import squeezenet1_1

from entity_extract.config import EmbedConfig
from entity_extract.embedding.cache import Canonical, kept
from entity_extract.embedding.resnet import ResNet50
from entity_extract.embedding.spec import WeightsMismatch
from entity_extract.embedding.state_dicts import SEEN
from entity_extract.embedding.weights import load_weights, torch_checkpoints

ROOT = Path(__file__).parents[3]
# What the driver of jobs.enrich does before Spark starts, and what a worker does then.
CHOOSE = """
import sys
import entity_extract.commands.enrich
from entity_extract.config import EmbedConfig
from entity_extract.embedding.chosen import chosen_encoder
config = EmbedConfig(weights=sys.argv[1], encoder=sys.argv[2], image_px=64)
chosen = chosen_encoder(config)
print(chosen.version, chosen.weights.sha256)
"""
EMBED = """
import io
from PIL import Image
from entity_extract.embedding.encoder import ImageEncoder
content = io.BytesIO()
Image.new("RGB", (50, 40), "red").save(content, "PNG")
print(ImageEncoder(chosen.weights.content, config).embed([content.getvalue()]).shape)
"""
CONVERT = """
from entity_extract.embedding.cache import Canonical, kept
found = [
    (name, kept(str(name), lambda: Canonical(bytes([name]) * 1_000_000, str(name), [])))
    for _ in range(10) for name in range(6)
]
print(sorted({(len(made.content), name + int(made.sha256) + made.content[0] + made.content[-1])
       for name, made in found}))
"""
LOADED = "print([n for n in ('torch', 'torchvision', 'openvino_telemetry') if n in sys.modules])"


@pytest.fixture
def caches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's folder of caches: empty."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "caches"))
    return tmp_path / "caches"


@pytest.fixture
def small(tmp_path: Path) -> EmbedConfig:
    """A network of 3 MB."""
    write(tmp_path / "small.pth", seed=0)
    return EmbedConfig(encoder="squeezenet1_1", weights=str(tmp_path / "small.pth"))


def write(path: Path, seed: int) -> None:
    torch.manual_seed(seed)
    torch.save({**squeezenet1_1(weights=None).state_dict(), SEEN: torch.tensor([7, seed])}, path)


def kept_in(caches: Path) -> list[Path]:
    return sorted((caches / "entity-extract").iterdir())


def python(code: str, *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


@pytest.mark.skipif(any(Path("/dev").glob("nvidia*")), reason="a GPU is asked for through torch")
@pytest.mark.usefixtures("caches")
def test_once_converted_neither_driver_nor_worker_loads_torch(tmp_path: Path) -> None:
    with torch.device("meta"):
        shapes = {name: t.shape for name, t in ResNet50().state_dict().items()}
    path = tmp_path / "resnet50.pth"
    torch.save({name: torch.tensor(0.01).expand(shape) for name, shape in shapes.items()}, path)
    expected = load_weights(EmbedConfig(weights=str(path)))
    asked = python(CHOOSE + EMBED + LOADED, str(path), "resnet50")
    chosen, embedded, loaded = asked.communicate()[0].splitlines()
    assert chosen.split()[1] == expected.sha256
    assert (embedded, loaded) == ("(1, 2048)", "[]")


def test_what_is_kept_is_what_was_converted(small: EmbedConfig, caches: Path) -> None:
    converted = load_weights(small)
    assert len(kept_in(caches)) == 1
    assert load_weights(small) == converted
    assert converted.seen == {7, 0}


def test_a_file_that_changed_is_converted_anew(small: EmbedConfig, caches: Path) -> None:
    before = load_weights(small)
    write(Path(small.weights), seed=1)
    after = load_weights(small)
    assert after.sha256 != before.sha256
    assert after.seen == {7, 1}
    assert len(kept_in(caches)) == 2


def test_one_network_never_gets_what_was_made_for_another(small: EmbedConfig, caches: Path) -> None:
    load_weights(small)
    with pytest.raises(WeightsMismatch, match="is no torchvision resnet50"):
        load_weights(small.model_copy(update={"encoder": "resnet50"}))
    assert len(kept_in(caches)) == 1


def _one_bit_off(content: bytes) -> bytes:
    return content[:-9] + bytes([content[-9] ^ 1]) + content[-8:]


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda content: b"", id="empty"),
        pytest.param(lambda content: content[: len(content) // 2], id="cut short"),
        pytest.param(_one_bit_off, id="one bit"),
        pytest.param(lambda content: b"[1]\n" + content, id="another header"),
        pytest.param(lambda content: b'{"sha256": 1}\n', id="half a header"),
        pytest.param(lambda content: bytes(range(256)) * 10, id="rubbish"),
    ],
)
def test_a_damaged_file_is_made_anew(
    spoil: Callable[[bytes], bytes], small: EmbedConfig, caches: Path
) -> None:
    expected = load_weights(small)
    (file,) = kept_in(caches)
    whole = file.read_bytes()
    file.write_bytes(spoil(whole))
    assert load_weights(small) == expected
    assert file.read_bytes() == whole


def test_a_disk_that_takes_nothing_costs_time_alone(small: EmbedConfig, caches: Path) -> None:
    caches.write_text("a file where the folder should be")
    assert load_weights(small) == load_weights(small)


def test_the_last_used_are_kept_and_torn_files_go(small: EmbedConfig, caches: Path) -> None:
    files = []
    for seed in range(4):
        write(Path(small.weights), seed)
        os.utime(small.weights, (seed + 1, seed + 1))
        load_weights(small)
        (new,) = set(kept_in(caches)) - set(files)
        os.utime(new, (100 + seed, 100 + seed))  # the file system's clock may be coarse
        files.append(new)
        if seed == 1:
            torn = new.with_name("torn.partial")
            torn.touch()
            os.utime(torn, (1, 1))
    assert kept_in(caches) == sorted(files[1:])
    shutil.rmtree(caches)
    assert load_weights(small).seen == {7, 3}


def test_a_file_taken_away_while_it_is_read_leaves_none_behind(caches: Path) -> None:
    made = Canonical(b"weights", "digest", [7])
    assert kept("some", lambda: made) == made
    (file,) = kept_in(caches)
    whole = file.read_bytes()
    file.unlink()
    os.mkfifo(file)

    def give_and_take_away() -> None:
        with file.open("wb") as pipe:
            pipe.write(whole)
            pipe.flush()
            file.unlink()

    other = threading.Thread(target=give_and_take_away)
    other.start()
    assert kept("some", lambda: Canonical(b"", "made anew", [])) == made
    other.join()
    assert kept_in(caches) == []


def test_processes_that_convert_at_once_find_whole_files_alone(caches: Path) -> None:
    running = [python(CONVERT) for _ in range(3)]
    answers = [process.communicate()[0] for process in running]
    assert answers == [f"{[(1_000_000, 4 * i) for i in range(6)]}\n"] * 3
    assert [file.suffix for file in kept_in(caches)] == [".weights"] * 3


@pytest.mark.parametrize(
    "settings", [{}, {"XDG_CACHE_HOME": "/tmp/c"}, {"TORCH_HOME": "~/t", "XDG_CACHE_HOME": "/x"}]
)
def test_downloads_are_where_torch_keeps_them(
    settings: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("TORCH_HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    assert torch_checkpoints() == Path(torch.hub.get_dir(), "checkpoints")
