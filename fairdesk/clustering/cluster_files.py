"""Cluster files as the original scripts wrote them: {label: [image path, ...]}, "-1" for unclustered."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from fairdesk.clustering.params import LoadClustersParams
from fairdesk.clustering.results import LoadClustersResult
from fairdesk.clustering.store import NewCluster, NewVersion, add_version, clustered_faces
from fairdesk.dataset.known_images import project_files
from fairdesk.errors import RequestError, reason
from fairdesk.images.written_files import write_manifest, write_text
from fairdesk.jobs.context import Context
from fairdesk.jobs.results import Unreadable
from fairdesk.plain_json import parse
from fairdesk.project import Project
from fairdesk.project.detections import searches
from fairdesk.project.detector_key import DetectorKey
from fairdesk.project.faces import largest_face_of_paths
from fairdesk.project.images import labelled_images
from fairdesk.words import tr, tr_n


def write_clusters(project: Project, version: int, path: Path) -> int:
    """Write a version as a cluster file; returns how many faces.

    The file is keyed by image path, so an image whose faces lie in several clusters cannot be told apart.

    Raises
    ------
    RequestError
        If one image has faces in more than one cluster.
    """
    found: dict[str, list[str]] = {}
    home: dict[str, int] = {}
    count = 0
    for _, _, label, _, image in clustered_faces(project, version):
        key = str(image)
        if home.setdefault(key, label) != label:
            raise RequestError(
                tr(
                    "{key} has faces in clusters {home} and {label}, and a cluster file names whole images. "
                    "Detect faces with the policy `largest` and cluster again.",
                    key=key,
                    home=home[key],
                    label=label,
                )
            )
        if key not in found.setdefault(str(label), []):
            found[str(label)].append(key)
            count += 1
    save_clusters(path, found, {str(i.path) for i in labelled_images(project, hidden=True) if i.synthetic})
    return count


def save_clusters(path: Path, found: dict[str, list[str]], synthetic: Collection[str] = ()) -> None:
    """Write {label: [image path, ...]}, labels in order of their number; which are synthetic, in a manifest beside it."""
    ordered = dict(sorted(found.items(), key=lambda item: int(item[0])))
    write_text(path, json.dumps(ordered, indent=1, ensure_ascii=False))
    made = sorted({one for paths in found.values() for one in paths if one in synthetic})
    if made:
        write_manifest(path, {"job": "cluster", "synthetic": True}, made)


def read_clusters(path: Path) -> dict[str, list[str]]:
    """Read a cluster file.

    Raises
    ------
    RequestError
        If it is no JSON object of lists of paths.
    """
    try:
        data = parse(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        raise RequestError(
            tr("{path} cannot be read as a cluster file: {error}", path=path, error=reason(error))
        ) from error
    if not isinstance(data, dict) or not all(
        isinstance(paths, list) and all(isinstance(item, str) for item in paths) for paths in data.values()
    ):
        raise RequestError(
            tr('{path} is not a cluster file: it must be {{"label": ["image path", ...], ...}}.', path=path)
        )
    return data


class _Faces(NamedTuple):
    of: dict[str, int]  # the face that a path of the file means
    why: dict[str, str]  # why it means none


def _faces_of_paths(project: Project, data: Mapping[str, Sequence[str]], faces: Mapping[Path, int]) -> _Faces:
    """Find the faces that the paths of a cluster file mean, however they are written."""
    images, files = project_files(project)
    matched = files.match(path for paths in data.values() for path in paths)
    out = _Faces({}, dict(matched.why))
    for path, place in matched.found.items():
        face = faces.get(Path(images[place].path))
        if face is None:
            out.why[path] = tr("no face was found in it")
        else:
            out.of[path] = face
    return out


def load_clusters(params: LoadClustersParams, context: Context) -> LoadClustersResult:
    """Job: read a cluster file into the project as a new version; paths it does not know are counted."""
    project = context.project
    data = read_clusters(params.file)
    detector = params.detector or project.shown_detector()
    found = largest_face_of_paths(project, detector)
    if not found:
        options = f" {DetectorKey.parse(detector).options()}" if detector else ""
        have = ", ".join(f"{one.detector} ({one.faces:,})" for one in searches(project) if one.faces)
        raise RequestError(
            tr(
                "The project has no faces that {detector} found. It has those of: {have}. "
                "Detect faces first: fairdesk detect PROJECT{options}",
                detector=detector,
                have=have,
                options=options,
            )
            if have
            else tr(
                "The project has no faces yet. Detect faces first: fairdesk detect PROJECT{options}", options=options
            )
        )
    faces = _faces_of_paths(project, data, found)
    unknown = list(faces.why)
    kept: dict[int, int] = {}
    for place, paths in enumerate(data.values()):
        for path in paths:
            if path in faces.of:
                kept.setdefault(faces.of[path], place)
    if not kept:
        raise RequestError(
            tr(
                "None of the paths in {file} is an image of the project with a face that {detector} found, for example {path}. "
                "Nothing was read.",
                file=params.file,
                detector=detector,
                path=f"{unknown[0]} ({faces.why[unknown[0]]})" if unknown else tr("it names no image"),
            )
        )
    said = [(label, label.lstrip("-").isdigit()) for label in data]
    clusters = [NewCluster(int(label)) if number else NewCluster(at, label) for at, (label, number) in enumerate(said)]
    about = {"file": str(params.file), "detector": detector}
    version = add_version(
        project,
        tr("Read clusters from {file}", file=params.file.name),
        NewVersion("file", about, clusters, params.file.stem),
        kept.items(),
    )
    if unknown:
        context.message(
            tr_n(
                "{n:,} path has no face here, and is left out: {path} ({why}).",
                "{n:,} paths have no face here, and are left out; the first: {path} ({why}).",
                len(unknown),
                path=unknown[0],
                why=faces.why[unknown[0]],
            )
        )
    return LoadClustersResult(
        version=version,
        detector=detector,
        clusters=len(data),
        faces=len(kept),
        unknown=len(unknown),
        unknown_paths=unknown,
        unmatched=[Unreadable(path=path, why=why) for path, why in faces.why.items()],
    )
