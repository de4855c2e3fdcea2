"""One batch over two processes, or in two parts in turn: the same losses; and what is sampled, mixed or faster says the same."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest
import torch
from torch import nn

from fairdesk.dataset.collection import SourceImage
from fairdesk.errors import JobFailed, RequestError
from fairdesk.faces import prelu
from fairdesk.faces.backbones import Classifier, make_backbone
from fairdesk.faces.encoders import load_backbone
from fairdesk.jobs.context import QuietContext
from fairdesk.learning.distributed import _tell, command, run_shared
from fairdesk.runs.training_logs import read_log
from fairdesk.training.heads import MarginHead
from fairdesk.training.params import RecogniserParams
from fairdesk.training.recogniser_training import train_recogniser as train
from fairdesk.training.results import RecogniserResult
from fairdesk.training.training_faces import Changes, Chips, TrainingFaces, cut_faces
from tests.conftest import plain_images

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture
def folder(tmp_path):
    return plain_images(tmp_path / "in", 2, 4, 4, side=40)


def options(folder, out, **more):
    base = {"data": folder, "out": out, "width": 1, "epochs": 2, "batch_size": 8, "crop": "whole", "validation": 0.5, "device": "cpu",
            "precision": "fp32", "learning_rate": 0.01}  # fmt: skip
    return RecogniserParams(**(base | more))


def losses(run):
    return np.array([value for _, value in read_log(run / "scalars.csv").series["loss"]])


@pytest.mark.parametrize("margins", ["none", "adaptive"])
def test_two_processes_are_one_that_takes_both_halves_in_turn(folder, tmp_path, margins):
    """Adaptive margins follow the EERs of an evaluation, and batch normalisation's running means are those of the first process: alike until then."""
    train(options(folder, tmp_path / "turns", accumulate=2, group_margins=margins), QuietContext())
    context = QuietContext()
    result = train(options(folder, tmp_path / "shared", devices=2, group_margins=margins), context)
    assert result.processes == 2 and result.images == 16
    away = np.abs(losses(tmp_path / "turns") - losses(tmp_path / "shared"))
    assert len(away) == 4 and away[: 2 if margins == "adaptive" else 4].max() < 1e-4
    assert any("torchrun --nnodes" in message for message in context.messages)
    assert {name for name, _, _ in context.scalars} >= {"loss", "EER"} and context.done == context.total == 32
    assert (tmp_path / "shared" / "model-card.md").exists() and not list(tmp_path.glob(".*faces"))


def test_torchrun_starts_the_same_verb(folder, tmp_path):
    line = command("train-arcface", options(folder, tmp_path / "out", devices=2), 2)
    assert line.startswith("torchrun --nnodes MACHINES --nproc-per-node 2") and "--devices" not in line
    verb = line.split(" -m fairdesk ")[1].split()
    start = [
        sys.executable,
        "-m",
        "torch.distributed.run",
        "--standalone",
        "--nproc-per-node=2",
        "-m",
        "fairdesk",
        *verb,
        "--json",
    ]
    done = subprocess.run(start, capture_output=True, text=True, env=os.environ | {"OMP_NUM_THREADS": "1"}, timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]
    assert json.loads(done.stdout)["processes"] == 2 and "Traceback" not in done.stderr


