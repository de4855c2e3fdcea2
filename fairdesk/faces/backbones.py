"""ArcFace backbones with the parameter names of InsightFace's arcface_torch, so that weights go both ways.

MobileFaceNet ("mbf": Chen et al., CCBR 2018, widened as in arcface_torch) and IResNet (Duta et al., ICPR 2020,
as in Deng et al., CVPR 2019). Input 3 x 112 x 112, RGB, (x / 255 - 0.5) / 0.5; output 512 numbers.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from fairdesk.errors import RequestError, reason
from fairdesk.faces.evolve_backbones import evolve_backbone, is_evolve
from fairdesk.faces.params import NAMES, TORCHVISION
from fairdesk.faces.prelu import PReLU
from fairdesk.faces.weight_files import misfit
from fairdesk.words import tr

SIZE = 112  # pixels of the input
DEPTHS = {"r18": (2, 2, 2, 2), "r34": (3, 4, 6, 3), "r50": (3, 4, 14, 3), "r100": (3, 13, 30, 3)}


class Conv(nn.Module):
    """Convolution, BatchNorm and, unless linear, PReLU."""

    def __init__(
        self,
        inside: int,
        out: int,
        kernel: int = 1,
        stride: int = 1,
        pad: int = 0,
        groups: int = 1,
        *,
        linear: bool = False,
    ) -> None:
        super().__init__()
        parts: list[nn.Module] = [
            nn.Conv2d(inside, out, kernel, stride, pad, groups=groups, bias=False), nn.BatchNorm2d(out),
        ]  # fmt: skip
        self.layers = nn.Sequential(*parts, *([] if linear else [PReLU(out)]))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Apply it."""
        return self.layers(x)


