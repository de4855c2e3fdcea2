"""What is left out of the scores shown: counted on a page of its own, listed one by one, and saved."""

import csv

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from fairdesk.gui.dialogs.pairs_dialog import PairsDialog
from fairdesk.gui.dialogs.table_dialog import MOST, TableDialog
from fairdesk.jobs.context import QuietContext
from fairdesk.metrics.pair_lists.job import make_pair_list
from fairdesk.metrics.params import PairsParams, ScoreParams
from fairdesk.metrics.scores.pair_scores import score_pairs
from fairdesk.metrics.scores.score_files import read_scores, write_scores
from fairdesk.project.images import hide_images
from tests.metrics.test_left_out import ROWS, arrays


def shown(window, hand, qtbot, path):
    hand.go("metrics")
    tab = window.metrics
    tab.open_file(path)
    qtbot.waitUntil(lambda: tab.shown is not None and tab.shown.path == path and not tab._drawing, timeout=20_000)
    hand.settle()
    return tab


def test_the_list_can_be_seen_and_saved(window, hand, qtbot, tmp_path, monkeypatch):
    np.savez(tmp_path / "s.npz", **arrays())
    tab = shown(window, hand, qtbot, tmp_path / "s.npz")
    page = tab.tables.pages["left_out"]
    assert page.rowCount() == 6 and page.item(0, 1).text().startswith("no score")
    tab.tables._on_cell("left_out", 0, 2)
    dialog = hand.dialog(TableDialog)
    wanted = [(str(number), *row[:2]) for number, row in enumerate(ROWS, 1) if row[-1] is not None]
    rows = [tuple(dialog.table.item(y, x).text() for x in range(3)) for y in range(dialog.table.rowCount())]
    assert rows == wanted and len(rows) == 9

    async def chosen(*_args, **_more):
        return str(tmp_path / "list.csv")

    monkeypatch.setattr("fairdesk.gui.async_glue.choose_file", chosen)
    next(b for b in dialog.findChildren(type(tab.report_button)) if b.text().startswith("Save")).click()
    qtbot.waitUntil(lambda: (tmp_path / "list.csv").exists(), timeout=5000)
    with (tmp_path / "list.csv").open(newline="") as file:
        saved = list(csv.reader(file))
    assert saved[0][:4] == ["row", "first", "second", "label"] and [tuple(row[:3]) for row in saved[1:]] == wanted
    dialog.reject()
    hand.do("metrics.left_out")
    hand.dialog(TableDialog).reject()


def test_very_many_are_shown_in_part_and_saved_whole(window, hand, qtbot, tmp_path):
    score = np.full(MOST + 50, np.nan)
    label = np.arange(MOST + 50) % 2
    score[:4] = [0.9, 0.1, 0.8, 0.2]
    label[:4] = [1, 0, 1, 0]
    np.savez(tmp_path / "n.npz", score=score, label=label)
    shown(window, hand, qtbot, tmp_path / "n.npz")
    hand.do("metrics.left_out")
    dialog = hand.dialog(TableDialog)
    assert dialog.table.rowCount() == MOST and len(dialog._rows) == MOST + 46
    dialog.reject()


def test_nothing_left_out_has_no_page(window, hand, qtbot, tmp_path):
    np.savez(tmp_path / "n.npz", score=[0.9, 0.1, 0.3], label=[1, 0, 0])
    tab = shown(window, hand, qtbot, tmp_path / "n.npz")
    window._refresh_actions()
    assert "left_out" not in tab.tables.pages and not window.book.actions["metrics.left_out"].isEnabled()


@pytest.fixture
def of_project(window, hand, qtbot, filled, tmp_path):
    """Scores of a project's images in two groups, three comparisons without a score, in a window of a laptop."""
    make_pair_list(PairsParams(genuine=30, impostor=40, out=tmp_path / "pairs.csv"), QuietContext(filled))
    score_pairs(
        ScoreParams(pairs=tmp_path / "pairs.csv", encoder="made-up", out=tmp_path / "s.npz"), QuietContext(filled)
    )
    scores = read_scores(tmp_path / "s.npz", paths=True)
    scores.score[[3, 7, 50]] = np.nan
    write_scores(tmp_path / "gaps.npz", scores)
    filled.close()
    window.resize(1024, 700)
    hand.open(filled.folder)
    tab = shown(window, hand, qtbot, tmp_path / "gaps.npz")
    hand.do("metrics.left_out")
    return tab, hand.dialog(TableDialog), scores


def right_click(dialog, row):
    view = dialog.table
    place = view.visualItemRect(view.item(row, 1)).center()
    return dialog.copying.menu(place)


