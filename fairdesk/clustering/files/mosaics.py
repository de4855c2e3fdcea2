"""A montage of one cluster's faces: every face, on as many sheets as it takes."""

from __future__ import annotations

import math
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from fairdesk import counted
from fairdesk.clustering.cluster_lookup import find_cluster
from fairdesk.clustering.files.cluster_files import files_of, read_clusters
from fairdesk.clustering.files.results import MosaicResult
from fairdesk.clustering.params import MosaicParams, read_numbers, written_numbers
from fairdesk.clustering.store import UNCLUSTERED, clusters, faces_of, need_version
from fairdesk.dataset.collection import nothing_written
from fairdesk.errors import RequestError
from fairdesk.faces.changed_originals import compare_originals
from fairdesk.images.decoding import opened
from fairdesk.images.formats import UndecodableError
from fairdesk.images.image_reading import UnreadableImageError, open_image
from fairdesk.images.synthetic_marks import mark_of
from fairdesk.jobs.context import Context
from fairdesk.jobs.results import Unreadable
from fairdesk.project import Project
from fairdesk.project.faces import existing_faces, face_places, images_of_faces, synthetic_faces
from fairdesk.project.image_queries import items
from fairdesk.words import tr

_TITLE = 28  # pixels above the tiles
_CAPTION = 16  # below each
ALL = "all"  # instead of a label: each cluster


class _Entry(NamedTuple):
    """A face to be shown: of the project, or a file."""

    face: int | None
    path: str
    caption: str


class _Group(NamedTuple):
    """A cluster to be shown."""

    label: str
    title: str
    entries: list[_Entry]


class _Tile(NamedTuple):
    """A picture of a face, whether it is synthetic, and what stands below it."""

    picture: Image.Image
    made: bool
    caption: str


def write_mosaic(params: MosaicParams, context: Context) -> MosaicResult:
    """Job: write a montage. With more faces than a sheet holds, files are numbered (out_2.png, ...)."""
    groups = _of_file(params) if params.file is not None else _of_project(params, context)
    if params.sample is not None:
        rng = np.random.default_rng(params.seed)
        groups = [_drawn(group, params.sample, rng) for group in groups]
    changed = _changed(groups, context) if params.file is None else {}
    groups = [
        group._replace(entries=[e for e in group.entries if e.face is None or e.face not in changed])
        for group in groups
    ]
    total = sum(len(group.entries) for group in groups)
    written: list[Path] = []
    failed: list[Unreadable] = []
    shown_labels: list[str] = []
    title, done, shown, synthetic = "", 0, 0, 0
    params.out.parent.mkdir(parents=True, exist_ok=True)
    for group in groups:
        tiles: list[_Tile] = []
        made_here = set[int]()
        if params.file is None:
            made_here = synthetic_faces(context.project, [e.face for e in group.entries if e.face is not None])
        for entry in group.entries:
            context.check()
            try:
                tiles.append(_tile_of(entry, params, context, made_here))
            except UnreadableImageError as error:
                failed.append(Unreadable(path=str(error.path), why=error.why))
            done += 1
            context.progress(done, total, tr("faces"))
        made = sum(tile.made for tile in tiles)
        title = group.title + (" " + tr("({n:,} synthetic: S)", n=made) if made else "")
        if tiles:
            shown_labels.append(group.label)
            out = params.out.with_stem(f"{params.out.stem}-{group.label}") if params.cluster == ALL else params.out
            written += _sheets(tiles, title, out, params, context)
        shown, synthetic = shown + len(tiles), synthetic + made
    if not written and changed:
        raise nothing_written(failed, list(dict.fromkeys(changed.values())), of_project=True)
    if not written:
        raise RequestError(
            tr("None of these faces can be read.")
            if params.cluster in (None, ALL)
            else tr("Cluster {cluster} has no readable face.", cluster=params.cluster)
        )
    if params.cluster == ALL:
        title = counted.clusters(sum(label != str(UNCLUSTERED) for label in shown_labels))
        if str(UNCLUSTERED) in shown_labels:
            title = tr("{clusters} and the unclustered faces", clusters=title)
    return MosaicResult(
        title=title,
        faces=shown,
        synthetic=synthetic,
        files=written,
        unreadable=failed,
        changed=list(dict.fromkeys(changed.values())),
        of_project=params.file is None,
    )


