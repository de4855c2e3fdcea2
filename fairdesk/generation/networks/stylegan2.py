"""StyleGAN2 (Karras et al., CVPR 2020) in plain PyTorch: no compiled operators.

Parameter names, shapes and numbers are those of stylegan2-ada-pytorch ("skip" generator, "resnet"
discriminator, float32), so its weights load here.
"""

from __future__ import annotations

import math

import torch
from torch import nn
from torch.nn import functional

_FILTER = (1.0, 3.0, 3.0, 1.0)


def resample_filter() -> torch.Tensor:
    """Return the 4 x 4 low-pass filter all resampling uses, its sum 1."""
    row = torch.tensor(_FILTER)
    square = row[:, None] * row[None]
    return square / square.sum()


def filtered(
    x: torch.Tensor,
    kernel: torch.Tensor,
    *,
    up: int = 1,
    down: int = 1,
    pad: tuple[int, int] = (0, 0),
    gain: float = 1.0,
) -> torch.Tensor:
    """Insert zeros (`up`), pad both axes by `pad`, filter, and keep every `down`-th pixel."""
    count, channels, height, width = x.shape
    channels = int(channels)  # a constant of an exported graph, so that the kernel's shape is known there
    if up > 1:
        x = x.reshape(count, channels, height, 1, width, 1)
        x = functional.pad(x, [0, up - 1, 0, 0, 0, up - 1]).reshape(count, channels, height * up, width * up)
    x = functional.pad(x, [pad[0], pad[1], pad[0], pad[1]])
    weight = (kernel.flip([0, 1]) * gain).to(x.dtype)[None, None].expand(channels, 1, -1, -1)
    return functional.conv2d(x, weight, stride=down, groups=channels)


def _lrelu(x: torch.Tensor, gain: float = math.sqrt(2)) -> torch.Tensor:
    return functional.leaky_relu(x, 0.2) * gain


class Dense(nn.Module):
    """A layer whose weights are scaled when used (equalised learning rate)."""

    def __init__(self, inside: int, out: int, *, active: bool = False, rate: float = 1.0, bias: float = 0.0) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(out, inside) / rate)
        self.bias = nn.Parameter(torch.full([out], bias / rate))
        self._scale, self._rate, self._active = rate / math.sqrt(inside), rate, active

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Apply it."""
        made = functional.linear(x, self.weight * self._scale, self.bias * self._rate)
        return _lrelu(made) if self._active else made


def _unit(x: torch.Tensor) -> torch.Tensor:
    """Bring each row's mean square to 1."""
    return x * (x.square().mean(1, keepdim=True) + 1e-8).rsqrt()


class Mapping(nn.Module):
    """From latents (and labels) to style vectors; keeps their moving mean for truncation."""

    w_avg: torch.Tensor

    def __init__(self, latent: int, labels: int, width: int, copies: int | None, layers: int = 8) -> None:
        super().__init__()
        self.latent, self.labels, self.copies, self.layers = latent, labels, copies, layers
        if labels:
            self.embed = Dense(labels, width)
        start = latent + (width if labels else 0)
        for number in range(layers):
            self.add_module(f"fc{number}", Dense(start if number == 0 else width, width, active=True, rate=0.01))
        if copies is not None:
            self.register_buffer("w_avg", torch.zeros(width))

    def forward(
        self, z: torch.Tensor | None, labels: torch.Tensor | None, truncation: float = 1.0, *, update: bool = False
    ) -> torch.Tensor:
        """Return styles of shape (n, copies, width), or (n, width) where there are no copies."""
        parts = [_unit(z)] if z is not None and self.latent else []
        if self.labels:
            assert labels is not None
            parts.append(_unit(self.embed(labels)))
        x = torch.cat(parts, dim=1)
        for number in range(self.layers):
            x = self.get_submodule(f"fc{number}")(x)
        if self.copies is None:
            return x
        if update:
            self.w_avg.copy_(x.detach().mean(0).lerp(self.w_avg, 0.995))
        x = x.unsqueeze(1).repeat(1, self.copies, 1)
        return self.w_avg.lerp(x, truncation) if truncation != 1.0 else x


