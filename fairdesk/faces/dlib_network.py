"""dlib's face recognition network in PyTorch, with the weights of dlib's own file: the same numbers, many times faster.

Twenty-nine convolutions in residual blocks (He et al., CVPR 2016, made smaller by D. King; dlib's
`dnn_face_recognition_ex`), 128 numbers. Each affine layer is folded into the convolution before it, and the scaling of the
input into the first.
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from fairdesk.faces.dlib_file import LEVELS, Layer, read_network


class _Block(nn.Module):
    """Two convolutions around which the input is added; where it halves, the input is averaged, and zeros fill what lacks."""

    def __init__(self, before: int, channels: int, *, halves: bool) -> None:
        super().__init__()
        self.first = nn.Conv2d(before, channels, 3, 2 if halves else 1, 0 if halves else 1)
        self.second = nn.Conv2d(channels, channels, 3, 1, 1)
        self._halves = halves

    def forward(self, x: Tensor) -> Tensor:
        y = self.second(functional.relu(self.first(x)))
        if not self._halves:
            return functional.relu(y + x)
        x = functional.avg_pool2d(x, 2)
        lack = [side for of_x, of_y in zip(x.shape[:0:-1], y.shape[:0:-1], strict=True) for side in (0, of_x - of_y)]
        y = functional.pad(y, [max(0, side) for side in lack])
        x = functional.pad(x, [max(0, -side) for side in lack])
        return functional.relu(y + x)


class DlibNetwork(nn.Module):
    """From aligned faces to descriptors.

    Input (n, 3, 150, 150), RGB from 0 to 255; output (n, 128).
    """

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 32, 7, 2)
        blocks, before = [], 32
        for channels, count, halves in LEVELS:
            for number in range(count):
                blocks.append(_Block(before, channels, halves=halves and number == 0))
                before = channels
        self.blocks = nn.Sequential(*blocks)
        self.last = nn.Linear(before, 128, bias=False)

    def forward(self, faces: Tensor) -> Tensor:
        """Return the descriptors of faces."""
        x = functional.max_pool2d(functional.relu(self.stem(faces)), 3, 2)
        out: Tensor = self.last(self.blocks(x).mean((2, 3)))
        return out

    def convolutions(self) -> list[nn.Conv2d]:
        """Return its convolutions from the input to the output."""
        return [self.stem, *(one for block in self.blocks for one in (block.first, block.second))]

    def fill(self, layers: list[Layer], mean: tuple[float, float, float]) -> None:
        """Take the weights of dlib's layers."""
        with torch.no_grad():
            self._fill(layers, mean)

    def _fill(self, layers: list[Layer], mean: tuple[float, float, float]) -> None:
        for convolution, layer, affine in zip(self.convolutions(), layers[:-1:2], layers[1::2], strict=True):
            shape, channels = convolution.weight.shape, layer.filters
            params = torch.from_numpy(layer.params)
            gamma, beta = torch.from_numpy(affine.params).split(channels)
            weights, biases = params[:-channels].reshape(shape), params[-channels:]
            convolution.weight.copy_(weights * gamma.reshape(-1, 1, 1, 1))
            assert convolution.bias is not None
            convolution.bias.copy_(biases * gamma + beta)
        assert self.stem.bias is not None  # (x - mean) / 256 is folded in too: bytes are exact in bf16, means are not
        self.stem.weight.div_(256)
        self.stem.bias.sub_((self.stem.weight * torch.tensor(mean).reshape(1, 3, 1, 1)).sum((1, 2, 3)))
        self.last.weight.copy_(torch.from_numpy(layers[-1].params).reshape(-1, 128).T)


def load_network(path: Path) -> DlibNetwork:
    """Return a network of one's own with the weights of a file, ready to compute. Raises `JobFailed` if it is another file."""
    network = DlibNetwork()
    network.fill(*read_network(path))
    network.eval()
    return network
