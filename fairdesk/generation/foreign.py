"""Generators that other programs trained: the network is inferred from names and shapes, and no code in a file is run."""

from __future__ import annotations

import io
import math
import pickle
import re
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn

from fairdesk.errors import RequestError
from fairdesk.faces.weights import check_archive, check_tensors, load_states
from fairdesk.generation.networks import DCGenerator, FullyConnectedGenerator
from fairdesk.generation.stylegan2_networks import StyleGenerator

State = Mapping[str, torch.Tensor]


class _Kept:
    """Stands for an object of StyleGAN's: its state is kept, its code is not looked at."""

    def __init__(self, meta: Mapping[str, Any]) -> None:
        self.name = str(meta.get("class_name", ""))
        self.state = meta.get("state", {})


def _storage(data: bytes) -> Any:
    check_archive(io.BytesIO(data))
    return torch.load(io.BytesIO(data), weights_only=True)


_KNOWN: dict[tuple[str, str], Any] = {
    ("torch_utils.persistence", "_reconstruct_persistent_obj"): _Kept,
    ("dnnlib.util", "EasyDict"): dict, ("dnnlib", "EasyDict"): dict, ("collections", "OrderedDict"): OrderedDict,
    ("torch._utils", "_rebuild_tensor_v2"): torch._utils._rebuild_tensor_v2,
    ("torch._utils", "_rebuild_parameter"): torch._utils._rebuild_parameter,
    ("torch.storage", "_load_from_bytes"): _storage,
}  # fmt: skip


class _Careful(pickle.Unpickler):
    """Rebuilds tensors and plain containers; anything else in a pickle is a refusal."""

    def find_class(self, module: str, name: str) -> Any:
        found = _KNOWN.get((module, name))
        if found is None and module == "torch" and isinstance(getattr(torch, name, None), torch.dtype):
            return getattr(torch, name)
        if found is None:
            raise pickle.UnpicklingError(f"it asks for {module}.{name}")
        return found


def _tensors(kept: _Kept, prefix: str = "") -> dict[str, torch.Tensor]:
    """Gather a module's parameters and buffers by name, as its state dict would."""
    out: dict[str, torch.Tensor] = {}
    state = kept.state if isinstance(kept.state, Mapping) else {}
    for part in ("_parameters", "_buffers"):
        out |= {
            prefix + key: value for key, value in (state.get(part) or {}).items() if isinstance(value, torch.Tensor)
        }
    for key, child in (state.get("_modules") or {}).items():
        if isinstance(child, _Kept):
            out |= _tensors(child, f"{prefix}{key}.")
    return out


def read_stylegan_pickle(path: Path) -> dict[str, torch.Tensor]:
    """Return the tensors of the averaged generator in a stylegan2-ada-pytorch `.pkl`.

    Raises
    ------
    RequestError
        If the file is damaged, holds anything but such networks, or a generator of another kind.
    """
    try:
        with path.open("rb") as file:
            loaded = _Careful(file).load()
        generator = loaded["G_ema"]
        state = _tensors(generator)
        check_tensors(state)
    except FileNotFoundError:
        raise RequestError(f"There is no checkpoint {path}.") from None
    except Exception as error:
        raise RequestError(
            f"{path} cannot be read as a StyleGAN2 pickle ({error}). FairDesk never runs code from a file: a pickle may hold "
            "networks of stylegan2-ada-pytorch and nothing else."
        ) from error
    if "synthesis.input.freqs" in state:
        raise RequestError(f"{path} holds a StyleGAN3 generator. Only StyleGAN2 generators can be used here.")
    return state


def stylegan_from(state: State, where: str) -> tuple[StyleGenerator, dict[str, Any]]:
    """Build the StyleGAN2 generator that a state dict belongs to; returns it and what `generate` needs to know."""
    try:
        width = state["synthesis.b4.conv1.affine.weight"].shape[1]
        labels = state["mapping.embed.weight"].shape[1] if "mapping.embed.weight" in state else 0
        latent = state["mapping.fc0.weight"].shape[1] - (width if labels else 0)
        layers = sum(bool(re.fullmatch(r"mapping\.fc\d+\.weight", key)) for key in state)
        size = max(int(m[1]) for key in state if (m := re.match(r"synthesis\.b(\d+)\.", key)))
        base = state[f"synthesis.b{size}.conv1.weight"].shape[0] * size
        network = StyleGenerator(latent, labels, width, size, base, layers)
        network.load_state_dict(dict(state), strict=True)
    except (KeyError, ValueError, RuntimeError, IndexError) as error:
        raise RequestError(
            f"{where} does not fit a StyleGAN2 generator: {str(error).splitlines()[-1].strip()}"
        ) from error
    names = [str(n) for n in range(labels)]
    return network, {"family": "stylegan2", "latent": latent, "size": size, "labels": names, "channel_base": base,
                     "mapping_layers": layers, "step": 0}  # fmt: skip


def generator_of(path: Path) -> tuple[nn.Module, dict[str, Any]]:
    """Load a generator of PyTorch's DCGAN tutorial, of PyTorch-GAN's gan.py, or a StyleGAN2 (.pkl or its weights).

    Raises
    ------
    RequestError
        If the file is damaged, hostile, or of no known generator.
    """
    if path.suffix.lower() == ".pkl":
        return stylegan_from(read_stylegan_pickle(path), str(path))
    refusals = []
    for state in load_states(path):
        try:
            return _generator_from(state, path)
        except RequestError as error:
            refusals.append(error)
    raise refusals[0]


def _generator_from(state: State, path: Path) -> tuple[nn.Module, dict[str, Any]]:
    if "synthesis.b4.const" in state:
        return stylegan_from(state, str(path))
    try:
        if "main.0.weight" in state and state["main.0.weight"].dim() == 4:
            layers = sum(value.dim() == 4 for value in state.values())
            latent, size = state["main.0.weight"].shape[0], 4 * 2 ** (layers - 1)
            features = state[f"main.{3 * (layers - 1)}.weight"].shape[0]
            network: nn.Module = DCGenerator(latent, size, features)
            family = "dcgan"
        elif "model.0.weight" in state and "model.11.weight" in state:
            latent = state["model.0.weight"].shape[1]
            size = math.isqrt(state["model.11.weight"].shape[0] // 3)
            network, family = FullyConnectedGenerator(latent, size), "gan"
        else:
            raise KeyError("main.0.weight, model.11.weight or synthesis.b4.const")
        network.load_state_dict(dict(state), strict=True)
    except (KeyError, RuntimeError, IndexError) as error:
        raise RequestError(
            f"{path} holds no generator that is known here (DCGAN as in PyTorch's tutorial, PyTorch-GAN's gan.py, StyleGAN2): "
            f"{str(error).splitlines()[-1].strip()}. Its first names are: {', '.join(list(state)[:3]) or 'none'}"
        ) from error
    return network, {"family": family, "latent": latent, "size": size, "labels": [], "step": 0}
