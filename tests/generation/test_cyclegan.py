"""CycleGAN: published shapes, training, exact resume, translation of everything a person may give it."""

import csv
import json

import numpy as np
import pytest
import torch
from PIL import Image

from fairdesk.dataset.image_import import import_images as import_folder
from fairdesk.dataset.params import ImportParams
from fairdesk.errors import RequestError, Stopped
from fairdesk.generation.making.synthetic_faces import generate_faces as generate
from fairdesk.generation.making.translation import load_translator
from fairdesk.generation.making.translation import translate_faces as translate
from fairdesk.generation.networks.cyclegan import (
    GeneratorResNet,
    InstanceNorm,
    PatchDiscriminator,
    fresh_weights,
    generator_from,
)
from fairdesk.generation.params import GenerateParams, TranslateParams
from fairdesk.generation.training.cyclegan import ReplayBuffer
from fairdesk.generation.training.gan_training import train_gan as train
from fairdesk.generation.training.params import gan_params
from fairdesk.images.synthetic_marks import mark_of, read_mark
from fairdesk.jobs.context import QuietContext
from fairdesk.jobs.results import Unreadable
from fairdesk.learning.checkpoints import read_checkpoint
from fairdesk.runs.folder import RunFolder
from fairdesk.runs.training_logs import read_log
from tests.conftest import plain_images

pytestmark = pytest.mark.filterwarnings("ignore")


def test_networks_as_published():
    generator = GeneratorResNet(9)
    assert sum(p.numel() for p in generator.parameters()) == 11_378_179
    assert sum(p.numel() for p in PatchDiscriminator().parameters()) == 2_764_737
    names = set(generator.state_dict())
    assert {"model.1.weight", "model.10.block.1.weight", "model.18.block.5.bias", "model.28.weight"} <= names
    assert PatchDiscriminator()(torch.zeros(1, 3, 256, 256)).shape == (1, 1, 16, 16)
    again = generator_from(GeneratorResNet(2, 8).state_dict(), "x")
    assert again(torch.zeros(1, 3, 20, 36)).shape == (1, 3, 20, 36)


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("form", [torch.contiguous_format, torch.channels_last])
def test_the_norm_is_pytorchs(count, form):
    torch.manual_seed(0)
    x = (torch.randn(count, 5, 9, 7) * 3 + 2).contiguous(memory_format=form).requires_grad_()
    weights = torch.randn(count, 5, 9, 7)
    results = []
    for norm in (InstanceNorm(5), torch.nn.InstanceNorm2d(5)):
        made = norm(x)
        results.append((made, torch.autograd.grad((made * weights).sum(), x)[0]))
    for own, theirs in zip(*results, strict=True):
        torch.testing.assert_close(own, theirs, rtol=1e-4, atol=1e-5)
    if count == 1:
        assert InstanceNorm(5)(x).is_contiguous(memory_format=form)


def test_replay_buffer():
    torch.manual_seed(0)
    buffer = ReplayBuffer()
    first = torch.arange(50.0)[:, None]
    assert torch.equal(buffer.push_and_pop(first), first)
    shown = buffer.push_and_pop(torch.arange(100.0, 200.0)[:, None]).flatten()
    old = (shown < 50).sum()
    assert len(buffer.images) == 50 and 20 < old < 70


@pytest.fixture
def folders(tmp_path):
    return plain_images(tmp_path / "A", 1, 1, 5, side=40), plain_images(tmp_path / "B", 1, 2, 2, side=30)


def options(folders, out, **more):
    base = {"family": "cyclegan", "data": folders[0], "data_b": folders[1], "out": out, "image_size": 32, "epochs": 3, "batch_size": 2,
            "blocks": 1, "features": 4, "preview_every": 3, "decay_epoch": 1, "device": "cpu", "precision": "fp32"}  # fmt: skip
    return gan_params(**(base | more))


def test_a_whole_run(folders, tmp_path):
    result = train(options(folders, tmp_path / "run"), QuietContext())
    assert result.steps == 3 * 2
    curves = read_log(tmp_path / "run" / "scalars.csv")
    assert set(curves.series) == {"D_loss", "G_loss", "adv", "cycle", "identity"}
    row = {name: dict(points)[6] for name, points in curves.series.items()}
    assert row["G_loss"] == pytest.approx(row["adv"] + 10 * row["cycle"] + 5 * row["identity"], rel=1e-5)
    with Image.open(RunFolder.open(tmp_path / "run").previews()[-1]) as image:
        assert image.size[1] == 4 * 34 + 2  # A, A to B, B, B to A


