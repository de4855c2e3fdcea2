"""The job that compares two models over the same list, with intervals of the differences by subjects."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from fairdesk.errors import RequestError
from fairdesk.jobs.context import Context
from fairdesk.jobs.read_and_written import need_apart
from fairdesk.metrics.comparison.results import WRITTEN, CompareScoresResult, Normalised, PairedDifference
from fairdesk.metrics.evaluation import Evaluated, evaluate, evaluate_whole
from fairdesk.metrics.fairness.figure_functions import rates_behind
from fairdesk.metrics.fairness.figure_notes import smaller_is_fairer
from fairdesk.metrics.intervals.by_subjects import likely_rates, middle
from fairdesk.metrics.intervals.paired_spread import paired_deviation
from fairdesk.metrics.intervals.subject_draws import ALL, GROUP, Curves, Place
from fairdesk.metrics.pairs_behind.corrections import read_known_of
from fairdesk.metrics.params import CompareScoresParams, EvaluateParams, columns_of
from fairdesk.metrics.rates.common_threshold import CommonThreshold
from fairdesk.metrics.rates.error_rates import TARGETS
from fairdesk.metrics.results import EvaluateResult
from fairdesk.metrics.scores.group_normalisation import apply, divide_people, learn
from fairdesk.metrics.scores.grouped_scores import group_comparisons
from fairdesk.metrics.scores.polarity import as_similarities
from fairdesk.metrics.scores.score_columns import columns_of_second
from fairdesk.metrics.scores.score_files import read_scores
from fairdesk.metrics.scores.score_matching import match_comparisons
from fairdesk.metrics.scores.score_set import ScoreSet
from fairdesk.metrics.scores.subjects import strangers_line, why_unknown
from fairdesk.project.recipes import named_encoder
from fairdesk.words import tr, tr_n

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Row = tuple[str, str | None, float, float, tuple[float, float] | None, str | None]


def compare_scores(params: CompareScoresParams, context: Context, *, needed: bool = True) -> CompareScoresResult:
    """Job: compare the scores of two models; with `out` also write the tables.

    Without `needed`, scores that name no image of the project `labels_of` are compared as they are, and what a file says
    of its polarity wins over what was asked for.
    """
    need_apart(params.out, WRITTEN, (params.first, params.second))
    context.progress(0, 4, tr("steps"))
    named = columns_of(params.first, params.columns)
    other = columns_of(params.second, params.second_columns) or columns_of_second(
        params.second, columns_of(params.second, params.columns)
    )
    sets = [read_scores(path, paths=True, columns=one) for path, one in ((params.first, named), (params.second, other))]
    first = as_similarities(sets[0], params.distance, params.first if needed else None)
    second = as_similarities(sets[1], params.second_distance, params.second if needed else None, "--second-distance")
    params = params.model_copy(update={"distance": first, "second_distance": second})
    context.check()
    known = None if params.labels_of is None else read_known_of(params.labels_of)
    matched = match_comparisons(sets[0], sets[1], (params.first, params.second), known, needed=needed)
    context.progress(1, 4, tr("steps"))
    result = compare_matched(matched.first, matched.second, params, context.check)
    result.matched_by, result.corrections = matched.by, matched.corrections
    if matched.other_groups:
        result.cautions.append(
            tr_n(
                "{n:,} comparison has other groups in {second}; those of {first} count.",
                "{n:,} comparisons have other groups in {second}; those of {first} count.",
                matched.other_groups,
                first=result.first,
                second=result.second,
            )
        )
    result.only_in_first, result.only_in_second, result.unscored = matched.left_out
    if any(matched.repeated):
        result.repeated_first, result.repeated_second = matched.repeated
    context.progress(3, 4, tr("steps"))
    if params.out is not None:
        from fairdesk.metrics.comparison.written import write_comparison

        page = write_comparison(params.out, result)
        context.artifact(page)
        result.report = str(page)
    context.progress(4, 4, tr("steps"))
    return result


def compare_matched(
    one: ScoreSet, two: ScoreSet, params: CompareScoresParams, check: Callable[[], None] = lambda: None
) -> CompareScoresResult:
    """Compare two models whose comparisons are the same, row by row (similarities)."""
    grouped = one.grouped and bool(one.group1 is not None and (one.group1 != "").any())
    if not grouped:
        _need_no_groups(params)
    options = params.evaluation(grouped=grouped)
    if options.bootstrap != 0 and (one.subject1 is None or one.subject2 is None):
        options = options.model_copy(update={"bootstrap": 0})  # draws of pairs would not be those of both models
    found = []
    for scores, path, distance in (
        (one, params.first, params.distance), (two, params.second, params.second_distance),
    ):  # fmt: skip
        found.append(evaluate_whole(scores, options.model_copy(update={"scores": path, "distance": distance}), check))
    first, second = found
    undrawn = tr("no draws were asked for") if params.bootstrap == 0 else first.result.no_draws_why or why_unknown(one)
    made = _Paired(one, two, first, second, options, undrawn or tr("the subjects are not known"))
    rows = [*made.own_figures(check), *made.group_rates(check), *made.fairness(check)]
    assert one.score is not None and two.score is not None
    if np.array_equal(one.score, two.score):  # the same scores differ in nothing, whatever is drawn
        rows = [(*row[:4], row[4] if row[4] is None else (0.0, 0.0), row[5]) for row in rows]
    differences = [
        PairedDifference(
            figure=name, group=group, first=a, second=b, difference=b - a, ci=ci, ci_why=why, better=_better(name, a, b, ci)
        )
        for name, group, a, b, ci, why in rows
    ]  # fmt: skip
    answers = {"second": "yes", "first": "no", "cannot tell": "cannot tell"}
    names = _names(params)
    result = CompareScoresResult(
        first=names[0],
        second=names[1],
        encoder_first=_encoder(first.result),
        encoder_second=_encoder(second.result),
        distances_first=params.distance,
        distances_second=params.second_distance,
        comparisons=len(one.score) if one.score is not None else 0,
        matched_by="",
        only_in_first=0,
        only_in_second=0,
        unscored=0,
        less_biased={
            row.figure: answers[row.better]
            for row in differences
            if row.group is None and smaller_is_fairer(row.figure) is not None
        },
        differences=differences,
        subjects=first.result.subjects,
        draws=first.result.draws,
        seed=params.seed,
        cautions=[
            tr("{name}: {warning}", name=name, warning=one_found.result.warning)
            for name, one_found in zip(names, found, strict=True)
            if one_found.result.warning
        ],
        interval=tr("95 % by subjects, {draws:,} draws of both models at once, seed {seed}", draws=first.result.draws, seed=params.seed)
        if first.drawn is not None
        else tr("none: {why}", why=undrawn)
        if undrawn
        else tr("none: the scores do not name their subjects"),
    )  # fmt: skip
    if first.drawn is not None and (strange := strangers_line(first.drawn.subjects, first.grouped)):
        result.interval += "; " + strange
    if first.drawn is not None and not any(row.ci for row in differences):
        why = next((row.ci_why for row in differences if row.ci_why), None) or tr("no figure is defined")
        result.interval = tr("none: {why}", why=why)
    if first.result.groups is not None and second.result.groups is not None:
        result.threshold_first, result.threshold_second = first.result.groups.threshold, second.result.groups.threshold
        result.rule = first.result.groups.rule
        result.normalised_first = _normalised(one, options, check)
        result.normalised_second = _normalised(two, options, check)
    return result


def _need_no_groups(params: CompareScoresParams) -> None:
    """Refuse what means something only between groups, where the scores name none."""
    for name in ("threshold_from", "alpha"):
        if getattr(params, name) != type(params).model_fields[name].default:
            raise RequestError(
                tr("{option} is of groups, and the scores of {file} name none. Leave it out, or give scores that name groups.",
                   option=params.option(name), file=params.first.name)
            )  # fmt: skip


def _encoder(result: EvaluateResult) -> str | None:
    return result.encoder and named_encoder(result.encoder, result.precision, result.mirrored, result.scaling)


def _names(params: CompareScoresParams) -> tuple[str, str]:
    """Return the files' names, with their folders where the names are the same."""
    one, two = params.first, params.second
    return (one.stem, two.stem) if one.stem != two.stem else (str(one), str(two))


