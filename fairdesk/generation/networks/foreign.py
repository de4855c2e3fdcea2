"""Generators that other programs trained: the network is inferred from names and shapes, and no code in a file is run."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn

from fairdesk.errors import RequestError
from fairdesk.faces.weight_files import find_weights, misfit
from fairdesk.generation.networks.gan import DCGenerator, FullyConnectedGenerator
from fairdesk.generation.networks.stylegan2 import Styled, StyleGenerator
from fairdesk.generation.networks.stylegan3 import AliasFreeGenerator
from fairdesk.generation.networks.stylegan_pickles import read_stylegan_pickle
from fairdesk.words import tr

State = Mapping[str, torch.Tensor]
_LAYER = re.compile(r"synthesis\.L(\d+)_(\d+)_(\d+)\.weight")  # StyleGAN3: number, size and channels of its output


def stylegan_from(state: State, where: str) -> tuple[Styled, dict[str, Any]]:
    """Build the StyleGAN2 or 3 generator that a state dict belongs to; returns it and what `generate` needs to know."""
    family = "stylegan3" if "synthesis.input.freqs" in state else "stylegan2"
    try:
        width = state["mapping.w_avg"].shape[0]
        labels = state["mapping.embed.weight"].shape[1] if "mapping.embed.weight" in state else 0
        latent = state["mapping.fc0.weight"].shape[1] - (width if labels else 0)
        layers = sum(bool(re.fullmatch(r"mapping\.fc\d+\.weight", key)) for key in state)
        known = {"family": family, "latent": latent, "labels": [str(n) for n in range(labels)], "step": 0}
        if family == "stylegan3":
            network, size = _alias_free(state, latent, labels, width, layers)
        else:
            size = max(int(m[1]) for key in state if (m := re.match(r"synthesis\.b(\d+)\.", key)))
            base = state[f"synthesis.b{size}.conv1.weight"].shape[0] * size
            network = StyleGenerator(latent, labels, width, size, base, layers)
            known |= {"channel_base": base, "mapping_layers": layers}
        why = misfit(network, state)
    except (KeyError, ValueError, RuntimeError, IndexError) as error:
        why = str(error).splitlines()[-1].strip()
    if why:
        raise RequestError(
            tr("{where} does not fit a StyleGAN{family} generator: {error}", where=where, family=family[-1], error=why)
        )
    return network, known | {"size": size}


def _alias_free(state: State, latent: int, labels: int, width: int, layers: int) -> tuple[Styled, int]:
    """Return an empty StyleGAN3 generator of the shapes that the names tell, and its image size."""
    found = sorted(tuple(map(int, m.groups())) for key in state if (m := _LAYER.fullmatch(key)))
    sizes, channels = [size for _, size, _ in found], [count for _, _, count in found]
    if len(found) < 3:
        raise KeyError("synthesis.L0 and more")
    first = f"synthesis.L0_{sizes[0]}_{channels[0]}"
    kernel, radial = state[f"{first}.weight"].shape[2], state[f"{first}.down_filter"].dim() == 2
    return AliasFreeGenerator(latent, labels, width, layers, sizes, channels, kernel, radial=radial), sizes[-1]


def generator_of(path: Path) -> tuple[nn.Module, dict[str, Any]]:
    """Load a generator of PyTorch's DCGAN tutorial, of PyTorch-GAN's gan.py, or a StyleGAN2 or 3 (.pkl or its weights).

    Raises
    ------
    RequestError
        If the file is damaged, hostile, or of no known generator.
    """
    if path.suffix.lower() == ".pkl":
        return stylegan_from(read_stylegan_pickle(path), str(path))
    refusals = []
    for weights in find_weights(path):
        try:
            return _generator_from(weights.state, path)
        except RequestError as error:
            refusals.append(error)
    raise refusals[0]


def _generator_from(state: State, path: Path) -> tuple[nn.Module, dict[str, Any]]:
    if "synthesis.b4.const" in state or "synthesis.input.freqs" in state:
        return stylegan_from(state, str(path))
    try:
        if "main.0.weight" in state and state["main.0.weight"].dim() == 4:
            layers = sum(value.dim() == 4 for value in state.values())
            latent, size = state["main.0.weight"].shape[0], 4 * 2 ** (layers - 1)
            last = state[f"main.{3 * (layers - 1)}.weight"]
            network: nn.Module = DCGenerator(latent, size, last.shape[0], colours=last.shape[1])
            family = "dcgan"
        elif "model.0.weight" in state and "model.11.weight" in state:
            latent = state["model.0.weight"].shape[1]
            size, colours = _picture(state["model.11.weight"].shape[0])
            network, family = FullyConnectedGenerator(latent, size, colours=colours), "gan"
        else:
            raise KeyError(tr("main.0.weight, model.11.weight, synthesis.b4.const or synthesis.input.freqs is missing"))
        why = misfit(network, state)
    except (KeyError, RuntimeError, IndexError, ValueError) as error:
        why = str(error.args[0] if error.args else error).splitlines()[-1].strip()
    if why:
        raise RequestError(
            tr(
                "{path} holds no generator that is known here (DCGAN as in PyTorch's tutorial, PyTorch-GAN's gan.py, StyleGAN2 and 3): "
                "{error}. Its first names are: {names}. Another generator can be used as an ONNX file, exported with torch.onnx.export.",
                path=path,
                error=why,
                names=", ".join(list(state)[:3]) or tr("none"),
            )
        )
    return network, {"family": family, "latent": latent, "size": size, "labels": [], "step": 0}


def _picture(numbers: int) -> tuple[int, int]:
    """Return side and colours of square pictures of so many numbers. Raises `ValueError`."""
    for colours in (3, 1):
        side = math.isqrt(numbers // colours)
        if side and colours * side * side == numbers:
            return side, colours
    raise ValueError(tr("its images of {numbers:,} numbers are not square, in colour or grey", numbers=numbers))
