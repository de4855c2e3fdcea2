"""A batch in parts, one after the other or one on each device, whose gradients are summed before a step is taken."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import torch


class Parts:
    """Which parts of a batch this process works through.

    Where several processes train (`learning/distributed.py`), each takes its own parts of the same batch; their
    networks stay equal, as all take the step of the summed gradients. This is done by hand and not by DDP, whose hooks
    take neither gradients of gradients nor two gradients of one graph, as GANs need them.
    """

    def __init__(self, fabric: Any, in_turn: int) -> None:
        self._fabric = fabric
        self._in_turn, self._first = in_turn, fabric.global_rank * in_turn
        self.count = in_turn * fabric.world_size

    def of(self, *tensors: torch.Tensor | None) -> Iterator[tuple[Any, ...]]:
        """Yield for each of this process's parts that is not empty its share of the batch, and its part of each tensor."""
        whole = next(len(tensor) for tensor in tensors if tensor is not None)
        divided = [None if tensor is None else tensor.tensor_split(self.count) for tensor in tensors]
        for number in range(self._first, self._first + self._in_turn):
            parts = [None if split is None else split[number] for split in divided]
            size = next(len(part) for part in parts if part is not None)
            if size:
                yield size / whole, *parts

    def join(self, weights: Iterable[torch.Tensor]) -> None:
        """Sum the gradients of all processes, each of which has scaled its own by their share."""
        if self._fabric.world_size == 1:
            return
        learned = list(weights)
        for weight in learned:
            if weight.grad is None:
                weight.grad = torch.zeros_like(weight)
        flat = torch.cat([weight.grad.flatten() for weight in learned if weight.grad is not None])
        summed = self._fabric.all_reduce(flat, reduce_op="sum")
        place = 0
        for weight in learned:
            assert weight.grad is not None
            weight.grad.copy_(summed[place : place + weight.numel()].view_as(weight))
            place += weight.numel()

    def told(self, values: dict[str, float]) -> dict[str, float]:
        """Sum what each process tells, scaled by its share."""
        if self._fabric.world_size == 1:
            return values
        summed = self._fabric.all_reduce(torch.tensor(list(values.values()), dtype=torch.float64), reduce_op="sum")
        return dict(zip(values, summed.tolist(), strict=True))


def falling(epoch: int, start: int | None, epochs: int) -> float:
    """Return the factor of the learning rate: 1 until the epoch `start`, then in a straight line to 0 at the end."""
    if start is None:
        return 1.0
    start = min(start, epochs - 1)
    return 1 - max(0, epoch - start) / max(1, epochs - start)