class Bottleneck(nn.Module):
    """Widen, filter each channel, and narrow again; with the input added where it is residual."""

    def __init__(self, inside: int, out: int, width: int, stride: int, *, residual: bool) -> None:
        super().__init__()
        self.residual = residual
        self.layers = nn.Sequential(
            Conv(inside, width), Conv(width, width, 3, stride, 1, width), Conv(width, out, linear=True)
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Apply it."""
        made = self.layers(x)
        return x + made if self.residual else made


class Stack(nn.Module):
    """Residual bottlenecks one after the other."""

    def __init__(self, channels: int, count: int, width: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(*(Bottleneck(channels, channels, width, 1, residual=True) for _ in range(count)))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Apply it."""
        return self.layers(x)


class Head(nn.Module):
    """The global depthwise convolution and the embedding."""

    def __init__(self, features: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            Conv(512, 512, 7, groups=512, linear=True),
            nn.Flatten(),
            nn.Linear(512, features, bias=False),
            nn.BatchNorm1d(features),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Apply it."""
        return self.layers(x)


class MobileFaceNet(nn.Module):
    """MobileFaceNet; `blocks` and `scale` are arcface_torch's, (1, 4, 6, 2) and 2 for "mbf"."""

    def __init__(self, features: int = 512, blocks: tuple[int, ...] = (1, 4, 6, 2), scale: int = 2) -> None:
        super().__init__()
        narrow, wide = 64 * scale, 128 * scale
        second = Conv(narrow, narrow, 3, 1, 1, 64) if blocks[0] == 1 else Stack(narrow, blocks[0], 128)
        self.layers = nn.ModuleList([
            Conv(3, narrow, 3, 2, 1), second,
            Bottleneck(narrow, narrow, 128, 2, residual=False), Stack(narrow, blocks[1], 128),
            Bottleneck(narrow, wide, 256, 2, residual=False), Stack(wide, blocks[2], 256),
            Bottleneck(wide, wide, 512, 2, residual=False), Stack(wide, blocks[3], 256),
        ])  # fmt: skip
        self.conv_sep = Conv(wide, 512)
        self.features = Head(features)
        for module in self.modules():
            if isinstance(module, (nn.Conv2d, nn.Linear)):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return vectors of shape (n, features)."""
        for layer in self.layers:
            x = layer(x)
        return self.features(self.conv_sep(x))


class Block(nn.Module):
    """IResNet's block: BatchNorm before the first convolution, no activation after the sum."""

    def __init__(self, inside: int, out: int, stride: int) -> None:
        super().__init__()
        self.bn1 = nn.BatchNorm2d(inside)
        self.conv1 = nn.Conv2d(inside, out, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(out)
        self.prelu = PReLU(out)
        self.conv2 = nn.Conv2d(out, out, 3, stride, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(out)
        self.downsample = (
            nn.Sequential(nn.Conv2d(inside, out, 1, stride, bias=False), nn.BatchNorm2d(out))
            if stride != 1 or inside != out
            else None
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Apply it."""
        made = self.bn3(self.conv2(self.prelu(self.bn2(self.conv1(self.bn1(x))))))
        return made + (x if self.downsample is None else self.downsample(x))


class IResNet(nn.Module):
    """IResNet of four stages of blocks."""

    def __init__(self, depths: tuple[int, ...], features: int = 512, dropout: float = 0.0) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.prelu = PReLU(64)
        channels = (64, 64, 128, 256, 512)
        for stage, depth in enumerate(depths, 1):
            blocks = [
                Block(channels[stage - 1] if n == 0 else channels[stage], channels[stage], 2 if n == 0 else 1)
                for n in range(depth)
            ]
            setattr(self, f"layer{stage}", nn.Sequential(*blocks))
        self.bn2 = nn.BatchNorm2d(512)
        self.dropout = nn.Dropout(dropout)
        self.fc = nn.Linear(512 * 7 * 7, features)
        self.features = nn.BatchNorm1d(features)
        self.features.weight.requires_grad = False  # stays 1, as in arcface_torch
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.normal_(module.weight, 0, 0.1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return vectors of shape (n, features)."""
        x = self.prelu(self.bn1(self.conv1(x)))
        for stage in (self.layer1, self.layer2, self.layer3, self.layer4):
            x = stage(x)
        return self.features(self.fc(self.dropout(torch.flatten(self.bn2(x), 1))))


class Classifier(nn.Module):
    """One of torchvision's classifiers with 512 outputs in place of its classes, and BatchNorm after them."""

    def __init__(self, name: str, features: int = 512) -> None:
        super().__init__()
        from torchvision import models

        if name not in models.list_models(module=models):
            near = ", ".join(difflib.get_close_matches(name, models.list_models(module=models), 3)) or "resnet18"
            raise RequestError(tr("torchvision has no classifier called {name!r}. Near: {near}", name=name, near=near))
        more: dict[str, Any] = {"image_size": SIZE} if name.startswith("vit_") else {}
        if name in ("googlenet", "inception_v3"):
            more = {"aux_logits": False, "init_weights": True}
        elif name.startswith("maxvit"):
            more = {"input_size": (SIZE, SIZE)}
        try:
            self.body = models.get_model(name, weights=None, num_classes=features, **more)
            with torch.no_grad():
                self.body.eval()(torch.zeros(1, 3, SIZE, SIZE))
        except (RuntimeError, ValueError, AssertionError) as error:
            raise RequestError(
                tr(
                    "torchvision's {name} does not take images of {size} x {size} pixels: {error}",
                    name=name,
                    size=SIZE,
                    error=reason(error),
                )
            ) from error
        self.body.train()
        self.features = nn.BatchNorm1d(features)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return vectors of shape (n, features)."""
        out: torch.Tensor = self.features(self.body(x))
        return out

    def start_from(self, state: Mapping[str, Any], where: str) -> None:
        """Fill it with weights of its own, or with torchvision's (but for the last layer, which names 1,000 classes).

        Raises
        ------
        RequestError
            If the weights are of another network.
        """
        own = self.state_dict()
        if not any(key.startswith("body.") for key in state):
            fitting = {f"body.{key}": value for key, value in state.items()}
            replaced = {
                key for key, value in fitting.items() if value.shape[:1] == (1000,) and own.get(key) is not None
            }
            state = {key: own[key] if key in replaced else value for key, value in fitting.items()}
            state = {**{key: value for key, value in own.items() if key.startswith("features.")}, **state}
        if why := misfit(self, state):
            raise RequestError(tr("{where} is of another network: {error}", where=where, error=why))


def make_backbone(name: str, features: int = 512) -> nn.Module:
    """Return a backbone by arcface_torch's name (mbf, r18, r34, r50, r100) or torchvision:NAME. Raises `RequestError`."""
    if name == "mbf":
        return MobileFaceNet(features)
    if name in DEPTHS:
        return IResNet(DEPTHS[name], features)
    if name.startswith(TORCHVISION):
        return Classifier(name.removeprefix(TORCHVISION), features)
    raise RequestError(
        tr(
            "There is no backbone called {name!r}. Known: {names}, {prefix}NAME",
            name=name,
            names=", ".join(NAMES),
            prefix=TORCHVISION,
        )
    )


def _count(state: Mapping[str, Any], prefix: str) -> int:
    """How many numbered modules there are below a prefix."""
    return len({key[len(prefix) :].split(".")[0] for key in state if key.startswith(prefix)})


def infer_backbone(state: Mapping[str, Any], where: str) -> tuple[nn.Module, str]:
    """Build the backbone that a state dict belongs to, from its names and shapes, and fill it; returns also its name.

    Raises
    ------
    RequestError
        If the names are not of a MobileFaceNet or IResNet, or a part is missing.
    """
    state = {key.removeprefix("module.").removeprefix("backbone."): value for key, value in state.items()}
    try:
        if "conv_sep.layers.0.weight" in state:
            first = state["layers.0.layers.0.weight"].shape[0] // 64
            single = "layers.1.layers.0.weight" in state
            blocks = (
                1 if single else _count(state, "layers.1.layers."),
                *(_count(state, f"layers.{n}.layers.") for n in (3, 5, 7)),
            )
            features = state["features.layers.2.weight"].shape[0]
            network: nn.Module = MobileFaceNet(features, blocks, first)
            name = "mbf" if (blocks, first) == ((1, 4, 6, 2), 2) else f"MobileFaceNet {blocks} x {first}"
        elif "layer1.0.bn1.weight" in state and "fc.weight" in state:
            depths = tuple(_count(state, f"layer{stage}.") for stage in (1, 2, 3, 4))
            network = IResNet(depths, state["fc.weight"].shape[0])
            name = next((known for known, found in DEPTHS.items() if found == depths), f"IResNet {depths}")
        elif is_evolve(state):
            network, name = evolve_backbone(state)
        else:
            raise KeyError("conv_sep.layers.0.weight, layer1.0.bn1.weight or body.0.res_layer.1.weight")
        why = misfit(network, state)
    except (KeyError, RuntimeError, AttributeError, IndexError, ValueError) as error:
        why = str(error).splitlines()[-1].strip()
    if why:
        raise RequestError(
            tr(
                "{where} holds no ArcFace backbone (MobileFaceNet or IResNet with arcface_torch's names, IR or IR-SE with face.evoLVe's): "
                "{why}. Its first names are: {names}. Another network can be used as onnx:FILE, exported with torch.onnx.export.",
                where=where,
                why=why,
                names=", ".join(list(state)[:3]),
            )
        )
    return network, name
