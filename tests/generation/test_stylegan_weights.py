"""StyleGAN2 and 3 trained elsewhere: their pickles are read without their code, and make the pictures they made there."""

import json
import pickle

import pytest
import torch

from fairdesk.errors import RequestError
from fairdesk.generation.making.latent_explorer import Explorer
from fairdesk.generation.making.synthetic_faces import generate_faces as generate
from fairdesk.generation.making.synthetic_faces import load_generator, make
from fairdesk.generation.networks.foreign import generator_of, stylegan_from
from fairdesk.generation.networks.stylegan2 import StyleGenerator
from fairdesk.generation.networks.stylegan3 import AliasFreeGenerator
from fairdesk.generation.params import GenerateParams
from fairdesk.images.synthetic_marks import mark_of
from fairdesk.jobs.context import QuietContext
from fairdesk.training.network_export import export_network as export
from fairdesk.training.params import ExportModelParams

SIZES, CHANNELS = (
    [36, 36, 52, 52, 52, 32, 32],
    [16, 16, 11, 7, 4, 4, 3],
)  # 6 layers of 32 pixels, as stylegan3 divides them
NETWORKS = {
    "stylegan2": lambda labels: StyleGenerator(8, labels, 12, 32, 256, 2),
    "stylegan3-t": lambda labels: AliasFreeGenerator(8, labels, 12, 2, SIZES, CHANNELS, 3, radial=False),
    "stylegan3-r": lambda labels: AliasFreeGenerator(8, labels, 12, 2, SIZES, CHANNELS, 1, radial=True),
}
PLACES = [(0, 0, 3, 4), (0, 1, 17, 9), (1, 2, 30, 31), (1, 0, 16, 16)]
# What the networks of stylegan3's repository give for the weights and latents below, in float64 (stylegan2 with
# conv_clamp None): four pixels, mean and standard deviation, for truncation 1 and 0.5.
THEIRS = {
    ("stylegan2", 3): [([-93.5122, 174.672, 1.02827, -320.3], -37.0181, 157.59),
                       ([-162.03, 372.379, -23.0102, -655.9], -69.4112, 338.527)],
    ("stylegan3-t", 3): [([30.8675, 64.0, 39.4381, -24.4732], -0.0882384, 41.6555),
                         ([-3.38948, 63.7788, -32.8012, 29.8276], -0.156542, 41.9648)],
    ("stylegan3-r", 0): [([-18.1707, 2.77282, -0.422463, 2.84553], 1.51107, 8.06782),
                         ([0.486423, 0.699853, -3.27629, 0.973842], 0.578919, 1.43856)],
}  # fmt: skip


def told_weights(state):
    """Weights that a formula gives, by the place of their names in the alphabet."""
    out = {}
    for place, name in enumerate(sorted(state)):
        waves = torch.sin(torch.arange(state[name].numel(), dtype=torch.float64) * (0.7 + 0.01 * place) + place)
        value = torch.full_like(waves, 1.5) if name.endswith("magnitude_ema") else 0.1 + 0.5 * waves
        out[name] = value.reshape(state[name].shape).float()
    return out


@pytest.mark.parametrize(("kind", "labels"), THEIRS)
def test_the_pictures_are_those_of_the_published_networks(kind, labels):
    state = told_weights(NETWORKS[kind](labels).state_dict())
    network, meta = stylegan_from(state, "x.pkl")
    z = torch.sin(torch.arange(16, dtype=torch.float64)).reshape(2, 8)
    own = torch.eye(3, dtype=torch.float64)[:2] if labels else None
    for truncation, (pixels, mean, deviation) in zip((1.0, 0.5), THEIRS[kind, labels], strict=True):
        made = make(network.double().eval(), meta, z, own, truncation, "cpu")
        assert [float(made[place]) for place in PLACES] == pytest.approx(pixels, rel=1e-5)
        assert (float(made.mean()), float(made.std())) == pytest.approx((mean, deviation), rel=1e-5)
        alone = torch.cat(
            [
                make(network, meta, z[n : n + 1], None if own is None else own[n : n + 1], truncation, "cpu")
                for n in (0, 1)
            ]
        )
        assert torch.allclose(alone, made, rtol=1e-5, atol=1e-5)


