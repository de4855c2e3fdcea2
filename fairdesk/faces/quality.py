"""What can be measured of a face in a picture: sharpness, light, size, pose."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PIL import Image

from fairdesk.faces.landmarks import known_landmarks
from fairdesk.images.pixels import Pixels
from fairdesk.project.boxes import FaceBox, Points
from fairdesk.project.quality import Quality

SIDE = 112  # pixels a face is brought to before its sharpness is measured, so that sizes compare


def measure(image: Pixels, box: FaceBox | None, faces: int) -> Quality:
    """Measure the largest face of a picture, an RGB array of shape (height, width, 3)."""
    if box is None:
        return Quality(None, None, None, None, None, None, None, None, faces)
    height, width = image.shape[:2]
    top, bottom = max(0, box.top), min(height, box.bottom)
    left, right = max(0, box.left), min(width, box.right)
    if bottom <= top or right <= left:
        return Quality(None, None, None, None, None, None, None, None, faces)
    cut = Image.fromarray(image[top:bottom, left:right]).convert("L")
    grey = np.asarray(cut.resize((SIDE, SIDE), Image.Resampling.BILINEAR), dtype=np.float64)
    own = np.asarray(cut)
    yaw, roll = pose(known_landmarks(image, box))
    return Quality(
        sharpness(grey), float(own.mean() / 255), float(own.std() / 255), float(((own <= 2) | (own >= 253)).mean()),
        float(min(box.bottom - box.top, box.right - box.left)), box.area / (height * width), yaw, roll, faces,
    )  # fmt: skip


def sharpness(grey: npt.NDArray[np.float64]) -> float:
    """Return the variance of the 4-neighbour Laplacian of a grey picture."""
    inner = grey[1:-1, 1:-1]
    laplacian = grey[:-2, 1:-1] + grey[2:, 1:-1] + grey[1:-1, :-2] + grey[1:-1, 2:] - 4 * inner
    return float(laplacian.var())


def pose(points: Points | None) -> tuple[float | None, float | None]:
    """Return yaw (in eye distances, positive: the nose is to the picture's right) and roll (degrees) of five landmarks."""
    if points is None:
        return None, None
    left, right, nose = (np.array(point) for point in points[:3])
    line = right - left
    distance = float(np.hypot(*line))
    if distance == 0:
        return None, None
    yaw = float(np.dot(nose - (left + right) / 2, line) / distance**2)
    return yaw, float(np.degrees(np.arctan2(line[1], line[0])))
