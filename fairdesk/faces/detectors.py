"""Detectors by name: each takes an upright RGB picture and returns the faces in it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from PIL import Image

from fairdesk.faces import deepface_models, dlib_models
from fairdesk.images.pixels import Pixels
from fairdesk.project.boxes import DUE, FaceBox
from fairdesk.project.detector_key import DetectorKey

_CNN_PIXELS = 2_000_000  # enlarged ones that the network is given at once


def detect_faces(image: Pixels, key: DetectorKey) -> list[FaceBox]:
    """Return the faces of one picture, largest first (only that one unless all are wanted).

    The landmarks of those that dlib finds are due: whoever needs them looks for them (`faces/landmarks.py`).
    """
    return detect_batch([image], key)[0]


def takes_batches(key: DetectorKey) -> bool:
    """Whether a detector takes less time for several images at once."""
    return key.name == "cnn"


def detect_batch(images: Sequence[Pixels], key: DetectorKey) -> list[list[FaceBox]]:
    """Return the faces of several pictures, each as `detect_faces` does."""
    if key.deepface is not None:
        return [_chosen(_deepface(image, key), key) for image in images]
    if takes_batches(key) and len(images) > 1:
        boxes = _cnn_batch(images, key)
    else:
        boxes = [_DETECTORS[key.name](image, key) for image in images]
    return [_chosen(found, key) for found in boxes]


def _deepface(image: Pixels, key: DetectorKey) -> list[FaceBox]:
    assert key.deepface is not None
    small, scale = _scaled(image, key.max_side)
    return [_back(face, scale, image) for face in deepface_models.detect(small, key.deepface)]


def _cnn_batch(images: Sequence[Pixels], key: DetectorKey) -> list[list[FaceBox]]:
    scaled = [_scaled(image, key.max_side) for image in images]
    of_shape: dict[tuple[int, ...], list[int]] = {}
    for place, (small, _) in enumerate(scaled):
        of_shape.setdefault(small.shape, []).append(place)
    out: list[list[FaceBox]] = [[] for _ in images]
    for (height, width, *_), places in of_shape.items():
        size = max(1, _CNN_PIXELS // (height * width * 4**key.upsample))
        for start in range(0, len(places), size):
            part = places[start : start + size]
            found = dlib_models.cnn()([scaled[one][0] for one in part], key.upsample, size)
            for place, of_image in zip(part, found, strict=True):
                out[place] = _cnn_boxes(images[place], of_image, scaled[place][1])
    return out


def _chosen(found: list[FaceBox], key: DetectorKey) -> list[FaceBox]:
    found.sort(key=lambda face: (-face.area, face.top, face.left))
    return found if key.every else found[:1]


def _whole(image: Pixels, _key: DetectorKey) -> list[FaceBox]:
    height, width = image.shape[:2]
    return [FaceBox(0, width, height, 0)]


def _scaled(image: Pixels, limit: int) -> tuple[Pixels, float]:
    longer = max(image.shape[:2])
    if longer <= limit:
        return image, 1.0
    factor = limit / longer
    size = (max(1, round(image.shape[1] * factor)), max(1, round(image.shape[0] * factor)))
    return np.ascontiguousarray(Image.fromarray(image).resize(size, Image.Resampling.BILINEAR)), 1 / factor


def _hog(image: Pixels, key: DetectorKey) -> list[FaceBox]:
    small, scale = _scaled(image, key.max_side)
    found, scores, _ = dlib_models.hog().run(small, key.upsample, 0.0)
    boxes = [(r.top(), r.right(), r.bottom(), r.left(), s) for r, s in zip(found, scores, strict=True)]
    return _finish(image, boxes, scale)


def _hog_fast(image: Pixels, key: DetectorKey) -> list[FaceBox]:
    """Search the image as it is, about four times as fast; enlarge it only where nothing was found."""
    return _hog(image, replace(key, upsample=0)) or _hog(image, key)


def _cnn(image: Pixels, key: DetectorKey) -> list[FaceBox]:
    small, scale = _scaled(image, key.max_side)
    return _cnn_boxes(image, dlib_models.cnn()(small, key.upsample), scale)


def _cnn_boxes(image: Pixels, found: Any, scale: float) -> list[FaceBox]:
    boxes = [(f.rect.top(), f.rect.right(), f.rect.bottom(), f.rect.left(), f.confidence) for f in found]
    return _finish(image, boxes, scale)


def _finish(image: Pixels, boxes: list[tuple[int, int, int, int, float]], scale: float) -> list[FaceBox]:
    """Scale boxes back, and keep them inside the picture."""
    height, width = image.shape[:2]
    out = []
    for top, right, bottom, left, score in boxes:
        if scale != 1.0:
            top, right, bottom, left = (round(v * scale) for v in (top, right, bottom, left))
        top, right, bottom, left = max(top, 0), min(right, width), min(bottom, height), max(left, 0)
        out.append(FaceBox(top, right, bottom, left, float(score), DUE))
    return out


def _back(face: FaceBox, scale: float, image: Pixels) -> FaceBox:
    """Bring a face found in a scaled picture back to the picture's own pixels."""
    if scale == 1.0:
        return face
    height, width = image.shape[:2]
    top, right, bottom, left = (round(v * scale) for v in face.css)
    points = None if face.landmarks is None else tuple((x * scale, y * scale) for x, y in face.landmarks)
    return FaceBox(max(0, top), min(width, right), min(height, bottom), max(0, left), face.score, points)


_DETECTORS: dict[str, Callable[[Pixels, DetectorKey], list[FaceBox]]] = {
    "hog": _hog,
    "hog-fast": _hog_fast,
    "cnn": _cnn,
    "whole": _whole,
}
