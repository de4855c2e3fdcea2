"""Cluster files as the original scripts wrote them: {label: [image path, ...]}, "-1" for unclustered."""

from __future__ import annotations

import json
import time
from collections.abc import Collection
from pathlib import Path

from fairdesk.clustering.params import LoadClustersParams
from fairdesk.clustering.results import LoadClustersResult
from fairdesk.clustering.versions import face_paths
from fairdesk.dataset.identities import labelled_images
from fairdesk.errors import RequestError
from fairdesk.images.written_files import write_manifest, write_text
from fairdesk.jobs.context import Context
from fairdesk.plain_json import parse
from fairdesk.project import Project
from fairdesk.project import label_basis as basis
from fairdesk.project.detector_key import DetectorKey
from fairdesk.project.searches import searches


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
    for _, label, _, image in face_paths(project, version):
        key = str(image)
        if home.setdefault(key, label) != label:
            raise RequestError(
                f"{key} has faces in clusters {home[key]} and {label}, and a cluster file names whole images. "
                "Detect faces with the policy `largest` and cluster again."
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
        raise RequestError(f"{path} cannot be read as a cluster file: {error}") from error
    if not isinstance(data, dict) or not all(
        isinstance(paths, list) and all(isinstance(item, str) for item in paths) for paths in data.values()
    ):
        raise RequestError(f'{path} is not a cluster file: it must be {{"label": ["image path", ...], ...}}.')
    return data


def load_clusters(params: LoadClustersParams, context: Context) -> LoadClustersResult:
    """Job: read a cluster file into the project as a new version; paths it does not know are counted."""
    project = context.project
    data = read_clusters(params.file)
    roots = project.roots()
    detector = params.detector or project.shown_detector()
    faces: dict[str, int] = {}
    for number, root, path in project.db.rows(
        "SELECT f.id, i.root_id, i.path FROM face f JOIN image i ON i.id = f.image_id WHERE f.place = 0 AND f.detector = ?",
        (detector,),
    ):
        faces[str(roots[root] / path)] = number
        faces[str((roots[root] / path).resolve())] = number
    if not faces:
        have = ", ".join(f"{one.detector} ({one.faces:,})" for one in searches(project.db) if one.faces)
        raise RequestError(
            f"The project has no faces{f' that {detector} found. It has those of: {have}.' if have else ' yet.'} "
            f"Detect faces first: fairdesk detect PROJECT{f' {DetectorKey.parse(detector).options()}' if detector else ''}"
        )
    unknown = [path for paths in data.values() for path in paths if path not in faces]
    taken = basis.take(project)
    kept: set[int] = set()
    with project.journal.step(f"Read clusters from {params.file.name}", target={"tab": "clustering"}) as connection:
        connection.execute(
            "INSERT INTO clustering (name, method, params, created, basis) VALUES (?, 'file', ?, ?, ?)",
            (params.file.stem, json.dumps({"file": str(params.file), "detector": detector}), time.time(), taken),
        )
        version = connection.last_insert_rowid()
        for place, (label, paths) in enumerate(data.items()):
            number = int(label) if label.lstrip("-").isdigit() else place
            name = None if label.lstrip("-").isdigit() else label
            connection.execute(
                "INSERT INTO cluster (clustering_id, label, name) VALUES (?, ?, ?)", (version, number, name)
            )
            cluster = connection.last_insert_rowid()
            for path in paths:
                face = faces.get(path)
                if face is not None and face not in kept:
                    kept.add(face)
                    connection.execute("INSERT INTO cluster_member VALUES (?, ?, ?)", (version, face, cluster))
    if unknown:
        context.message(f"{len(unknown)} paths are not in the project, the first: {unknown[0]}")
    return LoadClustersResult(
        version=version,
        detector=detector,
        clusters=len(data),
        faces=len(kept),
        unknown=len(unknown),
        unknown_paths=unknown,
    )
