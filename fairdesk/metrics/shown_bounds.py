"""The ends of intervals as they are read: no powers of ten, none finer than anyone can use. JSON keeps the numbers."""

from __future__ import annotations

import math

from fairdesk import counted
from fairdesk.jobs.wording import percent, plain, rate
from fairdesk.metrics.intervals.by_pairs import By, Interval
from fairdesk.words import tr, tr_n

LEAST_RATE = 1e-7  # a tenth of the smallest FAR that is asked for
WIDE = 0.8
"""An interval of a rate that takes in so much of all that is possible says almost nothing."""
LEAST, MOST = 1e-6, 1e6  # of fairness figures


def rate_bound(value: float, *, sign: bool = False) -> str:
    """Return an end of an interval of a rate or of a difference of rates in percent: "< 0.00001 %" below all use."""
    if 0 < abs(value) < LEAST_RATE:
        return f"{'< ' if value > 0 else '> -'}{percent(LEAST_RATE)}"
    return percent(value, sign=sign)


def figure_bound(value: float, *, sign: bool = False) -> str:
    """Return an end of an interval of a fairness figure: "∞", "> 1,000,000" and "< 0.000001" beyond all use."""
    if abs(value) > MOST and math.isfinite(value):
        return f"{'> ' if value > 0 else '< -'}{plain(MOST, 4)}"
    if 0 < abs(value) < LEAST:
        return f"{'< ' if value > 0 else '> -'}{plain(LEAST, 4)}"
    return plain(value, 4, sign=sign)


def almost_nothing(interval: tuple[float, float] | None, errors: int, subjects: int | None) -> str:
    """Say that an interval of a rate leaves nearly all open, and what it rests on; empty where it does not."""
    if interval is None or interval[1] - interval[0] < WIDE:
        return ""
    rests = [] if subjects is None else [counted.subjects(subjects)]
    rests.append(tr_n("{n:,} error", "{n:,} errors", errors))
    return tr("says almost nothing: {why}", why=", ".join(rests))


def within(value: str, interval: Interval | None, why: str | None = None, by: By | None = None) -> str:
    """Return a rate with its interval, or with why it has none."""
    if interval is None:
        return value if why is None else f"{value} {tr('(no interval: {why})', why=why)}"
    return marked(f"{value} [{rate_bound(interval[0])}, {rate_bound(interval[1])}]", by)


def marked(shown: str, by: By | None) -> str:
    """Say beside an interval by pairs that it is too narrow."""
    return shown if by is None else f"{shown} {tr('(too narrow)')}"


def rate_at_threshold(one: object, name: str, errors: int, subjects: int | None) -> str:
    """Return the FMR or FNMR of a record: with its interval, why it has none, or why it is undefined."""
    value, why, interval, no, by = (getattr(one, name + end) for end in ("", "_why", "_ci", "_ci_why", "_ci_by"))
    if value is None:
        return tr("undefined: {why}", why=why)
    wide = almost_nothing(interval, errors, subjects)
    return within(rate(value), interval, no, by) + (f" ({wide})" if wide else "")
