"""IR and IR-SE backbones with the names of face.evoLVe and InsightFace_Pytorch (`model_ir_se50.pth`): to use, not to train.

Deng et al., CVPR 2019; squeeze-and-excitation: Hu et al., CVPR 2018. Input as for arcface_torch: RGB, 112 x 112, -1 to 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from fairdesk.words import tr

_STEM = 64
_NAMES = {8: "18", 16: "34", 24: "50", 49: "100", 50: "152"}  # blocks


class Squeeze(nn.Module):
    """Weighs channels by what the whole picture holds."""

    def __init__(self, channels: int, inside: int) -> None:
        super().__init__()
        self.fc1 = nn.Conv2d(channels, inside, 1, bias=False)
        self.fc2 = nn.Conv2d(inside, channels, 1, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Apply it."""
        weights = self.fc2(torch.relu(self.fc1(x.mean((2, 3), keepdim=True))))
        return x * torch.sigmoid(weights)


class Unit(nn.Module):
    """BatchNorm, two convolutions (the second has the stride), BatchNorm, and squeeze-and-excitation or none."""

    def __init__(self, inside: int, out: int, stride: int, squeezed: int) -> None:
        super().__init__()
        self.stride = stride
        self.shortcut_layer = (
            nn.MaxPool2d(1, stride)
            if inside == out
            else nn.Sequential(nn.Conv2d(inside, out, 1, stride, bias=False), nn.BatchNorm2d(out))
        )
        layers: list[nn.Module] = [
            nn.BatchNorm2d(inside), nn.Conv2d(inside, out, 3, 1, 1, bias=False), nn.PReLU(out),
            nn.Conv2d(out, out, 3, stride, 1, bias=False), nn.BatchNorm2d(out),
        ]  # fmt: skip
        self.res_layer = nn.Sequential(*layers, *([Squeeze(out, squeezed)] if squeezed else []))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Apply it."""
        made: torch.Tensor = self.res_layer(x) + self.shortcut_layer(x)
        return made


class EvolveBackbone(nn.Module):
    """The whole network; `units` are the channels in and out of each block, and those squeezed to (0: none)."""

    def __init__(self, units: list[tuple[int, int, int]], features: int) -> None:
        super().__init__()
        self.input_layer = nn.Sequential(
            nn.Conv2d(3, _STEM, 3, 1, 1, bias=False), nn.BatchNorm2d(_STEM), nn.PReLU(_STEM)
        )
        body = [
            Unit(inside, out, 2 if number == 0 or inside != out else 1, squeezed)
            for number, (inside, out, squeezed) in enumerate(units)
        ]
        self.body = nn.Sequential(*body)
        last = units[-1][1]
        self.output_layer = nn.Sequential(
            nn.BatchNorm2d(last), nn.Dropout(), nn.Flatten(), nn.Linear(last * 7 * 7, features), nn.BatchNorm1d(features),
        )  # fmt: skip

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return vectors of shape (n, features)."""
        made: torch.Tensor = self.output_layer(self.body(self.input_layer(x)))
        return made


def is_evolve(state: Mapping[str, Any]) -> bool:
    """Whether names are those of face.evoLVe's IR networks."""
    return "input_layer.0.weight" in state and "body.0.res_layer.1.weight" in state


def evolve_backbone(state: Mapping[str, torch.Tensor]) -> tuple[nn.Module, str]:
    """Return an empty network of the shapes that a state dict has, and its name. Raises `KeyError` or `ValueError`."""
    units = []
    count = len({name.split(".")[1] for name in state if name.startswith("body.")})
    for number in range(count):
        first = state[f"body.{number}.res_layer.1.weight"]
        squeeze = state.get(f"body.{number}.res_layer.5.fc1.weight")
        if state[f"body.{number}.res_layer.3.weight"].dim() != 4:
            raise ValueError(
                tr("its blocks are those of another program (AdaFace?), whose colours are in another order")
            )
        units.append((first.shape[1], first.shape[0], 0 if squeeze is None else squeeze.shape[0]))
    head = state["output_layer.3.weight"]
    if head.shape[1] != units[-1][1] * 7 * 7:
        raise ValueError(tr("it was trained on images of another size than 112 x 112"))
    squeezed = "SE-" if units[0][2] else ""
    return EvolveBackbone(units, head.shape[0]), f"IR-{squeezed}{_NAMES.get(count, tr('{n} blocks', n=count))}"
