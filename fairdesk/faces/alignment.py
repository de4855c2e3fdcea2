"""Faces cut out upright: a similarity transform from five landmarks to a template."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PIL import Image

from fairdesk.faces.landmarks import known_landmarks
from fairdesk.images.image_reading import box_with_margin
from fairdesk.images.pixels import Pixels
from fairdesk.project.boxes import FaceBox

Floats = npt.NDArray[np.float64]

# The 112 x 112 template of ArcFace (Deng et al., 2019) as InsightFace publishes it: x, y of the five points.
TEMPLATE = np.array(
    [[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]]
)
MARGIN = 0.25  # of the box, where a face is cut out without landmarks


def similarity_transform(source: Floats, target: Floats) -> Floats:
    """Return the 2 x 3 matrix of rotation, scale and shift that maps source to target best.

    Least squares after Umeyama, IEEE TPAMI 13(4), 1991. Both arrays have shape (n, 2).
    """
    mean_s, mean_t = source.mean(0), target.mean(0)
    s, t = source - mean_s, target - mean_t
    u, d, vt = np.linalg.svd(t.T @ s / len(source))
    sign = np.array([1.0, np.sign(np.linalg.det(u) * np.linalg.det(vt))])
    rotation = u @ np.diag(sign) @ vt
    scale = float((d * sign).sum() / (s**2).sum() * len(source))
    matrix = scale * rotation
    return np.hstack([matrix, (mean_t - matrix @ mean_s)[:, None]])


def face_chip(image: Pixels, box: FaceBox, size: int) -> Image.Image:
    """Return one face as a square of `size` pixels.

    With landmarks it is aligned to the template; without, the box is cut out with a margin of 25 %
    (a box that is the whole image is only scaled).
    """
    picture = Image.fromarray(image)
    landmarks = known_landmarks(image, box)
    if landmarks is not None:
        matrix = similarity_transform(np.array(landmarks), TEMPLATE * (size / 112))
        inverse = np.linalg.inv(np.vstack([matrix, [0, 0, 1]]))[:2]
        return picture.transform(
            (size, size), Image.Transform.AFFINE, inverse.ravel().tolist(), Image.Resampling.BICUBIC
        )
    cut = picture.crop(box_with_margin(box.css, picture.size, MARGIN))
    return cut.resize((size, size), Image.Resampling.BICUBIC)
