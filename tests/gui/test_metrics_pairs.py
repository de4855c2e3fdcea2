"""From a number to the faces behind it, and back: what is corrected there changes the figures, and undo changes them back."""

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from fairdesk.gui.dialogs.job_dialog import JobDialog
from fairdesk.gui.dialogs.label_dialog import LabelDialog
from fairdesk.gui.dialogs.pair_list_dialog import PairListDialog
from fairdesk.gui.dialogs.pairs_dialog import PairsDialog
from fairdesk.jobs.context import QuietContext
from fairdesk.metrics.pair_lists.job import make_pair_list
from fairdesk.metrics.pairs_behind.corrections import read_known_of
from fairdesk.metrics.pairs_behind.pair_query import PairQuery
from fairdesk.metrics.params import PairsParams, ScoreParams
from fairdesk.metrics.scores.pair_scores import score_pairs
from fairdesk.metrics.scores.score_files import read_scores
from fairdesk.metrics.store import MarkKind, mark_comparisons
from fairdesk.project.sets import freeze


def relabel_second(dialog, hand):
    """Say that the second face of the first pair is somebody new."""
    dialog.table.selectRow(0)
    dialog.relabel_second.click()
    label = hand.dialog(LabelDialog)
    label.boxes["identity"].setCurrentText("somebody new")
    label.accept()


@pytest.fixture
def shown(window, hand, qtbot, filled, tmp_path):
    make_pair_list(PairsParams(genuine=60, impostor=200, out=tmp_path / "pairs.csv"), QuietContext(filled))
    score_pairs(
        ScoreParams(pairs=tmp_path / "pairs.csv", encoder="made-up", out=tmp_path / "s.npz"), QuietContext(filled)
    )
    filled.close()
    window.show_tab("metrics")
    assert window.session.open(filled.folder)
    tab = window.metrics
    qtbot.waitUntil(lambda: tab.shown is not None and not tab._drawing, timeout=30_000)
    tab.at.setCurrentIndex(tab.at.findData("eer"))
    qtbot.waitUntil(lambda: not tab._drawing, timeout=30_000)
    return tab


def counts(tab):
    return tab.shown.result.n_genuine, tab.shown.result.n_impostor


def settled(tab, hand, qtbot):
    hand.settle()
    qtbot.waitUntil(lambda: not tab._drawing, timeout=30_000)
    hand.settle()


def test_pairs_are_left_out_relabelled_and_brought_back(shown, window, hand, qtbot):
    before = counts(shown)
    shown.figures.groups["fnmr"].pairs_asked.emit(PairQuery("genuine", "g0", "g0"))
    dialog = hand.dialog(PairsDialog)
    qtbot.waitUntil(lambda: dialog.table.rowCount() > 3, timeout=10_000)
    qtbot.waitUntil(lambda: not dialog.table.item(2, 1).icon().isNull(), timeout=10_000)
    assert not dialog.wrong.isEnabled()
    dialog.table.selectRow(0)
    dialog.table.selectRow(1)
    dialog.table.selectRow(0)
    assert dialog.wrong.isEnabled() and not dialog.count.isEnabled()
    for reason in ("", "  "):
        dialog.reason.setCurrentText(reason)
        assert not dialog.exclude.isEnabled() and dialog.wrong.isEnabled() and "First say" in dialog.exclude.toolTip()
    dialog.reason.setCurrentText("two people in one picture")
    dialog.exclude.click()
    qtbot.waitUntil(lambda: counts(shown) == (before[0] - 1, before[1]), timeout=10_000)
    settled(shown, hand, qtbot)
    assert "1 comparison is left out: two people in one picture (1)" in shown.headline.text()
    qtbot.waitUntil(lambda: dialog.table.item(0, 4).text() == "two people in one picture", timeout=10_000)
    assert dialog.count.isEnabled()  # what was selected is selected still
    dialog.count.click()
    qtbot.waitUntil(lambda: counts(shown) == before, timeout=10_000)
    settled(shown, hand, qtbot)
    window.session.undo()
    qtbot.waitUntil(lambda: counts(shown) == (before[0] - 1, before[1]), timeout=10_000)
    settled(shown, hand, qtbot)
    window.session.undo()
    qtbot.waitUntil(lambda: counts(shown) == before, timeout=10_000)
    settled(shown, hand, qtbot)
    dialog.table.clearSelection()
    relabel_second(dialog, hand)
    qtbot.waitUntil(lambda: counts(shown)[0] < before[0], timeout=10_000)
    settled(shown, hand, qtbot)
    assert "has a label that a person set" in shown.headline.text()
    assert sum(counts(shown)) == sum(before)
    dialog.reject()


def test_scores_without_images_say_why(shown, window, hand, qtbot, tmp_path):
    np.savez(tmp_path / "n.npz", score=[0.9, 0.1, 0.3], label=[1, 0, 0])
    shown.show_scores(tmp_path / "n.npz")
    settled(shown, hand, qtbot)
    shown.show_pairs(PairQuery("impostor"))
    qtbot.waitUntil(lambda: any("path1" in notice.text for notice in window.toasts.history), timeout=5000)
    assert shown.pairs.dialog is None


