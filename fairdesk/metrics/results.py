"""What the metrics' jobs return. Undefined figures are None, with the reason beside them."""

from __future__ import annotations

from fairdesk import counted
from fairdesk.figures.whole_set import beside_groups, named_apart, whole_name
from fairdesk.jobs.results import JobResult, Record, RestsOnVectors
from fairdesk.jobs.wording import plain, rate
from fairdesk.metrics.fairness.results import Fairness
from fairdesk.metrics.group_names import on_one_line
from fairdesk.metrics.intervals.by_pairs import By
from fairdesk.metrics.pairs_behind.left_out_counts import LeftOutCount, Repeats
from fairdesk.metrics.rates.protocol_results import FoldFairness, FoldFigures, NearestPoint, OperatingPoint, rule_name
from fairdesk.metrics.rates.threshold_rates import ThresholdRates, threshold_text
from fairdesk.metrics.rates.whole_results import WholeRates
from fairdesk.metrics.shown_bounds import (
    eer_tells_little,
    figure_bound,
    marked,
    noted,
    rate_at_threshold,
    tar_tells_little,
    within,
)
from fairdesk.shares import Interval
from fairdesk.words import grouped, tr, tr_n


class Dropped(Record):
    """Comparisons without a score."""

    genuine: int
    impostor: int


class TarPoint(Record):
    """TAR at a target FAR, with what was achieved."""

    tar: float | None
    tar_why: str | None = None
    tar_ci: Interval | None = None
    tar_ci_why: str | None = None
    tar_ci_by: By | None = None
    fmr: float | None
    fmr_why: str | None = None
    threshold: float | None
    threshold_why: str | None = None
    false_matches: int | None
    false_matches_why: str | None = None
    resolvable: bool


class Figures(Record):
    """Figures of a set of scores at its own thresholds."""

    eer: float | None
    eer_why: str | None = None
    eer_ci: Interval | None = None
    eer_ci_why: str | None = None
    eer_ci_by: By | None = None
    eer_interpolated: float | None = None
    """Where straight lines between the thresholds have FMR = FNMR."""
    auc: float | None
    auc_why: str | None = None
    d_prime: float | None
    d_prime_why: str | None = None
    tar_at_far: dict[str, TarPoint] | None
    tar_at_far_why: str | None = None
    eer_hull: float | None = None
    """Of the convex hull of the ROC."""
    eer_hull_why: str | None = None
    operating_points: dict[str, OperatingPoint] | None = None
    operating_points_why: str | None = None
    tar_at_nearest_far: dict[str, NearestPoint] | None = None
    """By InsightFace's rule, where it was asked for."""
    fold_accuracy: dict[str, FoldFigures] | None = None
    """By threshold rule."""


class GroupFigures(Figures, ThresholdRates):
    """Errors of one group at the common threshold, and its own figures."""

    genuine: int
    impostor: int
    dropped: Dropped
    subjects: int | None = None
    genuine_mean: float | None = None
    genuine_median: float | None = None
    impostor_mean: float | None = None
    impostor_median: float | None = None


class Difference(Record):
    """How far the rate of one group lies above another's."""

    rate: str
    """"fmr" or "fnmr"."""
    first: str
    second: str
    difference: float
    ci: Interval | None
    """Of this difference alone."""
    ci_why: str | None = None
    ci_by: By | None = None
    together: Interval | None = None
    """Such that all differences of this rate lie in theirs in 95 % of studies."""


class CrossCell(Record):
    """False matches between two groups."""

    impostor: int
    false_matches: int
    fmr: float | None
    fmr_why: str | None = None


class NotInAGroup(Record):
    """Scored comparisons that are in no group's rates: of two groups, or of a face without a group."""

    genuine_across: int
    impostor_across: int
    """These are in the matrix."""
    genuine_unnamed: int
    impostor_unnamed: int

    def lines(self) -> list[str]:
        """Say what is left out of the groups' rates; the impostor pairs across groups are where they belong."""
        out = []
        if self.genuine_across:
            out.append(
                tr_n(
                    "{n:,} genuine pair is of two groups and in no group's FNMR: the labels of one person differ.",
                    "{n:,} genuine pairs are of two groups and in no group's FNMR: the labels of one person differ.",
                    self.genuine_across,
                )
            )
        if unnamed := self.genuine_unnamed + self.impostor_unnamed:
            out.append(
                tr_n(
                    "{n:,} pair has a face without a group and is in no group's rates.",
                    "{n:,} pairs have a face without a group and are in no group's rates.",
                    unnamed,
                )
            )
        return out


class OwnRates(Record):
    """A group's rates at its own threshold."""

    threshold: float | None
    threshold_why: str | None = None
    fmr: float | None
    fmr_why: str | None = None
    fnmr: float | None
    fnmr_why: str | None = None


