"""Encoders by name: each turns faces into vectors, and says exactly how it does."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from fairdesk.errors import RequestError
from fairdesk.faces import deepface_models, dlib_models, openvino_engine
from fairdesk.faces.aligners import Aligner, Engine
from fairdesk.faces.dlib_file import CHIP, read_network
from fairdesk.faces.downloads import Watch, fetch, missing
from fairdesk.faces.mirrored import Mirrored
from fairdesk.faces.onnx_encoder import OnnxEncoder
from fairdesk.faces.params import FORMATS, TORCHVISION, EncodeParams, Format
from fairdesk.faces.torch_network import TorchNetwork
from fairdesk.faces.weight_files import find_weights, load_state, misfit
from fairdesk.images.file_facts import file_sha256
from fairdesk.images.pixels import Pixels
from fairdesk.plain_json import parse_object
from fairdesk.project.boxes import FaceBox
from fairdesk.project.encoder_ref import EncoderRef
from fairdesk.project.recipes import Recipe
from fairdesk.words import tr

Vectors = npt.NDArray[np.float32]
_BY_TORCH = ("dlib", "resnet50", "arcface")  # kinds of encoders that PyTorch can compute
FACE_SIDE = 112  # pixels of a face as ArcFace's backbones take it


class Encoder(Protocol):
    """Turns faces into vectors of `dim` numbers."""

    dim: int
    engine: Engine

    @property
    def aligner(self) -> Aligner:
        """How it wants faces cut out."""
        ...

    def recipe(self, detector: str) -> Recipe:
        """Describe how vectors of this detector's faces are made."""
        ...

    def load(self) -> None:
        """Load what computes now, so that it is there when the first faces are; else that waits until it is needed."""

    def compute(self, chips: Sequence[Pixels]) -> Vectors:
        """Return vectors of shape (n, dim) for n faces that were cut out by `aligner`."""
        ...


def encode(encoder: Encoder, faces: Sequence[tuple[Pixels, FaceBox]]) -> Vectors:
    """Return vectors of shape (n, dim) for n faces, each an upright RGB picture and the box in it."""
    return encoder.compute([encoder.aligner(image, box) for image, box in faces])


def make_encoder(params: EncodeParams, device: str, watch: Watch | None = None) -> Encoder:
    """Load an encoder. Raises `JobFailed` when its weights are missing, naming the remedy."""
    encoder = _make(params, device, watch)
    return Mirrored(encoder) if params.mirrored else encoder


def _make(params: EncodeParams, device: str, watch: Watch | None) -> Encoder:
    ref = EncoderRef.parse(params.encoder)
    precision: Format = "float32" if params.precision == "auto" else params.precision
    if precision not in formats_of(ref, device):
        raise RequestError(_why_not(precision, ref, params.encoder))
    match ref.kind:
        case "dlib":
            return DlibEncoder(device, precision)
        case "dlib-reference":
            return DlibReference()
        case "resnet50":
            return ResNet50Encoder(params, device, precision, watch)
        case "deepface":
            return DeepFaceEncoder(params, ref, watch)
        case "arcface":
            return ArcFaceEncoder(ref, device, precision)
        case "onnx":
            return OnnxEncoder(params, ref, device, _file(ref), precision)


def formats_of(ref: EncoderRef, device: str) -> tuple[Format, ...]:
    """Return the number formats in which an encoder can be computed on a device."""
    if ref.kind in _BY_TORCH:
        return ("float32", "bf16") if device == "cpu" else FORMATS
    if ref.kind == "onnx" and device == "cpu" and openvino_engine.has_bf16():
        return ("float32", "bf16")
    return ("float32",)