def test_a_report_takes_corrections_along_and_only_those(shown, window, hand, qtbot, tmp_path):
    rng = np.random.default_rng(0)
    label = np.repeat([1, 0], 50)
    np.savez(tmp_path / "n.npz", score=rng.normal(size=100) + 2 * label, label=label)  # of elsewhere: no images
    shown.show_scores(tmp_path / "n.npz")
    settled(shown, hand, qtbot)
    hand.do("metrics.report")
    form = hand.dialog(JobDialog)
    assert "--labels-of" not in form.command.text()
    form.reject()
    project = window.session.project
    shown.show_scores(tmp_path / "s.npz")
    settled(shown, hand, qtbot)
    scores = read_scores(tmp_path / "s.npz", paths=True)
    known = read_known_of(project.folder).images
    pair = known[str(scores.path1[0])], known[str(scores.path2[0])]
    window.session.edit(lambda p: mark_comparisons(p, [pair], MarkKind.EXCLUDED, "blurred"))
    qtbot.waitUntil(lambda: shown.shown.result.corrections is not None, timeout=10_000)
    settled(shown, hand, qtbot)
    hand.do("metrics.report")
    form = hand.dialog(JobDialog)
    form.run_button.click()
    job = hand.finish_job("evaluate")
    assert "1 comparison is left out: blurred (1)" in Path(job.result["report"]).read_text()


def test_undo_leaves_a_person_at_the_pairs(shown, window, hand, qtbot):
    """By Ctrl+Z in the dialog, by the button of the notice, and in the window behind: labels are the Dataset tab's, but asked for here."""
    before = counts(shown)
    shown.figures.groups["fnmr"].pairs_asked.emit(PairQuery("genuine", "g0", "g0"))
    dialog = hand.dialog(PairsDialog)
    qtbot.waitUntil(lambda: dialog.table.rowCount() > 3, timeout=10_000)
    for undo in (
        lambda: qtbot.keyClick(dialog, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier),
        lambda: window.toasts.history[-1].run(),
        window.session.undo,
    ):
        relabel_second(dialog, hand)
        qtbot.waitUntil(lambda: counts(shown)[0] < before[0], timeout=10_000)
        settled(shown, hand, qtbot)
        undo()
        qtbot.waitUntil(lambda: counts(shown) == before, timeout=10_000)
        settled(shown, hand, qtbot)
        assert window.tabs.currentWidget() is shown and dialog.isVisible()
    qtbot.keyClick(dialog, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    qtbot.waitUntil(lambda: counts(shown)[0] < before[0], timeout=10_000)
    settled(shown, hand, qtbot)
    assert window.tabs.currentWidget() is shown
    dialog.reject()
    hand.settle()
    window.session.undo()  # without the pairs an undo leads to what it was about, as everywhere
    qtbot.waitUntil(lambda: window.tabs.currentWidget() is not shown, timeout=10_000)


def test_all_of_it_is_reached_by_the_keyboard(shown, window, hand, qtbot):
    """Tab goes from the buttons to the list, the rules, the plots and the tables; Return on a number shows its pairs."""
    shown.at.setCurrentIndex(shown.at.findData("threshold"))
    shown.value.setValue(900)  # nothing is accepted: every genuine pair is an error
    shown.value.editingFinished.emit()
    settled(shown, hand, qtbot)
    window.activateWindow()
    shown.table_button.setFocus()
    qtbot.waitUntil(shown.table_button.hasFocus, timeout=3000)
    table = shown.tables.pages["common"]
    shown.tables.setCurrentWidget(shown.tables.homes["common"])
    wanted = [
        shown.find_line,
        shown.sources,
        shown.at,
        *([shown.source] if shown.at.currentData() != "threshold" else []),  # no pairs set one that is given
        shown.figures.tabBar(),
        shown.tables.tabBar(),
        table,
    ]
    seen = []
    for _ in range(40):
        widget = QApplication.focusWidget()
        seen.append(widget)
        if widget is table:
            break
        qtbot.keyClick(widget, Qt.Key.Key_Tab)
    assert [seen.index(one) for one in wanted] == sorted(seen.index(one) for one in wanted)
    cells = [(y, x) for y, row in enumerate(table.shown.rows) for x, cell in enumerate(row) if cell.pairs is not None]
    y, x = cells[0]
    table.setCurrentCell(y, x)
    qtbot.keyClick(table, Qt.Key.Key_Return)
    dialog = hand.dialog(PairsDialog)
    title = table.shown.rows[y][x].pairs.title()
    qtbot.waitUntil(lambda: dialog.windowTitle() == title, timeout=10_000)
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: shown.pairs.dialog is None, timeout=3000)
    qtbot.keyClick(table, Qt.Key.Key_Tab)
    assert QApplication.focusWidget() is not table  # Tab leaves the table


