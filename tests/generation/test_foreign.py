"""Generators of other programs load by their names; hostile and wrong files are refused in one sentence."""

import io
import pickle
import sys
import types

import pytest
import torch
from torch import nn

from fairdesk.errors import RequestError
from fairdesk.generation.cyclegan_networks import GeneratorResNet, generator_from
from fairdesk.generation.foreign import generator_of, read_stylegan_pickle
from fairdesk.generation.generating import load_generator
from fairdesk.generation.generating import run as generate
from fairdesk.generation.networks import DCGenerator, FullyConnectedGenerator
from fairdesk.generation.params import GenerateParams
from fairdesk.generation.stylegan2_networks import StyleGenerator
from fairdesk.jobs.context import QuietContext


def pix2pix(blocks, features, dropout):
    """The layers of pytorch-CycleGAN-and-pix2pix's ResnetGenerator, written down here once more from its names and shapes."""
    norm = nn.InstanceNorm2d
    layers = [nn.ReflectionPad2d(3), nn.Conv2d(3, features, 7), norm(features), nn.ReLU()]
    for n in (1, 2):
        layers += [nn.Conv2d(features * n, features * n * 2, 3, 2, 1), norm(features * n * 2), nn.ReLU()]
    wide = features * 4
    for _ in range(blocks):
        block = nn.Module()
        drop = [nn.Dropout()] if dropout else []
        block.conv_block = nn.Sequential(nn.ReflectionPad2d(1), nn.Conv2d(wide, wide, 3), norm(wide), nn.ReLU(), *drop,
                                         nn.ReflectionPad2d(1), nn.Conv2d(wide, wide, 3), norm(wide))  # fmt: skip
        layers.append(block)
    for n in (4, 2):
        layers += [
            nn.ConvTranspose2d(features * n, features * n // 2, 3, 2, 1, output_padding=1),
            norm(features * n // 2),
            nn.ReLU(),
        ]
    whole = nn.Module()
    whole.model = nn.Sequential(*layers, nn.ReflectionPad2d(3), nn.Conv2d(features, 3, 7), nn.Tanh())
    return whole


@pytest.mark.parametrize("dropout", [False, True])
def test_pix2pix_resnets(dropout):
    theirs = pix2pix(6, 8, dropout).eval()
    state = theirs.state_dict() | {
        "model.2.running_mean": torch.zeros(8),
        "model.2.num_batches_tracked": torch.tensor(1),
    }
    network = generator_from(state, "latest_net_G_A.pth").eval()
    picture = torch.randn(1, 3, 32, 32)
    x = picture
    for layer in theirs.model:
        x = x + layer.conv_block(x) if hasattr(layer, "conv_block") else layer(x)
    assert torch.equal(network(picture), x)
    names = set(network.state_dict())
    assert {
        "model.10.conv_block.1.weight",
        f"model.10.conv_block.{6 if dropout else 5}.bias",
        "model.16.weight",
        "model.23.weight",
    } <= names
    assert isinstance(generator_from(GeneratorResNet(6, 8).state_dict(), "x"), GeneratorResNet)
    del state["model.23.bias"]
    with pytest.raises(RequestError, match=r"model\.23\.bias"):
        generator_from(state, "x.pth")


@pytest.mark.parametrize(
    ("network", "family"),
    [(DCGenerator(100, 64, 16), "dcgan"), (DCGenerator(20, 32, 8), "dcgan"), (FullyConnectedGenerator(30, 28), "gan")],
)
def test_dcgan_tutorial_and_pytorch_gan(tmp_path, network, family):
    network.eval()
    torch.save(network.state_dict(), tmp_path / "netG.pth")
    found, meta = generator_of(tmp_path / "netG.pth")
    assert meta["family"] == family
    z = torch.randn(3, meta["latent"])
    assert torch.equal(found.eval()(z), network(z)) and found(z).shape[-1] == meta["size"]
    made = generate(
        GenerateParams(run=tmp_path / "netG.pth", out=tmp_path / "made", images=3, device="cpu"), QuietContext()
    )
    assert made["images"] == 3


@pytest.fixture
def ada(monkeypatch):
    """Objects that pickle themselves as stylegan2-ada-pytorch's do: code and state, rebuilt by its own hook."""
    persistence = types.ModuleType("torch_utils.persistence")
    persistence._reconstruct_persistent_obj = lambda meta: meta
    persistence._reconstruct_persistent_obj.__module__ = "torch_utils.persistence"
    persistence._reconstruct_persistent_obj.__qualname__ = persistence._reconstruct_persistent_obj.__name__ = (
        "_reconstruct_persistent_obj"
    )
    monkeypatch.setitem(sys.modules, "torch_utils", types.ModuleType("torch_utils"))
    monkeypatch.setitem(sys.modules, "torch_utils.persistence", persistence)

    class Persistent:
        def __init__(self, module):
            state = {"_parameters": dict(module._parameters), "_buffers": dict(module._buffers), "training": False,
                     "_modules": {name: Persistent(child) for name, child in module._modules.items()}}  # fmt: skip
            self.meta = {
                "type": "class",
                "version": 6,
                "module_src": "import os; os.abort()",
                "class_name": type(module).__name__,
                "state": state,
            }

        def __reduce__(self):
            return persistence._reconstruct_persistent_obj, (self.meta,)

    return Persistent


@pytest.mark.parametrize("labels", [0, 3])
def test_stylegan2_ada_pickles_are_read_without_their_code(tmp_path, ada, labels):
    torch.manual_seed(2)
    network = StyleGenerator(24, labels, 16, 32, 512, 2).eval()
    (tmp_path / "network.pkl").write_bytes(
        pickle.dumps(
            {"G": None, "D": None, "G_ema": ada(network), "augment_pipe": None, "training_set_kwargs": {"path": "x"}}
        )
    )
    found, meta, _ = load_generator(tmp_path / "network.pkl", "cpu")
    assert (meta["latent"], meta["size"], len(meta["labels"]), meta["mapping_layers"]) == (24, 32, labels, 2)
    z = torch.randn(2, 24)
    own = torch.eye(3)[:2] if labels else None
    assert torch.equal(found(z, own), network(z, own))
    options = {"label": "1"} if labels else {}
    made = generate(
        GenerateParams(
            run=tmp_path / "network.pkl", out=tmp_path / "made", images=2, truncation=0.5, device="cpu", **options
        ),
        QuietContext(),
    )
    assert made["images"] == 2


def test_hostile_damaged_and_wrong_files(tmp_path, ada):
    class Evil:
        def __reduce__(self):
            return (open, (str(tmp_path / "ran"), "w"))

    (tmp_path / "evil.pkl").write_bytes(pickle.dumps({"G_ema": Evil()}))
    (tmp_path / "cut.pkl").write_bytes(pickle.dumps({"G_ema": ada(StyleGenerator(8, 0, 8, 32, 128, 1))})[:2000])
    (tmp_path / "other.pkl").write_bytes(pickle.dumps({"weights": 1}))
    for name in ("evil", "cut", "other"):
        with pytest.raises(RequestError, match="never runs code from a file"):
            read_stylegan_pickle(tmp_path / f"{name}.pkl")
    assert not (tmp_path / "ran").exists()
    inner = io.BytesIO()
    torch.save({"x": Evil()}, inner)
    (tmp_path / "evil.pth").write_bytes(inner.getvalue())
    with pytest.raises(RequestError, match="never runs code"):
        generator_of(tmp_path / "evil.pth")
    torch.save({"conv.weight": torch.zeros(2)}, tmp_path / "wrong.pth")
    with pytest.raises(RequestError, match=r"no generator that is known here.*conv\.weight"):
        generator_of(tmp_path / "wrong.pth")
    network = StyleGenerator(8, 0, 8, 32, 128, 1)
    del network.synthesis.b8.conv1
    (tmp_path / "part.pkl").write_bytes(pickle.dumps({"G_ema": ada(network)}))
    with pytest.raises(RequestError, match="does not fit a StyleGAN2 generator"):
        generator_of(tmp_path / "part.pkl")
