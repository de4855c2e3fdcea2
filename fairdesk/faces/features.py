"""Feature vectors of whole pictures by any encoder, without a project."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from fairdesk.faces.encoders import Encoder, encode, make_encoder
from fairdesk.faces.params import EncodeParams
from fairdesk.images.image_reading import UnreadableImageError
from fairdesk.images.pixels import Pixels, read_pixels
from fairdesk.jobs.context import Context
from fairdesk.project.boxes import FaceBox
from fairdesk.words import tr

_BATCH = 32


def whole(image: Pixels) -> FaceBox:
    """Return the box of an image that is the face already."""
    return FaceBox(0, image.shape[1], image.shape[0], 0)


class Features:
    """An encoder for whole pictures; `name` says which, as it has to stand beside every number made with it."""

    def __init__(self, encoder: str, device: str, *, weights: Path | None = None, download: bool = False) -> None:
        params = EncodeParams(encoder=encoder, detector="whole", weights=weights, download=download)
        self._encoder: Encoder = make_encoder(params, device)
        self._chips = encoder == "dlib"
        self.name = "dlib (whole pictures as chips)" if self._chips else self._encoder.recipe("whole").encoder
        self.metric = self._encoder.recipe("whole").metric

    def of(self, pictures: Sequence[Pixels]) -> npt.NDArray[np.float64]:
        """Return features of pictures, shape (n, dim)."""
        if self._chips:
            return self._of_chips(pictures)
        parts = [
            encode(self._encoder, [(one, whole(one)) for one in pictures[n : n + _BATCH]])
            for n in range(0, len(pictures), _BATCH)
        ]
        return np.concatenate(parts).astype(np.float64) if parts else np.empty((0, self._encoder.dim))

    def _of_chips(self, pictures: Sequence[Pixels]) -> npt.NDArray[np.float64]:
        """Take whole pictures as dlib's aligned chips: no landmarks, so two like pictures have like vectors."""
        side = (self._encoder.aligner.side,) * 2
        chips = [np.asarray(Image.fromarray(one).resize(side, Image.Resampling.BILINEAR)) for one in pictures]
        parts = [self._encoder.compute(chips[n : n + _BATCH]) for n in range(0, len(chips), _BATCH)]
        return np.concatenate(parts).astype(np.float64) if parts else np.empty((0, self._encoder.dim))

    def of_files(
        self, paths: Sequence[Path], context: Context, done: int = 0, total: int = 0
    ) -> tuple[npt.NDArray[np.float64], list[Path], list[dict[str, str]]]:
        """Return features, the files they are of, and the files that cannot be read."""
        rows, kept, unreadable = [], [], []
        for start in range(0, len(paths), _BATCH):
            context.check()
            pictures = []
            for path in paths[start : start + _BATCH]:
                try:
                    pictures.append(read_pixels(path))
                    kept.append(path)
                except UnreadableImageError as error:
                    unreadable.append({"path": str(path), "why": error.why})
            if pictures:
                rows.append(self.of(pictures))
            context.progress(done + min(len(paths), start + _BATCH), total or len(paths), tr("images"))
        return np.concatenate(rows) if rows else np.empty((0, self._encoder.dim)), kept, unreadable
