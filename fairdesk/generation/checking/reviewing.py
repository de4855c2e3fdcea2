"""Review made faces: is there a face, is it like its source, is it too like a real person; only those that pass come in."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from fairdesk.dataset.collection import Item, project_items, read_folder
from fairdesk.dataset.importing import Labelled, bring_in
from fairdesk.dataset.similar import distances
from fairdesk.errors import RequestError
from fairdesk.faces.boxes import FaceBox
from fairdesk.faces.detectors import detect_faces
from fairdesk.faces.encoders import Encoder, make_encoder
from fairdesk.faces.params import DetectParams, EncodeParams
from fairdesk.faces.quality import Quality, measure
from fairdesk.generation.params import ReviewParams
from fairdesk.images.layouts import Entry, Tree
from fairdesk.images.marks import mark_of
from fairdesk.images.pixels import Pixels, pixels, read_pixels
from fairdesk.images.reading import UnreadableImageError
from fairdesk.jobs.context import Context
from fairdesk.project import Project
from fairdesk.project.quality import Limit

_SIDE = 200  # pixels: smaller pictures are enlarged before a face is looked for
FMR = 0.001  # of the project's own impostors: where "too like a real person" starts unless said


@dataclass(frozen=True)
class Real:
    """Vectors of the project's real faces, and whose they are."""

    vectors: npt.NDArray[np.float32]
    who: list[str]  # group/identity, or the path where nobody is named
    paths: list[str]
    metric: str
    without: int = 0  # real images that have no vector, so that nothing is compared with them


def real_faces(project: Project, encoder: str) -> Real:
    """Return the real faces that have a vector. Raises `RequestError` if the encoder has none."""
    recipe = project.vectors.find(encoder)
    faces, vectors = project.vectors.load(recipe, largest_only=True)
    owner: dict[int, int] = dict(project.db.rows("SELECT id, image_id FROM face WHERE place = 0"))
    items = {item.id: item for item in project_items(project) if not item.synthetic}
    rows = [n for n, face in enumerate(faces.tolist()) if owner.get(face) in items]
    found = [items[owner[int(faces[n])]] for n in rows]
    who = ["/".join(p for p in item.key if p) if item.key else str(item.path) for item in found]
    return Real(vectors[rows], who, [str(item.path) for item in found], recipe.metric, len(items) - len(found))


def impostor_limit(real: Real, fmr: float = FMR) -> float:
    """Return the distance that a share `fmr` of pairs of different people is nearer than.

    Raises
    ------
    RequestError
        If fewer than 1,000 such pairs exist: then a person has to say.
    """
    names = np.array(real.who)
    found = []
    for start in range(0, len(names), 512):
        table = distances(real.vectors[start : start + 512], real.vectors, real.metric)
        different = names[start : start + 512, None] != names[None]
        different &= np.arange(start, start + len(table))[:, None] < np.arange(len(names))[None]
        found.append(table[different])
    pairs = np.concatenate(found) if found else np.empty(0)
    if len(pairs) < 1 / fmr:
        raise RequestError(
            f"The project has only {len(pairs):,} pairs of different people with vectors, too few to know what is too like. "
            "Say it: --too-like DISTANCE (dlib: people are told apart at about 0.6)."
        )
    return float(np.quantile(pairs, fmr))


@dataclass
class Made:
    """One made face and what was found of it."""

    path: str
    why: list[str]  # reasons against it; empty: it passes
    nearest: str | None = None
    nearest_path: str | None = None
    distance: float | None = None
    source_distance: float | None = None
    quality: dict[str, Any] | None = None


def _enlarged(image: Pixels) -> Pixels:
    factor = _SIDE / min(image.shape[:2])
    if factor <= 1:
        return image
    size = (round(image.shape[1] * factor), round(image.shape[0] * factor))
    return pixels(Image.fromarray(image).resize(size, Image.Resampling.BICUBIC))


def _look(path: Path) -> tuple[Pixels, FaceBox | None, Quality]:
    image = _enlarged(read_pixels(path))
    found = detect_faces(image, DetectParams(detector="hog", faces="all"))
    return image, (found[0] if found else None), measure(image, found[0] if found else None, len(found))


def _sources(folder: Path) -> dict[str, Path]:
    """Return the source image of each translated file, from the manifest beside the folder."""
    path = folder.with_name(folder.name + ".manifest.json")
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        return {row["path"]: Path(row["file"]) for row in kept["files"] if isinstance(row, dict)}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def _vector(encoder: Encoder, image: Pixels, box: FaceBox) -> npt.NDArray[np.float32]:
    return encoder.encode([(image, box)])


def _against(quality: Quality, limits: list[Limit]) -> list[str]:
    out = []
    for limit in limits:
        value = getattr(quality, limit.measure)
        below = limit.low is not None and (value is None or value < limit.low)
        above = limit.high is not None and (value is None or value > limit.high)
        if below or above:
            out.append(f"not {limit.words()}")
    return out


