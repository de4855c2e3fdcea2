"""Graphs that were exported while they learn: random ones are refused, those whose vectors hang on other pictures go one by one or are refused."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from fairdesk.errors import RequestError
from fairdesk.faces.encoders import make_encoder
from fairdesk.faces.params import EncodeParams


def graph(path, batch, nodes, constants=()):
    """Write a graph whose `m` is the 4 x 4 x 3 = 48 means of a picture's parts and whose `embedding` the nodes make of it; returns its name."""
    weights = numpy_helper.from_array(np.random.default_rng(1).normal(size=(8, 3, 28, 28)).astype(np.float32), "w")
    first = [
        helper.make_node("Conv", ["x", "w"], ["c"], strides=[28, 28]),
        helper.make_node("Flatten", ["c"], ["m"]),
    ]
    made = helper.make_graph(
        [*first, *nodes], "g", [helper.make_tensor_value_info("x", TensorProto.FLOAT, [batch, 3, 112, 112])],
        [helper.make_tensor_value_info("embedding", TensorProto.FLOAT, None)],
        [weights, *(numpy_helper.from_array(value, name) for name, value in constants)],
    )  # fmt: skip
    onnx.save(helper.make_model(made, opset_imports=[helper.make_opsetid("", 18)], ir_version=9), path)
    return f"onnx:{path}"


def made(encoder):
    return make_encoder(EncodeParams(encoder=encoder), "cpu")


def added(op, **values):
    return [helper.make_node(op, ["m"], ["r"], **values), helper.make_node("Add", ["m", "r"], ["embedding"])]


DROPOUT = [helper.make_node("Dropout", ["m", "ratio", "learns"], ["embedding"])]
RATIO = [("ratio", np.array(0.5, dtype=np.float32)), ("learns", np.array(True))]
RANDOM = {
    "normal": (added("RandomNormalLike", scale=5.0), ()),
    "little": (added("RandomNormalLike", scale=0.05), ()),
    "seeded": (added("RandomUniformLike", low=-5.0, high=5.0, seed=1.0), ()),
    "dropout": (DROPOUT, RATIO),
    "coin": ([helper.make_node("Sigmoid", ["m"], ["s"]), helper.make_node("Bernoulli", ["s"], ["b"]), helper.make_node("Add", ["m", "b"], ["embedding"])], ()),
    "drawn": ([helper.make_node("Multinomial", ["m"], ["n"], sample_size=128), helper.make_node("Cast", ["n"], ["f"], to=TensorProto.FLOAT), helper.make_node("Add", ["m", "f"], ["embedding"])], ()),
}  # fmt: skip
NORMALISED = [  # as batch normalisation does while it learns, over all pictures
    helper.make_node("ReduceMean", ["c", "axes"], ["mean"]),
    helper.make_node("Sub", ["c", "mean"], ["d"]),
    helper.make_node("Mul", ["d", "d"], ["q"]),
    helper.make_node("ReduceMean", ["q", "axes"], ["var"]),
    helper.make_node("Sqrt", ["var"], ["s"]),
    helper.make_node("Div", ["d", "s"], ["n"]),
    helper.make_node("Flatten", ["n"], ["embedding"]),
]
AXES = [("axes", np.array([0, 2, 3], dtype=np.int64))]
CHANNELS = [(name, np.full(8, name in ("scale", "var"), np.float32)) for name in ("scale", "bias", "mean", "var")]
LEARNS = [  # ONNX Runtime writes the running mean and variance over what it began with: every run is another
    helper.make_node("BatchNormalization", ["c", "scale", "bias", "mean", "var"], ["n", "rm", "rv"], training_mode=1),
    helper.make_node("Flatten", ["n"], ["embedding"]),
]
OVER_BATCH = [helper.make_node("Softmax", ["m"], ["embedding"], axis=0)]
RANDOM["batch normalisation"] = (LEARNS, CHANNELS)
PLAIN = [helper.make_node("Identity", ["m"], ["embedding"])]


