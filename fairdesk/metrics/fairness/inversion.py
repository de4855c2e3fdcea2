"""The interval of a fairness figure, or of two models' difference: the truths under which what was seen would be no surprise."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import expit

from fairdesk.metrics.intervals.by_subjects import t_quantile
from fairdesk.shares import Z95, Interval

Array = npt.NDArray[np.float64]

TAILS = 0.03, 0.0225  # of the draws, at the ends towards equality and away from it; by simulation (docs/intervals.md)
GARBE_TAILS = 0.0175, 0.0175  # a mean of two coefficients keeps less of what makes each interval too wide
PAIRED_TAIL = 0.025  # of the draws, at both ends of a difference between two models
_STEP, _STEPS = 0.1, 60  # in standard errors of the rates, and how many at most
_NEXT = 3  # steps between two looks, where a truth that is unlikely must not be passed by
_REACH = 0.15  # in standard errors: how far is looked for the direction of a step
_KINK = 0.5  # of what one rate alone gains: a slope along which less is gained is none
_ROUNDING = (
    1e-12  # a slope is none where it is no longer than what numbers are rounded to: at rates of 50 % it is just that
)
_STILL = 8, 1e-9  # steps in which a difference moved by less: it goes no farther
_USUAL = 0.1  # the share of equal groups that are more equal still than what is called usual
_SETTLED = 28.0  # logit of a rate without an error, as far as numbers tell it from 0
_NEAR = 0.01  # of the way from equality to the estimate: equal already


class RateLogits(NamedTuple):
    """Rates on the logit scale and how they spread: (rates,), but for the deviations in the draws, (draws, rates)."""

    logits: Array
    deviations: Array
    freedom: Array
    """Of each rate's variance."""
    steps: Array = np.zeros(())
    """By how much one error more changes each."""
    worth: Array = np.full((), np.nan)
    """Of a rate of which no error (or nothing else) is seen: in how many independent comparisons; NaN of all others."""

    def settled(self) -> RateLogits | None:
        """Return them as they are if what was seen is the truth, where no rate shows an error (or all show nothing else); None elsewhere."""
        bare = ~np.isnan(self.worth)
        one = np.sign(self.logits[bare])
        if not bare.any() or self.deviations[:, ~bare].any() or (one != one[0]).any():
            return None
        none = np.zeros_like(self.logits)
        return RateLogits(
            np.where(bare, one[0] * _SETTLED, self.logits),
            np.zeros_like(self.deviations), np.full_like(none, np.inf), none, np.full_like(none, np.nan),
        )  # fmt: skip


def inverted_interval(
    figure: Callable[[Array], Array],
    rates: RateLogits,
    estimate: float,
    even: float,
    tails: tuple[float, float] = TAILS,
    *,
    seen: float | None = None,
    equal_ruled_out: bool = False,
) -> Interval:
    """Return the interval of a figure that grows with inequality; `even` is that of equal groups.

    A figure of spread is larger in a sample than in truth, by how much depends on the truth. So possible truths are
    walked through, from the rates that were seen towards equality and away from it: each step is the shortest one, in
    standard errors, that changes the figure (steepest descent, near the constrained maximum of the likelihood). Around
    each of them rates are drawn as they spread around those seen (`_rates_around`). An end of the interval is where the figure that
    was seen lies among the last of those drawn. Rates that lie nearer to each other than those of equal groups mostly do
    are taken for such usual ones at the end away from equality: chance makes them so. A truth that often shows such rates
    is then never missed at that end, so that both tails are at the other (as in Feldman and Cousins, 1998). See docs/intervals.md.

    Parameters
    ----------
    figure : from rates, (rows, rates), to the figure, (rows,)
    rates : that were seen. What one spreads by of which no error is seen hangs on the truth alone
    estimate : of these rates
    seen : what was seen, where some of the rates stand for no error: it counts at the end away from equality
    tails : shares of the draws that make what was seen a surprise, at the end towards equality and at the other
    equal_ruled_out : what was seen is more than permuted groups show. Then the first truth that makes it a surprise is the end,
        even if at equality, where rates would spread otherwise than those that were seen, it seems to be none
    """
    logits, deviations, freedom, steps, worth = rates
    scale = deviations.std(0, ddof=1)
    known = scale > 0
    if not known.any():
        return estimate, estimate
    bare = ~np.isnan(worth)
    slopes = _slopes(figure, logits, deviations, known, even)
    stretch = t_quantile(_freedom_of(slopes, freedom[known])) / Z95
    shapes = _smoothed(
        (deviations - deviations.mean(0)) / np.where(known, scale, 1.0), steps / np.where(known, scale, np.inf)
    )

    def drawn_around(truth: Array) -> Array:
        rate = np.clip(expit(truth), _ROUNDING, 1 - _ROUNDING)
        spread = np.where(bare, 1 / np.sqrt(np.where(bare, worth, 1) * rate * (1 - rate)), scale)
        return figure(_rates_around(truth, spread * stretch, shapes))

    def equal(values: list[float]) -> bool:
        return values[-1] - even <= _NEAR * abs(estimate - even) or (len(values) > 4 and values[-1] >= values[-4])

    down = _Path(figure, logits, np.diag(scale), -1, equal)
    up = _Path(figure, logits, np.diag(scale), 1, lambda _values: False)
    usual = _usual(drawn_around(down.last()), even)

    def surprise(truth: Array) -> float:
        """Return how many of the draws show what was seen, or more, as a share of those that make it no surprise."""
        drawn = drawn_around(truth)
        never_below = np.mean(drawn <= usual) >= tails[1]
        return float(np.mean(drawn >= estimate)) / (sum(tails) if never_below else tails[0])

    if equal_ruled_out:
        low, reached = down.least(surprise), False
    else:
        low, reached = down.first(lambda truth: surprise(truth) < 1, start=_STEPS + 1)
    most = estimate if seen is None else max(seen, estimate)
    most = max(most, usual) if reached else most  # what is more equal than usual is no proof of equality
    high, _ = up.first(lambda truth: bool(np.mean(drawn_around(truth) <= most) < tails[1]), start=12)
    return max(even, min(even if reached else low, estimate)), max(high, estimate)