def _changed(groups: list[_Group], context: Context) -> dict[int, str]:
    """Return the originals that are other pictures now, by face: those of faces without a thumbnail, which would be cut from them."""
    project = context.project
    faces = [entry.face for group in groups for entry in group.entries if entry.face is not None]
    bare = [face for face in faces if project.thumbnails.get("face", face) is None]
    images = sorted(set(images_of_faces(project, bare).values()))
    changed = set(compare_originals(images, context, told=True).changed)
    return {one.id: one.path for one in face_places(project, bare) if one.path in changed}


def _sheets(tiles: list[_Tile], title: str, out: Path, params: MosaicParams, context: Context) -> list[Path]:
    sheet = params.columns * (params.rows or math.ceil(len(tiles) / params.columns))
    written = []
    for number, start in enumerate(range(0, len(tiles), sheet), 1):
        path = out if number == 1 else out.with_stem(f"{out.stem}_{number}")
        picture = _montage(tiles[start : start + sheet], title, params)
        try:
            picture.save(path)
        except ValueError as error:  # some formats hold no picture as large as that
            raise RequestError(
                tr("{path}: {width}x{height} pixels cannot be written in this format. Use .png, or fewer rows a sheet.",
                   path=path, width=picture.width, height=picture.height)
            ) from error  # fmt: skip
        written.append(path)
        context.artifact(path)
    return written


def _drawn(group: _Group, count: int, rng: np.random.Generator) -> _Group:
    if count >= len(group.entries):
        return group
    places = sorted(rng.choice(len(group.entries), count, replace=False).tolist())
    return group._replace(
        title=tr("{title} ({n:,} of {total:,})", title=group.title, n=count, total=len(group.entries)),
        entries=[group.entries[place] for place in places],
    )


def _title(label: str, name: str) -> str:
    return tr("Unknown Faces") if label == str(UNCLUSTERED) else name


def _of_file(params: MosaicParams) -> list[_Group]:
    assert params.file is not None
    data = read_clusters(params.file)
    if params.cluster is None:
        raise RequestError(tr("Say which cluster of the file: --cluster LABEL, or all."))
    if params.cluster not in data and params.cluster != ALL:
        raise RequestError(
            tr(
                "{file} has no cluster {cluster!r}. It has: {data}",
                file=params.file,
                cluster=params.cluster,
                data=", ".join(list(data)[:20]),
            )
        )
    wanted = list(data) if params.cluster == ALL else [params.cluster]
    files = files_of(params.file, [path for label in wanted for path in data[label]], params.replace_prefix or ())
    return [
        _Group(
            label,
            _title(label, tr("Cluster {cluster}", cluster=label)),
            [_Entry(None, str(files[p]), files[p].name) for p in data[label]],
        )
        for label in wanted
    ]


def _of_project(params: MosaicParams, context: Context) -> list[_Group]:
    project = context.project
    only = None if params.faces is None else _existing(read_numbers(params.faces), context)
    if params.cluster is None:
        assert only is not None
        return [_group(project, "faces", tr("Chosen faces"), only)]
    version = need_version(project, params.version)
    chosen = clusters(project, version) if params.cluster == ALL else [find_cluster(project, version, params.cluster)]
    if not chosen:
        raise RequestError(tr("All faces of clustering {version} are of hidden images.", version=version))
    groups = []
    for cluster in chosen:
        members = faces_of(project, cluster.id)
        kept = members if only is None else _within(only, members, cluster.title, context)
        groups.append(_group(project, str(cluster.label), _title(str(cluster.label), cluster.title), kept))
    return groups


def _existing(faces: list[int], context: Context) -> list[int]:
    """Return those of some faces that the project has, and say which it has not. Raises `RequestError` if it has none."""
    known = existing_faces(context.project, faces)
    missing = [face for face in faces if face not in known]
    if missing and not known:
        raise RequestError(
            tr("The project has none of the faces {faces}. Their numbers stand in the window and in tables.",
               faces=_told(missing))
        )  # fmt: skip
    if missing:
        context.message(tr("The project has no faces of these numbers: {faces}", faces=_told(missing)))
    return [face for face in faces if face in known]