def run(params: ReviewParams, context: Context) -> dict[str, Any]:
    """Job: review made faces, and import those that pass if asked."""
    project = context.project
    if params.only is not None:
        return _import_chosen(params, context)
    real = real_faces(project, params.encoder)
    limit = params.too_like if params.too_like is not None else impostor_limit(real)
    source = read_folder(params.made)
    encoder = make_encoder(
        EncodeParams(encoder=params.encoder, weights=params.weights, download=params.download), context.device
    )
    sources = _sources(params.made)
    faces: list[Made] = []
    context.progress(0, len(source.items), "faces")
    for done, item in enumerate(source.items, 1):
        context.check()
        faces.append(_review(item, real, limit, params, encoder, sources.get(item.relative)))
        context.progress(done, len(source.items), "faces")
    passed = {face.path for face in faces if not face.why}
    imported = 0
    if params.accept and passed:
        imported = accept(context, source.root, [item for item in source.items if item.relative in passed])
    reasons: dict[str, int] = {}
    for face in faces:
        for why in face.why:
            reasons[why.split(":")[0]] = reasons.get(why.split(":")[0], 0) + 1
    text = f"{len(passed):,} of {len(faces):,} made faces pass (too like a real person: nearer than {limit:.3g}, {params.encoder})"
    if real.without:
        text += f"; nothing is compared with {real.without:,} real images that have no vector"
    if reasons:
        text += "; against the others: " + ", ".join(f"{why} {count:,}" for why, count in reasons.items())
    return {
        "faces": [asdict(face) for face in faces], "passed": len(passed), "rejected": len(faces) - len(passed), "limit": limit,
        "reasons": reasons, "imported": imported, "made": str(params.made), "left_out": source.left_out,
        "compared_with": len(real.who), "real_without_vector": real.without,
        "summary": text + (f". {imported:,} are imported, marked synthetic." if params.accept else "."),
    }  # fmt: skip


def _import_chosen(params: ReviewParams, context: Context) -> dict[str, Any]:
    """Import what a person accepted; a file without the synthetic mark is never taken."""
    source = read_folder(params.made)
    wanted = set(params.only or [])
    chosen = [item for item in source.items if item.relative in wanted and mark_of(item.path) is not None]
    imported = accept(context, source.root, chosen) if chosen else 0
    missing = len(wanted) - len(chosen)
    text = f"{imported:,} made faces are imported, marked synthetic."
    text += f" {missing:,} are not there any more, or bear no mark, and are left out." if missing else ""
    return {"faces": [], "imported": imported, "left_out": missing, "made": str(params.made), "summary": text}


def _review(item: Item, real: Real, limit: float, params: ReviewParams, encoder: Encoder, source: Path | None) -> Made:
    face = Made(item.relative, [])
    try:
        marked = mark_of(item.path) is not None
        image, box, quality = _look(item.path)
    except UnreadableImageError as error:
        face.why.append(f"cannot be read: {error.why}")
        return face
    face.quality = asdict(quality)
    if not marked:
        face.why.append("not marked synthetic: it may be a real person")
    if box is None:
        face.why.append("no face was found in it")
        return face
    vector = _vector(encoder, image, box)
    table = distances(vector, real.vectors, real.metric)[0]
    own = None if source is None else source.resolve()
    owners = {real.who[n] for n, path in enumerate(real.paths) if own is not None and Path(path).resolve() == own}
    others = np.array([who not in owners for who in real.who], dtype=bool)
    if others.any():
        place = int(np.flatnonzero(others)[table[others].argmin()])
        face.nearest, face.nearest_path, face.distance = real.who[place], real.paths[place], float(table[place])
        if face.distance < limit:
            face.why.append(f"too like a real person: {face.nearest}, {face.distance:.3g} apart")
    if source is not None:
        face.source_distance = _to_source(vector, encoder, source, real.metric)
        if params.like_source is not None and (
            face.source_distance is None or face.source_distance > params.like_source
        ):
            face.why.append("not like its source any more")
    face.why += _against(quality, params.ranges())
    return face


def _to_source(vector: npt.NDArray[np.float32], encoder: Encoder, source: Path, metric: str) -> float | None:
    try:
        image, box, _ = _look(source)
    except UnreadableImageError:
        return None
    return None if box is None else float(distances(vector, _vector(encoder, image, box), metric)[0, 0])


def accept(context: Context, root: Path, items: list[Item]) -> int:
    """Import made faces with their folders' labels: one undoable step; returns how many are new."""
    tree = Tree(root, "group-identity", [Entry(item.relative, item.identity, item.group) for item in items])
    labelled = [Labelled(e, e.identity, e.group, "folder" if e.identity or e.group else None, []) for e in tree.entries]
    return bring_in(
        tree, labelled, context, "Import made faces", f"accept {os.urandom(6).hex()}", lambda _item, _seen: None
    )
