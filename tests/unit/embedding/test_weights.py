import logging
import socket
import threading
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import safetensors.torch
import torch
from torchvision.models import ResNet50_Weights, resnet18, resnet50

from entity_extract.config import EmbedConfig
from entity_extract.embedding.spec import WeightsMismatch, WeightsUnavailable
from entity_extract.embedding.weights import load_weights

State = dict[str, torch.Tensor]


@pytest.fixture(scope="module")
def state() -> State:
    """What torchvision saves: its names, classifier and counters. Each tensor is one number, spread
    over the whole shape, which torch saves as that one number."""
    with torch.device("meta"):
        shapes = {name: t.shape for name, t in resnet50(weights=None).state_dict().items()}
    return {name: torch.tensor(0.001 * i).expand(s) for i, (name, s) in enumerate(shapes.items())}


@pytest.fixture(scope="module")
def saved(state: State, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("weights") / "resnet50.pth"
    torch.save(state, path)
    return path


@pytest.fixture(scope="module")
def expected_hash(saved: Path) -> str:
    return hash_of(saved)


def hash_of(path: Path) -> str:
    return load_weights(EmbedConfig(weights=str(path))).sha256


def hash_of_saved(content: object, tmp_path: Path) -> str:
    torch.save(content, tmp_path / "weights.pt")
    return hash_of(tmp_path / "weights.pt")


def test_the_same_weights_have_one_hash_as_pth_and_as_safetensors(
    state: State, expected_hash: str, tmp_path: Path
) -> None:
    whole = {name: tensor.contiguous() for name, tensor in state.items()}
    safetensors.torch.save_file(whole, tmp_path / "resnet50.safetensors")
    assert hash_of(tmp_path / "resnet50.safetensors") == expected_hash


@pytest.mark.parametrize(
    "wrap",
    [
        pytest.param(lambda s: {"state_dict": s, "epoch": 3}, id="a training checkpoint"),
        pytest.param(lambda s: {f"module.{k}": v for k, v in s.items()}, id="DataParallel"),
        pytest.param(
            lambda s: {k: v for k, v in s.items() if not k.startswith("fc.")}, id="no classifier"
        ),
    ],
)
def test_what_stands_around_the_weights_does_not_matter(
    wrap: Callable[[State], object], state: State, expected_hash: str, tmp_path: Path
) -> None:
    assert hash_of_saved(wrap(state), tmp_path) == expected_hash


def test_half_precision_is_read_as_the_float32_it_stands_for(state: State, tmp_path: Path) -> None:
    half = {name: tensor.half() for name, tensor in state.items()}
    whole = {name: tensor.float() for name, tensor in half.items()}
    assert hash_of_saved(half, tmp_path) == hash_of_saved(whole, tmp_path)


def test_one_changed_number_changes_the_hash(
    state: State, expected_hash: str, tmp_path: Path
) -> None:
    changed = {**state, "conv1.weight": state["conv1.weight"].clone()}
    changed["conv1.weight"][0, 0, 0, 0] += 1e-3
    assert hash_of_saved(changed, tmp_path) != expected_hash


def test_the_weights_of_another_network_are_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(WeightsMismatch, match=r"layer1\.0\.bn3\.bias.* missing"):
        hash_of_saved(resnet18(weights=None).state_dict(), tmp_path)


def test_an_unknown_tensor_and_a_wrong_shape_are_refused_by_name(
    state: State, tmp_path: Path
) -> None:
    with pytest.raises(WeightsMismatch, match=r"head\.weight unexpected"):
        hash_of_saved({**state, "head.weight": torch.zeros(1)}, tmp_path)
    with pytest.raises(WeightsMismatch, match=r"conv1\.weight of another shape"):
        hash_of_saved({**state, "conv1.weight": torch.zeros(64, 1, 7, 7)}, tmp_path)


@pytest.mark.parametrize("name", ["weights.pth", "weights.safetensors"])
@pytest.mark.parametrize("content", [b"", b"<html>not found</html>", bytes(1000)])
def test_a_file_that_holds_no_weights_is_refused(name: str, content: bytes, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(WeightsMismatch, match=name):
        hash_of(tmp_path / name)


def test_a_download_that_broke_off_is_refused(saved: Path, tmp_path: Path) -> None:
    (tmp_path / "half.pth").write_bytes(saved.read_bytes()[:20_000])
    with pytest.raises(WeightsMismatch, match=r"half\.pth"):
        hash_of(tmp_path / "half.pth")


class Opens:
    """A pickle that opens a file when it is loaded."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, ...]:
        return open, (str(self.path), "w")


def test_a_checkpoint_may_not_run_code(tmp_path: Path) -> None:
    with pytest.raises(WeightsMismatch):
        hash_of_saved({"state_dict": Opens(tmp_path / "was-run")}, tmp_path)
    assert not (tmp_path / "was-run").exists()


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(WeightsUnavailable, match=r"nowhere\.pth"):
        hash_of(tmp_path / "nowhere.pth")


def test_random_weights_warn_and_are_marked(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        weights = load_weights(EmbedConfig(weights="random", seed=1))
    assert weights.is_random
    assert weights.origin == "random"
    assert "RANDOM weights" in caplog.text


def test_random_weights_follow_from_the_seed_alone() -> None:
    first, again, other = (
        load_weights(EmbedConfig(weights="random", seed=seed)).sha256 for seed in (1, 1, 2)
    )
    assert first == again != other


def use_proxy(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{port}")
    monkeypatch.setattr(urllib.request, "_opener", None)  # it remembers the proxies it first saw


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where torchvision keeps what it downloads: empty."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    return tmp_path / "hub" / "checkpoints"


@pytest.fixture
def no_network(listener: socket.socket, monkeypatch: pytest.MonkeyPatch) -> None:
    """All connections are refused."""
    use_proxy(listener.getsockname()[1], monkeypatch)
    listener.close()


@pytest.mark.usefixtures("no_network")
def test_imagenet_without_network_says_what_to_do(cache: Path) -> None:
    with pytest.raises(WeightsUnavailable, match=r"embed\.weights = '<path>'"):
        load_weights(EmbedConfig(weights="imagenet"))
    assert list(cache.iterdir()) == []


def test_a_network_that_never_answers_is_given_up(
    listener: socket.socket, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_proxy(listener.getsockname()[1], monkeypatch)  # connects, and then nothing
    before = socket.getdefaulttimeout()
    with pytest.raises(WeightsUnavailable, match="timed out"):
        load_weights(EmbedConfig(weights="imagenet", download_timeout_s=0.2))
    assert list(cache.iterdir()) == []
    assert socket.getdefaulttimeout() == before


def test_a_proxy_that_talks_nonsense_is_given_up(
    listener: socket.socket, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def answer() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(4096)
            connection.sendall(b"SSH-2.0-not_http\r\n\r\n")

    use_proxy(listener.getsockname()[1], monkeypatch)
    server = threading.Thread(target=answer)
    server.start()
    with pytest.raises(WeightsUnavailable):
        load_weights(EmbedConfig(weights="imagenet"))
    server.join()
    assert list(cache.iterdir()) == []


@pytest.mark.usefixtures("no_network", "cache")
def test_random_weights_take_their_place_only_where_that_is_allowed(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.WARNING):
        weights = load_weights(EmbedConfig(weights="imagenet", fallback_random=True))
    assert weights.is_random
    assert "cannot be downloaded" in caplog.text
    assert "RANDOM weights" in caplog.text


@pytest.mark.usefixtures("no_network")
def test_a_cached_download_needs_no_network(saved: Path, expected_hash: str, cache: Path) -> None:
    cache.mkdir(parents=True)
    name = Path(ResNet50_Weights.IMAGENET1K_V2.url).name
    (cache / name).write_bytes(saved.read_bytes())
    weights = load_weights(EmbedConfig(weights="imagenet"))
    assert (weights.origin, weights.is_random) == ("imagenet", False)
    assert weights.sha256 == expected_hash
