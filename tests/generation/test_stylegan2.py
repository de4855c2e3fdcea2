"""StyleGAN2 as published, trained small, with labels; averaged weights, parts of a batch, and what is asked for now."""

import json

import numpy as np
import pytest
import torch
from PIL import Image
from scipy.signal import convolve2d

from fairdesk.errors import RequestError, Stopped
from fairdesk.generation.making.synthetic_faces import chosen_labels, label_places
from fairdesk.generation.making.synthetic_faces import generate_faces as generate
from fairdesk.generation.networks.stylegan2 import (
    StyleDiscriminator,
    StyleGenerator,
    filtered,
    modulated,
    resample_filter,
)
from fairdesk.generation.params import GenerateParams
from fairdesk.generation.training.augmentation import augment, next_chance
from fairdesk.generation.training.gan_training import train_gan as train
from fairdesk.images.synthetic_marks import mark_of, save_marked
from fairdesk.jobs.context import QuietContext
from fairdesk.learning.averaging import Average
from fairdesk.runs.folder import RunFolder
from tests.conftest import plain_images, some_gan

pytestmark = pytest.mark.filterwarnings("ignore")

# As stylegan2-ada-pytorch prints them for 256 pixels ("paper256"): parameters of single layers and of the whole.
PUBLISHED_LAYERS = {
    "mapping.fc0": 262_656, "synthesis.b4.conv1": 2_622_465, "synthesis.b4.torgb": 264_195, "synthesis.b8.conv0": 2_622_465,
    "synthesis.b64.torgb": 132_099, "synthesis.b128.conv0": 426_369, "synthesis.b128.conv1": 213_249, "synthesis.b128.torgb": 66_051,
}  # fmt: skip


def test_sizes_are_the_published_ones():
    with torch.device("meta"):
        generator = StyleGenerator(512, 0, 512, 256, 16_384)
        discriminator = StyleDiscriminator(0, 256, 16_384)
    assert sum(p.numel() for p in generator.parameters()) == 24_767_458
    assert sum(p.numel() for p in discriminator.parameters()) == 24_001_089
    for name, count in PUBLISHED_LAYERS.items():
        assert sum(p.numel() for p in generator.get_submodule(name).parameters()) == count, name
    assert {
        "mapping.w_avg",
        "synthesis.b4.const",
        "synthesis.b256.conv1.noise_strength",
        "synthesis.b8.conv0.affine.bias",
    } <= set(generator.state_dict())
    assert {"b256.fromrgb.weight", "b8.skip.weight", "b4.conv.bias", "b4.fc.weight", "b4.out.weight"} <= set(
        discriminator.state_dict()
    )


def test_filtering_is_zero_insertion_and_convolution():
    picture = np.random.default_rng(0).normal(size=(6, 6))
    kernel = resample_filter().numpy().astype(float)
    up = np.zeros((12, 12))
    up[::2, ::2] = picture
    wanted = 4 * convolve2d(np.pad(up, ((2, 1), (2, 1))), kernel, mode="valid")
    made = filtered(torch.from_numpy(picture)[None, None], resample_filter().double(), up=2, pad=(2, 1), gain=4.0)
    assert np.allclose(made[0, 0].numpy(), wanted)
    flat = torch.ones(1, 2, 8, 8)
    assert torch.allclose(
        filtered(flat, resample_filter(), up=2, pad=(2, 1), gain=4.0)[:, :, 4:-4, 4:-4], torch.ones(1, 2, 8, 8)
    )


def test_modulation_is_a_convolution_with_each_images_own_weights():
    torch.manual_seed(1)
    x, weight, styles = torch.randn(3, 4, 5, 5), torch.randn(6, 4, 3, 3), torch.randn(3, 4)
    made = modulated(x, weight, styles, None, demodulate=True)
    for n in range(3):
        own = weight * styles[n][None, :, None, None]
        own = own / own.square().sum((1, 2, 3), keepdim=True).sqrt()
        assert torch.allclose(made[n], torch.nn.functional.conv2d(x[n : n + 1], own, padding=1)[0], atol=1e-5)
    assert modulated(x, weight, styles, resample_filter(), demodulate=True).shape == (3, 6, 10, 10)