@pytest.mark.parametrize("batch", ["n", 1, 4])
@pytest.mark.parametrize("kind", RANDOM)
def test_random_vectors_are_refused_with_the_reason(tmp_path, kind, batch):
    with pytest.raises(
        RequestError, match="gives the same picture another vector each time: something in it is random, or changes"
    ):
        made(graph(tmp_path / "g.onnx", batch, *RANDOM[kind]))


NO_NUMBERS = {
    "root": ([helper.make_node("Sqrt", ["m"], ["embedding"])], ()),
    "divided by nothing": ([helper.make_node("Div", ["m", "k"], ["embedding"])], [("k", np.zeros(1, np.float32))]),
    "too large": ([helper.make_node("Mul", ["m", "k"], ["embedding"])], [("k", np.full(1, 1e30, np.float32))]),
}


@pytest.mark.parametrize("batch", ["n", 1, 4])
@pytest.mark.parametrize("kind", NO_NUMBERS)
def test_numbers_that_are_none_are_refused_with_the_model_named(tmp_path, kind, batch):
    with pytest.raises(RequestError, match=r"g\.onnx gives numbers that are not finite .* the fault is the model's"):
        made(graph(tmp_path / "g.onnx", batch, *NO_NUMBERS[kind]))


@pytest.mark.parametrize("factor", [1e-14, 1e-30])
def test_numbers_too_small_to_be_compared_are_refused(tmp_path, factor):
    """Cosines of 1e-30 came out as if all faces were one."""
    scaled = [helper.make_node("Mul", ["m", "k"], ["embedding"])], [("k", np.full(1, factor, np.float32))]
    with pytest.raises(RequestError, match=r"g\.onnx gives numbers of .* so small that distances"):
        made(graph(tmp_path / "g.onnx", "n", *scaled))


def test_dropout_that_does_not_learn_is_none(tmp_path):
    off = [RATIO[0], ("learns", np.array(False))]
    plain, same = (
        made(graph(tmp_path / f"{n}.onnx", "n", *one)) for n, one in enumerate([(PLAIN, ()), (DROPOUT, off)])
    )
    chips = list(np.random.default_rng(2).integers(0, 256, (5, 112, 112, 3), dtype=np.uint8))
    np.testing.assert_array_equal(plain.compute(chips), same.compute(chips))


def test_a_vector_that_hangs_on_other_pictures_is_made_of_each_by_itself(tmp_path):
    encoder = made(graph(tmp_path / "g.onnx", "n", NORMALISED, AXES))
    chips = list(np.random.default_rng(2).integers(0, 256, (5, 112, 112, 3), dtype=np.uint8))
    together, alone = encoder.compute(chips), np.concatenate([encoder.compute([one]) for one in chips])
    np.testing.assert_allclose(together, alone, atol=1e-5)
    turned = encoder.compute(chips[::-1])[::-1]
    np.testing.assert_allclose(together, turned, atol=1e-5)


@pytest.mark.parametrize(("nodes", "constants"), [(NORMALISED, AXES), (OVER_BATCH, ())])
def test_where_the_batch_is_fixed_it_is_refused(tmp_path, nodes, constants):
    with pytest.raises(RequestError, match=r"gives a picture another vector beside other pictures: .* its 4 pictures"):
        made(graph(tmp_path / "g.onnx", 4, nodes, constants))


def test_a_fixed_batch_of_pictures_that_do_not_meet_is_taken(tmp_path):
    four, free = (made(graph(tmp_path / f"{n}.onnx", n, PLAIN)) for n in (4, "n"))
    chips = list(np.random.default_rng(2).integers(0, 256, (6, 112, 112, 3), dtype=np.uint8))
    np.testing.assert_allclose(four.compute(chips), free.compute(chips), rtol=1e-5, atol=1e-4)
