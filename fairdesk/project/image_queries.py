"""Which images match a filter, in order, and what a grid shows of them. Read only, indexed."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from fairdesk.errors import RequestError
from fairdesk.project.detections import Search, searches
from fairdesk.project.faces import images_of_faces, largest_faces
from fairdesk.project.image_orders import in_order, sort_key
from fairdesk.project.label_filter import matching
from fairdesk.project.label_snapshot import LabelSnapshot
from fairdesk.project.main_face import FACE_LABELS, LABELS, SOURCE, WHO
from fairdesk.project.originals import missing_originals, unreadable
from fairdesk.project.quality import Limit
from fairdesk.project.shown_counts import HiddenImages, shown_groups, shown_identities, shown_searches, shown_vectors
from fairdesk.project.verdict_constraints import constraints
from fairdesk.project.verdicts import of_detector, verdicts
from fairdesk.words import tr

if TYPE_CHECKING:
    from fairdesk.project.project import Project
    from fairdesk.project.recipes import VectorSet

Ids = npt.NDArray[np.int64]
Kind = Literal["image", "face"]
# An age may be a range, as FairFace's are (20-29, more than 70): it counts where it overlaps what is asked for.
_AGE_FROM = "CAST(replace(lower(i.age), 'more than ', '') AS REAL)"
OLDEST, AGE_MOST = 200, 1e9  # years: what stands for no upper end, in a filter and in a range
_AGE_TO = (
    f"CASE WHEN lower(i.age) LIKE 'more than %' OR i.age LIKE '%+' THEN {AGE_MOST}"
    " WHEN i.age GLOB '[0-9]*-[0-9]*' THEN CAST(substr(i.age, instr(i.age, '-') + 1) AS REAL) ELSE CAST(i.age AS REAL) END"
)

_FROM = f"""
FROM image i
LEFT JOIN face f ON f.image_id = i.id AND f.place = 0 AND f.detector = ?1
{LABELS}"""


State = Literal[
    "any", "with face", "without face", "several faces", "unnamed", "synthetic", "real", "hidden", "missing"
]
_STATES: dict[str, str] = {
    "any": "1", "hidden": "1",
    "missing": "1",  # the disk says which are missing
    "with face": "f.id IS NOT NULL", "unnamed": "who.id IS NULL",
    "synthetic": "i.synthetic IS NOT NULL", "real": "i.synthetic IS NULL",
    "several faces": "EXISTS (SELECT 1 FROM detection d WHERE d.image_id = i.id AND d.detector = ?1 AND d.faces > 1)",
    "without face": "f.id IS NULL AND EXISTS (SELECT 1 FROM detection d"
    " WHERE d.image_id = i.id AND d.detector = ?1 AND d.why IS NULL)",  # one that could not be read may have faces
}  # fmt: skip


_FACE_STATES = {  # the images themselves, from an index or a small table
    "with face": "SELECT image_id AS n FROM face WHERE detector = ? AND place = 0",
    "several faces": "SELECT image_id AS n FROM detection WHERE detector = ? AND faces > 1",
}


@dataclass(frozen=True)
class Filter:
    """Which images to show. None means any."""

    group: str | None = None
    identity: str | None = None
    text: str = ""
    state: State = "any"
    in_set: str | None = None
    tag: str | None = None
    gender: str | None = None
    age: tuple[float, float] | None = None  # from, to, in years
    source: str | None = None  # who said the identity: folder, csv, person, ...
    cluster: int | None = None
    predicted: tuple[str, str] | None = None  # kind, value
    quality: tuple[Limit, ...] = ()
    detector: str | None = None  # whose faces are meant (state, quality, predicted); None: those shown
    ids: tuple[int, ...] | None = None

    @property
    def rests_on_faces(self) -> bool:
        """Whether it matters which detector's faces are meant."""
        face_states = ("with face", "without face", "several faces")
        return bool(self.quality or self.predicted or self.state in face_states)

    def faces_of(self, project: Project) -> str:
        """Return the detector whose faces are meant."""
        return self.detector or project.shown_detector()

    def to_json(self) -> str:
        """Return it as text, for a saved view."""
        return json.dumps(asdict(self) | {"quality": [str(limit) for limit in self.quality]}, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Filter:
        """Read what `to_json` wrote; fields this version does not know are left out."""
        kept = {key: value for key, value in json.loads(text).items() if key in cls.__dataclass_fields__}
        for name in ("age", "predicted", "ids"):
            if kept.get(name) is not None:
                kept[name] = tuple(kept[name])
        kept["quality"] = tuple(Limit.parse(one) for one in kept.get("quality", ()))
        return cls(**kept)


def _conditions(wanted: Filter) -> tuple[list[str], list[Any]]:
    """Return the conditions of a filter and their values; ?1 is the detector."""
    where = ["i.hidden = 1" if wanted.state == "hidden" else "i.hidden = 0", _STATES[wanted.state]]
    values: list[Any] = []

    def add(condition: str, *more: Any) -> None:
        where.append(condition)
        values.extend(more)

    if wanted.group is not None:
        add("g.name = ?" if wanted.group else "g.id IS NULL", *([wanted.group] if wanted.group else []))
    if wanted.identity is not None:
        add("who.name = ?", wanted.identity)
    if wanted.text:
        held = "%" + re.sub("([%_!])", r"!\1", wanted.text) + "%"
        add(
            f"(i.path LIKE ? ESCAPE '!' OR {WHO} IN (SELECT id FROM identity WHERE name LIKE ? ESCAPE '!'))", held, held
        )
    if wanted.in_set is not None:
        add(
            "i.id IN (SELECT image_id FROM set_member WHERE set_id = (SELECT id FROM image_set WHERE name = ?))"
            if wanted.in_set
            else "i.id NOT IN (SELECT image_id FROM set_member)",
            *([wanted.in_set] if wanted.in_set else []),
        )
    if wanted.tag is not None:
        add("i.id IN (SELECT image_id FROM image_tag WHERE tag = ?)", wanted.tag)
    if wanted.gender is not None:
        add("i.gender = ?", wanted.gender)
    if wanted.age is not None:
        add(f"{_AGE_FROM} <= ? AND {_AGE_TO} >= ?", wanted.age[1], wanted.age[0])
    if wanted.source is not None:
        add(f"ifnull({SOURCE}, '') = ?", wanted.source)
    if wanted.cluster is not None:
        add(
            "i.id IN (SELECT m.image_id FROM cluster_member c JOIN face m ON m.id = c.face_id AND m.place = 0 WHERE c.cluster_id = ?)",
            wanted.cluster,
        )
    if wanted.predicted is not None:
        add("f.id IN (SELECT face_id FROM prediction WHERE kind = ? AND value = ?)", *wanted.predicted)
    if wanted.ids is not None:
        add("i.id IN (SELECT value FROM json_each(?))", json.dumps(wanted.ids))
    if wanted.quality:
        inside = " AND ".join(limit.inside() for limit in wanted.quality)
        add(f"i.id IN (SELECT image_id FROM quality q WHERE q.detector = ?1 AND {inside})")
    return where, values


def image_ids(project: Project, wanted: Filter, order: str = "added", labels: LabelSnapshot | None = None) -> Ids:
    """Return the ids of the images that match, in an order of `image_orders.py`.

    Where `labels`, as they are now, tell which match, the catalogue is not asked.
    """
    with_faces = _FACE_STATES.get(wanted.state)
    by_labels = wanted if with_faces is None else replace(wanted, state="any")
    told = None if labels is None else matching(labels, by_labels)
    if labels is not None and told is not None:
        if with_faces is not None:
            told &= np.isin(labels.images, project.db.numbers(with_faces, (wanted.faces_of(project),)), kind="table")
        keys = labels.identity[told] if order == "identity" else None
        return in_order(project, order, wanted.faces_of(project), labels.images[told], keys)
    where, values = _conditions(wanted)
    columns, detector = ("i.id", *sort_key(order)), wanted.faces_of(project)
    with project.db.moment():
        rows = project.db.integers(columns, f"{_FROM} WHERE {' AND '.join(where)} ORDER BY i.id", [detector, *values])
        found = in_order(project, order, detector, rows[:, 0].copy(), rows[:, -1].copy())
    if wanted.state == "missing":
        return found[np.isin(found, missing_originals(project).images)]
    return found


def partly_of_age(project: Project, wanted: Filter) -> int:
    """Return how many of the images of a filter have a range of ages that is only partly what is asked for."""
    if wanted.age is None:
        return 0
    where, values = _conditions(wanted)
    sql = f"SELECT count(*) {_FROM} WHERE {' AND '.join(where)} AND NOT ({_AGE_FROM} >= ? AND {_AGE_TO} <= ?)"
    limits = wanted.age[0], AGE_MOST if wanted.age[1] >= OLDEST else wanted.age[1]
    count: int = project.db.value(sql, [wanted.faces_of(project), *values, *limits])
    return count


_PREDICTED = "(SELECT group_concat(kind || ' ' || value, ', ') FROM prediction p WHERE p.face_id = f.id)"


@dataclass(frozen=True)
class GridItem:
    """What a grid shows of one image or face."""

    id: int
    title: str
    group: str | None
    path: str
    box: tuple[int, int, int, int] | None  # top, right, bottom, left; None: the whole image
    synthetic: bool
    identity: str | None
    source: str | None
    predicted: str | None = None  # what models say, as text
    image: int = 0  # whose face it is, or itself


def items(project: Project, kind: Kind, ids: list[int]) -> dict[int, GridItem]:
    """Return what a grid shows of some images or faces, by id."""
    roots = {number: str(path) for number, path in project.roots().items()}
    if kind == "image":
        sql = (
            "SELECT i.id, i.root_id, i.path, i.synthetic, who.name, g.name, f.top, f.right, f.bottom, f.left,"
            " " + SOURCE + "," + _PREDICTED + ", i.id" + _FROM
            + " WHERE i.id IN (SELECT value FROM json_each(?2))"
        )  # fmt: skip
        rows = project.db.rows(sql, (project.shown_detector(), json.dumps(ids)))
    else:
        rows = project.db.rows(
            "SELECT f.id, i.root_id, i.path, i.synthetic, who.name, g.name, f.top, f.right, f.bottom, f.left, l.label_source, "
            + _PREDICTED
            + ", i.id"
            + f" FROM face f JOIN image i ON i.id = f.image_id JOIN face_label l ON l.face_id = f.id{FACE_LABELS}"
            " WHERE f.id IN (SELECT value FROM json_each(?))",
            (json.dumps(ids),),
        )
    out = {}
    for number, root, path, synthetic, who, group, top, right, bottom, left, source, said, image in rows:
        box = None if top is None else (top, right, bottom, left)
        name = who or path.rsplit("/", 1)[-1]
        out[number] = GridItem(
            number, name, group, f"{roots[root]}/{path}", box, synthetic is not None, who, source, said, image
        )
    return out


@dataclass(frozen=True)
class Boxed:
    """A face on a photograph; `main` for the one that is shown or asked about."""

    box: tuple[int, int, int, int]  # top, right, bottom, left
    identity: str | None
    main: bool


def boxes(project: Project, kind: Kind, number: int) -> list[Boxed]:
    """Return all faces on the photograph of an image or a face, the main one last (so that it is drawn on top)."""
    image, detector = number, project.shown_detector()
    if kind == "face":
        row = project.db.rows("SELECT image_id, detector FROM face WHERE id = ?", (number,))
        if not row:
            return []
        image, detector = row[0]
    rows = project.db.rows(
        "SELECT f.id, f.place, f.top, f.right, f.bottom, f.left, who.name FROM face f JOIN face_label l ON l.face_id = f.id"
        " LEFT JOIN identity who ON who.id = l.identity_id WHERE f.image_id = ? AND f.detector = ? ORDER BY f.place DESC",
        (image, detector),
    )
    found = [Boxed((r[2], r[3], r[4], r[5]), r[6], r[0] == number if kind == "face" else r[1] == 0) for r in rows]
    return sorted(found, key=lambda face: face.main)


def overview(project: Project) -> dict[str, Any]:
    """Return what a project holds: the images that are shown, who they are of, what was found in them, and what was made."""
    value = project.db.value
    with project.db.moment():
        ((shown, hidden, synthetic),) = project.db.rows(
            "SELECT ifnull(sum(hidden = 0), 0), ifnull(sum(hidden = 1), 0), ifnull(sum(hidden = 0 AND synthetic IS NOT NULL), 0)"
            " FROM image"
        )
        found, vectors = searches(project), project.vectors.sets()
        if hidden:
            hiding = HiddenImages.read(project)
            found = shown_searches(project, found, hiding)
            vectors = [one for one in shown_vectors(project, vectors, found, hiding) if one.vectors]
        return {
            "images": shown,
            "hidden": hidden,
            "synthetic": synthetic,
            "identities": shown_identities(project),
            "groups": len(shown_groups(project)),
            **face_counts(project, found, vectors),
            "clusterings": value("SELECT count(*) FROM clustering"),
            "lists": value("SELECT count(*) FROM pair_list"),
            "scores": value("SELECT count(*) FROM score_set"),
        }


def face_counts(project: Project, known: Sequence[Search], vectors: Sequence[VectorSet]) -> dict[str, Any]:
    """Return the counts of what was read, looked for and encoded; `known` is what `searches` gave."""
    detector = project.shown_detector()
    shown = next((one for one in known if one.detector == detector), Search(detector, 0, 0, 0, 0))
    return {
        "unreadable": len(unreadable(project)),
        "detector": detector,
        "searched": shown.images,
        "faces": shown.faces,
        "without_face": shown.without_face,
        "not_searched": shown.not_read,
        "vectors": list(vectors),
    }


def more_like(project: Project, image: int, recipe_hash: str, among: Ids) -> Ids:
    """Return images ordered by how near their largest face's vector is to one image's; those without one are left out.

    `recipe_hash` says which vectors. What people have said is honoured: faces of the same person come first, those
    of others and those of no interest are left out.

    Raises
    ------
    RequestError
        If the image has no vector of this encoder.
    """
    recipe = project.vectors.find(recipe_hash)
    vectors = project.vectors.rows_of_images(recipe)
    images = vectors.numbers
    if not (images == image).any():
        raise RequestError(
            tr(
                "This image has no {encoder} embedding of the faces that {detector} found. "
                "Encode faces first; an image without a face has none.",
                encoder=recipe.encoder,
                detector=recipe.detector,
            )
        )
    keep = np.isin(images, among) | (images == image)
    distance = np.empty(len(images), dtype=np.float32)
    (mine,) = vectors.of(np.array([image]))[:]
    if recipe.metric == "cosine" and not mine.any():
        raise RequestError(
            tr("The embedding of this image is all zeros, and so has no direction to compare by. Encode it again.")
        )
    for where, some in vectors.by_file():
        if recipe.metric == "cosine":
            norms = np.linalg.norm(some, axis=1) * max(float(np.linalg.norm(mine)), 1e-30)
            distance[where] = 1 - (some @ mine) / np.where(norms == 0, 1, norms)
            keep[where] &= norms > 0  # what has no direction is like nothing
        else:
            distance[where] = np.sqrt(((some - mine) ** 2).sum(1))
    said = constraints(of_detector(project, verdicts(project), recipe.detector))
    if said:
        with_it, without = said.beside(*largest_faces(project, recipe.detector, [image]))
        faces = images_of_faces(project, [*with_it, *without])
        distance = np.where(np.isin(images, [faces[face] for face in with_it]), -0.5, distance)
        keep &= ~np.isin(images, [faces[face] for face in without]) | (images == image)
    distance = np.where(images == image, -1.0, distance)
    order = np.argsort(distance, kind="stable")
    return np.asarray(images[order][keep[order]])
