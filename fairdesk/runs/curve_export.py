"""The job that reads a log's curves, and writes them as a picture or a table."""

from __future__ import annotations

import csv
import io
import math

from fairdesk.images.table_cells import safe_rows
from fairdesk.images.written_files import write_text
from fairdesk.jobs.context import Context
from fairdesk.runs.params import CurvesParams
from fairdesk.runs.results import CurvesResult, SeriesEnds
from fairdesk.runs.training_logs import Curves, Points, is_evaluated, read_log, smooth
from fairdesk.words import mark, tr, tr_n

_ASIDE = {
    "learningrate",
    "learning_rate",
    "lr",
    "lr-adam",
    "speed",
    "xnorm",
    "samples/sec",
}  # in the table, not in the picture


def _is_aside(name: str) -> bool:
    """Whether a series is of another scale than all the rest."""
    plain = name.partition(" (")[0].lower()
    return plain.split()[-1] in _ASIDE if plain else False


def curves_csv(curves: Curves) -> str:
    """Return series, step and value, a row each."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(["series", curves.axis, "value"])
    for name, points in curves.series.items():
        writer.writerows(safe_rows([name, f"{step:g}", repr(value)] for step, value in points))
    return buffer.getvalue()


def export_curves(params: CurvesParams, context: Context) -> CurvesResult:
    """Job: read a log."""
    context.progress(0, 1, tr("log"))
    curves = read_log(params.log)
    if params.out is not None:
        if params.out.suffix.lower() == ".csv":
            write_text(params.out, curves_csv(curves))
        else:
            from fairdesk.figures.curve_figure import curves_figure
            from fairdesk.figures.verification_figures import picture

            shown = {n: p for n, p in curves.series.items() if not _is_aside(n)} or curves.series
            soft = (
                {n: smooth([v for _, v in p], params.smoothing) for n, p in shown.items()} if params.smoothing else {}
            )
            evaluated = {name for name in shown if is_evaluated(name)}
            figure = curves_figure(shown, soft, tr(curves.axis), params.log.name, evaluated)
            params.out.parent.mkdir(parents=True, exist_ok=True)
            params.out.write_bytes(picture(figure, params.out.suffix.lower()[1:]))
        context.artifact(params.out)
    for note in curves.notes:
        context.message(note)
    if curves.broken:
        context.message(
            tr_n(
                "{n:,} line of {log} could not be read and is left out.",
                "{n:,} lines of {log} could not be read and are left out.",
                curves.broken,
                log=params.log.name,
            )
        )
    if curves.other:
        context.message(
            tr_n(
                "{n:,} line of {log} has no figures that are understood.",
                "{n:,} lines of {log} have no figures that are understood.",
                curves.other,
                log=params.log.name,
            )
        )
    context.progress(1, 1, tr("log"))
    return CurvesResult(
        kind=curves.kind,
        axis=curves.axis,
        broken_lines=curves.broken,
        other_lines=curves.other,
        passes=curves.passes,
        notes=curves.notes,
        series={name: _ends(points) for name, points in curves.series.items()},
        summary=f"{tr(curves.kind)}: "
        + ", ".join(f"{name} ({len(points):,})" for name, points in curves.series.items()),
    )


def _ends(points: Points) -> SeriesEnds:
    """Return a series' ends, with the reason where one is no number."""
    undefined = sum(not math.isfinite(value) for _, value in points)
    why = mark("the log itself says nan here: the training had no value")
    return SeriesEnds(
        points=len(points),
        first=points[0],
        first_why=tr(why) if math.isnan(points[0][1]) else None,
        last=points[-1],
        last_why=tr(why) if math.isnan(points[-1][1]) else None,
        undefined=undefined or None,
    )
