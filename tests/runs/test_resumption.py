"""Going on with a run: what may be said anew, what may not, and what is written down of it."""

import json

import pytest

from fairdesk.errors import RequestError
from fairdesk.generation.training.gan_training import train_gan as train
from fairdesk.generation.training.params import gan_params
from fairdesk.jobs.context import QuietContext
from fairdesk.runs.folder import RunFolder, next_run
from fairdesk.runs.resumption import resume_preset
from tests.conftest import plain_images

pytestmark = pytest.mark.filterwarnings("ignore")


def test_what_a_run_goes_on_with(tmp_path):
    faces = plain_images(tmp_path / "in", 1, 2, 4)
    out, context = tmp_path / "run", QuietContext()
    ask = lambda **more: gan_params(data=faces, out=out, **more)
    train(ask(family="gan", image_size=16, batch_size=4, latent=4, epochs=2, device="cpu"), QuietContext())
    at_its_end = QuietContext()
    assert train(ask(resume=True, family="gan"), at_its_end).steps == 4
    assert at_its_end.messages[-1] == "All 2 epochs are done. To train further, give more: --epochs"
    assert resume_preset(RunFolder.open(out))["epochs"] == 4
    with pytest.raises(RequestError, match=r"started with --batch-size 4 and cannot resume with 8"):
        train(ask(resume=True, family="gan", epochs=4, batch_size=8), QuietContext())
    with pytest.raises(RequestError, match=r"started with --learning-rate 0.0002 and cannot resume with 0.1"):
        train(ask(resume=True, family="gan", epochs=4, learning_rate=0.1), QuietContext())
    result = train(ask(resume=True, family="gan", epochs=4, preview_every=3), context)
    assert (result.steps_before, result.steps) == (4, 8)
    assert context.messages == ["Resuming after batch 4."]
    config = RunFolder.open(out).config
    assert (config["params"]["epochs"], config["params"]["preview_every"], config["params"]["latent"]) == (4, 3, 4)
    assert config["kind"] == "gan" and config["made_by"].startswith("FairDesk")


def test_other_images_than_before_are_told(tmp_path):
    faces = plain_images(tmp_path / "in", 1, 2, 4)
    values = {"family": "gan", "data": faces, "out": tmp_path / "run"}
    train(gan_params(**values, image_size=16, batch_size=4, latent=4, epochs=1, device="cpu"), QuietContext())
    next(faces.rglob("*.png")).unlink()
    context = QuietContext()
    train(gan_params(**values, resume=True, epochs=2), context)
    assert context.messages[0].startswith("There are 7 images now, 8 at the start")
    assert json.loads((tmp_path / "run" / "config.json").read_text())["images"] == 7


def test_the_next_run_is_the_first_that_is_not_there(tmp_path):
    assert next_run(tmp_path, "gan") == tmp_path / "runs" / "gan-01"
    for name in ("gan-01", "gan-03", "arcface-02"):
        (tmp_path / "runs" / name).mkdir(parents=True)
    assert next_run(tmp_path, "gan").name == "gan-02"
