"""An evaluation as tables: what the window, the report, CSV and LaTeX show, made once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fairdesk.figures.whole_set import named_apart, whole_name
from fairdesk.metrics.fairness.figure_notes import figure_tip
from fairdesk.metrics.pairs_behind.pair_query import PairQuery, cell_key
from fairdesk.metrics.pairs_behind.shown_figures import (
    RATES,
    figure_between,
    figure_name,
    figure_value,
    number,
    or_why,
    rate,
    rates_between,
)
from fairdesk.metrics.rates.error_rates import TARGETS
from fairdesk.metrics.rates.protocol_results import rule_name
from fairdesk.metrics.shown_bounds import almost_nothing
from fairdesk.words import grouped, mark, tr

if TYPE_CHECKING:
    from fairdesk.metrics.rates.whole_results import WholeRates
    from fairdesk.metrics.results import CrossCell, EvaluateResult, Figures, GroupFigures, GroupsResult

INTERVAL = "95 %"
FEW = 30  # errors; a rate from fewer is weak (rule of 30)


@dataclass(frozen=True)
class Column:
    """One column; texts stand on the left, numbers on the right."""

    title: str
    tip: str = ""
    text: bool = False


@dataclass(frozen=True)
class Cell:
    """One cell: `weak` rests on few errors, `strong` leaves equality out, `pairs` are the comparisons behind it."""

    text: str
    weak: bool = False
    strong: bool = False
    tip: str = ""
    pairs: PairQuery | None = None


@dataclass(frozen=True)
class Table:
    """One table, with a line below it."""

    name: str
    title: str
    columns: list[Column]
    rows: list[list[Cell]]
    note: str = ""


def tables_of(result: EvaluateResult, *, following: bool = False) -> list[Table]:
    """Return all tables of an evaluation that have rows; with `following` those that the common threshold changes."""
    groups = result.groups
    made = [] if following and groups is not None else [_overall(result)]
    if groups is not None:
        made += [_common(result, groups), _fairness(groups), _between(groups)]
    if groups is not None and not following:
        made += [_own_thresholds(groups), _differences(groups), _scores(groups)]
    if not following:
        made += [_own(result), _points(result), _folds(result), _left_out(result)]
    return [table for table in made if table.rows]


def _span(value: str, interval: tuple[float, float] | None, *, by_pairs: bool) -> str:
    if interval is None:
        return value
    said = f"{value}  [{rates_between(interval)}]"
    return tr("{interval} (too narrow)", interval=said) if by_pairs else said


def _and(shown: str, more: str) -> str:
    return f"{shown} ({more})" if more else shown


def _per_group(result: EvaluateResult) -> dict[str, GroupFigures]:
    return {} if result.groups is None else result.groups.per_group


def cell_counts(cell: CrossCell) -> str:
    """Show false matches and comparisons of a cell of two groups."""
    return grouped(f"{cell.false_matches:,}/{cell.impostor:,}")


def _counts(count: int) -> Cell:
    return Cell(grouped(f"{count:,}"))


def _overall(result: EvaluateResult) -> Table:
    rows = [
        (tr("Genuine comparisons"), grouped(f"{result.n_genuine:,}"), ""),
        (tr("Impostor comparisons"), grouped(f"{result.n_impostor:,}"), ""),
        (tr("Dropped (no score), genuine"), grouped(f"{result.dropped.genuine:,}"), ""),
        (tr("Dropped (no score), impostor"), grouped(f"{result.dropped.impostor:,}"), ""),
    ]
    if result.subjects is not None:
        rows.append((tr("Subjects"), grouped(f"{result.subjects:,}"), ""))
    rows += [
        (
            tr("EER (FVC rule)"),
            rate(result.eer),
            or_why(rates_between(result.eer_ci, by_pairs=result.eer_ci_by is not None), result.eer_ci_why),
        ),
        (tr("EER, interpolated"), rate(result.eer_interpolated), "–"),
        (tr("EER of the convex hull"), rate(result.eer_hull), "–"),
        (tr("Threshold at the EER"), number(result.eer_threshold), "–"),
        (tr("AUC"), "–" if result.auc is None else f"{result.auc:.6f}", "–"),
        ("d′", number(result.d_prime), "–"),
    ]
    why, common = result.eer_why or "", result.at_threshold
    notes = [tr("Undefined: {why}.", why=why)] if why else []
    made = [
        [Cell(name), Cell(value, tip=why if value == "–" else ""), Cell(interval)] for name, value, interval in rows
    ]
    if common is not None:
        made += [
            [Cell(name), *_rate_cells(common, rate_name, count, PairQuery(kind), result.subjects)]
            for name, rate_name, count, kind in (
                (tr("FMR at the threshold"), "fmr", common.false_matches, "false match"),
                (tr("FNMR at the threshold"), "fnmr", common.false_non_matches, "false non-match"),
            )
        ]
        notes.append(tr("Threshold {threshold} ({rule}).", threshold=number(common.threshold), rule=common.rule))
    return Table(
        "overall",
        tr("All comparisons"),
        [Column(tr("Figure"), text=True), Column(tr("Value")), Column(INTERVAL)],
        made,
        " ".join(notes),
    )


def _weak_tip() -> str:
    return tr("Rests on fewer than 30 errors: weaker than ±30 % at 90 % confidence (rule of 30)")


def _rate_cells(
    row: GroupFigures | WholeRates, name: str, errors: int, behind: PairQuery, subjects: int | None
) -> list[Cell]:
    """Return the cells of a rate at the threshold and of its interval."""
    value, why, interval, no, by = (getattr(row, name + end) for end in ("", "_why", "_ci", "_ci_why", "_ci_by"))
    weak, wide = value is not None and errors < FEW, almost_nothing(interval, errors, subjects)
    return [
        Cell(rate(value), weak, tip=_weak_tip() if weak else why or "", pairs=behind if errors else None),
        Cell(_and(or_why(rates_between(interval, by_pairs=by is not None), no), wide), bool(wide), tip=no or wide),
    ]


def _common(result: EvaluateResult, groups: GroupsResult) -> Table:
    columns = [
        Column(tr("Group"), text=True), Column(tr("Subjects")), Column(tr("Genuine")), Column(tr("Impostor")),
        Column(tr("Dropped"), tr("Comparisons without a score")),
        Column(tr("FMR"), tr("Share of impostor comparisons that are accepted")), Column(INTERVAL),
        Column(tr("FNMR"), tr("Share of genuine comparisons that are rejected")), Column(INTERVAL),
        Column(tr("False matches")), Column(tr("False non-matches")), Column(tr("Accuracy")),
    ]  # fmt: skip
    rows: list[list[Cell]] = []
    for name, row in groups.per_group.items():
        fmr, fmr_span = _rate_cells(row, "fmr", row.false_matches, PairQuery("false match", name, name), row.subjects)
        fnmr, fnmr_span = _rate_cells(
            row, "fnmr", row.false_non_matches, PairQuery("false non-match", name, name), row.subjects
        )
        rows.append(
            [
                Cell(name), Cell("–" if row.subjects is None else grouped(f"{row.subjects:,}")), _counts(row.genuine),
                _counts(row.impostor), _counts(row.dropped.genuine + row.dropped.impostor), fmr, fmr_span, fnmr, fnmr_span,
                Cell(grouped(f"{row.false_matches:,}"), pairs=fmr.pairs), Cell(grouped(f"{row.false_non_matches:,}"), pairs=fnmr.pairs),
                Cell(rate(row.accuracy), tip=row.accuracy_why or ""),
            ]
        )  # fmt: skip
    rule = tr(
        "Threshold {threshold} ({rule}), the same for every group", threshold=number(groups.threshold), rule=groups.rule
    )
    return Table(
        "common", tr("Groups at one threshold"), columns, rows, "; ".join([rule, *groups.fairness.worst_lines()]) + "."
    )


def _own_thresholds(groups: GroupsResult) -> Table:
    own = groups.own_thresholds
    columns = [Column(tr("Group"), text=True), Column(tr("Own threshold")), Column(tr("FMR")), Column(tr("FNMR"))]
    if own is None:
        return Table("own_thresholds", tr("Groups at their own thresholds"), columns, [])
    rows = [
        [
            Cell(name),
            Cell(number(row.threshold), tip=row.threshold_why or ""),
            Cell(rate(row.fmr)),
            Cell(rate(row.fnmr)),
        ]
        for name, row in own.per_group.items()
    ]
    note = tr(
        "A second view: what each group would show if its own comparisons set its threshold ({rule}). One system has one "
        "threshold, and the rates are of the very comparisons that set them, so that they are a little too good.",
        rule=tr("EER") if own.rule == "eer" else tr("FMR at most {target}", target=f"{100 * float(own.rule[4:]):g} %"),
    )
    return Table("own_thresholds", tr("Groups at their own thresholds"), columns, rows, note)


def _fairness(groups: GroupsResult) -> Table:
    columns = [
        Column(tr("Figure"), text=True), Column(tr("Value")), Column(INTERVAL),
        Column(tr("If groups were equal"), tr("Where the figure would lie in 95 % of studies of this size, with the subjects' groups permuted")),
    ]  # fmt: skip
    rows: list[list[Cell]] = []
    floored, by_pairs = False, groups.fairness.intervals_by is not None
    for row in groups.fairness.rows():
        value = figure_value(row.name, row.value)
        if row.floored is not None:
            value, floored = tr("{value} (≥ {floor})", value=value, floor=figure_value(row.name, row.floored)), True
        outside = (
            row.null_range is not None
            and row.value is not None
            and not row.null_range[0] <= row.value <= row.null_range[1]
        )
        unlike = groups.fairness.null_ranges_why.get(row.name)
        tip, null_tip = (
            "\n".join(part for part in (why, figure_tip(row.name)) if part) for why in (row.why, unlike or row.why)
        )
        rows.append(
            [
                Cell(figure_name(row.name), tip=tip), Cell(value, strong=outside, tip=tip),
                Cell(or_why(figure_between(row.name, row.interval, by_pairs=by_pairs), groups.fairness.intervals_why.get(row.name)), tip=tip),
                Cell(or_why(figure_between(row.name, row.null_range, by_pairs=by_pairs), unlike), tip=null_tip),
            ]
        )  # fmt: skip
    notes = [tr("Weight of the FMR (alpha): {alpha:g}.", alpha=groups.fairness.alpha)]
    if groups.fairness.null_ranges:
        notes.append(tr("Bold: outside the range that equal groups would show."))
    if floored:
        notes.append(
            tr(
                "≥: with a rate of no error put at 3 / comparisons (rule of three), but not above the highest that was seen."
            )
        )
    return Table("fairness", tr("Fairness"), columns, rows, " ".join(notes))


def _differences(groups: GroupsResult) -> Table:
    columns = [
        Column(tr("Rate"), text=True), Column(tr("Group"), text=True), Column(tr("minus"), text=True),
        Column(tr("Difference (percentage points)")), Column(INTERVAL, tr("Of this difference alone")),
        Column(tr("95 % of all together"), tr("All differences of this rate lie in theirs in 95 % of studies (max-T)")),
    ]  # fmt: skip
    rows = []
    for one in groups.differences:
        sure = one.together is not None and not one.together[0] <= 0 <= one.together[1]
        sign = "−" if one.difference < 0 else "+" if one.difference > 0 else ""
        texts = (
            tr(RATES[one.rate]), one.first, one.second, f"{sign}{rate(abs(one.difference))}",
            *(
                or_why(rates_between(ci, by_pairs=one.ci_by is not None, sign=True), one.ci_why)
                for ci in (one.ci, one.together)
            ),
        )  # fmt: skip
        rows.append([Cell(text, strong=sure, tip=one.ci_why or "") for text in texts])
    note = tr("Bold: zero is outside the interval that holds for all differences of the rate together.")
    return Table("differences", tr("Differences"), columns, rows, note)


def _between(groups: GroupsResult) -> Table:
    names = list(groups.per_group)
    columns = [Column(tr("FMR between"), text=True), *(Column(name) for name in names)]
    rows = []
    for first in names if groups.fmr_matrix else ():
        cells = [Cell(first)]
        for second in names:
            found = groups.fmr_matrix[cell_key(first, second)]
            text = "" if found.fmr is None else f"{rate(found.fmr)} ({cell_counts(found)})"
            query = PairQuery("false match", first, second) if found.false_matches else None
            cells.append(
                Cell(text, found.fmr is not None and found.false_matches < FEW, tip=found.fmr_why or "", pairs=query)
            )
        rows.append(cells)
    note = tr("False matches / impostor comparisons between every two groups. Empty: there are none.")
    return Table("between", tr("Between groups"), columns, rows if len(names) > 1 else [], note)


def _scores(groups: GroupsResult) -> Table:
    columns = [
        Column(tr("Group"), text=True), Column(tr("Genuine: mean")), Column(tr("median")), Column(tr("Impostor: mean")),
        Column(tr("median")), Column(tr("Genuine dropped")), Column(tr("Impostor dropped")),
    ]  # fmt: skip
    rows = [
        [
            Cell(name), Cell(number(row.genuine_mean)), Cell(number(row.genuine_median)), Cell(number(row.impostor_mean)),
            Cell(number(row.impostor_median)), _counts(row.dropped.genuine), _counts(row.dropped.impostor),
        ]
        for name, row in groups.per_group.items()
    ]  # fmt: skip
    note = tr("How scores differ between groups (comparison score differential), and comparisons without a score.")
    return Table("scores", tr("Scores by group"), columns, rows, note)


def _rows_of(result: EvaluateResult) -> list[tuple[str, Figures]]:
    rows = _per_group(result)
    return [(whole_name(rows), result), *rows.items()]


def _with_whole(note: str, result: EvaluateResult) -> str:
    """Return a note of a table with a row of the whole set."""
    return " ".join(part for part in (note, named_apart(_per_group(result))) if part)


def _own(result: EvaluateResult) -> Table:
    columns = [
        Column(tr("Group"), text=True), Column(tr("EER")), Column(tr("AUC")), Column("d′"),
        *(Column(tr("TAR at FAR {target} %", target=f"{100 * float(target):g}")) for target in TARGETS),
    ]  # fmt: skip
    rows = []
    for name, row in _rows_of(result):
        cells = [
            Cell(name),
            Cell(
                _span(rate(row.eer), row.eer_ci, by_pairs=row.eer_ci_by is not None),
                tip=row.eer_why or row.eer_ci_why or "",
            ),
            Cell("–" if row.auc is None else f"{row.auc:.6f}", tip=row.eer_why or "" if row.auc is None else ""), Cell(number(row.d_prime), tip=row.d_prime_why or ""),
        ]  # fmt: skip
        for target in TARGETS:
            found = (row.tar_at_far or {}).get(target)
            if found is None:
                cells.append(Cell("–", tip=row.tar_at_far_why or ""))
                continue
            shown = _span(rate(found.tar), found.tar_ci, by_pairs=found.tar_ci_by is not None)
            below = not found.resolvable
            cells.append(Cell(f"({shown})" if below else shown, below, tip=found.tar_why or found.tar_ci_why or ""))
        rows.append(cells)
    note = tr(
        "Each row at its own thresholds. In brackets: below resolution, as there are too few impostor comparisons."
    )
    return Table(
        "own", tr("EER, AUC, TAR at FAR"), columns, rows, _with_whole(" ".join([note, *_lacking(result)]), result)
    )


def _lacking(result: EvaluateResult) -> list[str]:
    """Say of the rows of the own thresholds which lack an interval, or a figure, and why."""
    named: dict[tuple[str, str], list[str]] = {}
    for name, row in _rows_of(result):
        if row.eer is not None and row.eer_ci is None and row.eer_ci_why:
            named.setdefault((mark("No interval ({why}): {names}."), row.eer_ci_why), []).append(name)
        elif row.eer is None and row.eer_why:
            named.setdefault((mark("No figure ({why}): {names}."), row.eer_why), []).append(name)
    return [tr(text, why=why, names=", ".join(names)) for (text, why), names in named.items()]


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
    return Column(tr("{name} (an FMR)", name=title) if name == "ZeroFNMR" else title, tip)


def _points(result: EvaluateResult) -> Table:
    names = list(result.operating_points or {})
    columns = [
        Column(tr("Group"), text=True), Column(tr("EER, interpolated")),
        Column(tr("EER, convex hull"), tr("Where the convex hull of the ROC has FMR = FNMR")),
        *(_point_column(name) for name in names),
    ]  # fmt: skip
    rows = []
    for name, row in _rows_of(result):
        points = row.operating_points
        if points is None:
            continue
        rows.append(
            [
                Cell(name), Cell(rate(row.eer_interpolated)), Cell(rate(row.eer_hull)),
                *(Cell(rate(points[n].fmr if n == "ZeroFNMR" else points[n].fnmr)) for n in names),
            ]
        )  # fmt: skip
        if row.tar_at_nearest_far is not None:
            near = "; ".join(
                tr("FAR {target} %: {tar}", target=f"{100 * float(target):g}", tar=rate(point.tar))
                for target, point in row.tar_at_nearest_far.items()
            )
            rows.append(
                [
                    Cell(tr("{name}, InsightFace's TAR at the nearest FAR", name=name)),
                    Cell(near),
                    *([Cell("")] * (len(names) + 1)),
                ]
            )
    return Table("points", tr("Operating points"), columns, rows, _with_whole("", result))


def _folds(result: EvaluateResult) -> Table:
    columns = [
        Column(tr("Group"), text=True), Column(tr("Threshold rule"), text=True), Column(tr("Accuracy over folds")),
        Column(tr("Deviation (ddof 0)")), Column(tr("Standard error")), Column(tr("Folds")), Column(tr("Comparisons")),
    ]  # fmt: skip
    rows = []
    for name, row in _rows_of(result):
        for rule, found in (row.fold_accuracy or {}).items():
            exact = None if found.accuracy is None else f"{100 * found.accuracy:.2f} %"
            cells = [
                name, rule_name(rule), exact or "–", "–" if found.std is None else f"{100 * found.std:.2f} %",
                "–" if found.standard_error is None else f"{100 * found.standard_error:.2f} %", f"{found.folds}",
                grouped(f"{found.comparisons:,}"),
            ]  # fmt: skip
            rows.append([Cell(text, tip=found.accuracy_why or "") for text in cells])
    notes = [tr("Each fold at the threshold that the other folds choose.")]
    spread = {} if result.groups is None else result.groups.fold_fairness or {}
    for rule, one in spread.items():
        if one.SER is not None:
            notes.append(
                tr(
                    "{rule}: STD {std0:.3f} (ddof 0), {std1:.3f} (ddof 1), SER {ser}.",
                    rule=rule_name(rule),
                    std0=one.accuracy_STD_ddof0,
                    std1=one.accuracy_STD_ddof1,
                    ser=number(one.SER),
                )
            )
    return Table("folds", tr("Accuracy over folds"), columns, rows, _with_whole(" ".join(notes), result))


def _left_out(result: EvaluateResult) -> Table:
    columns = [
        Column(tr("Group"), text=True), Column(tr("Reason"), text=True), Column(tr("Genuine")), Column(tr("Impostor")),
        Column(tr("Does it count?"), text=True),
    ]  # fmt: skip
    rows = [
        [Cell(one.group or tr("all")), Cell(one.reason), _counts(one.genuine), _counts(one.impostor), Cell(one.counted)]
        for one in result.left_out
    ]
    note = tr(
        "Comparisons that are in no rate, or in no group's, whose label is contradicted, or that are listed twice."
    )
    if result.left_out_file is not None:
        note += " " + tr("Each is listed in {file}, beside the report.", file=result.left_out_file)
    return Table("left_out", tr("Left out"), columns, rows, note)
