"""Two models compared over the same list."""

from __future__ import annotations

from typing import NamedTuple

from fairdesk import counted
from fairdesk.jobs.results import JobResult, Record
from fairdesk.jobs.wording import points, rate
from fairdesk.metrics.pairs_behind.shown_figures import (
    RATES,
    difference,
    difference_unit,
    figure_difference,
    figure_difference_between,
    figure_name,
    figure_unit,
    figure_value,
    is_gap,
    is_rate,
    minus,
    number,
    points_between,
    threshold_shown,
)
from fairdesk.metrics.results import Corrections
from fairdesk.shares import Interval
from fairdesk.words import mark, tr, tr_n

WRITTEN = (
    "comparison.html", "comparison.pdf", "comparison.json", "differences.csv",
    *(f"tables/{name}.{form}" for name in ("less_biased", "models", "models_definitions") for form in ("csv", "tex")),
    *(f"{name}.{form}" for name in ("models-roc", "models-det", "differences") for form in ("svg", "png", "pdf")),
)  # fmt: skip
"""What the folder of a comparison has."""


class PairedDifference(Record):
    """One figure of both models, and the second's less the first's."""

    figure: str
    """"eer", "fmr", "fnmr", "tar_at_far 0.01", or a fairness figure."""
    group: str | None = None
    first: float
    second: float
    difference: float
    ci: Interval | None
    ci_why: str | None = None
    better: str
    """"first", "second" or "cannot tell"."""


class Normalised(Record):
    """What normalising by group would buy: rates on people whom it was not learned from, before and after."""

    comparisons: int
    before: dict[str, float]
    after: dict[str, float]
    why: str | None = None
    """Why it could not be tried."""


ANSWERS = {"yes": mark("yes"), "no": mark("no"), "cannot tell": mark("cannot tell")}


class CompareScoresResult(JobResult):
    """The comparison of two models, and whether the second treats groups more alike."""

    first: str
    second: str
    encoder_first: str | None = None
    encoder_second: str | None = None
    """With what its embeddings differ in from its usual ones, such as "dlib (mirrored)"."""
    distances_first: bool = False
    distances_second: bool = False
    """Whether the scores of a file were distances: small means alike."""
    comparisons: int
    by: str = "none"
    """The groups that are compared: group, gender, age or several together; none where the scores name none."""
    matched_by: str
    only_in_first: int
    only_in_second: int
    repeated_first: int | None = None
    repeated_second: int | None = None
    """Rows that name the two images of an earlier row of the file: the first one counts."""
    unscored: int
    """Comparisons that one of the two has no score for; they are in no figure."""
    in_no_group: int | None = None
    """Comparisons of two groups, or of a face without a group: they are in the figures of all, and in no group's."""
    threshold_first: float | None = None
    threshold_second: float | None = None
    rule: str | None = None
    corrections: Corrections | None = None
    less_biased: dict[str, str]
    """Of each fairness figure: does the second model treat groups more alike? yes, no or cannot tell."""
    differences: list[PairedDifference]
    normalised_first: Normalised | None = None
    normalised_second: Normalised | None = None
    subjects: int | None = None
    draws: int | None = None
    seed: int
    interval: str
    cautions: list[str] = []
    """What may make the comparison another one than was meant."""
    report: str | None = None
    report_language: str | None = None
    """The language that the report, the rules and the reasons are written in, where it was asked for."""

    def caution(self) -> str | None:
        """Say what is to be looked at, if there is anything."""
        return "\n".join(self.cautions) or None

    def conditions(self) -> list[str]:
        """Say what was compared: whose embeddings, by which thresholds, without what; and what is to be looked at."""
        lines = []
        if self.encoder_first or self.encoder_second or self.distances_first or self.distances_second:
            one = _with_name(self.first, self.encoder_first, self.distances_first)
            two = _with_name(self.second, self.encoder_second, self.distances_second)
            lines.append(tr("{first} against {second}.", first=one, second=two))
        if self.threshold_first is not None and self.threshold_second is not None:
            lines.append(
                tr(
                    "Thresholds {first} and {second} ({rule}).",
                    first=threshold_shown(self.threshold_first, self.rule or ""),
                    second=threshold_shown(self.threshold_second, self.rule or ""),
                    rule=minus(self.rule or ""),
                )
            )
        if self.by not in ("none", "group"):
            lines.append(tr("Groups are those of {by}.", by=tr(" and ").join(map(tr, self.by.split("+")))))
        if self.in_no_group:
            lines.append(
                tr_n(
                    "Figures that name no group are of all comparisons; {n:,} of them is of two groups, or of a face without a group.",
                    "Figures that name no group are of all comparisons; {n:,} of them are of two groups, or of faces without a group.",
                    self.in_no_group,
                )
            )
        lines += self.cautions
        left = self.only_in_first + self.only_in_second + self.unscored
        if left:
            lines.append(
                tr_n(
                    "{n:,} comparison is left out: {one:,} only in {first}, {two:,} only in {second}, {unscored:,} without a "
                    "score in one of them.",
                    "{n:,} comparisons are left out: {one:,} only in {first}, {two:,} only in {second}, {unscored:,} without a "
                    "score in one of them.",
                    left,
                    one=self.only_in_first,
                    two=self.only_in_second,
                    unscored=self.unscored,
                    first=self.first,
                    second=self.second,
                )
            )
        for name, again in ((self.first, self.repeated_first), (self.second, self.repeated_second)):
            if again:
                lines.append(
                    tr_n(
                        "{n:,} row of {file} repeats an earlier comparison; the first one counts.",
                        "{n:,} rows of {file} repeat an earlier comparison; the first one counts.",
                        again,
                        file=name,
                    )
                )
        return lines + ([] if self.corrections is None else self.corrections.lines())

    def text(self) -> str:
        """Say what differs, and what cannot be told; in the language of the report, where one was asked for."""
        from fairdesk.metrics.report.language import speaking_report

        with speaking_report(self.report_language):
            return "\n".join(self._lines())

    def _lines(self) -> list[str]:
        lines = [
            tr(
                "{second} less {first}, over {comparisons}",
                second=self.second,
                first=self.first,
                comparisons=counted.comparisons(self.comparisons),
            )
        ]
        if self.matched_by:
            lines.append(tr("Comparisons are matched by {by}.", by=self.matched_by))
        lines += self.conditions()
        for row in self.differences:
            shown = difference_shown(row)
            line = f"  {difference_name(row)}: {shown.first} -> {shown.second}"
            if row.ci is not None:
                line += f"  [{shown.between}]"
            elif row.ci_why is not None:
                line += "  " + tr("(no interval: {why})", why=row.ci_why)
            lines.append(line + ("  " + better_name(row, self) if row.better != "cannot tell" else ""))
        if self.less_biased:
            lines.append(tr("Does {second} treat groups more alike?", second=self.second))
            lines += [f"  {figure_name(name)}: {tr(ANSWERS[said])}" for name, said in self.less_biased.items()]
        lines += normalised_lines(self)
        lines.append(tr("Intervals: {interval}", interval=self.interval))
        if self.report:
            lines.append(tr("Report: {report}", report=self.report))
        return lines


