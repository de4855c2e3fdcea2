"""StyleGAN3's generator (Karras et al., NeurIPS 2021) in plain PyTorch, for weights that were trained elsewhere.

Parameter names, shapes and numbers are those of NVlabs' stylegan3 (configurations T and R). The filters are part of the
weights, so that none is designed here.
"""

from __future__ import annotations

import math

import torch
from torch import nn
from torch.nn import functional

from fairdesk.generation.networks.stylegan2 import Dense, Mapping, Styled

_MARGIN = 10  # pixels beside the picture that the layers work out too
_TAPS = 6  # of a filter, for each pixel at its lower resolution
_BANDWIDTH = 2.0  # of the input, in waves a picture
_CLAMP = 256.0
_SCALE = 0.25  # from the last layer to [-1, 1]
_LOUDER = 2  # how much finer than its output a layer is where it bends the signal


def _sides(axis: int, along: tuple[int, ...], across: tuple[int, ...]) -> list[int]:
    """Return what is said of rows (axis 2) and columns (3), of both ends of each where there are two."""
    return [*along, *across] if axis == 2 else [*across, *along]


def _finer(x: torch.Tensor, taps: torch.Tensor, axis: int, up: int, pad: tuple[int, int]) -> torch.Tensor:
    """Insert `up` - 1 zeros after each pixel, pad (or crop) and filter, along the rows (2) or the columns (3).

    A transposed convolution gives the same without the zeros; what it gives beyond the padding is cut off.
    """
    channels = int(x.shape[1])  # a constant of an exported graph, so that the filter's shape is known there
    weight = taps.reshape(1, 1, *_sides(axis, (-1,), (1,))).expand(channels, 1, -1, -1)
    x = functional.conv_transpose2d(x, weight, stride=_sides(axis, (up,), (1,)), groups=channels)
    spare = (pad[0] - len(taps) + 1, pad[1] - len(taps) + up)
    return functional.pad(x, _sides(5 - axis, spare, (0, 0)))  # `pad` begins with the last axis


def _coarser(x: torch.Tensor, taps: torch.Tensor, axis: int, down: int) -> torch.Tensor:
    """Filter, and keep every `down`-th pixel, along the rows (2) or the columns (3)."""
    weight = taps.flip(0).reshape(1, 1, *_sides(axis, (-1,), (1,))).expand(int(x.shape[1]), 1, -1, -1)
    return functional.conv2d(x, weight, stride=_sides(axis, (down,), (1,)), groups=int(x.shape[1]))


class FourierInput(nn.Module):
    """Waves over the picture, turned and moved by the style, and a mixture of them for each channel."""

    freqs: torch.Tensor
    phases: torch.Tensor
    transform: torch.Tensor

    def __init__(self, width: int, channels: int, size: int, rate: int) -> None:
        super().__init__()
        self._size, self._rate = size, rate
        self.weight = nn.Parameter(torch.randn(channels, channels))
        self.affine = Dense(width, 4)
        self.register_buffer("transform", torch.eye(3))
        self.register_buffer("freqs", torch.zeros(channels, 2))
        self.register_buffer("phases", torch.zeros(channels))

    def forward(self, style: torch.Tensor) -> torch.Tensor:
        """Map styles (n, width) to features (n, channels, size, size)."""
        turn = self.affine(style)
        cosine, sine, right, down = (turn / turn[:, :2].norm(dim=1, keepdim=True)).unbind(1)
        none, one = torch.zeros_like(cosine), torch.ones_like(cosine)
        rotation = torch.stack([cosine, -sine, none, sine, cosine, none, none, none, one], 1).reshape(-1, 3, 3)
        shift = torch.stack([one, none, -right, none, one, -down, none, none, one], 1).reshape(-1, 3, 3)
        moved = rotation @ shift @ self.transform
        phases = self.phases + (self.freqs @ moved[:, :2, 2:]).squeeze(2)
        waves = self.freqs @ moved[:, :2, :2]
        heard = 1 - (waves.norm(dim=2) - _BANDWIDTH) / (self._rate / 2 - _BANDWIDTH)
        place = (
            torch.arange(self._size, dtype=style.dtype, device=style.device) + 0.5
        ) / self._rate - 0.5 * self._size / self._rate
        across = torch.stack([place.expand(self._size, -1), place[:, None].expand(-1, self._size)], 2)
        x = torch.einsum("hwd,ncd->nhwc", across, waves) + phases[:, None, None]
        x = torch.sin(x * (2 * math.pi)) * heard.clamp(0, 1)[:, None, None]
        return (x @ (self.weight / math.sqrt(len(self.weight))).T).permute(0, 3, 1, 2)


