"""dlib's models, from the files that the package face_recognition_models ships.

They are loaded here one by one, on first use: importing face_recognition loads all of them, the CNN
too, in each process. The calls are those of face_recognition 1.3, so the numbers are the same (tested).
"""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from fairdesk.assets import asset
from fairdesk.errors import JobFailed
from fairdesk.images.pixels import Pixels
from fairdesk.project.boxes import FaceBox
from fairdesk.words import tr


def _file(name: str) -> str:
    spec = importlib.util.find_spec("face_recognition_models")
    places = list(spec.submodule_search_locations or []) if spec else []
    for place in places:
        path = Path(place) / "models" / name
        if path.is_file():
            return str(path)
    raise JobFailed(tr("dlib's model {name} is missing. Install the package face_recognition_models again.", name=name))


def _dlib() -> Any:
    import dlib

    return dlib


@cache
def hog() -> Any:
    """The HOG frontal face detector: dlib's own, which it saved to this file (tested); unpacking it anew takes dlib a fifth of a second."""
    return _dlib().fhog_object_detector(str(asset("resources", "dlib_frontal_faces.svm")))


@cache
def cnn() -> Any:
    """The CNN face detector (MMOD)."""
    return _dlib().cnn_face_detection_model_v1(_file("mmod_human_face_detector.dat"))


@cache
def five_points() -> Any:
    """The 5-point landmark predictor that dlib's encoder aligns by."""
    return _dlib().shape_predictor(_file("shape_predictor_5_face_landmarks.dat"))


@cache
def many_points() -> Any:
    """The 68-point landmark predictor."""
    return _dlib().shape_predictor(_file("shape_predictor_68_face_landmarks.dat"))


def chips(faces: Sequence[tuple[Pixels, FaceBox]], side: int) -> list[Pixels]:
    """Cut faces out as dlib's network takes them: upright by five landmarks, with a quarter of their size around them.

    The landmarks of all come first, as in `detectors.detect_batch`.
    """
    points = [five_points()(image, rectangle(*box.css)) for image, box in faces]
    cut = _dlib().get_face_chip
    return [cut(image, found, side, 0.25) for (image, _), found in zip(faces, points, strict=True)]


def recogniser_file() -> Path:
    """Where the weights of the 128-d face recognition network are."""
    return Path(_file("dlib_face_recognition_resnet_model_v1.dat"))


@cache
def recogniser() -> Any:
    """The 128-d face recognition network as dlib computes it."""
    return _dlib().face_recognition_model_v1(str(recogniser_file()))


def rectangle(top: int, right: int, bottom: int, left: int) -> Any:
    """A dlib rectangle from a box."""
    return _dlib().rectangle(left, top, right, bottom)


def version() -> str:
    """Dlib's version."""
    return str(_dlib().__version__)
