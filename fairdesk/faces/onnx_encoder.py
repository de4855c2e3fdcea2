"""Any ONNX graph that makes a vector of a face: what the graph does not say is tried before the first face."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from fairdesk.errors import RequestError
from fairdesk.faces import openvino_engine
from fairdesk.faces.aligners import Aligner, Engine
from fairdesk.faces.params import EncodeParams, Format
from fairdesk.faces.weight_files import onnx_errors, onnx_reason, open_onnx
from fairdesk.images.file_facts import file_sha256
from fairdesk.images.pixels import Pixels
from fairdesk.project.encoder_ref import EncoderRef
from fairdesk.project.finite import unsound
from fairdesk.project.recipes import Recipe
from fairdesk.words import tr

Vectors = npt.NDArray[np.float32]
_TYPES = MappingProxyType({"tensor(float)": np.float32, "tensor(float16)": np.float16, "tensor(uint8)": np.uint8})
_SCALES = MappingProxyType({"arcface": (127.5, 127.5), "unit": (0.0, 255.0), "bytes": (0.0, 1.0)})
_MEAN = np.array([0.485, 0.456, 0.406], dtype=np.float32)
_STD = np.array([0.229, 0.224, 0.225], dtype=np.float32)
_SIDES = (112, 160, 224, 128, 96)  # tried where a graph takes any size
_NOISE = 1e-4  # of the largest number: what sums in another order come to
_LEAST = 1e-12  # squares of smaller numbers soon are nothing in float32
_EMBEDDING = re.compile(r"emb|feat|fc1|vec", re.I)  # names of the outputs that vectors have


class _UnfitError(Exception):
    """The graph does not run this way."""


class OnnxEncoder:
    """Any ONNX model that takes one picture of a face and gives one vector; compared by cosine similarity.

    Size, layout and kind of numbers are read from the graph, or tried where it leaves them open; so is whether faces can
    go in together, as a graph may say so and have its batch fixed inside. How pixels are scaled cannot be told, so
    that is `scaling`, "arcface" unless said; a graph that takes bytes gets bytes.
    """

    _in_bf16: Callable[[npt.NDArray[Any]], Vectors] | None = None

    def __init__(
        self, params: EncodeParams, ref: EncoderRef, device: str, file: Path, precision: Format = "float32"
    ) -> None:
        import onnxruntime

        self._name, self._path = ref.stored, file
        self._weights = file_sha256(file)
        self._session = open_onnx(file, device)
        self._input, shape = self._image_input()
        self.scaling = self._scaling(params)
        self._batch = shape[0] if isinstance(shape[0], int) and shape[0] > 0 else 0  # 0: any
        self._try(shape)
        self._versions = {"onnxruntime": onnxruntime.__version__}
        self._precision = precision
        self.engine: Engine = "all cores"
        if precision == "bf16":
            self._compute_in_bf16()

    def _compute_in_bf16(self) -> None:
        """Let OpenVINO compute the graph, once it is known how it runs. Raises `RequestError` where it does not take it."""
        try:
            self._in_bf16 = openvino_engine.bf16_session(self._path, self._output)
            vector = self._run(np.zeros((2, self._side, self._side, 3), dtype=np.float32))
        except (RuntimeError, _UnfitError) as error:
            raise RequestError(
                tr(
                    "{path} cannot be computed in bf16: {why} Leave --precision away.",
                    path=self._path,
                    why=str(error).strip().splitlines()[-1][:200],
                )
            ) from error
        assert vector.shape == (2, self.dim)
        self._versions = {"openvino": openvino_engine.version()}
        self.engine = "one core"

    def _image_input(self) -> tuple[str, list[Any]]:
        inputs = self._session.get_inputs()
        shape = list(inputs[0].shape) if inputs else []
        if len(inputs) != 1 or len(shape) != 4:
            raise RequestError(
                tr(
                    "{path} takes {inputs}: an encoder takes one image, with four axes.",
                    path=self._path,
                    inputs=[(i.name, i.shape) for i in inputs],
                )
            )
        if inputs[0].type not in _TYPES:
            raise RequestError(
                tr(
                    "{path} takes numbers of the kind {kind}: export it for float32, float16 or uint8.",
                    path=self._path,
                    kind=inputs[0].type,
                )
            )
        self._kind = _TYPES[inputs[0].type]
        return inputs[0].name, shape

    def _scaling(self, params: EncodeParams) -> str:
        if self._kind is not np.uint8:
            return params.scaling or "arcface"
        if params.scaling not in (None, "bytes"):
            raise RequestError(
                tr("{path} takes bytes, and scales them itself: leave --scaling away, or say bytes.", path=self._path)
            )
        return "bytes"

    def _try(self, shape: list[Any]) -> None:
        """Find out how the graph runs, on two different pictures. Raises `RequestError` where it does not."""
        layouts = [first for first, axis in ((True, 1), (False, 3)) if shape[axis] == 3]
        if not layouts:  # colours have no number
            layouts = [first for first, axis in ((True, 1), (False, 3)) if not _fixed(shape[axis])]
        if not layouts:
            raise RequestError(
                tr(
                    "{path} takes the shape {shape}: three colours are expected as the second or the last axis.",
                    path=self._path,
                    shape=shape,
                )
            )
        why: _UnfitError | None = None
        for first in layouts:
            height, width = shape[2:4] if first else shape[1:3]
            if _fixed(height) and _fixed(width) and height != width:
                raise RequestError(
                    tr(
                        "{path} takes images of {width} x {height} pixels: a square is expected.",
                        path=self._path,
                        width=width,
                        height=height,
                    )
                )
            for side in (
                [next(one for one in (height, width) if _fixed(one))] if _fixed(height) or _fixed(width) else _SIDES
            ):
                self._first, self._side = first, side
                try:
                    self._settle_batch()
                    return
                except _UnfitError as error:
                    why = why or error
        raise RequestError(
            tr(
                "{path} cannot be run on images of faces: {why} Export it again for one face at a time (batch 1), "
                "float32 or uint8, 3 x 112 x 112, with the embedding as its output.",
                path=self._path,
                why=str(why),
            )
        )

    def _settle_batch(self) -> None:
        """Find how many faces go in together, and which output is the vector."""
        side = self._side
        ramp = np.linspace(0, 255, side * side * 3, dtype=np.float32).reshape(1, side, side, 3)
        two = np.concatenate([ramp, np.ascontiguousarray(ramp[:, ::-1, ::-1, ::-1]) * 0.5])
        if self._batch:
            self._settle_output(self._batch)
            found = self._run(two)
            self._tells_apart(found)
            self._gives_the_same_again(two, found)
            if self._batch > 1 and not _near(self._run(two[:1]), found[:1]):
                raise RequestError(
                    tr(
                        "{path} gives a picture another vector beside other pictures: batch normalisation that learns, or something else "
                        "that goes over its {batch} pictures. Export it in evaluation mode (model.eval()), or for one face at a time (batch 1).",
                        path=self._path,
                        batch=self._batch,
                    )
                )
            return
        self._batch = 1
        try:
            self._settle_output(1)
            alone = self._run(two)
        except _UnfitError:
            self._batch = 0
            raise
        self._tells_apart(alone)
        self._gives_the_same_again(two, alone)
        self._batch = 0
        try:
            together = self._run(two)
        except _UnfitError:
            together = None
        if together is None or together.shape != alone.shape or not _near(together, alone):
            self._batch = 1  # its batch is free in name only, or a vector hangs on what else is in it

    def _tells_apart(self, vectors: Vectors) -> None:
        """Refuse a graph that gives numbers that are none, or two pictures, one unlike the other, the same ones."""
        self.dim = int(vectors.shape[1])
        if len(unsound(vectors)):
            raise RequestError(
                tr(
                    "{path} gives numbers that are not finite (NaN or infinite), or too large: the fault is the model's, not the photographs'. "
                    "Export it again with its weights, or with another --scaling.",
                    path=self._path,
                )
            )
        if np.array_equal(vectors[0], vectors[1]):
            raise RequestError(
                tr(
                    "{path} gives different pictures the same vector, so that it tells no faces apart. Export it again with its weights, "
                    "and the embedding as its output.",
                    path=self._path,
                )
            )
        if (most := float(np.abs(vectors).max())) < _LEAST:
            raise RequestError(
                tr(
                    "{path} gives numbers of {most:.1e} at most, so small that distances between them are lost in float32. "
                    "Export it again with its weights, or with another --scaling.",
                    path=self._path,
                    most=most,
                )
            )

    def _gives_the_same_again(self, pictures: npt.NDArray[np.float32], vectors: Vectors) -> None:
        """Refuse a graph that gives the same pictures other numbers when it is run again."""
        if not _near(self._run(pictures), vectors, _NOISE):
            raise RequestError(
                tr(
                    "{path} gives the same picture another vector each time: something in it is random, or changes as it runs, as in training (dropout, batch normalisation). "
                    "Export it in evaluation mode (model.eval()), without nodes that draw numbers.",
                    path=self._path,
                )
            )

    def _settle_output(self, batch: int) -> None:
        """Choose the output that is a vector for each face."""
        outputs = [one.name for one in self._session.get_outputs()]
        made = self._session_run(outputs, np.zeros((batch, self._side, self._side, 3), dtype=np.float32))
        vectors = [name for name, value in zip(outputs, made, strict=True) if _is_vectors(value, batch)]
        if not vectors:
            shapes = ", ".join(f"{name} {value.shape}" for name, value in zip(outputs, made, strict=True))
            raise _UnfitError(
                tr("it gives {shapes} for {faces} faces, not a vector for each.", shapes=shapes, faces=batch)
            )
        named = [name for name in vectors if _EMBEDDING.search(name)]
        chosen = vectors if len(vectors) == 1 else named
        if len(chosen) != 1:
            raise RequestError(
                tr(
                    "{path} gives several vectors for a face ({outputs}), and no name tells which is the embedding. Keep that one: "
                    "onnx.utils.extract_model(FILE, NEW_FILE, [{input!r}], [OUTPUT]).",
                    path=self._path,
                    outputs=", ".join(vectors),
                    input=self._input,
                )
            )
        self._output, self._several = chosen[0], len(outputs) > 1

    def recipe(self, detector: str) -> Recipe:
        """Describe the vectors."""
        how = f"5 points to the ArcFace template, {self._side} px, scaling {self.scaling}"
        if self._several:
            how += f", output {self._output}"
        return Recipe(self._name, detector, how, self.dim, "cosine", self._weights, self._versions, self._precision)

    @property
    def aligner(self) -> Aligner:
        """How faces are cut out."""
        return Aligner("template", self._side)

    def load(self) -> None:
        """Do nothing: it was tried already."""

    def compute(self, chips: Sequence[Pixels]) -> Vectors:
        """Encode one batch."""
        try:
            return self._run(np.stack(chips).astype(np.float32))
        except _UnfitError as error:
            raise RequestError(tr("{path} cannot be run: {why}", path=self._path, why=str(error))) from error

    def _run(self, chips: npt.NDArray[np.float32]) -> Vectors:
        size = self._batch or len(chips)
        parts = []
        for start in range(0, len(chips), size):
            rows = np.minimum(np.arange(start, start + size), len(chips) - 1)  # the last ones fill a fixed batch
            value = self._session_run([self._output], chips[rows])[0]
            if not _is_vectors(value, size):
                raise _UnfitError(tr("it gives the shape {shape} for {faces} faces.", shape=value.shape, faces=size))
            parts.append(np.asarray(value, dtype=np.float32).reshape(size, -1)[: len(chips) - start])
        return np.concatenate(parts)

    def _session_run(self, outputs: list[str], chips: npt.NDArray[np.float32]) -> list[Any]:
        if self.scaling == "imagenet":
            batch: npt.NDArray[Any] = (chips / 255 - _MEAN) / _STD
        else:
            mean, scale = _SCALES[self.scaling]
            batch = (chips - mean) / scale
        if self._first:
            batch = batch.transpose(0, 3, 1, 2)
        if self._kind is np.uint8:
            batch = np.rint(batch)
        batch = np.ascontiguousarray(batch, dtype=self._kind)
        if self._in_bf16 is not None:
            return [self._in_bf16(batch)]
        try:
            found: list[Any] = self._session.run(outputs, {self._input: batch})
        except onnx_errors() as error:
            raise _UnfitError(onnx_reason(error)) from error
        return found


def _near(one: Vectors, other: Vectors, share: float = 1e-2) -> bool:
    """Whether vectors differ by no more than a share of their largest number."""
    largest = float(np.nanmax(np.abs(other))) if np.isfinite(other).any() else 0.0
    return np.allclose(one, other, rtol=0, atol=share * max(largest, 1e-6), equal_nan=True)


def _fixed(side: Any) -> bool:
    return isinstance(side, int) and side > 0


def _is_vectors(value: Any, batch: int) -> bool:
    """Whether an output is a vector of more than one number for each of a batch of pictures."""
    shape: tuple[int, ...] = getattr(value, "shape", ())
    if getattr(value, "dtype", None) is None or value.dtype.kind != "f":
        return False
    if len(shape) == 1:  # without an axis for the only picture
        return batch == 1 and shape[0] > 1
    return len(shape) in (2, 4) and shape[0] == batch and shape[1] > 1 and all(side == 1 for side in shape[2:])
