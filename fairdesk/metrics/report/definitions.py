"""The formulas and sources of fairness figures as a table: in the window they are tips, which no paper has."""

from __future__ import annotations

from collections.abc import Iterable

from fairdesk.metrics.fairness.figure_notes import FIGURES, letters_of
from fairdesk.metrics.pairs_behind.shown_figures import figure_name
from fairdesk.metrics.report.tables import Cell, Column, Table
from fairdesk.words import tr


def definition_table(name: str, figures: Iterable[str]) -> Table:
    """Return a row for each of the figures that has a formula, in their order."""
    noted = {figure: FIGURES[figure] for figure in figures if figure in FIGURES and FIGURES[figure].formula}
    columns = [
        Column(tr("Figure"), text=True), Column(tr("Formula"), text=True), Column(tr("Source"), text=True),
        Column(tr("Equal groups"), text=True),
    ]  # fmt: skip
    rows = [
        [
            Cell(figure_name(figure)), Cell(tr(note.formula)), Cell(tr(note.source) if note.source else ""),
            Cell(tr(note.even)),
        ]
        for figure, note in noted.items()
    ]  # fmt: skip
    letters = dict.fromkeys(letter for note in noted.values() for letter in letters_of(note.formula) if letter)
    return Table(name, tr("Definitions"), columns, rows, "; ".join(tr(letter) for letter in letters) + ".")