def _usual(equals: Array, even: float) -> float:
    """Return the figure that a tenth of equal groups stay below; `equals`: figures drawn around equality."""
    known = equals[np.isfinite(equals)]
    return float(np.quantile(known, _USUAL)) if len(known) else even


def inverted_difference(
    figure: Callable[[Array], Array], logits: Array, deviations: Array, freedom: Array, estimate: float
) -> Interval:
    """Return the interval of the difference of a figure between two models, whose rates go along with each other.

    As `inverted_interval`, in the space of both models' rates: each end is the first truth, on the shortest way in their
    joint spread, that makes the difference that was seen a surprise. So where chance lifts one group in both models,
    which makes the one look fairer and the other less fair, truths without that lift are near.

    Parameters
    ----------
    figure : from the rates of both models, (rows, rates), to the difference, (rows,)
    logits, deviations, freedom : as of `inverted_interval`, of both models' rates over the same draws
    """
    scale = deviations.std(0, ddof=1)
    known = scale > 0
    if not known.any():
        return estimate, estimate
    slopes = _slopes(figure, logits, deviations, known, 0.0)
    spread = scale * (t_quantile(_freedom_of(slopes, freedom[known])) / Z95)
    away = deviations - deviations.mean(0)
    shapes = away / np.where(known, scale, 1.0)
    squares, directions = np.linalg.eigh(away.T @ away / (len(away) - 1))
    root = directions * np.sqrt(np.maximum(squares, 0)) @ directions.T

    def unlikely(truth: Array, *, above: bool) -> bool:
        drawn = figure(_rates_around(truth, spread, shapes))
        return float(np.mean(drawn >= estimate if above else drawn <= estimate)) < PAIRED_TAIL

    def still(values: list[float]) -> bool:
        return len(values) > _STILL[0] and abs(values[-1] - values[-_STILL[0]]) < _STILL[1]

    down, up = (_Path(figure, logits, root, sign, still) for sign in (-1, 1))
    low, _ = down.first(lambda truth: unlikely(truth, above=True), start=12)
    high, _ = up.first(lambda truth: unlikely(truth, above=False), start=12)
    return min(low, estimate), max(high, estimate)


def _rates_around(truth: Array, spread: Array, shapes: Array) -> Array:
    """Return rates drawn around a truth (logits), as skewed as a share of comparisons is.

    Their mean is the truth, so that a low rate is more often far too low than far too high on the scale of ratios. The
    skewness is that of a beta distribution with this spread, made by the cube of Wilson and Hilferty (1931) and added to
    the shape of the draws, which have mean 0 and deviation 1.
    """
    rate = expit(truth)
    skewness = 2 * (1 - 2 * rate) * spread
    away = shapes / 6 - skewness / 36
    away *= 6 + away * (6 * skewness + 2 * skewness**2 * away)  # ((1 + skewness * away)^3 - 1) * 2 / skewness
    away *= spread * rate * (1 - rate)
    away += rate
    return np.clip(away, 0, 1, out=away)


def _smoothed(shapes: Array, steps: Array) -> Array:
    """Return draws, (draws, rates), of mean 0 and deviation 1, that are spread by half a step of one error.

    Rates of few errors are drawn from few values, so that those of two groups are often just equal around a truth at which
    they are equal, and never around the next one.
    """
    noise = np.random.default_rng(0).standard_normal(shapes.shape)
    spread = shapes + noise * (steps / 2)
    away = spread - spread.mean(0)
    return np.asarray(away / np.where(shapes.any(0), away.std(0, ddof=1), 1.0) * shapes.any(0))


