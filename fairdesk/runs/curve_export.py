"""The job that reads a log's curves, and writes them as a picture or a table."""

from __future__ import annotations

import csv
import io

from fairdesk.images.table_cells import safe_rows
from fairdesk.images.written_files import write_text
from fairdesk.jobs.context import Context
from fairdesk.runs.params import CurvesParams
from fairdesk.runs.results import CurvesResult, SeriesEnds
from fairdesk.runs.training_logs import Curves, read_log, smooth
from fairdesk.words import tr

_ASIDE = ("LearningRate", "Speed", "XNorm")  # of another scale: in the table, not in the picture


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

            shown = {n: p for n, p in curves.series.items() if not n.endswith(_ASIDE)} or curves.series
            soft = (
                {n: smooth([v for _, v in p], params.smoothing) for n, p in shown.items()} if params.smoothing else {}
            )
            figure = curves_figure(shown, soft, curves.axis, params.log.name)
            params.out.parent.mkdir(parents=True, exist_ok=True)
            params.out.write_bytes(picture(figure, params.out.suffix.lower()[1:]))
        context.artifact(params.out)
    if curves.broken:
        context.message(
            tr(
                "{broken:,} lines of {log} could not be read and are left out.",
                broken=curves.broken,
                log=params.log.name,
            )
        )
    context.progress(1, 1, tr("log"))
    return CurvesResult(
        kind=curves.kind,
        axis=curves.axis,
        broken_lines=curves.broken,
        series={
            name: SeriesEnds(points=len(points), first=points[0], last=points[-1])
            for name, points in curves.series.items()
        },
        summary=f"{curves.kind}: " + ", ".join(f"{name} ({len(points):,})" for name, points in curves.series.items()),
    )
