"""A GAN's batch over two processes or in two parts; a killed run goes on; the rate falls; the deterministic switch."""

import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import torch

from fairdesk.errors import JobFailed, RequestError
from fairdesk.generation.training.cyclegan import CycleGanTask
from fairdesk.generation.training.gan import GanTask
from fairdesk.generation.training.gan_training import train_gan as train
from fairdesk.generation.training.params import gan_params
from fairdesk.jobs.context import QuietContext
from fairdesk.learning import training_loop as loop
from fairdesk.learning.checkpoints import read_checkpoint
from fairdesk.learning.determinism import algorithms
from fairdesk.learning.gradient_sharing import falling
from fairdesk.runs.folder import RunFolder
from fairdesk.runs.training_logs import read_log
from tests.conftest import plain_images

pytestmark = pytest.mark.filterwarnings("ignore")
SMALL = {
    "gan": {},
    "dcgan": {"ema_images": 20},
    "stylegan2": {"channel_base": 128, "mapping_layers": 2},
    "cyclegan": {"blocks": 1, "features": 4},
}


@pytest.fixture
def folder(tmp_path):
    return plain_images(tmp_path / "in", 2, 2, 4, side=32)


def options(family, folder, out, **more):
    base = {"family": family, "data": folder, "out": out, "image_size": 32, "epochs": 2, "batch_size": 4, "latent": 8,
            "preview_every": 100, "device": "cpu", "precision": "fp32", "seed": 3}  # fmt: skip
    if family == "cyclegan":
        base |= {"data": folder / "g0", "data_b": folder / "g1"}
        base.pop("latent")
    return gan_params(**(base | SMALL[family] | more))


def losses(run):
    series = read_log(run / "scalars.csv").series
    return np.array([[value for _, value in series[name]] for name in ("D_loss", "G_loss")])


@pytest.mark.parametrize("family", ["dcgan", "stylegan2"])
def test_two_processes_share_a_batch(folder, tmp_path, family):
    shared, turns = tmp_path / "shared", tmp_path / "turns"
    result = train(options(family, folder, shared, devices=2), QuietContext())
    assert result.processes == 2
    train(options(family, folder, turns, accumulate=2), QuietContext())
    one, two = losses(shared), losses(turns)
    assert one.shape == two.shape and np.isfinite(one).all()
    if family == "stylegan2":  # each process has dice of its own
        return
    # Adam makes whole steps of gradients that are nearly 0, so that rounding grows from step to step
    assert np.abs(one - two)[:, 0].max() < 1e-5 and np.abs(one - two)[:, 1].max() < 1e-3


@pytest.mark.parametrize("family", ["stylegan2", "cyclegan"])
def test_parts_in_turn_are_used(folder, tmp_path, family):
    whole = train(options(family, folder, tmp_path / "whole"), QuietContext())
    parts = train(options(family, folder, tmp_path / "parts", accumulate=4), QuietContext())
    assert whole.steps == parts.steps == losses(tmp_path / "parts").shape[1]
    if family == "cyclegan":  # no norm over the batch: the same but for rounding
        assert np.abs(losses(tmp_path / "whole") - losses(tmp_path / "parts"))[:, 0].max() < 1e-5


