"""Encoders by name: each turns faces into vectors, and says exactly how it does."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from fairdesk.errors import RequestError
from fairdesk.faces import deepface_models, dlib_models
from fairdesk.faces.alignment import face_chip
from fairdesk.faces.boxes import FaceBox
from fairdesk.faces.downloads import Watch, fetch, missing
from fairdesk.faces.params import EncodeParams
from fairdesk.images.pixels import Pixels
from fairdesk.project.vectors import Recipe

Vectors = npt.NDArray[np.float32]


class Encoder(Protocol):
    """Turns faces into vectors of `dim` numbers."""

    dim: int

    def recipe(self, detector: str) -> Recipe:
        """Describe how vectors of this detector's faces are made."""
        ...

    def encode(self, faces: Sequence[tuple[Pixels, FaceBox]]) -> Vectors:
        """Return vectors of shape (n, dim) for n faces, each an upright RGB picture and the box in it."""
        ...


def make_encoder(params: EncodeParams, device: str, watch: Watch | None = None) -> Encoder:
    """Load an encoder. Raises `JobFailed` when its weights are missing, naming the remedy."""
    if params.encoder == "dlib":
        return DlibEncoder()
    if deepface_models.is_deepface(params.encoder):
        return DeepFaceEncoder(params, watch)
    return ResNet50Encoder(params, device, watch)


class DlibEncoder:
    """dlib's face recognition network: 128 numbers, compared by Euclidean distance (same person below about 0.6).

    The vectors equal those of ``face_recognition.face_encodings(image, [box])``.
    """

    dim = 128

    def recipe(self, detector: str) -> Recipe:
        """Describe the vectors."""
        return Recipe(
            "dlib", detector, "dlib 5 points, 150 px", 128, "euclidean", "dlib_face_recognition_resnet_model_v1",
            {"dlib": dlib_models.version()},
        )  # fmt: skip

    def encode(self, faces: Sequence[tuple[Pixels, FaceBox]]) -> Vectors:
        """Encode faces one by one."""
        out = np.empty((len(faces), 128), dtype=np.float32)
        predictor, network = dlib_models.five_points(), dlib_models.recogniser()
        for row, (image, box) in enumerate(faces):
            points = predictor(image, dlib_models.rectangle(*box.css))
            out[row] = np.asarray(network.compute_face_descriptor(image, points, 1), dtype=np.float32)
        return out


class DeepFaceEncoder:
    """One of deepface's encoders; vectors are compared by cosine similarity.

    They equal ``DeepFace.represent`` on the face cut out by its box (detector "skip").
    """

    def __init__(self, params: EncodeParams, watch: Watch | None = None) -> None:
        from importlib.metadata import version

        deepface_models.prepare(params.weights, download=params.download, watch=watch)
        self._name = params.encoder.removeprefix(deepface_models.PREFIX)
        self.dim = deepface_models.encoder_size(self._name)
        self._versions = {name: version(name) for name in ("deepface", "onnxruntime")}

    def recipe(self, detector: str) -> Recipe:
        """Describe the vectors."""
        return Recipe(
            deepface_models.PREFIX + self._name,
            detector,
            "box",
            self.dim,
            "cosine",
            f"deepface {self._name}",
            self._versions,
        )

    def encode(self, faces: Sequence[tuple[Pixels, FaceBox]]) -> Vectors:
        """Encode faces one by one."""
        return deepface_models.represent(faces, self._name)


class ResNet50Encoder:
    """ImageNet features of torchvision's ResNet-50 without its last layer: 2048 numbers.

    Faces are 224 x 224, ImageNet normalisation. He et al., CVPR 2016; weights IMAGENET1K_V1.
    """

    dim = 2048
    _URL = "https://download.pytorch.org/models/resnet50-0676ba61.pth"
    _MEAN = np.array([0.485, 0.456, 0.406], dtype=np.float32)
    _STD = np.array([0.229, 0.224, 0.225], dtype=np.float32)

    def __init__(self, params: EncodeParams, device: str, watch: Watch | None = None) -> None:
        import torch
        import torchvision

        self._torch = torch
        self._device = device
        self._versions = {"torch": torch.__version__, "torchvision": torchvision.__version__}
        path = self._find(params, watch)
        self._weights = hashlib.sha256(path.read_bytes()).hexdigest()
        network = torchvision.models.resnet50(weights=None)
        try:
            network.load_state_dict(load_state(path), strict=True)
        except RuntimeError as error:
            raise RequestError(
                f"{path} does not hold ResNet-50 weights: {str(error).splitlines()[-1].strip()}"
            ) from error
        network.fc = torch.nn.Identity()
        self._network = network.eval().to(device)

    @classmethod
    def _find(cls, params: EncodeParams, watch: Watch | None) -> Path:
        import torch

        if params.weights is not None:
            return params.weights if params.weights.is_file() else params.weights / os.path.basename(cls._URL)
        path = Path(torch.hub.get_dir()) / "checkpoints" / os.path.basename(cls._URL)
        if path.is_file():
            return path
        if not params.download:
            raise missing(path.name, path, cls._URL)
        fetch([cls._URL], path, watch, sha256="0676ba61")
        return path

    def recipe(self, detector: str) -> Recipe:
        """Describe the vectors."""
        return Recipe(
            "resnet50",
            detector,
            "5 points to 224 px, else box + 25 %",
            2048,
            "euclidean",
            self._weights,
            self._versions,
        )

    def encode(self, faces: Sequence[tuple[Pixels, FaceBox]]) -> Vectors:
        """Encode one batch."""
        chips = np.stack([np.asarray(face_chip(image, box, 224), dtype=np.float32) for image, box in faces])
        batch = ((chips / 255 - self._MEAN) / self._STD).transpose(0, 3, 1, 2)
        with self._torch.inference_mode():
            out = self._network(self._torch.from_numpy(np.ascontiguousarray(batch)).to(self._device))
        result: Vectors = out.float().cpu().numpy()
        return result


def load_state(path: Path) -> dict[str, Any]:
    """Read weights from .safetensors, or from a torch file without running any code in it.

    Raises
    ------
    RequestError
        If the file is damaged or holds anything but weights.
    """
    try:
        if path.suffix == ".safetensors":
            from safetensors.torch import load_file

            loaded: Any = load_file(path)
        else:
            import torch

            loaded = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        raise RequestError(
            f"{path} cannot be read as weights: it is damaged, or holds more than plain weights "
            f"(FairDesk never runs code from a file). {type(error).__name__}"
        ) from error
    if isinstance(loaded, dict) and isinstance(loaded.get("state_dict"), dict):
        loaded = loaded["state_dict"]
    if not isinstance(loaded, dict):
        raise RequestError(f"{path} holds no weights by name. Give a state_dict saved with torch.save or safetensors.")
    return loaded
