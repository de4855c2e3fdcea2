"""Weights as other programs save them: wrapped, averaged, beside others, or not weights at all."""

import argparse

import numpy as np
import pytest
import torch
from torch import nn

from fairdesk.errors import RequestError
from fairdesk.faces.backbones import MobileFaceNet, make_backbone
from fairdesk.faces.encoders import load_backbone
from fairdesk.faces.weight_files import misfit
from fairdesk.generation.making.synthetic_faces import load_generator
from fairdesk.generation.making.translation import load_translator
from fairdesk.generation.networks.cyclegan import GeneratorResNet
from fairdesk.generation.networks.gan import DCDiscriminator, DCGenerator, FullyConnectedDiscriminator


def small():
    torch.manual_seed(0)
    return MobileFaceNet(16, (1, 1, 1, 1), 1).eval()


def _prefixed(state, prefix):
    return {prefix + name: value for name, value in state.items()}


def _slightly_other(state):
    return {name: value + 0.01 if value.dtype.is_floating_point else value for name, value in state.items()}


PIECES = {
    "as it is": lambda s: s,
    "torch.compile": lambda s: _prefixed(s, "_orig_mod."),
    "compiled in DataParallel": lambda s: _prefixed(s, "module._orig_mod."),
    "DataParallel in compile": lambda s: _prefixed(s, "_orig_mod.module."),
    "Lightning": lambda s: {"state_dict": {**_prefixed(s, "model.backbone."), "loss.weight": torch.ones(9, 9)}, "epoch": 1},
    "averaged beside": lambda s: {"state_dict": _slightly_other(s), "state_dict_ema": s},
    "averaged first": lambda s: {"model_ema": s, "model": _slightly_other(s)},
    "ema_pytorch": lambda s: {**_prefixed(_slightly_other(s), "online_model."), **_prefixed(s, "ema_model."), "step": torch.ones(1), "initted": torch.ones(1)},
    "swa_utils": lambda s: {**_prefixed(s, "module."), "n_averaged": torch.tensor(3)},
    "with options": lambda s: {"net": s, "args": argparse.Namespace(lr=0.1, name="x"), "best": np.float64(0.5), "rank": np.int64(3)},
    "optimiser": lambda s: {"model": s, "optimizer": {"state": {0: {"exp_avg": torch.ones(3), "step": torch.ones(1)}}, "param_groups": [{"lr": 0.1}]}},
}  # fmt: skip


@pytest.mark.parametrize("case", PIECES)
def test_a_recogniser_is_found_however_it_is_wrapped(tmp_path, case):
    network = small()
    torch.save(PIECES[case](network.state_dict()), tmp_path / "w.pt")
    loaded, name = load_backbone(tmp_path / "w.pt")
    x = torch.randn(2, 3, 112, 112)
    with torch.inference_mode():
        assert torch.equal(loaded.eval()(x), network(x)) and name.startswith("MobileFaceNet")