def _better(name: str, first: float, second: float, ci: tuple[float, float] | None) -> str:
    if ci is None or ci[0] <= 0 <= ci[1]:
        return "cannot tell"
    smaller = smaller_is_fairer(name)
    if smaller is None:
        smaller = not name.startswith("tar_at_far")
    return "second" if (ci[1] < 0) == smaller else "first"


class _Paired:
    """The figures of two models, drawn over the same subjects."""

    def __init__(
        self, one: ScoreSet, two: ScoreSet, first: Evaluated, second: Evaluated, params: EvaluateParams, undrawn: str
    ) -> None:
        self.sets, self.found, self.params = (one, two), (first, second), params
        self.undrawn = undrawn  # why there are no draws, where there are none
        assert one.label is not None
        self.label = one.label

    def _curves(self, cell: str) -> tuple[Curves, Curves] | None:
        drawn = [one.drawn for one in self.found]
        if drawn[0] is None or drawn[1] is None:
            return None
        one, two = (found.whole if cell == ALL else found.draws for found in (drawn[0], drawn[1]))
        return one.cells[cell], two.cells[cell]

    def _errors(self, which: int, rate: str, threshold: float) -> Array:
        """Return the error of each comparison of a kind: 1 or 0."""
        score = self.sets[which].score
        assert score is not None
        accepted = score >= np.float64(threshold)
        return np.asarray((accepted if rate == "fmr" else ~accepted).astype(np.float64))

    def _stretch(
        self, rate: str, use: Mask, thresholds: tuple[float, float], spread: float, *, whole: bool = False
    ) -> tuple[float, float] | None:
        """Return by how much draws of a difference are to be stretched, and its degrees of freedom.

        Of the `whole` set subjects are one group.
        """
        drawn = self.found[0].drawn
        if drawn is None:
            return None
        kind = use & (self.label == (rate == "fnmr"))
        difference = self._errors(1, rate, thresholds[1]) - self._errors(0, rate, thresholds[0])
        made = paired_deviation(drawn.everyone if whole else drawn.subjects, kind, difference)
        if made is None:
            return None
        deviation, freedom = made
        from fairdesk.metrics.intervals.by_pairs import Z95
        from fairdesk.metrics.intervals.by_subjects import t_quantile

        return (deviation / spread if spread > 0 and deviation > 0 else 1.0) * t_quantile(freedom) / Z95, freedom

    def own_figures(self, check: Callable[[], None]) -> list[Row]:
        """EER and TAR at each FAR, over all comparisons and (the EER) for each group."""
        rows: list[Row] = []
        results = [one.result for one in self.found]
        everyone = np.ones(len(self.label), dtype=bool)
        if results[0].eer is not None and results[1].eer is not None:
            rows.append(self._eer(ALL, None, everyone, results[0].eer, results[1].eer))
            for target in TARGETS:
                points = [(one.tar_at_far or {})[target] for one in results]
                if points[0].tar is None or points[1].tar is None or not points[0].resolvable:
                    continue
                check()
                rows.append(self._tar(target, points[0].tar, points[1].tar))
        groups = [one.result.groups for one in self.found]
        grouped = self.found[0].grouped
        if groups[0] is None or groups[1] is None or grouped is None:
            return rows
        for number, name in enumerate(grouped.names):
            eers = [one.per_group[name].eer for one in groups if one is not None]
            check()
            if eers[0] is not None and eers[1] is not None:
                rows.append(self._eer(GROUP + name, name, grouped.within(number), eers[0], eers[1]))
        return rows

    def _eer(self, cell: str, group: str | None, use: Mask, first: float, second: float) -> Row:
        curves = self._curves(cell)
        found = None if curves is None else [one.equal_error() for one in curves]
        if found is None or found[0] is None or found[1] is None or curves is None:
            why = self.undrawn if curves is None else tr("only one kind of comparison")
            return "eer", group, first, second, None, why
        (one, place_one), (two, place_two) = found[0], found[1]
        spreads, wanted, freedom = 0.0, 0.0, math.inf
        drawn = [one_.drawn for one_ in self.found]
        assert drawn[0] is not None
        assert drawn[1] is not None
        thresholds = tuple(
            float((one_.whole if cell == ALL else one_.draws).thresholds[place.upper[0]])
            for one_, place in zip(drawn, (place_one, place_two), strict=True)
            if one_ is not None
        )
        for rate in ("fmr", "fnmr"):
            sides = [getattr(curve, rate) for curve in curves]
            if sides[0] is None or sides[1] is None:
                continue
            fixed = [_fixed(place).of(side) for place, side in zip((place_one, place_two), sides, strict=True)]
            spread = float(np.std((fixed[1] - fixed[0])[1:], ddof=1))
            stretch = self._stretch(rate, use, (thresholds[0], thresholds[1]), spread, whole=cell == ALL)
            if stretch is None:
                return "eer", group, first, second, None, tr("fewer than {n} subjects", n=4)
            spreads += spread**2
            wanted += (spread * stretch[0]) ** 2
            freedom = min(freedom, stretch[1])
        factor = math.sqrt(wanted / spreads) if spreads > 0 else 1.0
        return "eer", group, first, second, _around(second - first, two - one, factor), None

    def _tar(self, target: str, first: float, second: float) -> Row:
        name = f"tar_at_far {target}"
        curves = self._curves(ALL)
        places = None if curves is None else [one.at_target(float(target)) for one in curves]
        if curves is None or places is None or places[0] is None or places[1] is None:
            return name, None, first, second, None, self.undrawn
        sides = [one.fnmr for one in curves]
        if sides[0] is None or sides[1] is None:
            return name, None, first, second, None, tr("no genuine comparisons")
        moving = [
            place.of(side) for place, side in zip(places, sides, strict=True) if place is not None and side is not None
        ]
        fixed = [
            _fixed(place).of(side)
            for place, side in zip(places, sides, strict=True)
            if place is not None and side is not None
        ]
        drawn = [one.drawn for one in self.found]
        thresholds = tuple(
            float(one.whole.thresholds[place.upper[0]])
            for one, place in zip(drawn, places, strict=True)
            if one is not None and place is not None
        )
        everyone = np.ones(len(self.label), dtype=bool)
        spread = float(np.std((fixed[1] - fixed[0])[1:], ddof=1))
        stretch = self._stretch("fnmr", everyone, (thresholds[0], thresholds[1]), spread, whole=True)
        if stretch is None:
            return name, None, first, second, None, tr("fewer than {n} subjects", n=4)
        return name, None, first, second, _around(second - first, moving[0] - moving[1], stretch[0]), None

    def group_rates(self, check: Callable[[], None]) -> list[Row]:
        """FMR and FNMR of each group, each model at its own common threshold."""
        groups = [one.result.groups for one in self.found]
        grouped = self.found[0].grouped
        if groups[0] is None or groups[1] is None or grouped is None:
            return []
        thresholds = [one.threshold for one in self.found]
        rows: list[Row] = []
        for rate in ("fmr", "fnmr"):
            for number, name in enumerate(grouped.names):
                check()
                values = [getattr(one.per_group[name], rate) for one in groups if one is not None]
                if None in values:
                    continue
                ci, why = self._rate(rate, name, grouped.within(number), thresholds)
                rows.append((rate, name, values[0], values[1], ci, why))
        return rows

    def _rate(
        self, rate: str, name: str, use: Mask, thresholds: list[CommonThreshold | None]
    ) -> tuple[tuple[float, float] | None, str | None]:
        drawn = [one.drawn for one in self.found]
        commons = [None if one is None else one.common for one in drawn]
        if commons[0] is None or commons[1] is None or None in thresholds:
            return None, self.undrawn
        made = [one.made[rate].get(name) for one in commons if one is not None]
        if made[0] is None or made[1] is None:
            rows = [one.result.groups.per_group[name] for one in self.found if one.result.groups is not None]
            whys = [why for row in rows if (why := getattr(row, f"{rate}_ci_why"))]
            return None, whys[0] if whys else tr("one of the two rates has no interval")
        curves = self._curves(GROUP + name)
        assert curves is not None
        sides = [getattr(one, rate) for one in curves]
        fixed = [one.fixed.of(side) for one, side in zip(commons, sides, strict=True) if one is not None]
        spread = float(np.std((fixed[1] - fixed[0])[1:], ddof=1))
        values = [
            math.inf if one is not None and one.reject_all else float(one.value)
            for one in thresholds
            if one is not None
        ]
        stretch = self._stretch(rate, use, (values[0], values[1]), spread)
        if stretch is None:
            return None, tr("fewer than {n} subjects", n=4)
        (a, draws_a, _, worth_a), (b, draws_b, _, worth_b) = made[0], made[1]
        if 0 < a < 1 and 0 < b < 1:
            return _around(b - a, draws_b - draws_a, stretch[0]), None
        rng = np.random.default_rng([self.params.seed, 5])
        likely = [likely_rates(v, d, math.inf, w, rng) for v, d, w in ((a, draws_a, worth_a), (b, draws_b, worth_b))]
        return middle(likely[1] - likely[0]), None

    def fairness(self, check: Callable[[], None]) -> list[Row]:
        """Every fairness figure, both models over the same draws."""
        groups = [one.result.groups for one in self.found]
        commons = [None if one.drawn is None else one.drawn.common for one in self.found]
        if groups[0] is None or groups[1] is None:
            return []
        tables: list[dict[str, Array]] = []
        for common in commons:
            check()
            if common is not None:
                tables.append(common.likely_figures())
        rows: list[Row] = []
        for row in groups[0].fairness.rows():
            other = getattr(groups[1].fairness, row.name)
            if row.value is None or other is None or smaller_is_fairer(row.name) is None:
                continue
            if not (math.isfinite(row.value) and math.isfinite(other)):
                rows.append((row.name, None, row.value, other, None, tr("one of the two is infinite")))
                continue
            if len(tables) < 2 or row.name not in tables[0] or row.name not in tables[1]:
                rows.append((row.name, None, row.value, other, None, self.undrawn))
                continue
            few = [why for one in commons if one is not None and (why := one.too_few_behind(row.name)) is not None]
            if few:
                rows.append((row.name, None, row.value, other, None, few[0]))
                continue
            ratio = row.name == "IR" or row.name == "SER" or "_over_" in row.name
            bound = None if row.name.startswith("accuracy") or row.name == "fmr_MAPE" else 1.0
            bare = any(
                getattr(one, rate) in (0, 1)
                for rate in rates_behind(row.name)
                for both in groups
                for one in (both.per_group.values() if both is not None else ())
            )
            ci = _of_figures(
                row.value, other, tables[0][row.name], tables[1][row.name], ratio=ratio, bound=bound, bare=bare
            )
            rows.append((row.name, None, row.value, other, ci, None))
        return rows


