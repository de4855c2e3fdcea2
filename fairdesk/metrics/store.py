"""A project's pair lists and score sets: which there are, and adding one."""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple

from fairdesk.errors import RequestError
from fairdesk.project import Project
from fairdesk.project import label_basis as basis
from fairdesk.project.label_basis import LeftOut
from fairdesk.project.recipes import named_encoder
from fairdesk.words import tr, tr_n


@dataclass(frozen=True)
class PairList:
    """A pair list of the project."""

    id: int
    name: str
    path: str
    genuine: int
    impostor: int
    frozen: bool
    change: basis.LabelChange  # since it was made
    params: dict[str, Any]


@dataclass(frozen=True)
class ScoreSummary:
    """What a score set holds."""

    genuine: int
    impostor: int
    dropped: int
    measure: str
    faces: int | None = None  # that had a vector

    @classmethod
    def read(cls, text: str) -> ScoreSummary:
        """Read one as it is kept, by whatever version."""
        kept = json.loads(text)
        return cls(kept["genuine"], kept["impostor"], kept.get("dropped", 0), kept["measure"], kept.get("faces"))


@dataclass(frozen=True)
class ListedScores:
    """A score set of the project; encoder and detector where they are known."""

    id: int
    name: str
    path: str
    summary: ScoreSummary
    encoder: str | None
    """With what its embeddings differ in from its usual ones, such as "dlib (mirrored)"."""
    detector: str | None
    change: basis.LabelChange  # since their pair list was made; since they were, where it is not known
    params: dict[str, Any]
    """Of the job that made them."""
    pair_list: str


class ScoreOrigin(NamedTuple):
    """What scores were made from: their pair list, the vectors' recipe (its id), and the labels at the time."""

    pairs: str
    recipe: int | None = None
    basis: bytes | None = None


def pair_lists(project: Project) -> list[PairList]:
    """Return the pair lists, the newest first."""
    rows = project.db.rows(
        "SELECT id, name, path, genuine, impostor, frozen, basis, params FROM pair_list ORDER BY id DESC"
    )
    left_out = [LeftOut.by_people(json.loads(row[7])) for row in rows]
    changes = basis.changes_since(project, [row[6] for row in rows], left_out)
    return [
        PairList(number, name, path, genuine, impostor, bool(frozen), change, json.loads(params))
        for (number, name, path, genuine, impostor, frozen, _, params), change in zip(rows, changes, strict=True)
    ]


def add_pair_list(
    project: Project, out: Path, params: dict[str, Any], genuine: int, impostor: int, sha256: str
) -> None:
    """List a pair list that was written: one undoable step."""
    taken = basis.take(project)
    with project.journal.step(tr("Make the pair list {out}", out=out.name), target={"tab": "metrics"}) as connection:
        connection.execute(
            "INSERT INTO pair_list (name, path, format, genuine, impostor, params, sha256, created, basis)"
            " VALUES (?,?,?,?,?,?,?,?,?)",
            (out.name, str(out), params["format"], genuine, impostor, json.dumps(params), sha256, time.time(), taken),
        )


def need_thawed(project: Project, out: Path) -> None:
    """Refuse to write over a frozen pair list. Raises `RequestError`."""
    frozen = project.db.value("SELECT name FROM pair_list WHERE path = ? AND frozen = 1", (str(out),))
    if frozen is not None:
        raise RequestError(
            tr(
                "The list {name} is frozen and stays as it is. Write to another file, or unfreeze it first: sets PROJECT --thaw {name}",
                name=frozen,
            )
        )


