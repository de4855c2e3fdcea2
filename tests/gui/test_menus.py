"""Menus on the right button, and an export of what is selected or shown."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu

from fairdesk.dataset.image_export import export_images
from fairdesk.dataset.prepare_params import ExportParams
from fairdesk.gui.dialogs.job_dialog import JobDialog
from fairdesk.gui.tabs.clustering.actions import MENUS as OF_CLUSTERING
from fairdesk.gui.tabs.dataset.actions import MENUS as OF_DATASET
from fairdesk.gui.tabs.generation.actions import MENUS as OF_GENERATION
from fairdesk.gui.tabs.metrics.actions import MENUS as OF_METRICS
from fairdesk.gui.tabs.training.actions import MENUS as OF_TRAINING
from fairdesk.jobs.context import QuietContext

ALL = {
    "dataset": OF_DATASET, "clustering": OF_CLUSTERING, "generation": OF_GENERATION, "training": OF_TRAINING, "metrics": OF_METRICS,
}  # fmt: skip


@pytest.fixture
def at(window, hand, filled):
    filled.close()
    hand.open(filled.folder)
    return window.dataset


@pytest.mark.parametrize(("tab", "view"), [(tab, view) for tab, menus in ALL.items() for view in menus])
def test_every_list_and_grid_has_its_menu(window, hand, qtbot, at, tab, view):
    hand.go(tab)
    widget = getattr(getattr(window, tab), view)
    assert widget.contextMenuPolicy() == Qt.ContextMenuPolicy.CustomContextMenu
    widget.customContextMenuRequested.emit(widget.viewport().rect().center())
    menu = next(one for one in widget.findChildren(QMenu) if one.actions())
    assert [one.objectName() for one in menu.actions()] == list(ALL[tab][view])
    menu.close()


@pytest.mark.parametrize("held", [Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ControlModifier])
def test_the_menu_is_of_what_lies_under_the_pointer(window, hand, at, held):
    grid, ids = at.grid, at.grid.grid_model.ids.tolist()
    grid.select_ids([ids[0], ids[1]])
    if held:  # Qt asks no Python: the key has to be pressed
        QTest.keyPress(grid, Qt.Key.Key_Control, held)
    for row, selected in ((1, ids[:2]), (3, [ids[3]])):  # within the selection it stays
        grid.customContextMenuRequested.emit(grid.visualRect(grid.grid_model.index(row)).center())
        assert grid.selected_ids() == selected
        assert window.book.actions["dataset.edit_labels"].isEnabled()
        (menu,) = [one for one in QApplication.topLevelWidgets() if isinstance(one, QMenu) and one.isVisible()]
        menu.close()
        QApplication.processEvents()
    if held:
        QTest.keyRelease(grid, Qt.Key.Key_Control)


@pytest.mark.parametrize(("select", "search", "images"), [([1, 2, 9], "", 3), ([], "id00", 5), ([], "", 40)])
def test_an_export_takes_the_selection_or_what_is_shown(hand, qtbot, at, filled, tmp_path, select, search, images):
    at.search.setText(search)
    qtbot.wait(200)
    hand.settle()
    at.grid.select_ids(select)
    hand.do("dataset.export")
    dialog = hand.dialog(JobDialog)
    params = dialog.form.values()
    dialog.reject()
    wish = ExportParams(out=tmp_path / "out", where=params.get("where"))
    assert export_images(wish, QuietContext(filled)).images == images


def test_few_errors_stay_readable_after_a_change_of_theme(window, hand, at, tmp_path):
    rows = "".join(
        f"{score},{label},A,A\n{score - 0.05},{label},B,B\n"
        for score, label in ((0.9, 1), (0.4, 1), (0.5, 0), (0.1, 0))
    )
    (tmp_path / "scores.csv").write_text("score,label,group1,group2\n" + rows)
    hand.go("metrics")
    window.metrics.show_scores(tmp_path / "scores.csv")
    hand.settle()
    theme, table = window.session.theme, window.metrics.tables.pages["common"]
    assert table.rowCount() == 3
    for name in ("dark", "light", "dark"):
        theme.apply(name)
        assert table.item(0, 5).foreground().color().name() == theme.tokens["warn"]
