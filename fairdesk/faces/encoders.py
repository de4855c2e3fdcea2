"""Encoders by name: each turns faces into vectors, and says exactly how it does."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from fairdesk.errors import RequestError
from fairdesk.faces import backbones, deepface_models, dlib_models
from fairdesk.faces.alignment import face_chip
from fairdesk.faces.downloads import Watch, fetch, missing
from fairdesk.faces.onnx_encoder import OnnxEncoder
from fairdesk.faces.params import TORCHVISION, EncodeParams
from fairdesk.faces.weight_files import find_weights, load_state, misfit
from fairdesk.images.file_facts import file_sha256
from fairdesk.images.pixels import Pixels
from fairdesk.plain_json import parse_object
from fairdesk.project.boxes import FaceBox
from fairdesk.project.encoder_ref import EncoderRef
from fairdesk.project.recipes import Recipe
from fairdesk.words import tr

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
    ref = EncoderRef.parse(params.encoder)
    match ref.kind:
        case "dlib":
            return DlibEncoder()
        case "resnet50":
            return ResNet50Encoder(params, device, watch)
        case "deepface":
            return DeepFaceEncoder(params, ref, watch)
        case "arcface":
            return ArcFaceEncoder(ref, device)
        case "onnx":
            return OnnxEncoder(params, ref, device, _file(ref))


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


def dlib_chips(pictures: Sequence[Pixels]) -> Vectors:
    """Encode whole pictures as dlib's aligned 150 x 150 chips: no landmarks, so two like pictures have like vectors."""
    from PIL import Image

    network = dlib_models.recogniser()
    chips = (np.asarray(Image.fromarray(one).resize((150, 150), Image.Resampling.BILINEAR)) for one in pictures)
    return np.array([np.asarray(network.compute_face_descriptor(chip), dtype=np.float32) for chip in chips]).reshape(
        -1, 128
    )


class DeepFaceEncoder:
    """One of deepface's encoders; vectors are compared by cosine similarity.

    They equal ``DeepFace.represent`` on the face cut out by its box (detector "skip").
    """

    def __init__(self, params: EncodeParams, ref: EncoderRef, watch: Watch | None = None) -> None:
        from importlib.metadata import version

        deepface_models.prepare(params.weights, download=params.download, watch=watch)
        self._ref, self._name = ref, ref.name
        self.dim = deepface_models.encoder_size(self._name)
        self._versions = {name: version(name) for name in ("deepface", "onnxruntime")}

    def recipe(self, detector: str) -> Recipe:
        """Describe the vectors."""
        return Recipe(
            self._ref.stored,
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
        self._weights = file_sha256(path)
        network = torchvision.models.resnet50(weights=None)
        if why := misfit(network, load_state(path)):
            raise RequestError(tr("{path} does not hold ResNet-50 weights: {error}", path=path, error=why))
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


class ArcFaceEncoder:
    """A backbone of arcface_torch (or trained here): 112 x 112, five points to the template, cosine similarity.

    RGB, (x / 255 - 0.5) / 0.5. An image that is the face already (detector "whole") is only scaled.
    """

    def __init__(self, ref: EncoderRef, device: str) -> None:
        import torch

        self._torch, self._device = torch, device
        self._name, path = ref.stored, _file(ref)
        self._weights = file_sha256(path)
        network, self.backbone = load_backbone(path)
        self._network = network.eval().to(device)
        with torch.inference_mode():
            self.dim = int(self._network(torch.zeros(1, 3, backbones.SIZE, backbones.SIZE, device=device)).shape[1])
        self._versions = {"torch": torch.__version__}

    def recipe(self, detector: str) -> Recipe:
        """Describe the vectors."""
        how = "5 points to the ArcFace template, 112 px"
        return Recipe(self._name, detector, how, self.dim, "cosine", self._weights, self._versions)

    def encode(self, faces: Sequence[tuple[Pixels, FaceBox]]) -> Vectors:
        """Encode one batch."""
        chips = np.stack([np.asarray(face_chip(image, box, backbones.SIZE), dtype=np.float32) for image, box in faces])
        batch = np.ascontiguousarray(((chips / 255 - 0.5) / 0.5).transpose(0, 3, 1, 2))
        with self._torch.inference_mode():
            out: Vectors = self._network(self._torch.from_numpy(batch).to(self._device)).float().cpu().numpy()
        return out


def _file(ref: EncoderRef) -> Path:
    path = ref.file
    if path is None or not path.is_file():
        raise RequestError(tr("There is no file {path}. Give the weights as arcface:FILE or onnx:FILE.", path=path))
    return path


def load_backbone(path: Path) -> tuple[Any, str]:
    """Return the backbone a file holds, and its name. Raises `RequestError` if it holds none."""
    from safetensors import safe_open

    found = find_weights(path)
    state = found[0].state
    if path.suffix == ".safetensors":
        with safe_open(path, "pt") as file:
            try:
                name = parse_object((file.metadata() or {}).get("about", "{}")).get("backbone", "")
            except ValueError:
                name = ""
        if isinstance(name, str) and name.startswith(TORCHVISION):  # its own names do not tell which it is
            network = backbones.Classifier(name.removeprefix(TORCHVISION), state["features.weight"].shape[0])
            network.start_from(state, str(path))
            return network, name
    refusals = []
    for weights in found:
        try:
            return backbones.infer_backbone(weights.state, str(path))
        except RequestError as error:
            refusals.append(error)
    raise refusals[0]
