"""Write images out: as folders of a layout, as InsightFace's `.rec`, or as a table that lists them."""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from fairdesk import __version__
from fairdesk.dataset.collection import (
    SourceImage,
    as_marked,
    contents,
    need_empty,
    nothing_written,
    people_of,
    project_items,
    read_folder,
    write_items,
)
from fairdesk.dataset.folder_copies import encoded
from fairdesk.dataset.label_table import FIELDS
from fairdesk.dataset.prepare_params import ExportParams
from fairdesk.dataset.results import ExportResult
from fairdesk.errors import RequestError
from fairdesk.faces.changed_originals import Compared, compare_originals
from fairdesk.images.image_reading import UnreadableImageError, open_with_info
from fairdesk.images.image_sources import read_bytes
from fairdesk.images.reading_reasons import why_unread
from fairdesk.images.recordio import write_faces
from fairdesk.images.synthetic_marks import read_mark
from fairdesk.images.table_cells import safe_rows
from fairdesk.images.written_files import safe_name, why_unplaced, write_text
from fairdesk.jobs.context import Context
from fairdesk.jobs.results import Unreadable
from fairdesk.project import Project
from fairdesk.project.conditions import what_is_meant
from fairdesk.project.faces import main_boxes
from fairdesk.project.labels import NO_LABELS, other_labels
from fairdesk.project.predictions import predicted_images
from fairdesk.project.sets import sets_of_images
from fairdesk.words import tr

_RECORD_FORMATS = (b"\xff\xd8\xff", b"\x89PNG")


def export_images(params: ExportParams, context: Context) -> ExportResult:
    """Job: export a project, one of its sets, or a folder."""
    project = None if params.folder is not None else context.project
    items, left_out = _items(params, project)
    compared = Compared([], [], [])
    if project is not None:
        numbers = sorted(item.id for item in items if item.id is not None)
        compared = compare_originals(numbers, context, told=True)
    changed = set(compared.changed)  # other pictures: the labels of the project are not theirs
    items = [item for item in items if str(item.path) not in changed]
    damaged = {one.path: one.why for one in compared.damaged}
    reasons = [why_unplaced(item.path) or damaged.get(str(item.path)) for item in items]
    unreadable = [
        Unreadable(path=str(item.path), why=why) for item, why in zip(items, reasons, strict=True) if why is not None
    ]
    if params.layout != "manifest":  # a table lists what is missing, too
        items = [item for item, why in zip(items, reasons, strict=True) if why is None]
    if not items:
        raise nothing_written(unreadable, compared.changed, of_project=project is not None)
    found = contents(items)
    result = ExportResult(
        **found.model_dump(),
        unreadable=unreadable,
        changed=compared.changed,
        of_project=project is not None,
        layout=params.layout,
        out=str(params.out),
        left_out=left_out,
        synthetic=sum(item.synthetic for item in items),
        dry_run=params.dry_run,
        summary=found.words(),
    )
    if project is not None and params.where and (told := what_is_meant(project, params.where)):
        context.message(told)
    if params.dry_run:
        return result
    about = {
        "job": "export", "from": str(params.folder or (project.folder.name if project else "")), "layout": params.layout,
        "set": params.only_set, "where": params.where,
    }  # fmt: skip
    if params.layout == "manifest":
        result.rows = _write_table(params.out, items, project, context)
    elif params.layout == "rec":
        bad, written, result.classes = _write_rec(params, items, about, context)
        result.unreadable += bad
        result.written = len(written)
        result.count(contents(written))
        result.synthetic = sum(item.synthetic is True for item in written)
    else:
        need_empty(params.out, source=params.folder or params.out / "none")
        chosen = [(item, _place(item, params)) for item in items]
        placed = write_items(chosen, params.out, context, copy=params.copy_files, about=about)
        result.unreadable += placed.unreadable
        result.collisions = placed.collisions
        if not placed.items:
            raise nothing_written(result.unreadable, result.changed, of_project=project is not None)
        result.count(contents(placed.items))
        result.synthetic = sum(item.synthetic is True for item in placed.items)
    context.artifact(params.out)
    return result


def _items(params: ExportParams, project: Project | None) -> tuple[list[SourceImage], list[dict[str, str]]]:
    left_out: list[dict[str, str]] = []
    if project is not None:
        items = project_items(project, params.only_set, params.where or ())
    else:
        assert params.folder is not None
        if params.only_set is not None:
            raise RequestError(tr("A folder has no sets. Leave --set out, or export a project."))
        if params.where:
            raise RequestError(tr("A folder has no labels to choose by. Leave --where out, or export a project."))
        source = read_folder(params.folder, params.source_layout)
        left_out = list(source.left_out)
        items = []
        for item in source.items:
            try:
                items.append(as_marked(item))
            except UnreadableImageError as error:
                left_out.append({"path": item.relative, "why": error.why})
    if params.synthetic == "leave-out":
        left_out += [{"path": str(item.path), "why": tr("marked synthetic")} for item in items if item.synthetic]
        items = [item for item in items if not item.synthetic]
    if params.layout in ("identity", "group-identity", "rec") or (params.layout == "imagefolder"):
        by_group = params.layout == "imagefolder" and params.classes == "group"
        kept = [item for item in items if (item.group if by_group else item.identity) is not None]
        word = "group" if by_group else "identity"
        gone = {id(item) for item in kept}
        left_out += [
            {"path": str(item.path), "why": tr("no {word}", word=word)} for item in items if id(item) not in gone
        ]
        items = kept
    if not items:
        raise RequestError(tr("No image is left to export") + (f": {left_out[0]['why']}." if left_out else "."))
    return items, left_out


