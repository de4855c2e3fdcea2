"""Draws of pairs, for scores that do not name subjects: every rate at many thresholds, as if pairs were independent."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt

from fairdesk.metrics.intervals.rate_variance import FEWEST, Variance
from fairdesk.metrics.intervals.subject_draws import ALL, GROUP, WITHIN, Curves, Draws
from fairdesk.metrics.rates.error_rates import Floats, Scores

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_NUMBERS = 4_000_000  # drawn in one step: well below a second


def draw_pairs(
    everything: Scores, groups: dict[str, Scores], thresholds: Array, count: int, seed: int, check: Callable[[], None]
) -> Draws:
    """Draw each group's comparisons, and all others, `count` times: as many as there are, with replacement.

    How many of a part's comparisons lie between every two thresholds is all that its rates need, and that is drawn at
    once (multinomial), whatever the number of comparisons.
    """
    curves = {
        genuine: _rates(_sides(everything, groups, thresholds, genuine=genuine), count, seed, check, genuine=genuine)
        for genuine in (False, True)
    }
    draws = Draws(thresholds, count, [])
    for name in (ALL, WITHIN, *(GROUP + name for name in groups)):
        fmr, fnmr = (curves[genuine].get(name) for genuine in (False, True))
        draws.cells[name] = Curves(
            None if fmr is None else fmr[0],
            None if fnmr is None else fnmr[0],
            None if fmr is None else fmr[1],
            None if fnmr is None else fnmr[1],
        )
    return draws


def _sides(
    everything: Scores, groups: dict[str, Scores], thresholds: Array, *, genuine: bool
) -> Iterator[tuple[str, Ints]]:
    """Yield how many scores of each group, and of all others ("*"), lie below, between and above the thresholds."""
    rest = _binned(everything.genuine if genuine else everything.impostor, thresholds)
    for name, one in groups.items():
        here = _binned(one.genuine if genuine else one.impostor, thresholds)
        rest = rest - here
        yield GROUP + name, here
    yield ALL, rest


def _binned(scores: Floats, thresholds: Array) -> Ints:
    below = np.searchsorted(scores, thresholds, "left")
    return np.diff(np.concatenate([[0], below, [len(scores)]])).astype(np.int64)


def _rates(
    sides: Iterator[tuple[str, Ints]], count: int, seed: int, check: Callable[[], None], *, genuine: bool
) -> dict[str, tuple[Array, Variance]]:
    """Return the rate of each cell in every draw, (1 + draws, thresholds), and its variance."""
    out: dict[str, tuple[Array, Variance]] = {}
    all_: Ints | None = None
    trials = 0
    for number, (name, bins) in enumerate(sides):
        if name == ALL and number:
            out |= _cell(WITHIN, all_, trials)
        errors = _errors(bins, count, np.random.default_rng([seed, 3, number, genuine]), check, genuine=genuine)
        if name != ALL:
            out |= _cell(name, errors, int(bins.sum()))
        all_ = errors if all_ is None else all_ + errors
        trials += int(bins.sum())
    return out | _cell(ALL, all_, trials)


def _cell(name: str, errors: Ints | None, trials: int) -> dict[str, tuple[Array, Variance]]:
    if errors is None or not trials:
        return {}
    rates = errors / trials
    own = rates[0]
    variance = Variance(
        rate=own,
        errors=errors[0].astype(np.float64),
        variance=own * (1 - own) / trials,
        freedom=np.full(len(own), float(max(trials - 1, 1))),
        trials=float(trials),
        subjects=max(trials, FEWEST),
    )
    return {name: (rates, variance)}


def _errors(bins: Ints, count: int, rng: np.random.Generator, check: Callable[[], None], *, genuine: bool) -> Ints:
    """Return the errors at each threshold, (1 + draws, thresholds); the first row is the data's own."""
    total = int(bins.sum())
    drawn = np.empty((count + 1, len(bins)), dtype=np.int32 if total < 2**31 else np.int64)
    drawn[0] = bins
    drawn[1:] = 0
    seen = np.flatnonzero(bins)
    step = max(1, _NUMBERS // max(len(seen), 1))
    for start in range(1, count + 1, step):
        check()
        stop = min(start + step, count + 1)
        if total:
            drawn[start:stop, seen] = rng.multinomial(total, bins[seen] / total, stop - start)
    if genuine:
        return np.cumsum(drawn[:, :-1], axis=1)
    return np.cumsum(drawn[:, :0:-1], axis=1)[:, ::-1]
