"""Fairness figures if groups were equal, and how far they may be from it where no group shows an error."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from fairdesk.metrics.fairness.figure_functions import Figure, rates_behind
from fairdesk.metrics.intervals.by_subjects import middle
from fairdesk.metrics.intervals.error_counts import ErrorCounts
from fairdesk.metrics.intervals.rate_variance import LEAST

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
DIFFERENCES = ("_max_minus_min", "_AAD", "_MAD", "_STD_ddof0", "_STD_ddof1")
_SORTED = 4_000_000  # numbers in one step: well below a second


def farthest(
    name: str, figure: Figure, seen: dict[str, Array], likely: dict[str, Array], bounds: dict[str, Array]
) -> float | None:
    """Return how far from equality a figure may be where no group shows an error (or all show nothing else); None elsewhere.

    Such rates tell how high each may be, and nothing of their ratios: all may be 0 but for one. That one may be as high as its own bound:
    that nobody shows an error is then as unlikely as the bound says. Rates of the other kind that are seen spread as they are likely to.

    Parameters
    ----------
    seen, likely : FMR and FNMR of the groups, (groups,), and over draws, (draws, groups), by rate
    bounds : of each group's rate, (groups,), of the rates of which no error (or nothing else) is seen
    """
    moved = [rate for rate in rates_behind(name) if rate in bounds]
    if not moved or (len(moved) < len(rates_behind(name)) and name not in ("FDR", "IR", "GARBE")):
        return None  # a figure of differences or sums is held by what is seen of the other rate
    ends = []
    for rate in moved:
        for group, bound in enumerate(bounds[rate]):
            here, drawn = dict(seen), {of: seen[of][None] if of in moved else likely[of] for of in seen}
            here[rate] = seen[rate].copy()
            here[rate][group] = bound
            drawn[rate] = here[rate][None]
            rows = max(len(one) for one in drawn.values())
            values = figure(*(np.broadcast_to(drawn[of], (max(rows, 20), len(seen[of]))) for of in ("fmr", "fnmr")))
            span = middle(values)
            if span is None:
                continue
            high = span[0] if name == "FDR" else span[1]
            excess = float(np.median(values)) - float(figure(here["fmr"][None], here["fnmr"][None])[0])
            ends.append(high - max(excess, 0.0) if np.isfinite(excess) else high)
    return None if not ends else min(ends) if name == "FDR" else max(ends)


def most_apart(name: str, figure: Figure, groups: tuple[int, int], ends: Array) -> float | None:
    """Return the most that a figure of differences can be, if no rate lies beyond the `ends`, (2,); None for other figures.

    Only the group with the highest (or the lowest) rate in truth counts, so that this holds as often as its one interval does. Such figures are convex: they are largest
    where each group is at the one end of what is possible or at the other.

    Parameters
    ----------
    groups : how many have an FMR, and an FNMR
    ends : the lowest and the highest end of the groups' intervals of the rate
    """
    if not name.endswith(DIFFERENCES):
        return None
    rate = rates_behind(name)[0]
    n = groups[rate == "fnmr"]
    steps = np.tri(n - 1, n)  # one group at the end, two, and so on
    away = [figure(*(reach * steps if one == rate else np.zeros((n - 1, count)) for one, count in zip(("fmr", "fnmr"), groups, strict=True))).max()
            for reach in (ends[1], 1 - ends[0])]  # fmt: skip
    return float(min(away))


def permuted_rates(counts: ErrorCounts, place: int, orders: Ints, check: Callable[[], None] = lambda: None) -> Array:
    """Return each group's rate with the groups permuted, (rows, groups): NaN where a group has no comparison.

    `orders` holds permutations of the members of all groups, one a row (`permuted_members`). A member takes its own
    errors and comparisons along: what groups would show if they did not differ. Pairs of two subjects are counted with
    both, so each group's spread is set to that of its own number of pairs: the variance of one pair of subjects and the
    covariance of two pairs that share one, both over all groups (Aronow, Samii and Assenova, 2015, as sums of the two).
    The square roots of the rates are stretched: a rate is then as skewed as what both subjects of a pair bring makes it
    (docs/intervals.md).
    """
    cells = counts.cells[:-1]
    people = np.array([len(cell.who) for cell in cells])
    groups = np.repeat(np.arange(len(cells)), people)
    dyad_trials = np.concatenate([cell.trials for cell in cells])
    errors = np.concatenate([cell.own_errors[:, place] + cell.errors[:, place] for cell in cells])
    trials = np.concatenate([cell.own_trials for cell in cells]) + dyad_trials
    if not trials.sum():
        return np.full((len(orders), len(cells)), np.nan)
    pooled = errors.sum() / trials.sum()
    ends = np.append(0, np.cumsum(people))
    parts = [orders[:, a:b] for a, b in itertools.pairwise(ends)]
    with np.errstate(invalid="ignore", divide="ignore"):
        rates = np.empty((len(orders), len(cells)))
        for column, part in zip(rates.T, parts, strict=True):
            check()
            column[:] = errors.take(part).sum(1) / trials.take(part).sum(1)
    if not dyad_trials.any():
        return np.asarray(rates)
    here = np.bincount(groups, weights=trials, minlength=len(cells))
    with np.errstate(invalid="ignore", divide="ignore"):
        own = np.nan_to_num(np.bincount(groups, weights=errors, minlength=len(cells)) / here)
        residual = errors - own[groups] * trials
        squares = np.stack([cell.squares[:, place] for cell in cells], 1)
        squared = np.array([cell.trials_squared for cell in cells])
        pairs = squares[0] - 2 * own * squares[1] + own**2 * squared
        few = (people / np.maximum(people - 2, 1)) ** 2
        sharing = np.bincount(groups, weights=residual**2, minlength=len(cells)) - 2 * pairs
        could = np.bincount(groups, weights=trials**2, minlength=len(cells)) - 2 * squared
        alone = (few * pairs).sum() / squared.sum()
        shared = (few * sharing).sum() / could.sum() if could.sum() > 0 else 0.0
        variance = np.maximum(alone * squared + shared * could, LEAST * alone * squared)
        wanted = variance / (here / 2) ** 2 * (1 - here / here.sum())
        seen = np.full(len(cells), np.nan)  # a group without members shows nothing
        seen[people > 0] = np.nanvar(rates[:, people > 0], axis=0)
        scale = np.sqrt(wanted / seen)
        roots = 1 + np.nan_to_num(scale, posinf=0.0) * (np.sqrt(rates / max(pooled, np.finfo(float).tiny)) - 1)
    out: Array = np.minimum(pooled * np.maximum(roots, 0) ** 2, 1)
    return out


def permuted_members(
    members: list[Ints], count: int, rng: np.random.Generator, check: Callable[[], None] = lambda: None
) -> Ints:
    """Return permutations of the groups' members, one a row: which member stands in the place of which.

    `members` are each group's subjects. One who is in several groups keeps as many: such subjects exchange their groups
    among themselves, and each its own.
    """
    who = np.concatenate(members)
    times = np.bincount(who)[who]
    out = np.empty((count, len(who)), dtype=np.int64)
    for many in np.unique(times):
        mine = np.flatnonzero(times == many)
        places = mine[np.argsort(who[mine], kind="stable")].reshape(-1, int(many))  # a subject's places in a row
        taken = np.asarray(places[_orders(len(places), count, rng, check)])
        out[:, places.ravel()] = (taken if many == 1 else rng.permuted(taken, axis=2)).reshape(count, -1)
    return out


def _orders(length: int, count: int, rng: np.random.Generator, check: Callable[[], None]) -> Ints:
    """Return random orders of so many, one a row: random numbers are sorted that end in their place."""
    bits = length.bit_length()
    out = np.empty((count, length), dtype=np.int64)
    step = max(1, _SORTED // max(length, 1))
    for start in range(0, count, step):
        check()
        numbers = out[start : start + step]
        numbers[:] = rng.integers(0, 1 << (62 - bits), numbers.shape, dtype=np.int64)
        numbers <<= bits
        numbers |= np.arange(length)
        numbers.sort(axis=1)
        numbers &= (1 << bits) - 1
    return out
