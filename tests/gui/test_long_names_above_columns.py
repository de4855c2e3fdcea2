"""Long names above the columns of tables: cut so that what stands behind them is seen, whole in the tip and in copies."""

import numpy as np
import pytest
from PySide6.QtGui import QGuiApplication

from fairdesk.dataset.tables import Table as Read
from fairdesk.gui.theme import Theme
from fairdesk.gui.widgets.column_map import ColumnMap
from fairdesk.gui.widgets.table_view import TableView
from fairdesk.metrics.report.tables import Cell, Column, Table

LONG = [
    f"model of the {which} training with everything else alike, seed {n}"
    for which in ("first", "second")
    for n in (1, 2)
]


@pytest.fixture
def view(qapp, qtbot):
    made = TableView(Theme(qapp, "dark"))
    qtbot.addWidget(made)
    return made


def heads(view):
    return [view.horizontalHeaderItem(x) for x in range(view.columnCount())]


def test_names_are_cut_and_stay_apart_and_other_titles_are_whole(view, qtbot):
    title = "Difference (percentage points), as it is called at length"
    columns = [Column("Figure", text=True), *(Column(name, named=True) for name in LONG), Column(title)]
    view.show_table(Table("t", "T", columns, [[Cell("EER"), *(Cell("1 %") for _ in LONG), Cell("2 %")]]))
    view.resize(900, 200)
    view.show()
    shown = [head.text() for head in heads(view)]
    assert shown[0] == "Figure" and shown[-1] == title
    cut = shown[1:-1]
    assert len(set(cut)) == len(LONG) and not set(cut) & set(LONG)
    metrics = view.horizontalHeader().fontMetrics()
    for x, name in enumerate(LONG, 1):
        assert metrics.horizontalAdvance(cut[x - 1]) < view.columnWidth(x) < 200
        assert view.horizontalHeaderItem(x).toolTip() == name
    view.copying.copy_all()
    first = QGuiApplication.clipboard().text().splitlines()[0]
    assert first.split("\t") == ["Figure", *LONG, title]


def test_short_names_are_as_they_are(view):
    columns = [Column("FMR between", text=True), Column("A", named=True), Column("A", "tip")]
    view.show_table(Table("t", "T", columns, [[Cell("A"), Cell("1 %"), Cell("")]]))
    assert [(head.text(), head.toolTip()) for head in heads(view)] == [("FMR between", ""), ("A", ""), ("A", "tip")]


def test_titles_of_the_first_rows_are_seen(qapp, qtbot, tmp_path):
    chooser = ColumnMap("scores")
    qtbot.addWidget(chooser)
    header = ["a", "score_of_the_second_network_of_all", "x" * 200]
    chooser.show_table(Read(tmp_path / "t.csv", header, [["1", "0.25", "y"]], [2]))
    metrics = chooser.rows.horizontalHeader().fontMetrics()
    assert metrics.horizontalAdvance(header[1]) < chooser.rows.columnWidth(1)
    assert chooser.rows.columnWidth(2) < 300 and chooser.rows.horizontalHeaderItem(2).toolTip() == header[2]
    assert np.all([chooser.rows.columnWidth(x) >= 50 for x in range(3)])
