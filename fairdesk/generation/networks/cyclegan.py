"""CycleGAN's networks (Zhu et al., 2017), named as PyTorch-GAN's `models.py` names them."""

from __future__ import annotations

import re
from typing import Any

import torch
from torch import nn

from fairdesk.errors import RequestError
from fairdesk.faces.weight_files import misfit
from fairdesk.words import tr


class InstanceNorm(nn.InstanceNorm2d):
    """`nn.InstanceNorm2d`, which for a single image leaves it in the memory order it came in.

    The norm of one image's instances is the norm of a batch of one. PyTorch's own copies channels-last images to and fro.
    """

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Give every channel of every image mean 0 and variance 1."""
        if len(x) > 1:
            return super().forward(x)
        return nn.functional.batch_norm(x, None, None, None, None, True, 0.0, self.eps)


NORMS: dict[str, type[nn.Module]] = {"instance": InstanceNorm, "none": nn.Identity}


def make_norm(kind: str, features: int) -> nn.Module:
    """Return a normalisation without parameters: "instance" as published, or "none".

    Instance normalisation of the first layer makes pictures that differ in brightness and contrast alone the same
    picture, so such a generator has to guess them; pytorch-CycleGAN-and-pix2pix offers "none" too.
    """
    return NORMS[kind](features)


class ResidualBlock(nn.Module):
    """Two reflected 3 x 3 convolutions with normalisation, added to the input."""

    def __init__(self, features: int, norm: str = "instance") -> None:
        super().__init__()
        self.block = nn.Sequential(
            nn.ReflectionPad2d(1), nn.Conv2d(features, features, 3), make_norm(norm, features), nn.ReLU(inplace=True),
            nn.ReflectionPad2d(1), nn.Conv2d(features, features, 3), make_norm(norm, features),
        )  # fmt: skip

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Add the block's output to its input."""
        return x + self.block(x)


