"""ResNet50 in torch: torchvision's names, shapes, first values and numbers, to the bit.

The default encoder stands here because to import torchvision takes as long as torch itself.
"""

from torch import Tensor, nn

_BLOCKS = (3, 4, 6, 3)
_CLASSES = 1000
_EXPANSION = 4


class ResNet50(nn.Module):
    """(b, 3, h, w) float32 -> (b, 1000) logits; its state dict and torchvision's are one."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(3, stride=2, padding=1)
        self.layer1 = _stage(64, 64, _BLOCKS[0], stride=1)
        self.layer2 = _stage(256, 128, _BLOCKS[1], stride=2)
        self.layer3 = _stage(512, 256, _BLOCKS[2], stride=2)
        self.layer4 = _stage(1024, 512, _BLOCKS[3], stride=2)
        self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
        self.fc = nn.Linear(512 * _EXPANSION, _CLASSES)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, pixels: Tensor) -> Tensor:
        features = self.maxpool(self.relu(self.bn1(self.conv1(pixels))))
        features = self.layer4(self.layer3(self.layer2(self.layer1(features))))
        logits: Tensor = self.fc(self.avgpool(features).flatten(1))
        return logits


class Bottleneck(nn.Module):
    """1x1, 3x3, 1x1, and a way round them."""

    def __init__(self, channels: int, width: int, stride: int, downsample: nn.Module | None):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride=stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, width * _EXPANSION, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(width * _EXPANSION)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = downsample

    def forward(self, features: Tensor) -> Tensor:
        found = self.relu(self.bn1(self.conv1(features)))
        found = self.relu(self.bn2(self.conv2(found)))
        found = self.bn3(self.conv3(found))
        found += features if self.downsample is None else self.downsample(features)
        summed: Tensor = self.relu(found)
        return summed


def _stage(channels: int, width: int, blocks: int, stride: int) -> nn.Sequential:
    out = width * _EXPANSION
    downsample = nn.Sequential(
        nn.Conv2d(channels, out, 1, stride=stride, bias=False), nn.BatchNorm2d(out)
    )
    first = Bottleneck(channels, width, stride, downsample)
    return nn.Sequential(first, *(Bottleneck(out, width, 1, None) for _ in range(blocks - 1)))