def test_a_killed_run_goes_on_where_it_was_last_kept(folder, tmp_path):
    train(options("gan", folder, tmp_path / "whole", epochs=40, image_size=16, checkpoint_every=5), QuietContext())
    run = tmp_path / "killed"
    line = [sys.executable, "-m", "fairdesk", "train", "gan", str(folder), "--out", str(run), "--image-size", "16", "--epochs", "40",
            "--batch-size", "4", "--latent", "8", "--preview-every", "100", "--device", "cpu", "--precision", "fp32", "--seed", "3",
            "--checkpoint-every", "5"]  # fmt: skip
    job = subprocess.Popen(line, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    kept = run / "checkpoints" / "epoch-0010.safetensors"
    for _ in range(600):
        if kept.exists():
            break
        time.sleep(0.1)
    job.send_signal(signal.SIGKILL)
    job.wait()
    written = len((run / "scalars.csv").read_text().splitlines()) - 1
    meta = read_checkpoint(RunFolder.open(run).checkpoint("last"))[1]
    assert 0 <= written - int(meta["step"]) <= 5 * 4 + 4  # steps of five epochs, and those of the moment
    assert written < 40 * 4
    train(options("gan", folder, run, resume=True, epochs=40, image_size=16), QuietContext())
    assert (run / "scalars.csv").read_text() == (tmp_path / "whole" / "scalars.csv").read_text()


def test_the_last_checkpoint_is_kept_by_the_clock(folder, tmp_path, monkeypatch):
    monkeypatch.setattr(loop, "SAFE_S", -1.0)
    saved = []
    monkeypatch.setattr(loop, "save_checkpoint", lambda path, *_more: saved.append(path.stem))
    train(options("gan", folder, tmp_path / "run"), QuietContext())
    assert saved.count("last") == 2 * 4 + 1  # each batch, and the end


def test_the_rate_falls(folder, tmp_path):
    assert [falling(epoch, 2, 4) for epoch in range(4)] == [1, 1, 1, 0.5] and falling(9, None, 10) == 1
    for family in ("dcgan", "stylegan2"):
        for name, decay in (("steady", None), ("falls", 0)):
            train(options(family, folder, tmp_path / f"{family}-{name}", decay_epoch=decay), QuietContext())
        steady, falls = (losses(tmp_path / f"{family}-{name}") for name in ("steady", "falls"))
        assert np.array_equal(steady[:, :4], falls[:, :4]) and not np.array_equal(steady, falls)


def test_the_deterministic_switch_is_on_only_while_it_trains(folder, tmp_path, monkeypatch):
    seen = []
    monkeypatch.setattr(
        "fairdesk.generation.training.gan_training._run",
        lambda *_a: seen.append(torch.are_deterministic_algorithms_enabled()) or {},
    )
    for wanted in (True, False):
        train(options("gan", folder, tmp_path / "x", deterministic=wanted), QuietContext())
    assert seen == [True, False] and not torch.are_deterministic_algorithms_enabled()
    with pytest.raises(RequestError, match=r"^no$"), algorithms(deterministic=True):
        raise RequestError("no")
    assert not torch.are_deterministic_algorithms_enabled()


@pytest.mark.parametrize("real", [True, False])
def test_too_little_memory_names_a_batch_that_may_fit(folder, tmp_path, monkeypatch, real):
    def step(_self, _batch):
        if real:
            torch.empty(10**15)  # no machine has this
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr("fairdesk.generation.training.gan.GanTask.step", step)
    with pytest.raises(JobFailed, match=r"too small for a batch of 4\. Try --batch-size 2"):
        train(options("gan", folder, tmp_path / "run"), QuietContext())


@pytest.mark.parametrize(
    ("family", "batch", "parts", "most", "told"),
    [
        ("gan", 8, 1, 2, "2 at a time fit: say --batch-size 2, or --accumulate 4"),
        ("gan", 12, 2, 6, "6 at a time fit: say --batch-size 6, or --accumulate 4"),
        ("cyclegan", 6, 1, 1, "1 at a time fit: say --batch-size 1, or --accumulate 6"),
        ("gan", 6, 1, 2, "Try --batch-size 3, or smaller images"),
    ],
)
def test_a_batch_that_fits_is_found_by_trying(folder, tmp_path, monkeypatch, family, batch, parts, most, told):
    task = CycleGanTask if family == "cyclegan" else GanTask
    plain = task.step

    def step(self, images):
        if (images.shape[1] if family == "cyclegan" else len(images)) > most:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return plain(self, images)

    monkeypatch.setattr(task, "step", step)
    with pytest.raises(JobFailed, match=told):
        train(options(family, folder, tmp_path / "run", batch_size=batch, accumulate=parts), QuietContext())
