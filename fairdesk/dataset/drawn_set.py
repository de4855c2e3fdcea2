"""The job that draws sample faces into folders, with a manifest of what was drawn."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from PIL.PngImagePlugin import PngInfo

from fairdesk.dataset.params import SampleFacesParams
from fairdesk.dataset.results import SampleFacesResult
from fairdesk.errors import RequestError
from fairdesk.images.drawn_faces import describe, draw_face, draw_person
from fairdesk.jobs.context import Context
from fairdesk.jobs.pool import map_batches
from fairdesk.words import tr

Task = tuple[int, int]  # tone, number of the identity

_params: SampleFacesParams | None = None


def _load(params: SampleFacesParams) -> None:
    global _params
    _params = params


def _draw(batch: list[Task]) -> list[dict[str, Any]]:
    """Draw all images of some identities; each depends on the seed and its own numbers alone."""
    assert _params is not None
    out = []
    for tone, number in batch:
        person = draw_person(np.random.default_rng([_params.seed, tone, number]), tone)
        group, identity = f"Monk {tone:02d}", f"T{tone:02d}-{number + 1:03d}"
        home = _params.out / group / identity
        home.mkdir(parents=True, exist_ok=True)
        info = PngInfo()
        info.add_text("Description", "Drawn by FairDesk from random parameters; shows no person.")
        for image in range(_params.images):
            rng = np.random.default_rng([_params.seed, tone, number, image])
            draw_face(person, rng, _params.size).save(home / f"{identity}_{image + 1:03d}.png", pnginfo=info)
        out.append({"group": group, "identity": identity, **describe(person)})
    return out


def draw_sample_faces(params: SampleFacesParams, context: Context) -> SampleFacesResult:
    """Job: draw faces. The folder must be new or empty."""
    if params.out.exists() and (not params.out.is_dir() or any(params.out.iterdir())):
        raise RequestError(
            tr("{out} exists and is not empty. Choose a new folder for the sample faces.", out=params.out)
        )
    Path(params.out).mkdir(parents=True, exist_ok=True)
    tasks = [(tone, number) for tone in params.tones for number in range(params.identities)]
    people: list[dict[str, Any]] = []
    context.progress(0, len(tasks), tr("identities"))
    for _, drawn in map_batches(_draw, tasks, 1, context, _load, (params,)):
        people += drawn
        context.progress(len(people), len(tasks), tr("identities"))
    manifest = params.out.parent / f"{params.out.name}.manifest.json"
    described = {"made_by": "FairDesk sample faces", "seed": params.seed, "people": people}
    manifest.write_text(json.dumps(described, indent=1), encoding="utf-8")
    context.artifact(params.out)
    return SampleFacesResult(
        out=str(params.out),
        images=len(tasks) * params.images,
        identities=len(tasks),
        groups=[f"Monk {tone:02d}" for tone in params.tones],
        seed=params.seed,
    )
