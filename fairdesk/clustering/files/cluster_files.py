"""Cluster files: as the original scripts wrote them, {label: [image path, ...]} with "-1" for unclustered, and tables."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from fairdesk.clustering.files.cluster_tables import Row, is_cluster_table, read_cluster_table, write_cluster_table
from fairdesk.clustering.files.results import LoadClustersResult
from fairdesk.clustering.params import LoadClustersParams
from fairdesk.clustering.store import UNCLUSTERED, NewCluster, NewVersion, add_version, clustered_faces, clusters
from fairdesk.clustering.verdicts.holding import holding_in
from fairdesk.dataset.known_images import match_paths, project_files, tell_hidden
from fairdesk.dataset.path_matching import plain
from fairdesk.dataset.replaced_prefixes import replaced
from fairdesk.dataset.table_files import read_text
from fairdesk.errors import RequestError, reason
from fairdesk.images.image_sources import exists
from fairdesk.images.written_files import write_manifest, write_text
from fairdesk.jobs.context import Context
from fairdesk.jobs.results import Unreadable
from fairdesk.plain_json import parse
from fairdesk.project import Project
from fairdesk.project.boxes import SAME, FaceBox, overlap
from fairdesk.project.detections import face_count, searches
from fairdesk.project.detector_key import DetectorKey
from fairdesk.project.faces import face_places, faces_of_paths
from fairdesk.project.images import labelled_images
from fairdesk.words import tr, tr_n

_LONG = 200  # characters of a path that are shown


def write_clusters(project: Project, version: int, path: Path) -> int:
    """Write a version as a cluster file, or by its ending as a table; returns how many faces.

    A .json names whole images, so an image whose faces lie in several clusters cannot be told apart; a table has their boxes.
    Its clusters are called by their names; by their numbers where they have none, share one, or have one that is a number.

    Raises
    ------
    RequestError
        If one image has faces in more than one cluster, for a .json.
    """
    faces = clustered_faces(project, version)
    synthetic = {str(i.path) for i in labelled_images(project, hidden=True) if i.synthetic}
    if is_cluster_table(path):
        boxes = {place.id: place.box.css for place in face_places(project, [one.face for one in faces])}
        named = {one.id: one.name or one.identity for one in clusters(project, version)}
        rows = [Row(str(one.path), str(one.label), named[one.cluster], boxes[one.face]) for one in faces]
        write_cluster_table(path, rows)
        _tell_synthetic(path, {row.path for row in rows} & synthetic)
        return len(rows)
    keys = _keys(project, version)
    found: dict[str, list[str]] = {}
    home: dict[str, int] = {}
    count = 0
    for _, _, label, _, image in faces:
        key = str(image)
        if home.setdefault(key, label) != label:
            raise RequestError(
                tr(
                    "{key} has faces in clusters {home} and {label}, and this file names whole images. "
                    "Write a .csv or .parquet, which has the boxes of faces.",
                    key=key,
                    home=home[key],
                    label=label,
                )
            )
        there = found.setdefault(keys[label], [])
        if key not in there:
            there.append(key)
            count += 1
    save_clusters(path, found, synthetic)
    return count


def _keys(project: Project, version: int) -> dict[int, str]:
    """Return what each cluster is called in a .json, by its label."""
    every = clusters(project, version)
    names = {one.label: one.name or one.identity or "" for one in every}
    times = Counter(names.values())
    own = {
        label
        for label, name in names.items()
        if label != UNCLUSTERED and name and times[name] == 1 and not _number(name)
    }
    return {label: name if label in own else str(label) for label, name in names.items()}


def save_clusters(path: Path, found: dict[str, list[str]], synthetic: Collection[str] = ()) -> None:
    """Write {label: [image path, ...]}, or by the ending a table; which are synthetic, in a manifest.

    Numbers come first, in their order, then names as they were given.
    """
    ordered = dict(sorted(found.items(), key=lambda one: (0, int(one[0])) if _number(one[0]) else (1, 0)))
    if is_cluster_table(path):
        write_cluster_table(path, [Row(one, label) for label, paths in ordered.items() for one in paths])
    else:
        write_text(path, json.dumps(ordered, indent=1, ensure_ascii=False))
    _tell_synthetic(path, {one for paths in found.values() for one in paths if one in synthetic})


def _tell_synthetic(path: Path, made: Collection[str]) -> None:
    if made:
        write_manifest(path, {"job": "cluster", "synthetic": True}, sorted(made))


def read_clusters(path: Path) -> dict[str, list[str]]:
    """Read a cluster file, or a table of clusters, as {label: [image path, ...]}.

    Raises
    ------
    RequestError
        If it is no JSON object of lists of paths, and no table with paths and clusters.
    """
    if is_cluster_table(path):
        found: dict[str, list[str]] = {}
        for row in read_cluster_table(path):
            found.setdefault(row.cluster, []).append(row.path)
        return found
    return _read_json(path)


def _rows(path: Path) -> tuple[list[Row], list[str]]:
    """Read a cluster file or table as rows; and its clusters that hold nothing."""
    if is_cluster_table(path):
        return read_cluster_table(path), []
    data = _read_json(path)
    rows = [Row(one, label) for label, paths in data.items() for one in paths]
    return rows, [label for label, paths in data.items() if not paths]


def _read_json(path: Path) -> dict[str, list[str]]:
    try:
        data = parse(read_text(path), unique=True)
    except ValueError as error:
        raise RequestError(
            tr("{path} cannot be read as a cluster file: {error}", path=path, error=reason(error))
        ) from error
    if not isinstance(data, dict) or not all(
        isinstance(paths, list) and all(isinstance(item, str) and item for item in paths) for paths in data.values()
    ):
        raise RequestError(
            tr('{path} is not a cluster file: it must be {{"label": ["image path", ...], ...}}.', path=path)
        )
    return data


def files_of(path: Path, names: Iterable[str], rules: Sequence[str] = ()) -> dict[str, Path]:
    """Return the files that the paths of a cluster file mean where there is no project: as they stand, or from where the file lies.

    `rules` replace how paths begin (`dataset/replaced_prefixes.py`).
    """
    out = {}
    names = list(names)
    moved = replaced(names, rules)
    for name in names:
        written = moved.get(name, plain(name))
        tried = [Path(moved.get(name, name)), Path(written), path.parent / written]
        out[name] = next((one for one in tried if exists(one)), tried[0])
    return out


class _Faces(NamedTuple):
    of: list[int | None]  # the face that each row of the file means
    why: dict[str, str]  # why a path means none


def _faces_of_rows(project: Project, rows: Sequence[Row], detector: str, rules: Sequence[str] = ()) -> _Faces:
    """Find the faces that the rows of a cluster file mean, however their paths are written: by the box, else the largest."""
    images, files = project_files(project)
    moved = replaced((row.path for row in rows), rules)
    matched = match_paths(images, files, (row.path for row in rows), moved)
    faces = faces_of_paths(project, detector)
    out = _Faces([], dict(matched.why))
    tell_hidden(project, out.why, moved)
    for row in rows:
        place = matched.found.get(row.path)
        there = [] if place is None else faces.get(Path(images[place].path), [])
        face = _meant(there, row.box)
        if place is not None and face is None:
            out.why[row.path] = tr("no face was found in it") if not there else tr("no face lies in that box")
        out.of.append(face)
    return out


def _meant(there: Sequence[tuple[int, FaceBox]], box: tuple[int, int, int, int] | None) -> int | None:
    if box is None:
        return there[0][0] if there else None
    best = max(there, key=lambda one: overlap(one[1], FaceBox(*box)), default=None)
    return best[0] if best is not None and overlap(best[1], FaceBox(*box)) > SAME else None


def load_clusters(params: LoadClustersParams, context: Context) -> LoadClustersResult:
    """Job: read a cluster file into the project as a new version; paths it does not know are counted."""
    project = context.project
    rows, empty = _rows(params.file)
    detector = params.detector or project.shown_detector()
    if not face_count(project, detector):
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
    faces = _faces_of_rows(project, rows, detector, params.replace_prefix or ())
    unknown = list(faces.why)
    home: dict[int, str] = {}
    twice = 0
    for row, face in zip(rows, faces.of, strict=True):
        if face is not None:
            twice += home.setdefault(face, row.cluster) != row.cluster
    if not home:
        raise RequestError(
            tr(
                "None of the paths in {file} is an image of the project with a face that {detector} found, for example {path}. "
                "Nothing was read.",
                file=params.file,
                detector=detector,
                path=f"{unknown[0][:_LONG]} ({faces.why[unknown[0]]})" if unknown else tr("it names no image"),
            )
        )
    labels = list(dict.fromkeys(home.values()))
    place_of = {label: place for place, label in enumerate(labels)}
    names = _names(rows)
    found = _clusters(names, labels)
    about = {"file": str(params.file), "detector": detector}
    version = add_version(
        project,
        tr("Read clusters from {file}", file=params.file.name),
        NewVersion("file", about, found, params.file.stem),
        [(face, place_of[label]) for face, label in home.items()],
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
    if twice:
        context.message(
            tr_n(
                "{n:,} face is in several clusters of the file: the first counts.",
                "{n:,} faces are in several clusters of the file: the first counts.",
                twice,
            )
        )
    loose = str(UNCLUSTERED)
    lost = list(dict.fromkeys(row.cluster for row in rows if row.cluster not in place_of and row.cluster != loose))
    if lost:
        context.message(
            tr_n(
                "{n:,} cluster of the file has no face here, and is left out: {labels}.",
                "{n:,} clusters of the file have no face here, and are left out: {labels}.",
                len(lost),
                labels=_first_of(lost),
            )
        )
    if empty:
        context.message(
            tr_n(
                "{n:,} cluster is empty in the file, and is left out: {labels}.",
                "{n:,} clusters are empty in the file, and are left out: {labels}.",
                len(empty),
                labels=_first_of(empty),
            )
        )
    for label in labels:
        if len(names.get(label, ())) > 1:
            context.message(
                tr(
                    "Cluster {label} has several names in the file: {names}. The first of these is kept.",
                    label=label[:40],
                    names=", ".join(f"{name} ({count:,})" for name, count in names[label].most_common(5)),
                )
            )
    holding = holding_in(project, version)
    return LoadClustersResult(
        version=version,
        detector=detector,
        clusters=len(labels) - (loose in place_of),
        faces=len(home),
        unknown=len(unknown),
        unknown_paths=unknown,
        unmatched=[Unreadable(path=path, why=why) for path, why in faces.why.items()],
        verdicts=holding.verdicts or None,
        verdicts_broken=holding.broken if holding.verdicts else None,
    )


def _first_of(labels: Sequence[str]) -> str:
    return ", ".join(label[:40] for label in labels[:10]) + (", …" if len(labels) > 10 else "")


def _names(rows: Sequence[Row]) -> dict[str, Counter[str]]:
    """Return how often each cluster of a file has which name."""
    names: dict[str, Counter[str]] = {}
    for row in rows:
        if row.name:
            names.setdefault(row.cluster, Counter())[row.name] += 1
    return names


def _clusters(names: dict[str, Counter[str]], labels: Sequence[str]) -> list[NewCluster]:
    """Return the clusters of a file: by number where they all are numbers, else numbered anew and named by their labels."""
    taken = {int(label) for label in labels if _number(label)}
    out, following = [], 0
    for label in labels:
        given = names[label].most_common(1)[0][0] if label in names else None
        if _number(label):
            out.append(NewCluster(int(label), given))
            continue
        while following in taken:
            following += 1
        taken.add(following)
        out.append(NewCluster(following, given or label))
    return out


def _number(label: str) -> bool:
    """Whether a label is a number to keep: written as numbers are, and small enough that others can follow it."""
    return label == "-1" or (label.isdecimal() and len(label) < 17 and label == str(int(label)) and int(label) < 2**53)