def test_truncation_draws_to_the_mean():
    torch.manual_seed(0)
    generator = StyleGenerator(16, 0, 16, 32, 256, 2).eval()
    z = torch.randn(4, 16)
    mean = generator.mapping(z, None, 0.0)
    assert torch.allclose(mean, generator.mapping.w_avg.expand_as(mean))
    half = generator.mapping(z, None, 0.5)
    assert torch.allclose(half, (generator.mapping(z, None) + generator.mapping.w_avg) / 2, atol=1e-6)


def test_augmenting_leaves_pictures_alone_at_0_and_lets_gradients_through():
    pictures = torch.rand(8, 3, 16, 16, requires_grad=True)
    assert augment(pictures, 0.0) is pictures
    augment(pictures, 1.0).sum().backward()
    assert pictures.grad is not None and torch.isfinite(pictures.grad).all()
    assert next_chance(0.0, 1.0, 5000) == pytest.approx(0.01) and next_chance(0.0, 0.0, 5000) == 0.0


def test_the_average_halves_as_said():
    source = torch.nn.Linear(1, 1, bias=False)
    average = Average(source, 100)
    average._seen = 1_000_000
    torch.nn.init.constant_(average.network.weight, 0.0)
    torch.nn.init.constant_(source.weight, 1.0)
    for _ in range(10):
        average.update(source, 10)
    assert average.network.weight.item() == pytest.approx(0.5, abs=1e-5)


@pytest.fixture
def folder(tmp_path):
    return plain_images(tmp_path / "in", 2, 2, 5, side=32)


def options(folder, out, **more):
    base = {"family": "stylegan2", "data": folder, "out": out, "image_size": 32, "epochs": 4, "batch_size": 5, "latent": 8, "channel_base": 128,
            "mapping_layers": 2, "preview_every": 4, "device": "cpu", "precision": "fp32"}  # fmt: skip
    return some_gan(**(base | more))


@pytest.mark.parametrize("condition", ["none", "group"])
def test_a_resumed_run_equals_an_unbroken_one(folder, tmp_path, condition):
    """17 steps: R1 and path length are due within them; augmentation, averages and labels come back too."""
    whole = train(options(folder, tmp_path / "whole", condition=condition, epochs=5), QuietContext())
    assert whole.steps == 20 and whole.labels == ([] if condition == "none" else ["g0", "g1"])
    with pytest.raises(Stopped):
        train(options(folder, tmp_path / "broken", condition=condition, epochs=5), QuietContext(stop_after=15))
    torch.randn(5)
    train(options(folder, tmp_path / "broken", epochs=5, resume=True), QuietContext())
    text = (tmp_path / "whole" / "scalars.csv").read_text()
    assert text == (tmp_path / "broken" / "scalars.csv").read_text()
    assert text.splitlines()[0].split(",") == ["step", "D_loss", "D(x)", "R1", "G_loss", "D(G(z))", "path", "augment_p"]
    one, two = (RunFolder.open(tmp_path / n).checkpoint("last").read_bytes() for n in ("whole", "broken"))
    assert one == two


def test_faces_of_a_label(folder, tmp_path):
    train(options(folder, tmp_path / "run", condition="group", epochs=1), QuietContext())
    made = tmp_path / "made"
    generate(
        GenerateParams(run=tmp_path / "run", out=made, images=6, label="g1", truncation=0.7, device="cpu"),
        QuietContext(),
    )
    marks = [json.loads(mark_of(path)) for path in sorted(made.glob("*.png"))]
    assert [mark["label"] for mark in marks] == ["g1"] * 6 and marks[0]["truncation"] == 0.7
    generate(
        GenerateParams(run=tmp_path / "run", out=tmp_path / "all", images=8, per_identity=2, device="cpu"),
        QuietContext(),
    )
    found = [json.loads(mark_of(path))["label"] for path in sorted((tmp_path / "all").rglob("*.png"))]
    assert found == ["g0", "g0", "g1", "g1"] * 2
    with pytest.raises(RequestError, match="It has: g0, g1"):
        generate(
            GenerateParams(run=tmp_path / "run", out=tmp_path / "no", images=1, label="g7", device="cpu"),
            QuietContext(),
        )


