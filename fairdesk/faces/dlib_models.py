"""dlib's models, from the files that the package face_recognition_models ships.

They are loaded here one by one, on first use: importing face_recognition loads all of them, the CNN
too, in each process. The calls are those of face_recognition 1.3, so the numbers are the same (tested).
"""

from __future__ import annotations

import importlib.util
from functools import cache
from pathlib import Path
from typing import Any

from fairdesk.errors import JobFailed
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
    """The HOG frontal face detector."""
    return _dlib().get_frontal_face_detector()


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


@cache
def recogniser() -> Any:
    """The 128-d face recognition network."""
    return _dlib().face_recognition_model_v1(_file("dlib_face_recognition_resnet_model_v1.dat"))


def rectangle(top: int, right: int, bottom: int, left: int) -> Any:
    """A dlib rectangle from a box."""
    return _dlib().rectangle(left, top, right, bottom)


def version() -> str:
    """Dlib's version."""
    return str(_dlib().__version__)
