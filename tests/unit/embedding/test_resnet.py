import torch
import torchvision
from torchvision.models import ResNet50_Weights

from entity_extract.embedding.networks import spec_of
from entity_extract.embedding.resnet import ResNet50
from entity_extract.embedding.spec import RESNET50, RESNET50_DIMENSION


def test_it_is_torchvisions_network_to_the_bit() -> None:
    torch.manual_seed(5)
    theirs = torchvision.models.resnet50(weights=None)
    torch.manual_seed(5)
    ours = ResNet50()
    pixels = torch.randn(2, 3, 72, 40)
    first, expected = ours.state_dict(), theirs.state_dict()
    assert list(first) == list(expected)
    assert all(torch.equal(first[name], tensor) for name, tensor in expected.items())
    ours.train()  # statistics of the batch, whose rows see one another
    theirs.train()
    with torch.inference_mode():
        assert torch.equal(ours(pixels), theirs(pixels))
        assert torch.equal(ours.eval()(pixels), theirs.eval()(pixels))


def test_what_is_known_of_the_default_is_what_torchvision_says() -> None:
    assert spec_of("resnet50") == RESNET50
    assert torchvision.models.resnet50(weights=None).fc.in_features == RESNET50_DIMENSION
    assert RESNET50.url == ResNet50_Weights.DEFAULT.url