def test_processes_that_end_without_a_word_are_told(folder, tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(JobFailed, match="The 2 processes ended without a result"):
        run_shared("train-arcface", options(folder, tmp_path / "y", devices=2), 2, QuietContext(), RecogniserResult)
    told = {"event": "failed", "message": "no", "unexpected": False}
    with pytest.raises(RequestError, match="no"):
        _tell(told, QuietContext())


def test_prelu_is_torchs():
    torch.manual_seed(0)
    for shape, form in (
        ((5, 6, 7, 8), torch.contiguous_format),
        ((5, 6, 7, 8), torch.channels_last),
        ((3, 6), torch.contiguous_format),
    ):
        x = torch.randn(shape).contiguous(memory_format=form)
        own, theirs = prelu.PReLU(6), nn.PReLU(6)
        with torch.no_grad():
            own.weight.copy_(torch.linspace(-0.5, 1.5, 6))
            theirs.weight.copy_(own.weight)
        grads = []
        for network in (own, theirs):
            given = x.clone().requires_grad_()
            network(given).pow(3).sum().backward()
            grads.append((given.grad, network.weight.grad))
        for one, two in zip(*grads, strict=True):
            assert torch.allclose(one, two, rtol=1e-4, atol=1e-4)
    assert torch.autograd.gradcheck(lambda x, a: prelu._Prelu.apply(x, a), (torch.randn(2, 3, 2, 2, dtype=torch.double, requires_grad=True),
                                                                          torch.rand(3, dtype=torch.double, requires_grad=True)))  # fmt: skip


def test_sampled_classes_move_and_the_others_stay():
    torch.manual_seed(0)
    head = MarginHead("arcface", 8, 50, 16.0, share=0.2)
    before = head.weight.clone()
    target = torch.tensor([3, 40, 3, 17])
    placed = head.sample(target)
    assert (
        len(head.chosen) == 10 and {3, 17, 40} <= set(head.chosen.tolist()) and torch.equal(head.chosen[placed], target)
    )
    vectors = torch.randn(4, 8)
    logits = head(vectors, placed, torch.full((4,), 0.5))
    whole = MarginHead("arcface", 8, 50, 16.0)
    whole.weight.data.copy_(before)
    assert torch.allclose(logits, whole(vectors, target, torch.full((4,), 0.5))[:, head.chosen], atol=1e-5)
    nn.functional.cross_entropy(logits, placed).backward()
    head.update(0.1, 0.0)
    moved = (head.weight != before).any(1).nonzero()[:, 0]
    assert set(moved.tolist()) == set(head.chosen.tolist())
    expected = before[head.chosen] - 0.1 * head.centres.grad
    assert torch.allclose(head.weight[head.chosen], expected, atol=1e-6)


def test_training_with_sampled_classes_learns_and_resumes(folder, tmp_path):
    result = train(options(folder, tmp_path / "run", classes_share=0.5, epochs=3), QuietContext())
    assert result.steps == 6 and np.isfinite(losses(tmp_path / "run")).all()
    with pytest.raises(ValueError, match="--optimizer sgd"):
        options(folder, tmp_path / "x", classes_share=0.5, optimizer="adamw")


def test_a_torchvision_backbone_is_trained_and_is_an_encoder(folder, tmp_path):
    name = "torchvision:mobilenet_v3_small"
    train(options(folder, tmp_path / "run", backbone=name, epochs=1), QuietContext())
    network, told = load_backbone(tmp_path / "run" / "backbone.safetensors")
    assert told == name and network.eval()(torch.zeros(1, 3, 112, 112)).shape == (1, 512)
    from torchvision import models

    pretrained = models.get_model("resnet18", weights=None).state_dict()
    fresh = make_backbone("torchvision:resnet18")
    fresh.start_from(pretrained, "resnet18.pth")
    assert torch.equal(fresh.body.conv1.weight, pretrained["conv1.weight"]) and fresh.body.fc.weight.shape == (512, 512)
    with pytest.raises(RequestError, match="another network"):
        fresh.start_from(models.get_model("resnet34", weights=None).state_dict(), "x.pth")
    with pytest.raises(RequestError, match=r"no classifier called 'resnet19'. Near: resnet1"):
        Classifier("resnet19")
    with pytest.raises(RequestError, match="does not take images of 112"):
        Classifier("vit_b_32")


def test_a_share_of_synthetic_images():
    items = [
        SourceImage(__import__("pathlib").Path(f"/{n}"), f"{n}", f"p{n % 4}", "g", None, n >= 40) for n in range(50)
    ]
    chips = Chips(np.zeros((50, 112, 112, 3), np.uint8), items, [])
    faces = TrainingFaces(chips, [n % 4 for n in range(50)], [0] * 50, "plain", 0.5)
    order = faces.order(1, 1)
    made = order >= 40
    assert len(faces) == len(order) == 80 and made.sum() == 40 and sorted(order[~made]) == list(range(40))
    assert (np.bincount(order[made])[40:] == 4).all()


def test_faces_in_a_file_are_the_same(drawn, tmp_path):
    from fairdesk.dataset.collection import read_folder

    items = read_folder(drawn).items[:4]
    kept, filed = (cut_faces(items, "auto", QuietContext(), file) for file in (None, tmp_path / "deep" / "faces.npy"))
    assert np.array_equal(kept.pixels, filed.pixels) and isinstance(filed.pixels, np.memmap)


def test_changes_are_the_same_however_a_batch_is_divided():
    torch.manual_seed(1)
    images = torch.rand(7, 3, 4, 4) * 2 - 1
    changes = Changes.drawn(7)
    parts = [changes.part(n, 3).applied(part) for n, part in enumerate(images.tensor_split(3))]
    assert torch.equal(torch.cat(parts), changes.applied(images))