def test_the_mark_of_a_made_face_says_its_label(tmp_path):
    """Made for a group, without identities: the folder has the group's name, and is nobody."""
    home = plain_images(tmp_path / "in", 2, 1, 6, side=32)
    for number, path in enumerate(sorted(home.rglob("*.png"))):
        with Image.open(path) as image:
            save_marked(image, path, {"run": "r", "group": f"h{number % 2}", "identity": None})
    context = QuietContext()
    found = train(options(home, tmp_path / "run", family="dcgan", condition="group", epochs=1, batch_size=6), context)
    assert found.labels == ["h0", "h1"] and found.synthetic_images == 12
    assert any("12 images are marked synthetic" in text for text in context.messages)
    with pytest.raises(RequestError, match="A condition on identity needs at least two"):
        train(options(home, tmp_path / "x", family="dcgan", condition="identity"), QuietContext())


@pytest.mark.parametrize("family", ["identity-gan", "dcgan"])
def test_conditional_gans(folder, tmp_path, family):
    out = tmp_path / "run"
    result = train(
        options(folder, out, family=family, condition="identity", epochs=1, ema_images=50, channels_last=True),
        QuietContext(),
    )
    assert result.labels == ["g0/id00", "g0/id01", "g1/id10", "g1/id11"]
    made = tmp_path / "made"
    generate(GenerateParams(run=out, out=made, images=4, label="g1/id10", device="cpu"), QuietContext())
    assert len(list(made.glob("*.png"))) == 4
    with pytest.raises(RequestError, match="at least two"):
        train(options(folder / "g0" / "id00", tmp_path / "x", family=family, condition="group"), QuietContext())


def test_parts_of_a_batch_make_the_same_step(folder, tmp_path):
    """Without BatchNorm (the discriminator) a batch in parts gives the whole batch's gradients."""
    from fairdesk.generation.networks.gan import FullyConnectedDiscriminator

    torch.manual_seed(0)
    network, pictures = FullyConnectedDiscriminator(8), torch.rand(6, 3, 8, 8)
    loss = torch.nn.functional.binary_cross_entropy(network(pictures), torch.ones(6))
    whole = torch.autograd.grad(loss, list(network.parameters()))
    summed = [torch.zeros_like(g) for g in whole]
    for part in pictures.tensor_split(3):
        share = torch.nn.functional.binary_cross_entropy(network(part), torch.ones(len(part))) * (len(part) / 6)
        summed = [a + b for a, b in zip(summed, torch.autograd.grad(share, list(network.parameters())), strict=True)]
    assert all(torch.allclose(a, b, atol=1e-6) for a, b in zip(whole, summed, strict=True))
    result = train(
        options(folder, tmp_path / "run", family="dcgan", batch_size=6, accumulate=3, epochs=2), QuietContext()
    )
    assert result.steps == 6 and np.isfinite(list(result.losses.values())).all()
    with pytest.raises(ValueError, match="equal parts"):
        options(folder, tmp_path / "x", batch_size=5, accumulate=2)


def test_a_sample_and_a_checkpoint_are_made_when_asked_for(folder, tmp_path):
    class Wisher(QuietContext):
        steps = 0

        def check(self):
            super().check()
            self.steps += 1
            if self.steps == 4:
                self.wishes |= {"sample", "checkpoint"}

    context = Wisher()
    train(options(folder, tmp_path / "run", family="gan", preview_every=400, epochs=2), context)
    run = RunFolder.open(tmp_path / "run")
    assert len(run.previews()) == 3 and any(
        path.stem.startswith("step-") for path in (tmp_path / "run" / "checkpoints").iterdir()
    )
    assert context.total == 40 and any("Saved checkpoint" in text for text in context.messages)
    with Image.open(run.previews()[0]) as sheet:
        assert sheet.width > 5 * 32


def test_faces_for_a_group_are_of_its_labels():
    places = lambda names, **more: label_places(GenerateParams(run="r", out="o", **more), names)
    people = ["African/a", "African/b", "Asian/a"]
    assert places(["African", "Asian"], group="Asian") == [1] and places(["African", "Asian"]) == [0, 1]
    assert places(people, group="African") == [0, 1] and places(people, label="African/b", group="African") == [1]
    assert places([], group="Asian") == [] and places(["0", "1"], group="Asian", label="1") == [1]
    with pytest.raises(RequestError, match="is not of the group Asian"):
        places(people, label="African/b", group="Asian")
    with pytest.raises(RequestError, match="none of the group Indian"):
        places(people, group="Indian")
    with pytest.raises(RequestError, match="trained without"):
        places([], label="African")
    params = GenerateParams(run="r", out="o", images=6, per_identity=2, group="African")
    assert chosen_labels(params, {"labels": people}, range(1, 6)).argmax(1).tolist() == [0, 1, 1, 0, 0]
