"""deepface's detectors, encoders and attribute models, behind this program's own interfaces.

deepface fetches weights by itself on first use. Here that happens only when a person allowed it; else a
missing file is named, with where it goes. ONNX graphs are used, never pickled weights.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from fairdesk.errors import FairDeskError, JobFailed, RequestError, reason
from fairdesk.faces.alignment import MARGIN
from fairdesk.faces.downloads import Watch, fetch, missing
from fairdesk.faces.weight_files import onnx_errors
from fairdesk.images.image_reading import box_with_margin
from fairdesk.images.pixels import Pixels
from fairdesk.project.boxes import FaceBox, Points
from fairdesk.words import tr

ATTRIBUTES = ("race", "gender", "age")


def prepare(weights: Path | None, *, download: bool, watch: Watch | None = None) -> None:
    """Make deepface look for weights in a file or folder first, and ask the network only if allowed."""
    os.environ["DEEPFACE_BACKEND_ENGINE"] = "onnx"
    from deepface.commons import folder_utils, weight_utils

    def find(file_name: str, source_url: str | list[str], compress_type: str | None = None) -> str:
        home = Path(folder_utils.get_deepface_home()) / ".deepface" / "weights" / file_name
        places = [] if weights is None else [weights] if weights.is_file() else [weights / file_name]
        for place in [*places, home]:
            if place.is_file() and (place.name == file_name or place == weights):
                return str(place)
        urls = [source_url] if isinstance(source_url, str) else list(source_url)
        if not download:
            raise missing(file_name, home, tr(" or ").join(urls))  # all that may be asked
        packed = home if compress_type is None else home.with_name(f"{file_name}.{compress_type}")
        fetch(urls, packed, watch)
        if compress_type is not None:
            _unpack(packed, home)
        return str(home)

    weight_utils.download_weights_if_necessary = find
    from retinaface.commons import weight_utils as retina

    retina.download_weights_if_necessary = find


def _unpack(packed: Path, target: Path) -> None:
    """Unpack the one file of a .bz2 or .zip that was downloaded."""
    import bz2
    import zipfile

    try:
        if packed.suffix == ".bz2":
            data = bz2.decompress(packed.read_bytes())
        else:
            with zipfile.ZipFile(packed) as archive:
                data = archive.read(target.name)
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise JobFailed(
            tr("{packed} is damaged ({error}). Delete it and download it again.", packed=packed, error=reason(error))
        ) from error
    target.write_bytes(data)
    packed.unlink()


@cache
def _build(task: str, name: str) -> Any:
    """Build one of deepface's models. Raises `RequestError` for an unknown name."""
    from deepface.modules import modeling

    known = modeling.AVAILABLE_MODELS[task]  # type: ignore[literal-required]
    if name not in known:
        kind = {"face_detector": "detector", "facial_recognition": "encoder"}.get(task, "model")
        raise RequestError(
            tr("deepface has no {kind} called {name!r}. It has: {known}", kind=kind, name=name, known=", ".join(known))
        )
    damaged: tuple[type[Exception], ...] = (ValueError, OSError, RuntimeError, *onnx_errors())
    try:
        return modeling.build_model(task, name)
    except FairDeskError:
        raise
    except ImportError as error:
        raise JobFailed(
            tr("deepface's {name} needs a package that is not installed: {error}", name=name, error=reason(error))
        ) from error
    except damaged as error:
        raise JobFailed(
            tr(
                "deepface's {model} cannot be loaded: its weights are damaged or of another model ({error}). "
                "Delete the file that is named here, or the one in .deepface/weights, and fetch it again.",
                model=name,
                error=str(error).splitlines()[0][:200],
            )
        ) from error


def load_detector(name: str) -> None:
    """Load a detector, to find out whether it can be."""
    _build("face_detector", name)


def _bgr(image: Pixels) -> Pixels:
    return np.ascontiguousarray(image[..., ::-1])


