"""Generators of other programs load by their names; hostile and wrong files are refused in one sentence."""

import io
import json
import pickle
import re
import struct
import subprocess
import sys
import zipfile

import pytest
import torch
from torch import nn

from fairdesk.errors import RequestError
from fairdesk.generation.making.synthetic_faces import generate_faces as generate
from fairdesk.generation.networks.cyclegan import GeneratorResNet, generator_from
from fairdesk.generation.networks.foreign import generator_of
from fairdesk.generation.networks.gan import DCGenerator, FullyConnectedGenerator
from fairdesk.generation.networks.stylegan2 import StyleGenerator
from fairdesk.generation.networks.stylegan_pickles import read_stylegan_pickle
from fairdesk.generation.params import GenerateParams
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
    ("network", "family", "latent"),
    [
        (DCGenerator(100, 64, 16), "dcgan", 100),
        (DCGenerator(20, 32, 8), "dcgan", 20),
        (FullyConnectedGenerator(30, 28), "gan", 30),
    ],
)
@pytest.mark.parametrize("wrapped", [False, True])
def test_dcgan_tutorial_and_pytorch_gan(tmp_path, network, family, latent, wrapped):
    network.eval()
    if wrapped:  # a whole training, saved under names of its own from several GPUs
        judge, optimizer = torch.nn.Conv2d(3, 4, 3), torch.optim.Adam(network.parameters())
        network(torch.randn(4, latent)).sum().backward()
        optimizer.step()
        network.eval()
        state = {f"module.{key}": value for key, value in network.state_dict().items()}
        torch.save(
            {"epoch": 3, "optG": optimizer.state_dict(), "what/I/call/it": {"G": state, "D": judge.state_dict()}},
            tmp_path / "netG.pth",
        )
    else:
        torch.save(network.state_dict(), tmp_path / "netG.pth")
    found, meta = generator_of(tmp_path / "netG.pth")
    assert meta["family"] == family
    z = torch.randn(3, meta["latent"])
    assert torch.equal(found.eval()(z), network(z)) and found(z).shape[-1] == meta["size"]
    made = generate(
        GenerateParams(run=tmp_path / "netG.pth", out=tmp_path / "made", images=3, device="cpu"), QuietContext()
    )
    assert made.images == 3


def test_hostile_damaged_and_wrong_files(tmp_path, persistent):
    class Evil:
        def __reduce__(self):
            return (open, (str(tmp_path / "ran"), "w"))

    (tmp_path / "evil.pkl").write_bytes(pickle.dumps({"G_ema": Evil()}))
    (tmp_path / "cut.pkl").write_bytes(pickle.dumps({"G_ema": persistent(StyleGenerator(8, 0, 8, 32, 128, 1))})[:2000])
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
    (tmp_path / "part.pkl").write_bytes(pickle.dumps({"G_ema": persistent(network)}))
    with pytest.raises(RequestError, match="does not fit a StyleGAN2 generator"):
        generator_of(tmp_path / "part.pkl")


def zip_bomb(path):
    """A torch file whose weights are 2 GB of nothing, packed to 2 MB."""
    torch.save({"main.0.weight": torch.zeros(4)}, path)
    with zipfile.ZipFile(path) as archive:
        parts = {part.filename: archive.read(part) for part in archive.infolist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, data in parts.items():
            with archive.open(name, "w", force_zip64=True) as part:
                part.write(data)
                for _ in range(200 if name.endswith("data/0") else 0):
                    part.write(bytes(10_000_000))


def lying_size(path):
    """A torch file in whose directory a part is larger than the file."""
    torch.save({"main.0.weight": torch.zeros(4)}, path)
    data = bytearray(path.read_bytes())
    place = data.rfind(b"PK\x01\x02", 0, data.rfind(b"data/0"))  # its entry in the central directory
    data[place + 20 : place + 28] = struct.pack("<II", 2**31, 2**31)
    path.write_bytes(data)


def claims_a_million_million(path):
    torch.save({"main.0.weight": torch.zeros(1).expand(10**6, 10**6)}, path)


def claims_it_in_safetensors(path):
    header = json.dumps({"a": {"dtype": "F32", "shape": [10**6, 10**6], "data_offsets": [0, 4 * 10**12]}}).encode()
    path.with_suffix(".safetensors").write_bytes(struct.pack("<Q", len(header)) + header + bytes(64))


def claims_it_in_a_pickle(path):
    with path.with_suffix(".pkl").open("wb") as file:
        pickle.dump({"G_ema": torch.zeros(1).expand(10**6, 10**6)}, file)


def a_huge_bytearray(path):
    path.with_suffix(".pkl").write_bytes(b"\x80\x05\x96" + struct.pack("<Q", 10**12) + b"abc.")


BOMBS = {
    zip_bomb: "its parts are packed",
    lying_size: "its parts claim to be larger than the file|its parts are packed",
    claims_a_million_million: "claims 1,000,000,000,000 numbers",
    claims_it_in_safetensors: "SafetensorError",
    claims_it_in_a_pickle: "",
    a_huge_bytearray: "",
}
READ = """
import resource, sys
from pathlib import Path
from fairdesk.errors import RequestError
from fairdesk.generation.networks.foreign import generator_of
import torch, safetensors.torch
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    generator_of(Path(sys.argv[1]))
except RequestError as error:
    print(error)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


@pytest.mark.parametrize("make", BOMBS)
def test_a_bomb_is_refused_at_once_in_little_memory(tmp_path, make):
    make(tmp_path / "x.pth")
    (path,) = tmp_path.iterdir()
    done = subprocess.run(
        [sys.executable, "-c", READ, str(path)], capture_output=True, text=True, check=True, timeout=120
    )
    *told, kilobytes = done.stdout.strip().splitlines()
    assert "never runs code from a file" in " ".join(told) and str(path) in told[0]
    assert re.search(BOMBS[make], " ".join(told))
    assert int(kilobytes) < 100_000


def test_a_packed_file_inside_a_pickle_is_refused(tmp_path):
    """A storage in a StyleGAN pickle is a torch file of its own: it is held to the same."""
    torch.save({"x": torch.arange(4)}, tmp_path / "inner.pth")
    with zipfile.ZipFile(tmp_path / "inner.pth") as archive:
        parts = {part.filename: archive.read(part) for part in archive.infolist()}
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)

    class Storage:
        def __reduce__(self):
            return torch.storage._load_from_bytes, (packed.getvalue(),)

    (tmp_path / "x.pkl").write_bytes(pickle.dumps({"G_ema": Storage()}))
    with pytest.raises(RequestError, match="its parts are packed, as no torch file's are"):
        read_stylegan_pickle(tmp_path / "x.pkl")


def test_a_tensor_in_a_pickle_that_claims_more_than_it_holds_is_refused(tmp_path, persistent):
    network = StyleGenerator(8, 0, 8, 32, 128, 1)
    network.mapping.register_buffer("w_avg", torch.zeros(1).expand(10**6, 10**6))
    (tmp_path / "x.pkl").write_bytes(pickle.dumps({"G_ema": persistent(network)}))
    with pytest.raises(RequestError, match=r"w_avg claims 1,000,000,000,000 numbers, more than the file holds"):
        read_stylegan_pickle(tmp_path / "x.pkl")


@pytest.mark.filterwarnings("ignore")
def test_sparse_weights_are_refused(tmp_path):
    torch.save({"main.0.weight": torch.eye(3).to_sparse()}, tmp_path / "x.pth")
    with pytest.raises(RequestError, match=r"main\.0\.weight is sparse"):
        generator_of(tmp_path / "x.pth")
