"""What a one-to-many search is said to be worth."""

from __future__ import annotations

from fairdesk import counted
from fairdesk.jobs.results import JobResult, Record
from fairdesk.jobs.wording import rate
from fairdesk.metrics.shown_bounds import noted, tells_little, within
from fairdesk.shares import Interval
from fairdesk.words import tr, tr_n

WRITTEN = (
    "identification.html", "identification.pdf", "identification.json", "cmc.csv", "fnir.csv", "cmc.svg", "cmc.png", "cmc.pdf",
    *(f"tables/{name}.{form}" for name in ("ranks", "open_set", "probes") for form in ("csv", "tex")),
)  # fmt: skip
"""What the report of a search has."""


class MatchCurves(Record):
    """Share of mated probes whose mate is within rank 1, 2, ..., by both rules for equal scores."""

    pessimistic: list[float] | None
    pessimistic_why: str | None = None
    optimistic: list[float] | None
    optimistic_why: str | None = None


class SearchPoint(Record):
    """FNIR at rank 1 and the FPIR at one threshold."""

    fnir_rank1: float | None
    fnir_rank1_why: str | None = None
    fnir_rank1_ci: Interval | None = None
    fnir_rank1_ci_why: str | None = None
    misses: int | None = None
    fpir: float | None
    fpir_why: str | None = None
    fpir_ci: Interval | None = None
    fpir_ci_why: str | None = None
    false_positives: int | None = None
    threshold: float | None
    threshold_why: str | None = None
    resolvable: bool
    """Whether the target is at least one of the non-mated probes."""
    reject_all: bool | None = None
    """The threshold is above infinite scores too."""


class DroppedProbes(Record):
    """Probes without any score: in no rate."""

    mated: int
    nonmated: int


class UnscoredEntries(Record):
    """Gallery entries without a score, of probes that have others: no candidates, so that they are never found."""

    scores: int
    probes: int
    mates: int
    """Mated probes without any score of their own subject: not found at any rank, and missed at any threshold."""

    def line(self) -> str:
        """Say it."""
        said = tr_n(
            "{n:,} score of a gallery entry is missing, in {probes}: such an entry is never found",
            "{n:,} scores of gallery entries are missing, in {probes}: such an entry is never found",
            self.scores,
            probes=tr_n("{n:,} probe", "{n:,} probes", self.probes),
        )
        if not self.mates:
            return f"{said}."
        lost = tr("{mated} without any score of their mate count as not found", mated=counted.mated_probes(self.mates))
        return f"{said}; {lost}."


class SearchFigures(Record):
    """Figures of all probes, or of a group's."""

    n_mated: int
    n_nonmated: int
    dropped: DroppedProbes
    unscored: UnscoredEntries | None = None
    """Absent where every probe that has a score has all of them."""
    subjects: int
    cmc: MatchCurves
    rank1_ci: Interval | None = None
    rank1_ci_why: str | None = None
    """Also why no other rank has one."""
    rank_ci: dict[str, Interval | None] | None = None
    """Of ranks 5, 10 and 20 by the pessimistic rule, as that of rank 1; a smaller gallery's last rank stands for more."""
    fnir_at_fpir: dict[str, SearchPoint]


