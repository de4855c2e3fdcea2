"""GANs: published shapes, training, exact resume, exact counts, and every made file marked."""

import copy
import json
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from lightning.fabric import Fabric
from PIL import Image

from fairdesk.dataset.image_import import import_images as import_folder
from fairdesk.dataset.image_import import scan_folder as inspect
from fairdesk.dataset.params import ImportParams
from fairdesk.errors import RequestError, Stopped
from fairdesk.generation.making.synthetic_faces import generate_faces as generate
from fairdesk.generation.making.synthetic_faces import latents
from fairdesk.generation.networks.gan import make_networks
from fairdesk.generation.params import GenerateParams
from fairdesk.generation.training.gan import GanTask
from fairdesk.generation.training.gan_training import train_gan as train
from fairdesk.generation.training.params import gan_params
from fairdesk.images.synthetic_marks import mark_of, read_mark
from fairdesk.jobs.context import QuietContext
from fairdesk.learning import training_loop
from fairdesk.runs.folder import RunFolder
from fairdesk.runs.training_logs import read_log
from fairdesk.training.params import RecogniserParams
from fairdesk.training.recogniser_training import _items
from tests.conftest import plain_images

pytestmark = pytest.mark.filterwarnings("ignore")


def test_networks_as_published():
    generator, discriminator = make_networks("gan", 100, 28)
    shapes = {k: tuple(v.shape) for k, v in generator.state_dict().items()}
    assert shapes["model.0.weight"] == (128, 100) and shapes["model.2.weight"] == (256, 128)
    assert shapes["model.11.weight"] == (3 * 28 * 28, 1024) and "model.3.running_mean" in shapes
    assert [tuple(p.shape) for p in discriminator.parameters()][::2] == [(512, 2352), (256, 512), (1, 256)]
    generator, discriminator = make_networks("dcgan", 100, 64)  # PyTorch's DCGAN tutorial
    assert sum(p.numel() for p in generator.parameters()) == 3_576_704
    assert sum(p.numel() for p in discriminator.parameters()) == 2_765_568
    names = {"main.0.weight", "main.1.running_var", "main.12.weight"}
    assert names <= set(generator.state_dict())
    for size in (32, 64, 128, 256):
        generator, discriminator = make_networks("dcgan", 10, size)
        made = generator(torch.randn(2, 10))
        assert made.shape == (2, 3, size, size)
        assert discriminator(made).shape == (2,)


@pytest.mark.parametrize("parts", [1, 2])
def test_a_step_is_that_of_pytorch_gan(tmp_path, parts):
    """The generator's step, then the discriminator's on the same images, each with a forward pass of its own."""
    x = torch.rand(6, 3, 16, 16) * 2 - 1
    fabric = Fabric(accelerator="cpu", devices=1)
    task = GanTask(options(tmp_path, tmp_path / "run", batch_size=6, accumulate=parts), fabric)
    plain_g, plain_d = copy.deepcopy(task._g), copy.deepcopy(task._d)
    optimizers = [torch.optim.Adam(n.parameters(), 2e-4, (0.5, 0.999)) for n in (plain_g, plain_d)]
    for seed in range(3):
        torch.manual_seed(seed)
        told = task.step(x)
        torch.manual_seed(seed)
        noise = torch.randn(6, 8)
        made = [plain_g(z) for z in noise.tensor_split(parts)]
        bce = torch.nn.functional.binary_cross_entropy
        g_loss = sum(bce(d, torch.ones_like(d)) for d in map(plain_d, made)) / parts
        d_loss = (
            sum(
                (bce(d, torch.ones_like(d)) + bce(f, torch.zeros_like(f))) / 2
                for d, f in (
                    (plain_d(r), plain_d(m.detach())) for r, m in zip(x.tensor_split(parts), made, strict=True)
                )
            )
            / parts
        )
        for loss, network in ((g_loss, plain_g), (d_loss, plain_d)):
            gradients = torch.autograd.grad(loss, list(network.parameters()))
            for weight, gradient in zip(network.parameters(), gradients, strict=True):
                weight.grad = gradient
        for optimizer in optimizers:
            optimizer.step()
        assert told["G_loss"] == pytest.approx(g_loss.item(), rel=1e-4)
        assert told["D_loss"] == pytest.approx(d_loss.item(), rel=1e-4)
    for own, plain in ((task._g, plain_g), (task._d, plain_d)):
        for name, value in own.state_dict().items():
            torch.testing.assert_close(value, plain.state_dict()[name], rtol=1e-3, atol=1e-5)


