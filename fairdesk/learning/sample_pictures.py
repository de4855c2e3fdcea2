"""Made tensors as pictures."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image


def to_pixels(made: torch.Tensor) -> npt.NDArray[np.uint8]:
    """Turn images (n, 3, h, w) in [-1, 1] into (n, h, w, 3), 8 bits."""
    scaled = made.clamp(-1, 1).add(1).mul(127.5).round().to(torch.uint8)
    pixels: npt.NDArray[np.uint8] = scaled.permute(0, 2, 3, 1).contiguous().numpy()
    return pixels


def grid(made: torch.Tensor, columns: int, gap: int = 2) -> Image.Image:
    """Lay images out in rows."""
    pixels = to_pixels(made)
    height, width = pixels.shape[1:3]
    rows = -(-len(pixels) // columns)
    sheet = Image.new("RGB", (columns * (width + gap) + gap, rows * (height + gap) + gap), (24, 24, 24))
    for place, one in enumerate(pixels):
        x, y = place % columns, place // columns
        sheet.paste(Image.fromarray(one), (gap + x * (width + gap), gap + y * (height + gap)))
    return sheet
