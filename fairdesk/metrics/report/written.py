"""The written report: one HTML page and one PDF, and their tables and plots as files."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from fairdesk.images.written_files import Names, safe_name
from fairdesk.jobs.results import jsonable
from fairdesk.metrics.pairs_behind.left_out import FILE
from fairdesk.metrics.pairs_behind.pair_query import cell_key
from fairdesk.metrics.pairs_behind.shown_figures import curves_of
from fairdesk.metrics.rates.common_threshold import rejects_all
from fairdesk.metrics.rates.error_curves import histogram
from fairdesk.metrics.rates.error_rates import Scores
from fairdesk.metrics.report.definitions import definition_table
from fairdesk.metrics.report.document import Document, Drawing, Plot, files_of, write_files
from fairdesk.metrics.report.evaluation_table import table_csv
from fairdesk.metrics.report.facts import caveats, facts
from fairdesk.metrics.report.language import speaking_report
from fairdesk.metrics.report.result_tables import cell_counts, tables_of
from fairdesk.metrics.report.tables import Table
from fairdesk.metrics.results import EvaluateResult, GroupsResult
from fairdesk.metrics.scores.grouped_scores import MOST_PAIRED
from fairdesk.words import tr

if TYPE_CHECKING:
    from fairdesk.metrics.params import EvaluateParams


def drawings(
    overall: Scores, groups: dict[str, Scores], result: EvaluateResult | None, *, distance: bool = False,
    threshold: float | None = None, check: Callable[[], None] = lambda: None,
) -> dict[str, Drawing]:  # fmt: skip
    """Return how each plot is drawn, by file name; thresholds are in the file's own sense, distances with `distance`."""
    from fairdesk.figures import verification_figures as plots

    if len(groups) > MOST_PAIRED:  # no eye tells them apart
        groups = {}
    at = None if threshold is None else (-threshold if distance else threshold)
    check()
    whole = None if result is None else result.at_threshold
    reject = threshold is not None and rejects_all(threshold, whole, distance=distance)
    curves = curves_of(overall, groups, distance=distance, threshold=at, check=check, reject_all=reject)
    out: dict[str, Drawing] = {}
    if curves:
        out = {
            "roc": lambda axes: plots.draw_roc(axes, curves),
            "det": lambda axes: plots.draw_det(axes, curves),
            "rates": lambda axes: plots.draw_rates(axes, curves, threshold),
        }
    found = histogram(overall, distance=distance)
    if found is not None:
        title = tr("Scores of all pairs")
        out["scores-all"] = lambda axes: plots.draw_scores(axes, found, title, distance=distance, threshold=threshold)
        edges = -found[0][::-1] if distance else found[0]
        shared = {}
        for name, one in groups.items():
            check()
            shared[name] = histogram(one, distance=distance, edges=edges)
        known = {name: bins for name, bins in shared.items() if bins is not None}
        if known:
            out["scores-groups"] = lambda axes: plots.draw_group_scores(
                axes, known, distance=distance, threshold=threshold
            )
        for file, name in group_files(groups).items():
            if name in known:
                out[file] = _one_group(name, known[name], distance=distance, threshold=threshold)
    if result is not None and result.groups is not None and len(result.groups.per_group) <= MOST_PAIRED:
        out |= group_drawings(result.groups)
    return out


def group_files(groups: Iterable[str]) -> dict[str, str]:
    """Return the name of the file with each group's scores, and whose they are; no two are alike on any disk.

    A group that is called as another plot's file ends has "group-" before its name.
    """
    names, made = Names(), {}
    for taken in _OTHERS:
        names.claim("", taken)
    for group in groups:
        plain = safe_name(group, _LONGEST)
        told = f"group-{plain}" if f"scores-{plain}".casefold() in _OTHERS else plain
        made[names.claim("", f"scores-{told}")] = group
    return made


def plot_title(file: str, groups: Iterable[str]) -> str:
    """Say what the plot of a file shows, for those who do not see it."""
    known = {
        "roc": tr("ROC: TAR over FMR (FAR), of all pairs and of each group"),
        "det": tr("DET: FNMR over FMR, of all pairs and of each group"),
        "rates": tr("FMR and FNMR over the threshold"),
        "scores-all": tr("Scores of all pairs"),
        "scores-groups": tr("Scores of each group"),
        "fnmr-bars": tr("FNMR of each group at one threshold, with intervals"),
        "fmr-bars": tr("FMR of each group at one threshold, with intervals"),
        "fmr-between-groups": tr("FMR between every two groups"),
    }
    return known.get(file) or tr("Scores of {name}", name=group_files(groups).get(file, file))


