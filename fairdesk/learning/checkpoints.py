"""Checkpoints as safetensors: networks, optimisers and random state, so that a run resumes exactly."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from fairdesk.errors import RequestError
from fairdesk.faces.weight_files import misfit
from fairdesk.plain_json import parse_object
from fairdesk.words import tr

Tensors = dict[str, torch.Tensor]


def save_checkpoint(
    path: Path,
    networks: dict[str, torch.nn.Module],
    optimizers: dict[str, torch.optim.Optimizer],
    meta: dict[str, Any],
    extra: Tensors | None = None,
) -> None:
    """Write a checkpoint whole or not at all. `meta` is plain JSON: step, what made it; `extra` more tensors by name."""
    tensors: Tensors = {f"extra/{key}": value.contiguous() for key, value in (extra or {}).items()}
    for name, network in networks.items():
        tensors |= {
            f"net/{name}/{key}": value.detach().cpu().contiguous() for key, value in network.state_dict().items()
        }
    numbers: dict[str, Any] = {}
    for name, optimizer in optimizers.items():
        for index, state in optimizer.state_dict()["state"].items():
            for key, value in state.items():
                if isinstance(value, torch.Tensor):
                    tensors[f"opt/{name}/{index}/{key}"] = value.detach().cpu().contiguous()
                else:
                    numbers[f"{name}/{index}/{key}"] = value
    tensors["rng/torch"] = torch.get_rng_state()
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    save_file(tensors, part, {"fairdesk": json.dumps({"meta": meta, "numbers": numbers})})
    part.replace(path)


def read_checkpoint(path: Path) -> tuple[Tensors, dict[str, Any], dict[str, Any]]:
    """Return tensors, meta and the optimisers' plain numbers.

    Raises
    ------
    RequestError
        If the file is missing, damaged, or no checkpoint of FairDesk.
    """
    try:
        with safe_open(path, "pt") as file:
            header = file.metadata() or {}
            kept = parse_object(header["fairdesk"])
            meta, numbers = kept["meta"], kept["numbers"]
            if not isinstance(meta, dict) or not isinstance(numbers, dict):
                raise ValueError(tr("its description is no description"))
            tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118  (not a dict)
            return tensors, meta, numbers
    except FileNotFoundError:
        raise RequestError(tr("There is no checkpoint {path}.", path=path)) from None
    except (SafetensorError, OSError, KeyError, ValueError) as error:
        raise RequestError(
            tr("{path} is damaged, or no checkpoint of FairDesk ({error}).", path=path, error=type(error).__name__)
        ) from error


def need_built(build: Callable[[], torch.nn.Module], path: Path) -> torch.nn.Module:
    """Return a network made from what a checkpoint says of it. Raises `RequestError` where that is no sense."""
    try:
        return build()
    except (KeyError, TypeError, ValueError, ArithmeticError, RuntimeError, AssertionError, IndexError) as error:
        said = str(error).splitlines()[0][:200] if str(error) else ""
        raise RequestError(
            tr(
                "{path} does not say what network it holds ({type}: {said}).",
                path=path,
                type=type(error).__name__,
                said=said,
            )
        ) from error


def need_fit(tensors: Tensors, name: str, build: Callable[[], torch.nn.Module], path: Path) -> None:
    """Refuse a checkpoint whose description claims another network than its tensors are, before that network is made.

    Raises
    ------
    RequestError
        If it does not fit; a description of absurd numbers would else ask for any amount of memory.
    """
    with torch.device("meta"):  # shapes without memory
        claimed = need_built(build, path).state_dict()
    for key, value in claimed.items():
        kept = tensors.get(f"net/{name}/{key}")
        if kept is None or kept.shape != value.shape:
            has = "nothing" if kept is None else "x".join(map(str, kept.shape))
            raise RequestError(
                tr(
                    "{path} does not fit the network {name} that it says it holds: {key} would be {shape} and is {has}.",
                    path=path,
                    name=name,
                    key=key,
                    shape="x".join(map(str, value.shape)),
                    has=has,
                )
            )


def load_networks(tensors: Tensors, networks: dict[str, torch.nn.Module], path: Path) -> None:
    """Fill networks from a checkpoint. Raises `RequestError` where names or shapes do not fit."""
    for name, network in networks.items():
        prefix = f"net/{name}/"
        state = {key[len(prefix) :]: value for key, value in tensors.items() if key.startswith(prefix)}
        if why := misfit(network, state):
            raise RequestError(tr("{path} does not fit the network {name}: {why}", path=path, name=name, why=why))


def load_optimizers(tensors: Tensors, numbers: dict[str, Any], optimizers: dict[str, torch.optim.Optimizer]) -> None:
    """Fill optimisers, and set torch's random state."""
    for name, optimizer in optimizers.items():
        kept = optimizer.state_dict()
        state: dict[int, dict[str, Any]] = {}
        for key, value in tensors.items():
            if key.startswith(f"opt/{name}/"):
                index, field = key.split("/")[2:]
                state.setdefault(int(index), {})[field] = value
        for key, number in numbers.items():
            owner, index, field = key.split("/")
            if owner == name:
                state.setdefault(int(index), {})[field] = number
        optimizer.load_state_dict({"state": state, "param_groups": kept["param_groups"]})
    torch.set_rng_state(tensors["rng/torch"])


def is_checkpoint(path: Path) -> bool:
    """Whether a safetensors file is a checkpoint of FairDesk; a damaged one counts as one, so that it is told as such."""
    try:
        with safe_open(path, "pt") as file:
            return "fairdesk" in (file.metadata() or {})
    except (SafetensorError, OSError):
        return path.suffix.lower() == ".safetensors"


def header_of(path: Path) -> dict[str, str]:
    """Return what a safetensors file says of itself; nothing of another file."""
    try:
        with safe_open(path, "pt") as file:
            return dict(file.metadata() or {})
    except (SafetensorError, OSError):
        return {}
