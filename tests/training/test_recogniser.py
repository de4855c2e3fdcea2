"""Recognisers: heads by their formulas, nobody on both sides, exact resume, mitigation switches, and an encoder at the end."""

import math

import numpy as np
import pytest
import torch
from sklearn.metrics import roc_curve

from fairdesk.dataset.collection import SourceImage, people_of, read_folder
from fairdesk.dataset.image_import import import_images as import_folder
from fairdesk.dataset.params import ImportParams
from fairdesk.errors import RequestError, Stopped
from fairdesk.faces.embedding import encode_faces as encode
from fairdesk.faces.params import EncodeParams
from fairdesk.images.synthetic_marks import save_marked
from fairdesk.jobs.context import QuietContext
from fairdesk.runs.folder import RunFolder
from fairdesk.runs.training_logs import read_log
from fairdesk.training.heads import MarginHead
from fairdesk.training.heldout_evaluation import all_pairs, error_rates
from fairdesk.training.params import RecogniserParams
from fairdesk.training.recogniser_training import hold_out
from fairdesk.training.recogniser_training import train_recogniser as train
from fairdesk.training.training_faces import Chips, TrainingFaces, changed, cut_faces, normalised
from tests.conftest import plain_images

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.mark.parametrize("kind", ["arcface", "cosface", "combined", "softmax"])
def test_heads_by_their_formulas(kind):
    torch.manual_seed(0)
    head = MarginHead(kind, 8, 5, 16.0)
    vectors, target, margin = (
        torch.randn(6, 8),
        torch.tensor([0, 1, 2, 3, 4, 0]),
        torch.tensor([0.5, 0.3, 0.2, 0.4, 0.1, 0.0]),
    )
    logits = head(vectors, target, margin)
    for n in range(6):
        for c in range(5):
            w, v = head.weight[c].detach(), vectors[n]
            cosine = float(v @ w / v.norm() / w.norm())
            m = float(margin[n])
            if c == target[n]:
                cosine = {
                    "arcface": math.cos(math.acos(cosine) + m),
                    "cosface": cosine - m,
                    "combined": math.cos(math.acos(cosine) + m) - 0.2,
                    "softmax": cosine,
                }[kind]
            assert float(logits[n, c]) == pytest.approx(16 * cosine, abs=2e-4)


def test_adaface_is_harder_on_good_images():
    torch.manual_seed(0)
    head = MarginHead("adaface", 8, 3, 1.0).eval()
    head.lengths.copy_(torch.tensor([5.0, 2.0]))
    direction = torch.nn.functional.normalize(torch.randn(1, 8))
    own = [float(head(direction * length, torch.tensor([1]), torch.tensor([0.4]))[0, 1]) for length in (1.0, 5.0, 9.0)]
    plain = float(MarginHead.forward(head, direction * 5, torch.tensor([0]), torch.tensor([0.4]))[0, 1])
    assert all(value < plain for value in own)


def made_items(counts):
    return [
        SourceImage(__import__("pathlib").Path(f"/{g}/{p}/{i}"), f"{g}/{p}/{i}", p, g)
        for g, people in counts.items() for p, images in people.items() for i in range(images)
    ]  # fmt: skip


def test_nobody_is_trained_and_evaluated_on():
    items = made_items({"a": {f"p{n}": 3 for n in range(10)}, "b": {f"p{n}": 2 + n for n in range(5)}})
    training, held = hold_out(items, 0.2, seed=4)
    assert not set(people_of(training)) & set(people_of(held))
    assert len(training) + len(held) == len(items)
    assert {g: len({k for k in people_of(held) if k[0] == g}) for g in "ab"} == {"a": 2, "b": 1}
    assert hold_out(items, 0.2, seed=4)[1] == held and hold_out(items, 0.2, seed=5)[1] != held


