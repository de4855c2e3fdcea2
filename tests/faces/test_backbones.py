"""ArcFace backbones by arcface_torch's names, and backbones and ONNX models as encoders."""

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper

from fairdesk.dataset.image_import import import_images as import_folder
from fairdesk.dataset.params import ImportParams
from fairdesk.errors import RequestError
from fairdesk.faces.alignment import face_chip
from fairdesk.faces.backbones import DEPTHS, IResNet, MobileFaceNet, infer_backbone, make_backbone
from fairdesk.faces.embedding import encode_faces as encode
from fairdesk.faces.params import EncodeParams
from fairdesk.images.pixels import read_pixels
from fairdesk.jobs.context import QuietContext
from fairdesk.metrics.evaluation_job import evaluate_scores as evaluate
from fairdesk.metrics.pair_lists.job import make_pair_list as pairs
from fairdesk.metrics.params import EvaluateParams, PairsParams, ScoreParams
from fairdesk.metrics.scores.pair_scores import score_pairs as score
from fairdesk.project.boxes import FaceBox

# Parameters in millions, as arcface_torch's own table has them.
PUBLISHED = {"r18": 24.03, "r34": 34.14, "r50": 43.59, "r100": 65.16, "mbf": 2.06}


@pytest.mark.parametrize("name", sorted(PUBLISHED))
def test_sizes_are_the_published_ones(name):
    with torch.device("meta"):
        network = make_backbone(name)
    assert sum(p.numel() for p in network.parameters()) / 1e6 == pytest.approx(PUBLISHED[name], abs=0.011)


def test_names_are_arcface_torchs():
    """Names as its state dicts have them (recognition/arcface_torch/backbones)."""
    mbf = set(make_backbone("mbf").state_dict())
    assert {
        "layers.0.layers.0.weight", "layers.0.layers.1.running_mean", "layers.0.layers.2.weight", "layers.1.layers.0.weight",
        "layers.2.layers.0.layers.0.weight", "layers.2.layers.2.layers.1.bias", "layers.3.layers.3.layers.2.layers.0.weight",
        "layers.5.layers.5.layers.1.layers.2.weight", "layers.7.layers.1.layers.0.layers.1.num_batches_tracked",
        "conv_sep.layers.2.weight", "features.layers.0.layers.0.weight", "features.layers.2.weight", "features.layers.3.running_var",
    } <= mbf  # fmt: skip
    assert "features.layers.2.bias" not in mbf and "layers.2.layers.2.layers.2.weight" not in mbf
    with torch.device("meta"):
        r50 = set(make_backbone("r50").state_dict())
    assert {"conv1.weight", "bn1.weight", "prelu.weight", "layer1.0.downsample.0.weight", "layer1.0.downsample.1.running_mean", "layer3.13.conv2.weight",
            "layer4.2.bn3.bias", "layer2.1.prelu.weight", "bn2.weight", "fc.weight", "fc.bias", "features.running_mean"} <= r50  # fmt: skip
    assert "layer1.1.downsample.0.weight" not in r50 and "layer3.14.bn1.weight" not in r50


@pytest.mark.parametrize(
    ("network", "name"),
    [
        (MobileFaceNet(64, (1, 1, 2, 1), 1), "MobileFaceNet (1, 1, 2, 1) x 1"), (MobileFaceNet(32, (2, 1, 1, 1), 1), "MobileFaceNet (2, 1, 1, 1) x 1"),
        (IResNet((1, 1, 1, 1), 16), "IResNet (1, 1, 1, 1)"),
    ],
)  # fmt: skip
def test_size_and_kind_are_read_from_names_and_shapes(network, name):
    network.eval()
    state = {f"module.{key}": value for key, value in network.state_dict().items()}
    found, told = infer_backbone(state, "x.pth")
    assert told == name
    picture = torch.randn(2, 3, 112, 112)
    assert torch.equal(found.eval()(picture), network(picture))


def test_what_is_no_backbone_says_so():
    with pytest.raises(RequestError, match="holds no ArcFace backbone"):
        infer_backbone({"conv.weight": torch.zeros(1)}, "x.pth")
    state = MobileFaceNet(16, (1, 1, 1, 1), 1).state_dict()
    del state["conv_sep.layers.1.bias"]
    with pytest.raises(RequestError, match=r"conv_sep\.layers\.1\.bias"):
        infer_backbone(state, "x.pth")


@pytest.fixture
def people(project, drawn):
    import_folder(ImportParams(folder=drawn), QuietContext(project))
    return project