def test_the_published_norm_does_not_see_brightness_and_contrast():
    torch.manual_seed(0)
    picture = torch.rand(1, 3, 32, 32) - 0.5
    for norm, blind in (("instance", True), ("none", False)):
        generator = GeneratorResNet(1, 8, norm)
        fresh_weights(generator, norm)
        with torch.no_grad():
            difference = (generator(picture) - generator(picture * 0.6 + 0.2)).abs().max()
        assert (difference < 1e-2) == blind
    assert GeneratorResNet(9, norm="none").state_dict().keys() == GeneratorResNet(9).state_dict().keys()


def test_the_identity_term_comes_first_alone(folders, tmp_path):
    train(options(folders, tmp_path / "run", epochs=4, identity_epochs=2), QuietContext())
    with (tmp_path / "run" / "scalars.csv").open() as file:
        rows = list(csv.DictReader(file))
    others = ("D_loss", "adv", "cycle")
    assert [all(row[name] == "" for name in others) for row in rows] == [True] * 4 + [False] * 4
    assert [any(row[name] == "" for name in others) for row in rows] == [True] * 4 + [False] * 4
    for row in rows[:4]:
        assert float(row["G_loss"]) == pytest.approx(5 * float(row["identity"]))
    assert len(read_log(tmp_path / "run" / "scalars.csv").series["cycle"]) == 4
    with pytest.raises(ValueError, match="give more --epochs"):
        options(folders, tmp_path / "x", identity_epochs=3)


def test_translation_takes_the_averaged_generators_and_their_norm(folders, tmp_path):
    train(options(folders, tmp_path / "run", norm="none", ema_images=20), QuietContext())
    last = tmp_path / "run" / "checkpoints" / "last.safetensors"
    tensors, meta, _ = read_checkpoint(last)
    assert meta["norm"] == "none"
    network = GeneratorResNet(1, 4, "none")
    prefix = "net/G_AB_average/"
    network.load_state_dict({key[len(prefix) :]: value for key, value in tensors.items() if key.startswith(prefix)})
    x = torch.rand(1, 3, 16, 16)
    with torch.no_grad():
        assert torch.equal(load_translator(last, "G_AB", "cpu")(x), network(x))
    weights = "model.1.weight"
    assert not torch.equal(tensors[prefix + weights], tensors[f"net/G_AB/{weights}"])


@pytest.mark.parametrize("more", [{}, {"ema_images": 20, "norm": "none", "identity_epochs": 2}])
@pytest.mark.parametrize("stop_after", [3, 5])
def test_resumed_equals_unbroken(folders, tmp_path, stop_after, more):
    train(options(folders, tmp_path / "whole", **more), QuietContext())
    with pytest.raises(Stopped):
        train(options(folders, tmp_path / "broken", **more), QuietContext(stop_after=stop_after))
    assert 1 < len((tmp_path / "broken" / "scalars.csv").read_text().splitlines()) < 7
    torch.randn(9)
    train(options(folders, tmp_path / "broken", resume=True), QuietContext())
    assert (tmp_path / "whole" / "scalars.csv").read_text() == (tmp_path / "broken" / "scalars.csv").read_text()
    one, other = (
        read_checkpoint(tmp_path / run / "checkpoints" / "last.safetensors")[0] for run in ("whole", "broken")
    )
    assert one.keys() == other.keys() and all(torch.equal(one[key], other[key]) for key in one)


def test_two_folders_are_needed(folders, tmp_path):
    with pytest.raises(ValueError, match="cyclegan needs two folders"):
        options(folders, tmp_path / "x", data_b=None)
    with pytest.raises(ValueError, match="multiple of 4"):
        options(folders, tmp_path / "x", image_size=18)


@pytest.fixture
def generators(tmp_path):
    torch.manual_seed(1)
    made = {}
    for name in ("ab", "ba"):
        torch.save(GeneratorResNet(1, 4).state_dict(), tmp_path / f"{name}.pth")
        made[f"g_{name}"] = tmp_path / f"{name}.pth"
    return made


