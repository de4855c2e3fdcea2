"""A montage of one cluster's faces: every face, on as many sheets as it takes."""

from __future__ import annotations

import math
from contextlib import suppress
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from fairdesk.clustering.cluster_files import read_clusters
from fairdesk.clustering.params import MosaicParams
from fairdesk.clustering.results import MosaicResult
from fairdesk.clustering.store import UNCLUSTERED, faces_of, find_cluster, need_version
from fairdesk.errors import RequestError
from fairdesk.images.decoding import opened
from fairdesk.images.formats import UndecodableError
from fairdesk.images.image_reading import UnreadableImageError, open_image
from fairdesk.images.synthetic_marks import mark_of
from fairdesk.jobs.context import Context
from fairdesk.project import Project
from fairdesk.project.faces import face_places, synthetic_faces
from fairdesk.words import tr

_TITLE = 28  # pixels above the tiles


def write_mosaic(params: MosaicParams, context: Context) -> MosaicResult:
    """Job: write a montage. With more faces than a sheet holds, files are numbered (out_2.png, ...)."""
    title, tiles, failed = _from_file(params, context) if params.file is not None else _from_project(params, context)
    synthetic = sum(made for _, made in tiles)
    if synthetic:
        title += " " + tr("({n:,} synthetic: S)", n=synthetic)
    if not tiles:
        raise RequestError(tr("Cluster {cluster} has no readable face.", cluster=params.cluster))
    sheet = params.columns * (params.rows or math.ceil(len(tiles) / params.columns))
    written = []
    params.out.parent.mkdir(parents=True, exist_ok=True)
    for number, start in enumerate(range(0, len(tiles), sheet), 1):
        path = params.out if number == 1 else params.out.with_stem(f"{params.out.stem}_{number}")
        try:
            _montage(tiles[start : start + sheet], title, params).save(path)
        except (ValueError, KeyError) as error:
            raise RequestError(
                tr(
                    "{path}: images cannot be written as {suffix}. Use .png.",
                    path=path,
                    suffix=path.suffix or tr("a file without suffix"),
                )
            ) from error
        written.append(path)
        context.artifact(path)
    return MosaicResult(title=title, faces=len(tiles), synthetic=synthetic, files=written, unreadable=failed)


def _title(label: str, name: str) -> str:
    return tr("Unknown Faces") if label == str(UNCLUSTERED) else name


_Tiles = tuple[
    str, list[tuple[Image.Image, bool]], list[dict[str, str]]
]  # title, faces and whether synthetic, unreadable


def _from_file(params: MosaicParams, context: Context) -> _Tiles:
    assert params.file is not None
    data = read_clusters(params.file)
    if params.cluster not in data:
        raise RequestError(
            tr(
                "{file} has no cluster {cluster!r}. It has: {data}",
                file=params.file,
                cluster=params.cluster,
                data=", ".join(list(data)[:20]),
            )
        )
    tiles, failed = [], []
    for done, path in enumerate(data[params.cluster], 1):
        context.check()
        try:
            made = mark_of(Path(path)) is not None
            tiles.append((_tile(open_image(Path(path)), params.tile, made=made), made))
        except UnreadableImageError as error:
            failed.append({"path": path, "why": error.why})
        context.progress(done, len(data[params.cluster]), tr("faces"))
    return _title(params.cluster, tr("Cluster {cluster}", cluster=params.cluster)), tiles, failed


def _from_project(params: MosaicParams, context: Context) -> _Tiles:
    project = context.project
    cluster = find_cluster(project, need_version(project, params.version), params.cluster)
    faces = faces_of(project, cluster.id)
    synthetic = synthetic_faces(project, faces)
    tiles, failed = [], []
    for done, face in enumerate(faces, 1):
        context.check()
        try:
            tiles.append((_tile(face_picture(project, face), params.tile, made=face in synthetic), face in synthetic))
        except UnreadableImageError as error:
            failed.append({"path": str(error.path), "why": error.why})
        context.progress(done, len(faces), tr("faces"))
    return _title(str(cluster.label), cluster.title), tiles, failed


def face_picture(project: Project, face: int) -> Image.Image:
    """Return a face's thumbnail, cut from its original where none is kept."""
    from fairdesk.images.image_reading import box_with_margin

    jpeg = project.thumbnails.get("face", face)
    if jpeg is not None:
        with suppress(UndecodableError), opened(jpeg) as kept:
            return kept.convert("RGB")
    place = face_places(project, [face])[0]
    image = open_image(Path(place.path))
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


def _montage(tiles: list[tuple[Image.Image, bool]], title: str, params: MosaicParams) -> Image.Image:
    columns = min(params.columns, len(tiles))
    rows = math.ceil(len(tiles) / columns)
    sheet = Image.new("RGB", (max(columns * params.tile, 200), rows * params.tile + _TITLE), (255, 255, 255))
    ImageDraw.Draw(sheet).text((8, 5), title, fill=(20, 20, 20), font=ImageFont.load_default(16))
    for place, (tile, _) in enumerate(tiles):
        sheet.paste(tile, (place % columns * params.tile, place // columns * params.tile + _TITLE))
    return sheet
