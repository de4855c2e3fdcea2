"""Review synthetic faces: is there a face, is it close to its source, is it too close to a real identity; only those that pass are imported."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from fairdesk.dataset.collection import SourceImage, read_folder, with_mark
from fairdesk.dataset.image_import import Labelled, bring_in
from fairdesk.dataset.near_vectors import distances
from fairdesk.errors import RequestError
from fairdesk.faces.deepface_models import prepare
from fairdesk.faces.detectors import detect_faces
from fairdesk.faces.encoders import Encoder, encode, make_encoder
from fairdesk.faces.params import EncodeParams
from fairdesk.faces.quality import measure
from fairdesk.generation.checking.real_people import (
    NEIGHBOURS,
    Real,
    impostor_limit,
    real_faces,
    share_of_their_own,
    shares_of_groups,
)
from fairdesk.generation.params import ReviewParams
from fairdesk.generation.results import GroupShare, ReviewedFace, ReviewResult
from fairdesk.images.folder_layouts import Entry, Tree
from fairdesk.images.image_reading import UnreadableImageError
from fairdesk.images.pixels import Pixels, pixels, read_pixels
from fairdesk.images.synthetic_marks import mark_of
from fairdesk.jobs.context import Context, choose_vectors
from fairdesk.plain_json import parse
from fairdesk.project import Project
from fairdesk.project.boxes import FaceBox
from fairdesk.project.detector_key import DetectorKey
from fairdesk.project.quality import Limit, Quality
from fairdesk.project.recipes import StoredRecipe
from fairdesk.words import tr, tr_n

_SIDE = 200  # pixels: smaller pictures are enlarged before a face is looked for


def unchecked(path: str, group: str | None) -> ReviewedFace:
    """Return a face that nothing was found of yet."""
    return ReviewedFace(
        path=path,
        why=[],
        nearest=None,
        nearest_path=None,
        distance=None,
        source_distance=None,
        group=group,
        group_share=None,
        group_share_why=None,
        quality=None,
    )


def _check_group(face: ReviewedFace, shares: dict[str, float], least: float | None) -> None:
    """Say what share of a synthetic face's nearest real people is of its group, and reject it where that is less than asked."""
    if face.group is None:
        face.group_share_why = tr("it represents no group")
    elif not shares:
        face.group_share_why = tr("fewer than {n} real people of two groups have an embedding", n=NEIGHBOURS)
    elif face.group not in shares:
        face.group_share_why = tr("no real person of {group} has an embedding", group=face.group)
    else:
        face.group_share = shares[face.group]
    if least is None or face.group is None:
        return
    if face.group_share is None:
        face.why.append(tr("closeness to its group unknown: {why}", why=face.group_share_why))
    elif face.group_share < least:
        most, share = next(iter(shares.items()))
        face.why.append(
            tr(
                "not close to its group: {percent} of its nearest real people are of {group}, {share} of {most}",
                percent=_percent(face.group_share),
                group=face.group,
                share=_percent(share),
                most=most,
            )
        )


def _enlarged(image: Pixels) -> Pixels:
    factor = _SIDE / min(image.shape[:2])
    if factor <= 1:
        return image
    size = (round(image.shape[1] * factor), round(image.shape[0] * factor))
    return pixels(Image.fromarray(image).resize(size, Image.Resampling.BICUBIC))


def _look(path: Path, search: DetectorKey) -> tuple[Pixels, FaceBox | None, Quality]:
    image = _enlarged(read_pixels(path))
    found = detect_faces(image, search)
    return image, (found[0] if found else None), measure(image, found[0] if found else None, len(found))


def _search(detector: str, params: ReviewParams, context: Context) -> DetectorKey:
    """Return how synthetic faces are found: as the real ones were, but all of them, so that they can be counted."""
    key = DetectorKey.parse(detector).with_all_faces()
    if key.deepface is not None:
        prepare(None, download=params.download, watch=context)
    return key