def test_translate_a_tree_both_ways(generators, tmp_path):
    home = tmp_path / "in" / "Zoë"
    home.mkdir(parents=True)
    for name, size in (("a", (23, 17)), ("b", (40, 64))):
        Image.fromarray(np.random.default_rng(0).integers(0, 255, (*size[::-1], 3), dtype=np.uint8)).save(
            home / f"{name}.jpg"
        )
    (home / "bad.jpg").write_bytes(b"x")
    result = translate(
        TranslateParams(input=tmp_path / "in", direction="both", out=tmp_path / "out", device="cpu", **generators),
        QuietContext(),
    )
    names = sorted(p.relative_to(tmp_path / "out").as_posix() for p in (tmp_path / "out").rglob("*.png"))
    assert names == ["Zoë/a_AtoB.png", "Zoë/a_BtoA.png", "Zoë/b_AtoB.png", "Zoë/b_BtoA.png"]
    assert result.images == 4 and [u.path for u in result.unreadable] == ["Zoë/bad.jpg"]
    with Image.open(tmp_path / "out" / "Zoë" / "a_AtoB.png") as image:
        assert image.size == (23, 17)  # its own size: nothing is stretched
        mark = json.loads(read_mark(image.info))
        assert mark["direction"] == "AtoB" and mark["source"] == "Zoë/a.jpg" and len(mark["checkpoint_sha256"]) == 64


def pixels_of(folder):
    return {p.relative_to(folder): np.asarray(Image.open(p)) for p in folder.rglob("*.png")}


def test_batches_give_the_pictures_of_one_by_one(generators, tmp_path):
    home = plain_images(tmp_path / "in", 1, 2, 5, side=24)
    for n, size in enumerate([(30, 24), (24, 30)]):
        Image.effect_noise(size, 60).convert("RGB").save(home / "g0" / "id00" / f"odd{n}.png")
    made = {}
    for count in (1, 4):
        out = tmp_path / f"by{count}"
        params = TranslateParams(
            input=home, direction="both", out=out, precision="fp32", batch_size=count, device="cpu", **generators
        )
        result = translate(params, QuietContext())
        assert result.images == 24 and [
            f["source"] for f in json.loads((tmp_path / f"by{count}.manifest.json").read_text())["files"]
        ]
        made[count] = pixels_of(out)
    assert made[1].keys() == made[4].keys() and len(made[1]) == 24
    for name, picture in made[1].items():
        assert abs(picture.astype(int) - made[4][name]).max() <= 1  # rounding of float32 sums in another order


def test_the_number_format_is_chosen_by_a_trial_and_told(generators, tmp_path):
    home = plain_images(tmp_path / "in", 1, 2, 8, side=24)
    context = QuietContext()
    params = {"input": home, "g_ab": generators["g_ab"], "device": "cpu"}
    result = translate(TranslateParams(out=tmp_path / "auto", **params), context)
    (told,) = [m for m in context.messages if "short trial" in m]
    assert all(f"{name} " in told for name in ("fp32", "fp32, channels last", "bf16", "bf16, channels last"))
    chosen = result.recipes["AtoB"]
    assert told.startswith(f"AtoB runs in {chosen}.")
    assert json.loads((tmp_path / "auto.manifest.json").read_text())["recipes"] == {"AtoB": chosen}
    with Image.open(next((tmp_path / "auto").rglob("*.png"))) as image:
        assert json.loads(read_mark(image.info))["precision"] == chosen.split(",")[0]
    translate(TranslateParams(out=tmp_path / "fp32", precision="fp32", **params), QuietContext())
    translate(TranslateParams(out=tmp_path / "bf16", precision="bf16", **params), QuietContext())
    exact, coarse = pixels_of(tmp_path / "fp32"), pixels_of(tmp_path / "bf16")
    error = np.mean([(exact[name].astype(float) - coarse[name]) ** 2 for name in exact])
    assert 10 * np.log10(255**2 / error) > 40


