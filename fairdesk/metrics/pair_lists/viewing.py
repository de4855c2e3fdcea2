"""A pair list as somebody looks at it: its pairs with their two faces, and what it says before it is used."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from fairdesk import counted
from fairdesk.dataset.known_images import project_files
from fairdesk.errors import RequestError
from fairdesk.metrics.pair_lists.matching import ListedName, match_list, names_of
from fairdesk.metrics.pair_lists.pairs import Pair, PairList, format_shown
from fairdesk.metrics.pair_lists.reading import read_list
from fairdesk.metrics.params import PairsParams
from fairdesk.project import Project
from fairdesk.project.faces import face_places, largest_face_of_paths
from fairdesk.words import tr, tr_n

Box = tuple[int, int, int, int]


@dataclass(frozen=True)
class ListedFace:
    """One side of a pair: its image, and where its face is if that is known."""

    name: str  # as the list has it
    path: str  # where it lies; empty where the list means no image
    face: int | None = None
    box: Box | None = None
    why: str = ""  # no image is meant


@dataclass(frozen=True)
class ListedPair:
    """A pair of a list, with what the list or the project calls its two sides."""

    pair: Pair
    faces: tuple[ListedFace, ListedFace]
    subjects: tuple[str, str]
    groups: tuple[str, str]


def pairs_to_see(project: Project, path: Path) -> list[ListedPair]:
    """Return the pairs of a list with their faces. Raises `RequestError` as reading it does."""
    listed = read_list(path)
    images = match_list(names_of(listed), *project_files(project))
    detector = project.shown_detector()
    faces = {str(file): face for file, face in largest_face_of_paths(project, detector).items()} if detector else {}
    boxes = {one.id: one.box.css for one in face_places(project, list(faces.values()))}
    out = []
    for pair in listed.pairs:
        sides, subjects, groups = [], [], []
        for name, subject, group in (
            (pair.path1, pair.subject1, pair.group1),
            (pair.path2, pair.subject2, pair.group2),
        ):
            key = ListedName(_first_image(listed, name), "" if listed.templates else group)
            image = images.image(key)
            face = None if image is None else faces.get(image.path)
            sides.append(
                ListedFace(
                    name, "" if image is None else image.path, face, boxes.get(face or 0), images.why.get(key, "")
                )
            )
            subjects.append(subject or (image.subject if image is not None else ""))
            groups.append(group or (image.group if image is not None else ""))
        out.append(ListedPair(pair, (sides[0], sides[1]), (subjects[0], subjects[1]), (groups[0], groups[1])))
    return out


def _first_image(listed: PairList, name: str) -> str:
    return listed.templates[name][0].path if listed.templates else name


def list_facts(project: Project, params: PairsParams) -> str:
    """Say what a list that is to be imported holds, and how many of its images the project has."""
    assert params.from_list is not None
    try:
        listed = read_list(params.from_list, params.mapping)
    except RequestError as error:
        return str(error)
    genuine = sum(pair.label for pair in listed.pairs)
    images = match_list(names_of(listed), *project_files(project))
    lines = [
        tr(
            "Read as {format}: {genuine} and {impostor} in {folds}.",
            format=format_shown(listed.read_as),
            genuine=counted.genuine_pairs(genuine),
            impostor=counted.impostor_pairs(len(listed.pairs) - genuine),
            folds=tr_n("{n:,} fold", "{n:,} folds", listed.folds),
        ),
        tr(
            "{found:,} of its {all} are in the project.",
            found=len(images.found),
            all=counted.images(len(images.found) + len(images.why)),
        ),
        *listed.notes,
        *images.notes,
    ]
    lines += [f"{name.path}: {why}" for name, why in list(images.why.items())[:3]]
    if len(images.why) > 3:
        lines.append(tr("... and {n:,} more", n=len(images.why) - 3))
    if listed.left_out:
        first = listed.left_out[0]
        lines.append(
            tr_n(
                "{n:,} line gives no pair: line {line}, {why}.",
                "{n:,} lines give no pair, the first: line {line}, {why}.",
                len(listed.left_out),
                line=first.line,
                why=first.why,
            )
        )
    return "\n".join(lines)
