"""The written report: one HTML page with its plots inside, and the same as files."""

from __future__ import annotations

import base64
import csv
import io
import json
import math
from pathlib import Path
from typing import Any

from jinja2 import Environment

from fairdesk import __version__
from fairdesk.assets import asset
from fairdesk.images.places import safe_name, write_text
from fairdesk.jobs.results import jsonable
from fairdesk.metrics.curves import Curve, error_curve, histogram
from fairdesk.metrics.error_rates import Scores


TABLE = (
    "group", "genuine", "impostor", "fmr", "fmr_low", "fmr_high", "fnmr", "fnmr_low", "fnmr_high", "false_matches",
    "false_non_matches", "eer", "d_prime", "accuracy",
)  # fmt: skip


def group_rows(result: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the per-group table row by row; undefined cells are None."""
    rows = []
    for name, row in result.get("groups", {}).get("per_group", {}).items():
        flat = {"group": name, **{key: row.get(key) for key in TABLE if key in row}}
        for rate in ("fmr", "fnmr"):
            low, high = row.get(f"{rate}_ci") or (None, None)
            flat |= {f"{rate}_low": low, f"{rate}_high": high}
        rows.append({key: flat.get(key) for key in TABLE})
    return rows


def table_csv(result: dict[str, Any]) -> str:
    """Return the figures as CSV: overall ones first, then a row for each group."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\n")
    rows = group_rows(result)
    if rows:
        writer.writerow(TABLE)
        writer.writerows(["" if row[key] is None else row[key] for key in TABLE] for row in rows)
    else:
        keys = ("n_genuine", "n_impostor", "eer", "eer_threshold", "auc", "d_prime")
        writer.writerow(keys)
        writer.writerow(["" if result[key] is None else result[key] for key in keys])
    return buffer.getvalue()


def curves_of(overall: Scores, groups: dict[str, Scores]) -> list[Curve]:
    """Return the curve over all pairs ("all") and each group's; groups that lack a kind of score have none."""
    found = [error_curve("all", overall), *(error_curve(name, scores) for name, scores in groups.items())]
    return [curve for curve in found if curve is not None]


def figures(overall: Scores, groups: dict[str, Scores], threshold: float | None) -> dict[str, Any]:
    """Return matplotlib figures by file name."""
    from fairdesk.figures import verification as plots

    curves = [
        (c.name, c.threshold, c.fmr, c.fnmr, c.eer, c.eer_threshold, c.ng, c.ni) for c in curves_of(overall, groups)
    ]
    out: dict[str, Any] = {}
    if curves:
        out = {"roc": plots.roc(curves), "det": plots.det(curves), "rates": plots.rates(curves, threshold)}
    for name, scores in {"all": overall, **groups}.items():
        bins = histogram(scores)
        if bins is not None:
            title = "Scores of all pairs" if name == "all" else f"Scores of {name}"
            out[f"scores-{safe_name(name)}"] = plots.score_histogram(*bins, title)
    return out


def write_report(
    folder: Path, result: dict[str, Any], overall: Scores, groups: dict[str, Scores], about: dict[str, Any]
) -> Path:
    """Write report.html, evaluation.json, groups.csv and plots (PNG, SVG) into a folder; returns the page."""
    from fairdesk.figures.verification import picture

    folder.mkdir(parents=True, exist_ok=True)
    threshold = result.get("groups", {}).get("threshold")
    pictures: dict[str, str] = {}
    for name, figure in figures(overall, groups, threshold).items():
        svg, png = picture(figure, "svg"), picture(figure, "png")
        (folder / f"{name}.svg").write_bytes(svg)
        (folder / f"{name}.png").write_bytes(png)
        pictures[name] = base64.b64encode(png).decode("ascii")
    write_text(folder / "evaluation.json", json.dumps(jsonable(result | {"about": about}), indent=1) + "\n")
    write_text(folder / "table.csv", table_csv(result))
    environment = Environment(autoescape=True)
    environment.filters |= {"rate": rate, "number": number}
    template = environment.from_string(asset("resources", "report.html.j2").read_text(encoding="utf-8"))
    page = template.render(
        result=result, groups=result.get("groups"), rows=group_rows(result), pictures=pictures, about=about, version=__version__
    )
    write_text(folder / "report.html", page)
    return folder / "report.html"


def rate(value: float | None) -> str:
    """Show a rate as a percentage with three significant digits, or a dash."""
    if value is None:
        return "–"
    return "0 %" if value == 0 else f"{100 * value:.3g} %"


def number(value: float | str | None) -> str:
    """Show a number with four significant digits, or a dash."""
    if value is None:
        return "–"
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int) else "∞" if value == math.inf else f"{value:.4g}"
