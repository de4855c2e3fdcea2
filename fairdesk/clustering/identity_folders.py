"""A folder for each identity or cluster, with links to its images or copies of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fairdesk.clustering.cluster_files import files_of, read_clusters
from fairdesk.clustering.params import FoldersParams
from fairdesk.clustering.results import FoldersResult
from fairdesk.clustering.store import UNCLUSTERED, clustered_faces, need_version
from fairdesk.dataset.collection import SourceImage, with_mark
from fairdesk.errors import RequestError
from fairdesk.images.image_sources import exists
from fairdesk.images.written_files import Names, place, safe_name, write_manifest
from fairdesk.jobs.context import Context
from fairdesk.project import Project
from fairdesk.project.images import labelled_images
from fairdesk.words import tr


def write_identity_folders(params: FoldersParams, context: Context) -> FoldersResult:
    """Job: write the folders; two images of one name in a folder get numbered names, and that is said."""
    every = _wanted(params, context)
    wanted = [(folder, path) for folder, path in every if exists(path)]
    missing = [str(path) for folder, path in every if not exists(path)]
    if not wanted:
        raise RequestError(
            tr(
                "None of the {n:,} files is there, for example {path}. Find moved originals: fairdesk relink PROJECT OLD NEW",
                n=len(every),
                path=missing[0],
            )
        )
    folders = {folder for folder, _ in wanted}
    counts: dict[str, int] = {}
    for folder, _ in wanted:
        counts[folder] = counts.get(folder, 0) + 1
    result = FoldersResult(
        folders=len(folders),
        images=len(wanted),
        out=str(params.out),
        dry_run=params.dry_run,
        counts=dict(sorted(counts.items())),
        missing=missing,
    )
    if params.dry_run:
        return result
    if params.out.exists() and (not params.out.is_dir() or any(params.out.iterdir())):
        raise RequestError(tr("{out} exists and is not empty. Choose a new folder.", out=params.out))
    sources = {path.resolve().parent for _, path in wanted}
    if any(params.out.resolve() == source or params.out.resolve() in source.parents for source in sources):
        raise RequestError(tr("{out} holds the original images. Choose a folder outside of them.", out=params.out))
    names = Names()
    files: list[dict[str, Any]] = []
    for done, (folder, source) in enumerate(wanted, 1):
        context.check()
        name = names.claim(folder, source.name)
        place(source, params.out / folder / name, "copy" if params.copy_files else "link")
        synthetic = with_mark(SourceImage(source, name, None, None)).synthetic
        files.append({"path": f"{folder}/{name}", "source": str(source), "synthetic": synthetic})
        context.progress(done, len(wanted), tr("images"))
    write_manifest(params.out, {"job": "identity-folders"}, files)
    result.collisions, result.synthetic = names.collisions, sum(one["synthetic"] for one in files)
    context.artifact(params.out)
    return result


def _wanted(params: FoldersParams, context: Context) -> list[tuple[str, Path]]:
    """Return (folder below out, source image) of every image to place, each once a folder."""
    if params.file is not None:
        data = read_clusters(params.file)
        files = files_of(params.file, [path for paths in data.values() for path in paths])
        pairs = [
            (safe_name(label), files[path])
            for label, paths in data.items()
            if params.unclustered or label != str(UNCLUSTERED)
            for path in paths
        ]
    elif params.by == "identity":
        pairs = _by_identity(context.project)
    else:
        version = need_version(context.project, params.version)
        pairs = []
        folder_of: dict[int, str] = {}
        names = Names()
        for _, cluster, label, title, path in clustered_faces(context.project, version):
            if label == UNCLUSTERED and not params.unclustered:
                continue
            if cluster not in folder_of:
                plain = str(label) if title in (f"Cluster {label}", "Unclustered") else safe_name(title)
                folder_of[cluster] = names.claim("", plain)
            pairs.append((folder_of[cluster], path))
    if not pairs:
        raise RequestError(tr("There is no image to place: no cluster or no named identity has any."))
    return list(dict.fromkeys(pairs))


def _by_identity(project: Project) -> list[tuple[str, Path]]:
    named = [image for image in labelled_images(project) if image.identity is not None]
    grouped = any(image.group for image in named)
    return [
        (
            f"{safe_name(i.group or tr('no group'))}/{safe_name(i.identity or '')}"
            if grouped
            else safe_name(i.identity or ""),
            i.path,
        )
        for i in named
    ]