class _SE(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.avg_pool = nn.AdaptiveAvgPool2d(1)
        self.fc1, self.fc2 = nn.Conv2d(c, c // 16, 1, bias=False), nn.Conv2d(c // 16, c, 1, bias=False)

    def forward(self, x):
        return x * torch.sigmoid(self.fc2(torch.relu(self.fc1(self.avg_pool(x)))))


class _Bottleneck(nn.Module):
    def __init__(self, i, o, s, squeezed):
        super().__init__()
        self.shortcut_layer = nn.MaxPool2d(1, s)
        if i != o:
            self.shortcut_layer = nn.Sequential(nn.Conv2d(i, o, (1, 1), s, bias=False), nn.BatchNorm2d(o))
        parts = [nn.BatchNorm2d(i), nn.Conv2d(i, o, (3, 3), (1, 1), 1, bias=False), nn.PReLU(o)]
        parts += [nn.Conv2d(o, o, (3, 3), s, 1, bias=False), nn.BatchNorm2d(o), *([_SE(o)] if squeezed else [])]
        self.res_layer = nn.Sequential(*parts)

    def forward(self, x):
        return self.res_layer(x) + self.shortcut_layer(x)


class _Evolve(nn.Module):
    """face.evoLVe's Backbone, written again from its `model_irse.py`, with few blocks of few numbers."""

    def __init__(self, squeezed):
        super().__init__()
        self.input_layer = nn.Sequential(nn.Conv2d(3, 64, (3, 3), 1, 1, bias=False), nn.BatchNorm2d(64), nn.PReLU(64))
        self.output_layer = nn.Sequential(
            nn.BatchNorm2d(256), nn.Dropout(), nn.Flatten(), nn.Linear(256 * 7 * 7, 32), nn.BatchNorm1d(32)
        )
        units = [(64, 64, 2), (64, 64, 1), (64, 128, 2), (128, 192, 2), (192, 256, 2), (256, 256, 1)]
        self.body = nn.Sequential(*(_Bottleneck(*unit, squeezed) for unit in units))

    def forward(self, x):
        return self.output_layer(self.body(self.input_layer(x)))


@pytest.mark.parametrize("squeezed", [False, True])
def test_networks_of_face_evolve(tmp_path, squeezed):
    torch.manual_seed(1)
    network = _Evolve(squeezed).eval()
    torch.save(network.state_dict(), tmp_path / "backbone_ir50.pth")
    loaded, name = load_backbone(tmp_path / "backbone_ir50.pth")
    x = torch.randn(2, 3, 112, 112)
    with torch.inference_mode():
        assert torch.allclose(loaded.eval()(x), network(x), atol=1e-5)
    assert name == ("IR-SE-6 blocks" if squeezed else "IR-6 blocks")


def test_published_depths_have_their_names():
    from fairdesk.faces.evolve_backbones import EvolveBackbone, evolve_backbone

    channels = [64] * 3 + [128] * 4 + [256] * 14 + [512] * 3
    units = [(before, out, out // 16) for before, out in zip([64, *channels[:-1]], channels, strict=True)]
    with torch.device("meta"):
        state = EvolveBackbone(units, 512).state_dict()
        assert evolve_backbone(state)[1] == "IR-SE-50"
    assert sum(value.numel() for value in state.values() if value.dim() != 0) > 43_000_000


def test_a_network_of_another_size_or_program_is_refused_in_words(tmp_path):
    state = make_backbone("r18").state_dict()
    state["fc.weight"] = torch.ones(512, 512 * 8 * 8)
    torch.save(state, tmp_path / "w.pt")
    with pytest.raises(RequestError, match=r"fc.weight is 512 x 32768 and would be 512 x 25088.*onnx:FILE") as caught:
        load_backbone(tmp_path / "w.pt")
    assert "size mismatch" not in str(caught.value) and "copying a param" not in str(caught.value)
    torch.save({"conv2d_1a.conv.weight": torch.ones(3)}, tmp_path / "w.pt")
    with pytest.raises(RequestError, match=r"holds no ArcFace backbone.*onnx:FILE"):
        load_backbone(tmp_path / "w.pt")
    state = make_backbone("r18").state_dict()
    del state["bn1.weight"]
    torch.save(state, tmp_path / "w.pt")
    with pytest.raises(RequestError, match=r"1 part is missing: bn1.weight"):
        load_backbone(tmp_path / "w.pt")


class Whole(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(2, 2)


@pytest.mark.parametrize("old", [False, True])
def test_a_whole_module_is_refused_with_the_remedy(tmp_path, old):
    for thing, name in (
        (Whole(), "test_checkpoints_as_they_come.Whole"),
        ({"model": Whole(), "epoch": 1}, "Whole"),
        (nn.Linear(2, 2), "torch.nn.modules.linear.Linear"),
    ):
        torch.save(thing, tmp_path / "w.pt", _use_new_zipfile_serialization=not old)
        for load in (
            load_backbone,
            lambda path: load_generator(path, "cpu"),
            lambda path: load_translator(path, "G_AB", "cpu"),
        ):
            with pytest.raises(RequestError, match=r"holds a whole .*torch\.save\(model\.state_dict\(\)") as caught:
                load(tmp_path / "w.pt")
            assert name in str(caught.value)


@pytest.mark.filterwarnings("ignore:`torch.jit")
def test_torchscript_is_refused_with_the_remedy(tmp_path):
    torch.jit.script(nn.Linear(2, 2)).save(str(tmp_path / "w.pt"))
    for load in (load_backbone, lambda path: load_generator(path, "cpu")):
        with pytest.raises(RequestError, match=r"TorchScript.*torch\.jit\.load\('w\.pt'\)\.state_dict\(\)"):
            load(tmp_path / "w.pt")


def _original_gan(pixels, latent=100):
    layers = [nn.Linear(latent, 128), nn.LeakyReLU(0.2)]
    for inside, out in ((128, 256), (256, 512), (512, 1024)):
        layers += [nn.Linear(inside, out), nn.BatchNorm1d(out, 0.8), nn.LeakyReLU(0.2)]
    return nn.Sequential(*layers, nn.Linear(1024, pixels), nn.Tanh()).eval()


@pytest.mark.parametrize(("pixels", "side"), [(28 * 28, 28), (3 * 64 * 64, 64), (32 * 32, 32)])
def test_the_original_gan_in_grey_and_in_colour(tmp_path, pixels, side):
    network = _original_gan(pixels)
    torch.save(_prefixed(network.state_dict(), "model."), tmp_path / "g.pth")
    generator, meta, _ = load_generator(tmp_path / "g.pth", "cpu")
    latent = torch.randn(4, 100)
    with torch.inference_mode():
        made, theirs = generator(latent), network(latent)
    assert made.shape == (4, 3, side, side) and meta["size"] == side
    assert torch.equal(made[:, : pixels // side**2].flatten(1), theirs)


def test_a_grey_dcgan_and_one_beside_its_discriminator(tmp_path):
    grey = DCGenerator(10, 32, 8, colours=1).eval()
    torch.save(
        {"netG": _prefixed(grey.state_dict(), "module."), "netD": DCDiscriminator(32, 8).state_dict()},
        tmp_path / "g.pth",
    )
    generator, _, _ = load_generator(tmp_path / "g.pth", "cpu")
    with torch.inference_mode():
        made = generator(torch.randn(2, 10))
    assert made.shape == (2, 3, 32, 32) and torch.equal(made[:, 0], made[:, 2])
    both = {
        **_prefixed(grey.state_dict(), "generator."),
        **_prefixed(DCDiscriminator(32, 64).state_dict(), "discriminator."),
    }
    torch.save({"state_dict": both}, tmp_path / "l.ckpt")
    assert torch.equal(load_generator(tmp_path / "l.ckpt", "cpu")[0].main[0].weight, grey.main[0].weight)


def test_generators_that_cannot_be_told_are_refused_in_words(tmp_path):
    torch.save(_prefixed(_original_gan(1001).state_dict(), "model."), tmp_path / "g.pth")
    with pytest.raises(RequestError, match="1,001 numbers are not square"):
        load_generator(tmp_path / "g.pth", "cpu")
    torch.save(FullyConnectedDiscriminator(28).state_dict(), tmp_path / "g.pth")
    with pytest.raises(RequestError, match=r"no generator that is known here.*ONNX"):
        load_generator(tmp_path / "g.pth", "cpu")


def test_of_two_translators_in_a_file_the_one_of_the_direction_is_taken(tmp_path):
    first, second = GeneratorResNet(1, 4), GeneratorResNet(1, 4)
    torch.save({"netG_A": first.state_dict(), "netG_B": second.state_dict()}, tmp_path / "both.pth")
    for name, wanted in (("G_AB", first), ("G_BA", second)):
        assert torch.equal(load_translator(tmp_path / "both.pth", name, "cpu").model[1].weight, wanted.model[1].weight)
    torch.save({"one": first.state_dict(), "two": second.state_dict()}, tmp_path / "both.pth")
    with pytest.raises(RequestError, match=r"several generators .one, two., and no name tells which is G_AB"):
        load_translator(tmp_path / "both.pth", "G_AB", "cpu")


def test_nothing_is_filled_where_something_does_not_fit():
    network, before = nn.Linear(2, 2), None
    before = network.weight.clone()
    assert "bias is 3 and would be 2" in misfit(network, {"weight": torch.ones(2, 2), "bias": torch.ones(3)})
    assert "missing: bias" in misfit(network, {"weight": torch.ones(2, 2)})
    assert "unknown: more" in misfit(
        network, {"weight": torch.ones(2, 2), "bias": torch.ones(2), "more": torch.ones(1)}
    )
    assert torch.equal(network.weight, before)
    assert misfit(network, {"weight": torch.ones(2, 2), "bias": torch.ones(2)}) == ""
