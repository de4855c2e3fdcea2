"""bf16 by OpenVINO: near the numbers of float32, from several threads, and without a word to anybody."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import onnx
import pytest

from fairdesk.errors import RequestError
from fairdesk.faces import openvino_engine
from fairdesk.faces.encoders import DlibEncoder, make_encoder
from fairdesk.faces.onnx_bytes import model, node, tensor, value
from fairdesk.faces.params import EncodeParams
from fairdesk.images.pixels import read_pixels
from fairdesk.project.boxes import FaceBox

needs = pytest.mark.skipif(not openvino_engine.has_bf16(), reason="no OpenVINO, or a processor without bf16")


@pytest.fixture(scope="module")
def chips(drawn):
    images = [read_pixels(path) for path in sorted(drawn.rglob("*.jpg"))[::3]]
    return [DlibEncoder.aligner(image, FaceBox(0, image.shape[1], image.shape[0], 0)) for image in images]


@needs
def test_dlib_in_bf16_is_near_float32(chips):
    exact, encoder = DlibEncoder().compute(chips), DlibEncoder("cpu", "bf16")
    short = encoder.compute(chips)
    assert 1e-5 < np.abs(short - exact).max() < 0.005
    with ThreadPoolExecutor(4) as pool:
        for found in pool.map(encoder.compute, [chips[n : n + 3] for n in range(len(chips) - 3)] * 4):
            assert found.shape == (3, 128)
    assert np.array_equal(encoder.compute(chips), short)  # what threads computed at once changed nothing
    recipe = encoder.recipe("hog")
    assert (recipe.code, recipe.precision) == ("OpenVINO", "bf16") and set(recipe.versions) == {"dlib", "openvino"}


def test_without_it_pytorch_computes(monkeypatch, chips):
    monkeypatch.setattr(openvino_engine, "_core", lambda: None)
    encoder = DlibEncoder("cpu", "bf16")
    assert encoder.recipe("hog").code == "PyTorch" and set(encoder.recipe("hog").versions) == {"dlib"}
    assert np.abs(encoder.compute(chips[:2]) - DlibEncoder().compute(chips[:2])).max() < 0.005
    with pytest.raises(RequestError, match="by OpenVINO: uv pip install"):
        make_encoder(EncodeParams(encoder="onnx:x.onnx", precision="bf16"), "cpu")


@needs
def test_it_tells_nobody_and_leaves_nothing(tmp_path):
    """Left to itself OpenVINO reports each import to its makers, and writes into the home folder."""
    code = "from fairdesk.faces import openvino_engine as e; assert e.has_bf16(); import sys; sys.exit(sys.modules['openvino_telemetry'] is not None)"
    home = {**os.environ, "HOME": str(tmp_path), "USERPROFILE": str(tmp_path)}
    subprocess.run([sys.executable, "-c", code], env=home, check=True, timeout=120)
    assert not list(tmp_path.iterdir())


def _graph(path, size=112):
    """Two outputs; the second is the embedding."""
    weights = np.random.default_rng(3).normal(size=(16, 3, 3, 3)).astype(np.float32) / 5
    nodes = [
        node("Conv", ["x", "w"], "c", {"strides": [2, 2]}),
        node("GlobalAveragePool", ["c"], "p", {}),
        node("Flatten", ["p"], "embedding", {"axis": 1}),
        node("Softmax", ["embedding"], "share", {"axis": -1}),
    ]
    outputs = [value("share", "float32", ["n", 16]), value("embedding", "float32", ["n", 16])]
    made = model("g", nodes, [tensor("w", weights)], [value("x", "float32", ["n", 3, size, size])], outputs)
    onnx.checker.check_model(onnx.load_from_string(made), full_check=True)
    path.write_bytes(made)
    return f"onnx:{path}"


@needs
def test_an_onnx_model_in_bf16(tmp_path, chips):
    name = _graph(tmp_path / "g.onnx")
    exact, short = (make_encoder(EncodeParams(encoder=name, precision=one), "cpu") for one in ("float32", "bf16"))
    faces = [np.ascontiguousarray(chip[:112, :112]) for chip in chips]
    one, other = exact.compute(faces), short.compute(faces)
    assert one.shape == other.shape == (len(faces), 16) and 0 < np.abs(one - other).max() < 0.02 * np.abs(one).max()
    assert exact.recipe("hog").hash != short.recipe("hog").hash and set(short.recipe("hog").versions) == {"openvino"}


@needs
def test_a_model_that_openvino_does_not_take_is_refused(tmp_path, monkeypatch):
    name = _graph(tmp_path / "g.onnx")

    def fail(*_):
        raise RuntimeError("Exception from src:\nUnsupported operation: Foo")

    monkeypatch.setattr(openvino_engine, "bf16_session", fail)
    with pytest.raises(RequestError, match="cannot be computed in bf16: Unsupported operation: Foo Leave"):
        make_encoder(EncodeParams(encoder=name, precision="bf16"), "cpu")


def test_models_are_written_as_onnx_reads_them():
    """Whole numbers below zero and above 127, and a free side."""
    made = onnx.load_from_string(
        model("g", [node("Softmax", ["x"], "y", {"axis": -1})], [tensor("t", np.arange(300, dtype=np.int64))],
              [value("x", "float32", ["n", 1000])], [value("y", "float32", ["n", 1000])])
    )  # fmt: skip
    onnx.checker.check_model(made, full_check=True)
    assert (
        made.graph.node[0].attribute[0].i == -1 and made.graph.input[0].type.tensor_type.shape.dim[0].dim_param == "n"
    )
    assert onnx.numpy_helper.to_array(made.graph.initializer[0]).tolist() == list(range(300))
