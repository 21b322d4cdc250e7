"""The default encoder's two runtimes, OpenVINO and torch."""

import io
import logging
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from entity_extract.config import EmbedConfig
from entity_extract.embedding.encoder import ImageEncoder, encoder_version
from entity_extract.embedding.openvino_runtime import Run, first_faithful
from entity_extract.embedding.resnet import ResNet50
from entity_extract.embedding.torch_runtime import TorchNetwork
from entity_extract.embedding.weights import Weights, load_weights

RUNTIME = "entity_extract.embedding.openvino_runtime"
IMPORTED = "entity_extract.embedding.quiet_openvino"


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> EmbedConfig:
    """Of a network whose batch norm has statistics, scales and shifts as a trained one's has."""
    torch.manual_seed(2)
    network = ResNet50()
    for name, module in network.named_modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.1, 0.3 if name.endswith("bn3") else 1.5)
            nn.init.normal_(module.bias, 0, 0.2)
            nn.init.normal_(module.running_mean, 0, 0.1)
            nn.init.uniform_(module.running_var, 0.5, 2)
    path = tmp_path_factory.mktemp("weights") / "trained.pth"
    torch.save(network.state_dict(), path)
    return EmbedConfig(weights=str(path), device="cpu", image_px=80, batch_size=3)


@pytest.fixture(scope="module")
def weights(config: EmbedConfig) -> Weights:
    return load_weights(config)


@pytest.fixture(scope="module")
def pixels() -> np.ndarray:
    """(4, 80, 80, 3): texture on a ground, from dark to light."""
    texture = np.random.default_rng(0).integers(0, 40, (4, 80, 80, 3))
    return np.asarray(texture + np.array([0, 70, 140, 210])[:, None, None, None], np.uint8)


def thumbnails(pixels: np.ndarray) -> list[bytes]:
    encoded = []
    for picture in pixels:
        content = io.BytesIO()
        Image.fromarray(picture).save(content, "PNG")
        encoded.append(content.getvalue())
    return encoded


def assert_same(found: np.ndarray, expected: np.ndarray) -> None:
    """Within 1e-4 of the embeddings' own scale: what one version promises in float32."""
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-4 * np.abs(expected).max())


def test_openvino_makes_torchs_numbers(
    weights: Weights, config: EmbedConfig, pixels: np.ndarray
) -> None:
    exact = config.model_copy(update={"precision": "float32"})
    expected = TorchNetwork(weights.content, exact)(pixels)
    assert expected.std(axis=0).max() > 0.01 * np.abs(expected).max()  # they tell pictures apart
    assert_same(ImageEncoder(weights.content, exact).embed(thumbnails(pixels)), expected)


def test_without_openvino_torch_embeds_the_same_and_it_is_said(
    weights: Weights,
    config: EmbedConfig,
    pixels: np.ndarray,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    exact = config.model_copy(update={"precision": "float32"})
    expected = ImageEncoder(weights.content, exact).embed(thumbnails(pixels))
    assert not caplog.records
    for module in (RUNTIME, IMPORTED):
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, "openvino", None)
    with caplog.at_level(logging.WARNING):
        found = ImageEncoder(weights.content, exact).embed(thumbnails(pixels))
    assert "OpenVINO does not run here" in caplog.text
    assert_same(found, expected)


@pytest.mark.parametrize("threads", ["1", "2,1", "", "many"])
def test_any_number_of_threads_makes_the_same(
    weights: Weights,
    config: EmbedConfig,
    pixels: np.ndarray,
    threads: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    exact = config.model_copy(update={"precision": "float32"})
    expected = TorchNetwork(weights.content, exact)(pixels[:1])
    monkeypatch.setenv("OMP_NUM_THREADS", threads)
    assert_same(ImageEncoder(weights.content, exact).embed(thumbnails(pixels[:1])), expected)


def test_threads_that_embed_at_once_get_what_is_theirs(
    weights: Weights, config: EmbedConfig, pixels: np.ndarray
) -> None:
    encoder = ImageEncoder(weights.content, config)
    asked = [[picture] * 3 for picture in thumbnails(pixels)]
    expected = [encoder.embed(part) for part in asked]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(encoder.embed, asked))
    for ours, alone in zip(found, expected, strict=True):
        assert_same(ours, alone)


def test_auto_keeps_the_direction_that_its_version_promises(
    weights: Weights, config: EmbedConfig, pixels: np.ndarray
) -> None:
    exact = TorchNetwork(weights.content, config)(pixels)
    found = ImageEncoder(weights.content, config).embed(thumbnails(pixels))
    cosine = (exact * found).sum(1) / np.linalg.norm(exact, axis=1) / np.linalg.norm(found, axis=1)
    assert cosine.min() >= 0.999
    versions = {
        encoder_version(weights, config.model_copy(update={"precision": p}))
        for p in ("auto", "float32", "bfloat16")
    }
    assert len(versions) == 3


def adding(noise: float) -> Run:
    """A way whose embeddings stand off from the exact ones by so much of their length."""

    def run(pixels: np.ndarray) -> np.ndarray:
        exact = pixels.reshape(len(pixels), -1).astype(np.float32)
        off = np.random.default_rng(1).normal(size=exact.shape)
        lengths = np.linalg.norm(exact, axis=1) / np.linalg.norm(off, axis=1)
        return np.asarray(exact + noise * lengths[:, None] * off, np.float32)

    return run


@pytest.mark.parametrize(
    ("noise", "is_taken"), [(0.0, True), (0.02, True), (0.1, False), (np.nan, False)]
)
def test_a_fast_way_is_taken_only_while_it_keeps_the_direction(
    noise: float, is_taken: bool, pixels: np.ndarray
) -> None:
    fast, exact = adding(noise), adding(0.0)
    assert first_faithful([fast, exact], pixels[:1]) is (fast if is_taken else exact)


def test_one_picture_that_turns_away_is_enough_to_be_exact(pixels: np.ndarray) -> None:
    exact = adding(0.0)

    def fast(pixels: np.ndarray) -> np.ndarray:
        found = exact(pixels)
        found[-1] *= -1
        return found

    assert first_faithful([fast, exact], pixels) is exact


def test_a_picture_without_any_answer_counts_as_kept_by_the_exact_way() -> None:
    nothing = np.zeros((1, 8, 8, 3), np.uint8)
    exact = adding(0.0)
    assert first_faithful([adding(0.0), exact], nothing) is not None


def test_weights_that_are_not_the_networks_make_no_encoder(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not safetensors"):
        ImageEncoder(b"\x08" + bytes(40), EmbedConfig(device="cpu"))
