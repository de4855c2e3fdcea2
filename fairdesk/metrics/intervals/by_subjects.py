"""How sure a rate is where its subjects are known."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from fairdesk.shares import Z95, Interval, wilson

Array = npt.NDArray[np.float64]

LEVEL = 0.95
FEW = 10  # errors: with fewer, an interval by subjects is held to that by pairs


def t_quantile(freedom: float) -> float:
    """Return the 97.5 % quantile of Student's distribution."""
    if np.isinf(freedom):
        return Z95
    from scipy.special import stdtrit  # the window imports this module; scipy.stats would take a second to import

    return float(stdtrit(freedom, (1 + LEVEL) / 2))


def spread_of(values: Array) -> float:
    """Return the standard deviation over draws; the first value is the data's own."""
    return float(np.std(values[1:], ddof=1))


def nothing_seen(worth: float) -> float:
    """Return the rate above which no error in `worth` independent comparisons would be a 2.5 % chance."""
    return float(1 - ((1 - LEVEL) / 2) ** (1 / worth))


def rate_interval(rate: float, deviation: float, freedom: float, worth: float) -> Interval:
    """Return the interval of a rate with a standard error, on the logit scale with Student's quantile.

    Without an error, or with nothing else, it is a bound from `worth` independent comparisons.
    """
    from scipy.special import expit, logit

    if rate <= 0:
        return 0.0, nothing_seen(worth)
    if rate >= 1:
        return 1 - nothing_seen(worth), 1.0
    half = t_quantile(freedom) * deviation / (rate * (1 - rate))
    centre = logit(rate)
    return float(expit(centre - half)), float(expit(centre + half))


def stretch_for_few(rate: float, deviation: float, freedom: float, errors: int, trials: int) -> float:
    """Return by which factor a deviation is to grow, so that few errors claim no more than pairs alone would allow.

    With fewer than `FEW` errors the draws may all show the same: a threshold that is taken from the data stays beside
    the one error it rests on. The interval then holds Wilson's at least.
    """
    from scipy.special import logit

    pairs = wilson(errors, trials)
    if errors >= FEW or not 0 < rate < 1 or pairs is None or deviation <= 0:
        return 1.0
    reach = max(logit(rate) - logit(pairs[0]) if pairs[0] > 0 else 0.0, logit(pairs[1]) - logit(rate))
    return max(1.0, float(reach) / (t_quantile(freedom) * deviation / (rate * (1 - rate))))


def likely_rates(rate: float, values: Array, freedom: float, worth: float, rng: np.random.Generator) -> Array:
    """Return rates that spread as the rate's own interval does; `values` are those of the draws, the first the data's.

    What is made of several rates gets its interval from them. They are in the order of the draws and normal on the logit
    scale (normal scores, by rank): draws of few errors lean to the high side, and would lean twice on that scale.
    """
    from scipy.special import expit, logit, ndtri

    draws = len(values) - 1
    if rate <= 0 or rate >= 1:
        found = nothing_seen(worth) * rng.exponential(size=draws) / -np.log((1 - LEVEL) / 2)
        return np.asarray(np.clip(found if rate <= 0 else 1 - found, 0, 1))
    scores = np.empty(draws)
    scores[np.argsort(values[1:], kind="stable")] = ndtri((np.arange(draws) + 0.5) / draws)
    spread = t_quantile(freedom) / Z95 * spread_of(values) / (rate * (1 - rate))
    return np.asarray(expit(logit(rate) + spread * scores))


def middle(values: Array, level: float = LEVEL) -> Interval | None:
    """Return the central interval of values that may be infinite; None if fewer than 20 are numbers."""
    known = np.sort(values[~np.isnan(values)])
    if len(known) < 20:
        return None
    low, high = ((1 - level) / 2 * (len(known) - 1), (1 + level) / 2 * (len(known) - 1))
    return float(known[int(np.floor(low))]), float(known[int(np.ceil(high))])
