"""The sample grids of a run as an animation: GIF, or MP4."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from PIL import Image

from fairdesk import __version__
from fairdesk.errors import JobFailed, RequestError
from fairdesk.images.image_reading import open_image
from fairdesk.images.synthetic_marks import KEY, film_mark
from fairdesk.images.written_files import write_manifest
from fairdesk.jobs.context import Context
from fairdesk.runs.folder import RunFolder
from fairdesk.runs.params import AnimateParams
from fairdesk.runs.results import AnimateResult
from fairdesk.words import tr


def write_film(frames: list[Image.Image], out: Path, rate: float, about: str) -> None:
    """Write frames of one size as .gif (with the synthetic mark in its comment) or .mp4 (in its XMP).

    Raises
    ------
    JobFailed
        If this machine's OpenCV cannot write MP4.
    """
    out.parent.mkdir(parents=True, exist_ok=True)
    part = out.with_name("." + out.name)
    if out.suffix.lower() == ".gif":
        first, *rest = [frame.convert("P", palette=Image.Palette.ADAPTIVE) for frame in frames]
        first.save(
            part,
            "GIF",
            save_all=True,
            append_images=rest,
            duration=round(1000 / rate),
            loop=0,
            comment=f"{KEY}: {about}".encode(),
        )
        part.replace(out)
        return
    import cv2

    part = out.with_name(out.stem + ".part.mp4")
    width, height = (side - side % 2 for side in frames[0].size)  # the codec wants even sides
    film = cv2.VideoWriter(str(part), cv2.VideoWriter.fourcc(*"mp4v"), rate, (width, height))
    if not film.isOpened():
        raise JobFailed(tr("This machine's OpenCV cannot write MP4. Write a .gif instead."))
    for frame in frames:
        film.write(np.ascontiguousarray(np.asarray(frame.convert("RGB"))[:height, :width, ::-1]))
    film.release()
    with part.open("ab") as file:
        file.write(film_mark(about))
    part.replace(out)


def export_animation(params: AnimateParams, context: Context) -> AnimateResult:
    """Job: export an animation of a run's sample grids, always of the same latents."""
    previews = RunFolder.open(params.run).previews()
    if len(previews) < 2:
        raise RequestError(
            tr("{run} has {count} sample grids; an animation needs at least 2.", run=params.run, count=len(previews))
        )
    step = max(1, -(-len(previews) // params.most))
    chosen = [*previews[::step]] if previews[-1] in previews[::step] else [*previews[::step], previews[-1]]
    frames = []
    for done, path in enumerate(chosen, 1):
        context.check()
        frames.append(open_image(path))
        context.progress(done, len(chosen), tr("frames"))
    about = {"made_by": f"FairDesk {__version__}", "run": params.run.name, "grid": True}
    write_film(frames, params.out, params.rate, json.dumps(about, sort_keys=True))
    write_manifest(params.out, {"synthetic": True, **about}, [path.name for path in chosen])
    context.artifact(params.out)
    return AnimateResult(
        out=str(params.out),
        frames=len(frames),
        of=len(previews),
        summary=tr(
            "{count:,} of {previews:,} sample grids in {out}", count=len(frames), previews=len(previews), out=params.out
        ),
    )
