"""Where a face is, and its five landmarks."""

from __future__ import annotations

from dataclasses import dataclass

SAME = 0.5  # two boxes that overlap more are one face

Points = tuple[tuple[float, float], ...]
DUE: Points = ()  # landmarks that can be looked for in the image, and were not yet


@dataclass(frozen=True)
class FaceBox:
    """A face in pixel coordinates of its upright image.

    `landmarks` are five (x, y) points in the order of the ArcFace template: the eye on the image's left,
    the other eye, nose tip, the mouth corner on the image's left, the other corner; `DUE` if nobody needed them yet
    (`faces/landmarks.py` finds them then), None if there are none.
    """

    top: int
    right: int
    bottom: int
    left: int
    score: float | None = None
    landmarks: Points | None = None

    @property
    def landmarks_due(self) -> bool:
        """Whether the landmarks are still to be looked for."""
        return self.landmarks == DUE

    @property
    def area(self) -> int:
        """Pixels inside the box."""
        return max(0, self.right - self.left) * max(0, self.bottom - self.top)

    @property
    def css(self) -> tuple[int, int, int, int]:
        """(top, right, bottom, left), as face_recognition gives it."""
        return self.top, self.right, self.bottom, self.left


def overlap(a: FaceBox, b: FaceBox) -> float:
    """Intersection over union of two boxes, 0 to 1."""
    width = min(a.right, b.right) - max(a.left, b.left)
    height = min(a.bottom, b.bottom) - max(a.top, b.top)
    if width <= 0 or height <= 0:
        return 0.0
    return width * height / (a.area + b.area - width * height)
