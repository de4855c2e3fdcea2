"""From photographs to vectors: each image is decoded once, helper processes search and align, threads here compute.

The helpers never import torch, so they work while it is still being loaded here. The network is in memory once.
"""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple, TypeVar

import numpy as np
from PIL import Image

from fairdesk.errors import FairDeskError, Stopped
from fairdesk.faces import deepface_models
from fairdesk.faces.aligners import Aligner
from fairdesk.faces.detectors import detect_batch, takes_batches
from fairdesk.faces.encoders import Encoder, Vectors
from fairdesk.faces.params import DetectParams
from fairdesk.faces.quality import measure
from fairdesk.images.image_reading import UnreadableImageError, box_with_margin, thumbnail
from fairdesk.images.pixels import Pixels, read_pixels
from fairdesk.jobs.pool import processes
from fairdesk.project.boxes import FaceBox
from fairdesk.project.detections import FoundFaces, UnseenImage
from fairdesk.project.faces import FacePlace
from fairdesk.project.quality import Measured, Quality
from fairdesk.project.thumbnails import SIDE

Item = TypeVar("Item")
Output = TypeVar("Output")


class Searched(NamedTuple):
    """What was found in one image."""

    found: FoundFaces
    chips: list[Pixels]  # its faces cut out for the encoder, if one is to be run
    quality: Quality | None = None  # of its largest face, if it is to be measured


class Aligned(NamedTuple):
    """The faces of a batch that could be read, cut out for the encoder."""

    faces: list[int]
    chips: list[Pixels]
    failures: dict[int, str]


_TOGETHER = 24_000_000  # bytes of decoded images that are searched at once
_search: DetectParams | None = None
_aligner: Aligner | None = None


def load(search: DetectParams | None, aligner: Aligner | None) -> None:
    """Get a process ready: to search, to align, or both."""
    global _search, _aligner
    _search, _aligner = search, aligner
    if search is not None and search.key.deepface is not None:
        deepface_models.prepare(search.weights, download=search.download)


def search_batch(batch: list[UnseenImage]) -> list[Searched]:
    """Find the faces of a batch of images, with their thumbnails, and cut them out; runs in a helper process."""
    assert _search is not None
    together = _TOGETHER if takes_batches(_search) else 0
    out: dict[int, Searched] = {}
    waiting: dict[int, Pixels] = {}
    for place, (_, path) in enumerate(batch):
        try:
            waiting[place] = read_pixels(Path(path))
        except UnreadableImageError as error:
            out[place] = Searched(FoundFaces([], error.why), [])
        if place == len(batch) - 1 or sum(image.size for image in waiting.values()) > together:
            found = detect_batch(list(waiting.values()), _search)
            out |= {place: _cut(waiting[place], boxes) for place, boxes in zip(waiting, found, strict=True)}
            waiting = {}
    return [out[place] for place in range(len(batch))]


def _cut(image: Pixels, boxes: list[FaceBox]) -> Searched:
    assert _search is not None
    picture = Image.fromarray(image)
    cuts = [thumbnail(picture.crop(box_with_margin(box.css, picture.size, 0.25)), SIDE) for box in boxes]
    chips = [] if _aligner is None else [_aligner(image, box) for box in boxes]
    quality = measure(image, boxes[0] if boxes else None, len(boxes)) if _search.quality else None
    return Searched(FoundFaces(list(zip(boxes, cuts, strict=True))), chips, quality)


def measured_of(images: list[UnseenImage], results: list[Searched]) -> list[Measured]:
    """Return what was measured of images, if it was asked for; one that could not be read is measured when it can be."""
    pairs = zip(images, results, strict=True)
    return [Measured(image.id, one.quality) for image, one in pairs if one.quality is not None]


def align_batch(batch: list[FacePlace]) -> Aligned:
    """Read a batch of faces and cut them out; runs in a helper process."""
    assert _aligner is not None
    out = Aligned([], [], {})
    for face in batch:
        try:
            out.chips.append(_aligner(read_pixels(Path(face.path)), face.box))
            out.faces.append(face.id)
        except UnreadableImageError as error:
            out.failures[face.id] = error.why
    return out


def compute_each(
    results: Iterator[tuple[list[Item], Output]],
    chips_of: Callable[[Output], list[Pixels]],
    encoder: Encoder,
    device: str,
    size: int,
) -> Iterator[tuple[list[Item], Output, Vectors]]:
    """Yield (batch, what was found, the vectors of its faces) in order, while later batches are searched and computed.

    On the processor every thread computes a batch of its own with one core: threads that share a batch wait for each
    other wherever a core is taken by something else. Twice as many batches as threads are in memory at most.
    """
    threads = processes() if device == "cpu" and encoder.engine != "all cores" else 1
    by_torch = encoder.engine == "torch" and threads > 1
    cores = _torch_cores()
    waiting: deque[tuple[list[Item], Output, Future[Vectors]]] = deque()
    ended: FairDeskError | Stopped | None = None
    try:
        with ThreadPoolExecutor(threads, initializer=_one_core if by_torch else None) as pool:
            try:
                for batch, result in results:
                    waiting.append((batch, result, pool.submit(_compute, encoder, chips_of(result), size)))
                    while waiting and (waiting[0][2].done() or len(waiting) >= 2 * threads):
                        first, found, future = waiting.popleft()
                        yield first, found, future.result()
            except (FairDeskError, Stopped) as error:  # stopped, or a helper died: what was found until then is kept
                ended = error
            while waiting:
                first, found, future = waiting.popleft()
                yield first, found, future.result()
    finally:
        if by_torch:
            _give_back(cores)
    if ended is not None:
        raise ended


def _torch_cores() -> int | None:
    """Return on how many cores torch computes; None where it is not loaded yet."""
    return sys.modules["torch"].get_num_threads() if "torch" in sys.modules else None


def _one_core() -> None:
    import torch

    torch.set_num_threads(1)


def _give_back(cores: int | None) -> None:
    """Let later work of this process compute on as many cores as before."""
    import torch

    torch.set_num_threads(cores or processes())


def _compute(encoder: Encoder, chips: list[Pixels], size: int) -> Vectors:
    parts = [encoder.compute(chips[start : start + size]) for start in range(0, len(chips), size)]
    return np.concatenate(parts) if parts else np.empty((0, encoder.dim), dtype=np.float32)
