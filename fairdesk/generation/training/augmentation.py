"""Adaptive discriminator augmentation for small sets (Karras et al., NeurIPS 2020), in plain PyTorch.

Every kind (mirror, shift, scale, turn; brightness, contrast, saturation) is applied to each image with the
chance p; p rises while the discriminator is sure of real images and falls else. A subset of the paper's kinds.
"""

from __future__ import annotations

import math

import torch
from torch.nn import functional

TARGET = 0.6  # mean sign of the discriminator on real images
SPEED = 500_000  # images in which p may go from 0 to 1


def augment(images: torch.Tensor, chance: float) -> torch.Tensor:
    """Return images (n, 3, h, w), each changed at random; differentiable, so that the generator learns through it."""
    if chance <= 0:
        return images
    count, device = len(images), images.device

    def when(values: torch.Tensor, neutral: float) -> torch.Tensor:
        return torch.where(torch.rand(count, device=device) < chance, values, torch.full_like(values, neutral))

    mirror = when(torch.sign(torch.rand(count, device=device) - 0.5), 1.0)
    scale = when(torch.exp2(torch.randn(count, device=device) * 0.2), 1.0)
    turn = when((torch.rand(count, device=device) * 2 - 1) * math.pi / 8, 0.0)
    shift = torch.stack([when((torch.rand(count, device=device) * 2 - 1) * 0.25, 0.0) for _ in range(2)], 1)
    cosine, sine = torch.cos(turn) / scale, torch.sin(turn) / scale
    matrix = torch.stack(
        [torch.stack([cosine * mirror, -sine, shift[:, 0]], 1), torch.stack([sine * mirror, cosine, shift[:, 1]], 1)], 1
    )
    places = functional.affine_grid(matrix, list(images.shape), align_corners=False)
    images = functional.grid_sample(images, places, padding_mode="reflection", align_corners=False)
    images = images + when(torch.randn(count, device=device) * 0.2, 0.0)[:, None, None, None]
    middle = images.mean((1, 2, 3), keepdim=True)
    images = (images - middle) * when(torch.exp2(torch.randn(count, device=device) * 0.5), 1.0)[
        :, None, None, None
    ] + middle
    grey = images.mean(1, keepdim=True)
    return (images - grey) * when(torch.exp2(torch.randn(count, device=device)), 1.0)[:, None, None, None] + grey


def next_chance(chance: float, signs: float, images: int) -> float:
    """Return the chance after `images` more images on whose real ones the discriminator's mean sign was `signs`."""
    step = images / SPEED
    return min(0.8, max(0.0, chance + (step if signs > TARGET else -step)))
