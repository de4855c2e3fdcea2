"""One vector for a set of images (IJB's templates), as InsightFace's evaluation pools them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from fairdesk.dataset.known_images import KnownImage
from fairdesk.metrics.pair_lists.matching import ListedName, ListImages
from fairdesk.metrics.pair_lists.pairs import Member

Vectors = npt.NDArray[np.float32]


def pooled(
    templates: Mapping[str, Sequence[Member]], images: ListImages, row_of: Mapping[str, int], vectors: Vectors
) -> tuple[dict[str, tuple[int, KnownImage | None]], Vectors]:
    """Return each template's row (-1: none of its images has a vector) with one of its images, and the vectors with theirs.

    Each image's vector is brought to length 1, the mean is taken over the images of a medium, the sum over the media,
    and the result is brought to length 1 (`image2template_feature` of InsightFace's ijb_evals.py).
    """
    rows: dict[str, tuple[int, KnownImage | None]] = {}
    made: list[npt.NDArray[np.float64]] = []
    for name, members in templates.items():
        by_media: dict[str, list[int]] = {}
        first = None
        for member in members:
            image = images.image(ListedName(member.path, ""))
            first = first or image
            row = -1 if image is None else row_of.get(image.path, -1)
            if row >= 0:
                by_media.setdefault(member.media, []).append(row)
        if not by_media:
            rows[name] = (-1, first)
            continue
        total = np.sum([_unit(vectors[found]).mean(0) for found in by_media.values()], axis=0)
        rows[name] = (len(vectors) + len(made), first)
        made.append(_unit(total[None])[0])
    return rows, np.vstack([vectors, *made]).astype(np.float32) if made else vectors


def _unit(vectors: Vectors) -> npt.NDArray[np.float64]:
    values = vectors.astype(np.float64)
    norms: npt.NDArray[np.float64] = np.linalg.norm(values, axis=1, keepdims=True)
    return np.divide(values, norms, out=np.zeros_like(values), where=norms > 0)