def _why_not(precision: Format, ref: EncoderRef, encoder: str) -> str:
    """Say why an encoder cannot be computed in a format, and what to do."""
    if precision == "fp16" and ref.kind in _BY_TORCH:
        return tr("Precision fp16 needs a GPU: say --precision bf16 on a processor, or leave it away.")
    if precision == "bf16" and ref.kind == "onnx":
        return tr(
            "An ONNX model is computed in bf16 on a processor that has it, by OpenVINO: uv pip install 'fairdesk[bf16]'. "
            "Else leave --precision away."
        )
    if ref.kind == "onnx":
        return tr("{encoder} is computed in the format it was exported in: leave --precision away.", encoder=encoder)
    return tr("{encoder} is computed in float32 alone: leave --precision away.", encoder=encoder)


class DlibEncoder:
    """dlib's face recognition network: 128 numbers, compared by Euclidean distance; the same person is below about 0.6.

    ONNX Runtime computes it on a processor, in bf16 OpenVINO if it is there; PyTorch all else. In float32 the vectors equal those of
    ``face_recognition.face_encodings(image, [box])`` to 1e-4 (tested; 5e-7 was the most seen).
    """

    dim = 128
    aligner = Aligner("dlib", CHIP)

    def __init__(self, device: str = "cpu", precision: Format = "float32") -> None:
        self._device, self._precision = device, precision
        self._openvino = device == "cpu" and precision == "bf16" and openvino_engine.has_bf16()
        plain = device == "cpu" and precision == "float32"
        self.engine: Engine = "one core" if plain or self._openvino else "torch"

    def recipe(self, detector: str) -> Recipe:
        """Describe the vectors: those of dlib itself, as the numbers are the same, unless the precision is another."""
        code = "PyTorch" if self.engine == "torch" else "OpenVINO" if self._openvino else "ONNX Runtime"
        versions = {"dlib": dlib_models.version()}
        if self._openvino:  # bf16 rounds as its code does: another version may give other numbers
            versions["openvino"] = openvino_engine.version()
        return Recipe(
            "dlib", detector, "dlib 5 points, 150 px", 128, "euclidean", "dlib_face_recognition_resnet_model_v1",
            versions, self._precision,
            code=f"{code}; agrees with dlib's own to 1e-4" if self._precision == "float32" else code,
        )  # fmt: skip

    @cached_property
    def _run(self) -> Callable[[Pixels], Vectors]:
        """Loaded when it is first needed: meanwhile faces are searched for already."""
        file = dlib_models.recogniser_file()
        if self.engine == "one core":
            from fairdesk.faces.dlib_graph import network_graph

            graph = network_graph(*read_network(file))
            return openvino_engine.bf16_session(graph) if self._openvino else one_core_session(graph)
        from fairdesk.faces.dlib_network import load_network

        return TorchNetwork(load_network(file), self._device, self._precision).run

    def load(self) -> None:
        """Load the network."""
        _ = self._run

    def compute(self, chips: Sequence[Pixels]) -> Vectors:
        """Encode one batch."""
        return self._run(np.stack(chips))


class DlibReference:
    """dlib's face recognition network as dlib computes it, one face at a time: to compare with, many times slower."""

    dim = 128
    engine: Engine = "all cores"  # one, but dlib holds on to the interpreter
    aligner = Aligner("dlib", CHIP)

    def recipe(self, detector: str) -> Recipe:
        """Describe the vectors."""
        return Recipe(
            "dlib-reference", detector, "dlib 5 points, 150 px", 128, "euclidean", "dlib_face_recognition_resnet_model_v1",
            {"dlib": dlib_models.version()}, code="dlib",
        )  # fmt: skip

    def load(self) -> None:
        """Load the network."""
        dlib_models.recogniser()

    def compute(self, chips: Sequence[Pixels]) -> Vectors:
        """Encode faces one by one."""
        network = dlib_models.recogniser()
        return np.array([network.compute_face_descriptor(chip) for chip in chips], dtype=np.float32).reshape(-1, 128)


