"""A folder for each identity or cluster, with links to its images or copies of them."""

from __future__ import annotations

from collections.abc import Hashable
from pathlib import Path
from typing import Any

from fairdesk.clustering.files.cluster_files import files_of, read_clusters
from fairdesk.clustering.files.results import FoldersResult
from fairdesk.clustering.params import FoldersParams
from fairdesk.clustering.store import UNCLUSTERED, clustered_faces, need_version
from fairdesk.dataset.collection import SourceImage, nothing_written, with_mark
from fairdesk.errors import JobFailed, RequestError, reason
from fairdesk.faces.changed_originals import compare_originals
from fairdesk.faces.originals_told import folder_of_all
from fairdesk.images.image_sources import MemberError
from fairdesk.images.reading_reasons import file_is_missing
from fairdesk.images.written_files import Names, place, safe_name, why_unplaced, write_manifest
from fairdesk.jobs.context import Context
from fairdesk.jobs.results import Unreadable
from fairdesk.project import Project
from fairdesk.project.images import labelled_images
from fairdesk.project.originals import images_at
from fairdesk.words import tr, tr_n

_LONGEST = 150  # bytes of a folder's name: disks refuse more than 255, some less


class _Folders:
    """Hands out a folder to each person or cluster: two never share one, however alike their names are on a disk."""

    def __init__(self) -> None:
        self._names = Names()
        self._of: dict[tuple[str, Hashable], str] = {}
        self.renamed: dict[str, str] = {}  # what a folder is of, where its name does not say it

    def of(self, key: Hashable, name: str, within: str = "") -> str:
        """Return the folder of what `key` stands for, named after `name`."""
        known = self._of.get((within, key))
        if known is not None:
            return known
        short = safe_name(name).encode(errors="replace")[:_LONGEST].decode(errors="ignore").rstrip(". ")
        plain = self._names.claim(within, short or "_")
        folder = f"{within}/{plain}" if within else plain
        if plain != name:
            self.renamed[folder] = name
        self._of[within, key] = folder
        return folder


def write_identity_folders(params: FoldersParams, context: Context) -> FoldersResult:
    """Job: write the folders; two images of one name in a folder get numbered names, and that is said."""
    at = _Folders()
    every = _wanted(params, context, at)
    changed, damaged = _unlike_imported(params, context, [path for _, path in every])
    every = [(folder, path) for folder, path in every if path not in changed]
    why = {path: why_unplaced(path) or damaged.get(path) for path in dict.fromkeys(path for _, path in every)}
    wanted = [(folder, path) for folder, path in every if why[path] is None]
    missing = [str(path) for _, path in every if why[path] == file_is_missing()]
    others = [
        Unreadable(path=str(path), why=said) for path, said in why.items() if said not in (None, file_is_missing())
    ]
    if not wanted and (changed or not missing):
        others += [Unreadable(path=path, why=file_is_missing()) for path in missing]
        raise nothing_written(others, list(map(str, changed)), of_project=params.file is None)
    if not wanted:
        if params.file is None:
            raise JobFailed(
                tr_n(
                    "The file {path} is not there. Find moved originals: fairdesk relink PROJECT {folder} NEW-FOLDER",
                    "None of the {n:,} files is there, for example {path}. Find moved originals: fairdesk relink PROJECT {folder} NEW-FOLDER",
                    len(every),
                    path=missing[0],
                    folder=folder_of_all(missing),
                )
            )
        raise RequestError(
            tr_n(
                "The file {path} is not there. Say where it is: --replace-prefix OLD=NEW",
                "None of the {n:,} files is there, for example {path}. Say where they are: --replace-prefix OLD=NEW",
                len(every),
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
        unreadable=others,
        changed=list(map(str, changed)),
        of_project=params.file is None,
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
        context.progress(done, len(wanted), tr("images"))
        try:
            place(source, params.out / folder / name, "copy" if params.copy_files else "link")
        except MemberError as error:  # it went meanwhile, or is damaged in its archive
            others.append(Unreadable(path=str(source), why=reason(error)))
            continue
        synthetic = bool(with_mark(SourceImage(source, name, None, None)).synthetic)  # None of what cannot be read
        files.append({"path": f"{folder}/{name}", "source": str(source), "synthetic": synthetic})
    if not files:
        raise nothing_written(others, result.changed, of_project=params.file is None)
    about = {"job": "identity-folders"} | ({"renamed": at.renamed} if at.renamed else {})
    write_manifest(params.out, about, files)
    result.images, result.unreadable = len(files), others
    result.collisions, result.synthetic = names.collisions, sum(one["synthetic"] for one in files)
    context.artifact(params.out)
    return result


def _unlike_imported(
    params: FoldersParams, context: Context, paths: list[Path]
) -> tuple[dict[Path, None], dict[Path, str]]:
    """Return those of a project's originals that are other pictures now, and those that cannot be read, with why; of a file none is known."""
    if params.file is not None:
        return {}, {}
    compared = compare_originals(images_at(context.project, paths), context, told=True)
    return dict.fromkeys(map(Path, compared.changed)), {Path(one.path): one.why for one in compared.damaged}


def _wanted(params: FoldersParams, context: Context, at: _Folders) -> list[tuple[str, Path]]:
    """Return (folder below out, source image) of every image to place, each once a folder."""
    if params.file is not None:
        data = read_clusters(params.file)
        files = files_of(params.file, [path for paths in data.values() for path in paths], params.replace_prefix or ())
        pairs = [
            (at.of(label, label), files[path])
            for label, paths in data.items()
            if params.unclustered or label != str(UNCLUSTERED)
            for path in paths
        ]
    elif params.by == "identity":
        pairs = _by_identity(context.project, at)
    else:
        version = need_version(context.project, params.version)
        pairs = []
        for _, cluster, label, title, path in clustered_faces(context.project, version):
            if label == UNCLUSTERED and not params.unclustered:
                continue
            plain = str(label) if title in (f"Cluster {label}", "Unclustered") else title
            pairs.append((at.of(cluster, plain), path))
    if not pairs:
        raise RequestError(
            tr("There is no image to place: no cluster or no named identity has any that is not hidden.")
        )
    return list(dict.fromkeys(pairs))


def _by_identity(project: Project, at: _Folders) -> list[tuple[str, Path]]:
    named = [image for image in labelled_images(project) if image.identity is not None]
    grouped = any(image.group for image in named)
    pairs = []
    for image in named:
        group = at.of(image.group, image.group or tr("no group")) if grouped else ""
        pairs.append((at.of(image.identity_id, image.identity or "", group), image.path))
    return pairs