def detect(image: Pixels, name: str) -> list[FaceBox]:
    """Return the faces one of deepface's detectors finds; none found is an empty list."""
    height, width = image.shape[:2]
    out = []
    for area in _build("face_detector", name).detect_faces(_bgr(image)):
        left, top = max(0, int(area.x)), max(0, int(area.y))
        right, bottom = min(width, int(area.x + area.w)), min(height, int(area.y + area.h))
        if right > left and bottom > top:
            score = None if area.confidence is None else float(area.confidence)
            out.append(FaceBox(top, right, bottom, left, score, _points(area)))
    return out


def _points(area: Any) -> Points | None:
    """The five landmarks in the template's order, or None where the detector does not give all."""
    found = (area.left_eye, area.right_eye, area.nose, area.mouth_left, area.mouth_right)
    if any(point is None for point in found):
        return None
    eyes, mouth = sorted(found[:2]), sorted(found[3:])
    return tuple((float(x), float(y)) for x, y in (*eyes, found[2], *mouth))


def crop(image: Pixels, box: FaceBox, margin: float = 0.0) -> Pixels:
    """Cut a face out, BGR as deepface wants it."""
    height, width = image.shape[:2]
    left, top, right, bottom = box_with_margin(box.css, (width, height), margin)
    return _bgr(image[top:bottom, left:right])


def encoder_size(name: str) -> int:
    """How many numbers an encoder's vectors have; loads it."""
    return int(_build("facial_recognition", name).output_shape)


def represent(crops: Sequence[Pixels], name: str) -> npt.NDArray[np.float32]:
    """Return the vectors of ``DeepFace.represent`` for faces that were cut out by `crop`, shape (n, dim).

    They go in together, where the model gives the same numbers then: a graph's batch may be fixed, or free in name only.
    """
    _build("facial_recognition", name)
    if len(crops) > 1 and _takes_batches(name):
        return _represent(list(crops), name)
    rows = [_represent([one], name)[0] for one in crops]
    return np.array(rows, dtype=np.float32)


def _represent(crops: list[Pixels], name: str) -> npt.NDArray[np.float32]:
    from deepface import DeepFace

    found = DeepFace.represent(crops, model_name=name, detector_backend="skip", enforce_detection=False, align=False)
    each = found if len(crops) > 1 else [found]
    return np.array([one[0]["embedding"] for one in each], dtype=np.float32)


@cache
def _takes_batches(name: str) -> bool:
    """Try a model on three pictures, together and one by one."""
    side = 96
    ramp = np.linspace(0, 255, side * side * 3).astype(np.uint8).reshape(side, side, 3)
    three = [ramp, np.ascontiguousarray(ramp[::-1]), ramp[:, :, ::-1] // 2]
    alone = np.array([_represent([one], name)[0] for one in three])
    refusals: tuple[type[Exception], ...] = (ValueError, RuntimeError, IndexError, *onnx_errors())
    try:
        together = _represent(three, name)
    except refusals:
        return False
    near = 1e-3 * max(float(np.abs(alone).max()), 1e-6)
    return together.shape == alone.shape and np.allclose(together, alone, atol=near)


def analyse(image: Pixels, box: FaceBox, actions: Sequence[str]) -> dict[str, tuple[str, float | None]]:
    """Return what ``DeepFace.analyze`` says of one face: {action: (value, confidence 0 to 1 or None)}."""
    from deepface import DeepFace

    for action in actions:
        _build("facial_attribute", action.capitalize())
    found = DeepFace.analyze(
        crop(image, box, MARGIN),
        actions=list(actions),
        detector_backend="skip",
        enforce_detection=False,
        align=False,
        silent=True,
    )[0]
    out: dict[str, tuple[str, float | None]] = {}
    for action in actions:
        if action == "age":
            out["age"] = (f"{float(found['age']):.0f}", None)
        else:
            value = str(found[f"dominant_{action}"])
            out[action] = (value, float(found[action][value]) / 100)
    return out
