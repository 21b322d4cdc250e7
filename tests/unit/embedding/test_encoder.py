import io

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw
from torchvision.models import (
    EfficientNet_B0_Weights,
    ResNet50_Weights,
    efficientnet_b0,
    resnet50,
)

from entity_extract.config import EmbedConfig
from entity_extract.embedding.chosen import chosen_encoder
from entity_extract.embedding.encoder import (
    ImageEncoder,
    encoder_for,
    encoder_version,
)
from entity_extract.embedding.spec import EncoderRefused, WeightsMismatch
from entity_extract.embedding.weights import Weights, load_weights

CONFIG = EmbedConfig(weights="random", device="cpu", batch_size=4, image_px=96, precision="float32")


@pytest.fixture(scope="module")
def weights() -> Weights:
    return load_weights(CONFIG)


@pytest.fixture(scope="module")
def encoder(weights: Weights) -> ImageEncoder:
    return ImageEncoder(weights.content, CONFIG)


def encoder_with(weights: Weights, **settings: object) -> ImageEncoder:
    return ImageEncoder(weights.content, CONFIG.model_copy(update=settings))


def picture(seed: int, size: tuple[int, int] = (96, 96)) -> Image.Image:
    """Coloured shapes on white, as a product might stand."""
    rng = np.random.default_rng(seed)
    image = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(image)
    for _ in range(6):
        left, right = sorted(int(x) for x in rng.integers(0, size[0], 2))
        top, bottom = sorted(int(y) for y in rng.integers(0, size[1], 2))
        colour = tuple(int(c) for c in rng.integers(0, 256, 3))
        draw.ellipse((left, top, right + 1, bottom + 1), fill=colour)
    return image


def encoded(image: Image.Image, kind: str = "PNG") -> bytes:
    content = io.BytesIO()
    image.save(content, kind)
    return content.getvalue()


def assert_same(actual: np.ndarray, expected: np.ndarray) -> None:
    """Within 1e-4 of the embeddings' own scale, which random weights make large."""
    scale = float(np.abs(expected).max())
    np.testing.assert_allclose(actual / scale, expected / scale, atol=1e-4)


def test_the_batch_size_does_not_change_embeddings(weights: Weights, encoder: ImageEncoder) -> None:
    thumbnails = [encoded(picture(seed), "JPEG") for seed in range(7)]
    expected = encoder.embed(thumbnails)
    assert expected.shape == (7, 2048)
    assert expected.dtype == np.float32
    for size in (1, 3, 100):
        assert_same(encoder_with(weights, batch_size=size).embed(thumbnails), expected)


def test_each_row_is_its_own_picture(encoder: ImageEncoder) -> None:
    thumbnails = [encoded(picture(seed)) for seed in range(6)]
    forwards, backwards = encoder.embed(thumbnails), encoder.embed(thumbnails[::-1])
    assert_same(backwards[::-1], forwards)
    assert np.abs(forwards[0] - forwards[1]).max() > 0.01 * np.abs(forwards).max()


def test_a_square_picture_goes_through_as_torchvision_prescribes(encoder: ImageEncoder) -> None:
    image = picture(0)
    torch.manual_seed(CONFIG.seed)
    network = resnet50(weights=None).eval()
    network.fc = torch.nn.Identity()
    prescribed = ResNet50_Weights.IMAGENET1K_V2.transforms(crop_size=96, resize_size=96)
    with torch.inference_mode():
        expected = network(prescribed(image)[None]).numpy()
    assert_same(encoder.embed([encoded(image)]), expected)