def _of_figures(
    first: float, second: float, one: Array, two: Array, *, ratio: bool, bound: float | None, bare: bool
) -> tuple[float, float] | None:
    """Return the interval of a difference of figures from both models' values over the same draws.

    Each figure is larger in a sample than in truth; most of that excess is taken off with the median of the draws'
    difference. Ratios are compared on the log scale. Where a group has no error in one of the models (`bare`), that excess
    is not known, and the interval holds the one without it too.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        apart = np.log(two) - np.log(one) if ratio else two - one
    known = apart[np.isfinite(apart)]
    if len(known) < 0.9 * len(apart):
        return None
    span = middle(known)
    if span is None:
        return None
    estimate = math.log(second) - math.log(first) if ratio else second - first
    shift = estimate - float(np.median(known))
    low, high = span[0] + shift, span[1] + shift
    if bare:
        low, high = min(low, span[0], estimate), max(high, span[1], estimate)
    if not ratio:
        return (low, high) if bound is None else (max(-bound, low), min(bound, high))
    return first * math.expm1(low), first * math.expm1(high)


def _fixed(place: Place) -> Place:
    """Return the data's own threshold in every draw."""
    return Place(np.full_like(place.upper, place.upper[0]), np.full_like(place.share, place.share[0]))


def _around(estimate: float, draws: Array, factor: float) -> tuple[float, float] | None:
    span = middle(factor * (draws[1:] - draws[0]))
    return None if span is None else (max(-1.0, estimate + span[0]), min(1.0, estimate + span[1]))


