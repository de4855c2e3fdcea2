"""Interpolate between synthetic faces: images, or an animation, from latent to latent."""

from __future__ import annotations

import json

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image

from fairdesk.errors import RequestError
from fairdesk.generation.making.synthetic_faces import at_once, chosen_labels, load_generator, make
from fairdesk.generation.origin import origin
from fairdesk.generation.params import GenerateParams, InterpolateParams
from fairdesk.generation.results import InterpolateResult
from fairdesk.images.synthetic_marks import save_marked
from fairdesk.images.written_files import write_manifest
from fairdesk.jobs.context import Context
from fairdesk.jobs.devices import choose_device
from fairdesk.learning.sample_pictures import to_pixels
from fairdesk.runs.animation import write_film
from fairdesk.words import tr


def between(a: npt.NDArray[np.float64], b: npt.NDArray[np.float64], share: float) -> npt.NDArray[np.float64]:
    """Return the point a share of the way from a to b along the sphere, lengths in proportion (slerp; White, 2016)."""
    lengths = float(np.linalg.norm(a)), float(np.linalg.norm(b))
    cosine = float(np.clip(a @ b / (lengths[0] * lengths[1]), -1, 1))
    angle = np.arccos(cosine)
    if angle < 1e-6:
        return a + share * (b - a)
    turned = (np.sin((1 - share) * angle) * a / lengths[0] + np.sin(share * angle) * b / lengths[1]) / np.sin(angle)
    return np.asarray(turned * (lengths[0] + share * (lengths[1] - lengths[0])))


def path_of(latent: int, faces: int, steps: int, seed: int, *, closed: bool) -> npt.NDArray[np.float64]:
    """Return the latents of an interpolation between some faces: `steps` images from each to the next, the last one included."""
    stops = np.random.default_rng(seed).standard_normal((faces, latent))
    ends = [*range(1, faces), *([0] if closed else [])]
    walk = [between(stops[n], stops[end], step / steps) for n, end in enumerate(ends) for step in range(steps)]
    return np.array(walk if closed else [*walk, stops[-1]])


def interpolate_faces(params: InterpolateParams, context: Context) -> InterpolateResult:
    """Job: write the interpolation as numbered images, or as an animation."""
    film = params.out.suffix.lower() in (".gif", ".mp4")
    if not film and params.out.exists() and any(params.out.iterdir()):
        raise RequestError(
            tr("{out} exists and is not empty. Choose a new folder, or a .gif or .mp4 file.", out=params.out)
        )
    device = choose_device(params.device)
    generator, meta, checkpoint = load_generator(params.run, device)
    walk = path_of(int(meta["latent"]), params.faces, params.steps, params.seed, closed=film)
    drawn = torch.from_numpy(walk).float()
    labels = chosen_labels(GenerateParams(run=params.run, out=params.out, label=params.label), meta, range(1))
    if labels is not None:
        labels = labels.expand(len(walk), -1)  # one label all the way
    mark = origin(checkpoint, meta["family"]) | {
        "seed": params.seed,
        "truncation": params.truncation,
        "interpolated": True,
    }
    frames: list[Image.Image] = []
    most = at_once(meta)
    for start in range(0, len(walk), most):
        context.check()
        part = None if labels is None else labels[start : start + most]
        made = make(generator, meta, drawn[start : start + most], part, params.truncation, device)
        frames += [Image.fromarray(one) for one in to_pixels(made)]
        context.progress(len(frames), len(walk), tr("images"))
    names: list[str] = []
    if film:
        write_film(frames, params.out, params.rate, json.dumps(mark, sort_keys=True))
    else:
        params.out.mkdir(parents=True, exist_ok=True)
        for number, frame in enumerate(frames):
            names.append(f"{number:05d}.png")
            save_marked(frame, params.out / names[-1], mark | {"number": number})
    write_manifest(params.out, {"synthetic": True, **mark}, names)
    context.artifact(params.out)
    return InterpolateResult(
        out=str(params.out),
        pictures=len(frames),
        seed=params.seed,
        summary=tr(
            "{count:,} frames between {faces} faces in {out}, marked synthetic",
            count=len(frames),
            faces=params.faces,
            out=params.out,
        ),
    )
