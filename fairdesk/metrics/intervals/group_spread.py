"""Intervals of what groups show at one threshold: their rates, differences and fairness figures, and the null ranges."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations

import numpy as np
import numpy.typing as npt
from scipy.special import expit, logit

from fairdesk.metrics.fairness.figure_functions import (
    NO_RATE,
    AccuracyShares,
    Figure,
    equality,
    figure_functions,
    rates_behind,
)
from fairdesk.metrics.fairness.figure_notes import LESS_FAIR, beyond_chance
from fairdesk.metrics.fairness.figures import OF_ACCURACY
from fairdesk.metrics.fairness.inversion import GARBE_TAILS, TAILS, RateLogits, inverted_interval
from fairdesk.metrics.fairness.spread import farthest, most_apart, permuted_members, permuted_rates
from fairdesk.metrics.group_names import on_one_line
from fairdesk.metrics.intervals.by_pairs import By
from fairdesk.metrics.intervals.by_subjects import (
    FEW,
    LEVEL,
    likely_rates,
    middle,
    nothing_seen,
    spread_of,
)
from fairdesk.metrics.intervals.common_rates import DrawnRate, draw_rate, place_in_draws, sets_threshold, setter_of
from fairdesk.metrics.intervals.rate_variance import FEWEST, Variance, too_few
from fairdesk.metrics.intervals.subject_draws import ALL, GROUP, WITHIN, Curves, Draws, Place
from fairdesk.metrics.params import EvaluateParams
from fairdesk.metrics.rates.common_threshold import CommonThreshold
from fairdesk.metrics.results import Difference, GroupsResult
from fairdesk.metrics.scores.grouped_scores import too_many_to_pair
from fairdesk.metrics.scores.subjects import Subjects
from fairdesk.shares import Interval
from fairdesk.words import tr

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
ADDED_UP = ("FDR", *OF_ACCURACY)  # figures in which a tiny rate is hardly anything


def _widen_together(spreads: list[tuple[Difference, Array]]) -> None:
    """Give differences intervals that hold together: each its own, stretched by one factor.

    The factor is the 95 % quantile, over draws, of the largest deviation in units of the own interval (max-T; Romano and
    Wolf, 2005). Of one difference it is 1.
    """
    largest = np.zeros(0)
    for made, likely in spreads:
        assert made.ci is not None
        down, up = made.difference - made.ci[0], made.ci[1] - made.difference
        with np.errstate(invalid="ignore", divide="ignore"):
            away = np.nan_to_num(np.maximum((made.difference - likely) / down, (likely - made.difference) / up))
        largest = np.maximum(largest, away) if len(largest) else away
    if not spreads:
        return
    factor = max(1.0, float(np.quantile(largest, LEVEL)))
    for made, _ in spreads:
        assert made.ci is not None
        low, high = made.difference - made.ci[0], made.ci[1] - made.difference
        made.together = (max(-1.0, made.difference - factor * low), min(1.0, made.difference + factor * high))


class CommonSpread:
    """The figures of all groups at the common threshold, by subjects or (without them) by pairs."""

    def __init__(
        self, groups: GroupsResult, draws: Draws, threshold: CommonThreshold, params: EvaluateParams,
        subjects: Subjects | None, order: list[str], impostors: int,
    ) -> None:  # fmt: skip
        """`order`: of the groups, as `subjects` and `draws` have them; `impostors`: comparisons of all, in groups or not."""
        self.subjects, self._impostors = subjects, impostors
        self.groups, self.draws, self.threshold, self.params = groups, draws, threshold, params
        self.rows = {name: groups.per_group[name] for name in order}  # as `subjects` and `draws` have the groups
        self.place, self.fixed = self._place(), draws.at(threshold.value, reject_all=threshold.reject_all)
        self.made: dict[str, dict[str, DrawnRate]] = {"fmr": {}, "fnmr": {}}
        self._few: dict[
            tuple[str, str], str
        ] = {}  # by rate and group: too few subjects for an interval, or below resolution, in words
        self._following: dict[
            tuple[str, str], str
        ] = {}  # the same of a rate that the threshold, taken from the data, hardly lets move

    def _place(self) -> Place:
        """Return where the threshold lies in each draw: the same, or taken anew by its rule."""
        if not self.threshold.from_data:
            return self.draws.at(self.threshold.value, reject_all=self.threshold.reject_all)
        return place_in_draws(self.draws, self._source(), self.threshold, self.params.at)

    def _source(self) -> Curves:
        """Return the curves of the comparisons that the threshold is from."""
        source = self.params.threshold_from
        name = ALL if source == "all" else WITHIN if source == "within-group" else GROUP + source[6:]
        return self.draws.cells[name]

    def fill(self, check: Callable[[], None]) -> None:
        """Add the intervals of rates, differences and fairness figures, and the null ranges."""
        for number, (name, row) in enumerate(self.rows.items()):
            check()
            curves = self.draws.cells[GROUP + name]
            fmr = self._rate("fmr", name, row.fmr, row.fmr_why, curves.fmr, curves.fmr_variance)
            fnmr = self._rate("fnmr", name, row.fnmr, row.fnmr_why, curves.fnmr, curves.fnmr_variance)
            if self.subjects is not None:  # by pairs Wilson's stand there already
                row.subjects = int((self.subjects.members[number] < self.subjects.named).sum())
                (row.fmr_ci, row.fmr_ci_why), (row.fnmr_ci, row.fnmr_ci_why) = fmr, fnmr
                row.fmr_ci_by = row.fnmr_ci_by = None
        self.groups.differences_why = too_many_to_pair(len(self.rows))
        if self.groups.differences_why is None:
            self.groups.differences = self._differences(check)
        check()
        self.groups.fairness.intervals_by = self._by
        self._null_ranges(check)
        self._fairness(check)

    @property
    def _by(self) -> By | None:
        return "pairs" if self.subjects is None else None

    def _rate(
        self, rate: str, name: str, value: float | None, why: str | None, curve: Array | None, variance: Variance | None
    ) -> tuple[Interval | None, str | None]:
        if value is None or curve is None or variance is None:
            return None, why
        few = too_few(variance) or self.threshold.no_interval(rate)
        if few is not None:
            self._few[rate, name] = self._without(rate, name, few)
            return None, few
        row = self.rows[name]
        errors, trials = (row.false_matches, row.impostor) if rate == "fmr" else (row.false_non_matches, row.genuine)
        setter = None
        if rate == "fnmr" and self.threshold.from_data:
            setter = setter_of(self._source(), self.threshold, self.params.at)
        impostors = {of: one.impostor for of, one in self.rows.items()}
        sets = rate == "fmr" and sets_threshold(self.threshold, self.params, name, impostors, self._impostors)
        found = draw_rate(value, curve, variance, self.place, errors, trials, setter, sets=sets)
        if isinstance(found, str):
            if not sets:  # one that sets the threshold is what was asked for, in truth too
                self._following[rate, name] = self._without(rate, name, found)
            return None, found
        self.made[rate][name] = found
        return found.interval, None

    @staticmethod
    def _without(rate: str, name: str, why: str) -> str:
        return tr("the {rate} of {group} has no interval: {why}", rate=rate.upper(), group=on_one_line(name), why=why)

    def too_few_behind(self, figure: str) -> str | None:
        """Say which rate that a figure rests on has no interval, as its subjects are too few, it is below resolution or the threshold follows it, or None.

        The draws of one to three subjects all show nearly the same, and so would the figure over them.
        """
        without = self._few if figure in ADDED_UP else self._few | self._following
        keys = ((rate, name) for rate in rates_behind(figure) for name in self._groups_of(figure))
        return next((without[key] for key in keys if key in without), None)

    def _groups_of(self, figure: str) -> list[str]:
        """Return the groups that a figure is made of, where they have the rate."""
        return [name for name, row in self.rows.items() if figure not in OF_ACCURACY or row.accuracy is not None]

    def likely(self, rate: str, groups: int, stream: int = 0) -> dict[str, Array]:
        """Return likely rates of each group that has an interval, for a figure of so many groups.

        Their degrees of freedom add up: that the variances of all groups are too small at once is not likely. Rates
        without an error (or with nothing else) are drawn from one of several independent `stream`s.
        """
        rng = np.random.default_rng([self.params.seed, 1, rate == "fmr", *([stream] if stream else [])])
        return {
            name: likely_rates(value, values, freedom * groups, worth, rng)
            for name, (value, values, freedom, worth) in self.made[rate].items()
        }

    def _differences(self, check: Callable[[], None]) -> list[Difference]:
        out = []
        for rate in ("fmr", "fnmr"):
            every = self.likely(rate, 2)
            known = {n: v for n, row in self.groups.per_group.items() if (v := getattr(row, rate)) is not None}
            spreads: list[tuple[Difference, Array]] = []
            for one, two in combinations(known, 2):
                check()
                likely = self._likely_pair(rate, (one, two), every)
                ci = middle(likely[0] - likely[1]) if len(likely) == 2 else None
                why = None if ci is not None else tr("one of the two rates has no interval")
                made = Difference(
                    rate=rate, first=one, second=two, difference=known[one] - known[two], ci=ci, ci_why=why,
                    ci_by=None if ci is None else self._by,
                )  # fmt: skip
                out.append(made)
                if ci is not None:
                    spreads.append((made, likely[0] - likely[1]))
            _widen_together(spreads)
        return out

    def _likely_pair(self, rate: str, both: tuple[str, str], likely: dict[str, Array]) -> list[Array]:
        """Return likely rates of two groups for their difference, none where one has no interval; of 0 or 1 those of `likely`.

        The difference has the degrees of freedom of a sum of two variances (Satterthwaite, 1946).
        """
        parts = [self.made[rate][name] for name in both if name in self.made[rate]]
        if len(parts) < len(both):
            return []
        spreads = np.array([spread_of(part.values) ** 2 if 0 < part.rate < 1 else 0.0 for part in parts])
        shares = spreads / max(spreads.sum(), np.finfo(float).tiny)
        freedom = 1 / max(float((shares**2 / [part.freedom for part in parts]).sum()), np.finfo(float).tiny)
        rng = np.random.default_rng(0)  # drawn from for a rate of 0 or 1 alone
        return [
            likely_rates(part.rate, part.values, freedom, part.worth, rng) if 0 < part.rate < 1 else likely[name]
            for name, part in zip(both, parts, strict=True)
        ]

    def _columns(self, rate: str, likely: dict[str, Array]) -> Array:
        """Return likely rates of the groups whose rate is defined; one without an interval stays as it is."""
        rows = self.rows
        columns = []
        for name, row in rows.items():
            value = getattr(row, rate)
            if value is not None:
                columns.append(likely.get(name, np.full(self.draws.count, value)))
        return np.stack(columns, 1) if columns else np.empty((self.draws.count, 0))

    def _defined(self, rate: str) -> list[str]:
        """Return the groups whose rate is a number: the columns of what the figures are made of."""
        return [name for name, row in self.rows.items() if getattr(row, rate) is not None]

    def functions(self) -> dict[str, Figure]:
        """Return every fairness figure as a function of FMRs and FNMRs, (rows, groups with the rate) each."""
        rows, (fmr, fnmr) = self.rows, (self._defined(rate) for rate in ("fmr", "fnmr"))
        whole = [name for name, row in rows.items() if row.accuracy is not None]
        shares = AccuracyShares(
            [fmr.index(name) if name in fmr else NO_RATE for name in whole],
            [fnmr.index(name) for name in whole],
            np.array([rows[name].impostor for name in whole], dtype=np.float64),
            np.array([rows[name].genuine for name in whole], dtype=np.float64),
        )
        return figure_functions((len(fmr), len(fnmr)), self.params.alpha, shares, self.params.target_fmr)

    def likely_figures(self, stream: int = 0, moved: dict[tuple[str, str], Array] | None = None) -> dict[str, Array]:
        """Return every fairness figure over likely rates, one value a draw.

        The rates of a rate and group in `moved` are moved by its values on the logit scale.
        """
        rates = {rate: self.likely(rate, len(self.rows), stream) for rate in ("fmr", "fnmr")}
        for (rate, name), by in (moved or {}).items():
            odds = np.exp(by) * rates[rate][name] / (1 - rates[rate][name])
            rates[rate][name] = odds / (1 + odds)
        fmr, fnmr = (self._columns(rate, rates[rate]) for rate in ("fmr", "fnmr"))
        return {name: figure(fmr, fnmr) for name, figure in self.functions().items()}

    def _fairness(self, check: Callable[[], None]) -> None:
        fair = self.groups.fairness
        walked = {rate: self.logits(rate, filled=True) for rate in ("fmr", "fnmr")}
        for name, figure in self.functions().items():
            estimate = getattr(fair, name)
            if estimate is None:
                continue
            check()
            if (few := self.too_few_behind(name)) is not None:
                fair.intervals_why[name] = few
                continue
            equal = self._of_equal_rates(name, figure)
            low, high = _walked(name, figure, walked, estimate, fair.null_ranges.get(name), equal, check)
            far = self._as_far_as_nothing_seen_allows(name, figure)
            if far is not None:
                low, high = min(low, far), max(high, far)
            most = self._as_far_as_rates_allow(name, figure)
            if most is not None:
                low, high = min(low, most), max(min(high, most), estimate)
            fair.intervals[name] = low, high

    def _of_equal_rates(self, name: str, figure: Figure) -> float:
        """Return the figure of groups of equal rates: accuracies that lack the impostors of a group differ even so."""
        if name not in OF_ACCURACY or all(self.rows[of].fmr is not None for of in self._groups_of(name)):
            return equality(name)
        fmr, fnmr = (
            np.full((1, len(trials)), errors.sum() / max(trials.sum(), 1))
            for errors, trials in (self._counts(rate) for rate in ("fmr", "fnmr"))
        )
        return float(figure(fmr, fnmr)[0])

    def _as_far_as_nothing_seen_allows(self, name: str, figure: Figure) -> float | None:
        """Return how far from equality a figure may be where no group shows an error of a rate, or all show nothing else."""
        seen = {rate: np.array([getattr(self.rows[name], rate) for name in self._defined(rate)]) for rate in self.made}
        bounds = {}
        for rate in rates_behind(name):
            made = [self.made[rate].get(name) for name in self._defined(rate)]
            away = np.array([nothing_seen(one.worth) for one in made if one is not None])
            if len(away) == len(made) and (not seen[rate].any() or (seen[rate] == 1).all()):
                bounds[rate] = 1 - away if seen[rate].any() else away
        if not bounds:
            return None
        likely = {rate: self._columns(rate, self.likely(rate, len(self.rows))) for rate in seen}
        return farthest(name, figure, seen, likely, bounds)

    def _as_far_as_rates_allow(self, name: str, figure: Figure) -> float | None:
        """Return the most that a figure of differences of one rate can be by the groups' own intervals; None for other figures."""
        rate, *other = rates_behind(name)
        if other:
            return None
        rated = [(getattr(self.rows[of], rate), self.made[rate].get(of)) for of in self._defined(rate)]
        own = [(value, value) if made is None else made.interval for value, made in rated]
        ends = np.array([min(low for low, _ in own), max(high for _, high in own)])
        counts = len(self._defined("fmr")), len(self._defined("fnmr"))
        return most_apart(name, figure, counts, ends)

    def logits(self, rate: str, *, filled: bool = False) -> RateLogits | None:
        """Return where the groups' rates stand on the logit scale, and how they spread.

        None where a rate is 0 or 1; with `filled` it then counts as half an error in as many independent comparisons as
        these are worth. A rate without an interval of its own stays as it is.
        """
        rng = np.random.default_rng([self.params.seed, 3, rate == "fmr"])
        parts = []
        for name in self._defined(rate):
            value, made = float(getattr(self.rows[name], rate)), self.made[rate].get(name)
            bare = not 0 < value < 1
            if bare and not filled:
                return None
            half = 1e-9 if made is None else 0.5 / max(made.worth, 1.0)
            value = float(np.clip(value, half, 1 - half)) if bare else value
            slope = value * (1 - value)
            if made is None:
                parts.append((value, np.zeros(self.draws.count), np.inf, 0.0, np.nan))
            elif bare:
                away = rng.normal(size=self.draws.count) / np.sqrt(made.worth * slope)
                parts.append((value, away, float(FEW), 1 / (made.worth * slope), made.worth))
            else:
                trials = self.rows[name].impostor if rate == "fmr" else self.rows[name].genuine
                away = (made.values[1:] - made.values[0]) / slope
                parts.append((value, away, made.freedom, 1 / (trials * slope), np.nan))
        if not parts:
            return None
        rates, deviations, freedoms, steps, worths = zip(*parts, strict=True)
        return RateLogits(logit(rates), np.stack(deviations, 1), np.array(freedoms), np.array(steps), np.array(worths))

    def _null_ranges(self, check: Callable[[], None]) -> None:
        """Add the ranges of 95 % of studies with equal groups."""
        rows, fair = self.rows, self.groups.fairness
        if len(rows) < 2:
            return
        rng = np.random.default_rng([self.params.seed, 2])
        permuted = {} if self.subjects is None else self._permuted(self.subjects, rng, check)
        fmr, fnmr = (permuted[rate] if permuted else self._shared_out(rate, rng) for rate in ("fmr", "fnmr"))
        few_fmr, few_fnmr = (
            self._shared_out(rate, rng) if permuted and self._few_errors(rate) else None for rate in ("fmr", "fnmr")
        )
        for figure, function in self.functions().items():
            check()
            if getattr(fair, figure) is None:
                continue
            if permuted and (few := self._too_few_to_permute(figure)) is not None:
                fair.null_ranges_why[figure] = few
                continue
            ways = [function(fmr, fnmr)]
            if few_fmr is not None or few_fnmr is not None:
                ways.append(function(fmr if few_fmr is None else few_fmr, fnmr if few_fnmr is None else few_fnmr))
            span = _envelope([middle(values) for values in ways])
            if span is not None:
                fair.null_ranges[figure] = span
            else:
                fair.null_ranges_why[figure] = tr("in too few permutations every group has comparisons")

    def _too_few_to_permute(self, figure: str) -> str | None:
        """Say which rate that a figure rests on has too few subjects to permute, or None.

        Subjects change places, each with its own errors: of all groups together there must be some. Of pairs of two
        subjects the spread is set to that within the groups, which pairs of few do not show (docs/intervals.md).
        """
        for rate, kind in zip(("fmr", "fnmr"), self.draws.kinds, strict=True):
            if rate not in rates_behind(figure) or not self._defined(rate):
                continue
            everyone: list[Ints] = []
            for number, name in enumerate(self.rows):
                cell = kind.cells[number]
                there = cell.who[(cell.own_trials > 0) | (cell.trials > 0)]
                everyone.append(there)
                if cell.matrix is not None and len(there) < FEWEST and name in self._groups_of(figure):
                    return tr(
                        "the {rate} of {group} is of pairs of fewer than {n} subjects, too few to be permuted",
                        rate=rate.upper(), group=on_one_line(name), n=FEWEST,
                    )  # fmt: skip
            if len(np.unique(np.concatenate(everyone))) < FEWEST:
                return tr("the {rate} is of fewer than {n} subjects, all groups together", rate=rate.upper(), n=FEWEST)
        return None

    def _permuted(
        self, subjects: Subjects, rng: np.random.Generator, check: Callable[[], None]
    ) -> dict[str, Array]:  # fmt: skip
        """Return rates with the groups of subjects permuted, (rows, groups) of each rate: of the groups that have it."""
        orders = permuted_members(subjects.members, self.draws.count, rng, check)
        places = list(self.rows)
        return {
            rate: permuted_rates(kind, int(self.fixed.upper[0]), orders, check)[
                :, [places.index(name) for name in self._defined(rate)]
            ]
            for rate, kind in zip(("fmr", "fnmr"), self.draws.kinds, strict=True)
        }

    def _counts(self, rate: str) -> tuple[Ints, Ints]:
        """Return errors and comparisons of the groups that have a rate."""
        rows = [self.rows[name] for name in self._defined(rate)]
        counts = [
            (row.false_matches, row.impostor) if rate == "fmr" else (row.false_non_matches, row.genuine) for row in rows
        ]
        errors, trials = np.array(counts, dtype=np.int64).reshape(-1, 2).T
        return errors, trials

    def _few_errors(self, rate: str) -> bool:
        """Tell whether a group would have few errors of pairs of two subjects if groups were equal.

        They come in whole numbers, which permuted members, with a share of each, do not show. An error of one subject goes along whole.
        """
        kind = self.draws.kinds[("fmr", "fnmr").index(rate)]
        if all(cell.matrix is None for cell in kind.cells[:-1]):
            return False
        errors, trials = self._counts(rate)
        return len(errors) > 0 and bool(trials.min() * (errors.sum() / max(trials.sum(), 1)) < FEW)

    def _shared_out(self, rate: str, rng: np.random.Generator) -> Array:
        """Return rates of equal groups whose comparisons are independent, (draws, groups)."""
        errors, trials = self._counts(rate)
        pooled = errors.sum() / max(trials.sum(), 1)
        return np.asarray(rng.binomial(trials, pooled, (self.draws.count, len(trials))) / trials)