class OwnThresholds(Record):
    """The second view: every group at a threshold that its own comparisons set, by the same rule."""

    rule: str
    per_group: dict[str, OwnRates]
    fairness: dict[str, float]


class GroupsResult(Record):
    """Every group at one threshold."""

    threshold: float
    rule: str
    per_group: dict[str, GroupFigures]
    fairness: Fairness
    fmr_matrix: dict[str, CrossCell]
    """By "A|B" (`cell_key`); the order of the two does not matter. Empty where there are too many groups."""
    fmr_matrix_why: str | None = None
    not_in_a_group: NotInAGroup
    fold_fairness: dict[str, FoldFairness] | None = None
    """By threshold rule, of the accuracies over folds."""
    own_thresholds: OwnThresholds | None = None
    differences: list[Difference] = []
    """Of each rate between each two groups."""
    differences_why: str | None = None
    """Why there are none: too many groups, or no draws."""
    interval: str
    """How the intervals were made."""


class Corrections(Record):
    """What people corrected since the scores were made, and how it changed what is counted."""

    excluded: int
    wrong_label: int
    """Comparisons left out because a label is wrong."""
    relabelled_images: int
    relabelled: int
    """Comparisons that are genuine or impostor by a label that a person set, and were not by the list."""
    reasons: dict[str, int]
    regrouped: int | None = None
    """Comparisons in which a face has another group, gender or age by a label that a person set than in the scores."""
    images_elsewhere: int | None = None
    """Images of the scores that are not in the project, where others are: nothing that was corrected is known of them."""
    comparisons_elsewhere: int | None = None
    """Comparisons with such an image."""
    word_kept: int | None = None
    """Comparisons of one name in two groups, as a person set them, whose side stays as listed: the scores name no subjects."""
    project: str | None = None
    """Name of the folder of the project that the corrections are from."""
    project_sha256: str | None = None
    """Digest of what people said in it."""

    def lines(self) -> list[str]:
        """Say it."""
        out = []
        if self.images_elsewhere:
            out.append(
                tr_n(
                    "{n:,} image of the scores is not in the project; what people corrected says nothing of {comparisons}.",
                    "{n:,} images of the scores are not in the project; what people corrected says nothing of {comparisons}.",
                    self.images_elsewhere,
                    comparisons=counted.comparisons(self.comparisons_elsewhere or 0),
                )
            )
        if self.word_kept:
            out.append(
                tr_n(
                    "{n:,} comparison stays as it is listed: a person put one name into two groups, and the scores name no subjects to tell whether it is one person.",
                    "{n:,} comparisons stay as they are listed: a person put one name into two groups, and the scores name no subjects to tell whether it is one person.",
                    self.word_kept,
                )
            )
        left = self.excluded + self.wrong_label
        if left:
            why = "; ".join(f"{reason} ({grouped(f'{count:,}')})" for reason, count in self.reasons.items())
            out.append(
                tr_n("{n:,} comparison is left out: {why}", "{n:,} comparisons are left out: {why}", left, why=why)
            )
        if self.relabelled_images:
            out.append(
                tr_n(
                    "{n:,} image has a label that a person set; such labels changed the side of {changed}.",
                    "{n:,} images have a label that a person set; such labels changed the side of {changed}.",
                    self.relabelled_images,
                    changed=counted.comparisons(self.relabelled),
                )
            )
        if self.regrouped:
            out.append(
                tr_n(
                    "Such labels changed the group, gender or age of a face in {n:,} comparison.",
                    "Such labels changed the group, gender or age of a face in {n:,} comparisons.",
                    self.regrouped,
                )
            )
        return out