def _class_of(item: SourceImage, *, by_group: bool) -> str:
    """A folder name that is different for different people: names that two groups share are told apart."""
    if by_group:
        return safe_name(item.group or "")
    return safe_name(f"{item.group}__{item.identity}" if item.group else item.identity or "")


def _place(item: SourceImage, params: ExportParams) -> str:
    name = item.path.name
    if params.layout == "flat":
        parts = [part for part in (item.group, item.identity) if part is not None]
        return "_".join([*map(safe_name, parts), name])
    if params.layout == "imagefolder":
        return f"{_class_of(item, by_group=params.classes == 'group')}/{name}"
    who = safe_name(item.identity or "")
    if params.layout == "identity":
        return f"{_class_of(item, by_group=False)}/{name}"
    return f"{safe_name(item.group)}/{who}/{name}" if item.group else f"{who}/{name}"


def _write_table(out: Path, items: list[SourceImage], project: Project | None, context: Context) -> int:
    """Write one row an image: its labels and who gave them, whether it is synthetic, its sets, box and predictions.

    The box is of its largest face (top right bottom left); predictions are no labels, and stand beside them.
    """
    said = {} if project is None else other_labels(project)
    sets = {} if project is None else sets_of_images(project)
    predicted = {} if project is None else predicted_images(project)
    boxes = {} if project is None else main_boxes(project)
    kinds = ("race", "gender", "age")
    header = [*FIELDS, "label_source", "synthetic", "sets", "box", *(f"predicted_{kind}" for kind in kinds)]
    rows = []
    for done, item in enumerate(items, 1):
        more = said.get(item.id or 0, NO_LABELS)
        guess = predicted.get(item.id or 0)
        rows.append(
            [
                str(item.path),
                item.identity or "",
                item.group or "",
                more.gender or "",
                more.age or "",
                ";".join(more.tags),
                more.source or "",
                "yes" if item.synthetic else "no",
                ";".join(sets.get(item.id or 0, ())),
                " ".join(map(str, boxes.get(item.id or 0, ()))),
                *((guess.values.get(kind, "") if guess else "") for kind in kinds),
            ]
        )
        if done % 1000 == 0:
            context.check()
            context.progress(done, len(items), tr("rows"))
    out.parent.mkdir(parents=True, exist_ok=True)
    if out.suffix.lower() == ".parquet":
        import pyarrow
        import pyarrow.parquet

        columns = {name: [row[i] or None for row in rows] for i, name in enumerate(header)}
        pyarrow.parquet.write_table(pyarrow.table(columns), out)
    else:
        buffer = io.StringIO(newline="")
        writer = csv.writer(buffer, lineterminator="\n", delimiter="\t" if out.suffix.lower() == ".tsv" else ",")
        writer.writerow(header)
        writer.writerows(safe_rows(rows))
        write_text(out, buffer.getvalue())
    return len(rows)


def _write_rec(
    params: ExportParams, items: list[SourceImage], about: dict[str, Any], context: Context
) -> tuple[list[Unreadable], list[SourceImage], int]:
    """Write `train.rec`, `train.idx`, `property`, and beside them which label is whom.

    Returns what could not be read, what was written, and the number of classes.
    """
    need_empty(params.out, source=params.folder or params.out / "none")
    params.out.mkdir(parents=True, exist_ok=True)
    people = people_of(items)
    unreadable: list[Unreadable] = []
    files: list[dict[str, Any]] = []
    written: list[SourceImage] = []
    sizes: set[tuple[int, int]] = set()
    done = 0

    def pictures(label: int, images: list[SourceImage]) -> Iterator[bytes]:
        nonlocal done
        for item in images:
            context.check()
            done += 1
            context.progress(done, len(items), tr("images"))
            try:
                data, size, mark = _record(item.path, params)
            except UnreadableImageError as error:
                unreadable.append(Unreadable(path=str(item.path), why=error.why))
                continue
            sizes.add(size)
            written.append(item)
            files.append({"record": len(files) + 1, "label": label, "source": str(item.path), "identity": item.identity,
                          "group": item.group, "synthetic": mark is not None})  # fmt: skip
            yield data

    def one_size() -> tuple[int, int]:
        if not sizes:
            raise nothing_written(unreadable, of_project=params.folder is None)
        return _one_size(sizes)

    record = params.out / "train.rec"
    try:
        write_faces(record, (pictures(n, images) for n, images in enumerate(people.values())), one_size)
    except BaseException:
        shutil.rmtree(params.out)  # it was empty, and half a record file is of no use
        raise
    classes = [{"label": n, "group": group or None, "identity": name} for n, (group, name) in enumerate(people)]
    manifest = {"made_by": f"FairDesk {__version__}", **about, "classes": classes, "files": files}
    write_text(params.out / "train.rec.manifest.json", json.dumps(manifest, indent=1, ensure_ascii=False) + "\n")
    return unreadable, written, len(people)


def _one_size(sizes: set[tuple[int, int]]) -> tuple[int, int]:
    if len(sizes) != 1:
        raise RequestError(
            tr(
                "The images have {count} different sizes, and .rec wants one. Give --size, e.g. --size 112x112",
                count=len(sizes),
            )
        )
    return next(iter(sizes))


def _record(path: Path, params: ExportParams) -> tuple[bytes, tuple[int, int], str | None]:
    """Return the bytes for a record, height and width, and the mark: the file's own bytes where they can stay."""
    try:
        data = read_bytes(path)
    except OSError as error:
        raise UnreadableImageError(path, why_unread(error)) from error
    image, info = open_with_info(path, data)
    mark = read_mark(info)
    wanted = params.pixels
    if data.startswith(_RECORD_FORMATS) and wanted in (None, image.size):
        return data, (image.height, image.width), mark
    return encoded(image, wanted or image.size, params.fit, mark), (wanted or image.size)[::-1], mark
