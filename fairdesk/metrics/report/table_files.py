"""Tables as CSV and as LaTeX with booktabs."""

from __future__ import annotations

import csv
import io
import re

from fairdesk.images.table_cells import safe_cell
from fairdesk.metrics.report.tables import Cell, Column, Table
from fairdesk.words import tr

_LATEX = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{", "}": r"\}",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "−": "$-$", "≥": r"$\geq$", "≤": r"$\leq$", "∞": r"$\infty$",
    "′": "$'$", "–": "--", "±": r"$\pm$", "<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}",
    "\u202f": r"\,",
}  # fmt: skip


_SHOWN = re.compile(
    r"[+\u2212-]?([0-9]{1,3}([,\u202f][0-9]{3})+|[0-9]+)(\.[0-9]+)?([eE][+\u2212-]?[0-9]+)?( %| pp| p\. p\.)?"
)


_END = rf"({_SHOWN.pattern}|[<>] {_SHOWN.pattern}|[+-]?∞)"
_SPAN = re.compile(rf"{_END} \w+ {_END}( \(.*\))?")
"""An interval, such as "-1 % to 2 % (too narrow)"."""


def csv_number(text: str) -> str | None:
    """Return a number as programs read it, such as "-0.658 pp" or "2994"; None for any other text.

    The minus is ASCII's, and there is no plus and nothing between thousands. The unit stays.
    """
    if _SHOWN.fullmatch(text) is None:
        return None
    return text.replace("\u2212", "-").replace(",", "").replace("\u202f", "").removeprefix("+")


def _csv_cell(cell: Cell, column: Column) -> str:
    """Return a cell: a number plain, any other text so that a spreadsheet does not run it; every minus is ASCII's, but in names."""
    text = cell.text if cell.given else cell.text.replace("\u2212", "-")
    if column.text:
        return str(safe_cell(text))
    number = csv_number(text)
    if number is not None:
        return number
    return text if _SPAN.fullmatch(text) else str(safe_cell(text))


def _plain(number: float) -> str:
    """Return a number as programs read it: every digit that it has, an ASCII minus, "inf" where it is infinite."""
    return repr(number) if isinstance(number, int) else repr(float(number) + 0.0)


def _heads(column: Column, title: str) -> list[str]:
    """Return the titles of the columns of full numbers that a column has in CSV, with their unit."""
    figure = column.of or title
    made = [tr("{figure}: number", figure=figure)] if column.numbers or column.whole else []
    if column.of:
        made += [tr("{figure}: low", figure=figure), tr("{figure}: high", figure=figure)]
    if made and column.unit is None:
        return [*made, tr("{figure}: unit", figure=figure)]
    made = [f"{one} ({column.unit})" if column.unit else one for one in made]
    if column.counts:
        made += [tr("{figure}: false matches", figure=figure), tr("{figure}: comparisons", figure=figure)]
    return made


def _numbers(cell: Cell, column: Column) -> list[str]:
    """Return the cells below these titles; empty where there is no interval, or no value."""
    made = ["" if cell.value is None else _plain(cell.value)] if column.numbers or column.whole else []
    if column.of:
        made += ["", ""] if cell.ends is None else [_plain(end) for end in cell.ends]
    if column.counts:
        made += ["", ""] if cell.counts is None else [str(count) for count in cell.counts]
    return [*made, cell.unit if any(made) else ""] if made and column.unit is None else made


def _own_titles(titles: list[str]) -> list[str]:
    """Return titles of which none is there twice: one that is has the title of the column that it stands behind in front."""
    made, owner = [], ""
    for title in titles:
        if titles.count(title) == 1:
            owner = title
        made.append(title if titles.count(title) == 1 or not owner else f"{owner}: {title}")
    return made


def as_csv(table: Table) -> str:
    """Return a table as CSV: what is shown, and behind it every number that is rounded there, and every interval's ends.

    These are written in full, as programs read them, and their titles name the unit.
    """
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\n")
    heads = _own_titles([column.title for column in table.columns])
    titled = zip(table.columns, heads, strict=True)
    writer.writerow(heads + [head for column, title in titled for head in _heads(column, title)])
    for row in table.rows:
        cells = list(zip(row, table.columns, strict=True))
        shown = [_csv_cell(cell, column) for cell, column in cells]
        writer.writerow(shown + [number for cell, column in cells for number in _numbers(cell, column)])
    return buffer.getvalue()


def latex_text(text: str) -> str:
    """Return a text with what LaTeX would read as commands written out."""
    return "".join(_LATEX.get(letter, letter) for letter in text)


def as_latex(table: Table) -> str:
    """Return a table as LaTeX: it needs the packages booktabs and, for letters beyond ASCII, inputenc (utf8)."""
    shape = "".join("l" if column.text else "r" for column in table.columns)
    head = " & ".join(latex_text(column.title) for column in table.columns)
    rows = [" & ".join(latex_text(cell.text) for cell in row) + r" \\" for row in table.rows]
    lines = [
        r"\begin{table}", r"\centering", rf"\caption{{{latex_text(table.title)}. {latex_text(table.note)}}}",
        rf"\begin{{tabular}}{{{shape}}}", r"\toprule", head + r" \\", r"\midrule", *rows, r"\bottomrule",
        r"\end{tabular}", r"\end{table}",
    ]  # fmt: skip
    return "\n".join(lines) + "\n"
