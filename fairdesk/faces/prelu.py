"""PReLU whose backward pass on a CPU takes a quarter of the time: torch's own is not vectorised there.

A few images are done at a time, so that what lies between the steps stays in the processor's cache.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from torch.nn import functional

_CACHED = 2**18  # numbers done at a time


class _Prelu(torch.autograd.Function):  # type: ignore[misc]
    """max(x, 0) + a min(x, 0), with a slope for each channel (He et al., ICCV 2015)."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor, slope: torch.Tensor) -> torch.Tensor:
        """Return it for x (n, channels, ...) and slopes (channels,)."""
        ctx.save_for_backward(x, slope)
        return functional.prelu(x, slope.to(x.dtype))

    @staticmethod
    def backward(ctx: Any, *grads: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the gradients by x and by the slopes."""
        (grad,) = grads
        x, slope = ctx.saved_tensors
        factor = slope.to(x.dtype).view(1, -1, *(1 for _ in x.shape[2:]))
        by_x, by_slope = torch.empty_like(x), torch.zeros_like(slope)
        over = (0, *range(2, x.dim()))
        images = max(1, _CACHED // max(1, x[0].numel()))
        for n in range(0, len(x), images):
            part, given = x[n : n + images], grad[n : n + images]
            above = torch.ops.aten.threshold_backward(given, part, 0)
            below = given - above
            torch.addcmul(above, below, factor, out=by_x[n : n + images])
            by_slope += (below * part).sum(over)
        return by_x, by_slope


class PReLU(nn.PReLU):  # type: ignore[misc]
    """torch.nn.PReLU, faster where it trains on a CPU."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Apply it."""
        if x.device.type == "cpu" and torch.is_grad_enabled() and x.requires_grad and not torch.jit.is_tracing():
            out: torch.Tensor = _Prelu.apply(x, self.weight)  # type: ignore[no-untyped-call]
            return out
        return super().forward(x)
