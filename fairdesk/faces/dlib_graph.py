"""dlib's face recognition network as an ONNX graph: on a processor it starts at once and takes a third of PyTorch's memory.

The same network as `dlib_network`, from the same layers; ONNX Runtime computes it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from fairdesk.faces.dlib_file import CHIP, LEVELS, Layer
from fairdesk.faces.onnx_bytes import TYPES, Array, Parts, model, node, tensor, value


class _Graph:
    """Nodes and weights as they are added."""

    def __init__(self) -> None:
        self.nodes: list[bytes] = []
        self.weights: list[Parts] = []

    def add(self, kind: str, *inputs: str | Array, out: str = "", **how: int | Sequence[int]) -> str:
        """Add a node and return its output's name; an array among its inputs becomes a weight."""
        names = []
        for one in inputs:
            names.append(one if isinstance(one, str) else f"w{len(self.weights)}")
            if not isinstance(one, str):
                self.weights.append(tensor(names[-1], one))
        out = out or f"t{len(self.nodes)}"
        self.nodes.append(node(kind, names, out, how))
        return out

    def convolve(self, x: str, pair: tuple[Layer, Layer]) -> str:
        """Add a convolution, with the affine layer behind it folded in."""
        layer, affine = pair
        gamma, beta = affine.params[: layer.filters], affine.params[layer.filters :]
        weights = layer.params[: -layer.filters].reshape(layer.filters, -1, layer.size, layer.size)
        return self.add(
            "Conv", x, weights * gamma[:, None, None, None], layer.params[-layer.filters :] * gamma + beta,
            kernel_shape=[layer.size] * 2, strides=[layer.stride] * 2, pads=[layer.padding] * 4,
        )  # fmt: skip


def network_graph(layers: list[Layer], mean: tuple[float, float, float]) -> bytes:
    """Return an ONNX model from faces, uint8 of shape (n, 150, 150, 3), to vectors of shape (n, 128)."""
    graph, pairs = _Graph(), iter(zip(layers[:-1:2], layers[1::2], strict=False))
    x = graph.add("Transpose", graph.add("Cast", "faces", to=TYPES["float32"]), perm=[0, 3, 1, 2])
    x = graph.add("Sub", x, np.array(mean, dtype=np.float32).reshape(1, 3, 1, 1))
    x = graph.add("Mul", x, np.array(1 / 256, dtype=np.float32))
    x = graph.add("MaxPool", graph.add("Relu", graph.convolve(x, next(pairs))), kernel_shape=[3, 3], strides=[2, 2])
    side, before = ((CHIP - 7) // 2 + 1 - 3) // 2 + 1, LEVELS[0][0]
    for channels, count, halves in LEVELS:
        for number in range(count):
            if halves and number == 0:
                x, side = _halve(graph, x, pairs, side, channels - before)
            else:
                x = graph.add("Relu", graph.add("Add", _body(graph, x, pairs), x))
        before = channels
    x = graph.add("Flatten", graph.add("GlobalAveragePool", x))
    graph.add("MatMul", x, layers[-1].params.reshape(before, -1), out="vectors")
    faces, vectors = value("faces", "uint8", ["n", CHIP, CHIP, 3]), value("vectors", "float32", ["n", 128])
    return model("dlib", graph.nodes, graph.weights, [faces], [vectors])


def _body(graph: _Graph, x: str, pairs: Iterator[tuple[Layer, Layer]]) -> str:
    return graph.convolve(graph.add("Relu", graph.convolve(x, next(pairs))), next(pairs))


def _halve(graph: _Graph, x: str, pairs: Iterator[tuple[Layer, Layer]], side: int, more: int) -> tuple[str, int]:
    """Add a block that halves: zeros fill the channels that the input lacks, and the rows that the output lacks."""
    y, inside, averaged = _body(graph, x, pairs), (side - 3) // 2 + 1, side // 2
    x = graph.add("AveragePool", x, kernel_shape=[2, 2], strides=[2, 2])
    if more:
        x = graph.add("Pad", x, np.array([0, 0, 0, 0, 0, more, 0, 0], dtype=np.int64))
    if lack := averaged - inside:
        y = graph.add("Pad", y, np.array([0, 0, 0, 0, 0, 0, lack, lack], dtype=np.int64))
    return graph.add("Relu", graph.add("Add", y, x)), averaged
