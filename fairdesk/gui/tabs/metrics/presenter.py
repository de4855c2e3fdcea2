"""What the Metrics tab shows, worked out without Qt."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from fairdesk import counted
from fairdesk.figures.error_curve import Curve
from fairdesk.gui.tabs.metrics.freshness import Remedy, remedy_of
from fairdesk.jobs.context import QuietContext
from fairdesk.metrics.pairs_behind.shown_figures import curves_of, minus, number, rate, threshold_shown
from fairdesk.metrics.report.option_words import named_controls
from fairdesk.metrics.store import ListedScores, PairList, pair_lists, score_sets
from fairdesk.project import Project
from fairdesk.project.image_queries import overview
from fairdesk.project.label_basis import LabelChange
from fairdesk.project.recipes import named_encoder_of
from fairdesk.words import mark, tr, tr_n

if TYPE_CHECKING:  # what evaluates is imported by the functions that do: the window opens without it
    from fairdesk.metrics.identification.results import IdentifyResult
    from fairdesk.metrics.rates.live_threshold import LiveThreshold
    from fairdesk.metrics.scores.score_set import ScoreSet

if TYPE_CHECKING:
    from fairdesk.gui.widgets.shown_rates import Shown
    from fairdesk.metrics.pairs_behind.corrections import Corrected
    from fairdesk.metrics.params import EvaluateParams
    from fairdesk.metrics.results import EvaluateResult


NO_CHANGE = LabelChange(0, 0, 0)
_Listed = TypeVar("_Listed", PairList, ListedScores)


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
    change: LabelChange = NO_CHANGE  # since the pair list was made
    remedy: Remedy | None = None  # what brings scores up to date


@dataclass
class View:
    """What can be evaluated, and what is missing on the way there."""

    sources: list[Source] = field(default_factory=list)
    identities: int = 0
    images: int = 0
    vectors: bool = False

    def scores_at(self, path: Path) -> Source | None:
        """Return the scores of the project in a file."""
        return next((one for one in self.sources if one.kind == "scores" and Path(one.path) == path), None)


def newest_of_each_file(rows: list[_Listed]) -> list[_Listed]:
    """Return lists, or scores, the newest first, without those whose file was written anew since."""
    kept: dict[str, _Listed] = {}
    for one in rows:
        kept.setdefault(one.path, one)
    return list(kept.values())


def look(project: Project) -> View:
    """Read the project's lists and scores, newest first."""
    counts = overview(project)
    view = View([], counts["identities"], counts["images"], bool(counts["vectors"]))
    lists, made = newest_of_each_file(pair_lists(project)), newest_of_each_file(score_sets(project))
    for one in lists:
        text = tr("{genuine:,} genuine, {impostor:,} impostor", genuine=one.genuine, impostor=one.impostor)
        if one.frozen:
            text += ", " + tr("frozen")
        stale = str(one.change) if one.change else None
        view.sources.append(Source("list", one.id, one.name, one.path, text, stale, frozen=one.frozen))
    for scores in made:
        about = scores.summary
        text = tr(
            "{genuine:,} genuine, {impostor:,} impostor, {measure}",
            genuine=about.genuine,
            impostor=about.impostor,
            measure=tr(about.measure),
        )
        if about.dropped:
            text += "\n" + tr_n("{n:,} pair has no score", "{n:,} pairs have no score", about.dropped)
        vectors = vectors_line({"encoder": scores.encoder, "detector": scores.detector, "faces": about.faces})
        text += f"\n{vectors}" if vectors else ""
        rest = scores.change.not_followed
        stale = str(rest) if rest else None
        view.sources.append(
            Source(
                "scores", scores.id, scores.name, scores.path, text, stale, vectors,
                change=scores.change, remedy=remedy_of(scores, lists, made),
            )
        )  # fmt: skip
    return view


