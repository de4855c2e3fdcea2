"""Runs a PyTorch network on batches of faces: on any device, in the precision that was asked for."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from torch import nn

    from fairdesk.faces.params import Format

Vectors = npt.NDArray[np.float32]


class TorchNetwork:
    """A network that is ready to compute; several threads may use it at once."""

    def __init__(self, network: nn.Module, device: str, precision: Format) -> None:
        import torch

        self.precision, self._device = precision, device
        self._network = network.to(device, memory_format=torch.channels_last)
        norms = any(isinstance(layer, torch.nn.modules.batchnorm._BatchNorm) for layer in network.modules())
        short = {"bf16": torch.bfloat16, "fp16": torch.float16}.get(precision)
        self._lower = short if norms else None  # its norms stay in float32
        self._dtype = torch.float32 if short is None or norms else short
        self._network.to(self._dtype)

    def run(self, faces: npt.NDArray[Any]) -> Vectors:
        """Return the network's output for pictures of shape (n, height, width, 3), shape (n, dim)."""
        import torch

        batch = torch.from_numpy(np.ascontiguousarray(faces)).to(self._device).to(self._dtype).permute(0, 3, 1, 2)
        lower = nullcontext() if self._lower is None else torch.autocast(self._device, self._lower)
        # TF32, which CUDA takes for convolutions by itself, keeps ten bits of a number: that is not float32
        with torch.inference_mode(), torch.backends.cudnn.flags(enabled=True, allow_tf32=False), lower:
            out = self._network(batch)
        vectors: Vectors = out.float().cpu().numpy()
        return vectors