def _one_group(name: str, bins: Any, *, distance: bool, threshold: float | None) -> Drawing:
    from fairdesk.figures.lettering import short
    from fairdesk.figures.verification_figures import draw_scores

    title = tr("Scores of {name}", name=short(name))
    return lambda axes: draw_scores(axes, bins, title, distance=distance, threshold=threshold)


_A_PLACE_A_GROUP = ("fnmr-bars", "fmr-bars", "fmr-between-groups")
_OF_ALL_GROUPS = (*_A_PLACE_A_GROUP, "scores-groups", "roc", "det", "rates")
_OTHERS = (*_OF_ALL_GROUPS, "scores-all")
_LONGEST = 72  # bytes of a group's name in the name of a file
_MANY = 4  # groups; with more, plots that name them all take a page's width


def group_drawings(groups: GroupsResult) -> dict[str, Drawing]:
    """Return how each plot with a place for every group is drawn, by file name."""
    from fairdesk.figures import verification_figures as plots

    names = list(groups.per_group)
    rows = groups.per_group
    made: dict[str, Drawing] = {
        "fnmr-bars": lambda axes: plots.draw_bars(axes, {n: (r.fnmr, r.fnmr_ci) for n, r in rows.items()}, tr("FNMR")),
        "fmr-bars": lambda axes: plots.draw_bars(axes, {n: (r.fmr, r.fmr_ci) for n, r in rows.items()}, tr("FMR")),
    }
    if not groups.fmr_matrix:  # too many groups
        return made
    cells = [[groups.fmr_matrix[cell_key(a, b)] for b in names] for a in names]
    rates = np.array([[np.nan if one.fmr is None else one.fmr for one in row] for row in cells])
    counts = [[cell_counts(one) for one in row] for row in cells]
    return made | {"fmr-between-groups": lambda axes: plots.draw_heat_map(axes, names, rates, counts)}


def figures(
    overall: Scores, groups: dict[str, Scores], threshold: float | None, *, distance: bool = False
) -> dict[str, Any]:
    """Return matplotlib figures by file name; `threshold` is in the file's own sense, a distance with `distance`."""
    from fairdesk.figures.verification_figures import framed

    made = drawings(overall, groups, None, distance=distance, threshold=threshold)
    return {name: framed(draw) for name, draw in made.items()}


WRITTEN = (
    "report.html", "report.pdf", "evaluation.json", "table.csv", FILE, "tables/*.csv", "tables/*.tex", "*.svg", "*.png", "*.pdf",
)  # fmt: skip
"""What a report's folder has."""


def write_report(
    folder: Path, result: EvaluateResult, overall: Scores, groups: dict[str, Scores], about: dict[str, Any],
    params: EvaluateParams, check: Callable[[], None] = lambda: None,
) -> Path:  # fmt: skip
    """Write report.html, report.pdf, evaluation.json, tables (CSV, LaTeX) and plots (PNG, SVG, PDF); returns the page.

    What an earlier report wrote there by its own record ("files" in evaluation.json) and this one does not is removed.
    The same inputs give the same bytes: the date is a parameter. `check` is called every fraction of a second and may
    raise to end it: all files are made before the first is written, so that then none is.
    """
    check()
    from fairdesk.figures.lettering import lettering  # matplotlib takes long to import

    check()
    files = {"table.csv": table_csv(result).encode()}
    with (
        speaking_report(params.language) as language,
        lettering([*groups, params.label_source or "", params.scores.name]),
    ):
        check()
        common = result.at_threshold if result.groups is None else result.groups
        threshold = None if common is None else common.threshold
        drawn = drawings(overall, groups, result, distance=params.distance, threshold=threshold, check=check)
        document = Document(
            "report",
            tr("Verification error rates and differential performance"),
            facts(result, params, about),
            [*tables_of(result), *definitions(result)],
            caveats(result),
            {name: _plot(name, draw, groups) for name, draw in drawn.items()},
            [result.warning] if result.warning else [],
        )
        files |= files_of(document, language, check)
    write_files(folder, "evaluation.json", files, result.json_values() | {"about": jsonable(about)}, check)
    return folder / "report.html"


def _plot(name: str, draw: Drawing, groups: dict[str, Scores]) -> Plot:
    places = min(len(groups), MOST_PAIRED) if name in _A_PLACE_A_GROUP else 0
    return Plot(plot_title(name, groups), draw, places, len(groups) > _MANY and name in _OF_ALL_GROUPS)


def definitions(result: EvaluateResult) -> list[Table]:
    """Return the table of formulas and sources of the fairness figures; none where there are no groups."""
    named = [] if result.groups is None else [row.name for row in result.groups.fairness.rows()]
    return [definition_table("definitions", named)] if named else []
