"""Every family trains in bfloat16 too, and near float32."""

import pytest
import torch

from fairdesk.generation.training.gan_training import train_gan as train
from fairdesk.generation.training.params import gan_params
from fairdesk.jobs.context import QuietContext
from fairdesk.runs.training_logs import read_log
from tests.conftest import plain_images

pytestmark = pytest.mark.filterwarnings("ignore")
SMALL = {
    "gan": {},
    "identity-gan": {},
    "dcgan": {},
    "cyclegan": {"blocks": 1, "features": 4, "batch_size": 2},
    "stylegan2": {"latent": 16, "channel_base": 256, "mapping_layers": 2},
}


@pytest.mark.parametrize("family", SMALL)
def test_bf16_is_near_fp32(tmp_path, monkeypatch, family):
    for name in ("R1_EVERY", "PATH_EVERY"):  # both regularisations, gradients of gradients, within a few steps
        monkeypatch.setattr(f"fairdesk.generation.training.stylegan2.{name}", 2)
    folders = {"data": plain_images(tmp_path / "A", 1, 2, 4, side=32)}
    if family == "cyclegan":
        folders["data_b"] = plain_images(tmp_path / "B", 1, 2, 4, side=32)
    options = {"family": family, "image_size": 32, "epochs": 3, "batch_size": 4, "device": "cpu"} | SMALL[family]
    curves = {}
    for precision in ("fp32", "bf16"):
        train(gan_params(**folders, **options, out=tmp_path / precision, precision=precision), QuietContext())
        curves[precision] = read_log(tmp_path / precision / "scalars.csv").series
    for name in ("D_loss", "G_loss"):
        exact, coarse = (torch.tensor([value for _, value in curves[p][name]]) for p in ("fp32", "bf16"))
        assert coarse.isfinite().all() and not torch.equal(exact, coarse)
        assert coarse[0] == pytest.approx(exact[0].item(), rel=0.05)
