"""What is exported says what torch says, and comes back as an encoder."""

import json
import resource

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from onnx import TensorProto, helper
from onnx.tools import update_model_dims
from PIL import Image
from safetensors.torch import load_file

from fairdesk.dataset.image_import import import_images as import_folder
from fairdesk.dataset.params import ImportParams
from fairdesk.errors import JobFailed, RequestError
from fairdesk.faces.embedding import encode_faces as encode
from fairdesk.faces.params import EncodeParams
from fairdesk.generation.making.synthetic_faces import generate_faces as generate
from fairdesk.generation.making.synthetic_faces import load_generator
from fairdesk.generation.making.translation import load_translator
from fairdesk.generation.making.translation import translate_faces as translate
from fairdesk.generation.networks.gan import DCGenerator
from fairdesk.generation.params import GenerateParams, TranslateParams
from fairdesk.generation.training.gan_training import train_gan
from fairdesk.generation.training.params import gan_params
from fairdesk.images.synthetic_marks import mark_of
from fairdesk.jobs.context import QuietContext
from fairdesk.training import network_export as onnx_export
from fairdesk.training.network_export import export_network as export
from fairdesk.training.params import ExportModelParams
from fairdesk.training.recogniser_training import train_recogniser as train
from tests.conftest import plain_images, some_gan
from tests.training.test_recogniser import options

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture
def folder(tmp_path):
    return plain_images(tmp_path / "in", 2, 4, 4, side=112)


def test_a_recogniser_as_onnx_is_the_same_encoder(folder, tmp_path, project, monkeypatch):
    train(options(folder, tmp_path / "run", epochs=1), QuietContext())
    result = export(ExportModelParams(run=tmp_path / "run", out=tmp_path / "model.onnx"), QuietContext())
    assert result.difference <= 1e-4 and "16 faces" in result.summary
    import_folder(ImportParams(folder=folder), QuietContext(project))
    for name in (f"arcface:{tmp_path / 'run'}", f"onnx:{tmp_path / 'model.onnx'}"):
        assert encode(EncodeParams(encoder=name, detector="whole"), QuietContext(project)).vectors == 32
    one, two = (project.vectors.load(project.vectors.find(name))[1] for name in ("arcface:run", "onnx:model.onnx"))
    assert np.abs(one - two).max() <= 1e-4 * np.abs(one).max()
    export(ExportModelParams(run=tmp_path / "run", out=tmp_path / "copy.safetensors"), QuietContext())
    theirs = load_file(tmp_path / "run" / "backbone.safetensors")
    assert all(torch.equal(value, theirs[key]) for key, value in load_file(tmp_path / "copy.safetensors").items())
    monkeypatch.setattr(onnx_export, "TOLERANCE", -1.0)
    with pytest.raises(JobFailed, match="differs from torch"):
        export(ExportModelParams(run=tmp_path / "run", out=tmp_path / "no.onnx"), QuietContext())
    assert not list(tmp_path.glob("no.onnx*"))
    with pytest.raises(ValueError, match=r"\.onnx or \.safetensors"):
        ExportModelParams(run=tmp_path / "run", out=tmp_path / "x.txt")


