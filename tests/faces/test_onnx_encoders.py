"""ONNX encoders as people export them: batches fixed, or free in name only, bytes, colours last, several outputs."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from fairdesk.dataset.image_import import import_images as import_folder
from fairdesk.dataset.params import ImportParams
from fairdesk.errors import RequestError
from fairdesk.faces.embedding import encode_faces as encode
from fairdesk.faces.encoders import encode as encode_of
from fairdesk.faces.encoders import make_encoder
from fairdesk.faces.params import EncodeParams
from fairdesk.jobs.context import QuietContext
from fairdesk.project.boxes import FaceBox
from tests.conftest import SHARED


@pytest.fixture
def people(project, drawn):
    import_folder(ImportParams(folder=drawn), QuietContext(project))
    return project


KINDS = {
    "float": TensorProto.FLOAT,
    "half": TensorProto.FLOAT16,
    "uint8": TensorProto.UINT8,
    "int64": TensorProto.INT64,
}


def graph_file(path, shape, *, kind="float", last=False, reshape=None, outputs=("embedding",), pool=True, same=False):
    """A graph whose vector is the mean colour, in float32, under each name of `outputs` (norm, map and more by name).

    With `same` it is that of a picture whose weights are lost: 0 for any.
    """
    nodes = [helper.make_node("Cast", ["x"], ["f"], to=TensorProto.FLOAT)]
    constants = [numpy_helper.from_array(np.array([1, 2] if last else [2, 3], dtype=np.int64), "axes")]
    if same:
        nodes.append(helper.make_node("ReduceMean", ["f", "axes"], ["p"], keepdims=0))
        nodes.append(helper.make_node("Sub", ["p", "p"], ["m"]))
    elif pool:
        nodes.append(helper.make_node("ReduceMean", ["f", "axes"], ["m"], keepdims=0))
    else:
        nodes.append(helper.make_node("Identity", ["f"], ["m"]))
    if reshape is not None:
        constants.append(numpy_helper.from_array(np.array(reshape, dtype=np.int64), "to"))
        nodes.append(helper.make_node("Reshape", ["m", "to"], ["v"]))
    else:
        nodes.append(helper.make_node("Identity", ["m"], ["v"]))
    for name in outputs:
        if name == "norm":
            nodes.append(helper.make_node("ReduceSum", ["v", "one"], ["norm"], keepdims=1))
            constants.append(numpy_helper.from_array(np.array([1], dtype=np.int64), "one"))
        else:
            nodes.append(helper.make_node("Identity", ["f" if name == "map" else "v"], [name]))
    made = helper.make_graph(
        nodes, "g", [helper.make_tensor_value_info("x", KINDS[kind], shape)],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs], constants,
    )  # fmt: skip
    onnx.save(helper.make_model(made, opset_imports=[helper.make_opsetid("", 18)], ir_version=9), path)
    return path


def faces(count, side=64):
    rng = np.random.default_rng(0)
    colours = rng.integers(0, 255, (count, 3))
    return [
        (np.full((side, side, 3), colour, dtype=np.uint8), FaceBox(0, side, side, 0)) for colour in colours
    ], colours


FITTING = {
    "any batch": (["n", 3, 64, 64], {}),
    "batch 1": ([1, 3, 64, 64], {}),
    "batch 4": ([4, 3, 64, 64], {}),
    "free in name only, an error": (["n", 3, 64, 64], {"reshape": [1, 3]}),
    "free in name only, silent": (["n", 3, 64, 64], {"reshape": [1, -1]}),
    "bytes": (["n", 3, 64, 64], {"kind": "uint8"}),
    "bytes, colours last": (["n", 64, 64, 3], {"kind": "uint8", "last": True}),
    "colours last, batch 4": ([4, 64, 64, 3], {"last": True}),
    "half": (["n", 3, 64, 64], {"kind": "half"}),
    "any size": (["n", 3, "h", "w"], {}),
    "nothing said": (["n", "c", "h", "w"], {}),
    "a norm beside it": (["n", 3, 64, 64], {"outputs": ("norm", "embedding")}),
    "maps before it": (["n", 3, 64, 64], {"outputs": ("map", "y")}),
    "logits before it": (["n", 3, 64, 64], {"outputs": ("logits", "feature")}),
    "four axes": (["n", 3, 64, 64], {"reshape": [-1, 3, 1, 1]}),
    "no axis for one": ([1, 3, 64, 64], {"reshape": [3]}),
}


@pytest.mark.parametrize("case", FITTING)
@pytest.mark.parametrize("count", [1, 5])
def test_every_face_gets_its_own_vector(tmp_path, case, count):
    shape, more = FITTING[case]
    path = graph_file(tmp_path / "m.onnx", shape, **more)
    scaling = None if more.get("kind") == "uint8" else "bytes"
    encoder = make_encoder(EncodeParams(encoder=f"onnx:{path}", detector="whole", scaling=scaling), "cpu")
    given, colours = faces(count)
    assert encoder.dim == 3
    assert np.abs(encode_of(encoder, given) - colours).max() < 1, case
    assert encoder.scaling == "bytes" and ("output" in encoder.recipe("whole").alignment) == (
        len(more.get("outputs", [1])) > 1
    )


REFUSED = {
    "two vectors": (["n", 3, 64, 64], {"outputs": ("a", "b")}, "several vectors.*extract_model"),
    "maps only": (["n", 3, 64, 64], {"pool": False}, "not a vector for each"),
    "one number": (["n", 3, 64, 64], {"reshape": [-1, 1]}, "not a vector"),
    "whole numbers": (["n", 3, 64, 64], {"kind": "int64"}, "float32, float16 or uint8"),
    "five axes": (["n", 3, 64, 64, 1], {}, "four axes"),
    "grey": (["n", 1, 64, 64], {}, "three colours"),
    "no batch that works": ([3, 3, 64, 64], {"reshape": [1, 9]}, "Export it again"),
    "the same for any picture": (["n", 3, 64, 64], {"same": True}, "tells no faces apart"),
    "the same for any, four at once": ([4, 3, 64, 64], {"same": True}, "tells no faces apart"),
    "not square": (["n", 3, 64, 32], {}, "a square is expected"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_does_not_fit_is_refused_with_the_remedy(tmp_path, capfd, case):
    shape, more, told = REFUSED[case]
    path = graph_file(tmp_path / "m.onnx", shape, **more)
    with pytest.raises(RequestError, match=told):
        make_encoder(EncodeParams(encoder=f"onnx:{path}", detector="whole"), "cpu")
    assert "onnxruntime" not in capfd.readouterr().err


def test_bytes_are_not_scaled_twice(tmp_path):
    path = graph_file(tmp_path / "m.onnx", ["n", 3, 64, 64], kind="uint8")
    with pytest.raises(RequestError, match="takes bytes"):
        make_encoder(EncodeParams(encoder=f"onnx:{path}", detector="whole", scaling="unit"), "cpu")


@pytest.mark.parametrize("name", ["fixedreshape", "batch4", "uint8"])
def test_cases_of_the_field(people, name):
    path = SHARED / "cases" / "field" / "onnx" / f"{name}.onnx"
    if not path.exists():
        pytest.skip("the cases (../shared/cases) are not on this machine")
    result = encode(EncodeParams(encoder=f"onnx:{path}", detector="whole"), QuietContext(people))
    assert (result.vectors, result.dim) == (24, 16) and not result.failed