@dataclass(frozen=True)
class Evaluation:
    """One evaluated score file, ready to draw."""

    params: EvaluateParams
    result: EvaluateResult
    curves: list[Curve]
    bins: Any
    group_bins: dict[str, Any]
    groups: list[str]
    live: LiveThreshold
    distance: bool = False
    ways: tuple[str, ...] = ()  # in which the scores can be grouped
    follows: bool = False  # whether the figures follow what people relabelled
    polarity: bool | None = None  # whether the file says that its scores are distances, or that they are not

    @property
    def path(self) -> Path:
        """The score file."""
        return self.params.scores


class SupersededError(Exception):
    """Nobody waits for this evaluation any more."""


def read_corrected(params: EvaluateParams) -> tuple[ScoreSet, Corrected | None]:
    """Read scores; where the project open (`labels_of`) has labels set by people, or comparisons left out, by those."""
    from fairdesk.metrics.pairs_behind.corrections import corrected, read_known_of
    from fairdesk.metrics.pairs_behind.left_out import read_with_images

    known = None if params.labels_of is None else read_known_of(params.labels_of)
    scores = read_with_images(params if known else params.model_copy(update={"labels_of": None}))
    if not known or scores.path1 is None or scores.path2 is None:
        return scores, None
    found = corrected(scores, known, needed=False)
    return found.scores, found


def work_out(params: EvaluateParams, check: Callable[[], None] = lambda: None) -> Evaluation:
    """Evaluate a score file; by group where the scores name groups. `check` may raise to end it."""
    from fairdesk.metrics.evaluation import evaluate_whole
    from fairdesk.metrics.pairs_behind.left_out import find_left_out
    from fairdesk.metrics.rates.error_curves import histogram
    from fairdesk.metrics.rates.live_threshold import LiveThreshold
    from fairdesk.metrics.scores.polarity import as_similarities, holds_distances

    scores, people = read_corrected(params)
    polarity = holds_distances(scores.measure)
    ways = tuple(way for way in WAYS if all(_names(scores, kind) for kind in way.split("+")))
    if params.by not in ways:  # of another file, or none was asked for yet
        params = params.model_copy(update={"by": ways[0] if ways else "none"})
    whole, said = (scores, []) if people is None else (people.whole, people.reasons)
    left_out = find_left_out(whole, params.by, said)
    scores.path1 = scores.path2 = whole.path1 = whole.path2 = None  # they may take more memory than all else
    params = params.model_copy(update={"distance": as_similarities(scores, params.distance, None)})
    found = evaluate_whole(scores, params, check)
    found.result.corrections = people.told if people is not None and people.told.lines() else None
    found.result.left_out, found.result.repeats = left_out.counts(), left_out.repeats
    found.result.warn([] if left_out.repeats is None else left_out.repeats.lines())
    bins = histogram(found.scores, distance=params.distance)
    group_bins = {}
    if bins is not None:
        edges = -bins[0][::-1] if params.distance else bins[0]
        made = {name: histogram(one, distance=params.distance, edges=edges) for name, one in found.own.items()}
        group_bins = {name: one for name, one in made.items() if one is not None}
    check()
    curves = curves_of(found.scores, found.own, distance=params.distance)
    live = LiveThreshold(found, params)
    return Evaluation(
        params,
        found.result,
        curves,
        bins,
        group_bins,
        list(found.own),
        live,
        params.distance,
        ways,
        people is not None,
        polarity,
    )


def labels_for(found: Evaluation) -> Path | None:
    """Return the project whose corrections change the scores shown, if any do."""
    return None if found.result.corrections is None else found.params.labels_of


WAYS = {
    "group": mark("group"),
    "gender": mark("gender"),
    "age": mark("age"),
    "group+gender": mark("group and gender"),
    "group+age": mark("group and age"),
    "gender+age": mark("gender and age"),
    "group+gender+age": mark("group, gender and age"),
}
"""How comparisons can be grouped."""


