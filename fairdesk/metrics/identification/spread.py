"""Intervals of identification rates, from draws of the probes' subjects; the gallery stays as it is."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from fairdesk.metrics.identification.rates import Mask, allowed_at
from fairdesk.metrics.intervals.by_subjects import rate_interval
from fairdesk.metrics.intervals.rate_variance import FEWEST
from fairdesk.shares import Interval

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
_CELLS = 4_000_000


class ProbeDraws:
    """Draws of subjects: as many mated and non-mated ones of each group as there are, with replacement.

    A probe weighs as often as its subject was drawn. Rates get intervals on the logit scale with Student's quantile,
    as genuine comparisons do (docs/intervals.md).
    """

    def __init__(self, subject: Ints, stratum: Ints, draws: int, seed: int, check: Callable[[], None]) -> None:
        self.subject, self.stratum, self.draws, self.seed, self.check = subject, stratum, draws, seed, check
        self.subjects = int(subject.max(initial=-1)) + 1
        of_subject = np.zeros(self.subjects, dtype=np.int64)
        of_subject[subject] = stratum
        self._strata = [np.flatnonzero(of_subject == one) for one in np.unique(of_subject)]

    def _weights(self, rows: int, number: int) -> Array:
        rng = np.random.default_rng([self.seed, 3, number])
        out = np.empty((rows, self.subjects))
        for members in self._strata:
            n = len(members)
            out[:, members] = rng.multinomial(n, np.full(n, 1 / n), size=rows)
        return out[:, self.subject]

    def rates(
        self, events: list[tuple[Mask, Mask, Array | None]], limit: tuple[Mask, Array, str] | None
    ) -> list[Array]:
        """Return each rate in every draw: the share of `use` that is an event.

        An event is (use, hit, value): with a `limit` (non-mated probes, highest scores, target FPIR) the threshold is taken
        anew in each draw, and `hit` counts where the value reaches it.
        """
        step = max(1, _CELLS // max(len(self.subject), 1))
        out: list[list[Array]] = [[] for _ in events]
        orders = [None if value is None else np.argsort(-value[use], kind="stable") for use, _, value in events]
        for number, start in enumerate(range(0, self.draws, step)):
            self.check()
            weights = self._weights(min(step, self.draws - start), number)
            threshold = None if limit is None else _thresholds(weights, *limit)
            for made, order, (use, hit, value) in zip(out, orders, events, strict=True):
                part, happened = weights[:, use], hit[use]
                total = part.sum(1)
                if value is None or threshold is None or order is None:
                    counted = part[:, happened].sum(1)
                else:
                    descending = value[use][order]
                    summed = np.cumsum(part[:, order] * happened[order], axis=1)
                    reach = np.searchsorted(-descending, -threshold, "left")  # values above the limit
                    padded = np.concatenate([np.zeros((len(summed), 1)), summed], axis=1)
                    counted = padded[np.arange(len(summed)), reach]
                with np.errstate(invalid="ignore", divide="ignore"):
                    made.append(counted / total)
        return [np.concatenate(one) for one in out]

    def interval(self, rate: float, values: Array, use: Mask, error: Mask) -> Interval | None:
        """Return the interval of a rate from its values in the draws; None with fewer than four subjects."""
        who, codes = np.unique(self.subject[use], return_inverse=True)
        n = len(who)
        if n < FEWEST:
            return None
        trials = np.bincount(codes).astype(float)
        errors = np.bincount(codes, weights=error[use], minlength=n)
        residuals = errors - rate * trials
        between = float((residuals**2).sum())
        fourth = float((residuals**4).sum())
        freedom = 3 * between**2 / fourth - 1 if fourth > 0 else 10.0
        lowest = 10 if errors.sum() < 10 else 3
        spread = float(np.nanstd(values, ddof=1)) * np.sqrt(n / (n - 1))
        return rate_interval(rate, spread, float(np.clip(freedom, lowest, max(n - 1, 3))), float(n))


def _thresholds(weights: Array, nonmated: Mask, highest: Array, target: str) -> Array:
    """Return for each draw the highest score that must not count: the threshold lies just above it."""
    order = np.argsort(-highest[nonmated], kind="stable")
    descending = highest[nonmated][order]
    summed = np.cumsum(weights[:, nonmated][:, order], axis=1)
    allowed = np.array([allowed_at(target, int(total)) for total in summed[:, -1]])
    place = (summed <= allowed[:, None]).sum(1)
    return np.asarray(np.append(descending, -np.inf)[place])