@pytest.fixture
def folder(tmp_path):
    root = plain_images(tmp_path / "in", 1, 2, 8, side=24)
    (root / "g0" / "id00" / "bad.png").write_bytes(b"no picture")
    return root


def options(folder, out, **more):
    base = {"family": "gan", "data": folder, "out": out, "image_size": 16, "epochs": 3, "batch_size": 5, "latent": 8,
            "preview_every": 4, "device": "cpu", "precision": "fp32"}  # fmt: skip
    return gan_params(**(base | more))


@pytest.mark.parametrize(("batch_s", "after"), [(6.0, [6, 24, 54, 84, 108]), (25.0, [*range(25, 450, 50), 450])])
def test_sample_grids_come_by_time(folder, tmp_path, monkeypatch, batch_s, after):
    """The first of a network that has learned anything within 20 s, then every 30 s, whatever a batch takes."""
    clock, step = [100.0], GanTask.step

    def slow_step(self, batch):
        clock[0] += batch_s
        return step(self, batch)

    monkeypatch.setattr(GanTask, "step", slow_step)
    monkeypatch.setattr(training_loop, "time", SimpleNamespace(monotonic=lambda: clock[0]))
    train(options(folder, tmp_path / "run", preview_every=None, epochs=6), QuietContext())
    assert [int(p.stem) * batch_s for p in RunFolder.open(tmp_path / "run").previews()] == after


@pytest.mark.parametrize("family", ["gan", "identity-gan", "dcgan"])
def test_training_leaves_a_whole_run(folder, tmp_path, family):
    size = 32 if family == "dcgan" else 20
    context = QuietContext()
    result = train(options(folder, tmp_path / "run", family=family, image_size=size, checkpoint_every=2), context)
    assert result.steps == 3 * 3 and result.images == 16  # the last image of 16 is a batch of one, and left out
    assert [u.why for u in result.unreadable] == ["not a picture in a known format"]
    assert "1 file is left out:" in context.messages[0] and "not a picture" in context.messages[0]
    assert "(1 left out)" in result.summary
    run = RunFolder.open(tmp_path / "run")
    assert run.config["params"]["family"] == family
    assert {p.stem for p in (tmp_path / "run" / "checkpoints").iterdir()} == {"best", "last", "epoch-0002"}
    assert [p.stem for p in run.previews()] == ["00000001", "00000004", "00000008", "00000009"]
    mark = json.loads(mark_of(run.previews()[0]))  # a grid that is brought in with a folder of faces is no photograph
    assert (mark["run"], mark["step"], mark["family"]) == ("run", 1, family)
    curves = read_log(tmp_path / "run" / "scalars.csv")
    assert set(curves.series) == {"D_loss", "G_loss", "D(x)", "D(G(z))"}
    assert len(curves.series["G_loss"]) == 9
    assert {name for name, _, _ in context.scalars} == set(curves.series)
    with Image.open(tmp_path / "run" / "losses.png") as plot, Image.open(tmp_path / "run" / "samples.gif") as film:
        assert plot.width > 500 and film.n_frames == 4
    assert mark_of(tmp_path / "run" / "samples.gif") and not mark_of(tmp_path / "run" / "losses.png")
    with pytest.raises(RequestError, match="--resume"):
        train(options(folder, tmp_path / "run"), QuietContext())