@pytest.mark.parametrize("size", [(96, 40), (40, 96), (256, 3), (1, 1)])
def test_an_oblong_picture_is_padded_with_white_and_not_squeezed(
    encoder: ImageEncoder, size: tuple[int, int]
) -> None:
    image = picture(1, size)
    padded = Image.new("RGB", (max(size), max(size)), "white")
    padded.paste(image, ((max(size) - size[0]) // 2, (max(size) - size[1]) // 2))
    assert_same(encoder.embed([encoded(image)]), encoder.embed([encoded(padded)]))


@pytest.mark.parametrize("mode", ["L", "1", "CMYK"])
def test_a_picture_of_other_colours_than_rgb_is_read_as_rgb(
    encoder: ImageEncoder, mode: str
) -> None:
    image = picture(2).convert(mode)
    content = encoded(image, "TIFF" if mode == "CMYK" else "PNG")
    expected = encoder.embed([encoded(image.convert("RGB"))])
    assert_same(encoder.embed([content]), expected)


def test_no_thumbnails_give_no_rows(encoder: ImageEncoder) -> None:
    assert encoder.embed([]).shape == (0, 2048)


@pytest.mark.parametrize(
    "broken", [b"", b"no picture", encoded(picture(3), "JPEG")[:300], encoded(picture(3))[:300]]
)
def test_a_thumbnail_that_is_no_picture_is_a_fault_and_named(
    encoder: ImageEncoder, broken: bytes
) -> None:
    good = [encoded(picture(seed)) for seed in range(5)]
    with pytest.raises(ValueError, match="thumbnail 5 "):
        encoder.embed([*good, broken])


def test_bfloat16_is_near_float32_but_another_version(
    weights: Weights, encoder: ImageEncoder
) -> None:
    thumbnail = encoded(picture(4))
    exact = encoder.embed([thumbnail])[0]
    rough = encoder_with(weights, precision="bfloat16").embed([thumbnail])[0]
    cosine = exact @ rough / (np.linalg.norm(exact) * np.linalg.norm(rough))
    assert cosine > 0.99
    assert not np.array_equal(exact, rough)
    bfloat16 = CONFIG.model_copy(update={"precision": "bfloat16"})
    assert encoder_version(weights, bfloat16) != encoder_version(weights, CONFIG)


def test_what_does_not_change_embeddings_does_not_change_the_version(weights: Weights) -> None:
    same = CONFIG.model_copy(update={"batch_size": 1, "device": "auto", "seed": 9})
    larger = CONFIG.model_copy(update={"image_px": 224})
    assert encoder_version(weights, same) == encoder_version(weights, CONFIG)
    assert encoder_version(weights, larger) != encoder_version(weights, CONFIG)


def test_other_weights_are_another_version(weights: Weights) -> None:
    other = load_weights(CONFIG.model_copy(update={"seed": 1}))
    assert encoder_version(other, CONFIG) != encoder_version(weights, CONFIG)


def test_what_is_no_safetensors_makes_no_encoder() -> None:
    with pytest.raises(ValueError, match="not safetensors"):
        ImageEncoder(b"no weights", CONFIG)


def test_an_encoder_is_loaded_once_a_process_and_let_go_for_the_next(weights: Weights) -> None:
    loaded: list[ImageEncoder] = []

    def load() -> ImageEncoder:
        loaded.append(ImageEncoder(weights.content, CONFIG))
        return loaded[-1]

    first = encoder_for("first", load)
    assert encoder_for("first", load) is first
    assert encoder_for("second", load) is not first
    assert encoder_for("first", load) is not first
    assert len(loaded) == 3


def named(encoder: str, **settings: object) -> EmbedConfig:
    return CONFIG.model_copy(update={"encoder": encoder, **settings})


@pytest.fixture(scope="module")
def efficientnet(tmp_path_factory: pytest.TempPathFactory) -> EmbedConfig:
    """Its state dict in a file, classifier and all, as torchvision saves it."""
    path = tmp_path_factory.mktemp("weights") / "efficientnet_b0.pth"
    torch.manual_seed(3)
    torch.save(efficientnet_b0(weights=None).state_dict(), path)
    return named("efficientnet_b0", weights=str(path))


def test_another_network_embeds_by_its_name(efficientnet: EmbedConfig) -> None:
    image = picture(0)
    network = efficientnet_b0(weights=None).eval()
    network.load_state_dict(torch.load(efficientnet.weights, weights_only=True))
    network.classifier = torch.nn.Identity()
    prescribed = EfficientNet_B0_Weights.DEFAULT.transforms(crop_size=96, resize_size=96)
    with torch.inference_mode():
        expected = network(prescribed(image)[None]).numpy()
    chosen = chosen_encoder(efficientnet)
    assert chosen is not None
    found = ImageEncoder(chosen.weights.content, efficientnet).embed([encoded(image)])
    assert found.shape == (1, 1280)
    assert_same(found, expected)


@pytest.mark.parametrize(
    ("name", "size"),
    [("resnet18", 512), ("squeezenet1_1", 512), ("convnext_tiny", 768), ("swin_t", 768)],
)
def test_an_embedding_has_as_many_numbers_as_the_network_has_channels(name: str, size: int) -> None:
    config = named(name, image_px=64)
    embeddings = ImageEncoder(load_weights(config).content, config).embed(
        [encoded(picture(seed)) for seed in range(2)]
    )
    assert embeddings.shape == (2, size)
    assert np.isfinite(embeddings).all()
    assert not np.array_equal(embeddings[0], embeddings[1])


def test_pictures_are_as_large_as_the_network_was_trained_with_unless_said_otherwise(
    weights: Weights,
) -> None:
    own = CONFIG.model_copy(update={"image_px": 0})
    said = CONFIG.model_copy(update={"image_px": 224})
    thumbnail = encoded(picture(5, (300, 200)))
    expected = ImageEncoder(weights.content, said).embed([thumbnail])
    np.testing.assert_array_equal(ImageEncoder(weights.content, own).embed([thumbnail]), expected)
    assert encoder_version(weights, own) == encoder_version(weights, said)


def test_the_version_tells_networks_apart(weights: Weights) -> None:
    assert encoder_version(weights, named("wide_resnet50_2")) != encoder_version(weights, CONFIG)


def test_another_networks_weights_are_refused(efficientnet: EmbedConfig) -> None:
    with pytest.raises(WeightsMismatch, match="is no torchvision resnet50"):
        chosen_encoder(efficientnet.model_copy(update={"encoder": "resnet50"}))


@pytest.mark.parametrize("name", ["resnet5000", "fcn_resnet50", "r3d_18", ""])
def test_what_is_no_classification_network_is_refused_by_name(name: str) -> None:
    with pytest.raises(EncoderRefused, match=f"embed.encoder = '{name}'"):
        chosen_encoder(named(name))


def test_a_side_that_the_network_does_not_take_is_refused_before_anything_runs() -> None:
    with pytest.raises(EncoderRefused, match=r"vit_b_32.* embed\.image_px = 96"):
        chosen_encoder(named("vit_b_32"))