def _within(faces: list[int], members: list[int], title: str, context: Context) -> list[int]:
    """Return those of some faces that a cluster has, and say which it has not. Raises `RequestError` if it has none."""
    known = set(members)
    others = [face for face in faces if face not in known]
    if len(others) == len(faces):
        raise RequestError(tr("None of these faces is in {cluster}: {faces}", cluster=title, faces=_told(others)))
    if others:
        context.message(tr("Not in {cluster}, and left out: {faces}", cluster=title, faces=_told(others)))
    return [face for face in faces if face in known]


def _told(faces: list[int]) -> str:
    text = written_numbers(faces)
    return text if len(text) <= 200 else text[:200].rpartition(",")[0] + ", …"


def _group(project: Project, label: str, title: str, faces: list[int]) -> _Group:
    found = items(project, "face", faces)
    entries = [_Entry(face, found[face].path, found[face].title) for face in faces if face in found]
    return _Group(label, title, entries)


def _tile_of(entry: _Entry, params: MosaicParams, context: Context, synthetic: set[int]) -> _Tile:
    if entry.face is not None:
        made = entry.face in synthetic
        return _Tile(_tile(face_picture(context.project, entry.face), params.tile, made=made), made, entry.caption)
    made = mark_of(Path(entry.path)) is not None
    return _Tile(_tile(open_image(Path(entry.path)), params.tile, made=made), made, entry.caption)


def face_picture(project: Project, face: int) -> Image.Image:
    """Return a face's thumbnail, cut from its original where none is kept.

    Raises
    ------
    UnreadableImageError
        If the original cannot be read, or the face's box lies outside of it.
    """
    from fairdesk.images.image_reading import box_with_margin

    jpeg = project.thumbnails.get("face", face)
    if jpeg is not None:
        with suppress(UndecodableError), opened(jpeg) as kept:
            return kept.convert("RGB")
    place = face_places(project, [face])[0]
    image = open_image(Path(place.path))
    left, top, right, bottom = box_with_margin(place.box.css, image.size, 0)
    if left >= right or top >= bottom:
        raise UnreadableImageError(
            Path(place.path),
            tr("the box of face {face} lies outside of the image of {width}x{height}",
               face=face, width=image.width, height=image.height),
        )  # fmt: skip
    return image.crop(box_with_margin(place.box.css, image.size, 0.25))


def _tile(image: Image.Image, side: int, *, made: bool) -> Image.Image:
    """Fit a picture into a square tile without stretching it; a synthetic one bears an S in its corner."""
    small = image.copy()
    factor = side / max(small.size)
    small = small.resize(
        (max(1, round(small.width * factor)), max(1, round(small.height * factor))), Image.Resampling.LANCZOS
    )
    tile = Image.new("RGB", (side, side), (32, 32, 32))
    tile.paste(small, ((side - small.width) // 2, (side - small.height) // 2))
    if made:
        badge = max(11, side // 6)
        draw = ImageDraw.Draw(tile)
        draw.rectangle((0, 0, badge, badge), fill=(0, 0, 0))
        draw.text(
            (badge / 2, badge / 2), "S", fill=(255, 255, 255), font=ImageFont.load_default(badge - 2), anchor="mm"
        )
    return tile


def _montage(tiles: list[_Tile], title: str, params: MosaicParams) -> Image.Image:
    columns = min(params.columns, len(tiles))
    rows = math.ceil(len(tiles) / columns)
    height = params.tile + (_CAPTION if params.captions else 0)
    sheet = Image.new("RGB", (max(columns * params.tile, 200), rows * height + _TITLE), (255, 255, 255))
    draw = ImageDraw.Draw(sheet)
    draw.text((8, 5), title, fill=(20, 20, 20), font=ImageFont.load_default(16))
    font = ImageFont.load_default(_CAPTION - 4)
    for place, tile in enumerate(tiles):
        left, top = place % columns * params.tile, place // columns * height + _TITLE
        sheet.paste(tile.picture, (left, top))
        if params.captions:
            text = tile.caption
            while len(text) > 1 and draw.textlength(text, font=font) > params.tile - 4:
                text = text.removesuffix("…")[:-1] + "…"
            draw.text((left + params.tile / 2, top + params.tile + 1), text, fill=(20, 20, 20), font=font, anchor="ma")
    return sheet
