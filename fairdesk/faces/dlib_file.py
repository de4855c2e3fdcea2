"""Reads the weights of dlib's face recognition network from dlib's own file. Nothing of it is executed.

The format is that of dlib's `serialize` functions (dlib/serialize.h, dlib/dnn/core.h and layers.h, Boost licence):
integers are a byte with their length and sign, then their digits; a network is written from its output inwards, first
the version of every layer, then, from the input outwards, what each layer holds.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from fairdesk.errors import JobFailed
from fairdesk.words import tr

Array = npt.NDArray[np.float32]
CHIP = 150  # pixels of an aligned face
LEVELS = (
    (32, 3, False),
    (64, 4, True),
    (128, 3, True),
    (256, 3, True),
    (256, 1, True),
)  # channels, blocks, the first halves
_MOST = 1 << 24  # numbers in one array of this network at most


_KNOWN = {  # layers of this network, in the versions that dlib has written
    "con": ("con_4", "con_5", "con_6"), "affine": ("affine_", "affine_2"), "fc": ("fc_2", "fc_3"),
    "relu": ("relu_", "relu_2"), "max_pool": ("max_pool_2",), "avg_pool": ("avg_pool_2",), "add_prev": ("add_prev_",),
}  # fmt: skip


class DlibFormatError(ValueError):
    """The file is not what was expected."""


class _Reader:
    def __init__(self, content: bytes) -> None:
        self._content, self._place = content, 0

    def bytes(self, count: int) -> bytes:
        if not 0 <= count <= len(self._content) - self._place:
            raise DlibFormatError("the file ends too early")
        self._place += count
        return self._content[self._place - count : self._place]

    def integer(self) -> int:
        head = self.bytes(1)[0]
        size = head & 0x0F
        if head & 0x70 or not 1 <= size <= 8:
            raise DlibFormatError(f"no integer at byte {self._place - 1}")
        value = int.from_bytes(self.bytes(size), "little")
        return -value if head & 0x80 else value

    def number(self) -> float:
        mantissa, exponent = self.integer(), self.integer()
        return float(mantissa) * 2.0**exponent if exponent < 32000 else float("nan")

    def text(self) -> str:
        return self.bytes(self.integer()).decode("latin-1")

    def flag(self) -> bool:
        return self.bytes(1) == b"1"

    def tensor(self) -> Array:
        if self.integer() != 2:
            raise DlibFormatError("an array of another version")
        shape = [self.integer() for _ in range(4)]
        size = int(np.prod(shape, dtype=object))
        if min(shape) < 0 or size > _MOST:
            raise DlibFormatError(f"an array of the shape {shape}")
        return np.frombuffer(self.bytes(4 * size), dtype="<f4").astype(np.float32).reshape(shape)

    def at_end(self) -> bool:
        return self._place == len(self._content)


@dataclass(frozen=True)
class Layer:
    """A layer that was read, with its numbers."""

    kind: str  # "con", "affine" or "fc"
    params: Array  # flat: weights, then biases
    filters: int = 0  # of a convolution
    size: int = 0  # of its square kernel
    stride: int = 0
    padding: int = 0


def _down(body: list[str]) -> list[str]:
    return ["relu", "add_prev", "avg_pool", "skip", "tag", *body, "tag"]


def network_layers() -> list[str]:
    """Return the kinds of the network's layers, from its output to its input, as dlib/tools names them."""
    body = ["affine", "con", "relu", "affine", "con"]
    block = ["relu", "add_prev", *body, "tag"]
    levels = [_down(body)]  # 256, once
    for count in (2, 2, 3):  # 256, 128, 64: blocks of the same size, the last of them makes it smaller
        levels.append(block * count + _down(body))
    levels.append(block * 3)  # 32
    inside = [kind for level in levels for kind in level]
    return ["fc", "avg_pool", *inside, "max_pool", "relu", "affine", "con"]


def read_layers(path: Path) -> tuple[list[Layer], tuple[float, float, float]]:
    """Return the layers that have weights, from the input to the output, and the mean red, green and blue.

    Raises
    ------
    DlibFormatError
        If the file is not this network.
    """
    reader = _Reader(path.read_bytes())
    layers = network_layers()
    reader.integer()  # the version of the loss layer
    loss = reader.text()
    if not loss.startswith("loss_metric_"):
        raise DlibFormatError(f"not a network for metric learning but {loss[:40]!r}")
    if loss == "loss_metric_2":
        reader.number(), reader.number()  # margin and threshold
    versions = [reader.integer() for _ in layers]
    if reader.text() != "input_rgb_image_sized":
        raise DlibFormatError("no input of RGB images where one was expected")
    mean = (reader.number(), reader.number(), reader.number())
    if (rows := reader.integer(), columns := reader.integer()) != (CHIP, CHIP):
        raise DlibFormatError(f"images of {rows} x {columns} pixels, not 150 x 150")
    found = []
    for place in reversed(range(len(layers))):
        kind, innermost = layers[place], place == len(layers) - 1
        if kind in ("tag", "skip"):
            continue
        layer = _read_layer(reader, kind)
        if layer is not None:
            found.append(layer)
        for _ in range(3):
            reader.flag()
        reader.tensor(), reader.tensor()  # a gradient and an output that were kept
        if innermost:
            reader.tensor()
            if versions[place] >= 3:
                reader.integer()
        elif versions[place] == 2:
            reader.tensor()
    if not reader.at_end():
        raise DlibFormatError("there is more in the file than the network")
    _check(found)
    return found, mean