def test_undo_at_the_pairs_goes_through_what_was_corrected_there_alone(shown, window, hand, qtbot):
    """The scoring is the newest step before: it stays, and the window of pairs says where it is undone."""
    before = counts(shown)
    shown.figures.groups["fnmr"].pairs_asked.emit(PairQuery("genuine", "g0", "g0"))
    dialog = hand.dialog(PairsDialog)
    qtbot.waitUntil(lambda: dialog.table.rowCount() > 3, timeout=10_000)
    journal = window.session.project.journal
    scoring = journal.next_undo()
    undo = lambda: qtbot.keyClick(dialog, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)

    def refused():
        qtbot.waitUntil(dialog.said.isVisible, timeout=10_000)
        settled(shown, hand, qtbot)
        assert scoring.text in dialog.said.text() and "Edit" in dialog.said.text()
        assert journal.next_undo() == scoring and journal.next_redo() is kept

    kept = None
    undo()
    refused()
    dialog.table.selectRow(0)
    dialog.wrong.click()
    qtbot.waitUntil(lambda: counts(shown) == (before[0] - 1, before[1]), timeout=10_000)
    settled(shown, hand, qtbot)
    assert not dialog.said.isVisible()
    window.session.edit(lambda project: freeze(project, "pairs.csv", on=True))  # of another kind, since
    qtbot.waitUntil(lambda: "reeze" in journal.next_undo().text, timeout=10_000)
    newest = journal.next_undo()
    undo()
    qtbot.waitUntil(dialog.said.isVisible, timeout=10_000)
    assert journal.next_undo() == newest and newest.text in dialog.said.text()
    window.session.undo()
    qtbot.waitUntil(lambda: journal.next_undo() != newest, timeout=10_000)
    undo()
    qtbot.waitUntil(lambda: counts(shown) == before, timeout=10_000)
    settled(shown, hand, qtbot)
    kept = journal.next_redo()
    assert kept is not None
    dialog.reject()


def test_scores_that_were_undone_leave_the_screen(shown, window, hand, qtbot):
    shown.show_pairs(PairQuery("genuine", "g0", "g0"))
    hand.dialog(PairsDialog)
    window.session.undo()
    qtbot.waitUntil(lambda: shown.shown is None, timeout=10_000)
    settled(shown, hand, qtbot)
    assert shown.pages.currentWidget() is shown.empty_page and shown.scores is None
    assert shown.pairs.dialog is None
    window.session.redo()
    qtbot.waitUntil(lambda: shown.shown is not None, timeout=30_000)
    settled(shown, hand, qtbot)
    assert shown.pages.currentWidget() is shown.result_page


def test_what_is_done_with_a_list_follows_the_selection(shown, window, hand, qtbot):
    """Its entries in the menu bar are there as soon as it is selected; Return opens its pairs."""
    look, frozen = window.book.actions["metrics.look"], window.book.actions["metrics.freeze"]
    qtbot.waitUntil(lambda: not look.isEnabled() and not frozen.isEnabled(), timeout=3000)
    assert "select a pair list on the left first" in look.toolTip()
    tree = shown.sources
    tree.setCurrentItem(tree.topLevelItem(0).child(0))
    qtbot.waitUntil(lambda: look.isEnabled() and frozen.isEnabled(), timeout=3000)
    assert "Not yet" not in look.toolTip()
    qtbot.keyClick(tree, Qt.Key.Key_Return)
    hand.dialog(PairListDialog).reject()
    hand.settle()
    tree.setCurrentItem(tree.topLevelItem(1).child(0))
    qtbot.waitUntil(lambda: not look.isEnabled() and not frozen.isEnabled(), timeout=3000)
    settled(shown, hand, qtbot)


def test_the_rule_follows_a_line_that_is_dragged(shown, hand, qtbot):
    before = shown.at.currentIndex()
    shown.figures.threshold_moved.emit(0.25)
    assert shown.at.currentData() == "threshold" != shown.at.itemData(before)
    assert shown.value.value() == 0.25 and not shown.value.isHidden()
    assert "0.25" in shown.headline.text()
    shown.figures.threshold_settled.emit(0.5)
    settled(shown, hand, qtbot)
    assert shown.shown.result.groups.threshold == 0.5


def test_a_bar_of_no_errors_says_so_and_opens_no_list(shown, window, hand, qtbot):
    shown.at.setCurrentIndex(shown.at.findData("threshold"))
    shown.value.setValue(-900)  # everything is accepted: no genuine pair is an error, every impostor pair is
    shown.value.editingFinished.emit()
    settled(shown, hand, qtbot)
    shown.show_pairs(PairQuery("false non-match"))
    qtbot.waitUntil(lambda: any("no such comparisons" in one.text for one in window.toasts.history), timeout=10_000)
    qtbot.waitUntil(lambda: shown.pairs.dialog is None, timeout=3000)
    shown.show_pairs(PairQuery("false match"))
    dialog = hand.dialog(PairsDialog)
    qtbot.waitUntil(lambda: dialog.table.rowCount() > 3, timeout=10_000)
    dialog.reject()