def test_stylegan3_has_the_published_layers():
    sizes = [36, 36, 36, 52, 52, 84, 84, 148, 148, 148, 276, 276, 276, 256, 256]
    channels = [512] * 9 + [362, 256, 181, 128, 128, 3]
    with torch.device("meta"):
        network = AliasFreeGenerator(512, 0, 512, 2, sizes, channels, 3, radial=False)
    assert (
        sum(p.numel() for p in network.parameters()) == 28_472_133
    )  # as the class of stylegan3-t at 256 pixels counts
    state = network.state_dict()
    assert {name: tuple(state[f"synthesis.{name}"].shape) for name in ("L0_36_512.up_filter", "L3_52_512.up_filter", "L13_256_128.down_filter")} == {
        "L0_36_512.up_filter": (12,), "L3_52_512.up_filter": (24,), "L13_256_128.down_filter": (12,)
    }  # fmt: skip
    assert "synthesis.L14_256_3.up_filter" not in state


@pytest.mark.parametrize("protocol", [3, 4, 5])
@pytest.mark.parametrize("labels", [0, 3])
@pytest.mark.parametrize("kind", NETWORKS)
def test_pickles_are_read_without_their_code(tmp_path, persistent, kind, labels, protocol):
    network = NETWORKS[kind](labels).eval()
    network.load_state_dict(told_weights(network.state_dict()))
    whole = {
        "G": None,
        "D": None,
        "G_ema": persistent(network),
        "augment_pipe": None,
        "training_set_kwargs": {"path": "x"},
    }
    path = tmp_path / "network.pkl"
    path.write_bytes(pickle.dumps(whole, protocol))
    found, meta, _ = load_generator(path, "cpu")
    assert (meta["family"], meta["latent"], meta["size"], len(meta["labels"])) == (kind[:9], 8, 32, labels)
    z, own = torch.randn(2, 8), torch.eye(3)[:2] if labels else None
    assert torch.equal(found(z, own), network(z, own))


@pytest.mark.parametrize("kind", ["stylegan2", "stylegan3-t"])
def test_faces_and_the_explorer(tmp_path, persistent, kind):
    network = NETWORKS[kind](3).eval()
    network.load_state_dict(told_weights(network.state_dict()))
    path = tmp_path / "network.pkl"
    path.write_bytes(pickle.dumps({"G_ema": persistent(network)}))
    params = GenerateParams(run=path, out=tmp_path / "made", images=2, label="1", truncation=0.5, device="cpu")
    assert generate(params, QuietContext()).images == 2
    assert json.loads(mark_of(tmp_path / "made" / "000000.png") or "")["family"] == kind[:9]
    explorer = Explorer(path)
    still, moved = (explorer.picture(1, moves, 1.0, "2").tobytes() for moves in ([], [3.0]))
    assert still != moved


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", ["stylegan2", "stylegan3-r"])
def test_a_pickle_becomes_onnx_and_safetensors(tmp_path, persistent, kind):
    network = NETWORKS[kind](3).eval()
    path = tmp_path / "network.pkl"
    path.write_bytes(pickle.dumps({"G_ema": persistent(network)}))
    z, own = torch.randn(2, 8), torch.eye(3)[:2]
    for name in ("g.onnx", "g.safetensors"):
        told = export(ExportModelParams(run=path, out=tmp_path / name), QuietContext())
        assert told.difference <= 1e-4 and told.kind == "generator"
        found, meta, _ = load_generator(tmp_path / name, "cpu")
        assert len(meta["labels"]) == 3
        assert torch.allclose(make(found, meta, z, own, 1.0, "cpu"), network(z, own), atol=1e-4)


def test_what_is_no_such_network_is_refused(tmp_path, persistent):
    network = NETWORKS["stylegan3-t"](0)
    network.synthesis.L2_52_11.up_filter = torch.zeros(9)  # of a configuration that nobody published
    (tmp_path / "odd.pkl").write_bytes(pickle.dumps({"G_ema": persistent(network)}))
    with pytest.raises(RequestError, match=r"odd\.pkl does not fit a StyleGAN3 generator: .*L2_52_11\.up_filter"):
        generator_of(tmp_path / "odd.pkl")
    del network.synthesis.L0_36_16
    (tmp_path / "part.pkl").write_bytes(pickle.dumps({"G_ema": persistent(network)}))
    with pytest.raises(RequestError, match="does not fit a StyleGAN3 generator"):
        generator_of(tmp_path / "part.pkl")
