"""Tables as CSV and as LaTeX with booktabs."""

from __future__ import annotations

import csv
import io

from fairdesk.images.table_cells import safe_rows
from fairdesk.metrics.report.tables import Table

_LATEX = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{", "}": r"\}",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "−": "$-$", "≥": r"$\geq$", "≤": r"$\leq$", "∞": r"$\infty$",
    "′": "$'$", "–": "--", "±": r"$\pm$", "<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}",
    "\u202f": r"\,",
}  # fmt: skip


def as_csv(table: Table) -> str:
    """Return a table as CSV, as it is shown."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow([column.title for column in table.columns])
    writer.writerows(safe_rows([cell.text for cell in row] for row in table.rows))
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