def read_network(path: Path) -> tuple[list[Layer], tuple[float, float, float]]:
    """Do as `read_layers` does, for a person: raises `JobFailed`, naming the remedy."""
    try:
        return read_layers(path)
    except DlibFormatError as error:
        raise JobFailed(
            tr(
                "{file} is not dlib's face recognition network ({why}). Install the package face_recognition_models again.",
                file=path.name,
                why=error,
            )
        ) from error


def _check(layers: list[Layer]) -> None:
    """See that all layers have the sizes of this network."""
    wanted, before = [(32, 3, 7, 2, 0)], 32  # outputs, inputs, kernel, stride, padding
    for channels, count, halves in LEVELS:
        for number in range(count):
            wanted.append((channels, before, 3, 2, 0) if halves and number == 0 else (channels, before, 3, 1, 1))
            wanted.append((channels, channels, 3, 1, 1))
            before = channels
    for layer, affine, (outputs, inputs, size, stride, padding) in zip(
        layers[:-1:2], layers[1::2], wanted, strict=True
    ):
        same = (layer.filters, layer.size, layer.stride, layer.padding) == (outputs, size, stride, padding)
        if not same or layer.params.size != outputs * (inputs * size * size + 1) or affine.params.size != 2 * outputs:
            raise DlibFormatError("a convolution of another size")
    if layers[-1].filters != 128 or layers[-1].params.size != 128 * before:
        raise DlibFormatError("a last layer of another size")


def _read_layer(reader: _Reader, kind: str) -> Layer | None:
    said = reader.text()
    if said not in _KNOWN[kind]:
        raise DlibFormatError(f"a layer {said[:40]!r} where {kind} was expected")
    read: dict[str, Any] = {"con": _convolution, "affine": _affine, "fc": _linear, "relu": _relu, "max_pool": _pool,
                            "avg_pool": _pool, "add_prev": lambda *_: None}  # fmt: skip
    layer: Layer | None = read[kind](reader, said)
    return layer


def _convolution(reader: _Reader, said: str) -> Layer:
    params, filters = reader.tensor(), reader.integer()
    rows, columns, stride_y, stride_x, padding_y, padding_x = (reader.integer() for _ in range(6))
    if (rows, stride_y, padding_y) != (columns, stride_x, padding_x):
        raise DlibFormatError("a kernel that is not square")
    _skip_aliases(reader, 2)
    for _ in range(4):
        reader.number()
    if said in ("con_5", "con_6") and not reader.flag():
        raise DlibFormatError("a convolution without biases")
    if said == "con_6" and reader.flag():
        raise DlibFormatError("a convolution with a ReLU of its own")
    return Layer("con", params.ravel(), filters, rows, stride_y, padding_y)


def _affine(reader: _Reader, said: str) -> Layer:
    params = reader.tensor()
    _skip_aliases(reader, 2)
    reader.integer()  # of convolutions or not: the shape says it too
    if said == "affine_2" and reader.flag():
        raise DlibFormatError("an affine layer that is switched off")
    return Layer("affine", params.ravel())


def _linear(reader: _Reader, said: str) -> Layer:
    outputs, _inputs = reader.integer(), reader.integer()
    params = reader.tensor()
    _skip_aliases(reader, 2)
    biases = reader.integer()
    for _ in range(4):
        reader.number()
    if said == "fc_3":
        reader.flag()
    if biases != 1:  # FC_NO_BIAS
        raise DlibFormatError("a last layer with biases")
    return Layer("fc", params.ravel(), outputs)


def _relu(reader: _Reader, said: str) -> None:
    if said == "relu_2" and reader.flag():
        raise DlibFormatError("a ReLU that is switched off")


def _pool(reader: _Reader, _said: str) -> None:
    for _ in range(6):
        reader.integer()


def _skip_aliases(reader: _Reader, count: int) -> None:
    """Views into the parameters: their version and their four sizes."""
    for _ in range(count):
        for _ in range(5):
            reader.integer()
