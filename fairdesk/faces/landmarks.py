"""Five landmarks of a face that dlib's detectors found, from dlib's 68: worked out where somebody needs them.

Which ones they are follows from the image and the box alone, so that it does not matter when, or how often, that is done.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from fairdesk.faces import dlib_models
from fairdesk.images.pixels import Pixels
from fairdesk.project.boxes import FaceBox, Points

_FIVE = range(36, 42), range(42, 48), (30,), (48,), (54,)  # of 68: eyes, nose, corners of the mouth


def known_landmarks(image: Pixels, box: FaceBox) -> Points | None:
    """Return a face's landmarks, looked for in its image if they were not yet; None if it has none."""
    if not box.landmarks_due:
        return box.landmarks
    shape = dlib_models.many_points()(image, dlib_models.rectangle(*box.css))
    return tuple(_middle([shape.part(number) for number in part]) for part in _FIVE)


def with_landmarks(image: Pixels, boxes: Sequence[FaceBox]) -> list[FaceBox]:
    """Return the faces of an image with the landmarks that were still to be looked for."""
    return [replace(box, landmarks=known_landmarks(image, box)) if box.landmarks_due else box for box in boxes]


def _middle(points: list[Any]) -> tuple[float, float]:
    count = len(points)
    return round(sum(one.x for one in points) / count, 2), round(sum(one.y for one in points) / count, 2)
