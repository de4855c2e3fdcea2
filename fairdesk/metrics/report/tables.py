"""What a table of results is: columns, cells, and below it a note that says why cells show a dash."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal

from fairdesk.metrics.pairs_behind.pair_query import PairQuery
from fairdesk.words import tr

INTERVAL = "95 %"


@dataclass(frozen=True)
class Column:
    """One column; texts stand on the left, numbers on the right.

    `of` is the figure whose interval is shown here, alone or (`whole`) behind its value. CSV has its ends, such a value,
    and those of a column of `numbers`, as columns of full numbers, in `unit`; None where each cell names its own.
    One whose cells show `counts` has false matches and comparisons as two more columns there.
    A title that is `named` is a name that somebody gave: the window may cut a long one.
    """

    title: str
    tip: str = ""
    text: bool = False
    of: str = ""
    whole: bool = False
    named: bool = False
    numbers: bool = False
    unit: str | None = ""
    counts: bool = False


@dataclass(frozen=True)
class Cell:
    """One cell: `weak` rests on few errors, `strong` leaves equality out, `pairs` are the comparisons behind it.

    `why` is the reason of one that shows a dash: it is the tip's first line too, and stands below the table.
    `ends` are those of the interval that is shown, and `value` the number, neither of them rounded, in the unit that is
    shown; `unit` says which where the column does not. `counts` are the false matches and comparisons behind it.
    The text of one that is `given` is, or ends in, a name that somebody gave: it is the same in every file.
    """

    text: str
    weak: bool = False
    strong: bool = False
    tip: str = ""
    pairs: PairQuery | None = None
    why: str = ""
    ends: tuple[float, float] | None = None
    value: float | None = None
    unit: str = ""
    counts: tuple[int, int] | None = None
    given: bool = False


PERCENT = "%"


def hundredfold(rate: float | None) -> float | None:
    """Return a rate in percent: the float nearest to a hundred times its decimal digits, so that 0.07 is 7.0."""
    return None if rate is None else float(Decimal(repr(float(rate))).scaleb(2)) + 0.0


def in_percent(interval: tuple[float, float] | None) -> tuple[float, float] | None:
    """Return the ends of an interval of rates in percent."""
    if interval is None:
        return None
    low, high = (hundredfold(end) for end in interval)
    assert low is not None and high is not None
    return low, high


def full(number: float | str | None) -> float | None:
    """Return a number that results may hold as a text, "inf", as one."""
    if not isinstance(number, str):
        return number
    try:
        return float(number)
    except ValueError:
        return None


def or_dash(
    text: str, why: str | None, tip: str = "", *, strong: bool = False, value: float | None = None, unit: str = ""
) -> Cell:
    """Return a cell that says why it shows a dash, where it does: in its tip, and below the table where its text does not."""
    said = why or "" if text.strip("()") == "–" else ""
    within = text.removeprefix("– (").removesuffix(")") if text.startswith("– (") else said
    return Cell(
        text, strong=strong, tip="\n".join(part for part in (within, tip) if part), why=said, value=value, unit=unit
    )


@dataclass(frozen=True)
class Table:
    """One table, with a line below it."""

    name: str
    title: str
    columns: list[Column]
    rows: list[list[Cell]]
    note: str = ""


def with_reasons(table: Table) -> Table:
    """Return a table whose note says why cells show a dash, and which rows they are in."""
    named: dict[str, dict[str, None]] = {}
    for row in table.rows:
        for cell in row[1:]:
            if cell.why:
                named.setdefault(cell.why, {})[row[0].text] = None
    said = [tr("– ({why}): {names}.", why=why, names=", ".join(rows)) for why, rows in named.items()]
    return replace(table, note=" ".join([*([table.note] if table.note else []), *said])) if said else table


def reworded(table: Table, say: Callable[[str], str]) -> Table:
    """Return a table whose cells, tips and note say what `say` makes of their texts."""

    def told(cell: Cell) -> Cell:
        texts = tuple(say(text) for text in (cell.text, cell.tip, cell.why))
        same = texts == (cell.text, cell.tip, cell.why)
        return cell if same else replace(cell, text=texts[0], tip=texts[1], why=texts[2])

    return replace(table, rows=[[told(cell) for cell in row] for row in table.rows], note=say(table.note))
