"""The comparison of two models, as files."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from fairdesk.images.file_facts import file_sha256
from fairdesk.images.table_cells import safe_rows
from fairdesk.metrics.comparison.results import CompareScoresResult, difference_name
from fairdesk.metrics.rates.error_curves import error_curve
from fairdesk.metrics.rates.error_rates import at_threshold, sort_scores
from fairdesk.metrics.report.comparison_facts import comparison_caveats, comparison_facts
from fairdesk.metrics.report.definitions import definition_table
from fairdesk.metrics.report.document import Document, Plot, files_of, write_files
from fairdesk.metrics.report.language import speaking_report
from fairdesk.metrics.report.search_tables import answer_table, difference_table
from fairdesk.words import tr

if TYPE_CHECKING:
    from fairdesk.figures.error_curve import Curve
    from fairdesk.metrics.params import CompareScoresParams
    from fairdesk.metrics.scores.score_set import ScoreSet

_MOST_DRAWN = 40  # differences; more have no room


def differences_csv(result: CompareScoresResult) -> str:
    """Return the differences as CSV: a row a figure and group."""
    rows: list[list[object]] = [["figure", "group", "first", "second", "difference", "low", "high", "better", "why"]]
    for row in result.differences:
        low, high = row.ci or ("", "")
        rows.append(
            [
                row.figure,
                row.group or "",
                row.first,
                row.second,
                row.difference,
                low,
                high,
                row.better,
                row.ci_why or "",
            ]
        )
    buffer = io.StringIO(newline="")
    csv.writer(buffer, lineterminator="\n").writerows(safe_rows(rows))
    return buffer.getvalue()


def _curves(result: CompareScoresResult, scores: tuple[ScoreSet, ScoreSet]) -> list[Curve]:
    """Return the curve of each model over all comparisons, its threshold marked."""
    found = []
    names = (result.first, result.second), (result.threshold_first, result.threshold_second)
    distances = result.distances_first, result.distances_second
    for name, threshold, distance, one in zip(*names, distances, scores, strict=True):
        sorted_scores = sort_scores(*one.split())
        common = None
        if threshold is not None and sorted_scores.missing() is None:
            at = at_threshold(sorted_scores, -threshold if distance else threshold)
            common = (at.fmr, at.fnmr)
        found.append(error_curve(name, sorted_scores, distance=distance, common=common))
    return [curve for curve in found if curve is not None]


def _plots(result: CompareScoresResult, scores: tuple[ScoreSet, ScoreSet]) -> dict[str, Plot]:
    from fairdesk.figures.difference_figures import DrawnDifference, draw_differences
    from fairdesk.figures.verification_figures import draw_det, draw_roc

    curves = _curves(result, scores)
    plots = {}
    if curves:
        plots = {
            "models-roc": Plot(tr("ROC: TAR over FMR (FAR), of both models"), lambda axes: draw_roc(axes, curves)),
            "models-det": Plot(tr("DET: FNMR over FMR, of both models"), lambda axes: draw_det(axes, curves)),
        }
    rates = [
        DrawnDifference(difference_name(row), row.difference, row.ci)
        for row in result.differences
        if row.figure in ("eer", "fmr", "fnmr")
    ][:_MOST_DRAWN]
    if rates:
        told = tr("Differences of EER, FMR and FNMR with their intervals")
        plots["differences"] = Plot(
            told, lambda axes: draw_differences(axes, rates), len(rates) // 2, wide=len(rates) > 12
        )
    return plots


def write_comparison(
    folder: Path, result: CompareScoresResult, params: CompareScoresParams, scores: tuple[ScoreSet, ScoreSet],
    check: Callable[[], None] = lambda: None,
) -> Path:  # fmt: skip
    """Write comparison.html, .pdf and .json, differences.csv, the tables (CSV, LaTeX) and plots; returns the page.

    `scores` are the comparisons that both models have, as similarities. What an earlier comparison wrote there by its own
    record, and this one does not, is removed. The same inputs give the same bytes. `check` may raise to end it: all files
    are made before the first is written.
    """
    check()
    from fairdesk.figures.lettering import lettering

    check()
    files = {"differences.csv": differences_csv(result).encode()}
    sha256 = file_sha256(params.first), file_sha256(params.second)
    about = {
        "scores": [params.first.name, params.second.name], "scores SHA-256": list(sha256), "threshold": params.at,
        "threshold from": params.threshold_from, "alpha": params.alpha,
    }  # fmt: skip
    groups = [row.group for row in result.differences if row.group is not None]
    with (
        speaking_report(params.language) as language,
        lettering([*groups, params.label_source or "", result.first, result.second]),
    ):
        check()
        named = dict.fromkeys(row.figure for row in result.differences)
        tables = [answer_table(result), difference_table(result), definition_table("models_definitions", named)]
        document = Document(
            "comparison",
            tr("Two models compared: {second} less {first}", second=result.second, first=result.first),
            comparison_facts(result, params, scores, sha256),
            [table for table in tables if table.rows],
            comparison_caveats(result),
            _plots(result, scores),
            list(result.cautions),
        )
        files |= files_of(document, language, check)
    write_files(folder, "comparison.json", files, result.json_values() | {"about": about}, check)
    return folder / "comparison.html"