def test_few_images_are_not_worth_a_trial(generators, tmp_path):
    home, context = plain_images(tmp_path / "in", 1, 1, 3, side=24), QuietContext()
    params = TranslateParams(input=home, out=tmp_path / "o", g_ab=generators["g_ab"], device="cpu")
    result = translate(params, context)
    asked = translate(params.model_copy(update={"precision": "bf16", "out": tmp_path / "p"}), context)
    assert asked.recipes["AtoB"] == "bf16"
    assert result.recipes["AtoB"] == "fp32" and not [m for m in context.messages if "trial" in m]


def test_one_image_and_a_chosen_size(generators, tmp_path):
    Image.new("RGB", (60, 30), "green").save(tmp_path / "one.png")
    translate(
        TranslateParams(input=tmp_path / "one.png", out=tmp_path / "o", size=32, g_ab=generators["g_ab"], device="cpu"),
        QuietContext(),
    )
    with Image.open(tmp_path / "o" / "one_AtoB.png") as image:
        assert image.size == (32, 16)


def test_a_picture_too_large_for_the_memory_is_listed(generators, tmp_path, monkeypatch):
    (tmp_path / "in").mkdir()
    for name, side in (("large", 300), ("small", 24)):
        Image.new("RGB", (side, side)).save(tmp_path / "in" / f"{name}.png")
    monkeypatch.setattr("fairdesk.generation.making.translation.free_memory", lambda device: 10_000_000)
    ask = lambda out, size: TranslateParams(
        input=tmp_path / "in", out=tmp_path / out, size=size, g_ab=generators["g_ab"], device="cpu"
    )
    result = translate(ask("o", None), QuietContext())
    assert [(u.path, u.why[:26]) for u in result.unreadable] == [("large.png", "at 300 x 300 pixels it nee")]
    assert result.images == 1 and "1 could not be translated" in result.summary
    assert translate(ask("p", 64), QuietContext()).images == 2


def test_a_stopped_translation_lists_what_it_made(generators, tmp_path):
    plain_images(tmp_path / "in", 1, 1, 4)
    params = TranslateParams(input=tmp_path / "in", out=tmp_path / "o", g_ab=generators["g_ab"], device="cpu")
    with pytest.raises(Stopped):
        translate(params, QuietContext(stop_after=3))
    kept = {p.relative_to(tmp_path / "o").as_posix() for p in (tmp_path / "o").rglob("*.png")}
    assert len(kept) == 2 == len(json.loads((tmp_path / "o.manifest.json").read_text())["files"])


def test_a_list_of_identity_folders(generators, tmp_path):
    root = plain_images(tmp_path / "in", 1, 2, 2)
    (tmp_path / "list.txt").write_text(f"{root / 'g0' / 'id00'}\n\nin/g0/id01\n")
    translate(
        TranslateParams(
            input=tmp_path / "list.txt", direction="BtoA", out=tmp_path / "o", g_ba=generators["g_ba"], device="cpu"
        ),
        QuietContext(),
    )
    assert sorted(p.name for p in (tmp_path / "o").iterdir()) == ["id00", "id01"]
    assert len(list((tmp_path / "o").rglob("*_BtoA.png"))) == 4
    (tmp_path / "list.txt").write_text("nowhere\nin/g0/id01\n")
    params = TranslateParams(input=tmp_path / "list.txt", out=tmp_path / "q", g_ab=generators["g_ab"], device="cpu")
    result = translate(params, QuietContext())
    assert result.images == 2 and "1 left out" in result.summary
    assert result.left_out == [Unreadable(path="nowhere", why="line 1: there is no such file or folder")]
    (tmp_path / "list.txt").write_text("nowhere\n")
    with pytest.raises(
        RequestError, match=r"list\.txt names no image.* nowhere, line 1: there is no such file or folder"
    ):
        translate(
            TranslateParams(input=tmp_path / "list.txt", out=tmp_path / "p", g_ab=generators["g_ab"], device="cpu"),
            QuietContext(),
        )


