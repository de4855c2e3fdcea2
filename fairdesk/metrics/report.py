"""The written report: one HTML page with its plots inside, and the same as files."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

from jinja2 import Environment

from fairdesk import __version__
from fairdesk.assets import asset
from fairdesk.images.written_files import safe_name, write_text
from fairdesk.jobs.results import jsonable
from fairdesk.metrics.error_curves import histogram
from fairdesk.metrics.error_rates import Scores
from fairdesk.metrics.evaluation_table import group_rows, table_csv
from fairdesk.metrics.results import EvaluateResult
from fairdesk.metrics.shown_figures import RATES, curves_of, figure_name, number, numbers_between, rate, rates_between
from fairdesk.words import language, tr, tr_n


def figures(
    overall: Scores, groups: dict[str, Scores], threshold: float | None, *, distance: bool = False
) -> dict[str, Any]:
    """Return matplotlib figures by file name; `threshold` is in the file's own sense, a distance with `distance`."""
    from fairdesk.figures import verification_figures as plots

    curves = curves_of(overall, groups, distance=distance)
    out: dict[str, Any] = {}
    if curves:
        out = {"roc": plots.roc(curves), "det": plots.det(curves), "rates": plots.rates(curves, threshold)}
    for name, scores in {"all": overall, **groups}.items():
        bins = histogram(scores, distance=distance)
        if bins is not None:
            title = tr("Scores of all pairs") if name == "all" else tr("Scores of {name}", name=name)
            out[f"scores-{safe_name(name)}"] = plots.score_histogram(*bins, title, distance=distance)
    return out


def write_report(
    folder: Path, result: EvaluateResult, overall: Scores, groups: dict[str, Scores], about: dict[str, Any],
    *, distance: bool = False,
) -> Path:  # fmt: skip
    """Write report.html, evaluation.json, groups.csv and plots (PNG, SVG) into a folder; returns the page."""
    from fairdesk.figures.verification_figures import picture

    folder.mkdir(parents=True, exist_ok=True)
    threshold = None if result.groups is None else result.groups.threshold
    pictures: dict[str, str] = {}
    for name, figure in figures(overall, groups, threshold, distance=distance).items():
        svg, png = picture(figure, "svg"), picture(figure, "png")
        (folder / f"{name}.svg").write_bytes(svg)
        (folder / f"{name}.png").write_bytes(png)
        pictures[name] = base64.b64encode(png).decode("ascii")
    write_text(
        folder / "evaluation.json", json.dumps(result.json_values() | {"about": jsonable(about)}, indent=1) + "\n"
    )
    write_text(folder / "table.csv", table_csv(result))
    environment = Environment(autoescape=True)
    environment.filters |= {
        "rate": rate, "number": number, "rates": rates_between, "numbers": numbers_between, "figure": figure_name,
    }  # fmt: skip
    environment.globals |= {"rates": {name: tr(text) for name, text in RATES.items()}}
    environment.globals |= {"tr": tr, "tr_n": tr_n, "language": language()}
    template = environment.from_string(asset("resources", "report.html.j2").read_text(encoding="utf-8"))
    page = template.render(
        result=result,
        groups=result.groups,
        rows=group_rows(result),
        pictures=pictures,
        about=about,
        version=__version__,
    )
    write_text(folder / "report.html", page)
    return folder / "report.html"
