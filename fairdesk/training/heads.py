"""Margin heads over normalised vectors and class centres; the margin may differ from image to image."""

from __future__ import annotations

import math

import torch
from torch import nn
from torch.nn import functional


class MarginHead(nn.Module):
    """Logits of all classes from vectors: ``s cos(theta)``, made harder for an image's own class.

    arcface: ``cos(theta + m)`` (Deng et al., CVPR 2019); cosface: ``cos(theta) - m`` (Wang et al., CVPR 2018);
    combined: ``cos(theta + m) - m2`` with m2 = .2; adaface: both, by how good the image is as its vector's
    length tells (Kim et al., CVPR 2022); softmax: no margin.

    With `share` below 1 only the batch's own classes and some others, drawn anew for each step, are compared
    and learned (partial FC; An et al., CVPR 2022): `sample` draws them, `update` takes the step of SGD.
    """

    lengths: torch.Tensor
    momentum: torch.Tensor

    def __init__(self, kind: str, dim: int, classes: int, scale: float, share: float = 1.0) -> None:
        super().__init__()
        self.kind, self.scale, self.share = kind, scale, share
        start = torch.randn(classes, dim) * 0.01
        self.weight: torch.Tensor
        if share < 1:
            self.register_buffer("weight", start)
            self.register_buffer("momentum", torch.zeros_like(start))
        else:
            self.weight = nn.Parameter(start)
        self.chosen: torch.Tensor | None = None  # rows of the classes compared in this step
        self.centres: torch.Tensor | None = None
        self.register_buffer("lengths", torch.tensor([20.0, 100.0]))  # adaface: moving mean and deviation

    def sample(self, target: torch.Tensor) -> torch.Tensor:
        """Draw the classes of a step; returns the targets as places among them."""
        if self.share >= 1:
            return target
        order = torch.rand(len(self.weight))
        order[target.cpu().unique()] = 2.0
        count = max(int((order == 2.0).sum()), round(self.share * len(order)))
        self.chosen = order.topk(count).indices.sort().values.to(self.weight.device)
        self.centres = self.weight[self.chosen].requires_grad_()
        return torch.searchsorted(self.chosen, target)

    def update(self, rate: float, decay: float) -> None:
        """Move the centres of this step, as SGD with momentum .9 does; the others stay."""
        assert self.chosen is not None
        assert self.centres is not None
        assert self.centres.grad is not None
        with torch.no_grad():
            moved = 0.9 * self.momentum[self.chosen] + self.centres.grad + decay * self.weight[self.chosen]
            self.momentum[self.chosen] = moved
            self.weight[self.chosen] -= rate * moved

    def forward(self, vectors: torch.Tensor, target: torch.Tensor, margin: torch.Tensor) -> torch.Tensor:
        """Return logits (n, classes) for vectors (n, dim), classes (n,) and margins (n,)."""
        vectors = vectors.float()
        centres = self.weight if self.centres is None else self.centres
        cosine = functional.linear(functional.normalize(vectors), functional.normalize(centres.float()))
        if self.kind == "softmax":
            return cosine * self.scale
        own = cosine.gather(1, target[:, None])[:, 0].clamp(-1 + 1e-7, 1 - 1e-7)
        angle, less = torch.zeros_like(margin), torch.zeros_like(margin)
        if self.kind == "arcface":
            angle = margin
        elif self.kind == "cosface":
            less = margin
        elif self.kind == "combined":
            angle, less = margin, torch.full_like(margin, 0.2)
        else:
            quality = self._quality(vectors)
            angle, less = -margin * quality, margin + margin * quality
        theta = (torch.acos(own) + angle).clamp(1e-7, math.pi - 1e-7)
        harder = torch.cos(theta) - less
        return torch.scatter(cosine, 1, target[:, None], harder[:, None].to(cosine.dtype)) * self.scale

    def _quality(self, vectors: torch.Tensor) -> torch.Tensor:
        """How long a vector is beside the others, -1 to 1."""
        length = vectors.detach().norm(dim=1).clamp(0.001, 100)
        if self.training and len(length) > 1:
            now = torch.stack([length.mean(), length.std()])
            self.lengths.copy_(0.99 * self.lengths + 0.01 * now)
        return ((length - self.lengths[0]) / (self.lengths[1] + 0.001) * 0.333).clamp(-1, 1)
