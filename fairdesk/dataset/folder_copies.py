"""Flatten a tree, and resize its images."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from PIL import Image, ImageOps

from fairdesk.dataset.collection import SourceImage, contents, manifest_row, need_empty, read_folder, write_items
from fairdesk.dataset.prepare_params import FlattenParams, ResizeParams
from fairdesk.dataset.results import PreparedResult, ResizeResult
from fairdesk.images.image_reading import UnreadableImageError, open_image
from fairdesk.images.synthetic_marks import KEY, mark_of, mark_values, save_marked
from fairdesk.images.written_files import Names, write_manifest
from fairdesk.jobs.context import Context
from fairdesk.jobs.pool import processes
from fairdesk.jobs.results import Unreadable
from fairdesk.words import tr

_BATCH = 32
_WRITABLE = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff"})


def flatten_folder(params: FlattenParams, context: Context) -> PreparedResult:
    """Job: destination/<group>/<identity>_<image>."""
    source = read_folder(params.folder)
    chosen = []
    for item in source.items:
        name = f"{item.identity}_{item.path.name}" if item.identity is not None else item.path.name
        chosen.append((item, f"{item.group}/{name}" if item.group else name))
    found = contents(source.items)
    result = PreparedResult(
        **found.model_dump(),
        out=str(params.out),
        left_out=source.left_out,
        dry_run=params.dry_run,
        summary=found.words(),
    )
    if not params.dry_run:
        need_empty(params.out, source=params.folder)
        about = {"job": "flatten", "folder": str(params.folder)}
        write_items(chosen, params.out, context, copy=params.copy_files, about=about).tell(result)
        source.need_unchanged()
    return result


def fit_image(image: Image.Image, size: tuple[int, int], fit: str) -> Image.Image:
    """Bring an image to a size by Lanczos: stretched, its middle cropped, or padded with black."""
    if fit == "stretch":
        return image.resize(size, Image.Resampling.LANCZOS)
    if fit == "crop":
        return ImageOps.fit(image, size, Image.Resampling.LANCZOS)
    return ImageOps.pad(image, size, Image.Resampling.LANCZOS)


def encoded(image: Image.Image, size: tuple[int, int], fit: str, mark: str | None) -> bytes:
    """Return an image brought to a size, as JPEG bytes; a synthetic mark is kept."""
    buffer = io.BytesIO()
    fitted = fit_image(image, size, fit)
    if mark is None:
        fitted.save(buffer, "JPEG", quality=95)
    else:
        fitted.save(buffer, "JPEG", quality=95, comment=f"{KEY}: {mark}".encode())
    return buffer.getvalue()


def _resize_one(item: SourceImage, target: Path, params: ResizeParams) -> str | None:
    """Resize one file; returns why it could not be, or None. A synthetic mark is kept."""
    try:
        mark = mark_of(item.path)
        image = fit_image(open_image(item.path), params.pixels, params.fit)
    except UnreadableImageError as error:
        return error.why
    target.parent.mkdir(parents=True, exist_ok=True)
    options: dict[str, Any] = {"quality": 95} if target.suffix.lower() in (".jpg", ".jpeg") else {}
    if mark is None:
        image.save(target, **options)
    else:
        save_marked(image, target, mark_values(mark), **options)
    return None


def resize_images(params: ResizeParams, context: Context) -> ResizeResult:
    """Job: resize a tree; a bad image is listed and the rest continues."""
    source = read_folder(params.folder)
    found = contents(source.items)
    unreadable: list[Unreadable] = []
    result = ResizeResult(
        **found.model_dump(),
        out=str(params.out),
        left_out=source.left_out,
        dry_run=params.dry_run,
        summary=tr("{contents} to {size} ({fit})", contents=found.words(), size=params.size, fit=params.fit),
    )
    if params.dry_run:
        return result
    need_empty(params.out, source=params.folder)
    names = Names()
    tasks = []
    for item in source.items:
        folder, _, name = item.relative.rpartition("/")
        suffix = Path(name).suffix
        kept = name if suffix.lower() in _WRITABLE else Path(name).stem + ".png"
        tasks.append((item, params.out / folder / names.claim(folder, kept)))
    with ThreadPoolExecutor(processes()) as pool:
        for start in range(0, len(tasks), _BATCH):
            context.check()
            batch = tasks[start : start + _BATCH]
            for (item, _), why in zip(batch, pool.map(lambda t: _resize_one(t[0], t[1], params), batch), strict=True):
                if why is not None:
                    unreadable.append(Unreadable(path=item.relative, why=why))
            context.progress(min(len(tasks), start + _BATCH), len(tasks), tr("images"))
    source.need_unchanged()
    result.written, result.unreadable = len(tasks) - len(unreadable), unreadable
    bad = {one.path for one in unreadable}
    files = [
        manifest_row(target.relative_to(params.out).as_posix(), item)
        for item, target in tasks
        if item.relative not in bad
    ]
    about = {"job": "resize", "folder": str(params.folder), "size": params.size, "fit": params.fit}
    write_manifest(params.out, about, files)
    context.artifact(params.out)
    return result