def modulated(
    x: torch.Tensor, weight: torch.Tensor, styles: torch.Tensor, kernel: torch.Tensor | None, *, demodulate: bool
) -> torch.Tensor:
    """Convolve each image with its own weights, scaled by its style; with a `kernel` the output is twice as large.

    The style scales the input and the demodulation the output, which is the same as scaling the weights and needs no
    grouped convolution: faster on a CPU, and an ONNX graph can hold it.
    """
    x = x * styles[:, :, None, None]
    if kernel is None:
        made = functional.conv2d(x, weight, padding=weight.shape[2] // 2)
    else:
        made = functional.conv_transpose2d(x, weight.transpose(0, 1), stride=2)
        made = filtered(made, kernel, pad=(1, 1), gain=4.0)
    if not demodulate:
        return made
    lengths = styles.square() @ weight.square().sum((2, 3)).T  # (n, out)
    return made * (lengths + 1e-8).rsqrt()[:, :, None, None]


class StyledConv(nn.Module):
    """A modulated 3 x 3 convolution with noise, bias and activation."""

    noise_const: torch.Tensor
    resample_filter: torch.Tensor

    def __init__(self, inside: int, out: int, width: int, size: int, *, up: bool) -> None:
        super().__init__()
        self._up, self._size = up, size
        self.affine = Dense(width, inside, bias=1.0)
        self.weight = nn.Parameter(torch.randn(out, inside, 3, 3))
        self.register_buffer("resample_filter", resample_filter())
        self.register_buffer("noise_const", torch.randn(size, size))
        self.noise_strength = nn.Parameter(torch.zeros([]))
        self.bias = nn.Parameter(torch.zeros(out))

    def forward(self, x: torch.Tensor, style: torch.Tensor, *, random: bool) -> torch.Tensor:
        """Apply it; `random` noise while training, the constant one else."""
        made = modulated(
            x, self.weight, self.affine(style), self.resample_filter if self._up else None, demodulate=True
        )
        noise = torch.randn(len(x), 1, self._size, self._size, device=x.device) if random else self.noise_const
        return _lrelu(made + noise * self.noise_strength + self.bias[None, :, None, None])


class ToRGB(nn.Module):
    """A modulated 1 x 1 convolution to colours."""

    def __init__(self, inside: int, width: int) -> None:
        super().__init__()
        self.affine = Dense(width, inside, bias=1.0)
        self.weight = nn.Parameter(torch.randn(3, inside, 1, 1))
        self.bias = nn.Parameter(torch.zeros(3))
        self._scale = 1 / math.sqrt(inside)

    def forward(self, x: torch.Tensor, style: torch.Tensor) -> torch.Tensor:
        """Apply it."""
        styles = self.affine(style) * self._scale
        return modulated(x, self.weight, styles, None, demodulate=False) + self.bias[None, :, None, None]


class SynthesisBlock(nn.Module):
    """One resolution of the generator; the first starts from a constant."""

    resample_filter: torch.Tensor

    def __init__(self, inside: int, out: int, width: int, size: int) -> None:
        super().__init__()
        self.register_buffer("resample_filter", resample_filter())
        self.first = inside == 0
        if self.first:
            self.const = nn.Parameter(torch.randn(out, size, size))
        else:
            self.conv0 = StyledConv(inside, out, width, size, up=True)
        self.conv1 = StyledConv(out, out, width, size, up=False)
        self.torgb = ToRGB(out, width)
        self.convolutions = 1 if self.first else 2

    def forward(
        self, x: torch.Tensor | None, image: torch.Tensor | None, styles: torch.Tensor, *, random: bool
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return features and the image so far; `styles` has one row a convolution and one for the colours."""
        if x is None:
            x = self.const[None].expand(styles.shape[0], -1, -1, -1)
            x = self.conv1(x, styles[:, 0], random=random)
        else:
            x = self.conv1(self.conv0(x, styles[:, 0], random=random), styles[:, 1], random=random)
        made = self.torgb(x, styles[:, self.convolutions])
        if image is not None:
            made = made + filtered(image, self.resample_filter, up=2, pad=(2, 1), gain=4.0)
        return x, made


def channels_at(size: int, base: int, most: int = 512) -> int:
    """How many channels a resolution has."""
    return min(base // size, most)


class Synthesis(nn.Module):
    """From styles to an image: blocks b4, b8, ... b<size>."""

    def __init__(self, width: int, size: int, base: int) -> None:
        super().__init__()
        self.sizes = [2**n for n in range(2, int(math.log2(size)) + 1)]
        self.styles = 2 * len(self.sizes)
        for number, side in enumerate(self.sizes):
            inside = 0 if number == 0 else channels_at(side // 2, base)
            self.add_module(f"b{side}", SynthesisBlock(inside, channels_at(side, base), width, side))

    def forward(self, styles: torch.Tensor, *, random: bool = False) -> torch.Tensor:
        """Map styles (n, `styles`, width) to images (n, 3, size, size)."""
        x = image = None
        place = 0
        for side in self.sizes:
            block = self.get_submodule(f"b{side}")
            assert isinstance(block, SynthesisBlock)
            x, image = block(x, image, styles[:, place : place + block.convolutions + 1], random=random)
            place += block.convolutions
        assert image is not None
        return image


class Styled(nn.Module):
    """A generator of two parts: from latents to styles, and from styles to an image."""

    def __init__(self, mapping: Mapping, synthesis: nn.Module) -> None:
        super().__init__()
        self.synthesis, self.mapping = synthesis, mapping

    def forward(
        self, z: torch.Tensor, labels: torch.Tensor | None = None, truncation: float = 1.0, *, random: bool = False
    ) -> torch.Tensor:
        """Map latents (n, latent) and one-hot labels (n, labels) to images in about [-1, 1]."""
        made: torch.Tensor = self.synthesis(self.mapping(z, labels, truncation), random=random)
        return made


class StyleGenerator(Styled):
    """Mapping and synthesis of StyleGAN2."""

    def __init__(self, latent: int, labels: int, width: int, size: int, base: int, layers: int = 8) -> None:
        synthesis = Synthesis(width, size, base)
        super().__init__(Mapping(latent, labels, width, synthesis.styles, layers), synthesis)


class PlainConv(nn.Module):
    """A convolution with equalised learning rate; may halve the picture."""

    resample_filter: torch.Tensor

    def __init__(
        self, inside: int, out: int, size: int, *, down: bool = False, bias: bool = True, active: bool = True
    ) -> None:
        super().__init__()
        self.register_buffer("resample_filter", resample_filter())
        self.weight = nn.Parameter(torch.randn(out, inside, size, size))
        self.bias = nn.Parameter(torch.zeros(out)) if bias else None
        self._scale, self._down, self._active, self._size = 1 / math.sqrt(inside * size**2), down, active, size

    def forward(self, x: torch.Tensor, gain: float = 1.0) -> torch.Tensor:
        """Apply it; the result is scaled by `gain`."""
        weight = self.weight * self._scale
        if self._down and self._size == 1:
            made = functional.conv2d(filtered(x, self.resample_filter, down=2, pad=(1, 1)), weight)
        elif self._down:
            made = functional.conv2d(filtered(x, self.resample_filter, pad=(2, 2)), weight, stride=2)
        else:
            made = functional.conv2d(x, weight, padding=self._size // 2)
        if self.bias is not None:
            made = made + self.bias[None, :, None, None]
        return _lrelu(made, math.sqrt(2) * gain) if self._active else made * gain


class DiscriminatorBlock(nn.Module):
    """One resolution of the discriminator: two convolutions beside a skip."""

    resample_filter: torch.Tensor

    def __init__(self, inside: int, middle: int, out: int, *, first: bool) -> None:
        super().__init__()
        self.register_buffer("resample_filter", resample_filter())
        if first:
            self.fromrgb = PlainConv(3, middle, 1)
        self.first = first
        self.conv0 = PlainConv(middle, middle, 3)
        self.conv1 = PlainConv(middle, out, 3, down=True)
        self.skip = PlainConv(middle, out, 1, down=True, bias=False, active=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Apply it."""
        if self.first:
            x = self.fromrgb(x)
        return self.skip(x, math.sqrt(0.5)) + self.conv1(self.conv0(x), math.sqrt(0.5))


class Epilogue(nn.Module):
    """The discriminator's end: deviation over the batch, and the judgement."""

    def __init__(self, channels: int, judgements: int, group: int = 4) -> None:
        super().__init__()
        self._group, self._judgements = group, judgements
        self.conv = PlainConv(channels + 1, channels, 3)
        self.fc = Dense(channels * 16, channels, active=True)
        self.out = Dense(channels, max(1, judgements))

    def forward(self, x: torch.Tensor, asked: torch.Tensor | None) -> torch.Tensor:
        """Return logits (n, 1)."""
        x = self.out(self.fc(self.conv(with_deviation(x, self._group)).flatten(1)))
        return x if asked is None else (x * asked).sum(1, keepdim=True) / math.sqrt(self._judgements)


def with_deviation(x: torch.Tensor, group: int) -> torch.Tensor:
    """Append a channel with the mean standard deviation over groups of the batch (Karras et al., ICLR 2018)."""
    count, _, height, width = x.shape
    size = next(n for n in range(min(group, count), 0, -1) if count % n == 0)
    parts = x.reshape(size, -1, *x.shape[1:])
    spread = (parts.var(0, unbiased=False) + 1e-8).sqrt().mean((1, 2, 3)).reshape(-1, 1, 1, 1)
    return torch.cat([x, spread.repeat(size, 1, height, width)], dim=1)


class StyleDiscriminator(nn.Module):
    """Blocks b<size> ... b8 and the epilogue b4; with labels a projection of them judges."""

    def __init__(self, labels: int, size: int, base: int) -> None:
        super().__init__()
        self.labels = labels
        self.sizes = [2**n for n in range(int(math.log2(size)), 2, -1)]
        for number, side in enumerate(self.sizes):
            middle, out = channels_at(side, base), channels_at(side // 2, base)
            self.add_module(f"b{side}", DiscriminatorBlock(middle, middle, out, first=number == 0))
        end = channels_at(4, base)
        if labels:
            self.mapping = Mapping(0, labels, end, None)
        self.b4 = Epilogue(end, end if labels else 0)

    def forward(self, images: torch.Tensor, labels: torch.Tensor | None = None) -> torch.Tensor:
        """Return logits (n, 1): large where an image looks real (and of its label)."""
        x = images
        for side in self.sizes:
            x = self.get_submodule(f"b{side}")(x)
        return self.b4(x, self.mapping(None, labels) if self.labels else None)