_GAINS = ("fmr_max_over_min", "fmr_max_minus_min", "fnmr_max_minus_min", "gini_fmr", "gini_fnmr", "GARBE", "FDR")


def _normalised(scores: ScoreSet, params: EvaluateParams, check: Callable[[], None]) -> Normalised:
    """Learn per-group thresholds on half of the people and apply them to the others, or say why that cannot be tried."""
    check()
    why = None
    if not params.target_fmr:
        why = tr("it is learned at an FMR. Compare at one: {option}", option="--at fmr=0.01")
    elif scores.subject1 is None or scores.subject2 is None:
        why = tr("the scores do not name subjects, so the people to learn from cannot be told from the others")
    if why is not None:
        return Normalised(comparisons=0, before={}, after={}, why=why)
    try:
        return _normalised_at(scores, params, check)
    except RequestError as error:
        return Normalised(comparisons=0, before={}, after={}, why=str(error))


def _normalised_at(scores: ScoreSet, params: EvaluateParams, check: Callable[[], None]) -> Normalised:
    learned, applied, _, _ = divide_people(scores, 0.5, params.seed)
    fmr = params.at.partition("=")[2]
    rules = learn(group_comparisons(scores.part(learned)), "threshold", fmr, "--at fmr=")
    target, moved = scores.part(applied), scores.part(applied)
    moved.score = apply(group_comparisons(target), rules)
    check()
    how = params.model_copy(update={"bootstrap": 0, "threshold_from": "within-group"})
    out: list[dict[str, Any]] = []
    for one in (target, moved):
        groups = evaluate(one, how, check)[0].groups
        assert groups is not None
        values = {name: getattr(groups.fairness, name) for name in _GAINS}
        out.append({name: float(value) for name, value in values.items() if value is not None})
        check()
    assert target.score is not None
    return Normalised(comparisons=len(target.score), before=out[0], after=out[1])
