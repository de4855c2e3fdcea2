"""FID and KID while a GAN trains: the same real images each time, new latents from a seed, training left undisturbed."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch

from fairdesk.faces.features import Features
from fairdesk.generation.checking.feature_distances import fid, kid
from fairdesk.learning.sample_pictures import to_pixels


class Watch:
    """Measures what `make` draws beside real images; the encoder is the program's own, dlib's."""

    def __init__(
        self, real: torch.Tensor, make: Callable[[int, torch.Generator], torch.Tensor], count: int, seed: int
    ) -> None:
        self._make, self._count, self._seed = make, count, seed
        self._features = Features("dlib", "cpu")
        self._real = self._features.of(list(to_pixels(real)))

    def figures(self) -> dict[str, float]:
        """Return FID and KID now, by the weights that would make faces."""
        generator = torch.Generator().manual_seed(self._seed)
        with torch.random.fork_rng(), torch.no_grad():
            parts = [self._make(min(64, self._count - n), generator) for n in range(0, self._count, 64)]
        made = self._features.of(list(to_pixels(torch.cat(parts))))
        mean, _ = kid(self._real, made, np.random.default_rng(self._seed), subsets=10)
        return {"FID": fid(self._real, made), "KID": mean}
