"""What is exported says what torch says, and comes back as an encoder."""

import numpy as np
import onnxruntime
import pytest
import torch
from safetensors.torch import load_file

from fairdesk.dataset.importing import run as import_folder
from fairdesk.dataset.params import ImportParams
from fairdesk.errors import JobFailed
from fairdesk.faces.encoding import run as encode
from fairdesk.faces.params import EncodeParams
from fairdesk.generation.generating import load_generator
from fairdesk.generation.params import TrainGanParams
from fairdesk.generation.training import run as train_gan
from fairdesk.jobs.context import QuietContext
from fairdesk.training import onnx_export
from fairdesk.training.onnx_export import run as export
from fairdesk.training.params import ExportModelParams
from fairdesk.training.training import run as train
from tests.conftest import plain_images
from tests.training.test_recogniser import options

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture
def folder(tmp_path):
    return plain_images(tmp_path / "in", 2, 4, 4, side=112)


def test_a_recogniser_as_onnx_is_the_same_encoder(folder, tmp_path, project, monkeypatch):
    train(options(folder, tmp_path / "run", epochs=1), QuietContext())
    result = export(ExportModelParams(run=tmp_path / "run", out=tmp_path / "model.onnx"), QuietContext())
    assert result["difference"] <= 1e-4 and "16 faces" in result["summary"]
    import_folder(ImportParams(folder=folder), QuietContext(project))
    for name in (f"arcface:{tmp_path / 'run'}", f"onnx:{tmp_path / 'model.onnx'}"):
        assert encode(EncodeParams(encoder=name, detector="whole"), QuietContext(project))["vectors"] == 32
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


@pytest.mark.parametrize(("family", "condition"), [("dcgan", "group"), ("stylegan2", "none")])
def test_generators_as_onnx(folder, tmp_path, family, condition):
    values = {"family": family, "data": folder, "out": tmp_path / "run", "image_size": 32, "epochs": 1, "batch_size": 8, "latent": 8,
              "channel_base": 128, "mapping_layers": 2, "condition": condition, "device": "cpu"}  # fmt: skip
    train_gan(TrainGanParams(**values), QuietContext())
    result = export(ExportModelParams(run=tmp_path / "run", out=tmp_path / "g.onnx"), QuietContext())
    assert result["difference"] <= 1e-4
    session = onnxruntime.InferenceSession(str(tmp_path / "g.onnx"))
    generator, meta, _ = load_generator(tmp_path / "run", "cpu")
    z = np.random.default_rng(1).standard_normal((1, 8)).astype(np.float32)
    given = {"z": z} | ({"labels": np.eye(2, dtype=np.float32)[:1]} if meta["labels"] else {})
    with torch.inference_mode():
        wanted = generator(*(torch.from_numpy(value) for value in given.values())).numpy()
    assert np.abs(session.run(None, given)[0] - wanted).max() <= 1e-4