def test_a_full_disk_at_the_end_keeps_the_training(folder, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("fairdesk.runs.final_pictures.export_curves", full)
    context = QuietContext()
    assert train(options(folder, tmp_path / "run", epochs=1), context).steps == 3
    assert "The training is kept, but its images could not be written: No space left on device" in context.messages[-1]


@pytest.mark.parametrize("family", ["gan", "dcgan"])
@pytest.mark.parametrize("stop_after", [4, 6])
def test_a_resumed_run_equals_an_unbroken_one(folder, tmp_path, family, stop_after):
    size = 32 if family == "dcgan" else 16
    train(options(folder, tmp_path / "whole", family=family, image_size=size), QuietContext())
    with pytest.raises(Stopped):
        train(options(folder, tmp_path / "broken", family=family, image_size=size), QuietContext(stop_after=stop_after))
    steps = len((tmp_path / "broken" / "scalars.csv").read_text().splitlines()) - 1
    assert 0 < steps < 9
    torch.randn(77)  # other work in between must not matter
    train(options(folder, tmp_path / "broken", family=family, image_size=size, resume=True), QuietContext())
    assert (tmp_path / "whole" / "scalars.csv").read_text() == (tmp_path / "broken" / "scalars.csv").read_text()
    one, two = (RunFolder.open(tmp_path / n).checkpoint("last").read_bytes() for n in ("whole", "broken"))
    assert one == two


def test_early_stop(folder, tmp_path, monkeypatch):
    monkeypatch.setattr("fairdesk.generation.training.gan.GanTask.score", lambda self, losses: 1.0)
    result = train(options(folder, tmp_path / "run", epochs=50, patience=2), QuietContext())
    assert result.stopped_early and result.epochs == 3


@pytest.fixture
def trained(folder, tmp_path):
    train(options(folder, tmp_path / "run", epochs=1), QuietContext())
    return tmp_path / "run"


def test_exactly_as_many_as_asked_and_all_marked(trained, tmp_path):
    result = generate(
        GenerateParams(run=trained, out=tmp_path / "made", images=7, batch_size=3, device="cpu"), QuietContext()
    )
    files = sorted((tmp_path / "made").glob("*.png"))
    assert len(files) == result.images == 7
    for number, path in enumerate(files):
        with Image.open(path) as image:
            mark = json.loads(read_mark(image.info))
        assert mark["number"] == number and mark["seed"] == 1 and mark["run"] == "run"
    manifest = json.loads((tmp_path / "made.manifest.json").read_text())
    assert manifest["synthetic"] is True and len(manifest["files"]) == 7
    again = tmp_path / "again"
    generate(
        GenerateParams(run=trained / "checkpoints" / "last.safetensors", out=again, images=7, device="cpu"),
        QuietContext(),
    )
    with Image.open(files[3]) as one, Image.open(sorted(again.glob("*.png"))[3]) as two:
        assert np.abs(np.asarray(one, int) - np.asarray(two, int)).max() <= 1


def test_what_is_drawn_depends_on_the_seed_alone():
    ask = lambda **more: GenerateParams(run="r", out="o", images=12, seed=7, **more)
    for each in (None, 4):
        whole, parts = (torch.cat(list(latents(ask(per_identity=each), 5, n))) for n in (64, 5))
        assert whole.shape == (12, 5) and torch.equal(whole, parts)
    people = whole.reshape(3, 4, 5)
    assert people.std(1).mean() < people.mean(1).std(0).mean() * 2 and len(torch.unique(whole, dim=0)) == 12
    (same,) = latents(ask(per_identity=4, spread=0), 5)
    assert torch.equal(same[::4].repeat_interleave(4, 0), same) and len(torch.unique(same, dim=0)) == 3
    first = next(latents(GenerateParams(run="r", out="o", images=10_000_000, seed=7), 100))
    assert first.shape == (64, 100)  # ten million are not drawn at once


def test_a_stopped_one_lists_what_it_made(trained, tmp_path):
    with pytest.raises(Stopped):
        generate(
            GenerateParams(run=trained, out=tmp_path / "made", images=7, batch_size=2, device="cpu"),
            QuietContext(stop_after=2),
        )
    names = sorted(p.name for p in (tmp_path / "made").iterdir())
    assert names == json.loads((tmp_path / "made.manifest.json").read_text())["files"] and len(names) == 4


def test_identities_exactly(trained, tmp_path):
    generate(GenerateParams(run=trained, out=tmp_path / "ids", images=12, per_identity=4, device="cpu"), QuietContext())
    found = {p.name: len(list(p.iterdir())) for p in (tmp_path / "ids").iterdir()}
    assert sorted(name[-6:] for name in found) == ["000001", "000002", "000003"] and set(found.values()) == {4}
    ask = lambda out, **more: GenerateParams(
        run=trained, out=tmp_path / out, images=12, per_identity=4, device="cpu", **more
    )
    generate(ask("same"), QuietContext())
    assert {p.name for p in (tmp_path / "same").iterdir()} == set(found)
    generate(ask("others", seed=2), QuietContext())  # other people have other names: in a project they stay apart
    assert not {p.name for p in (tmp_path / "others").iterdir()} & set(found)
    with pytest.raises(ValueError, match="cannot be divided into identities"):
        GenerateParams(run=trained, out=tmp_path / "x", images=10, per_identity=4)


def test_made_faces_come_back_marked(trained, tmp_path, project):
    from fairdesk.dataset.folder_copies import flatten_folder as flatten
    from fairdesk.dataset.folder_copies import resize_images as resize
    from fairdesk.dataset.image_import import import_images as import_folder
    from fairdesk.dataset.params import ImportParams
    from fairdesk.dataset.prepare_params import FlattenParams, ResizeParams
    from fairdesk.project.images import labelled_images

    generate(GenerateParams(run=trained, out=tmp_path / "ids", images=4, per_identity=2, device="cpu"), QuietContext())
    resize(ResizeParams(folder=tmp_path / "ids", out=tmp_path / "small", size="8x8"), QuietContext())
    flatten(FlattenParams(folder=tmp_path / "small", out=tmp_path / "flat", copy=True), QuietContext())
    found = import_folder(ImportParams(folder=tmp_path / "flat"), QuietContext(project))
    assert found.synthetic == found.images == 4
    assert all(image.synthetic for image in labelled_images(project))


@pytest.mark.parametrize("each", [None, 2])
def test_a_group_is_no_identity_when_they_come_in(trained, tmp_path, project, each):
    """A folder named after the group looks like one person's: the mark knows better."""
    out = tmp_path / "made"
    generate(
        GenerateParams(run=trained, out=out, images=4, per_identity=each, group="tone 5", device="cpu"), QuietContext()
    )
    seen = inspect(ImportParams(folder=out), QuietContext(project))
    result = import_folder(ImportParams(folder=out), QuietContext(project))
    assert result.groups == seen.groups == {"tone 5": 4} and result.synthetic == 4
    assert result.identities == seen.identities == (2 if each else 0)
    found = project.db.rows("SELECT g.name, who.name FROM image i JOIN grp g ON g.id = i.group_id LEFT JOIN identity who ON who.id = i.identity_id")  # fmt: skip
    assert {row[0] for row in found} == {"tone 5"} and len({row[1] for row in found}) == (2 if each else 1)
    assert (found[0][1] is None) == (each is None)
    rows, _ = (
        _items(RecogniserParams(data=out, out=tmp_path / "r", synthetic="use"), QuietContext()) if each else ([], 0)
    )
    assert {(item.group, item.identity[-6:]) for item in rows} == ({("tone 5", "000001"), ("tone 5", "000002")} if each else set())  # fmt: skip


def test_damaged_and_foreign_checkpoints(trained, tmp_path):
    last = trained / "checkpoints" / "last.safetensors"
    (tmp_path / "cut.safetensors").write_bytes(last.read_bytes()[:4000])
    (tmp_path / "no.safetensors").write_bytes(b"nothing")
    for name in ("cut", "no"):
        with pytest.raises(RequestError, match="is damaged, or no checkpoint"):
            generate(
                GenerateParams(run=tmp_path / f"{name}.safetensors", out=tmp_path / "o", device="cpu"), QuietContext()
            )
    with pytest.raises(RequestError, match="not a training run"):
        generate(GenerateParams(run=tmp_path, out=tmp_path / "o", device="cpu"), QuietContext())
    from fairdesk.learning.checkpoints import save_checkpoint

    save_checkpoint(
        tmp_path / "other.safetensors",
        {"generator": torch.nn.Linear(2, 2)},
        {},
        {"family": "gan", "latent": 8, "size": 16, "step": 1},
    )
    with pytest.raises(RequestError, match="does not fit the network generator"):
        generate(GenerateParams(run=tmp_path / "other.safetensors", out=tmp_path / "o", device="cpu"), QuietContext())