def _slopes(
    figure: Callable[[Array], Array], logits: Array, deviations: Array, known: npt.NDArray[np.bool_], even: float
) -> Array:
    """Return how much the figure changes with each rate, over its spread: by least squares over the draws."""
    values = figure(expit(logits + deviations))
    if even:
        values = np.log(np.maximum(values, 1e-12))
    away = deviations[:, known] - deviations[:, known].mean(0)
    return np.asarray(np.linalg.lstsq(away / away.std(0), values - values.mean(), rcond=None)[0])


def _freedom_of(slopes: Array, freedom: Array) -> float:
    """Return the degrees of freedom of a sum of rates (Satterthwaite, 1946): a figure of one rate mostly has that rate's."""
    parts = slopes**2
    return float(parts.sum() ** 2 / (parts**2 / freedom).sum()) if parts.sum() > 0 else float(freedom.max())


class _Path:
    """Truths from `start` on, each a step away from the one before, until the figure's values are `there`.

    They are found as they are asked for.
    """

    def __init__(
        self, figure: Callable[[Array], Array], start: Array, spread: Array, sign: int,
        there: Callable[[list[float]], bool],
    ) -> None:  # fmt: skip
        """`spread`: a square root of the covariance of the rates' logits, (rates, rates): its columns are steps of one length."""
        self._figure, self._spread, self._sign, self._there = figure, spread, sign, there
        reach = _REACH * spread.T
        self._shifts = np.concatenate([reach, -reach, np.zeros((1, len(start)))])
        self.truths = [start]
        self.values: list[float] = []
        self.ended = False
        self._slope = self._look()

    def _look(self) -> Array:
        """Note the figure at the last truth, and return how it changes with each rate."""
        around = self._figure(expit(self.truths[-1] + self._shifts))
        self.values.append(float(around[-1]))
        count, here = len(self._spread), self.values[-1]
        slope = np.asarray(around[:count] - around[count:-1])
        gains = self._sign * (around[:-1] - here)
        best = int(np.nan_to_num(gains, nan=0.0).argmax())
        if np.any((gains[:count] > 0) & (gains[count:] > 0)) and self._gain(slope) < _KINK * gains[best]:
            slope = np.zeros(count)  # equal rates: the figure grows either way, so that no slope shows it
            slope[best % count] = around[best] - here if best < count else here - around[best]
        return slope

    def _gain(self, slope: Array) -> float:
        """Return what the figure gains along a slope, as far as is looked for directions."""
        length = float(np.linalg.norm(slope))
        if not np.isfinite(length) or length <= _ROUNDING * self.values[-1] or length <= _ROUNDING:
            return 0.0
        there = self.truths[-1] + self._sign * _REACH * (self._spread @ slope) / length
        return self._sign * (float(self._figure(expit(there[None]))[0]) - self.values[-1])

    def _walk(self, to: int) -> None:
        """Walk on to the truth with this number, or to the last one."""
        while len(self.truths) <= to and not self.ended:
            length = float(np.linalg.norm(self._slope))
            if len(self.truths) > _STEPS or not np.isfinite(length) or length < 1e-15:
                self.ended = True
                break
            self.truths.append(self.truths[-1] + self._sign * _STEP * (self._spread @ self._slope) / length)
            self._slope = self._look()
            self.ended = self._there(self.values)

    def first(self, unlikely: Callable[[Array], bool], *, start: int) -> tuple[float, bool]:
        """Return the figure of the first truth that is unlikely; of the last one, and True, if that is not.

        `start` is how many steps are walked before the first look; where it is all of them, an end that is likely counts
        even if a truth before it is not.
        """
        inside, reach = 0, start
        while True:
            self._walk(reach)
            outside = min(reach, len(self.truths) - 1)
            if unlikely(self.truths[outside]):
                break
            if self.ended and outside == len(self.truths) - 1:
                return self.values[outside], True
            inside, reach = outside, 2 * reach
        return self.values[self._first_between(inside, outside, unlikely)], False

    def last(self) -> Array:
        """Return the truth at the end of the path."""
        self._walk(_STEPS + 1)
        return self.truths[-1]

    def least(self, surprise: Callable[[Array], float]) -> float:
        """Return the figure of the first truth whose `surprise` is below 1, or of that with the least."""
        found: dict[int, float] = {0: np.inf}
        while True:
            before = max(found)
            self._walk(before + _NEXT)
            here = min(before + _NEXT, len(self.truths) - 1)
            if here == before:
                return self.values[min(found, key=found.__getitem__)]
            found[here] = surprise(self.truths[here])
            if found[here] < 1:
                return self.values[self._first_between(before, here, lambda truth: surprise(truth) < 1)]

    def _first_between(self, inside: int, outside: int, unlikely: Callable[[Array], bool]) -> int:
        while outside - inside > 1:
            between = (inside + outside) // 2
            if unlikely(self.truths[between]):
                outside = between
            else:
                inside = between
        return outside
