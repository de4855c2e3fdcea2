"""The latent explorer's resident, walks between faces, and FID while a GAN trains."""

import base64
import io
import json

import numpy as np
import pytest
import torch
from PIL import Image

from fairdesk.errors import Stopped
from fairdesk.generation.making.interpolation import between, path_of
from fairdesk.generation.making.interpolation import interpolate_faces as walk
from fairdesk.generation.making.latent_explorer import Explorer, serve
from fairdesk.generation.params import InterpolateParams
from fairdesk.generation.training.gan_training import train_gan as train
from fairdesk.generation.training.params import gan_params
from fairdesk.images.synthetic_marks import mark_of
from fairdesk.jobs.context import QuietContext
from fairdesk.runs.training_logs import read_log
from tests.conftest import plain_images, some_gan

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return plain_images(tmp_path_factory.mktemp("explore") / "in", 2, 2, 5, side=32)


def trained(folder, out, family, **more):
    base = {"family": family, "data": folder, "out": out, "image_size": 32, "epochs": 1, "batch_size": 10, "latent": 12, "channel_base": 128, "mapping_layers": 2,
            "device": "cpu", "precision": "fp32"}  # fmt: skip
    train(some_gan(**(base | more)), QuietContext())
    return out


@pytest.mark.parametrize(("family", "condition"), [("stylegan2", "group"), ("dcgan", "none")])
def test_moves_change_the_face_and_nothing_else_does(folder, tmp_path, family, condition):
    explorer = Explorer(trained(folder, tmp_path / "run", family, condition=condition))
    assert explorer.labels == (["g0", "g1"] if condition == "group" else []) and len(explorer.directions) == 8
    still = explorer.picture(3, [0.0] * 8, 1.0, None)
    assert np.array_equal(still, explorer.picture(3, [], 1.0, None))
    assert not np.array_equal(still, explorer.picture(3, [2.0], 1.0, None))
    assert not np.array_equal(still, explorer.picture(4, [], 1.0, None))
    if family == "dcgan":
        assert torch.allclose(explorer.directions @ explorer.directions.T, torch.eye(8), atol=1e-5)


def test_the_resident_answers_every_line(folder, tmp_path):
    run = trained(folder, tmp_path / "run", "gan")
    lines = [{"id": 1, "seed": 1, "moves": [], "truncation": 1}, {"id": 2, "run": str(run)}, {"id": 3, "seed": 1, "moves": [1.0], "truncation": 0.5},
             {"id": 4, "run": str(tmp_path / "gone")}, {"id": 5, "seed": "x", "moves": [], "truncation": 1}]  # fmt: skip
    out = io.StringIO()
    serve(io.StringIO("\n".join(map(json.dumps, lines)) + "\n"), out)
    answers = [json.loads(line) for line in out.getvalue().splitlines()]
    assert [a["id"] for a in answers] == [1, 2, 3, 4, 5]
    assert "No generator" in answers[0]["error"] and answers[1] == {"id": 2, "labels": [], "directions": 8, "size": 32}
    assert Image.open(io.BytesIO(base64.b64decode(answers[2]["png"]))).size == (32, 32)
    assert answers[2]["mark"]["seed"] == 1 and answers[2]["mark"]["family"] == "gan"
    assert "gone" in answers[3]["error"] and "error" in answers[4]


def test_the_way_between_two_latents():
    a, b = np.array([2.0, 0.0]), np.array([0.0, 4.0])
    middle = between(a, b, 0.5)
    assert np.linalg.norm(middle) == pytest.approx(3) and middle[0] == pytest.approx(middle[1])
    assert np.allclose(between(a, b, 0), a) and np.allclose(between(a, b, 1), b) and np.allclose(between(a, a, 0.3), a)
    assert path_of(5, 3, 4, 1, closed=False).shape == (9, 5) and path_of(5, 3, 4, 1, closed=True).shape == (12, 5)


def test_walks_are_marked(folder, tmp_path):
    run = trained(folder, tmp_path / "run", "dcgan", condition="group")
    result = walk(
        InterpolateParams(run=run, out=tmp_path / "pictures", faces=3, steps=2, label="g1", device="cpu"),
        QuietContext(),
    )
    files = sorted((tmp_path / "pictures").iterdir())
    assert result.pictures == len(files) == 5 and all(json.loads(mark_of(path))["interpolated"] for path in files)
    walk(InterpolateParams(run=run, out=tmp_path / "walk.gif", faces=2, steps=3, device="cpu"), QuietContext())
    assert json.loads(mark_of(tmp_path / "walk.gif"))["family"] == "dcgan"
    with Image.open(tmp_path / "walk.gif") as film:
        assert film.n_frames == 6


@pytest.mark.parametrize("family", ["dcgan", "stylegan2"])
def test_fid_while_training_leaves_the_training_as_it_was(folder, tmp_path, family):
    trained(folder, tmp_path / "plain", family, epochs=2, seed=5)
    trained(folder, tmp_path / "watched", family, epochs=2, seed=5, assess_every=1, assess_images=16)
    assert (tmp_path / "plain" / "scalars.csv").read_text() == (tmp_path / "watched" / "scalars.csv").read_text()
    series = read_log(tmp_path / "watched" / "metrics.csv").series
    assert set(series) == {"FID", "KID"} and [step for step, _ in series["FID"]] == [2, 4]
    assert all(value > 0 for _, value in series["FID"])
    with pytest.raises(Stopped):
        train(
            gan_params(
                family="gan", data=folder, out=tmp_path / "s", image_size=16, epochs=5, batch_size=10, device="cpu"
            ),
            QuietContext(stop_after=4),
        )
