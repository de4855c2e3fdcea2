"""How an encoder wants a face cut out. Nothing here imports torch: this is what runs on every core."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from fairdesk.faces import deepface_models, dlib_models
from fairdesk.faces.alignment import face_chip
from fairdesk.faces.landmarks import with_landmarks
from fairdesk.images.pixels import Pixels
from fairdesk.project.boxes import FaceBox

Engine = Literal["torch", "one core", "all cores"]  # what a call of an encoder computes with, on a processor


@dataclass(frozen=True)
class Aligner:
    """Cuts one face out of its picture."""

    kind: Literal["dlib", "template", "box"]
    side: int = 0  # pixels of the square; "box" keeps the face's own size

    @property
    def by_landmarks(self) -> bool:
        """Whether it needs the landmarks of a face; dlib's encoder has five of its own."""
        return self.kind == "template"

    def __call__(self, image: Pixels, box: FaceBox) -> Pixels:
        """Return the face as its encoder takes it: RGB, but BGR for "box", which is deepface's."""
        return self.cut([(image, box)])[0]

    def cut(self, faces: Sequence[tuple[Pixels, FaceBox]]) -> list[Pixels]:
        """Return several faces, each with its picture and place, as `__call__` does."""
        if self.kind == "dlib":
            return dlib_models.chips(faces, self.side)
        if self.kind == "template":
            boxes = [with_landmarks(image, [box])[0] for image, box in faces]
            return [np.asarray(face_chip(image, box, self.side)) for (image, _), box in zip(faces, boxes, strict=True)]
        return [deepface_models.crop(image, box) for image, box in faces]
