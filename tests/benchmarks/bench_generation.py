"""GANs on drawn faces at 32 x 32: FID after the first epoch and at the end, real against real beside it, and the copying check.

`FAIRDESK_MINUTES=4 python -m tests.benchmarks generation` sets the budget of both families; the seed, sizes and images are fixed.
"""

import contextlib
import os
import tempfile
import time
from pathlib import Path

from fairdesk.dataset.drawn_set import draw_sample_faces as draw
from fairdesk.dataset.folder_copies import resize_images as resize
from fairdesk.dataset.params import SampleFacesParams
from fairdesk.dataset.prepare_params import ResizeParams
from fairdesk.errors import Stopped
from fairdesk.generation.checking.assessment import assess_faces as assess
from fairdesk.generation.making.synthetic_faces import generate_faces as generate
from fairdesk.generation.params import AssessParams, GenerateParams
from fairdesk.generation.training.gan_training import train_gan as train
from fairdesk.generation.training.params import gan_params
from fairdesk.jobs.context import QuietContext

MINUTES = {"dcgan": 3.0, "stylegan2": 10.0}
COUNT = 400
FAMILIES = {
    "dcgan": {"batch_size": 32, "latent": 64, "ema_images": 500},
    "stylegan2": {"batch_size": 32, "latent": 64, "channel_base": 512, "mapping_layers": 2, "ema_images": 2000, "r1": 0.1, "learning_rate": 0.0025},
}  # fmt: skip


class Budget(QuietContext):
    """Stops when the minutes are over."""

    def __init__(self, minutes):
        super().__init__()
        self.end = time.monotonic() + 60 * minutes

    def check(self):
        if time.monotonic() > self.end:
            raise Stopped


def figures(home, run, checkpoint, real):
    out = home / f"{run.name}-made-{checkpoint.parent.parent.name}"
    generate(GenerateParams(run=checkpoint, out=out, images=COUNT, device="cpu"), QuietContext())
    return assess(AssessParams(made=out, real=real, images=COUNT), QuietContext())


def main():
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        draw(SampleFacesParams(out=home / "large", identities=25, images=8, size=96, seed=1), QuietContext())
        resize(ResizeParams(folder=home / "large", out=home / "real", size="32x32"), QuietContext())
        count = len(list((home / "real").rglob("*.png")))
        print(f"{count} drawn faces at 32 x 32, {COUNT} made faces")
        for family, more in FAMILIES.items():
            common = {
                "family": family,
                "data": home / "real",
                "image_size": 32,
                "seed": 1,
                "device": "cpu",
                "precision": "fp32",
                "preview_every": 500,
            } | more
            train(gan_params(out=home / f"{family}-one", epochs=1, **common), QuietContext())  # the same first epoch
            run, minutes = home / family, float(os.environ.get("FAIRDESK_MINUTES", MINUTES[family]))
            with contextlib.suppress(Stopped):
                train(gan_params(out=run, epochs=100_000, checkpoint_every=100, **common), Budget(minutes))
            steps = len((run / "scalars.csv").read_text().splitlines()) - 1
            epochs = steps * common["batch_size"] // count
            first = figures(home, run, home / f"{family}-one" / "checkpoints" / "last.safetensors", home / "real")
            last = figures(home, run, run / "checkpoints" / "last.safetensors", home / "real")
            print(f"{family}, {minutes:g} minutes: FID {first.fid:.4f} after epoch 1, {last.fid:.4f} after {epochs} epochs ({last.fid / first.fid:.2f}x; real against real {last.fid_real:.4f}); "
                  f"KID {first.kid:.2g} to {last.kid:.2g}; precision {last.precision:.2f}, recall {last.recall:.2f}; {last.copies} copies among the 50 nearest pairs", flush=True)  # fmt: skip
