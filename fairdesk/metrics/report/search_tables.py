"""A one-to-many search, and the comparison of two models, as tables."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from fairdesk import counted
from fairdesk.figures.whole_set import named_apart, whole_name
from fairdesk.metrics.comparison.results import (
    ANSWERS,
    CompareScoresResult,
    better_name,
    difference_name,
    difference_shown,
)
from fairdesk.metrics.fairness.figure_notes import figure_tip
from fairdesk.metrics.identification.results import (
    IdentifyResult,
    SearchFigures,
    SearchPoint,
    search_tells_little,
)
from fairdesk.metrics.pairs_behind.shown_figures import figure_name, number, or_why, rate, rates_between
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
from fairdesk.metrics.shown_bounds import noted
from fairdesk.shares import Interval
from fairdesk.words import grouped, tr

RANKS = (1, 5, 10, 20)
LONGEST_REASON = 45  # characters in a cell; longer ones stand below the table


def search_tables(result: IdentifyResult) -> list[Table]:
    """Return ranks, FNIR at each FPIR, and how many probes there are, of all probes and each group."""
    groups = result.groups or {}
    rows = [(whole_name(groups), result), *groups.items()]
    tables = [_ranks(rows, by_probes=not result.draws), _points(rows, by_probes=not result.draws), _probes(rows)]
    missing = None if result.unscored is None else result.unscored.line()
    notes = [note for note in (missing, result.unnamed_line(), named_apart(groups)) if note]
    return [
        with_reasons(replace(table, note=" ".join(part for part in (table.note, *notes) if part))) for table in tables
    ]


def _shown(interval: Interval | None, why: str | None, subjects: int, *, by_probes: bool) -> Cell:
    shown = rates_between(interval)
    if interval is not None and by_probes:
        shown = tr("{interval} (too narrow)", interval=shown)
    wide = search_tells_little(interval, subjects)
    return Cell(noted(or_why(shown, why), wide), bool(wide), tip=why or wide, ends=in_percent(interval))


def _rate(value: float | None, why: str | None) -> Cell:
    return or_dash(rate(value), why, value=hundredfold(value))


def _ranks(rows: Sequence[tuple[str, SearchFigures]], *, by_probes: bool) -> Table:
    found = tr("Found")
    columns = [
        Column(tr("Group"), text=True), Column(tr("Rank")), Column(found, tr("Share of mated probes whose mate is within the rank"), numbers=True, unit=PERCENT),
        Column(INTERVAL, of=found, unit=PERCENT),
        Column(tr("Ties in favour"), tr("Where another's entry has the same score, the mate comes first"), numbers=True, unit=PERCENT),
    ]  # fmt: skip
    out = []
    for k in RANKS:
        for name, row in rows:
            worst, best = ([] if one is None else one for one in (row.cmc.pessimistic, row.cmc.optimistic))
            at, in_favour = (one[min(k, len(one)) - 1] if one else None for one in (worst, best))
            interval = row.rank1_ci if k == 1 else (row.rank_ci or {}).get(str(k))
            no, why = row.cmc.pessimistic_why or "", row.rank1_ci_why or row.cmc.pessimistic_why
            span = _shown(interval, why, row.subjects, by_probes=by_probes)
            out.append([Cell(name, given=True), Cell(f"{k}"), _rate(at, no), span, _rate(in_favour, no)])
    note = tr(
        "Share of mated probes whose mate is within a rank; an entry of another person with the same score comes first."
    )
    return Table("ranks", tr("Ranks"), columns, out, note)


def _probes(rows: Sequence[tuple[str, SearchFigures]]) -> Table:
    columns = [
        Column(tr("Group"), text=True), Column(tr("Subjects")), Column(tr("Mated probes")), Column(tr("Non-mated probes")),
        Column(tr("Dropped"), tr("Probes without any score")),
    ]  # fmt: skip
    out = []
    for name, row in rows:
        counts = (row.subjects, row.n_mated, row.n_nonmated, row.dropped.mated + row.dropped.nonmated)
        out.append([Cell(name, given=True), *(Cell(grouped(f"{count:,}")) for count in counts)])
    return Table("probes", tr("Probes"), columns, out)


def _threshold(point: SearchPoint) -> Cell:
    """Show a threshold; of an infinite one also whether infinite scores are accepted, as two are written alike."""
    shown = or_dash(number(point.threshold), point.threshold_why, value=full(point.threshold))
    if point.threshold is None or not math.isinf(point.threshold):
        return shown
    if point.reject_all:
        text = tr("{threshold}: none is accepted", threshold=shown.text)
        return replace(shown, text=text, tip=tr("above infinite scores too: none is accepted"))
    return replace(shown, tip=tr("infinite scores are accepted"))


def _points(rows: Sequence[tuple[str, SearchFigures]], *, by_probes: bool) -> Table:
    columns = [
        Column(tr("Group"), text=True), Column(tr("Target FPIR"), numbers=True, unit=PERCENT), Column(tr("FNIR at rank 1"), numbers=True, unit=PERCENT),
        Column(INTERVAL, of=tr("FNIR at rank 1"), unit=PERCENT), Column(tr("Misses")), Column(tr("FPIR"), numbers=True, unit=PERCENT),
        Column(INTERVAL, of=tr("FPIR"), unit=PERCENT), Column(tr("False positives")), Column(tr("Threshold"), numbers=True),
    ]  # fmt: skip
    out = []
    for name, row in rows:
        for target, point in row.fnir_at_fpir.items():
            below = not point.resolvable
            shown = rate(point.fnir_rank1)
            counts = ["–" if one is None else grouped(f"{one:,}") for one in (point.misses, point.false_positives)]
            out.append(
                [
                    Cell(name, given=True), Cell(f"{100 * float(target):g} %", value=hundredfold(float(target))),
                    replace(or_dash(f"({shown})" if below else shown, point.fnir_rank1_why, value=hundredfold(point.fnir_rank1)), weak=below),
                    _shown(point.fnir_rank1_ci, point.fnir_rank1_ci_why or point.fnir_rank1_why, row.subjects, by_probes=by_probes), or_dash(counts[0], point.fnir_rank1_why),
                    _rate(point.fpir, point.fpir_why),
                    _shown(point.fpir_ci, point.fpir_ci_why or point.fpir_why, row.subjects, by_probes=by_probes), or_dash(counts[1], point.fpir_why),
                    _threshold(point),
                ]
            )  # fmt: skip
    note = tr("One threshold for all groups, set by all non-mated probes. In brackets: below resolution.")
    return Table("open_set", tr("FNIR at FPIR"), columns, out, note)


def difference_table(result: CompareScoresResult) -> Table:
    """Return the differences of two models, figure by figure."""
    columns = [
        Column(tr("Figure"), text=True), Column(result.first, named=True, numbers=True, unit=None), Column(result.second, named=True, numbers=True, unit=None),
        Column(tr("Difference"), numbers=True, unit=None), Column(INTERVAL, of=INTERVAL, unit=None),
        Column(tr("Better"), text=True),
    ]  # fmt: skip
    rows = []
    for row in result.differences:
        shown = difference_shown(row)
        exact = hundredfold if shown.of_rate else full
        long = row.ci_why is not None and len(row.ci_why) > LONGEST_REASON
        between = shown.between if long else or_why(shown.between, row.ci_why)
        sure = row.better != "cannot tell"
        tip = "\n".join(part for part in (row.ci_why or "", figure_tip(row.figure)) if part)
        cells = (
            (difference_name(row), None, ""),
            (shown.first, exact(row.first), shown.values_unit),
            (shown.second, exact(row.second), shown.values_unit),
            (shown.difference, exact(row.difference), shown.unit),
        )
        ends = in_percent(row.ci) if shown.of_rate else row.ci
        rows.append(
            [
                *(
                    Cell(text, strong=sure, tip=tip, value=value, unit=unit, given=place == 0 and row.group is not None)
                    for place, (text, value, unit) in enumerate(cells)
                ),
                Cell(between, strong=sure, tip=tip, ends=ends, unit=shown.unit, why=row.ci_why or "" if long else ""),
                Cell(better_name(row, result), strong=sure, given=True),
            ]
        )
    note = tr(
        "{comparisons}, matched by {by}. Each interval is of one difference: of many, some leave zero out by chance.",
        comparisons=counted.comparisons(result.comparisons),
        by=result.matched_by,
    )
    return with_reasons(Table("models", tr("Two models"), columns, rows, f"{note} {tr('pp: percentage points.')}"))


def answer_table(result: CompareScoresResult) -> Table:
    """Return the answers to whether the second model treats groups more alike, by every figure; without rows where there are no groups."""
    columns = [Column(tr("Figure"), text=True), Column(tr("Answer"), text=True)]
    rows = [
        [Cell(figure_name(name), tip=figure_tip(name)), Cell(tr(ANSWERS[said]), strong=said != "cannot tell")]
        for name, said in result.less_biased.items()
    ]
    title = tr("Does {second} treat groups more alike than {first}?", second=result.second, first=result.first)
    return Table("less_biased", title, columns, rows)


def answer_line(result: CompareScoresResult) -> str:
    """Answer whether the second model treats groups more alike, by the figures of the literature."""
    shown = [
        f"{name}: {tr(ANSWERS[result.less_biased[name]])}"
        for name in ("FDR", "IR", "GARBE")
        if name in result.less_biased
    ]
    if not shown:
        return tr("There are no groups to compare.")
    asked = tr("Does {second} treat groups more alike than {first}?", second=result.second, first=result.first)
    return f"{asked} {'  '.join(shown)}"
