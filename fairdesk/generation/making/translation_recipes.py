"""How a network is run fastest on this device: number format and memory order, found by a short trial."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import nn

SAME = 40.0  # dB: a recipe whose pictures are farther than this from float32's is not used
_TURNS = 3
Network = Callable[[torch.Tensor], torch.Tensor]


@dataclass(frozen=True)
class Recipe:
    """A number format of weights and activations, and the order of a picture's numbers in memory."""

    name: str
    precision: str
    dtype: torch.dtype
    form: torch.memory_format

    def prepare(self, network: nn.Module) -> Network:
        """Return the network as this recipe runs it: float32 in, float32 out. The given one is not changed."""
        own = copy.deepcopy(network).to(dtype=self.dtype, memory_format=self.form)

        def run(images: torch.Tensor) -> torch.Tensor:
            with torch.inference_mode():
                made: torch.Tensor = own(images.to(dtype=self.dtype, memory_format=self.form)).float()
            return made

        return run


FP32 = Recipe("fp32", "fp32", torch.float32, torch.contiguous_format)
AS_EXPORTED = Recipe("onnx, as exported", "fp32", torch.float32, torch.contiguous_format)
RECIPES = [
    FP32,
    Recipe("fp32, channels last", "fp32", torch.float32, torch.channels_last),
    Recipe("bf16", "bf16", torch.bfloat16, torch.contiguous_format),
    Recipe("bf16, channels last", "bf16", torch.bfloat16, torch.channels_last),
]


@dataclass(frozen=True)
class Trial:
    """What a recipe did in the trial."""

    recipe: Recipe
    seconds: float
    psnr: float  # dB against float32, of pictures that span [-1, 1]


def psnr(one: torch.Tensor, other: torch.Tensor) -> float:
    """Return the peak signal-to-noise ratio in dB of pictures in [-1, 1]; infinite if they are equal."""
    error = float((one.double() - other.double()).square().mean())
    return float("inf") if error == 0 else float(10 * torch.log10(torch.tensor(4 / error)))


def choose(network: nn.Module, images: torch.Tensor, precision: str) -> tuple[Recipe, Network, list[Trial]]:
    """Try recipes on some images, in turn, and return the fastest that keeps the picture, ready to run.

    Parameters
    ----------
    precision
        "auto", or a format ("fp32", "bf16") to keep to.
    """
    wanted = [r for r in RECIPES if precision in ("auto", r.precision)]
    ready = {recipe.name: recipe.prepare(network) for recipe in wanted}
    exact = FP32.prepare(network)(images)
    seconds: dict[str, list[float]] = {recipe.name: [] for recipe in wanted}
    apart = {}
    for turn in range(_TURNS + 1):
        for recipe in wanted:
            start = time.perf_counter()
            made = ready[recipe.name](images)
            _wait(made)
            if turn:  # the first turn warms up
                seconds[recipe.name].append(time.perf_counter() - start)
            else:
                apart[recipe.name] = psnr(made, exact)
    trials = [Trial(r, min(seconds[r.name]), apart[r.name]) for r in wanted]
    best = min(
        (t for t in trials if precision != "auto" or t.psnr >= SAME or t.recipe is FP32), key=lambda t: t.seconds
    )
    return best.recipe, ready[best.recipe.name], trials


def _wait(tensor: torch.Tensor) -> None:
    """Wait until the device has worked it out."""
    if tensor.is_cuda:
        torch.cuda.synchronize()
    elif tensor.device.type == "mps":
        torch.mps.synchronize()
