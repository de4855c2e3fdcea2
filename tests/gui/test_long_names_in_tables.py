"""Long names of groups leave the numbers of a table in sight; different ones stay different, and each is whole in its tip."""

import pytest
from PySide6.QtWidgets import QApplication

from fairdesk.gui.widgets.table_view import TableView
from fairdesk.metrics.report.tables import Cell, Column, Table

ALIKE = ["A group of people with a very long name: older", "A group of people with a very long name: younger"]
MIDDLE = [f"A group of people who are {age} and whose name goes on and on" for age in ("older", "young")]


def view_of(names, qtbot, width):
    view = TableView()
    qtbot.addWidget(view)
    view.resize(width, 200)
    view.show()
    columns = [Column("Group", text=True), *(Column(f"Figure {n}") for n in range(4))]
    view.show_table(Table("t", "T", columns, [[Cell(name), *(Cell("12.345 %") for _ in range(4))] for name in names]))
    QApplication.processEvents()
    return view


@pytest.mark.parametrize("names", [ALIKE, ["short", "x" * 200]])
def test_numbers_are_in_sight_beside_long_names(names, qtbot):
    view = view_of(names, qtbot, 460)
    assert view.columnWidth(0) < view.sizeHintForColumn(0)
    shown = [view._cut(view.item(y, 0), view.columnWidth(0)) for y in range(2)]
    assert shown[0] != shown[1]
    assert view.columnViewportPosition(2) < view.viewport().width()
    for y, name in enumerate(names):
        assert view.item(y, 0).text() == name and view.item(y, 0).toolTip() == (name if shown[y] != name else "")


def test_names_that_differ_in_their_middle_are_whole(qtbot):
    view = view_of(MIDDLE, qtbot, 460)
    assert len({view._cut(view.item(y, 0), view.columnWidth(0)) for y in range(2)}) == 2


def test_where_there_is_room_names_are_whole(qtbot):
    view = view_of(ALIKE, qtbot, 460)
    view.resize(1200, 200)
    QApplication.processEvents()
    assert view.columnWidth(0) >= view.sizeHintForColumn(0) and view.item(0, 0).toolTip() == ""
    view.resize(460, 200)
    QApplication.processEvents()
    assert view.columnWidth(0) < view.sizeHintForColumn(0) and view.item(0, 0).toolTip() == ALIKE[0]


def test_a_width_that_a_person_set_stays(qtbot):
    view = view_of(ALIKE, qtbot, 460)
    view.setColumnWidth(0, 333)
    view.resize(480, 220)
    QApplication.processEvents()
    assert view.columnWidth(0) == 333