def _names(scores: ScoreSet, kind: str) -> bool:
    """Tell whether scores name the group, gender or age of their faces."""
    values = [getattr(scores, f"{kind}{side}") for side in (1, 2)]
    return all(value is not None and bool((value != "").any()) for value in values)


def work_out_search(path: Path, *, distance: bool = False) -> IdentifyResult:
    """Evaluate a one-to-many search; by group where the probes name theirs."""
    import numpy as np

    from fairdesk.metrics.identification.files import read_search
    from fairdesk.metrics.identification.job import evaluate_search
    from fairdesk.metrics.params import IdentifyParams

    found = read_search(path)
    if distance:
        np.negative(found.scores, out=found.scores)
    grouped = found.probe_group is not None and bool((found.probe_group != "").any())
    params = IdentifyParams(scores=path, by="group" if grouped else "none", distance=distance)
    return evaluate_search(found, params, QuietContext())[0]


def vectors_line(about: dict[str, Any]) -> str:
    """Name encoder, detector and number of faces, as far as they are known."""
    parts = [part for part in (named_encoder_of(about), about.get("detector")) if part]
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
        parts.append(tr("EER undefined: {why}", why=escape(named_controls(result.eer_why or ""))))
    else:
        parts += [tr("<b>EER {eer}</b> at {threshold}", eer=rate(result.eer), threshold=number(result.eer_threshold)), tr("AUC {auc:.6f}", auc=result.auc),
                  f"d′ {number(result.d_prime)}"]  # fmt: skip
    text = "  ·  ".join(parts)
    if vectors := vectors_line(dict(result)):
        text += "<br>" + tr("Embeddings: {vectors}", vectors=escape(vectors))
    if result.corrections is not None:
        text += "".join(f"<br>{escape(line)}" for line in result.corrections.lines())
    if result.warning:
        text += f"<br><b>{escape(named_controls(result.warning))}</b>"
    return text


RULES = {
    "fmr=1e-3": mark("FMR 0.1 %"),
    "fmr=1e-2": mark("FMR 1 %"),
    "fmr=1e-4": mark("FMR 0.01 %"),
    "eer": mark("EER"),
    "threshold": mark("this threshold"),
}
"""How the common threshold is taken."""
SOURCES = {"all": mark("all pairs"), "within-group": mark("pairs within groups")}
"""Whose impostors it is taken from."""


def threshold_of(result: EvaluateResult) -> float | None:
    """Return the threshold of the operating point; that of the EER where there is none."""
    common = result.at_threshold if result.groups is None else result.groups
    return result.eer_threshold if common is None else common.threshold


def threshold_line(result: EvaluateResult) -> str:
    """Return the common threshold, its rule, the worst groups and what is in no group, as rich text."""
    groups, whole = result.groups, result.at_threshold
    if groups is None:
        return "" if whole is None else escape(whole.line(result.subjects))
    parts = [
        tr(
            "Threshold {threshold} ({rule})",
            threshold=threshold_shown(groups.threshold, groups.rule),
            rule=escape(minus(groups.rule)),
        )
    ]
    parts += map(escape, groups.fairness.worst_lines())
    left_out = "".join(f"<br>{escape(line)}" for line in groups.not_in_a_group.lines())
    return "  ·  ".join(parts) + left_out


ORDER = (
    "common", "fairness", "differences", "own", "between", "own_thresholds", "folds", "points", "scores", "overall", "left_out",
)  # fmt: skip
"""Of the tables, as their pages stand."""


def shown_curves(found: Evaluation) -> Shown:
    """Return what the plots draw of an evaluation."""
    from fairdesk.gui.widgets.shown_rates import Shown

    threshold = threshold_of(found.result)
    common = {} if threshold is None else found.live.rates(threshold)
    return Shown(
        found.curves, found.groups, found.bins, found.group_bins, threshold, common, found.distance
    )  # fmt: skip