@pytest.mark.parametrize(("family", "condition"), [("gan", "none"), ("dcgan", "group"), ("stylegan2", "none")])
def test_generators_as_onnx(folder, tmp_path, family, condition):
    values = {"family": family, "data": folder, "out": tmp_path / "run", "image_size": 32, "epochs": 1, "batch_size": 8, "latent": 8,
              "channel_base": 128, "mapping_layers": 2, "condition": condition, "device": "cpu"}  # fmt: skip
    train_gan(some_gan(**values), QuietContext())
    result = export(ExportModelParams(run=tmp_path / "run", out=tmp_path / "g.onnx"), QuietContext())
    assert result.difference <= 1e-4
    session = onnxruntime.InferenceSession(str(tmp_path / "g.onnx"))
    generator, meta, _ = load_generator(tmp_path / "run", "cpu")
    z = np.random.default_rng(1).standard_normal((1, 8)).astype(np.float32)
    given = {"z": z} | ({"labels": np.eye(2, dtype=np.float32)[:1]} if meta["labels"] else {})
    with torch.inference_mode():
        wanted = generator(*(torch.from_numpy(value) for value in given.values())).numpy()
    assert np.abs(session.run(None, given)[0] - wanted).max() <= 1e-4
    made = {}
    for where in ("run", "g.onnx"):
        made[where] = tmp_path / f"made by {where}"
        generate(GenerateParams(run=tmp_path / where, out=made[where], images=5, batch_size=2, device="cpu"), QuietContext())  # fmt: skip
    same_pictures(*made.values(), 5)
    best = tmp_path / "run" / "checkpoints" / "best.safetensors"
    assert export(ExportModelParams(run=best, out=tmp_path / "best.onnx"), QuietContext()).kind == "generator"
    mark = json.loads(mark_of(next(made["g.onnx"].glob("*.png"))))
    assert mark["family"] == "onnx" and mark["checkpoint"] == "g.onnx" and len(mark["checkpoint_sha256"]) == 64
    with pytest.raises(RequestError, match="a translator takes images"):
        load_translator(tmp_path / "g.onnx", "G_AB", "cpu")


def same_pictures(one, other, count):
    """Two folders hold the same pictures, but for the last bit of a number."""
    names = sorted(path.relative_to(one) for path in one.rglob("*.png"))
    assert len(names) == count and names == sorted(path.relative_to(other) for path in other.rglob("*.png"))
    for name in names:
        a, b = (np.asarray(Image.open(home / name), dtype=int) for home in (one, other))
        assert a.shape == b.shape and np.abs(a - b).max() <= 1 and a.std() > 0


def size_of(path):
    with Image.open(path) as image:
        return image.size


def of_one_size(graph, out, side):
    model = onnx.load(graph)
    ends = [{one.name: [1, 3, side, side] for one in end} for end in (model.graph.input, model.graph.output)]
    onnx.save(update_model_dims.update_inputs_outputs_dims(model, *ends), out)


@pytest.mark.parametrize("norm", ["instance", "none"])
def test_a_translator_comes_back_as_onnx_and_as_weights(tmp_path, norm):
    home = plain_images(tmp_path / "in", 1, 2, 2, side=38)
    Image.effect_noise((45, 33), 60).convert("RGB").save(home / "g0" / "id00" / "odd.png")
    train_gan(gan_params(family="cyclegan", data=home, data_b=home, out=tmp_path / "run", image_size=32, epochs=1, blocks=1, features=4,
                             norm=norm, device="cpu", precision="fp32"), QuietContext())  # fmt: skip
    files = [tmp_path / "run", tmp_path / "ba.onnx", tmp_path / "ba.safetensors"]
    for out in files[1:]:
        told = export(ExportModelParams(run=tmp_path / "run", out=out, direction="BtoA"), QuietContext())
        assert told.difference <= 1e-4 and "BtoA" in told.summary
    made = []
    for file in files:
        made.append(tmp_path / f"by {file.name}")
        translate(TranslateParams(input=home, out=made[-1], direction="BtoA", g_ba=file, precision="fp32", device="cpu"), QuietContext())  # fmt: skip
    same_pictures(made[0], made[1], 5)
    same_pictures(made[0], made[2], 5)
    of_one_size(files[1], tmp_path / "48.onnx", 48)  # as exporters write it unless they are told that sizes vary
    made.append(tmp_path / "of one size")
    asked = {"input": home, "direction": "BtoA", "g_ba": tmp_path / "48.onnx", "device": "cpu"}
    translate(TranslateParams(**asked, out=made[-1]), QuietContext())
    brought = made[-1] / "g0" / "id00" / "odd_BtoA.png"
    assert size_of(brought) == size_of(made[0] / "g0" / "id00" / "odd_BtoA.png") == (45, 33)
    assert json.loads(mark_of(brought))["worked_at"] == [48, 48]
    translate(TranslateParams(**asked, out=tmp_path / "larger", size=90), QuietContext())
    assert size_of(tmp_path / "larger" / "g0" / "id00" / "odd_BtoA.png") == (90, 66)
    with pytest.raises(RequestError, match="one direction at a time"):
        translate(
            TranslateParams(**asked | {"direction": "both", "g_ab": tmp_path / "run"}, out=tmp_path / "x"),
            QuietContext(),
        )
    last = tmp_path / "run" / "checkpoints" / "last.safetensors"
    for file in (last, files[2]):  # a checkpoint of both, and one generator's weights
        again = tmp_path / f"again from {file.stem}.onnx"
        told = export(ExportModelParams(run=file, out=again, direction="BtoA"), QuietContext())
        assert told.kind == "translator" and again.read_bytes() == files[1].read_bytes()
    with pytest.raises(RequestError, match=r"a generator takes latents \(n, d\)"):
        load_generator(tmp_path / "ba.onnx", "cpu")
    with pytest.raises(RequestError, match="fairdesk translate"):
        load_generator(tmp_path / "run", "cpu")


