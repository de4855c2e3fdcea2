"""Writes small ONNX models, byte for byte as onnx.proto lays them out: the package onnx takes longer to import than a face set of a hundred to encode.

https://github.com/onnx/onnx/blob/main/onnx/onnx.proto names the fields; numbers here are theirs.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Parts = list[bytes]  # of a message, in order
TYPES = MappingProxyType({"float32": 1, "uint8": 2, "int64": 7})  # of TensorProto
_INT, _INTS = 2, 7  # of AttributeProto


def _varint(number: int) -> bytes:
    number &= (1 << 64) - 1
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _sized(field: int, *parts: bytes | str) -> bytes:
    body = b"".join(part.encode() if isinstance(part, str) else part for part in parts)
    return _varint(field << 3 | 2) + _varint(len(body)) + body


def _wrapped(field: int, parts: Parts) -> Parts:
    """Return what `_sized` does, in parts: they are joined once, as weights are large."""
    return [_varint(field << 3 | 2), _varint(sum(len(part) for part in parts)), *parts]


def tensor(name: str, values: Array) -> Parts:
    """Return a TensorProto."""
    raw = np.ascontiguousarray(values).astype(values.dtype.newbyteorder("<"), copy=False).tobytes()
    dims = [_number(1, side) for side in values.shape]
    return [*dims, _number(2, TYPES[values.dtype.name]), _sized(8, name), *_wrapped(9, [raw])]


def node(kind: str, inputs: Iterable[str], output: str, attributes: dict[str, int | Sequence[int]]) -> bytes:
    """Return a NodeProto with attributes that are whole numbers."""
    parts = [*(_sized(1, name) for name in inputs), _sized(2, output), _sized(4, kind)]
    for name, value in attributes.items():
        if isinstance(value, int):
            parts.append(_sized(5, _sized(1, name), _number(3, value), _number(20, _INT)))
        else:
            parts.append(_sized(5, _sized(1, name), *(_number(8, one) for one in value), _number(20, _INTS)))
    return b"".join(parts)


def value(name: str, kind: str, shape: Sequence[int | str]) -> bytes:
    """Return a ValueInfoProto of an input or output; a side that is a word is free."""
    dims = [_sized(1, _sized(2, side) if isinstance(side, str) else _number(1, side)) for side in shape]
    return _sized(1, name) + _sized(2, _sized(1, _number(1, TYPES[kind]), _sized(2, *dims)))


def model(
    name: str, nodes: Iterable[bytes], weights: Iterable[Parts], inputs: Iterable[bytes], outputs: Iterable[bytes]
) -> bytes:
    """Return a ModelProto of opset 17."""
    graph = [*(_sized(1, one) for one in nodes), _sized(2, name)]
    graph += [part for one in weights for part in _wrapped(5, one)]
    graph += [*(_sized(11, one) for one in inputs), *(_sized(12, one) for one in outputs)]
    return b"".join((_number(1, 9), *_wrapped(7, graph), _sized(8, _sized(1, ""), _number(2, 17))))
