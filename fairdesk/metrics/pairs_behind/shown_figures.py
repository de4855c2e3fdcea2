"""Rates and curves made ready to be shown; light enough for the window."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from fairdesk.figures.error_curve import Curve
from fairdesk.figures.whole_set import WHOLE, whole_name
from fairdesk.jobs.wording import percent, plain, points, rounded_to
from fairdesk.metrics.fairness.figure_notes import FIGURES
from fairdesk.metrics.rates.error_curves import error_curve
from fairdesk.metrics.rates.error_rates import Scores, at_threshold
from fairdesk.metrics.rates.threshold_rates import is_given, threshold_text
from fairdesk.metrics.shown_bounds import figure_bound, points_bound, rate_bound
from fairdesk.words import mark, tr

if TYPE_CHECKING:
    from fairdesk.shares import Interval

RATES = {"fmr": mark("FMR"), "fnmr": mark("FNMR")}


def curves_of(
    overall: Scores, groups: dict[str, Scores], *, distance: bool = False, threshold: float | None = None,
    check: Callable[[], None] = lambda: None, reject_all: bool = False,
) -> list[Curve]:  # fmt: skip
    """Return the curve over all pairs (`WHOLE`) and each group's; groups that lack a kind of score have none.

    `threshold` is the common one, as similarity: each curve has its point there; with `reject_all` it is above infinite scores too.
    """
    found = []
    for name, scores in {WHOLE: overall, **groups}.items():
        check()
        point = None
        if threshold is not None and scores.missing() is None:
            at = at_threshold(scores, threshold, reject_all=reject_all)
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
    if isinstance(value, float) and math.isfinite(value):
        return minus(f"{rounded_to(value, 4):.4g}")
    return minus(str(value)).replace("inf", "∞")


def threshold_shown(value: float, rule: str) -> str:
    """Show a threshold with four significant digits; one that was typed (its rule says so) with six."""
    return minus(threshold_text(value, rule)) if is_given(rule) and math.isfinite(value) else number(value)


_HYPHEN = re.compile(r"(?<![\w-])-(?=[\d∞i.])|(?<=\de)-(?=\d)")


def minus(text: str) -> str:
    """Return a text with U+2212 before its numbers: files for programs have ASCII's hyphen."""
    return _HYPHEN.sub("−", text)


def rates_between(interval: Interval | None, *, by_pairs: bool = False) -> str:
    """Show an interval of rates; one over pairs says that it is too narrow."""
    if interval is None:
        return "–"
    said = tr("{low} to {high}", low=rate_bound(interval[0]), high=rate_bound(interval[1]))
    return tr("{interval} (too narrow)", interval=said) if by_pairs else said


def points_between(interval: Interval | None, *, by_pairs: bool = False) -> str:
    """Show an interval of a difference of rates, in percentage points."""
    if interval is None:
        return "–"
    low, high = (points_bound(end).replace("-", "−") for end in interval)
    said = tr("{low} to {high}", low=low, high=high)
    return tr("{interval} (too narrow)", interval=said) if by_pairs else said


def difference(value: float) -> str:
    """Show a difference of rates with its sign, in percentage points."""
    return _signed(value, points(abs(value)))


def figure_difference(name: str, value: float) -> str:
    """Show a difference of a fairness figure that is no rate, with its sign."""
    shown = plain(abs(value), 4) if in_hundredths(name) else number(abs(value))
    return _signed(value, tr("{number} pp", number=shown) if in_hundredths(name) else shown)


def figure_difference_between(name: str, interval: Interval | None) -> str:
    """Show the interval of such a difference."""
    if interval is not None and in_hundredths(name):
        return points_between((interval[0] / 100, interval[1] / 100))
    return numbers_between(interval)


def _signed(value: float, shown: str) -> str:
    return f"{'−' if value < 0 else '+' if value > 0 else ''}{shown}"


def or_why(shown: str, why: str | None) -> str:
    """Show an interval; where there is none, why."""
    return shown if shown != "–" or not why else tr("– ({why})", why=why)


def numbers_between(interval: Interval | None, *, by_pairs: bool = False) -> str:
    """Show an interval of a figure; one over pairs says that it is too narrow."""
    if interval is None:
        return "–"
    low, high = (figure_bound(end).replace("-", "−") for end in interval)
    said = tr("{low} to {high}", low=low, high=high)
    return tr("{interval} (too narrow)", interval=said) if by_pairs else said


_GAPS = ("_max_minus_min", "_AAD", "_MAD", "_STD_ddof0", "_STD_ddof1")
_RATE_LIKE = (*_GAPS, "_mean", "_geomean", "_worst")


def is_rate(name: str) -> bool:
    """Tell whether a fairness figure is a rate, or a difference of rates: its unit is a hundredth."""
    return name.startswith(("fmr_", "fnmr_")) and name.endswith(_RATE_LIKE) and "_over_" not in name


def is_gap(name: str) -> bool:
    """Tell whether a fairness figure is a difference of rates, or how far they lie apart: shown in percentage points."""
    return is_rate(name) and name.endswith(_GAPS)


def in_hundredths(name: str) -> bool:
    """Tell whether the number of a fairness figure is in percent, or percentage points, already."""
    return name.startswith("accuracy_STD") or name == "fmr_MAPE"


def figure_unit(name: str) -> str:
    """Return the unit that a fairness figure is shown in."""
    if is_gap(name) or name.startswith("accuracy_STD"):
        return tr("pp")
    return "%" if is_rate(name) or in_hundredths(name) else ""


def difference_unit(name: str) -> str:
    """Return the unit of a difference of a fairness figure."""
    return tr("pp") if figure_unit(name) else ""


def figure_value(name: str, value: float | None) -> str:
    """Show a fairness figure: rates in percent, what lies between them in percentage points, all else as a number."""
    if value is None or is_rate(name):
        return points(value) if value is not None and is_gap(name) else rate(value)
    shown = minus(plain(value, 4))
    if name.startswith("accuracy_STD"):
        return tr("{number} pp", number=shown)
    return f"{shown} %" if in_hundredths(name) else shown


def figure_between(name: str, interval: Interval | None, *, by_pairs: bool = False) -> str:
    """Show the interval of a fairness figure."""
    if interval is not None and in_hundredths(name):
        between = points_between if name.startswith("accuracy_STD") else rates_between
        return between((interval[0] / 100, interval[1] / 100), by_pairs=by_pairs)
    between = points_between if is_gap(name) else rates_between if is_rate(name) else numbers_between
    return between(interval, by_pairs=by_pairs)


def figure_name(name: str) -> str:
    """Return what a fairness figure is called where it is shown."""
    return tr(FIGURES[name].title) if name in FIGURES else name