def _refuse_other_weights(project: Project, recipe: StoredRecipe, encoder: Encoder) -> None:
    """Refuse an encoder that is not the one the project's vectors were made with. Raises `RequestError`."""
    kept, now = project.vectors.described(recipe), encoder.recipe(recipe.detector)
    if kept is not None and replace(kept, versions={}) != replace(now, versions={}):
        raise RequestError(
            tr(
                "The project's {encoder} embeddings were made with other weights or another alignment than this encoder's, "
                "so that nothing can be compared. Give those weights, or encode the project with these.",
                encoder=recipe.encoder,
            )
        )


def _sources(folder: Path) -> dict[str, Path]:
    """Return the source image of each translated file, from the manifest beside the folder.

    Raises
    ------
    RequestError
        If the manifest is damaged: without it a face's own source would count as a real person it is too like.
    """
    path = folder.with_name(folder.name + ".manifest.json")
    try:
        files = parse(path.read_text(encoding="utf-8"))["files"]
        return {row["path"]: Path(row["file"]) for row in files if isinstance(row, dict) and "file" in row}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RequestError(
            tr(
                "{path} says what these faces were made from and cannot be read ({error}). "
                "Repair or delete it if they have no sources.",
                path=path,
                error=type(error).__name__,
            )
        ) from error


def _vector(encoder: Encoder, image: Pixels, box: FaceBox) -> npt.NDArray[np.float32]:
    return encode(encoder, [(image, box)])


def _against(quality: Quality, limits: list[Limit]) -> list[str]:
    out = []
    for limit in limits:
        value = getattr(quality, limit.measure)
        below = limit.low is not None and (value is None or value < limit.low)
        above = limit.high is not None and (value is None or value > limit.high)
        if below or above:
            out.append(tr("not {limit}", limit=limit.words()))
    return out


def review_faces(params: ReviewParams, context: Context) -> ReviewResult:
    """Job: review synthetic faces, and import those that pass if asked."""
    project = context.project
    if params.only is not None:
        return _import_chosen(params, context)
    chosen = choose_vectors(context, params.encoder, params.detector)
    real = real_faces(project, chosen.recipe)
    search = _search(chosen.recipe.detector, params, context)
    limit = params.too_like if params.too_like is not None else impostor_limit(real)
    source = read_folder(params.made)
    encoder = make_encoder(
        EncodeParams(encoder=params.encoder, weights=params.weights, download=params.download), context.device
    )
    _refuse_other_weights(project, chosen.recipe, encoder)
    sources = _sources(params.made)
    faces: list[ReviewedFace] = []
    context.progress(0, len(source.items), tr("faces"))
    for done, item in enumerate(source.items, 1):
        context.check()
        faces.append(_review(item, real, limit, params, encoder, search, sources.get(item.relative)))
        context.progress(done, len(source.items), tr("faces"))
    passed = {face.path for face in faces if not face.why}
    imported = 0
    if params.accept and passed:
        imported = accept(context, source.root, [item for item in source.items if item.relative in passed])
    reasons: dict[str, int] = {}
    for face in faces:
        for why in face.why:
            reasons[why.split(":")[0]] = reasons.get(why.split(":")[0], 0) + 1
    text = tr_n(
        "{passed:,} of {n:,} synthetic face passes (too close to a real identity: distance below {limit:.3g}, {vectors})",
        "{passed:,} of {n:,} synthetic faces pass (too close to a real identity: distance below {limit:.3g}, {vectors})",
        len(faces),
        passed=len(passed),
        limit=limit,
        vectors=chosen.named(),
    )
    groups = _groups(faces, real)
    if told := ", ".join(
        tr(
            "{group} {share} (real: {real})",
            group=name,
            share=_percent(one.made),
            real=_percent(one.real),
        )
        for name, one in groups.items()
    ):
        text += "; " + tr(
            "share of their own group among the {neighbours} nearest real people: {shares}",
            neighbours=NEIGHBOURS,
            shares=told,
        )
    if real.without:
        text += "; " + tr_n(
            "nothing is compared with {n:,} real image that has no embedding",
            "nothing is compared with {n:,} real images that have no embedding",
            real.without,
        )
    if reasons:
        told = ", ".join(f"{why} {count:,}" for why, count in reasons.items())
        text += "; " + tr("against the others: {reasons}", reasons=told)
    return ReviewResult(
        made=str(params.made),
        faces=faces,
        passed=len(passed),
        rejected=len(faces) - len(passed),
        limit=limit,
        reasons=reasons,
        groups=groups,
        imported=imported,
        left_out=source.left_out,
        compared_with=len(real.who),
        **chosen.about(),
        real_without_vector=real.without,
        summary=text + "." + (" " + _imported(imported) if params.accept else ""),
    )


