"""Numbers and lists in words, for results on a terminal."""

from __future__ import annotations

import math
from collections.abc import Iterable
from decimal import Decimal

from fairdesk.jobs.results import Unreadable
from fairdesk.text_names import in_one_line
from fairdesk.words import grouped, tr

MOST = 10  # items of a list that a terminal shows


def count(number: int, word: str) -> str:
    """Say a number of things: 1 image, 1,200 identities."""
    plural = word[:-1] + "ies" if word.endswith("y") else word + "s"
    return f"{number:,} {word if number == 1 else plural}"


def listed(title: str, items: list[str]) -> list[str]:
    """Return a titled list's lines, cut after ten; none for an empty one."""
    if not items:
        return []
    shown = [f"  {in_one_line(item)}" for item in items[:MOST]]
    return [
        f"{title}:",
        *shown,
        *(["  " + tr("... and {n} more (see --json)", n=len(items) - MOST)] if len(items) > MOST else []),
    ]


def left_out(title: str, files: Iterable[Unreadable]) -> list[str]:
    """Return the lines of files that were left out, each with why."""
    return listed(title, [f"{one.path}: {one.why}" for one in files])


def rounded_to(value: float, digits: int) -> float:
    """Return a number with so many significant digits; a half goes to the even one, whatever noise is behind the twelfth.

    5.625 and 100 x 0.05625 = 5.625000000000001 are one number to a reader, and 5.62 both.
    """
    return float(f"{Decimal(f'{value:.11e}'):.{digits - 1}e}")


def plain(value: float, digits: int, *, sign: bool = False) -> str:
    """Return a number with so many significant digits and never as a power of ten: 0.0000234, 1,230,000."""
    if value == 0 or not math.isfinite(value):
        return f"{value:{'+' if sign else ''}g}".replace("inf", "∞")
    rounded = rounded_to(value, digits)  # 9.996 becomes 10.0
    places = max(0, digits - 1 - math.floor(math.log10(abs(rounded))))
    shown = grouped(f"{rounded:{'+' if sign else ''},.{places}f}")
    return shown.rstrip("0").rstrip(".") if places else shown


def percent(value: float, *, sign: bool = False) -> str:
    """Return a rate in percent with three significant digits."""
    return f"{plain(100 * value, 3, sign=sign)} %"


def points(value: float, *, sign: bool = False) -> str:
    """Return a difference of rates in percentage points, three significant digits."""
    return tr("{number} pp", number=plain(100 * value, 3, sign=sign))


def rate(value: float | None) -> str:
    """Say a rate in percent."""
    return tr("undefined") if value is None else percent(value)