class EvaluateResult(JobResult, Figures, RestsOnVectors):
    """The evaluation of a score set."""

    n_genuine: int
    n_impostor: int
    dropped: Dropped
    eer_low: float | None
    eer_low_why: str | None = None
    eer_high: float | None
    eer_high_why: str | None = None
    eer_threshold: float | None
    eer_threshold_why: str | None = None
    eer_interpolated: float | None
    eer_interpolated_why: str | None = None
    warning: str | None = None
    measure: str | None = None
    pair_list: str | None = None
    pair_list_sha256: str | None = None
    weights_sha256: str | None = None
    groups: GroupsResult | None = None
    at_threshold: WholeRates | None = None
    """The rates of all comparisons at the operating point, also where groups have theirs."""
    at_threshold_why: str | None = None
    corrections: Corrections | None = None
    left_out: list[LeftOutCount] = []
    repeats: Repeats | None = None
    """Comparisons that are listed twice, or of an image with itself; absent where there are none, or nobody can tell."""
    left_out_file: str | None = None
    """Where each of these is listed, beside the report."""
    report: str | None = None
    report_language: str | None = None
    """The language that the report, the rules and the reasons are written in, where it was asked for."""
    seed: int | None = None
    subjects: int | None = None
    draws: int | None = None
    """Draws of subjects that the intervals were made of; absent where they are by pairs."""
    unnamed: int | None = None
    """Comparisons with a score that do not name both subjects, where subjects are drawn all the same."""
    pair_draws: int | None = None
    """Draws of pairs, where there are none of subjects."""
    interval: str | None = None
    """How the intervals were made."""
    no_draws_why: str | None = None
    """Why there are no draws, where there are too many groups for them."""

    def beside_groups(self) -> str:
        """Say how many comparisons the row of all of them holds that are in no group's row; nothing where there is none."""
        if self.at_threshold is None or self.groups is None:
            return ""
        return beside_groups(self.groups.per_group, self.in_no_group())

    def in_no_group(self) -> int:
        """Count the comparisons that are in no group's row: of two groups, or of a face without one."""
        rows = [] if self.groups is None else self.groups.per_group.values()
        return self.n_genuine + self.n_impostor - sum(row.genuine + row.impostor for row in rows)

    def warn(self, said: list[str]) -> None:
        """Add sentences to the warning."""
        self.warning = " ".join([*([self.warning] if self.warning else []), *said]) or None

    def text(self) -> str:
        """Return the error rates, overall and by group; in the language of the report, where one was asked for."""
        from fairdesk.metrics.report.language import speaking_report

        with speaking_report(self.report_language):
            return "\n".join(self._lines())

    def _lines(self) -> list[str]:
        lines = [
            tr(
                "{genuine} and {impostor}",
                genuine=counted.genuine_scores(self.n_genuine),
                impostor=counted.impostor_scores(self.n_impostor),
            ),
            *self.vector_lines(),
        ]
        if self.dropped.genuine or self.dropped.impostor:
            lines.append(
                tr(
                    "Dropped, no score: {genuine:,} genuine, {impostor:,} impostor",
                    genuine=self.dropped.genuine,
                    impostor=self.dropped.impostor,
                )
            )
        if self.eer is None or self.eer_threshold is None:
            lines.append(tr("EER undefined: {why}", why=self.eer_why))
        else:
            prime = f"{self.d_prime:.4g}" if self.d_prime is not None else tr("undefined: {why}", why=self.d_prime_why)
            lines.append(
                tr(
                    "EER {eer} at threshold {threshold:.4g}; AUC {auc:.6g}; d' {prime}",
                    eer=_eer(self, self.n_genuine, self.n_impostor, self.subjects),
                    threshold=self.eer_threshold,
                    auc=self.auc,
                    prime=prime,
                )
            )
            lines += _rule_lines(self)
            for target, point in (self.tar_at_far or {}).items():
                line = "  " + tr("TAR at FAR {target:>8}: {tar:>8}", target=rate(float(target)), tar=rate(point.tar))
                line = within(line, point.tar_ci, point.tar_ci_why if point.resolvable else None, point.tar_ci_by)
                line = noted(line, tar_tells_little(point, self.n_genuine, self.subjects))
                lines.append(line if point.resolvable else line + "  " + tr("(below resolution)"))
        if self.at_threshold is not None and self.groups is None:
            lines.append(self.at_threshold.line(self.subjects))
        if self.corrections is not None:
            lines += self.corrections.lines()
        lines += _fold_lines(self)
        if self.groups is not None:
            lines += _group_lines(self, self.groups)
        if self.interval:
            lines.append(tr("Intervals: {interval}", interval=self.interval))
        if self.report:
            lines.append(tr("Report: {report}", report=self.report))
        return lines


def _rule_lines(row: EvaluateResult) -> list[str]:
    """Say the EER by the other rules, and the named operating points."""
    if row.eer_hull is None or row.operating_points is None:
        return []
    named = ", ".join(
        tr("{name} {rate} (an FMR)", name=name, rate=rate(point.fmr))
        if name == "ZeroFNMR"
        else tr("{name} {rate} (an FNMR)", name=name, rate=rate(point.fnmr))
        for name, point in row.operating_points.items()
    )
    hull = tr(
        "EER interpolated {line}, of the convex hull {hull}", line=rate(row.eer_interpolated), hull=rate(row.eer_hull)
    )
    return [f"  {hull}", f"  {named}"]


