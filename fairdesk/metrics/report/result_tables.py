"""An evaluation as tables: what the window, the report, CSV and LaTeX show, made once."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from fairdesk.figures.whole_set import whole_name
from fairdesk.metrics.fairness.figure_notes import FAIRER, LESS_FAIR, beyond_chance, figure_tip
from fairdesk.metrics.intervals.by_pairs import threshold_by_pairs
from fairdesk.metrics.pairs_behind.pair_query import PairQuery, cell_key
from fairdesk.metrics.pairs_behind.shown_figures import (
    RATES,
    difference,
    figure_between,
    figure_name,
    figure_unit,
    figure_value,
    is_rate,
    minus,
    number,
    or_why,
    points_between,
    rate,
    rates_between,
    threshold_shown,
)
from fairdesk.metrics.rates.error_rates import TARGETS, resolvable
from fairdesk.metrics.report.protocol_tables import folds_table, points_table
from fairdesk.metrics.report.rows import rows_of, with_whole
from fairdesk.metrics.report.tables import (
    INTERVAL,
    PERCENT,
    Cell,
    Column,
    Table,
    full,
    hundredfold,
    in_percent,
    or_dash,
    with_reasons,
)
from fairdesk.metrics.shown_bounds import eer_tells_little, noted, tar_tells_little, tells_little
from fairdesk.words import grouped, tr

if TYPE_CHECKING:
    from fairdesk.metrics.rates.whole_results import WholeRates
    from fairdesk.metrics.results import CrossCell, EvaluateResult, Figures, GroupFigures, GroupsResult

FEW = 30  # errors; a rate from fewer is weak (rule of 30)


def tables_of(result: EvaluateResult, *, following: bool = False, drawing: bool = False) -> list[Table]:
    """Return all tables of an evaluation that have rows; with `following` those that the common threshold changes.

    While intervals are being worked out (`drawing`) subjects that are not counted yet are said to be.
    """
    groups = result.groups
    made = [] if following and groups is not None else [_overall(result)]
    if groups is not None:
        made += [_common(result, groups, drawing=drawing), _fairness(groups), _between(groups)]
    if groups is not None and not following:
        made += [_own_thresholds(groups), _differences(groups), _scores(groups)]
    if not following:
        made += [_own(result), points_table(result), folds_table(result), _left_out(result)]
    return [with_reasons(table) for table in made if table.rows]


def _span(value: str, interval: tuple[float, float] | None, *, by_pairs: bool) -> str:
    if interval is None:
        return value
    said = f"{value}  [{rates_between(interval)}]"
    return tr("{interval} (too narrow)", interval=said) if by_pairs else said


def cell_counts(cell: CrossCell) -> str:
    """Show false matches and comparisons of a cell of two groups."""
    return grouped(f"{cell.false_matches:,}/{cell.impostor:,}")


def _counts(count: int) -> Cell:
    return Cell(grouped(f"{count:,}"))


def _overall(result: EvaluateResult) -> Table:
    rows = [
        (tr("Genuine comparisons"), result.n_genuine),
        (tr("Impostor comparisons"), result.n_impostor),
        (tr("Dropped (no score), genuine"), result.dropped.genuine),
        (tr("Dropped (no score), impostor"), result.dropped.impostor),
    ]
    if result.subjects is not None:
        rows.append((tr("Subjects"), result.subjects))
    common = result.at_threshold if result.groups is None else None  # by group they are a row beside the groups
    why, none = result.eer_why, tr("no interval is worked out for it")
    made = [[Cell(name), Cell(grouped(f"{count:,}"), value=count), Cell("")] for name, count in rows]
    wide = eer_tells_little(result, result.n_genuine, result.n_impostor, result.subjects)
    interval = rates_between(result.eer_ci, by_pairs=result.eer_ci_by is not None)
    shown = noted(or_why(interval, result.eer_ci_why), wide)
    made.append(
        [
            Cell(tr("EER (FVC rule)")), or_dash(rate(result.eer), why, value=hundredfold(result.eer), unit=PERCENT),
            Cell(shown, bool(wide), tip=result.eer_ci_why or wide, ends=in_percent(result.eer_ci), unit=PERCENT) if wide or shown != "–" else or_dash(shown, why),
        ]
    )  # fmt: skip
    made += [
        [Cell(name), value, or_dash("–", value.why or none)]
        for name, value in (
            (tr("EER, interpolated"), _rate(result.eer_interpolated, result.eer_interpolated_why or why)),
            (tr("EER of the convex hull"), _rate(result.eer_hull, result.eer_hull_why or why)),
            (tr("Threshold at the EER"), _number(result.eer_threshold, result.eer_threshold_why or why)),
            (tr("AUC"), _auc(result.auc, result.auc_why or why)),
            ("d′", _number(result.d_prime, result.d_prime_why or why)),
        )
    ]
    notes = []
    if common is not None:
        made += [
            [Cell(name), *_rate_cells(common, rate_name, count, PairQuery(kind), result.subjects)]
            for name, rate_name, count, kind in (
                (tr("FMR at the threshold"), "fmr", common.false_matches, "false match"),
                (tr("FNMR at the threshold"), "fnmr", common.false_non_matches, "false non-match"),
            )
        ]
        notes.append(
            tr(
                "Threshold {threshold} ({rule}).",
                threshold=threshold_shown(common.threshold, common.rule),
                rule=minus(common.rule),
            )
        )
    return Table(
        "overall",
        tr("All comparisons"),
        [
            Column(tr("Figure"), text=True),
            Column(tr("Value"), numbers=True, unit=None),
            Column(INTERVAL, of=INTERVAL, unit=None),
        ],
        made,
        " ".join(notes),
    )


def _rate(value: float | None, why: str | None) -> Cell:
    return or_dash(rate(value), why, value=hundredfold(value), unit=PERCENT)


def _number(value: float | None, why: str | None) -> Cell:
    return or_dash(number(value), why, value=full(value))


def _auc(value: float | None, why: str | None) -> Cell:
    return or_dash("–" if value is None else f"{value:.6f}", why, value=value)


def _weak_tip() -> str:
    return tr("Rests on fewer than 30 errors: weaker than ±30 % at 90 % confidence (rule of 30)")


def _rate_cells(
    row: GroupFigures | WholeRates, name: str, errors: int, behind: PairQuery, subjects: int | None
) -> list[Cell]:
    """Return the cells of a rate at the threshold and of its interval."""
    value, why, interval, no, by = (getattr(row, name + end) for end in ("", "_why", "_ci", "_ci_why", "_ci_by"))
    weak, wide = value is not None and errors < FEW, tells_little(interval, errors, subjects)
    tip = "\n".join(part for part in (no or wide, "" if by is None else threshold_by_pairs()) if part)
    shown, pairs = _rate(value, why), behind if errors else None
    return [
        replace(shown, pairs=pairs, weak=weak, tip=_weak_tip() if weak else shown.tip),
        Cell(
            noted(or_why(rates_between(interval, by_pairs=by is not None), no), wide),
            bool(wide),
            tip=tip,
            ends=in_percent(interval),
            unit=PERCENT,
        ),
    ]


def _subjects(count: int | None, *, drawing: bool) -> Cell:
    if count is None and drawing:
        return Cell("…", tip=tr("Subjects are counted as the intervals are worked out"))
    return or_dash(
        "–" if count is None else grouped(f"{count:,}"), tr("subjects are counted where intervals are by subjects")
    )


def _common(result: EvaluateResult, groups: GroupsResult, *, drawing: bool) -> Table:
    columns = [
        Column(tr("Group"), text=True), Column(tr("Subjects")), Column(tr("Genuine")), Column(tr("Impostor")),
        Column(tr("Dropped"), tr("Comparisons without a score")),
        Column(tr("FMR"), tr("Share of impostor comparisons that are accepted"), numbers=True, unit=PERCENT), Column(INTERVAL, of=tr("FMR"), unit=PERCENT),
        Column(tr("FNMR"), tr("Share of genuine comparisons that are rejected"), numbers=True, unit=PERCENT), Column(INTERVAL, of=tr("FNMR"), unit=PERCENT),
        Column(tr("False matches")), Column(tr("False non-matches")), Column(tr("Accuracy"), numbers=True, unit=PERCENT),
    ]  # fmt: skip
    rows: list[list[Cell]] = []
    told: list[tuple[str, str, GroupFigures | WholeRates, GroupFigures | EvaluateResult]] = [
        (name, name, row, row) for name, row in groups.per_group.items()
    ]
    if result.at_threshold is not None:
        told.insert(0, (whole_name(groups.per_group), "", result.at_threshold, result))
    for name, of, row, whose in told:
        genuine, impostor, subjects = _size(whose)
        fmr, fmr_span = _rate_cells(row, "fmr", row.false_matches, PairQuery("false match", of, of), subjects)
        fnmr, fnmr_span = _rate_cells(
            row, "fnmr", row.false_non_matches, PairQuery("false non-match", of, of), subjects
        )
        rows.append(
            [
                Cell(name, given=True), _subjects(subjects, drawing=drawing), _counts(genuine),
                _counts(impostor), _counts(whose.dropped.genuine + whose.dropped.impostor), fmr, fmr_span, fnmr, fnmr_span,
                Cell(grouped(f"{row.false_matches:,}"), pairs=fmr.pairs), Cell(grouped(f"{row.false_non_matches:,}"), pairs=fnmr.pairs),
                _rate(row.accuracy, row.accuracy_why),
            ]
        )  # fmt: skip
    rule = tr(
        "Threshold {threshold} ({rule}), the same for every group",
        threshold=threshold_shown(groups.threshold, groups.rule),
        rule=minus(groups.rule),
    )
    note = with_whole("; ".join([rule, *groups.fairness.worst_lines()]) + ".", result)
    note = " ".join(part for part in (note, result.beside_groups()) if part)
    return Table("common", tr("Groups at one threshold"), columns, rows, note)


def _own_thresholds(groups: GroupsResult) -> Table:
    own = groups.own_thresholds
    columns = [
        Column(tr("Group"), text=True), Column(tr("Own threshold"), numbers=True),
        Column(tr("FMR"), numbers=True, unit=PERCENT), Column(tr("FNMR"), numbers=True, unit=PERCENT),
    ]  # fmt: skip
    if own is None:
        return Table("own_thresholds", tr("Groups at their own thresholds"), columns, [])
    rows, target = [], own.rule.partition("=")[2]
    below = tr("Below resolution: too few impostor comparisons for this FMR")
    few = {
        name for name, row in own.per_group.items()
        if target and float(target) and row.fmr is not None and not resolvable(target, groups.per_group[name].impostor)
    }  # fmt: skip
    for name, row in own.per_group.items():
        shown = [
            _number(row.threshold, row.threshold_why),
            _rate(row.fmr, row.fmr_why),
            _rate(row.fnmr, row.fnmr_why),
        ]
        if name in few:
            shown = [replace(cell, text=f"({cell.text})", weak=True, tip=below, why="") for cell in shown]
        rows.append([Cell(name, given=True), *shown])
    note = tr(
        "A second view: what each group would show if its own comparisons set its threshold ({rule}). One system has one "
        "threshold, and the rates are of the very comparisons that set them, so that they are a little too good.",
        rule=tr("EER") if own.rule == "eer" else tr("FMR at most {target}", target=f"{100 * float(own.rule[4:]):g} %"),
    )
    if few:
        note += " " + tr("In brackets: below resolution, as there are too few impostor comparisons.")
    return Table("own_thresholds", tr("Groups at their own thresholds"), columns, rows, note)


def _fairness(groups: GroupsResult) -> Table:
    columns = [
        Column(tr("Figure"), text=True), Column(tr("Value"), numbers=True, unit=None), Column(INTERVAL, of=INTERVAL, unit=None),
        Column(tr("If groups were equal"), unit=None, of=tr("If groups were equal"), tip=tr("Where the figure would lie in 95 % of studies of this size, with the subjects' groups permuted")),
    ]  # fmt: skip
    rows: list[list[Cell]] = []
    more_equal: list[str] = []
    floored, by_pairs = False, groups.fairness.intervals_by is not None
    for row in groups.fairness.rows():
        value = figure_value(row.name, row.value)
        if row.floored is not None:
            value, floored = tr("{value} (≥ {floor})", value=value, floor=figure_value(row.name, row.floored)), True
        beyond = beyond_chance(row.name, row.value, row.null_range)
        if beyond == FAIRER:
            more_equal.append(figure_name(row.name))
        why = groups.fairness.intervals_why.get(row.name)
        unlike = groups.fairness.null_ranges_why.get(row.name)
        alone = tr("fewer than two groups") if len(groups.per_group) < 2 else None
        ends, unit = in_percent if is_rate(row.name) else lambda found: found, figure_unit(row.name)
        exact = hundredfold(row.value) if is_rate(row.name) else row.value
        value_cell = or_dash(value, row.why, figure_tip(row.name), strong=beyond == LESS_FAIR, value=exact, unit=unit)
        interval = or_why(figure_between(row.name, row.interval, by_pairs=by_pairs), why)
        equal = or_why(figure_between(row.name, row.null_range, by_pairs=by_pairs), unlike)
        rows.append(
            [
                replace(value_cell, text=figure_name(row.name), strong=False, why="", value=None), value_cell,
                replace(or_dash(interval, row.why or tr("only figures that compare groups have one"), figure_tip(row.name), unit=unit), ends=ends(row.interval)),
                replace(or_dash(equal, row.why or alone or why or tr("only figures that compare groups have one"), figure_tip(row.name), unit=unit), ends=ends(row.null_range)),
            ]
        )  # fmt: skip
    notes = [tr("Weight of the FMR (alpha): {alpha:g}.", alpha=groups.fairness.alpha), tr("pp: percentage points.")]
    if groups.fairness.null_ranges:
        notes.append(tr("Bold: less equal than the range that equal groups would show."))
    notes += groups.fairness.parts_lines()
    if more_equal:
        notes.append(tr("More equal than chance shows: {names}.", names=", ".join(more_equal)))
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
        Column(tr("Difference"), tr("pp: percentage points"), numbers=True, unit=tr("pp")), Column(INTERVAL, tr("Of this difference alone"), of=INTERVAL, unit=tr("pp")),
        Column(tr("95 % of all together"), unit=tr("pp"), of=tr("95 % of all together"), tip=tr("All differences of this rate lie in theirs in 95 % of studies (max-T)")),
    ]  # fmt: skip
    rows = []
    for one in groups.differences:
        sure = one.together is not None and not one.together[0] <= 0 <= one.together[1]
        texts = (
            tr(RATES[one.rate]), one.first, one.second, difference(one.difference),
            *(
                or_why(points_between(ci, by_pairs=one.ci_by is not None), one.ci_why)
                for ci in (one.ci, one.together)
            ),
        )  # fmt: skip
        made = [
            Cell(text, strong=sure, tip=one.ci_why or "", given=place in (1, 2)) for place, text in enumerate(texts)
        ]
        made[3] = replace(made[3], value=hundredfold(one.difference))
        made[4:] = [replace(made[4], ends=in_percent(one.ci)), replace(made[5], ends=in_percent(one.together))]
        rows.append(made)
    note = " ".join(
        [
            tr("Bold: zero is outside the interval that holds for all differences of the rate together."),
            tr("pp: percentage points."),
        ]
    )
    return Table("differences", tr("Differences"), columns, rows, note)


def _between(groups: GroupsResult) -> Table:
    names = list(groups.per_group)
    columns = [
        Column(tr("FMR between"), text=True),
        *(Column(name, named=True, numbers=True, unit=PERCENT, counts=True) for name in names),
    ]
    rows = []
    for first in names if groups.fmr_matrix else ():
        cells = [Cell(first, given=True)]
        for second in names:
            found = groups.fmr_matrix[cell_key(first, second)]
            text = "" if found.fmr is None else f"{rate(found.fmr)} ({cell_counts(found)})"
            query = PairQuery("false match", first, second) if found.false_matches else None
            cells.append(
                Cell(
                    text, found.fmr is not None and found.false_matches < FEW, tip=found.fmr_why or "", pairs=query,
                    value=hundredfold(found.fmr), counts=(found.false_matches, found.impostor),
                )
            )  # fmt: skip
        rows.append(cells)
    note = tr("False matches / impostor comparisons between every two groups. Empty: there are none.")
    return Table("between", tr("Between groups"), columns, rows if len(names) > 1 else [], note)


def _scores(groups: GroupsResult) -> Table:
    columns = [
        Column(tr("Group"), text=True), Column(tr("Genuine: mean"), numbers=True), Column(tr("Genuine: median"), numbers=True), Column(tr("Impostor: mean"), numbers=True),
        Column(tr("Impostor: median"), numbers=True), Column(tr("Genuine dropped")), Column(tr("Impostor dropped")),
    ]  # fmt: skip
    mixed = tr("infinite scores of both signs have no mean")
    rows = []
    for name, row in groups.per_group.items():
        no_genuine = mixed if row.genuine else tr("no genuine pairs in this group")
        no_impostor = mixed if row.impostor else tr("no impostor pairs within this group")
        rows.append(
            [
                Cell(name, given=True), _number(row.genuine_mean, no_genuine), _number(row.genuine_median, no_genuine),
                _number(row.impostor_mean, no_impostor), _number(row.impostor_median, no_impostor), _counts(row.dropped.genuine), _counts(row.dropped.impostor),
            ]
        )  # fmt: skip
    note = tr("How scores differ between groups (comparison score differential), and comparisons without a score.")
    return Table("scores", tr("Scores by group"), columns, rows, note)


def _own(result: EvaluateResult) -> Table:
    columns = [
        Column(tr("Group"), text=True), Column(tr("EER"), of=tr("EER"), whole=True, unit=PERCENT), Column(tr("AUC"), numbers=True), Column("d′", numbers=True),
        *(Column(title, of=title, whole=True, unit=PERCENT) for target in TARGETS if (title := tr("TAR at FAR {target} %", target=f"{100 * float(target):g}"))),
    ]  # fmt: skip
    rows = []
    little = False
    for name, row in rows_of(result):
        genuine, impostor, subjects = _size(row)
        wide = eer_tells_little(row, genuine, impostor, subjects)
        shown = noted(_span(rate(row.eer), row.eer_ci, by_pairs=row.eer_ci_by is not None), wide)
        cells = [
            Cell(name, given=True),
            or_dash(shown, row.eer_why)
            if row.eer is None
            else Cell(
                shown, bool(wide), tip=row.eer_ci_why or wide, ends=in_percent(row.eer_ci), value=hundredfold(row.eer)
            ),
            _auc(row.auc, row.auc_why or row.eer_why),
            _number(row.d_prime, row.d_prime_why or row.eer_why),
        ]
        little |= bool(wide)
        for target in TARGETS:
            found = (row.tar_at_far or {}).get(target)
            if found is None or found.tar is None:
                why = row.tar_at_far_why if found is None else found.tar_why
                cells.append(or_dash("–", why or row.eer_why))
                continue
            below, wide = not found.resolvable, tar_tells_little(found, genuine, subjects)
            shown = noted(_span(rate(found.tar), found.tar_ci, by_pairs=found.tar_ci_by is not None), wide)
            little |= bool(wide)
            shown = f"({shown})" if below else shown
            ends, anew = in_percent(found.tar_ci), "" if found.tar_ci_by is None else threshold_by_pairs()
            said = "\n".join(part for part in (found.tar_ci_why or wide, anew) if part)
            cells.append(Cell(shown, below or bool(wide), tip=said, ends=ends, value=hundredfold(found.tar)))
        rows.append(cells)
    note = tr(
        "Each row at its own thresholds. In brackets: below resolution, as there are too few impostor comparisons."
    )
    notes = [note, *([_little_note()] if little else []), *_lacking(result)]
    return Table("own", tr("EER, AUC, TAR at FAR"), columns, rows, with_whole(" ".join(notes), result))


def _size(row: Figures) -> tuple[int, int, int | None]:
    """Return how many genuine and impostor comparisons, and subjects, figures rest on."""
    from fairdesk.metrics.results import EvaluateResult, GroupFigures

    if isinstance(row, EvaluateResult):
        return row.n_genuine, row.n_impostor, row.subjects
    assert isinstance(row, GroupFigures)
    return row.genuine, row.impostor, row.subjects


def _little_note() -> str:
    return tr(
        "Tells little: the interval takes in half of all that is possible or more (an EER may be 0 to 50 %); it says almost "
        "nothing from four fifths on."
    )


def _lacking(result: EvaluateResult) -> list[str]:
    """Say of the rows of the own thresholds which lack an interval of the EER, or of a TAR alone, and why."""
    named: dict[str, list[str]] = {}
    for name, row in rows_of(result):
        if row.eer is not None and row.eer_ci is None and row.eer_ci_why:
            named.setdefault(row.eer_ci_why, []).append(name)
        lacking: dict[str, list[str]] = {}
        for target, point in (row.tar_at_far or {}).items():
            if point.tar is not None and point.tar_ci is None and point.resolvable and point.tar_ci_why:
                lacking.setdefault(point.tar_ci_why, []).append(f"{100 * float(target):g} %")
        for why, targets in lacking.items():
            if why != row.eer_ci_why:
                said = tr("{name} (TAR at FAR {targets})", name=name, targets=", ".join(targets))
                named.setdefault(why, []).append(said)
    return [tr("No interval ({why}): {names}.", why=why, names=", ".join(names)) for why, names in named.items()]


def _left_out(result: EvaluateResult) -> Table:
    columns = [
        Column(tr("Group"), text=True), Column(tr("Reason"), text=True), Column(tr("Genuine")), Column(tr("Impostor")),
        Column(tr("Does it count?"), text=True),
    ]  # fmt: skip
    rows = [
        [
            Cell(one.group or tr("all"), given=True),
            Cell(one.reason, given=True),
            _counts(one.genuine),
            _counts(one.impostor),
            Cell(one.counted),
        ]
        for one in result.left_out
    ]
    note = tr(
        "Comparisons that are in no rate, or in no group's, whose label is contradicted, or that are listed twice."
    )
    if result.left_out_file is not None:
        note += " " + tr("Each is listed in {file}, beside the report.", file=result.left_out_file)
    return Table("left_out", tr("Left out"), columns, rows, note)