def _imported(count: int) -> str:
    return tr_n("{n:,} is imported, marked synthetic.", "{n:,} are imported, marked synthetic.", count)


def _percent(share: float | None) -> str:
    return tr("not known") if share is None else f"{100 * share:.0f} %"


def _groups(faces: list[ReviewedFace], real: Real) -> dict[str, GroupShare]:
    """Return for each group the mean share of its synthetic faces' nearest real people that are of it, and its real faces' own."""
    shares: dict[str, list[float]] = {}
    for face in faces:
        if face.group is not None and face.group_share is not None:
            shares.setdefault(face.group, []).append(face.group_share)
    return {
        name: GroupShare(made=float(np.mean(shares[name])), real=share_of_their_own(real, name))
        for name in sorted(shares)
    }


def _import_chosen(params: ReviewParams, context: Context) -> ReviewResult:
    """Import what a person accepted; a file without the synthetic mark is never taken."""
    source = read_folder(params.made)
    wanted = set(params.only or [])
    chosen = [item for item in source.items if item.relative in wanted and mark_of(item.path) is not None]
    imported = accept(context, source.root, chosen) if chosen else 0
    missing = len(wanted) - len(chosen)
    text = tr_n(
        "{n:,} synthetic face is imported, marked synthetic.",
        "{n:,} synthetic faces are imported, marked synthetic.",
        imported,
    )
    if missing:
        text += " " + tr_n(
            "{n:,} no longer exists or carries no synthetic mark, and is left out.",
            "{n:,} no longer exist or carry no synthetic mark, and are left out.",
            missing,
        )
    return ReviewResult(made=str(params.made), imported=imported, missing=missing, summary=text)


def _review(
    item: SourceImage,
    real: Real,
    limit: float,
    params: ReviewParams,
    encoder: Encoder,
    search: DetectorKey,
    source: Path | None,
) -> ReviewedFace:
    item = with_mark(item)
    face = unchecked(item.relative, item.group)
    try:
        image, box, quality = _look(item.path, search)
    except UnreadableImageError as error:
        face.why.append(tr("cannot be read: {why}", why=error.why))
        return face
    face.quality = quality
    if not item.synthetic:
        face.why.append(tr("not marked synthetic: it may be a real person"))
    if box is None:
        face.why.append(tr("no face was found in it"))
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
            face.why.append(
                tr(
                    "too close to a real identity: {nearest}, {distance:.3g} apart",
                    nearest=face.nearest,
                    distance=face.distance,
                )
            )
    _check_group(face, shares_of_groups(table, real, owners), params.like_group)
    if source is not None:
        face.source_distance = _to_source(vector, encoder, search, source, real.metric)
        if params.like_source is not None and (
            face.source_distance is None or face.source_distance > params.like_source
        ):
            face.why.append(tr("no longer close to its source"))
    face.why += _against(quality, params.ranges())
    return face


def _to_source(
    vector: npt.NDArray[np.float32], encoder: Encoder, search: DetectorKey, source: Path, metric: str
) -> float | None:
    try:
        image, box, _ = _look(source, search)
    except UnreadableImageError:
        return None
    return None if box is None else float(distances(vector, _vector(encoder, image, box), metric)[0, 0])


def accept(context: Context, root: Path, items: list[SourceImage]) -> int:
    """Import synthetic faces with their folders' labels: one undoable step; returns how many are new."""
    tree = Tree(root, "group-identity", [Entry(item.relative, item.identity, item.group) for item in items])
    labelled = [Labelled(e, e.identity, e.group, "folder" if e.identity or e.group else None, []) for e in tree.entries]
    return bring_in(
        tree,
        labelled,
        context,
        tr("Import synthetic faces"),
        f"accept {os.urandom(6).hex()}",
        lambda _item, _seen: None,
    ).new
