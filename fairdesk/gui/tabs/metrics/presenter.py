"""What the Metrics tab shows, worked out without Qt."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any

from fairdesk.figures.error_curve import Curve
from fairdesk.metrics.error_curves import histogram
from fairdesk.metrics.error_rates import TARGETS, Scores
from fairdesk.metrics.evaluation import evaluate, group_comparisons, per_group_scores
from fairdesk.metrics.params import EvaluateParams
from fairdesk.metrics.results import EvaluateResult, GroupFigures
from fairdesk.metrics.score_files import read_scores
from fairdesk.metrics.shown_figures import curves_of, number, rate
from fairdesk.project import Project
from fairdesk.project import label_basis as basis
from fairdesk.project.image_queries import overview


@dataclass(frozen=True)
class Source:
    """A pair list or a score set of the project."""

    kind: str  # "list" or "scores"
    id: int
    name: str
    path: str
    about: str
    stale: str | None
    vectors: str = ""  # which were compared


@dataclass
class View:
    """What can be evaluated, and what is missing on the way there."""

    sources: list[Source] = field(default_factory=list)
    identities: int = 0
    images: int = 0
    vectors: bool = False


def look(project: Project) -> View:
    """Read the project's lists and scores, newest first."""
    counts = overview(project)
    view = View([], counts["identities"], counts["images"], bool(counts["vectors"]))
    for row in project.db.rows(
        "SELECT id, name, path, genuine, impostor, basis, frozen FROM pair_list ORDER BY id DESC"
    ):
        change = basis.changed_since(project, row[5])
        view.sources.append(
            Source(
                "list",
                row[0],
                row[1],
                row[2],
                f"{row[3]:,} genuine, {row[4]:,} impostor" + (", frozen" if row[6] else ""),
                str(change) if change else None,
            )
        )
    for row in project.db.rows(
        "SELECT s.id, s.name, s.path, s.summary, s.basis, r.encoder, r.detector FROM score_set s"
        " LEFT JOIN recipe r ON r.id = s.recipe_id ORDER BY s.id DESC"
    ):
        change, about = basis.changed_since(project, row[4]), json.loads(row[3])
        text = f"{about['genuine']:,} genuine, {about['impostor']:,} impostor, {about['measure']}"
        vectors = vectors_line({"encoder": row[5], "detector": row[6], "faces": about.get("faces")})
        text += f"\n{vectors}" if vectors else ""
        view.sources.append(Source("scores", row[0], row[1], row[2], text, str(change) if change else None, vectors))
    return view


@dataclass(frozen=True)
class Evaluation:
    """One evaluated score file, ready to draw."""

    path: Path
    result: EvaluateResult
    curves: list[Curve]
    bins: Any
    groups: list[str]


def work_out(params: EvaluateParams) -> Evaluation:
    """Evaluate a score file; by group where the scores name groups."""
    scores = read_scores(params.scores)
    if params.distance:
        scores.negate()
    grouped = scores.grouped and bool(scores.group1 is not None and (scores.group1 != "").any())
    params = params.model_copy(update={"by": "group" if grouped else "none"})
    result, overall = evaluate(scores, params)
    groups: dict[str, Scores] = per_group_scores(group_comparisons(scores)) if grouped else {}
    return Evaluation(params.scores, result, curves_of(overall, groups), histogram(overall), list(groups))


def vectors_line(about: dict[str, Any]) -> str:
    """Name encoder, detector and number of faces, as far as they are known."""
    parts = [about[name] for name in ("encoder", "detector") if about.get(name)]
    if parts and about.get("faces") is not None:
        parts.append(f"{about['faces']:,} faces")
    return " · ".join(parts)


def headline(result: EvaluateResult) -> str:
    """Return the overall figures as one line of rich text."""
    dropped = result.dropped.genuine + result.dropped.impostor
    parts = [f"{result.n_genuine:,} genuine and {result.n_impostor:,} impostor scores"]
    if dropped:
        parts.append(f"<b>{dropped:,} pairs dropped</b> (no score)")
    if result.eer is None:
        parts.append(f"EER undefined: {escape(result.eer_why or '')}")
    else:
        parts += [f"<b>EER {rate(result.eer)}</b> at {number(result.eer_threshold)}", f"AUC {result.auc:.6f}",
                  f"d′ {number(result.d_prime)}"]  # fmt: skip
    text = "  ·  ".join(parts)
    if vectors := vectors_line({"encoder": result.encoder, "detector": result.detector, "faces": result.faces}):
        text += f"<br>Embeddings: {escape(vectors)}"
    if result.warning:
        text += f"<br><b>{escape(result.warning)}</b>"
    return text


def _per_group(result: EvaluateResult) -> dict[str, GroupFigures]:
    return {} if result.groups is None else result.groups.per_group


HEADER = (
    "Group",
    "Genuine",
    "Impostor",
    "FMR",
    "95 %",
    "FNMR",
    "95 %",
    "False matches",
    "False non-matches",
    "Own EER",
    "d′",
)


def table(result: EvaluateResult) -> list[tuple[tuple[str, ...], bool]]:
    """Return the rows of the group table, and whether a row rests on fewer than 30 errors."""
    rows: list[tuple[tuple[str, ...], bool]] = []
    for name, row in _per_group(result).items():
        intervals = [f"{rate(ci[0])} – {rate(ci[1])}" if ci else "–" for ci in (row.fmr_ci, row.fnmr_ci)]
        cells = (
            name, f"{row.genuine:,}", f"{row.impostor:,}", rate(row.fmr), intervals[0], rate(row.fnmr),
            intervals[1], f"{row.false_matches:,}", f"{row.false_non_matches:,}", rate(row.eer), number(row.d_prime),
        )  # fmt: skip
        rows.append((cells, min(row.false_matches, row.false_non_matches) < 30))
    return rows


def own_header() -> tuple[str, ...]:
    """Return the header of the table of each group's own figures."""
    return ("Group", "EER", "AUC", "d′", *(f"TAR at FAR {target}" for target in TARGETS))


def own_table(result: EvaluateResult) -> list[tuple[str, ...]]:
    """Return EER, AUC, d' and TAR at each FAR, over all pairs and for each group at its own thresholds.

    A value in brackets is below resolution: fewer than one false match is allowed among the impostor pairs.
    """
    rows = []
    for name, row in {"all": result, **_per_group(result)}.items():
        targets = row.tar_at_far or {}
        cells = []
        for target in TARGETS:
            found = targets.get(target)
            if found is None:
                cells.append(rate(None))
            else:
                cells.append(rate(found.tar) if found.resolvable else f"({rate(found.tar)})")
        area = "–" if row.auc is None else f"{row.auc:.6f}"
        rows.append((name, rate(row.eer), area, number(row.d_prime), *cells))
    return rows


def fairness_line(result: EvaluateResult) -> str:
    """Return the fairness figures as one line."""
    groups = result.groups
    if groups is None:
        return ""
    fair = groups.fairness
    shown = [f"FDR {number(fair.FDR)}", f"IR {number(fair.IR)}", f"GARBE {number(fair.GARBE)}"]
    return (
        f"Threshold {number(groups.threshold)} ({escape(groups.rule)})  ·  "
        + "  ·  ".join(shown)
        + f"  (alpha {fair.alpha:g})"
    )
