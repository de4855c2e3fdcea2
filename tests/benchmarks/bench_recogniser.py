"""Recognisers on drawn faces: 104 identities, 4 tone groups, one with a tenth of the images; every mitigation beside none, paired by seed.

`FAIRDESK_SEEDS=3 FAIRDESK_EPOCHS=12 python -m tests.benchmarks recogniser`; the defaults are one seed and a short budget.
"""

import os
import shutil
import tempfile
import time
from pathlib import Path

import numpy as np

from fairdesk.dataset.drawn_set import draw_sample_faces as draw
from fairdesk.dataset.params import SampleFacesParams
from fairdesk.jobs.context import QuietContext
from fairdesk.runs.run_comparison import half_interval
from fairdesk.training.params import RecogniserParams
from fairdesk.training.recogniser_training import train_recogniser as train

SEEDS, EPOCHS = int(os.environ.get("FAIRDESK_SEEDS", "1")), int(os.environ.get("FAIRDESK_EPOCHS", "12"))
SWITCHES = {
    "none": {}, "identity sampling": {"sampling": "identity"}, "group sampling": {"sampling": "group"}, "reweighting": {"reweight": True},
    "fixed margins": {"group_margins": "fixed", "margins": "Monk 09=.6"}, "adaptive margins": {"group_margins": "adaptive"},
}  # fmt: skip


def faces(home):
    """32 identities with 10 images each in 3 tones, 8 with 4 in the darkest: a tenth, of all as of the training share."""
    draw(SampleFacesParams(out=home, tones=[2, 5, 7, 9], identities=32, images=10, size=200, seed=1), QuietContext())
    for number, person in enumerate(sorted((home / "Monk 09").iterdir())):
        for path in sorted(person.iterdir())[4 if number < 8 else 0 :]:
            path.unlink()


def main():
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        faces(home / "faces")
        print(f"{EPOCHS} epochs, {SEEDS} seeds; mbf of width 1, 112 x 112")
        found = {name: [] for name in SWITCHES}
        wanted = os.environ.get("FAIRDESK_SWITCHES")
        for seed in range(1, SEEDS + 1):
            for name, switch in SWITCHES.items():
                if wanted and name not in wanted.split(","):
                    continue
                out = home / f"{seed}-{name}"
                start = time.perf_counter()
                result = train(
                    RecogniserParams(data=home / "faces", out=out, width=1, epochs=EPOCHS, batch_size=32, crop="align", validation=0.35, seed=seed,
                                     device="cpu", precision="fp32", **switch), QuietContext(),
                )  # fmt: skip
                rates = result.error_rates
                found[name].append(rates)
                shown = ", ".join(f"{key} {100 * value:.1f}" for key, value in rates.items() if key.startswith("EER"))
                print(
                    f"seed {seed}, {name}: {shown} %; {time.perf_counter() - start:.0f} s, {result.images_per_second:.0f} images a second",
                    flush=True,
                )
                shutil.rmtree(out)
        for name, rows in found.items():
            if name == "none" or len(rows) < 2:
                continue
            for key in (key for key in found["none"][0] if key.startswith("EER")):
                gains = np.array([row[key] - base[key] for row, base in zip(rows, found["none"], strict=True)])
                half = half_interval(gains)
                told = "none: the interval includes 0" if abs(gains.mean()) <= half else "an effect"
                print(
                    f"{name}, {key}: {100 * gains.mean():+.2f} ± {100 * half:.2f} percentage points against none ({told})"
                )