def test_people_of_one_name_in_two_groups_stay_apart(generators, tmp_path, project):
    for group in ("A", "B"):
        for number in range(2):
            home = tmp_path / "in" / group / ("0001" if number else f"only {group}")
            home.mkdir(parents=True)
            Image.new("RGB", (24, 24), (90 * number, 40, 40)).save(home / "x.png")
    import_folder(ImportParams(folder=tmp_path / "in"), QuietContext(project))
    (tmp_path / "list.txt").write_text("in/A/0001\nin/B/0001\nin/A/only A\nin/A/only A\n")
    for source, who in (
        (tmp_path / "in", {"A-0001", "B-0001", "only A", "only B"}),
        (project.folder, {"A-0001", "B-0001", "only A", "only B"}),
        (tmp_path / "list.txt", {"0001", "B-0001", "only A"}),
    ):
        out = tmp_path / f"out {source.name}"
        params = TranslateParams(input=source, out=out, group="C", g_ab=generators["g_ab"], device="cpu")
        result = translate(params, QuietContext())
        twice = source.name == "list.txt"  # one folder is named twice, and taken once
        assert (result.images, len(result.left_out)) == ((3, 1) if twice else (4, 0))
        marks = [json.loads(mark_of(path)) for path in out.rglob("*.png")]
        assert {mark["identity"] for mark in marks} == who and {mark["group"] for mark in marks} == {"C"}


def test_translate_with_a_run_and_refuse_others(folders, tmp_path):
    train(options(folders, tmp_path / "run", epochs=1), QuietContext())
    last = tmp_path / "run" / "checkpoints" / "last.safetensors"
    params = TranslateParams(input=folders[0], direction="both", g_ab=last, g_ba=last, out=tmp_path / "o", device="cpu")
    assert translate(params, QuietContext()).images == 10
    with pytest.raises(RequestError, match="fairdesk translate"):
        generate(GenerateParams(run=tmp_path / "run", out=tmp_path / "g", device="cpu"), QuietContext())
    torch.save({"a": torch.zeros(1)}, tmp_path / "other.pth")
    with pytest.raises(RequestError, match="holds no CycleGAN generator"):
        translate(
            TranslateParams(input=folders[0], g_ab=tmp_path / "other.pth", out=tmp_path / "q", device="cpu"),
            QuietContext(),
        )
    with pytest.raises(ValueError, match="--g-ba FILE"):
        TranslateParams(input=folders[0], direction="BtoA", g_ab=last, out=tmp_path / "q")


def test_lists_of_images_and_folders(tmp_path):
    """As the scripts' cached file lists: CycleGAN, other GANs and translation take them."""
    home = plain_images(tmp_path / "in", 2, 2, 3, side=32)
    pictures = sorted(home.rglob("*.png"))
    (home / "notes.doc").write_text("x")
    (tmp_path / "a.txt").write_text("\ufeff" + "\n".join(map(str, pictures[:6])) + "\n\n", encoding="utf-8")
    (tmp_path / "b.txt").write_text("in/g1/id10\nin/g1/id11/000.png\nin/g1/id10/001.png\nin/notes.doc\nin/gone.png\n")
    run = tmp_path / "run"
    values = {"family": "cyclegan", "data": tmp_path / "a.txt", "data_b": tmp_path / "b.txt", "out": run, "image_size": 32, "epochs": 1,
              "blocks": 1, "features": 4, "device": "cpu", "precision": "fp32"}  # fmt: skip
    context = QuietContext()
    result = train(gan_params(**values), context)
    assert result.images == 6 and result.steps == 6  # the larger side
    assert [one.why for one in result.left_out] == [
        "line 3: it is in the list already", "line 4: not an image file", "line 5: there is no such file or folder",
    ]  # fmt: skip
    made = translate(
        TranslateParams(input=tmp_path / "b.txt", g_ab=run, out=tmp_path / "t", device="cpu"), QuietContext()
    )
    names = sorted(path.relative_to(tmp_path / "t").as_posix() for path in (tmp_path / "t").rglob("*.png"))
    assert made.images == 4 and names == ["000_AtoB.png", *(f"id10/00{n}_AtoB.png" for n in range(3))]
    found = train(gan_params(family="gan", data=tmp_path / "a.txt", out=tmp_path / "gan", image_size=16, epochs=1, batch_size=3, latent=4, device="cpu"), QuietContext())  # fmt: skip
    assert found.images == 6
    with pytest.raises(RequestError, match="is not a project, so there are no labels"):
        train(gan_params(**values | {"where": ["group=x"], "out": tmp_path / "x"}), QuietContext())
