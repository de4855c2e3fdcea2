"""Every text of the window goes through the one translation function: seen in a language made for it."""

import re

import pytest
from PySide6.QtCore import QAbstractListModel, QCoreApplication, QModelIndex, Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QApplication,
    QComboBox,
    QDockWidget,
    QGroupBox,
    QLabel,
    QLineEdit,
    QMenu,
    QMessageBox,
    QPlainTextEdit,
    QStatusBar,
    QTabWidget,
    QTextEdit,
    QWidget,
)

from fairdesk.clustering.new_version import cluster_faces as cluster
from fairdesk.clustering.params import ClusterParams
from fairdesk.gui import translator
from fairdesk.gui.dialogs.job_dialog import JobDialog
from fairdesk.jobs.context import QuietContext
from fairdesk.jobs.registry import job_kinds
from fairdesk.metrics.pair_lists.job import make_pair_list
from fairdesk.metrics.params import PairsParams, ScoreParams
from fairdesk.metrics.scores.pair_scores import score_pairs
from fairdesk.project.sets import keep_sets
from tests import pseudo

# What may be shown as it is: the project's own content, names that the command line fixes, keys, and names of the field.
DATA = [
    r"\bg\d/id\d\d/\d+\.png\b", r"\bid\d\d\b", r"\bg\d\b", r"/[\w./ -]+", r"\b[\w-]+\.(csv|npz|json|fairdesk|jsonl|log)\b",
    r"\bstudy\b", r"\bmade-up\b", r"\bwhole\b", r"\b(set|state|group|tag|source)=[\w.-]+", r"\btrain\b", r"\bphotographs\b", r"\b(fe)?male\b", r"\btagged\b", r"\beuclidean\b",
    r"\b(Ctrl|Shift|Alt|Del|Space|Wheel|Up|Down|Home|Return|Esc|PgUp|PgDown)\b",
    r"fairdesk [\w-]+( .*)?", r"\bFairDesk\b", r"\b(set|state|group|tag|source)=[\w.-]+", r"\{\w+\}", r"\b(ROC|FMR|FNMR|FDR|IR|GARBE)\b",
]  # fmt: skip


@pytest.fixture
def bracketed(bracketed, qapp):
    """Qt's own look-ups speak it too."""
    made = translator.Translator(qapp)
    qapp.installTranslator(made)
    yield
    qapp.removeTranslator(made)
    made.deleteLater()


def columns(model, parent=None) -> int:
    """Return the number of columns; a list model keeps its one to itself."""
    return 1 if isinstance(model, QAbstractListModel) else model.columnCount(parent or QModelIndex())


def items(view: QAbstractItemView):
    """Yield what a view shows: cells, their tips, and headers."""
    model = view.model()
    if model is None:
        return
    for side in (Qt.Orientation.Horizontal, Qt.Orientation.Vertical):
        count = columns(model) if side == Qt.Orientation.Horizontal else min(model.rowCount(), 100)
        for place in range(count):
            yield "header", model.headerData(place, side)
    todo = [model.index(row, 0) for row in range(min(model.rowCount(), 100))]
    while todo:
        index = todo.pop()
        for column in range(columns(model, index.parent())):
            cell = index.siblingAtColumn(column)
            for role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
                value = model.data(cell, role)
                yield "cell", value if isinstance(value, str) else None
        todo += [model.index(row, 0, index) for row in range(model.rowCount(index))]


def texts(widget: QWidget):
    """Yield (what, text) of everything that one widget says."""
    yield "tip", widget.toolTip()
    yield "accessible name", widget.accessibleName()
    yield "title", widget.windowTitle()
    for action in widget.actions():
        yield "action", action.text()
        yield "action's tip", action.toolTip()
    if isinstance(widget, (QLabel, QAbstractButton)):
        yield "text", widget.text()
    elif isinstance(widget, QLineEdit):
        yield "placeholder", widget.placeholderText()
    elif isinstance(widget, QComboBox):
        yield from (("choice", widget.itemText(row)) for row in range(widget.count()))
        yield from (
            ("choice's tip", widget.itemData(row, Qt.ItemDataRole.ToolTipRole)) for row in range(widget.count())
        )
    elif isinstance(widget, (QMenu, QGroupBox)):
        yield "heading", widget.title()
    elif isinstance(widget, QTabWidget):
        yield from (("tab", widget.tabText(n)) for n in range(widget.count()))
    elif isinstance(widget, QStatusBar):
        yield "status", widget.currentMessage()
    elif isinstance(widget, QAbstractItemView):
        yield from items(widget)
        yield "empty", getattr(widget, "empty_text", "")
    elif hasattr(widget, "getPlotItem"):
        plot = widget.getPlotItem()
        yield "plot", plot.titleLabel.text
        yield from (("axis", plot.getAxis(side).labelText) for side in ("bottom", "left"))


