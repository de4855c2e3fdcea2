"""The written report: one HTML page and one PDF, and their tables and plots as files."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from jinja2 import Environment

from fairdesk import __version__
from fairdesk.assets import asset
from fairdesk.images.written_files import Names, safe_name, write_text
from fairdesk.jobs.results import jsonable
from fairdesk.metrics.pairs_behind.shown_figures import curves_of
from fairdesk.metrics.rates.error_curves import histogram
from fairdesk.metrics.rates.error_rates import Scores
from fairdesk.metrics.report.evaluation_table import table_csv
from fairdesk.metrics.report.facts import caveats, facts
from fairdesk.metrics.report.language import speaking_report
from fairdesk.metrics.report.result_tables import tables_of
from fairdesk.metrics.report.table_files import as_csv, as_latex
from fairdesk.metrics.results import EvaluateResult, GroupsResult
from fairdesk.metrics.scores.grouped_scores import MOST_PAIRED
from fairdesk.words import tr

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from fairdesk.metrics.params import EvaluateParams

Drawing = Callable[["Axes"], None]


def drawings(
    overall: Scores, groups: dict[str, Scores], result: EvaluateResult | None, *, distance: bool = False,
    threshold: float | None = None,
) -> dict[str, Drawing]:  # fmt: skip
    """Return how each plot is drawn, by file name; thresholds are in the file's own sense, distances with `distance`."""
    from fairdesk.figures import verification_figures as plots

    if len(groups) > MOST_PAIRED:  # no eye tells them apart
        groups = {}
    at = None if threshold is None else (-threshold if distance else threshold)
    curves = curves_of(overall, groups, distance=distance, threshold=at)
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
        shared = {name: histogram(one, distance=distance, edges=edges) for name, one in groups.items()}
        known = {name: bins for name, bins in shared.items() if bins is not None}
        if known:
            out["scores-groups"] = lambda axes: plots.draw_group_scores(
                axes, known, distance=distance, threshold=threshold
            )
        names = Names()
        for taken in (*_OF_ALL_GROUPS, "scores-all"):
            names.claim("", taken)
        for name, bins in known.items():
            out[names.claim("", f"scores-{safe_name(name, _LONGEST)}")] = _one_group(
                name, bins, distance=distance, threshold=threshold
            )
    if result is not None and result.groups is not None and len(result.groups.per_group) <= MOST_PAIRED:
        out |= group_drawings(result.groups)
    return out


def _one_group(name: str, bins: Any, *, distance: bool, threshold: float | None) -> Drawing:
    from fairdesk.figures.lettering import short
    from fairdesk.figures.verification_figures import draw_scores

    title = tr("Scores of {name}", name=short(name))
    return lambda axes: draw_scores(axes, bins, title, distance=distance, threshold=threshold)


_A_PLACE_A_GROUP = ("fnmr-bars", "fmr-bars", "fmr-between-groups")
_OF_ALL_GROUPS = (*_A_PLACE_A_GROUP, "scores-groups", "roc", "det", "rates")
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
    cells = [[groups.fmr_matrix[f"{a}|{b}"] for b in names] for a in names]
    rates = np.array([[np.nan if one.fmr is None else one.fmr for one in row] for row in cells])
    counts = [[f"{one.false_matches:,}/{one.impostor:,}" for one in row] for row in cells]
    return made | {"fmr-between-groups": lambda axes: plots.draw_heat_map(axes, names, rates, counts)}


def figures(
    overall: Scores, groups: dict[str, Scores], threshold: float | None, *, distance: bool = False
) -> dict[str, Any]:
    """Return matplotlib figures by file name; `threshold` is in the file's own sense, a distance with `distance`."""
    from fairdesk.figures.verification_figures import framed

    made = drawings(overall, groups, None, distance=distance, threshold=threshold)
    return {name: framed(draw) for name, draw in made.items()}


def write_report(
    folder: Path, result: EvaluateResult, overall: Scores, groups: dict[str, Scores], about: dict[str, Any],
    params: EvaluateParams,
) -> Path:  # fmt: skip
    """Write report.html, report.pdf, evaluation.json, tables (CSV, LaTeX) and plots (PNG, SVG, PDF); returns the page.

    The same inputs give the same bytes: the date is a parameter.
    """
    folder.mkdir(parents=True, exist_ok=True)
    write_text(
        folder / "evaluation.json", json.dumps(result.json_values() | {"about": jsonable(about)}, indent=1) + "\n"
    )
    write_text(folder / "table.csv", table_csv(result))
    from fairdesk.figures.lettering import lettering

    with (
        speaking_report(params.language) as language,
        lettering([*groups, params.label_source or "", params.scores.name]),
    ):
        _write_words(folder, result, overall, groups, about, params, language)
    return folder / "report.html"


def _write_words(
    folder: Path, result: EvaluateResult, overall: Scores, groups: dict[str, Scores], about: dict[str, Any],
    params: EvaluateParams, language: str,
) -> None:  # fmt: skip
    from fairdesk.figures.pdf_pages import PdfPage
    from fairdesk.figures.verification_figures import framed, picture

    threshold = None if result.groups is None else result.groups.threshold
    drawn = drawings(overall, groups, result, distance=params.distance, threshold=threshold)
    svgs: dict[str, str] = {}
    for name, draw in drawn.items():
        figure = framed(draw, min(len(groups), MOST_PAIRED) if name in _A_PLACE_A_GROUP else 0)
        for form in ("svg", "png", "pdf"):
            made = picture(figure, form)
            (folder / f"{name}.{form}").write_bytes(made)
            if form == "svg":
                svgs[name] = base64.b64encode(made).decode("ascii")
    tables = tables_of(result)
    (folder / "tables").mkdir(exist_ok=True)
    for table in tables:
        write_text(folder / "tables" / f"{table.name}.csv", as_csv(table))
        write_text(folder / "tables" / f"{table.name}.tex", as_latex(table))
    told = facts(result, params, about)
    limits = caveats(result)
    environment = Environment(autoescape=True)
    template = environment.from_string(asset("resources", "report.html.j2").read_text(encoding="utf-8"))
    title = tr("Verification error rates and differential performance")
    page = template.render(
        language=language, title=title, facts=told, tables=tables, caveats=limits, pictures=svgs,
        made=tr("How these numbers were made"), read=tr("How to read them"), plots=tr("Plots"),
        warning=result.warning, generator=f"FairDesk {__version__}",
    )  # fmt: skip
    write_text(folder / "report.html", page)
    pdf = PdfPage(title, f"FairDesk {__version__}")
    if result.warning:
        pdf.paragraph(result.warning)
    pdf.heading(tr("How these numbers were made"))
    pdf.table(["", ""], [[name, value] for name, value in told], text_columns={0, 1}, head=False)
    for table in tables:
        pdf.heading(table.title)
        pdf.table(
            [column.title for column in table.columns], [[cell.text for cell in row] for row in table.rows],
            text_columns={place for place, column in enumerate(table.columns) if column.text},
        )  # fmt: skip
        if table.note:
            pdf.paragraph(table.note, small=True)
    pdf.heading(tr("How to read them"))
    for line in limits:
        pdf.paragraph(line)
    pdf.heading(tr("Plots"))
    for name, draw in drawn.items():
        pdf.plot(draw, wide=len(groups) > _MANY and name in _OF_ALL_GROUPS)
    (folder / "report.pdf").write_bytes(pdf.finish())
