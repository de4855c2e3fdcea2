"""What protocols ask for as tables: named operating points, and accuracy over folds."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from fairdesk.metrics.pairs_behind.shown_figures import number, rate
from fairdesk.metrics.rates.protocol_results import rule_name
from fairdesk.metrics.report.rows import rows_of, with_whole
from fairdesk.metrics.report.tables import PERCENT, Cell, Column, Table, hundredfold, or_dash
from fairdesk.words import grouped, mark, tr

if TYPE_CHECKING:
    from fairdesk.metrics.results import EvaluateResult


_POINTS = {
    "FMR10": mark("FMR10"), "FMR20": mark("FMR20"), "FMR100": mark("FMR100"), "FMR1000": mark("FMR1000"),
    "ZeroFMR": mark("ZeroFMR"), "ZeroFNMR": mark("ZeroFNMR"),
}  # fmt: skip


def _point_column(name: str) -> Column:
    if name == "ZeroFNMR":
        tip = tr("The lowest FMR without a false non-match")
    elif name == "ZeroFMR":
        tip = tr("The lowest FNMR without a false match")
    else:
        tip = tr("The lowest FNMR with so small an FMR (1 in {n})", n=name.removeprefix("FMR"))
    title = tr(_POINTS[name])
    shown = tr("{name} (an FMR)", name=title) if name == "ZeroFNMR" else tr("{name} (an FNMR)", name=title)
    return Column(shown, tip, numbers=True, unit=PERCENT)


def _of(rate_: float | None) -> Cell:
    return Cell(rate(rate_), value=hundredfold(rate_))


def points_table(result: EvaluateResult) -> Table:
    """Return the EERs by other rules and the named operating points."""
    names = list(result.operating_points or {})
    columns = [
        Column(tr("Group"), text=True), Column(tr("EER, interpolated"), numbers=True, unit=PERCENT),
        Column(tr("EER, convex hull"), tr("Where the convex hull of the ROC has FMR = FNMR"), numbers=True, unit=PERCENT),
        *(_point_column(name) for name in names),
    ]  # fmt: skip
    rows = []
    for name, row in rows_of(result):
        points = row.operating_points
        if points is None:
            why = row.operating_points_why or row.eer_why
            rows += [[Cell(name, given=True), *(or_dash("–", why) for _ in columns[1:])]] if names else []
            continue
        rows.append(
            [
                Cell(name, given=True), _of(row.eer_interpolated), _of(row.eer_hull),
                *(_of(points[n].fmr if n == "ZeroFNMR" else points[n].fnmr) for n in names),
            ]
        )  # fmt: skip
        if row.tar_at_nearest_far is not None:
            near = "; ".join(
                tr("FAR {target} %: {tar}", target=f"{100 * float(target):g}", tar=rate(point.tar))
                for target, point in row.tar_at_nearest_far.items()
            )
            rows.append(
                [
                    Cell(tr("{name}, InsightFace's TAR at the nearest FAR", name=name), given=True),
                    Cell(near),
                    *([Cell("")] * (len(names) + 1)),
                ]
            )
    return Table("points", tr("Operating points"), columns, rows, with_whole("", result))


def folds_table(result: EvaluateResult) -> Table:
    """Return accuracy over folds by each rule for a fold's threshold."""
    columns = [
        Column(tr("Group"), text=True), Column(tr("Threshold rule"), text=True), Column(tr("Accuracy over folds"), numbers=True, unit=PERCENT),
        Column(tr("Deviation (ddof 0)"), numbers=True, unit=tr("pp")), Column(tr("Standard error"), numbers=True, unit=tr("pp")), Column(tr("Folds")), Column(tr("Comparisons")),
    ]  # fmt: skip
    rows, gap = [], tr("{number} pp")
    for name, row in rows_of(result):
        for rule, found in (row.fold_accuracy or {}).items():
            shares = [
                or_dash(
                    "–" if share is None else unit.format(number=f"{Decimal(f'{100 * share:.11e}'):.2f}"),
                    found.accuracy_why,
                    value=hundredfold(share),
                )
                for share, unit in ((found.accuracy, "{number} %"), (found.std, gap), (found.standard_error, gap))
            ]
            counts = [Cell(grouped(f"{count:,}")) for count in (found.folds, found.comparisons)]
            rows.append([Cell(name, given=True), Cell(rule_name(rule)), *shares, *counts])
    notes = [tr("Each fold at the threshold that the other folds choose."), tr("pp: percentage points.")]
    spread = {} if result.groups is None else result.groups.fold_fairness or {}
    for rule, one in spread.items():
        if one.SER is not None:
            notes.append(
                tr(
                    "{rule}: STD {std0:.3f} pp (ddof 0), {std1:.3f} pp (ddof 1), SER {ser}.",
                    rule=rule_name(rule),
                    std0=one.accuracy_STD_ddof0,
                    std1=one.accuracy_STD_ddof1,
                    ser=number(one.SER),
                )
            )
    return Table("folds", tr("Accuracy over folds"), columns, rows, with_whole(" ".join(notes), result))