def _fold_lines(row: EvaluateResult) -> list[str]:
    """Say the accuracy over folds by each rule."""
    lines = []
    for rule, found in (row.fold_accuracy or {}).items():
        if found.accuracy is None:
            said = tr("undefined: {why}", why=found.accuracy_why)
        else:
            said = tr(
                "{accuracy:.3f} %, deviation {std:.3f} pp (ddof 0), standard error {error:.3f} pp",
                accuracy=100 * found.accuracy,
                std=100 * (found.std or 0),
                error=100 * (found.standard_error or 0),
            )
        lines.append(
            tr_n(
                "Accuracy over {n} fold, rule {rule}: {said}",
                "Accuracy over {n} folds, rule {rule}: {said}",
                found.folds,
                rule=rule_name(rule),
                said=said,
            )
        )
        spread = (row.groups.fold_fairness or {}).get(rule) if row.groups is not None else None
        if spread is not None and spread.SER is not None:
            lines.append(
                "  "
                + ", ".join(f"{name} {value:.3f} %" for name, value in spread.accuracy.items())
                + "; "
                + tr(
                    "STD {std0:.3f} pp (ddof 0), {std1:.3f} pp (ddof 1), SER {ser:.4g}",
                    std0=spread.accuracy_STD_ddof0,
                    std1=spread.accuracy_STD_ddof1,
                    ser=spread.SER,
                )
            )
    return lines


def _eer(row: Figures, genuine: int, impostor: int, subjects: int | None) -> str:
    """Return an EER with its interval, or why it has none."""
    shown = within(rate(row.eer), row.eer_ci, row.eer_ci_why, row.eer_ci_by)
    return noted(shown, eer_tells_little(row, genuine, impostor, subjects))


def _span(interval: Interval) -> str:
    return f"[{figure_bound(interval[0])}, {figure_bound(interval[1])}]"


def _group_lines(result: EvaluateResult, groups: GroupsResult) -> list[str]:
    threshold = threshold_text(groups.threshold, groups.rule)
    lines = [tr("Groups at threshold {threshold} ({rule}):", threshold=threshold, rule=groups.rule)]
    rows: list[tuple[str, ThresholdRates, Figures, tuple[int, int, int | None]]] = [
        (on_one_line(name), one, one, (one.genuine, one.impostor, one.subjects))
        for name, one in groups.per_group.items()
    ]
    if result.at_threshold is not None:
        counts = (result.n_genuine, result.n_impostor, result.subjects)
        rows.insert(0, (whole_name(groups.per_group), result.at_threshold, result, counts))
    width = max(len(row[0]) for row in rows)
    lines += [
        f"  {name:<{width}}  "
        + tr(
            "FMR {fmr:>9}  FNMR {fnmr:>9}  own EER {eer:>9}  ({genuine:,} genuine, {impostor:,} impostor)",
            fmr=rate_at_threshold(rates, "fmr", rates.false_matches, subjects),
            fnmr=rate_at_threshold(rates, "fnmr", rates.false_non_matches, subjects),
            eer=tr("undefined: {why}", why=own.eer_why) if own.eer is None else _eer(own, genuine, impostor, subjects),
            genuine=genuine,
            impostor=impostor,
        )
        for name, rates, own, (genuine, impostor, subjects) in rows
    ]
    lines += [f"  {said}" for said in (named_apart(groups.per_group), result.beside_groups()) if said]
    lines += [f"  {line}" for line in [*groups.fairness.worst_lines(), *groups.not_in_a_group.lines()]]
    if groups.fmr_matrix_why is not None:
        lines.append("  " + tr("Between groups: {why}", why=groups.fmr_matrix_why))
    return [*lines, *(f"  {line}" for line in _fairness_lines(groups.fairness))]


def _fairness_lines(fair: Fairness) -> list[str]:
    """Say the figures of several rates: each with its interval and what it would be by chance, or why it lacks one."""
    shown, why, few, fixed = {}, {}, {}, {}
    for name in ("FDR", "IR", "GARBE"):
        value, interval, null = getattr(fair, name), fair.intervals.get(name), fair.null_ranges.get(name)
        if value is None:
            why[name] = getattr(fair, f"{name}_why")
            continue
        shown[name] = f"{name} {plain(value, 4)}"
        if interval is not None:
            shown[name] += " " + marked(_span(interval), fair.intervals_by)
        if null is not None:
            shown[name] += "; " + tr("if groups were equal {null}", null=_span(null))
        if name in fair.intervals_why:
            few[name] = fair.intervals_why[name]
        if name in fair.null_ranges_why:
            fixed[name] = fair.null_ranges_why[name]
    lines = [tr("Fairness (alpha {alpha:g}):", alpha=fair.alpha), *(f"  {one}" for one in shown.values())]
    lines += [f"  {line}" for line in fair.parts_lines()]
    if why:
        said = tr("{figures} undefined: {why}", figures=", ".join(why), why=next(iter(why.values())))
        lines.append(f"  {said}")
    if few:
        said = tr("No interval of {figures}: {why}", figures=", ".join(few), why=next(iter(few.values())))
        lines.append(f"  {said}")
    if fixed:
        said = tr(
            "Not known if groups were equal: {figures}: {why}", figures=", ".join(fixed), why=next(iter(fixed.values()))
        )
        lines.append(f"  {said}")
    return lines