def _with_name(path: str, encoder: str | None, distances: bool) -> str:
    parts = [encoder or "", tr("distances") if distances else ""]
    about = ", ".join(part for part in parts if part)
    return f"{path} ({about})" if about else path


def normalised_lines(result: CompareScoresResult) -> list[str]:
    """Say what normalising by group would buy each model, or why that is not known; nothing without groups."""
    lines = []
    for side, found in ((result.first, result.normalised_first), (result.second, result.normalised_second)):
        if found is None:
            continue
        if found.why is None:
            lines.append(_normalised_line(side, found))
        else:
            lines.append(tr("What normalising {name} by group would buy is not known: {why}", name=side, why=found.why))
    return lines


def _normalised_line(side: str, found: Normalised) -> str:
    """Say what normalising by group would buy a model."""
    return tr(
        "{name} normalised by group, on other people: FMR largest / smallest {before} -> {after}, GARBE {garbe} -> {garbe_after}",
        name=side,
        before=number(found.before.get("fmr_max_over_min")),
        after=number(found.after.get("fmr_max_over_min")),
        garbe=number(found.before.get("GARBE")),
        garbe_after=number(found.after.get("GARBE")),
    )


class ShownDifference(NamedTuple):
    """A difference of two models as texts; `unit` and `values_unit` are those of its numbers: "%", "pp" or none."""

    first: str
    second: str
    difference: str
    between: str
    values_unit: str
    unit: str
    of_rate: bool
    """Whether the numbers of JSON are hundredths of these units."""


def difference_shown(row: PairedDifference) -> ShownDifference:
    """Show a difference: of rates in percentage points, of all else as a number."""
    of_rate = row.figure in ("eer", "fmr", "fnmr") or row.figure.startswith("tar_at_far") or is_rate(row.figure)
    if not of_rate:
        return ShownDifference(
            figure_value(row.figure, row.first), figure_value(row.figure, row.second),
            figure_difference(row.figure, row.difference), figure_difference_between(row.figure, row.ci),
            figure_unit(row.figure), difference_unit(row.figure), of_rate,
        )  # fmt: skip
    shown, unit = (points, tr("pp")) if is_gap(row.figure) else (rate, "%")
    return ShownDifference(
        shown(row.first), shown(row.second), difference(row.difference), points_between(row.ci), unit, tr("pp"), of_rate
    )


def difference_name(row: PairedDifference) -> str:
    """Return what a figure is called where it is shown."""
    if row.figure.startswith("tar_at_far "):
        name = tr("TAR at FAR {target}", target=rate(float(row.figure.partition(" ")[2])))
    elif row.figure == "eer":
        name = tr("EER")
    else:
        name = tr(RATES[row.figure]) if row.figure in RATES else figure_name(row.figure)
    return name if row.group is None else f"{name}, {row.group}"


def better_name(row: PairedDifference, result: CompareScoresResult) -> str:
    """Say which model is better in a figure."""
    if row.better == "cannot tell":
        return tr("cannot tell")
    return tr("{name} is better", name=result.second if row.better == "second" else result.first)
