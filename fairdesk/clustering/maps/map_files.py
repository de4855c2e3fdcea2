"""A map as a file: a table with a row for each face, or a picture with a legend."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from fairdesk.clustering.maps.face_map import Coloured, MapPoints, coloured
from fairdesk.figures.legend_lines import fitted
from fairdesk.figures.point_raster import NONE, as_pixels, colours, draw_points
from fairdesk.images.table_cells import safe_rows
from fairdesk.images.written_files import write_text
from fairdesk.project import Project
from fairdesk.project.faces import labelled_faces
from fairdesk.project.recipes import StoredRecipe
from fairdesk.words import tr, tr_n

SIDE, EDGE, WIDE = 1600, 40, 320  # pixels of the picture, around the map, of the legend
LISTED = 20  # categories of the legend; the others are one line


def write_map(project: Project, points: MapPoints, recipe: StoredRecipe, path: Path, colour_by: str) -> None:
    """Write a map as .csv, .parquet or .png."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix.lower() == ".png":
        _picture(points, coloured(project, recipe, points, colour_by), path)
        return
    table = _table(project, points, recipe)
    if path.suffix.lower() == ".parquet":
        import pyarrow
        import pyarrow.parquet

        part = path.with_name(path.name + ".part")
        pyarrow.parquet.write_table(pyarrow.table(table), part)
        part.replace(path)
        return
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(table)
    columns = [["" if value is None else value for value in column] for column in table.values()]
    writer.writerows(safe_rows(zip(*columns, strict=True)))
    write_text(path, text.getvalue())


def _table(project: Project, points: MapPoints, recipe: StoredRecipe) -> dict[str, list[Any]]:
    known = labelled_faces(project, recipe.detector)
    faces = [known[face] for face in points.faces.tolist()]

    def said(by: str) -> list[str | None]:
        one = coloured(project, recipe, points, by)
        return [None if number < 0 else one.titles[number] for number in one.of.tolist()]

    return {
        "face": points.faces.tolist(),
        "path": [one.path for one in faces],
        "x": [float(f"{value:.7g}") for value in points.places[:, 0].tolist()],
        "y": [float(f"{value:.7g}") for value in points.places[:, 1].tolist()],
        "cluster": said("cluster"),
        "identity": [one.identity for one in faces],
        "group": [one.group for one in faces],
        "verdict": said("verdict"),
        "synthetic": [one.synthetic for one in faces],
        "method": [points.layout.method] * len(faces),
        "seed": [points.layout.seed] * len(faces),
    }


def _picture(points: MapPoints, by: Coloured, path: Path) -> None:
    canvas = np.full((SIDE, SIDE), 0xFFFFFFFF, dtype=np.uint32)
    shades = as_pixels([*colours(len(by.titles)), NONE])
    low, high = points.places.min(axis=0), points.places.max(axis=0)
    scale = (SIDE - 2 * EDGE) / max(float((high - low).max()), 1e-12)
    middle = (low + high) / 2
    x, y = (
        np.round((points.places[:, at] - middle[at]) * scale * sign + SIDE / 2).astype(np.int32)
        for at, sign in ((0, 1), (1, -1))
    )
    for some in (np.flatnonzero(by.of < 0), np.flatnonzero(by.of >= 0)):  # grey ones below
        draw_points(canvas, x[some], y[some], shades[by.of[some]], 2.0 if len(by.of) > 20_000 else 4.0)
    rgb = np.stack([(canvas >> shift & 0xFF).astype(np.uint8) for shift in (16, 8, 0)], axis=-1)
    whole = Image.new("RGB", (SIDE + WIDE, SIDE), "white")
    whole.paste(Image.fromarray(rgb), (0, 0))
    draw, font = ImageDraw.Draw(whole), ImageFont.load_default(20)
    draw.text((SIDE, 20), tr_n("{n:,} face", "{n:,} faces", len(points.faces)), fill="black", font=font)
    for row, (title, colour) in enumerate(legend(by)):
        top = 60 + 32 * row
        draw.ellipse((SIDE, top + 3, SIDE + 16, top + 19), fill=colour)
        line = fitted(title, WIDE - 40, lambda text: draw.textlength(text, font=font))
        draw.text((SIDE + 26, top), line, fill="black", font=font)
    part = path.with_name(path.name + ".part")
    whole.save(part, "PNG")
    part.replace(path)


def legend(by: Coloured, most: int = LISTED) -> list[tuple[str, str]]:
    """Return the categories that a legend lists, the largest first, with their colours; the others are one line."""
    sizes, shades = by.sizes(), colours(len(by.titles))
    order = [n for n in np.argsort(-sizes, kind="stable").tolist() if sizes[n]]
    lines = [(f"{by.titles[n]}  {sizes[n]:,}", shades[n]) for n in order[:most]]
    if len(order) > most:
        lines.append((tr_n("{n:,} other", "{n:,} others", len(order) - most), NONE))
    loose = int(np.count_nonzero(by.of < 0))
    if loose:
        lines.append((tr("none  {n:,}", n=loose), NONE))
    return lines