def test_a_graph_of_one_latent_at_a_time_as_dcgans_tutorial_writes_it(tmp_path):
    torch.manual_seed(0)
    network = DCGenerator(6, 32, 4).eval()
    latent = torch.randn(3, 6, 1, 1)
    torch.onnx.export(network.main, (latent[:1],), str(tmp_path / "g.onnx"), dynamo=False)
    loaded, meta, _ = load_generator(tmp_path / "g.onnx", "cpu")
    assert (meta["latent"], meta["size"], meta["labels"]) == (6, 32, [])
    with torch.inference_mode():
        torch.testing.assert_close(loaded(latent[:, :, 0, 0]), network.main(latent), rtol=1e-4, atol=1e-5)


def test_what_is_no_generator_is_refused(tmp_path):
    (tmp_path / "x.onnx").write_bytes(b"not a model")
    for load in (lambda path: load_generator(path, "cpu"), lambda path: load_translator(path, "G_AB", "cpu")):
        with pytest.raises(RequestError, match=r"x\.onnx cannot be read as an ONNX model"):
            load(tmp_path / "x.onnx")
        with pytest.raises(RequestError, match=r"There is no .*none\.onnx"):
            load(tmp_path / "none.onnx")


def test_a_graph_that_asks_for_four_terabytes_is_refused_at_once(tmp_path):
    sides = helper.make_tensor("sides", TensorProto.INT64, [4], [1, 3, 577_350, 577_350])
    nodes = [
        helper.make_node("ConstantOfShape", ["sides"], ["huge"]),
        helper.make_node("ReduceSum", ["z"], ["sum"], keepdims=0),
        helper.make_node("Add", ["huge", "sum"], ["made"]),
    ]
    given, made = (helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in (("z", ["n", 4]), ("made", [None] * 4)))  # fmt: skip
    graph = helper.make_graph(nodes, "bomb", [given], [made], [sides])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), tmp_path / "x.onnx")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(RequestError, match=r"x\.onnx cannot be run"):
        load_generator(tmp_path / "x.onnx", "cpu")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000  # KiB


def test_what_cannot_be_exported_is_told(tmp_path):
    torch.save({"conv.weight": torch.zeros(2)}, tmp_path / "other.pth")
    with pytest.raises(RequestError, match=r"(?s)no network that is known here.*as a recogniser.*as a translator"):
        export(ExportModelParams(run=tmp_path / "other.pth", out=tmp_path / "x.onnx"), QuietContext())
    (tmp_path / "a.onnx").write_bytes(b"x")
    with pytest.raises(RequestError, match="ONNX already"):
        export(ExportModelParams(run=tmp_path / "a.onnx", out=tmp_path / "x.onnx"), QuietContext())
