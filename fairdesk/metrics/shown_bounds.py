"""The ends of intervals as they are read: no powers of ten, none finer than anyone can use. JSON keeps the numbers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from fairdesk import counted
from fairdesk.jobs.wording import percent, plain, points, rate
from fairdesk.metrics.intervals.by_pairs import By
from fairdesk.shares import Interval
from fairdesk.words import tr, tr_n

if TYPE_CHECKING:
    from fairdesk.metrics.results import Figures, TarPoint

LEAST_RATE = 1e-7  # a tenth of the smallest FAR that is asked for
WIDE, HALF = 0.8, 0.5
"""An interval of a rate that takes in so much of all that is possible says almost nothing, or little."""
MOST_EER = 0.5  # above it scores are upside down
FEW_ERRORS = 10
LEAST, MOST = 1e-6, 1e6  # of fairness figures


def rate_bound(value: float) -> str:
    """Return an end of an interval of a rate in percent: "< 0.00001 %" below all use."""
    if 0 < abs(value) < LEAST_RATE:
        return f"{'< ' if value > 0 else '> -'}{percent(LEAST_RATE)}"
    return percent(value)


def points_bound(value: float, *, sign: bool = False) -> str:
    """Return an end of an interval of a difference of rates in percentage points, as fine as those of rates."""
    if 0 < abs(value) < LEAST_RATE:
        return f"{'< ' if value > 0 else '> -'}{points(LEAST_RATE)}"
    return points(value, sign=sign)


def figure_bound(value: float, *, sign: bool = False) -> str:
    """Return an end of an interval of a fairness figure: "∞", "> 1,000,000" and "< 0.000001" beyond all use."""
    if abs(value) > MOST and math.isfinite(value):
        return f"{'> ' if value > 0 else '< -'}{plain(MOST, 4)}"
    if 0 < abs(value) < LEAST:
        return f"{'< ' if value > 0 else '> -'}{plain(LEAST, 4)}"
    return plain(value, 4, sign=sign)


def tells_little(
    interval: Interval | None, errors: int | None, subjects: int | None, *, most: float = 1.0, count: bool = True
) -> str:
    """Say that an interval of a rate leaves much open, or nearly all, and what it rests on; empty where it does not.

    It leaves nearly all open where it takes in `WIDE` of what is possible, 0 to `most`, and much where it takes in `HALF`.
    `errors` are of the rarer kind where there are two; without `count` they are known roughly, and no number is given.
    """
    if interval is None:
        return ""
    taken = (min(interval[1], most) - min(interval[0], most)) / most
    if taken < HALF:
        return ""
    if taken >= WIDE and (count or subjects is not None):
        rests = [] if subjects is None else [counted.subjects(subjects)]
        rests += [tr_n("{n:,} error", "{n:,} errors", errors)] if count and errors is not None else []
        return tr("says almost nothing: {why}", why=", ".join(rests))
    if errors is not None and errors < FEW_ERRORS:
        return tr("few errors: tells little")
    return tr("few comparisons: tells little") if subjects is None else tr("few subjects: tells little")


def eer_tells_little(row: Figures, genuine: int, impostor: int, subjects: int | None) -> str:
    """Say it of the interval of an EER, which lies between 0 and 50 % for any scores that tell people apart."""
    rarer = None if row.eer is None else round(row.eer * min(genuine, impostor))
    return tells_little(row.eer_ci, rarer, subjects, most=MOST_EER, count=False)


def tar_tells_little(point: TarPoint, genuine: int, subjects: int | None) -> str:
    """Say it of the interval of a TAR, which rests on the false matches that set its threshold and on its own misses."""
    if point.tar is None or point.false_matches is None:
        return ""
    return tells_little(point.tar_ci, min(point.false_matches, round((1 - point.tar) * genuine)), subjects)


def within(value: str, interval: Interval | None, why: str | None = None, by: By | None = None) -> str:
    """Return a rate with its interval, or with why it has none."""
    if interval is None:
        return value if why is None else f"{value} {tr('(no interval: {why})', why=why)}"
    return marked(f"{value} [{rate_bound(interval[0])}, {rate_bound(interval[1])}]", by)


def marked(shown: str, by: By | None) -> str:
    """Say beside an interval by pairs that it is too narrow."""
    return shown if by is None else f"{shown} {tr('(too narrow)')}"


def noted(shown: str, more: str) -> str:
    """Return what is shown with more behind it in brackets, where there is more."""
    return f"{shown} ({more})" if more else shown


def rate_at_threshold(one: object, name: str, errors: int, subjects: int | None) -> str:
    """Return the FMR or FNMR of a record: with its interval, why it has none, or why it is undefined."""
    value, why, interval, no, by = (getattr(one, name + end) for end in ("", "_why", "_ci", "_ci_why", "_ci_by"))
    if value is None:
        return tr("undefined: {why}", why=why)
    wide = tells_little(interval, errors, subjects)
    return noted(within(rate(value), interval, no, by), wide)
