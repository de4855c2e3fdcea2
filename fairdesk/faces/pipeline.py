"""What helper processes do of the way from photographs to vectors: each image is decoded once, searched, and its faces cut out.

They import neither torch nor encoders, so that they are at work while those are still being loaded (`faces/computing.py`).
"""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import NamedTuple

from PIL import Image

from fairdesk.faces import deepface_models
from fairdesk.faces.aligners import Aligner
from fairdesk.faces.detectors import detect_batch
from fairdesk.faces.landmarks import with_landmarks
from fairdesk.faces.quality import measure
from fairdesk.faces.search import Search
from fairdesk.images.elsewhere import is_address, read_address
from fairdesk.images.image_reading import UnreadableImageError, box_with_margin, thumbnail
from fairdesk.images.pixels import Pixels, read_pixels
from fairdesk.project.boxes import FaceBox
from fairdesk.project.detections import FoundFaces, UnseenImage
from fairdesk.project.faces import FacePlace
from fairdesk.project.quality import Measured, Quality
from fairdesk.project.thumbnails import SIDE


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
_search: Search | None = None
_aligner: Aligner | None = None


def load(search: Search | None, aligner: Aligner | None) -> None:
    """Get a process ready: to search, to align, or both."""
    global _search, _aligner
    _search, _aligner = search, aligner
    if search is not None and search.key.deepface is not None:
        deepface_models.prepare(search.weights, download=search.download)


def search_batch(batch: list[UnseenImage]) -> list[Searched]:
    """Find the faces of a batch of images, with their thumbnails, and cut them out; runs in a helper process."""
    out: dict[int, Searched] = {}
    waiting: dict[int, Pixels] = {}
    for place, image in enumerate(batch):
        try:
            waiting[place] = _read(image)
        except UnreadableImageError as error:
            out[place] = Searched(FoundFaces([], error.why), [])
        if place == len(batch) - 1 or sum(image.size for image in waiting.values()) > _TOGETHER:
            out |= zip(waiting, _search_together(list(waiting.values())), strict=True)
            waiting = {}
    return [out[place] for place in range(len(batch))]


def _search_together(images: list[Pixels]) -> list[Searched]:
    """Do each step for all images before the next: what a step keeps in the processor's caches is then used, not fetched anew."""
    assert _search is not None
    found = [_with_needed_landmarks(*one) for one in zip(images, detect_batch(images, _search.key), strict=True)]
    faces = [(image, box) for image, boxes in zip(images, found, strict=True) for box in boxes]
    chips = iter([] if _aligner is None else _aligner.cut(faces))
    return [
        _searched(image, boxes, list(islice(chips, len(boxes)))) for image, boxes in zip(images, found, strict=True)
    ]


def _with_needed_landmarks(image: Pixels, boxes: list[FaceBox]) -> list[FaceBox]:
    """Look for landmarks that are needed below: of each face to align it, of the largest to measure its pose."""
    assert _search is not None
    count = len(boxes) if _aligner is not None and _aligner.by_landmarks else int(_search.quality)
    return with_landmarks(image, boxes[:count]) + boxes[count:]


def _read(one: UnseenImage | FacePlace) -> Pixels:
    if is_address(one.path):
        return read_address(one.path, one.sha256)
    return read_pixels(Path(one.path), one.sha256)


def _searched(image: Pixels, boxes: list[FaceBox], chips: list[Pixels]) -> Searched:
    assert _search is not None
    if _search.key.name == "whole":
        cuts = [b"" for _ in boxes]  # that of the image shows the face
    else:
        picture = Image.fromarray(image)
        cuts = [thumbnail(picture.crop(box_with_margin(box.css, picture.size, 0.25)), SIDE) for box in boxes]
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
    waiting: list[tuple[Pixels, FaceBox]] = []
    for place, face in enumerate(batch):
        try:
            waiting.append((_read(face), face.box))
            out.faces.append(face.id)
        except UnreadableImageError as error:
            out.failures[face.id] = error.why
        if place == len(batch) - 1 or sum(image.size for image, _ in waiting) > _TOGETHER:
            out.chips.extend(_aligner.cut(waiting))
            waiting = []
    return out