class IdentifyResult(JobResult, SearchFigures):
    """The evaluation of a one-to-many search."""

    n_gallery: int
    gallery_subjects: int
    groups: dict[str, SearchFigures] | None = None
    """Each at the threshold of all probes."""
    without_group: DroppedProbes | None = None
    """Probes that name no group: in the rates of all, and in no group's. Absent where there are no groups."""
    measure: str | None = None
    draws: int
    seed: int
    interval: str
    """How the intervals were made."""
    warning: str | None = None
    report: str | None = None
    report_language: str | None = None
    """The language that the report and the reasons are written in, where it was asked for."""

    def counts(self) -> str:
        """Say how many probes were searched for among how many."""
        return tr(
            "{mated} and {nonmated}, {gallery} of {subjects}",
            mated=counted.mated_probes(self.n_mated),
            nonmated=counted.nonmated_probes(self.n_nonmated),
            gallery=tr_n("{n:,} gallery entry", "{n:,} gallery entries", self.n_gallery),
            subjects=counted.subjects(self.gallery_subjects),
        )

    def no_interval(self) -> str | None:
        """Return the first reason where no rate has an interval, or None where one has."""
        rows = [self, *(self.groups or {}).values()]
        points = [point for row in rows for point in row.fnir_at_fpir.values()]
        found = [row.rank1_ci for row in rows] + [ci for point in points for ci in (point.fnir_rank1_ci, point.fpir_ci)]
        if any(found):
            return None
        reasons = [row.rank1_ci_why or row.cmc.pessimistic_why for row in rows]
        reasons += [
            why for point in points for why in (point.fnir_rank1_ci_why, point.fnir_rank1_why, point.fpir_ci_why)
        ]
        return next((why for why in reasons if why), tr("no figure is defined"))

    def unnamed_line(self) -> str | None:
        """Say how many probes are in no group's rates, or None."""
        gone = self.without_group
        if gone is None or not gone.mated + gone.nonmated:
            return None
        return tr(
            "Without a group, and so in no group's rates: {mated}, {nonmated}.",
            mated=counted.mated_probes(gone.mated),
            nonmated=counted.nonmated_probes(gone.nonmated),
        )

    def text(self) -> str:
        """Say ranks and rates, overall and by group; in the language of the report, where one was asked for."""
        from fairdesk.metrics.report.language import speaking_report

        with speaking_report(self.report_language):
            return "\n".join(self._said())

    def _said(self) -> list[str]:
        lines = [
            self.counts(),
            *_lines(self, by_probes=not self.draws),
        ]
        for name, row in (self.groups or {}).items():
            lines += [
                f"{name}: " + tr("{mated:,} mated, {nonmated:,} non-mated", mated=row.n_mated, nonmated=row.n_nonmated)
            ]
            lines += _lines(row, by_probes=not self.draws)
        if (unnamed := self.unnamed_line()) is not None:
            lines.append(unnamed)
        lines.append(tr("Intervals: {interval}", interval=self.interval))
        if self.report:
            lines.append(tr("Report: {report}", report=self.report))
        return lines


def search_tells_little(interval: Interval | None, subjects: int) -> str:
    """Say that an interval of a search leaves much open, or nearly all; empty where it does not."""
    return tells_little(interval, None, subjects, count=False)


def _rate(
    value: float | None, why: str | None, interval: Interval | None, no: str | None, subjects: int, *, by_probes: bool
) -> str:
    """Return a rate with its interval and whether that tells little, with why it has none, or why it is undefined."""
    if value is None:
        return tr("undefined: {why}", why=why)
    shown = within(rate(value), interval, no, "pairs" if by_probes else None)
    return noted(shown, search_tells_little(interval, subjects))


def _lines(row: SearchFigures, *, by_probes: bool) -> list[str]:
    lines = []
    if row.dropped.mated or row.dropped.nonmated:
        lines.append(
            "  "
            + tr(
                "Dropped, no score: {mated}, {nonmated}",
                mated=counted.mated_probes(row.dropped.mated),
                nonmated=counted.nonmated_probes(row.dropped.nonmated),
            )
        )
    if row.unscored is not None:
        lines.append("  " + row.unscored.line())
    if row.cmc.pessimistic is None or row.cmc.optimistic is None:
        lines.append("  " + tr("CMC undefined: {why}", why=row.cmc.pessimistic_why))
    else:
        first, kind = row.cmc.pessimistic, row.cmc.optimistic
        lines.append(
            "  "
            + tr(
                "Rank 1 {rank1}, rank 5 {rank5} (equal scores counted in favour: {best1}, {best5})",
                rank1=_rate(first[0], None, row.rank1_ci, row.rank1_ci_why, row.subjects, by_probes=by_probes),
                rank5=_rate(
                    first[min(4, len(first) - 1)],
                    None,
                    (row.rank_ci or {}).get("5"),
                    row.rank1_ci_why,
                    row.subjects,
                    by_probes=by_probes,
                ),
                best1=rate(kind[0]),
                best5=rate(kind[min(4, len(kind) - 1)]),
            )
        )
    for target, point in row.fnir_at_fpir.items():
        fnir, fpir = (
            _rate(value, why, interval, no if point.resolvable else None, row.subjects, by_probes=by_probes)
            for value, why, interval, no in (
                (point.fnir_rank1, point.fnir_rank1_why, point.fnir_rank1_ci, point.fnir_rank1_ci_why),
                (point.fpir, point.fpir_why, point.fpir_ci, None),
            )
        )
        line = "  " + tr(
            "FNIR at FPIR {target}: {fnir} (FPIR {fpir})", target=rate(float(target)), fnir=fnir, fpir=fpir
        )
        if point.reject_all:
            line += "  " + tr("(above infinite scores too: none is accepted)")
        known = point.resolvable or point.fpir is None
        lines.append(line if known else line + "  " + tr("(below resolution)"))
    return lines
