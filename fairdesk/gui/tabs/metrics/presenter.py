"""What the Metrics tab shows, worked out without Qt."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any

from fairdesk import counted
from fairdesk.figures.error_curve import Curve
from fairdesk.metrics.error_curves import histogram
from fairdesk.metrics.error_rates import TARGETS, Scores
from fairdesk.metrics.evaluation import evaluate
from fairdesk.metrics.grouped_scores import group_comparisons, per_group_scores
from fairdesk.metrics.params import EvaluateParams
from fairdesk.metrics.results import EvaluateResult, GroupFigures
from fairdesk.metrics.score_files import read_scores
from fairdesk.metrics.shown_figures import RATES, curves_of, figure_name, number, numbers_between, rate, rates_between
from fairdesk.metrics.store import pair_lists, score_sets
from fairdesk.project import Project
from fairdesk.project.image_queries import overview
from fairdesk.words import mark, tr, tr_n

INTERVAL = "95 %"


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
    frozen: bool = False


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
    for one in pair_lists(project):
        text = tr("{genuine:,} genuine, {impostor:,} impostor", genuine=one.genuine, impostor=one.impostor)
        if one.frozen:
            text += ", " + tr("frozen")
        stale = str(one.change) if one.change else None
        view.sources.append(Source("list", one.id, one.name, one.path, text, stale, frozen=one.frozen))
    for scores in score_sets(project):
        about = scores.summary
        text = tr(
            "{genuine:,} genuine, {impostor:,} impostor, {measure}",
            genuine=about.genuine,
            impostor=about.impostor,
            measure=tr(about.measure),
        )
        vectors = vectors_line({"encoder": scores.encoder, "detector": scores.detector, "faces": about.faces})
        text += f"\n{vectors}" if vectors else ""
        stale = str(scores.change) if scores.change else None
        view.sources.append(Source("scores", scores.id, scores.name, scores.path, text, stale, vectors))
    return view


@dataclass(frozen=True)
class Evaluation:
    """One evaluated score file, ready to draw."""

    path: Path
    result: EvaluateResult
    curves: list[Curve]
    bins: Any
    groups: list[str]
    distance: bool = False
    subjects: bool = False  # whether the scores name them, so that intervals are drawn by subjects


class SupersededError(Exception):
    """Nobody waits for this evaluation any more."""


def work_out(params: EvaluateParams, check: Callable[[], None] = lambda: None) -> Evaluation:
    """Evaluate a score file; by group where the scores name groups. `check` may raise to end it."""
    scores = read_scores(params.scores)
    if params.distance:
        scores.negate()
    grouped = scores.grouped and bool(scores.group1 is not None and (scores.group1 != "").any())
    params = params.model_copy(update={"by": "group" if grouped else "none"})
    result, overall = evaluate(scores, params, check)
    subjects = scores.subject1 is not None and scores.subject2 is not None
    groups: dict[str, Scores] = per_group_scores(group_comparisons(scores)) if grouped else {}
    return Evaluation(params.scores, result, curves_of(overall, groups, distance=params.distance),
                      histogram(overall, distance=params.distance), list(groups), params.distance, subjects)  # fmt: skip


def vectors_line(about: dict[str, Any]) -> str:
    """Name encoder, detector and number of faces, as far as they are known."""
    parts = [about[name] for name in ("encoder", "detector") if about.get(name)]
    if parts and about.get("faces") is not None:
        parts.append(tr_n("{n:,} face", "{n:,} faces", about["faces"]))
    return " · ".join(parts)


def headline(result: EvaluateResult) -> str:
    """Return the overall figures as one line of rich text."""
    dropped = result.dropped.genuine + result.dropped.impostor
    parts = [
        tr(
            "{genuine} and {impostor}",
            genuine=counted.genuine_scores(result.n_genuine),
            impostor=counted.impostor_scores(result.n_impostor),
        )
    ]
    if dropped:
        parts.append(
            tr_n(
                "<b>{n:,} pair dropped</b> (no score)",
                "<b>{n:,} pairs dropped</b> (no score)",
                dropped,
            )
        )
    if result.eer is None:
        parts.append(tr("EER undefined: {why}", why=escape(result.eer_why or "")))
    else:
        parts += [tr("<b>EER {eer}</b> at {threshold}", eer=rate(result.eer), threshold=number(result.eer_threshold)), tr("AUC {auc:.6f}", auc=result.auc),
                  f"d′ {number(result.d_prime)}"]  # fmt: skip
    text = "  ·  ".join(parts)
    if vectors := vectors_line({"encoder": result.encoder, "detector": result.detector, "faces": result.faces}):
        text += "<br>" + tr("Embeddings: {vectors}", vectors=escape(vectors))
    if result.warning:
        text += f"<br><b>{escape(result.warning)}</b>"
    return text


def _per_group(result: EvaluateResult) -> dict[str, GroupFigures]:
    return {} if result.groups is None else result.groups.per_group


HEADER = (
    mark("Group"),
    mark("Genuine"),
    mark("Impostor"),
    mark("FMR"),
    INTERVAL,
    mark("FNMR"),
    INTERVAL,
    mark("False matches"),
    mark("False non-matches"),
    mark("Own EER"),
    "d′",
)


FEW = 30  # errors; a rate from fewer is weak (rule of 30)


def table(result: EvaluateResult) -> list[tuple[tuple[str, ...], frozenset[int]]]:
    """Return the rows of the group table, and which cells rest on fewer than 30 errors of their own rate."""
    rows: list[tuple[tuple[str, ...], frozenset[int]]] = []
    for name, row in _per_group(result).items():
        intervals = [rates_between(ci, by_pairs=result.draws is None) for ci in (row.fmr_ci, row.fnmr_ci)]
        cells = (
            name, f"{row.genuine:,}", f"{row.impostor:,}", rate(row.fmr), intervals[0], rate(row.fnmr),
            intervals[1], f"{row.false_matches:,}", f"{row.false_non_matches:,}", rate(row.eer), number(row.d_prime),
        )  # fmt: skip
        counts = ((3, row.fmr, row.false_matches), (5, row.fnmr, row.false_non_matches))
        rows.append((cells, frozenset(cell for cell, rate_, count in counts if rate_ is not None and count < FEW)))
    return rows


def with_interval(value: str, interval: tuple[float, float] | None) -> str:
    """Return a value with its interval behind it, where there is one."""
    return value if interval is None else f"{value}  [{rates_between(interval)}]"


FAIRNESS_HEADER = (mark("Figure"), mark("Value"), INTERVAL, mark("If groups were equal"))
DIFFERENCES_HEADER = (mark("Rate"), mark("Group"), mark("minus"), mark("Difference (percentage points)"), INTERVAL)


def fairness_table(result: EvaluateResult) -> list[tuple[tuple[str, ...], str]]:
    """Return the fairness figures with interval and null range, and for a tooltip why one is undefined."""
    if result.groups is None:
        return []
    return [
        (
            (
                figure_name(row.name), number(row.value), numbers_between(row.interval),
                numbers_between(row.null_range),
            ),
            row.why,
        )
        for row in result.groups.fairness.rows()
    ]  # fmt: skip


def differences_table(result: EvaluateResult) -> list[tuple[tuple[str, ...], bool]]:
    """Return the differences between groups, and whether each interval leaves zero out."""
    if result.groups is None:
        return []
    rows: list[tuple[tuple[str, ...], bool]] = []
    for one in result.groups.differences:
        sign = "−" if one.difference < 0 else "+"
        cells = (
            tr(RATES[one.rate]), one.first, one.second, f"{sign}{rate(abs(one.difference))}",
            rates_between(one.ci, sign=True),
        )  # fmt: skip
        rows.append((cells, one.ci is not None and not one.ci[0] <= 0 <= one.ci[1]))
    return rows


def own_header() -> tuple[str, ...]:
    """Return the header of the table of each group's own figures."""
    return (tr("Group"), tr("EER"), tr("AUC"), "d′", *(tr("TAR at FAR {target}", target=target) for target in TARGETS))


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
                shown = with_interval(rate(found.tar), found.tar_ci)
                cells.append(shown if found.resolvable else f"({shown})")
        area = "–" if row.auc is None else f"{row.auc:.6f}"
        rows.append((name, with_interval(rate(row.eer), row.eer_ci), area, number(row.d_prime), *cells))
    return rows


def fairness_line(result: EvaluateResult) -> str:
    """Return the fairness figures as one line."""
    groups = result.groups
    if groups is None:
        return ""
    left_out = "".join(f"<br>{escape(line)}" for line in groups.not_in_a_group.lines())
    fair = groups.fairness
    shown = [
        tr("FDR {fdr}", fdr=number(fair.FDR)),
        tr("IR {ir}", ir=number(fair.IR)),
        tr("GARBE {garbe}", garbe=number(fair.GARBE)),
    ]
    return (
        tr("Threshold {threshold} ({rule})", threshold=number(groups.threshold), rule=escape(groups.rule))
        + "  ·  "
        + "  ·  ".join(shown)
        + "  "
        + tr("(alpha {alpha:g})", alpha=fair.alpha)
        + left_out
    )