def faults(root: QWidget, more: tuple[str, ...] = ()) -> list[str]:
    """Return what a window and all that is in it shows untranslated."""
    data = [*more, *DATA, *pseudo.fixed_values()]
    found = []
    for widget in [root, *root.findChildren(QWidget)]:
        if isinstance(widget, (QPlainTextEdit, QTextEdit)):
            continue
        for what, text in texts(widget):
            rest = pseudo.untranslated(text, data) if isinstance(text, str) else ""
            if rest:
                found.append(f"{type(widget).__name__} {widget.objectName()}: {what}: {text!r}: {rest}")
    return sorted(set(found))


def check(root: QWidget, more: tuple[str, ...] = ()) -> None:
    """Fail with everything that is not translated."""
    found = faults(root, more)
    assert not found, "\n".join(found)


@pytest.fixture
def whole(filled, tmp_path):
    """A project that has some of everything."""
    context = QuietContext(filled)
    cluster(ClusterParams(eps=0.8), context)
    cluster(ClusterParams(method="hierarchical", n_clusters=3), context)
    keep_sets(filled, {"train": [1, 2, 3]}, {})
    pairs, scores = tmp_path / "pairs.csv", tmp_path / "scores.npz"
    make_pair_list(PairsParams(genuine=20, impostor=40, out=pairs), context)
    score_pairs(ScoreParams(pairs=pairs, out=scores, encoder="made-up"), context)
    return filled


def test_the_whole_window_speaks_one_language(bracketed, window, hand, whole):
    hand.settle()
    check(window)
    for tab in ("dataset", "clustering", "generation", "training", "metrics"):
        hand.go(tab)
    hand.open(whole.folder)
    for tab in ("dataset", "clustering", "generation", "training", "metrics"):
        hand.go(tab)
        check(window)
    assert window.dataset.grid.grid_model.rowCount() == 40
    assert window.clustering.clusters.cluster_model.rowCount() > 2
    assert window.metrics.tables.pages["common"].rowCount() == 3
    shown = [action.text() for action in window.book.actions.values()]
    assert len(shown) > 80 and all("⟦" in text for text in shown)


@pytest.mark.parametrize("kind", sorted(job_kinds()))
def test_every_form_speaks_one_language(bracketed, window, hand, whole, kind):
    hand.open(whole.folder)
    dialog = JobDialog(window.session, kind, {}, window)
    dialog.show()
    dialog.form.more.setChecked(True)
    hand.settle()
    check(dialog)
    dialog.reject()
    dialog.deleteLater()


def test_menus_and_dialogs_speak_one_language(bracketed, window, hand, whole, qtbot):
    hand.open(whole.folder)
    hand.go("dataset")
    window._fill_recent()
    assert faults(window._recent, (re.escape(str(whole.folder)),)) == []
    window.dataset.grid.selectAll()
    before = set(QApplication.topLevelWidgets())
    for action in (
        "help.shortcuts", "help.next", "help.about", "help.guide", "edit.history", "view.notices", "view.palette", "dataset.import",
        "dataset.name", "dataset.edit_labels", "dataset.purge", "dataset.balance", "dataset.faces", "dataset.quality",
    ):  # fmt: skip
        hand.do(action)
        qtbot.waitUntil(lambda: any(w.isVisible() for w in set(QApplication.topLevelWidgets()) - before))
        hand.settle()
        for shown in set(QApplication.topLevelWidgets()) - before:
            if shown.isVisible():
                if action != "help.guide":  # the guide itself is one file in one language
                    check(shown, (r"Python [\d.]+.*", r"[\w.-]+ \d[\w.]*"))
                shown.close()
        hand.settle()


def test_what_the_window_tells_speaks_one_language(bracketed, window, hand, whole, qtbot):
    """Notices of edits, errors and refusals; lines of jobs."""
    hand.open(whole.folder)
    hand.go("dataset")
    window.dataset.grid.select_ids([1, 2])
    for action in ("dataset.hide", "edit.undo", "edit.redo", "edit.undo"):
        hand.do(action)
        hand.settle()
    window.session.open(whole.folder.parent)
    window.session.tell_error(OSError(28, "full"))
    window.session.jobs.waits_again.emit(1)
    told = [notice.text for notice in window.toasts.history]
    assert len(told) == 7
    data = [*DATA, *pseudo.fixed_values(), r"Errno"]
    assert [text for text in told if pseudo.untranslated(text, data)] == []
    assert [n.action for n in window.toasts.history if pseudo.untranslated(n.action, data)] == []
    window.session.run("quality", {"detector": "whole"})
    hand.finish_job("quality")
    assert [
        card.line.text() for card in window.panel.cards.values() if pseudo.untranslated(card.line.text(), data)
    ] == []
    check(window.panel)


def test_qt_s_own_buttons_and_forms_are_asked_too(bracketed, qapp):
    assert QCoreApplication.translate("DatasetTab", "Smoothing") == "⟦Smoothing⟧"
    assert QCoreApplication.translate("QPlatformTheme", "Cancel") == "⟦Cancel⟧"
    assert QCoreApplication.translate("Any", "unknown to the catalogue") == "unknown to the catalogue"
    box = QMessageBox()
    assert box.addButton(QMessageBox.StandardButton.Cancel).text().replace("&", "") == "⟦Cancel⟧"
    assert QDockWidget("x").windowTitle() == "x"
