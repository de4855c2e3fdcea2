"""What is left out of the scores shown: counted on a page of its own, listed one by one, and saved."""

import csv

import numpy as np

from fairdesk.gui.dialogs.table_dialog import MOST, TableDialog
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
