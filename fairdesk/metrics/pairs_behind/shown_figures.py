"""Rates and curves made ready to be shown; light enough for the window."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from fairdesk.figures.error_curve import Curve
from fairdesk.figures.whole_set import WHOLE, whole_name
from fairdesk.jobs.wording import percent, plain
from fairdesk.metrics.fairness.figure_notes import FIGURES
from fairdesk.metrics.rates.error_curves import error_curve
from fairdesk.metrics.rates.error_rates import Scores, at_threshold
from fairdesk.metrics.shown_bounds import figure_bound, rate_bound
from fairdesk.words import mark, tr

if TYPE_CHECKING:
    from fairdesk.metrics.intervals.by_pairs import Interval

RATES = {"fmr": mark("FMR"), "fnmr": mark("FNMR")}


def curves_of(
    overall: Scores, groups: dict[str, Scores], *, distance: bool = False, threshold: float | None = None,
    check: Callable[[], None] = lambda: None,
) -> list[Curve]:  # fmt: skip
    """Return the curve over all pairs (`WHOLE`) and each group's; groups that lack a kind of score have none.

    `threshold` is the common one, as similarity: each curve has its point there.
    """
    found = []
    for name, scores in {WHOLE: overall, **groups}.items():
        check()
        point = None
        if threshold is not None and scores.missing() is None:
            at = at_threshold(scores, threshold, reject_all=threshold == math.inf)
            point = (at.fmr, at.fnmr)
        found.append(error_curve(name, scores, distance=distance, common=point))
    whole = whole_name(groups)
    return [replace(curve, whole_shown=whole) for curve in found if curve is not None]


def rate(value: float | None) -> str:
    """Show a rate as a percentage with three significant digits, or a dash."""
    return "–" if value is None else percent(value)


def number(value: float | str | None) -> str:
    """Show a number with four significant digits, or a dash."""
    if value is None:
        return "–"
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int) else "∞" if value == math.inf else f"{value:.4g}"


def rates_between(interval: Interval | None, *, by_pairs: bool = False, sign: bool = False) -> str:
    """Show an interval of rates; one over pairs says that it is too narrow."""
    if interval is None:
        return "–"
    low, high = (rate_bound(end).replace("-", "−") if sign else rate_bound(end) for end in interval)
    said = tr("{low} to {high}", low=low, high=high)
    return tr("{interval} (too narrow)", interval=said) if by_pairs else said


def or_why(shown: str, why: str | None) -> str:
    """Show an interval; where there is none, why."""
    return shown if shown != "–" or not why else tr("– ({why})", why=why)


def numbers_between(interval: Interval | None, *, by_pairs: bool = False) -> str:
    """Show an interval of a figure; one over pairs says that it is too narrow."""
    if interval is None:
        return "–"
    said = tr("{low} to {high}", low=figure_bound(interval[0]), high=figure_bound(interval[1]))
    return tr("{interval} (too narrow)", interval=said) if by_pairs else said


_RATE_LIKE = ("_max_minus_min", "_AAD", "_MAD", "_STD_ddof0", "_STD_ddof1", "_mean", "_geomean", "_worst")


def is_rate(name: str) -> bool:
    """Tell whether a fairness figure is a rate, or a difference of rates: shown in percent."""
    return name.startswith(("fmr_", "fnmr_")) and name.endswith(_RATE_LIKE) and "_over_" not in name


def figure_value(name: str, value: float | None) -> str:
    """Show a fairness figure: rates in percent, all else as a number."""
    return rate(value) if is_rate(name) or value is None else plain(value, 4)


def figure_between(name: str, interval: Interval | None, *, by_pairs: bool = False) -> str:
    """Show the interval of a fairness figure."""
    return (rates_between if is_rate(name) else numbers_between)(interval, by_pairs=by_pairs)


def figure_name(name: str) -> str:
    """Return what a fairness figure is called where it is shown."""
    return tr(FIGURES[name].title) if name in FIGURES else name