def _envelope(spans: list[Interval | None]) -> Interval | None:
    """Return the range that holds all of some ranges; None if one is not known."""
    known = [span for span in spans if span is not None]
    if len(known) < len(spans):
        return None
    return min(low for low, _ in known), max(high for _, high in known)


def _walked(
    name: str,
    figure: Figure,
    walked: dict[str, RateLogits | None],
    estimate: float,
    null: Interval | None,
    equal: float,
    check: Callable[[], None],
) -> Interval:
    """Return a figure's interval; it begins at equality where the figure lies in its null range (or is more equal still).

    `equal` is the figure of equal rates, which is no equality where groups lack a kind of comparisons: then it holds that.
    """
    used = rates_behind(name)
    first = 0 if "fmr" not in used or (fmrs := walked["fmr"]) is None else len(fmrs.logits)
    falls = name == "FDR"  # the one figure that falls with inequality
    even, tails = 0.0 if falls else equality(name), GARBE_TAILS if name == "GARBE" else TAILS
    seen = 1 - estimate if falls else estimate
    unlike = beyond_chance(name, estimate, null) == LESS_FAIR

    def of(rates: Array) -> Array:
        check()
        made = figure(rates[:, :first], rates[:, first:])
        return 1 - made if falls else made

    def ends(parts: list[RateLogits]) -> Interval:
        joined = RateLogits(*(np.concatenate(part, -1) for part in zip(*parts, strict=True)))
        with_halves = seen if np.isnan(joined.worth).all() else float(of(expit(joined.logits)[None])[0])
        return inverted_interval(of, joined, with_halves, even, tails, seen=seen, equal_ruled_out=unlike)

    parts = [found for rate in used if (found := walked[rate]) is not None]
    low, high = ends(parts)
    settled = [part.settled() for part in parts]
    if len(parts) > 1 and settled.count(None) == 1:  # one rate shows no error: chance adds nothing of it
        low, far = ends([part if one is None else one for part, one in zip(parts, settled, strict=True)])
        high = max(high, far)
    low, high = min(low, seen), max(high, seen)
    if not unlike and (null is not None or low - even <= 1e-9):  # roundings of equal rates
        low = even if equal == equality(name) else min(low, equal)
    return (1 - high, 1 - low) if falls else (low, high)
