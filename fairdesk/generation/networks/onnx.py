"""Generators as ONNX files, of this program (`export-model`) and of others. ONNX holds a graph and weights, no code."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from fairdesk.errors import RequestError
from fairdesk.faces.weight_files import onnx_errors, onnx_reason, open_onnx
from fairdesk.words import tr


class OnnxNetwork(nn.Module):
    """An ONNX graph that takes float32 tensors and gives one; batches are taken apart where the graph's is fixed."""

    def __init__(self, path: Path, device: str) -> None:
        super().__init__()
        self.path, self.session = path, open_onnx(path, device)
        self.inputs: dict[str, list[Any]] = {one.name: list(one.shape) for one in self.session.get_inputs()}
        if any(one.type != "tensor(float)" for one in self.session.get_inputs()):
            raise RequestError(tr("{path} takes other numbers than float32: export it as float32.", path=path))
        first = next(iter(self.inputs.values()), [])
        self._batch = first[0] if first and isinstance(first[0], int) else None

    @property
    def sides(self) -> tuple[int, int] | None:
        """Height and width of the only pictures it takes; None: any."""
        shape = next(iter(self.inputs.values()))
        return (shape[2], shape[3]) if len(shape) == 4 and all(isinstance(side, int) for side in shape[2:]) else None

    def __deepcopy__(self, _memo: dict[int, Any]) -> OnnxNetwork:
        return self  # a session is not copied, and running it does not change it

    def forward(self, *given: torch.Tensor | None) -> torch.Tensor:
        """Run the graph; inputs in its order, None for those it has not."""
        arrays = [one.detach().float().cpu().numpy() for one in given if one is not None]
        arrays = [
            a.reshape(len(a), *shape[1:]) if all(isinstance(side, int) for side in shape[1:]) else a
            for a, shape in zip(arrays, self.inputs.values(), strict=True)
        ]
        if self._batch is None and len(arrays[0]) > 1:
            try:
                return self._run(arrays, len(arrays[0]))
            except RequestError:  # its batch may be free in name only
                made = self._run(arrays, 1)
                self._batch = 1
                return made
        return self._run(arrays, self._batch or len(arrays[0]))

    def _run(self, arrays: list[npt.NDArray[np.float32]], size: int) -> torch.Tensor:
        """Run the graph on so many rows at a time."""
        count, parts = len(arrays[0]), []
        for start in range(0, count, size):
            rows = np.minimum(np.arange(start, start + size), count - 1)  # the last ones fill a fixed batch
            feed = {name: np.ascontiguousarray(a[rows]) for name, a in zip(self.inputs, arrays, strict=True)}
            why = ""
            try:
                found = np.asarray(self.session.run(None, feed)[0])
            except onnx_errors() as error:
                why = onnx_reason(error)
            if not why and len(found) != size:
                why = tr("it gives {given} images for {asked}", given=len(found), asked=size)
            if why:
                raise RequestError(
                    tr(
                        "{path} cannot be run on {shapes}: {error}",
                        path=self.path,
                        shapes=[a[rows].shape for a in arrays],
                        error=why,
                    )
                )
            parts.append(found[: count - start])
        return torch.from_numpy(np.concatenate(parts).astype(np.float32, copy=False))


def _pictures(network: OnnxNetwork, *given: torch.Tensor) -> torch.Tensor:
    """Run a network once; what it gives must be pictures."""
    with torch.inference_mode():
        made: torch.Tensor = network(*given)
    if made.dim() != 4 or made.shape[1] != 3:
        raise RequestError(
            tr(
                "{path} gives the shape {shape}: images (n, 3, height, width) are expected.",
                path=network.path,
                shape=tuple(made.shape),
            )
        )
    return made


def onnx_generator(path: Path, device: str) -> tuple[OnnxNetwork, dict[str, Any]]:
    """Open a generator that takes latents (n, d) or (n, d, 1, 1), and labels (n, k) or none.

    Raises
    ------
    RequestError
        If the file is no ONNX model, or another kind of one.
    """
    network = OnnxNetwork(path, device)
    shapes = list(network.inputs.values())
    fits = all(len(s) in (2, 4) and isinstance(s[1], int) and all(side == 1 for side in s[2:]) for s in shapes)
    if len(shapes) not in (1, 2) or not fits:
        raise RequestError(
            tr(
                "{path} takes {inputs}: a generator takes latents (n, d), and labels (n, k) or none.",
                path=path,
                inputs=network.inputs,
            )
        )
    sizes = [int(shape[1]) for shape in shapes]
    made = _pictures(network, *(torch.zeros(1, size) for size in sizes))
    labels = [str(n) for n in range(sizes[1])] if len(sizes) == 2 else []
    return network, {"family": "onnx", "latent": sizes[0], "size": made.shape[-1], "labels": labels, "step": 0}


def onnx_translator(path: Path, device: str) -> OnnxNetwork:
    """Open a network that takes pictures (n, 3, height, width) in [-1, 1] and gives such pictures.

    Raises
    ------
    RequestError
        If the file is no ONNX model, or another kind of one.
    """
    network = OnnxNetwork(path, device)
    shapes = list(network.inputs.values())
    if len(shapes) != 1 or len(shapes[0]) != 4 or shapes[0][1] != 3:
        raise RequestError(
            tr(
                "{path} takes {inputs}: a translator takes images (n, 3, height, width).",
                path=path,
                inputs=network.inputs,
            )
        )
    _pictures(network, torch.zeros(1, 3, *(network.sides or (64, 64))))
    return network
