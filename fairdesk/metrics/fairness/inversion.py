"""The interval of a fairness figure: the truths under which the one that was seen would be no surprise."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from scipy.special import expit

from fairdesk.metrics.intervals.by_pairs import Z95, Interval
from fairdesk.metrics.intervals.by_subjects import t_quantile

Array = npt.NDArray[np.float64]

_TAIL = 0.0225  # of the draws at each end; a little less than 2.5 %, as standard errors are estimates too
_STEP, _STEPS = 0.1, 60  # in standard errors of the rates, and how many at most
_NEAR = 0.01  # of the way from equality to the estimate: equal already


def inverted_interval(
    figure: Callable[[Array], Array], logits: Array, deviations: Array, freedom: Array, estimate: float, even: float
) -> Interval:
    """Return the interval of a figure that grows with inequality; `even` is that of equal groups.

    A figure of spread is larger in a sample than in truth, by how much depends on the truth. So possible truths are
    walked through, from the rates that were seen towards equality and away from it: each step is the shortest one, in
    standard errors, that changes the figure (steepest descent, near the constrained maximum of the likelihood). Around
    each of them the rates are drawn as they spread around those seen. An end of the interval is where the figure that
    was seen lies among the last of those drawn. See docs/intervals.md.

    Parameters
    ----------
    figure : from rates, (rows, rates), to the figure, (rows,)
    logits : of the rates that were seen, (rates,)
    deviations : of the logits in each draw, (draws, rates)
    freedom : of each rate's variance, (rates,)
    """
    scale = deviations.std(0, ddof=1)
    known = scale > 0
    if not known.any():
        return estimate, estimate
    slopes = _slopes(figure, logits, deviations, known, even)
    spread = deviations * (t_quantile(_freedom_of(slopes, freedom[known])) / Z95)

    def share(truth: Array, *, above: bool) -> float:
        drawn = figure(expit(truth + spread))
        return float(np.mean(drawn >= estimate if above else drawn <= estimate))

    def equal(values: list[float]) -> bool:
        return values[-1] - even <= _NEAR * abs(estimate - even) or (len(values) > 3 and values[-1] >= values[-4])

    down = _path(figure, logits, scale, -1, equal)
    up = _path(figure, logits, scale, 1, lambda _values: False)
    low, reached = _last(down, lambda truth: share(truth, above=True) >= _TAIL)
    high, _ = _last(up, lambda truth: share(truth, above=False) >= _TAIL)
    bottom = even if reached else _at(figure, low)
    return max(even, min(bottom, estimate)), max(_at(figure, high), estimate)


def _at(figure: Callable[[Array], Array], logits: Array) -> float:
    return float(figure(expit(logits[None]))[0])


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


def _path(
    figure: Callable[[Array], Array], start: Array, scale: Array, sign: int, there: Callable[[list[float]], bool]
) -> list[Array]:
    """Return truths from `start` on, each a step away from the one before, until the figure's values are `there`."""
    count, reach = len(start), 0.15
    values: list[float] = []
    shifts = np.concatenate([np.diag(reach * scale), np.diag(-reach * scale)])
    out = [start]
    for _ in range(_STEPS):
        around = figure(expit(out[-1] + shifts))
        slope = around[:count] - around[count:]
        length = float(np.linalg.norm(slope))
        if not np.isfinite(length) or length < 1e-15:
            break
        out.append(out[-1] + sign * _STEP * scale * slope / length)
        values.append(_at(figure, out[-1]))
        if there(values):
            break
    return out


def _last(path: list[Array], likely: Callable[[Array], bool]) -> tuple[Array, bool]:
    """Return the first truth of a path that is not likely, or its last one and True if all are."""
    inside, outside = 0, len(path) - 1
    if likely(path[outside]):
        return path[outside], True
    while outside - inside > 1:
        between = (inside + outside) // 2
        if likely(path[between]):
            inside = between
        else:
            outside = between
    return path[outside], False
