"""The moving average of a network's weights, which makes better pictures than the weights themselves."""

from __future__ import annotations

import copy

import torch
from torch import nn


class Average:
    """An exponential moving average of a network (Karras et al., ICLR 2018); `network` is the averaged copy."""

    def __init__(self, source: nn.Module, half_life: float) -> None:
        """`half_life` is in images: after so many, half of the old average is left."""
        self.network = copy.deepcopy(source).eval().requires_grad_(False)
        self._half_life = half_life
        self._seen = 0

    def update(self, source: nn.Module, images: int) -> None:
        """Move towards the source after a step of some images; at first faster, while little was seen."""
        self._seen += images
        half_life = min(self._half_life, self._seen * 0.05) or 1.0
        keep = 0.5 ** (images / max(half_life, 1e-8))
        with torch.no_grad():
            for mine, theirs in zip(self.network.parameters(), source.parameters(), strict=True):
                mine.copy_(theirs.detach().lerp(mine, keep))
            for mine, theirs in zip(self.network.buffers(), source.buffers(), strict=True):
                mine.copy_(theirs)

    def state(self) -> torch.Tensor:
        """What a resumed run needs beside the weights."""
        return torch.tensor(self._seen)

    def load_state(self, state: torch.Tensor) -> None:
        """Take back what `state` returned."""
        self._seen = int(state)