def test_an_mbf_backbone_from_weights_to_error_rates(people, tmp_path):
    """face_recognition_metrics with its MobileFaceNet: encode once, cosine over two lists, EER."""
    torch.manual_seed(0)
    network = make_backbone("mbf").eval()
    torch.save({"state_dict_backbone": network.state_dict(), "epoch": 3}, tmp_path / "backbone.pth")
    name = f"arcface:{tmp_path / 'backbone.pth'}"
    result = encode(EncodeParams(encoder=name, detector="whole"), QuietContext(people))
    assert (result.vectors, result.dim, result.failed) == (24, 512, [])
    recipe = people.vectors.find(name)
    assert (recipe.encoder, recipe.metric) == ("arcface:backbone.pth", "cosine")
    faces, vectors = people.vectors.load(recipe)
    root, path = people.db.rows(
        "SELECT root_id, path FROM face JOIN image ON image.id = image_id WHERE face.id = ?", (int(faces[5]),)
    )[0]
    picture = read_pixels(people.roots()[root] / path)
    chip = np.asarray(face_chip(picture, FaceBox(0, picture.shape[1], picture.shape[0], 0), 112), dtype=np.float32)
    plain = torch.from_numpy(((chip / 255 - 0.5) / 0.5).transpose(2, 0, 1)[None].copy())
    with torch.inference_mode():
        theirs = network(plain)[0].numpy()
    assert np.abs(theirs - vectors[5]).max() < 1e-4 * np.abs(theirs).max()
    listed = pairs(PairsParams(genuine=30, impostor=30), QuietContext(people))
    scored = score(ScoreParams(pairs=listed.out, encoder=name), QuietContext(people))
    assert scored.pairs == 60 and scored.dropped == 0 and "cosine" in scored.measure
    figures = evaluate(EvaluateParams(scores=scored.out), QuietContext())
    assert 0 <= figures.eer <= 0.6
    again = encode(EncodeParams(encoder=name), QuietContext(people))
    assert again.encoded_now == 0


def test_unreadable_images_are_failures_never_noise(people, tmp_path, drawn):
    torch.save(MobileFaceNet(16, (1, 1, 1, 1), 1).state_dict(), tmp_path / "small.pth")
    path = people.db.value("SELECT path FROM image WHERE id = 1")
    moved = tmp_path / "copy"
    import shutil

    shutil.copytree(drawn, moved)
    with people.db.transaction() as connection:
        connection.execute("UPDATE root SET path = ?, relative = NULL", (str(moved),))
    from fairdesk.faces.detection import find_faces as detect
    from fairdesk.faces.params import DetectParams

    detect(DetectParams(detector="whole"), QuietContext(people))
    (moved / path).write_bytes(b"\xff\xd8\xff broken")
    result = encode(EncodeParams(encoder=f"arcface:{tmp_path / 'small.pth'}"), QuietContext(people))
    assert result.vectors == 23 and [row.path for row in result.failed] == [str(moved / path)]


def test_hostile_and_broken_files(tmp_path, people):
    import pickle

    class Evil:
        def __reduce__(self):
            return (open, (str(tmp_path / "ran"), "w"))

    (tmp_path / "evil.pth").write_bytes(pickle.dumps({"x": Evil()}))
    (tmp_path / "cut.onnx").write_bytes(b"\x08\x07\x12")
    for name, told in ((f"arcface:{tmp_path / 'evil.pth'}", "never runs code"), (f"onnx:{tmp_path / 'cut.onnx'}", "cannot be read as an ONNX model"),
                       (f"arcface:{tmp_path / 'gone.pth'}", "There is no file")):  # fmt: skip
        with pytest.raises(RequestError, match=told):
            encode(EncodeParams(encoder=name, detector="whole"), QuietContext(people))
    assert not (tmp_path / "ran").exists()
    with pytest.raises(ValueError, match="arcface:FILE"):
        EncodeParams(encoder="arcface:")


def mean_colour(path, shape, axes, half=False):
    """An ONNX model that gives the mean colour of its picture."""
    kind = TensorProto.FLOAT16 if half else TensorProto.FLOAT
    node = helper.make_node("ReduceMean", ["x", "axes"], ["y"], keepdims=0)
    graph = helper.make_graph(
        [node], "g", [helper.make_tensor_value_info("x", kind, shape)], [helper.make_tensor_value_info("y", kind, [shape[0], 3])],
        [numpy_helper.from_array(np.array(axes, dtype=np.int64), "axes")],
    )  # fmt: skip
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9), path)


@pytest.mark.parametrize(
    ("shape", "axes", "half"),
    [
        (["n", 3, 64, 64], [2, 3], False),
        (["n", 80, 80, 3], [1, 2], False),
        ([1, 3, "h", "w"], [2, 3], False),
        (["n", 3, 64, 64], [2, 3], True),
    ],
)
def test_an_onnx_model_of_any_layout(people, tmp_path, shape, axes, half):
    mean_colour(tmp_path / "m.onnx", shape, axes, half)
    name = f"onnx:{tmp_path / 'm.onnx'}"
    result = encode(EncodeParams(encoder=name, detector="whole", scaling="unit"), QuietContext(people))
    assert (result.vectors, result.dim) == (24, 3)
    faces, vectors = people.vectors.load(people.vectors.find(name))
    root, path = people.db.rows(
        "SELECT root_id, path FROM face JOIN image ON image.id = image_id WHERE face.id = ?", (int(faces[0]),)
    )[0]
    mean = read_pixels(people.roots()[root] / path).mean((0, 1)) / 255
    assert np.abs(mean - vectors[0]).max() < 0.01
    remembered = encode(EncodeParams(encoder=name, detector="whole"), QuietContext(people))
    assert remembered.encoded_now == 0 and remembered.recipe == result.recipe


def test_onnx_models_that_are_no_encoders(tmp_path, people):
    mean_colour(tmp_path / "m.onnx", ["n", 4, 64, 64], [2, 3])
    mean_colour(tmp_path / "w.onnx", ["n", 3, 64, 32], [2, 3])
    for file, told in (("m", "three colours"), ("w", "a square is expected")):
        with pytest.raises(RequestError, match=told):
            encode(EncodeParams(encoder=f"onnx:{tmp_path / file}.onnx", detector="whole"), QuietContext(people))


def test_depths_are_known():
    assert set(DEPTHS) | {"mbf"} == set(PUBLISHED)