class DeepFaceEncoder:
    """One of deepface's encoders; vectors are compared by cosine similarity.

    They equal ``DeepFace.represent`` on the face cut out by its box (detector "skip").
    """

    engine: Engine = "all cores"
    aligner = Aligner("box")

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

    def load(self) -> None:
        """Do nothing: deepface loads what it needs."""

    def compute(self, chips: Sequence[Pixels]) -> Vectors:
        """Encode faces one by one."""
        return deepface_models.represent(chips, self._name)


class ResNet50Encoder:
    """ImageNet features of torchvision's ResNet-50 without its last layer: 2048 numbers.

    Faces are 224 x 224, ImageNet normalisation. He et al., CVPR 2016; weights IMAGENET1K_V1.
    """

    dim = 2048
    engine: Engine = "torch"
    aligner = Aligner("template", 224)
    _URL = "https://download.pytorch.org/models/resnet50-0676ba61.pth"
    _MEAN = np.array([0.485, 0.456, 0.406], dtype=np.float32)
    _STD = np.array([0.229, 0.224, 0.225], dtype=np.float32)

    def __init__(
        self, params: EncodeParams, device: str, precision: Format = "float32", watch: Watch | None = None
    ) -> None:
        import torch
        import torchvision

        self._versions = {"torch": torch.__version__, "torchvision": torchvision.__version__}
        path = self._find(params, watch)
        self._weights = file_sha256(path)
        network = torchvision.models.resnet50(weights=None)
        if why := misfit(network, load_state(path)):
            raise RequestError(tr("{path} does not hold ResNet-50 weights: {error}", path=path, error=why))
        network.fc = torch.nn.Identity()
        self._network = TorchNetwork(network.eval(), device, precision)

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
            self._network.precision,
        )

    def load(self) -> None:
        """Do nothing: its recipe needs the network already."""

    def compute(self, chips: Sequence[Pixels]) -> Vectors:
        """Encode one batch."""
        return self._network.run((np.stack(chips).astype(np.float32) / 255 - self._MEAN) / self._STD)


class ArcFaceEncoder:
    """A backbone of arcface_torch (or trained here): 112 x 112, five points to the template, cosine similarity.

    RGB, (x / 255 - 0.5) / 0.5. An image that is the face already (detector "whole") is only scaled.
    """

    engine: Engine = "torch"
    aligner = Aligner("template", FACE_SIDE)

    def __init__(self, ref: EncoderRef, device: str, precision: Format = "float32") -> None:
        import torch

        self._name, path = ref.stored, _file(ref)
        self._weights = file_sha256(path)
        network, self.backbone = load_backbone(path)
        self._network = TorchNetwork(network.eval(), device, precision)
        self._versions = {"torch": torch.__version__}
        self.dim = int(self.compute([np.zeros((FACE_SIDE, FACE_SIDE, 3), dtype=np.uint8)]).shape[1])

    def recipe(self, detector: str) -> Recipe:
        """Describe the vectors."""
        how = f"5 points to the ArcFace template, {FACE_SIDE} px"
        return Recipe(
            self._name, detector, how, self.dim, "cosine", self._weights, self._versions, self._network.precision
        )

    def load(self) -> None:
        """Do nothing: its recipe needs the network already."""

    def compute(self, chips: Sequence[Pixels]) -> Vectors:
        """Encode one batch."""
        return self._network.run((np.stack(chips).astype(np.float32) / 255 - 0.5) / 0.5)


def one_core_session(model: bytes) -> Callable[[Pixels], Vectors]:
    """Return what runs an ONNX model with one input and one output, on one core a call."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name

    def run(batch: Pixels) -> Vectors:
        found: Vectors = session.run(None, {name: batch})[0]
        return found

    return run


def _file(ref: EncoderRef) -> Path:
    path = ref.file
    if path is None or not path.is_file():
        raise RequestError(tr("There is no file {path}. Give the weights as arcface:FILE or onnx:FILE.", path=path))
    return path


def load_backbone(path: Path) -> tuple[Any, str]:
    """Return the backbone a file holds, and its name. Raises `RequestError` if it holds none."""
    from safetensors import safe_open

    from fairdesk.faces import backbones

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
