"""Purge: a person or an image is removed permanently when consent is withdrawn. The one edit without undo.

Rows, vectors, thumbnails, predictions, the whole history (it holds the old rows), finished jobs' folders,
and every list, score, report and mosaic in the project that names them. Originals and files outside of the
project are never touched. Of these pair lists, scores and what the window's jobs wrote are known, and named; nothing else is.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

from fairdesk import counted
from fairdesk.dataset.results import PurgeResult
from fairdesk.errors import RequestError
from fairdesk.jobs.messages import EVENTS
from fairdesk.project import Project
from fairdesk.project.erasure import erase_images, erase_lists_of, erase_traces, listed_files
from fairdesk.project.images import labelled_images
from fairdesk.words import tr


def find_images(project: Project, *, identity: str | None, group: str | None, image: str | None) -> list[int]:
    """Return the images a purge would remove.

    Raises
    ------
    RequestError
        If nothing matches, or both or neither of identity and image are given.
    """
    if (identity is None) == (image is None):
        raise RequestError(tr("Say what to purge: --identity NAME or --image PATH."))
    found = labelled_images(project, hidden=True)
    if image is not None:
        wanted = str(Path(image).expanduser().absolute())
        ids = [i.id for i in found if wanted in (str(i.path), str(i.path.resolve()))]
        what = image
    else:
        ids = [i.id for i in found if i.identity == identity and (group is None or i.group == group)]
        what = tr("called {identity}", identity=identity)
        if group:
            what = tr("called {identity} in {group}", identity=identity, group=group)
    if not ids:
        raise RequestError(tr("The project has no image {what}. Nothing was removed.", what=what))
    return ids


def purge(project: Project, images: list[int], names: Sequence[str] = ()) -> PurgeResult:
    """Remove images and all that came of them; returns what went and which known files lie outside."""
    erased = erase_images(project, images, names)
    originals = [str(path) for path in erased.originals]
    removed, outside = _files(project, {*names, *originals, *erased.relative})
    erase_traces(project, erased)
    return PurgeResult(
        images=len(images),
        faces=len(erased.faces),
        identities=erased.identities,
        files_removed=removed,
        outside=outside,
        originals=originals,
        summary=tr(
            "Permanently removed: {images} and {faces}, and the history before it.",
            images=counted.images(len(images)),
            faces=counted.faces(len(erased.faces)),
        ),
    )


def _mentions(path: Path, marks: set[str]) -> bool:
    """Whether a file holds any of the texts, in UTF-8 or in numpy's UTF-32."""
    data = path.read_bytes()
    if path.suffix.lower() in (".png", ".jpg", ".jpeg", ".svg"):
        return path.parent.name == "mosaics"  # a picture may show anyone
    return any(mark.encode(form) in data for mark in marks for form in ("utf-8", "utf-32-le"))


def _files(project: Project, marks: set[str]) -> tuple[list[str], list[str]]:
    """Remove exports and jobs that name them; return what went, and listed files outside of the project."""
    marks = {mark for mark in marks if len(mark) > 1}
    removed, written = [], _written_by_jobs(project)
    for path in sorted(p for p in (project.folder / "exports").rglob("*") if p.is_file()):
        if _mentions(path, marks):
            path.unlink()
            removed.append(str(path.relative_to(project.folder)))
    for job in sorted((project.folder / "jobs").glob("*")):
        files = [p for p in job.rglob("*") if p.is_file()]
        if any(_mentions(p, marks) for p in files):
            shutil.rmtree(job, ignore_errors=True)
            removed.append(str(job.relative_to(project.folder)))
    listed = listed_files(project)
    inside = [path for path in listed if path.is_relative_to(project.folder)]
    erase_lists_of(project, [path for path in inside if not path.exists()])
    outside = [path for path in listed if path not in inside and path.exists() and _mentions(path, marks)]
    outside += [path for path in written if path not in listed and _tells(path, marks)]
    return removed, list(map(str, outside))


def _written_by_jobs(project: Project) -> list[Path]:
    """Return the files and folders outside of the project that the window's jobs wrote, as far as they are kept."""
    found: dict[Path, None] = {}
    for events in sorted((project.folder / "jobs").glob(f"*/{EVENTS}")):
        for line in events.read_text(encoding="utf-8", errors="replace").splitlines():
            try:
                event = json.loads(line)
            except ValueError:  # cut off by a crash
                continue
            if isinstance(event, dict) and event.get("event") == "artifact" and isinstance(event.get("path"), str):
                found[Path(event["path"])] = None
    return [path for path in found if path.is_absolute() and not path.is_relative_to(project.folder)]


def _tells(written: Path, marks: set[str]) -> bool:
    """Whether a file, or the manifest of a folder, holds any of the texts."""
    files = [written]
    if written.is_dir():
        files = [written.with_name(f"{written.name}.manifest.json"), *written.glob("*.manifest.json")]
    try:
        return any(path.is_file() and _mentions(path, marks) for path in files)
    except OSError:  # a disk that is gone
        return False