class GeneratorResNet(nn.Module):
    """ResNet generator with 6 or 9 blocks; takes any size that is a multiple of 4."""

    def __init__(self, blocks: int = 9, features: int = 64, norm: str = "instance") -> None:
        super().__init__()
        layers: list[nn.Module] = [
            nn.ReflectionPad2d(3),
            nn.Conv2d(3, features, 7),
            make_norm(norm, features),
            nn.ReLU(inplace=True),
        ]
        width = features
        for _ in range(2):
            layers += [nn.Conv2d(width, width * 2, 3, 2, 1), make_norm(norm, width * 2), nn.ReLU(inplace=True)]
            width *= 2
        layers += [ResidualBlock(width, norm) for _ in range(blocks)]
        for _ in range(2):
            layers += [
                nn.Upsample(scale_factor=2),
                nn.Conv2d(width, width // 2, 3, 1, 1),
                make_norm(norm, width // 2),
                nn.ReLU(inplace=True),
            ]
            width //= 2
        self.model = nn.Sequential(*layers, nn.ReflectionPad2d(3), nn.Conv2d(features, 3, 7), nn.Tanh())

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Translate images (n, 3, h, w) in [-1, 1]."""
        made: torch.Tensor = self.model(x)
        return made


class Pix2PixBlock(nn.Module):
    """The residual block of pytorch-CycleGAN-and-pix2pix; dropout, where it was trained with, shifts the names."""

    def __init__(self, features: int, *, dropout: bool) -> None:
        super().__init__()
        middle: list[nn.Module] = [nn.Dropout(0.5)] if dropout else []
        self.conv_block = nn.Sequential(
            nn.ReflectionPad2d(1), nn.Conv2d(features, features, 3), InstanceNorm(features), nn.ReLU(inplace=True), *middle,
            nn.ReflectionPad2d(1), nn.Conv2d(features, features, 3), InstanceNorm(features),
        )  # fmt: skip

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Add the block's output to its input."""
        return x + self.conv_block(x)


class Pix2PixGenerator(nn.Module):
    """The ResNet generator of pytorch-CycleGAN-and-pix2pix (instance normalisation), for its weights."""

    def __init__(self, blocks: int, features: int, *, dropout: bool) -> None:
        super().__init__()
        width = features
        layers: list[nn.Module] = [
            nn.ReflectionPad2d(3),
            nn.Conv2d(3, width, 7),
            InstanceNorm(width),
            nn.ReLU(inplace=True),
        ]
        for _ in range(2):
            layers += [nn.Conv2d(width, width * 2, 3, 2, 1), InstanceNorm(width * 2), nn.ReLU(inplace=True)]
            width *= 2
        layers += [Pix2PixBlock(width, dropout=dropout) for _ in range(blocks)]
        for _ in range(2):
            up = nn.ConvTranspose2d(width, width // 2, 3, 2, 1, output_padding=1)
            layers += [up, InstanceNorm(width // 2), nn.ReLU(inplace=True)]
            width //= 2
        self.model = nn.Sequential(*layers, nn.ReflectionPad2d(3), nn.Conv2d(width, 3, 7), nn.Tanh())

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Translate images (n, 3, h, w) in [-1, 1]."""
        made: torch.Tensor = self.model(x)
        return made


class PatchDiscriminator(nn.Module):
    """70 x 70 PatchGAN: judges patches, output (n, 1, h / 16, w / 16)."""

    def __init__(self, features: int = 64, norm: str = "instance") -> None:
        super().__init__()
        f = features

        def block(inputs: int, outputs: int, *, normalize: bool = True) -> list[nn.Module]:
            layers: list[nn.Module] = [nn.Conv2d(inputs, outputs, 4, stride=2, padding=1)]
            if normalize:
                layers.append(make_norm(norm, outputs))
            return [*layers, nn.LeakyReLU(0.2, inplace=True)]

        self.model = nn.Sequential(
            *block(3, f, normalize=False), *block(f, 2 * f), *block(2 * f, 4 * f), *block(4 * f, 8 * f),
            nn.ZeroPad2d((1, 0, 1, 0)), nn.Conv2d(8 * f, 1, 4, padding=1),
        )  # fmt: skip

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Judge patches."""
        judged: torch.Tensor = self.model(x)
        return judged


def fresh_weights(network: nn.Module, norm: str) -> None:
    """Initialise convolutions N(0, .02) as published; as Glorot and Bengio do (2010) where no norm rescales what they give."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            if norm == "none":
                nn.init.xavier_normal_(module.weight)
            else:
                nn.init.normal_(module.weight, 0.0, 0.02)
            if module.bias is not None:
                nn.init.zeros_(module.bias)


_STATISTICS = ("running_mean", "running_var", "num_batches_tracked")  # of instance norms, in files of old PyTorch


def generator_from(state: dict[str, Any], where: str, norm: str = "instance") -> nn.Module:
    """Build a generator that fits a state dict (kind, blocks and width inferred from names and shapes) and fill it.

    The norm has no parameters, so a state dict does not tell it.

    Raises
    ------
    RequestError
        If the names or shapes are not those of PyTorch-GAN's or pytorch-CycleGAN-and-pix2pix's ResNet generator.
    """
    state = {
        key.removeprefix("module."): value for key, value in state.items() if key.rsplit(".", 1)[-1] not in _STATISTICS
    }
    own, theirs = (
        len({m[1] for key in state if (m := re.match(rf"model\.(\d+)\.{name}\.1\.weight$", key))})
        for name in ("block", "conv_block")
    )
    first = state.get("model.1.weight")
    if not (own or theirs) or first is None or tuple(first.shape[1:]) != (3, 7, 7):
        raise RequestError(
            tr(
                "{where} holds no CycleGAN generator of a known kind (PyTorch-GAN's names `model.10.block.1.weight`, or "
                "pytorch-CycleGAN-and-pix2pix's `model.10.conv_block.1.weight`).",
                where=where,
            )
        )
    if norm not in NORMS:
        raise RequestError(
            tr("{where} was made with the norm {norm!r}, which this FairDesk does not know.", where=where, norm=norm)
        )
    features = int(first.shape[0])
    network: nn.Module = GeneratorResNet(own, features, norm)
    if theirs:
        network = Pix2PixGenerator(theirs, features, dropout="model.10.conv_block.6.weight" in state)
    if why := misfit(network, state):
        raise RequestError(
            tr(
                "{where} does not fit a CycleGAN generator of {blocks} blocks: {error}",
                where=where,
                blocks=own or theirs,
                error=why,
            )
        )
    return network