def score_sets(project: Project) -> list[ListedScores]:
    """Return the score sets, the newest first."""
    rows = project.db.rows(
        "SELECT id, name, path, summary, recipe_id, basis, pair_list, params FROM score_set ORDER BY id DESC"
    )
    lists: dict[str, str] = dict(project.db.rows("SELECT path, params FROM pair_list ORDER BY id"))
    made: dict[str, bytes | None] = dict(project.db.rows("SELECT sha256, basis FROM pair_list ORDER BY id"))
    params = [json.loads(row[7]) for row in rows]
    left_out = [LeftOut.by_people(json.loads(lists[row[6]])) if row[6] in lists else LeftOut() for row in rows]
    since = [made.get(one.get("list_sha256")) or row[5] for row, one in zip(rows, params, strict=True)]
    changes = basis.changes_since(project, since, left_out)
    out = []
    for (number, name, path, summary, recipe_id, _, pairs, _), change, given in zip(rows, changes, params, strict=True):
        recipe = None if recipe_id is None else project.vectors.by_id(recipe_id)
        encoder, detector = None, None
        if recipe is not None:
            encoder, detector = named_encoder(recipe.encoder, *project.vectors.kind(recipe)), recipe.detector
        out.append(
            ListedScores(number, name, path, ScoreSummary.read(summary), encoder, detector, change, given, pairs)
        )
    return out


def origin_of(project: Project, scores: Path) -> ScoreOrigin | None:
    """Return what a score file of the project was made from, or None where it is not listed."""
    rows = project.db.rows(
        "SELECT pair_list, recipe_id, basis FROM score_set WHERE path = ? ORDER BY id DESC LIMIT 1", (str(scores),)
    )
    return ScoreOrigin(*rows[0]) if rows else None


def add_score_set(
    project: Project, text: str, out: Path, origin: ScoreOrigin, params: dict[str, Any], summary: ScoreSummary
) -> None:
    """List scores that were written: one undoable step, named by `text`."""
    with project.journal.step(text, target={"tab": "metrics"}) as connection:
        connection.execute(
            "INSERT INTO score_set (name, path, pair_list, recipe_id, params, summary, created, basis)"
            " VALUES (?,?,?,?,?,?,?,?)",
            (out.name, str(out), origin.pairs, origin.recipe, json.dumps(params), json.dumps(asdict(summary)),
             time.time(), origin.basis),
        )  # fmt: skip


class MarkKind(StrEnum):
    """Why a comparison is left out of the error rates."""

    EXCLUDED = "excluded"
    WRONG_LABEL = "wrong label"


@dataclass(frozen=True)
class ComparisonMark:
    """A comparison that a person left out."""

    kind: MarkKind
    reason: str


def comparison_marks(project: Project) -> dict[tuple[int, int], ComparisonMark]:
    """Return the comparisons that are left out, by their two images, the smaller id first."""
    rows = project.db.rows("SELECT image1, image2, kind, reason FROM comparison_mark")
    return {(one, two): ComparisonMark(MarkKind(kind), reason) for one, two, kind, reason in rows}


def mark_comparisons(project: Project, pairs: list[tuple[int, int]], kind: MarkKind, reason: str) -> int:
    """Leave comparisons out of the error rates: one undoable step; returns how many.

    Raises
    ------
    RequestError
        Without a reason: what is left out of a study has to be accounted for.
    """
    if not reason.strip():
        raise RequestError(tr("Give a reason: what is left out has to be accounted for."))
    text = tr_n(
        "Leave {n:,} comparison out: {reason}", "Leave {n:,} comparisons out: {reason}", len(pairs), reason=reason
    )
    with project.journal.step(text, target={"tab": "metrics"}) as connection:
        for one, two in pairs:
            connection.execute(
                "INSERT INTO comparison_mark (image1, image2, kind, reason, created) VALUES (?,?,?,?,?)"
                " ON CONFLICT (image1, image2) DO UPDATE SET kind = excluded.kind, reason = excluded.reason",
                (min(one, two), max(one, two), kind.value, reason.strip(), time.time()),
            )
    return len(pairs)


def unmark_comparisons(project: Project, pairs: list[tuple[int, int]]) -> int:
    """Count comparisons again: one undoable step; returns how many were left out."""
    text = tr_n("Count {n:,} comparison again", "Count {n:,} comparisons again", len(pairs))
    with project.journal.step(text, target={"tab": "metrics"}) as connection:
        before = connection.total_changes()
        for one, two in pairs:
            connection.execute(
                "DELETE FROM comparison_mark WHERE image1 = ? AND image2 = ?", (min(one, two), max(one, two))
            )
        return connection.total_changes() - before
