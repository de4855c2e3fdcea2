"""CycleGAN on drawn faces at 64 x 64: how far the skin tone moves from A to B, and whose face it still is, beside a plain colour shift.

The faces are cut out of their pictures as dlib cuts out what it encodes. `FAIRDESK_TONES=3,6 FAIRDESK_MINUTES=14 python -m
tests.benchmarks translation` sets tones and budget; seed, sizes, images and epochs are fixed.
"""

import contextlib
import dataclasses
import os
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

from fairdesk.dataset.drawn_set import draw_sample_faces as draw
from fairdesk.dataset.params import SampleFacesParams
from fairdesk.errors import Stopped
from fairdesk.faces.features import Features
from fairdesk.generation.making.translation import translate_faces as translate
from fairdesk.generation.params import TranslateParams
from fairdesk.generation.training.gan_training import train_gan as train
from fairdesk.generation.training.params import gan_params
from fairdesk.images.drawn_faces import MONK, draw_face, draw_person
from fairdesk.jobs.context import QuietContext
from tests.benchmarks.bench_generation import Budget

MINUTES = float(os.environ.get("FAIRDESK_MINUTES", "14"))
LIGHT, DARK = (int(tone) for tone in os.environ.get("FAIRDESK_TONES", "3,5").split(","))
PEOPLE, UNSEEN, IMAGES, SEED = 150, 30, 2, 1
DRAWN, SIZE, SHARE = 128, 64, 0.75  # pixels, pixels, and the part of a drawing's side that the face takes
WIDTH, BATCH, ALONE, EPOCHS = 16, 1, 20, 34


def cut(image):
    """The face of a drawing, in a square of `SIZE`."""
    side = round(image.width * SHARE)
    left, top = (image.width - side) // 2, round(image.height * 0.53 - side / 2)
    return image.crop((left, top, left + side, top + side)).resize((SIZE, SIZE), Image.Resampling.LANCZOS)


def faces(home):
    """Two tones, 150 identities with 2 images each; the first 30 identities of the light ones are kept out of training."""
    draw(SampleFacesParams(out=home / "all", tones=[LIGHT, DARK], identities=PEOPLE, images=IMAGES, size=DRAWN, seed=SEED), QuietContext())  # fmt: skip
    for path in (home / "all").rglob("*.png"):
        with Image.open(path) as image:
            face = cut(image)
        face.save(path)
    a, b = (home / "all" / f"Monk {tone:02d}" for tone in (LIGHT, DARK))
    for person in sorted(a.iterdir())[:UNSEEN]:
        (home / "unseen").mkdir(exist_ok=True)
        person.rename(home / "unseen" / person.name)
    return a, b, home / "unseen"


def picture(path):
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"), dtype=np.float64)


def tone(images):
    """Mean lightness of the middle of the face, where there is skin: cheeks and nose."""
    return float(np.mean([image[30:42, 24:40] @ [0.2126, 0.7152, 0.0722] for image in images]))


def shifted(image, source, target):
    """Every channel brought from the mean and spread of A to those of B (Reinhard et al., 2001, in RGB)."""
    return np.clip((image - source[0]) / source[1] * target[1] + target[0], 0, 255)


def redrawn(sources, home):
    """The same pictures of the same people, drawn in the middle tone of B: what a perfect translation would give."""
    out = []
    for path in sources:
        person, image = int(path.stem.split("-")[1].split("_")[0]) - 1, int(path.stem.rpartition("_")[2]) - 1
        drawn = draw_person(np.random.default_rng([SEED, LIGHT, person]), LIGHT)
        in_tone = dataclasses.replace(drawn, tone=tuple(MONK[DARK]))
        place = home / "redrawn" / path.parent.name / path.name
        place.parent.mkdir(parents=True, exist_ok=True)
        cut(draw_face(in_tone, np.random.default_rng([SEED, LIGHT, person, image]), DRAWN)).save(place)
        out.append(place)
    return out


def statistics(paths):
    stacked = np.stack([picture(path) for path in paths])
    return stacked.mean((0, 1, 2)), stacked.std((0, 1, 2))


def told(name, made, sources, others, features):
    """Print how far the tone moved, and for how many the source is nearer than every other person."""
    light, dark = tone([picture(p) for p in sources]), tone([picture(p) for p in others["dark"]])
    moved = (light - tone([picture(p) for p in made])) / (light - dark)
    vectors, own, rest = (features(paths) for paths in (made, sources, others["people"]))
    names = np.array([path.parent.name for path in others["people"]])
    kept = 0
    for vector, mine, path in zip(vectors, own, sources, strict=True):
        apart = np.linalg.norm(rest[names != path.parent.name] - vector, axis=1).min()
        kept += np.linalg.norm(mine - vector) < apart
    print(f"{name}: the tone moved {100 * moved:.0f} % of the way; {kept} of {len(made)} nearer to their source than to any other person", flush=True)  # fmt: skip


def main():
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        a, b, unseen = faces(home)
        run = home / "run"
        context, started = Budget(MINUTES), time.monotonic()
        with contextlib.suppress(Stopped):
            train(gan_params(family="cyclegan", data=a, data_b=b, out=run, image_size=SIZE, blocks=6, features=WIDTH, batch_size=BATCH,
                                 norm="none", identity_epochs=ALONE, lambda_identity=10, ema_images=1000, learning_rate=3e-4, epochs=EPOCHS,
                                 decay_epoch=(EPOCHS + ALONE) // 2, seed=1, preview_every=100_000, device="cpu", precision="bf16"), context)  # fmt: skip
        last = run / "checkpoints" / "last.safetensors"
        made = translate(TranslateParams(input=unseen, out=home / "made", g_ab=last, device="cpu"), QuietContext())
        steps = len((run / "scalars.csv").read_text().splitlines()) - 1
        print(f"Monk {LIGHT:02d} to {DARK:02d}: {(time.monotonic() - started) / 60:.1f} minutes (at most {MINUTES:g}), {steps} steps of {BATCH} image of each group"
              f" ({ALONE} of {EPOCHS} epochs the identity term alone), 6 blocks of width {4 * WIDTH}, no norm, averaged, bf16;"
              f" {made.images} images of {UNSEEN} unseen people")  # fmt: skip
        sources = sorted(unseen.rglob("*.png"))
        others = {
            "dark": sorted(b.rglob("*.png")),
            "people": [*sources, *sorted(a.rglob("*.png")), *sorted(b.rglob("*.png"))],
        }
        features = lambda paths: Features("dlib", "cpu").of([np.asarray(Image.open(p).convert("RGB")) for p in paths])
        translated = [home / "made" / path.parent.name / f"{path.stem}_AtoB.png" for path in sources]
        told("CycleGAN", translated, sources, others, features)
        source, target = statistics(sorted(a.rglob("*.png"))), statistics(others["dark"])
        plain = []
        for path in sources:
            place = home / "plain" / path.parent.name / path.name
            place.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(shifted(picture(path), source, target).round().astype(np.uint8)).save(place)
            plain.append(place)
        told("plain colour shift", plain, sources, others, features)
        told("the same people redrawn in B's tone", redrawn(sources, home), sources, others, features)
