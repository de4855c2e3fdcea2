"""The networks as published: the fully connected GAN of PyTorch-GAN, and DCGAN (Radford et al., 2016)."""

from __future__ import annotations

import math
from itertools import pairwise

import torch
from torch import nn


class FullyConnectedGenerator(nn.Module):
    """Goodfellow et al., 2014, as PyTorch-GAN's `gan.py` writes it: 128-256-512-1024, LeakyReLU .2, tanh."""

    def __init__(self, latent: int, size: int, labels: int = 0, colours: int = 3) -> None:
        super().__init__()
        self.shape = (colours, size, size)
        latent += labels

        def block(inputs: int, outputs: int, *, normalize: bool = True) -> list[nn.Module]:
            layers: list[nn.Module] = [nn.Linear(inputs, outputs)]
            if normalize:
                layers.append(nn.BatchNorm1d(outputs, 0.8))  # the original's second argument is eps
            return [*layers, nn.LeakyReLU(0.2, inplace=True)]

        self.model = nn.Sequential(
            *block(latent, 128, normalize=False), *block(128, 256), *block(256, 512), *block(512, 1024),
            nn.Linear(1024, math.prod(self.shape)), nn.Tanh(),
        )  # fmt: skip

    def forward(self, latent: torch.Tensor, labels: torch.Tensor | None = None) -> torch.Tensor:
        """Map latents (n, latent), and one-hot labels, to images (n, 3, size, size) in [-1, 1]."""
        made: torch.Tensor = self.model(_beside(latent, labels))
        return _in_colour(made.view(-1, *self.shape))


class FullyConnectedDiscriminator(nn.Module):
    """512-256-1, LeakyReLU .2, sigmoid."""

    def __init__(self, size: int, labels: int = 0) -> None:
        super().__init__()
        self.model = nn.Sequential(
            nn.Linear(3 * size * size + labels, 512), nn.LeakyReLU(0.2, inplace=True), nn.Linear(512, 256),
            nn.LeakyReLU(0.2, inplace=True), nn.Linear(256, 1), nn.Sigmoid(),
        )  # fmt: skip

    def forward(self, images: torch.Tensor, labels: torch.Tensor | None = None) -> torch.Tensor:
        """Map images (n, 3, size, size), and one-hot labels, to the probability of being real, (n,)."""
        judged: torch.Tensor = self.model(_beside(images.flatten(1), labels))
        return judged.squeeze(1)


class DCGenerator(nn.Module):
    """DCGAN's generator for 32 to 256 pixels, named as in PyTorch's tutorial (`main.0.weight`, ...)."""

    def __init__(self, latent: int, size: int, features: int = 64, labels: int = 0, colours: int = 3) -> None:
        super().__init__()
        latent += labels
        doublings = int(math.log2(size)) - 3  # from 4 pixels: layers between the first and the last
        widths = [features * 2**n for n in range(doublings, -1, -1)]
        layers: list[nn.Module] = [
            nn.ConvTranspose2d(latent, widths[0], 4, 1, 0, bias=False),
            nn.BatchNorm2d(widths[0]),
            nn.ReLU(True),
        ]
        for inputs, outputs in pairwise(widths):
            layers += [nn.ConvTranspose2d(inputs, outputs, 4, 2, 1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(True)]
        self.main = nn.Sequential(*layers, nn.ConvTranspose2d(widths[-1], colours, 4, 2, 1, bias=False), nn.Tanh())

    def forward(self, latent: torch.Tensor, labels: torch.Tensor | None = None) -> torch.Tensor:
        """Map latents (n, latent), and one-hot labels, to images (n, 3, size, size) in [-1, 1]."""
        made: torch.Tensor = self.main(_beside(latent, labels)[:, :, None, None])
        return _in_colour(made)


class DCDiscriminator(nn.Module):
    """DCGAN's discriminator; each label is one more plane beside the colours."""

    def __init__(self, size: int, features: int = 64, labels: int = 0) -> None:
        super().__init__()
        doublings = int(math.log2(size)) - 3
        widths = [features * 2**n for n in range(doublings + 1)]
        layers: list[nn.Module] = [
            nn.Conv2d(3 + labels, widths[0], 4, 2, 1, bias=False),
            nn.LeakyReLU(0.2, inplace=True),
        ]
        for inputs, outputs in pairwise(widths):
            layers += [
                nn.Conv2d(inputs, outputs, 4, 2, 1, bias=False),
                nn.BatchNorm2d(outputs),
                nn.LeakyReLU(0.2, inplace=True),
            ]
        self.main = nn.Sequential(*layers, nn.Conv2d(widths[-1], 1, 4, 1, 0, bias=False), nn.Sigmoid())

    def forward(self, images: torch.Tensor, labels: torch.Tensor | None = None) -> torch.Tensor:
        """Map images, and one-hot labels, to the probability of being real, (n,)."""
        if labels is not None:
            images = torch.cat([images, labels[:, :, None, None].expand(-1, -1, *images.shape[2:])], 1)
        judged: torch.Tensor = self.main(images)
        return judged.flatten()


def dcgan_weights(module: nn.Module) -> None:
    """Initialise as the paper does: N(0, .02) for convolutions, N(1, .02) for normalisation."""
    if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d)):
        nn.init.normal_(module.weight, 0.0, 0.02)
    elif isinstance(module, nn.BatchNorm2d):
        nn.init.normal_(module.weight, 1.0, 0.02)
        nn.init.zeros_(module.bias)


def _in_colour(images: torch.Tensor) -> torch.Tensor:
    """Return grey images, as other programs' generators may make, as the colours that all else here has."""
    return images.expand(-1, 3, -1, -1) if images.shape[1] == 1 else images


def _beside(values: torch.Tensor, labels: torch.Tensor | None) -> torch.Tensor:
    """Put labels beside values (conditional GAN: Mirza and Osindero, 2014)."""
    return values if labels is None else torch.cat([values, labels], 1)


def make_networks(family: str, latent: int, size: int, labels: int = 0) -> tuple[nn.Module, nn.Module]:
    """Return generator and discriminator of a family ("gan" or "dcgan"), initialised; `labels` for a conditional one."""
    if family == "dcgan":
        generator, discriminator = DCGenerator(latent, size, labels=labels), DCDiscriminator(size, labels=labels)
        generator.apply(dcgan_weights)
        discriminator.apply(dcgan_weights)
        return generator, discriminator
    return FullyConnectedGenerator(latent, size, labels), FullyConnectedDiscriminator(size, labels)