def test_error_rates_by_scikit_learn():
    rng = np.random.default_rng(0)
    items = made_items({"a": {f"p{n}": 4 for n in range(6)}, "b": {f"p{n}": 4 for n in range(6)}})
    centres = {key: rng.normal(size=16) for key in people_of(items)}
    vectors = np.array([centres[item.key] + rng.normal(scale=1.2, size=16) for item in items], dtype=np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    pairs = all_pairs(Chips(np.zeros((len(items), 1, 1, 3), np.uint8), items, []))
    assert pairs.same.sum() == 12 * 6 and set(pairs.group) == {"a", "b"}
    rates = error_rates(vectors, pairs)
    scores = (vectors[pairs.first] * vectors[pairs.second]).sum(1)
    for name, rows in (("EER", pairs.same | ~pairs.same), ("EER[a]", pairs.group == "a")):
        fpr, tpr, _ = roc_curve(pairs.same[rows], scores[rows], drop_intermediate=False)
        place = np.abs(fpr - (1 - tpr)).argmin()
        assert rates[name] == pytest.approx((fpr[place] + 1 - tpr[place]) / 2, abs=0.01)
    assert rates["EER gap"] == pytest.approx(abs(rates["EER[a]"] - rates["EER[b]"]))
    fpr, tpr, thresholds = roc_curve(pairs.same, scores.astype(float), drop_intermediate=False)
    place = np.flatnonzero(fpr <= 0.01)[-1]
    assert rates["TAR@FMR=.01"] == pytest.approx(tpr[place])
    for name in "ab":  # everybody at one threshold
        own = scores[(pairs.group == name) & pairs.same]
        assert rates[f"TAR@FMR=.01[{name}]"] == pytest.approx((own >= thresholds[place]).mean())


def test_balanced_sampling():
    items = made_items({"a": {f"p{n}": 20 for n in range(4)}, "b": {"q": 4}})
    chips = Chips(np.zeros((len(items), 112, 112, 3), np.uint8), items, [])
    groups = [0 if item.group == "a" else 1 for item in items]
    classes = [sorted({i.identity for i in items}).index(item.identity) for item in items]
    shares = {}
    for sampling in ("plain", "identity", "group"):
        faces = TrainingFaces(chips, classes, groups, sampling)
        drawn = np.concatenate([faces.order(n, 1) for n in range(60)])
        shares[sampling] = np.mean([groups[i] for i in drawn])
        assert np.array_equal(faces.order(3, 1), faces.order(3, 1)) and not np.array_equal(
            faces.order(3, 1), faces.order(4, 1)
        )
    assert (
        shares["plain"] == pytest.approx(4 / 84)
        and shares["identity"] == pytest.approx(0.2, abs=0.02)
        and shares["group"] == pytest.approx(0.5, abs=0.03)
    )


def test_faces_are_cut_out_and_those_without_are_listed(drawn, tmp_path):
    from PIL import Image

    items = read_folder(drawn).items[:3]
    Image.new("RGB", (150, 150), "grey").save(tmp_path / "wall.png")
    (tmp_path / "bad.jpg").write_bytes(b"x")
    more = [
        SourceImage(tmp_path / "wall.png", "wall.png", "w", None),
        SourceImage(tmp_path / "bad.jpg", "bad.jpg", "w", None),
    ]
    chips = cut_faces([*items, *more], "auto", QuietContext())
    assert chips.pixels.shape == (3, 112, 112, 3)
    assert [row["why"] for row in chips.left_out] == ["no face was found in it", "not a picture in a known format"]
    assert cut_faces(more[:1], "whole", QuietContext()).pixels.shape == (1, 112, 112, 3)
    one = normalised(torch.from_numpy(chips.pixels))
    assert one.shape == (3, 3, 112, 112) and -1 <= one.min() < one.max() <= 1
    assert changed(one).shape == one.shape


@pytest.fixture
def folder(tmp_path):
    return plain_images(tmp_path / "in", 2, 4, 4, side=40)


def options(folder, out, **more):
    base = {"data": folder, "out": out, "width": 1, "epochs": 2, "batch_size": 8, "crop": "whole", "validation": 0.5, "device": "cpu",
            "precision": "fp32", "learning_rate": 0.01, "head": "arcface"}  # fmt: skip
    return RecogniserParams(**(base | more))


def test_a_run_leaves_an_encoder_curves_and_a_card(folder, tmp_path):
    from PIL import Image

    save_marked(Image.new("RGB", (40, 40)), folder / "g0" / "id00" / "made.png", {"run": "r"})
    result = train(
        options(folder, tmp_path / "run", group_margins="adaptive", reweight=True, sampling="group"), QuietContext()
    )
    assert (result.identities, result.left_out_without_identity, result.groups) == (4, 1, ["g0", "g1"])
    run = RunFolder.open(tmp_path / "run")
    assert run.config["evaluated_on"] == {"g0": {"identities": 2, "images": 8}, "g1": {"identities": 2, "images": 8}}
    curves = read_log(tmp_path / "run" / "scalars.csv").series
    assert set(curves) == {"loss", "accuracy", "LearningRate"} and len(curves["loss"]) == result.steps == 4
    metrics = read_log(tmp_path / "run" / "metrics.csv").series
    assert {"EER", "EER[g0]", "EER gap", "margin[g1]"} <= set(metrics) and len(metrics["EER"]) == 2
    card = (tmp_path / "run" / "model-card.md").read_text()
    assert "margins by group, adaptive" in card and "| g1 | 2 | 8 |" in card and "Limits" in card
    from fairdesk.project import Project

    project = Project.create(tmp_path / "study.fairdesk")
    import_folder(ImportParams(folder=folder), QuietContext(project))
    found = encode(EncodeParams(encoder=f"arcface:{tmp_path / 'run'}", detector="whole"), QuietContext(project))
    assert (found.vectors, found.dim) == (33, 512)
    assert project.vectors.find(f"arcface:{tmp_path / 'run'}").encoder == "arcface:run"
    project.close()


@pytest.mark.parametrize(
    "more", [{}, {"group_margins": "adaptive", "optimizer": "adamw", "schedule": "cosine", "sampling": "identity"}]
)
def test_a_resumed_run_equals_an_unbroken_one(folder, tmp_path, more):
    train(options(folder, tmp_path / "whole", epochs=3, **more), QuietContext())
    with pytest.raises(Stopped):
        train(options(folder, tmp_path / "broken", epochs=3, **more), QuietContext(stop_after=7))
    assert 0 < len((tmp_path / "broken" / "scalars.csv").read_text().splitlines()) - 1 < 6
    torch.randn(9)
    train(options(folder, tmp_path / "broken", epochs=3, resume=True), QuietContext())
    for name in ("scalars.csv", "metrics.csv", "backbone.safetensors", "model-card.md"):
        one, two = ((tmp_path / which / name).read_bytes() for which in ("whole", "broken"))
        assert one == two.replace(b"# broken", b"# whole"), name


def test_fine_tuning_starts_from_the_weights_given(folder, tmp_path):
    train(options(folder, tmp_path / "first", epochs=1), QuietContext())
    start = tmp_path / "first" / "backbone.safetensors"
    result = train(
        options(folder, tmp_path / "second", epochs=1, start=start, learning_rate=1e-9, weight_decay=0, warmup=0),
        QuietContext(),
    )
    from safetensors.torch import load_file

    one, two = load_file(start), load_file(tmp_path / "second" / "backbone.safetensors")
    assert (
        torch.allclose(one["conv_sep.layers.0.weight"], two["conv_sep.layers.0.weight"], atol=1e-6)
        and result.steps == 2
    )
    with pytest.raises(RequestError, match="not the backbone mbf of width 2"):
        train(options(folder, tmp_path / "third", width=2, start=start), QuietContext())


def test_what_cannot_be_trained(folder, tmp_path):
    with pytest.raises(RequestError, match="at least 2"):
        train(options(folder / "g0" / "id00", tmp_path / "x"), QuietContext())
    with pytest.raises(ValueError, match="--margins"):
        options(folder, tmp_path / "x", group_margins="fixed")
    with pytest.raises(ValueError, match="softmax has no margin"):
        options(folder, tmp_path / "x", head="softmax", group_margins="adaptive")
    with pytest.raises(RequestError, match="no group 'mars'"):
        train(options(folder, tmp_path / "x", group_margins="fixed", margins="mars=.6"), QuietContext())


def test_schedules():
    from fairdesk.training.recogniser_task import RecogniserTask

    task = RecogniserTask.__new__(RecogniserTask)
    for schedule, half in (("polynomial", 0.25), ("cosine", 0.5), ("step", 0.1)):
        task._params, task._total = (
            RecogniserParams(data="/d", out="/o", schedule=schedule, warmup=0.1, learning_rate=1.0),
            100,
        )
        assert task.rate(0) == pytest.approx(0.1) and task.rate(9) == pytest.approx(1.0)
        assert task.rate(55) == pytest.approx(half, rel=0.01) and task.rate(99) < 0.02