class FilteredLayer(nn.Module):
    """A modulated convolution whose leaky ReLU is worked out at a finer resolution, between two filters."""

    magnitude_ema: torch.Tensor
    up_filter: torch.Tensor | None
    down_filter: torch.Tensor | None

    def __init__(
        self, width: int, channels: tuple[int, int], sizes: tuple[int, int], rates: tuple[int, int], kernel: int,
        *, colours: bool, radial: bool,
    ) -> None:  # fmt: skip
        super().__init__()
        self._colours = colours
        fine = max(rates) * (1 if colours else _LOUDER)
        self._up, self._down = fine // rates[0], fine // rates[1]
        up, down = (_TAPS * factor if factor > 1 else 1 for factor in (self._up, self._down))
        self.affine = Dense(width, channels[0], bias=1.0)
        self.weight = nn.Parameter(torch.randn(channels[1], channels[0], kernel, kernel))
        self.bias = nn.Parameter(torch.zeros(channels[1]))
        self.register_buffer("magnitude_ema", torch.ones([]))
        self.register_buffer("up_filter", torch.zeros(up) if up > 1 else None)
        self.register_buffer("down_filter", torch.zeros([down] * (2 if radial else 1)) if down > 1 else None)
        spare = (sizes[1] - 1) * self._down + 1 - (sizes[0] + kernel - 1) * self._up + up + down - 2
        before = (spare + self._up) // 2
        self._pad = before, spare - before

    def _convolved(self, x: torch.Tensor, style: torch.Tensor) -> torch.Tensor:
        """Convolve with weights scaled by the style: the style scales the input, its length the output."""
        styles, weight = self.affine(style), self.weight
        if self._colours:
            styles = styles / math.sqrt(weight.shape[1])
        else:
            weight = weight * weight.square().mean((1, 2, 3), keepdim=True).rsqrt()
            styles = styles * styles.square().mean(1, keepdim=True).rsqrt()
        scaled = x * (styles * self.magnitude_ema.rsqrt())[:, :, None, None]
        made = functional.conv2d(scaled, weight, padding=weight.shape[2] - 1)
        if self._colours:
            return made
        lengths = styles.square() @ weight.square().sum((2, 3)).T
        return made * (lengths + 1e-8).rsqrt()[:, :, None, None]

    def forward(self, x: torch.Tensor, style: torch.Tensor) -> torch.Tensor:
        """Apply it."""
        x = self._convolved(x, style) + self.bias[None, :, None, None]
        if self.up_filter is not None:
            for axis in (3, 2):
                x = _finer(x, self.up_filter * self._up, axis, self._up, self._pad)
        if not self._colours:
            x = functional.leaky_relu(x, 0.2) * math.sqrt(2)
        x = x.clamp(-_CLAMP, _CLAMP)
        if self.down_filter is None:
            return x
        if self.down_filter.dim() == 1:
            for axis in (3, 2):
                x = _coarser(x, self.down_filter, axis, self._down)
            return x
        weight = self.down_filter.flip([0, 1])[None, None].expand(len(self.bias), 1, -1, -1)
        return functional.conv2d(x, weight, stride=self._down, groups=len(self.bias))


class AliasFreeSynthesis(nn.Module):
    """From styles to an image: the waves, then layers L0, L1, ..., the last of them the colours."""

    def __init__(self, width: int, sizes: list[int], channels: list[int], kernel: int, *, radial: bool) -> None:
        super().__init__()
        self.styles = len(sizes) + 1
        rates = [size - 2 * _MARGIN for size in sizes[:-2]] + [sizes[-1]] * 2
        self.input = FourierInput(width, channels[0], sizes[0], rates[0])
        self.names = [f"L{n}_{size}_{count}" for n, (size, count) in enumerate(zip(sizes, channels, strict=True))]
        for n, name in enumerate(self.names):
            before, colours, critical = max(n - 1, 0), n == len(sizes) - 1, n >= len(sizes) - 3
            layer = FilteredLayer(
                width, (channels[before], channels[n]), (sizes[before], sizes[n]), (rates[before], rates[n]),
                1 if colours else kernel, colours=colours, radial=radial and not critical,
            )  # fmt: skip
            self.add_module(name, layer)

    def forward(self, styles: torch.Tensor, *, random: bool = False) -> torch.Tensor:
        """Map styles (n, `styles`, width) to images (n, 3, size, size)."""
        x: torch.Tensor = self.input(styles[:, 0])
        x = x.contiguous(memory_format=torch.channels_last)  # the filters run four times as fast on a CPU
        for place, name in enumerate(self.names, 1):
            x = self.get_submodule(name)(x, styles[:, place])
        return x * _SCALE


class AliasFreeGenerator(Styled):
    """Mapping and synthesis.

    Parameters
    ----------
    sizes, channels
        Of the output of each layer, the colours' last.
    kernel, radial
        3 and False in configuration T, 1 and True in R, which turns with its input.
    """

    def __init__(
        self, latent: int, labels: int, width: int, layers: int, sizes: list[int], channels: list[int], kernel: int,
        *, radial: bool,
    ) -> None:  # fmt: skip
        synthesis = AliasFreeSynthesis(width, sizes, channels, kernel, radial=radial)
        super().__init__(Mapping(latent, labels, width, synthesis.styles, layers), synthesis)