def test_all_columns_are_seen_and_a_double_click_shows_the_two_faces(of_project, window, hand, qtbot):
    tab, dialog, scores = of_project
    qtbot.wait(50)
    table = dialog.table
    assert dialog.width() <= 1024 and table.rowCount() == 3
    last = table.columnCount() - 2
    assert table.isColumnHidden(last + 1) and table.horizontalHeaderItem(last).text() == "Counted"
    edge = table.columnViewportPosition(last) + table.columnWidth(last)
    assert edge <= table.viewport().width() and table.horizontalScrollBar().maximum() == 0
    assert table.columnWidth(7) >= table.fontMetrics().horizontalAdvance("no score: an image has no")
    assert [table.horizontalHeaderItem(x).text() for x in (0, 4, 8)] == ["Row", "First's group", "Counted"]
    assert [int(table.item(y, 0).text()) for y in range(3)] == [4, 8, 51]
    place = table.visualItemRect(table.item(1, 1)).center()
    QTest.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    QTest.mouseDClick(table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    pairs = hand.dialog(PairsDialog)
    qtbot.waitUntil(lambda: pairs.table.rowCount() == 1, timeout=10_000)
    assert [pairs.table.item(0, x).toolTip() for x in (0, 1)] == [scores.path1[7], scores.path2[7]]
    assert pairs.table.item(0, 2).text() == "–" and "Comparison 8 of the file" in pairs.head.text()
    qtbot.waitUntil(lambda: not pairs.table.item(0, 1).icon().isNull(), timeout=10_000)
    assert dialog.isVisible() and dialog.isEnabled() and not dialog.isModal()
    tab.open_file(tab.scores.with_name("s.npz"))
    qtbot.waitUntil(lambda: tab.left_out.dialog is None and tab.pairs.dialog is None, timeout=10_000)


def test_the_list_follows_what_is_corrected_while_it_is_open(of_project, window, hand, qtbot):
    tab, dialog, scores = of_project
    project = window.session.project
    number = project.db.value("SELECT min(id) FROM image")
    window.session.edit(lambda p: hide_images(p, [number], hide=True))
    qtbot.waitUntil(lambda: dialog.table.rowCount() > 3, timeout=20_000)
    why = [dialog.table.item(y, 7).text() for y in range(dialog.table.rowCount())]
    row = why.index("an image is hidden")
    dialog.opened.emit(row)  # as Return does
    pairs = hand.dialog(PairsDialog)
    qtbot.waitUntil(lambda: pairs.table.rowCount() == 1, timeout=10_000)
    place = int(dialog.table.item(row, 0).text()) - 1
    assert [pairs.table.item(0, x).toolTip() for x in (0, 1)] == [scores.path1[place], scores.path2[place]]
    assert pairs.table.item(0, 4).text() == "an image is hidden"
    window.session.undo()
    qtbot.waitUntil(lambda: dialog.table.rowCount() == 3, timeout=20_000)
    dialog.reject()
    assert tab.left_out.dialog is None


def test_rows_are_copied_by_key_and_by_the_right_button(of_project, qtbot):
    _, dialog, scores = of_project
    qtbot.wait(50)
    dialog.table.setFocus()
    dialog.table.selectRow(2)
    QTest.keyClick(dialog.table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    copied = QApplication.clipboard().text().split("\t")
    assert copied[:3] == ["51", scores.path1[50], scores.path2[50]] and len(copied) == 9
    menu = right_click(dialog, 0)
    assert [one.text() for one in menu.actions() if one.text()] == [
        "Show the two faces", "Copy", "Copy the table", "Save as CSV…"
    ]  # fmt: skip
    next(one for one in menu.actions() if one.text() == "Copy the table").trigger()
    lines = QApplication.clipboard().text().split("\n")
    assert len(lines) == 4 and lines[0].startswith("Row\tFirst") and lines[3].startswith("51\t")
    menu.close()


def test_scores_without_images_say_so_below_the_list(window, hand, qtbot, tmp_path):
    parts = arrays()
    for name in ("path1", "path2"):
        del parts[name]
    np.savez(tmp_path / "bare.npz", **parts)
    tab = shown(window, hand, qtbot, tmp_path / "bare.npz")
    hand.do("metrics.left_out")
    dialog = hand.dialog(TableDialog)
    assert "bare.npz does not name the images" in dialog.note.text() and dialog.note.isVisible()
    assert "Show the two faces" not in [one.text() for one in dialog.copying.menu(QPoint(5, 5)).actions()]
    dialog.opened.emit(0)
    hand.settle()
    assert tab.pairs.dialog is None
