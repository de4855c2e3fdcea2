"""What a plot says at a place: one text at a time, and all of it within the plot, on a small screen too."""

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QToolTip

from fairdesk.metrics.pairs_behind.shown_figures import rate, rates_between


@pytest.fixture
def small(shown, window, hand, qtbot):
    window.resize(1024, 700)
    hand.settle()
    qtbot.wait(60)

    def show(name):
        page = shown.figures.curves[name]
        shown.figures.setCurrentWidget(page)
        qtbot.wait(40)
        return page

    return show


def boxes(page):
    """Return the boxes of the texts that are seen in a plot, and what is seen of its inside, in pixels of the scene."""
    items = [
        item
        for item in page.plot.scene().items()
        if hasattr(item, "textItem") and item.isVisible() and item.toPlainText()
    ]
    return [item.mapRectToScene(item.boundingRect()) for item in items], page.readout.room()


@pytest.mark.parametrize("name", ["scores", "rates", "roc", "det"])
def test_it_is_within_the_plot_wherever_the_pointer_is(small, name):
    page, said = small(name), 0
    view = page.plot.getPlotItem().vb
    inside = view.sceneBoundingRect()
    for x in (0.01, 0.2, 0.5, 0.8, 0.99):
        for y in (0.02, 0.3, 0.6, 0.98):
            page._on_move(QPointF(inside.left() + x * inside.width(), inside.top() + y * inside.height()))
            found, room = boxes(page)
            assert len(found) <= 1
            for box in found:
                assert room.adjusted(-2, -2, 2, 2).contains(box), (x, y, box, room)
                said += 1
    assert said >= (20 if name == "scores" else 1)


def test_what_is_longer_than_the_plot_is_cut_by_whole_lines(small):
    page = small("scores")
    text = "\n".join(f"{number} " + "a group of a long name " * 9 for number in range(30))
    (x0, _), (y0, _) = page.plot.getPlotItem().vb.viewRange()
    page.readout.show_at(text, x0, y0, border="border")
    (box,), room = boxes(page)
    assert room.adjusted(-2, -2, 2, 2).contains(box)
    lines = page.readout.toPlainText().split("\n")
    assert lines[0].startswith("0 a group") and lines[-1] == "…" and len(lines) < 30


def test_the_keyboard_and_the_pointer_share_one(small, qtbot):
    page = small("scores")
    page.plot.setFocus(Qt.FocusReason.TabFocusReason)
    QTest.keyClick(page.plot, Qt.Key.Key_Right)
    by_key = page.readout.toPlainText()
    found, room = boxes(page)
    assert len(found) == 1 and room.adjusted(-2, -2, 2, 2).contains(found[0])
    inside = page.plot.getPlotItem().vb.sceneBoundingRect()
    page._on_move(inside.center())
    by_pointer = page.readout.toPlainText()
    assert by_pointer != by_key and len(boxes(page)[0]) == 1
    QTest.keyClick(page.plot, Qt.Key.Key_End)
    last = page.readout.toPlainText()
    assert last not in (by_key, by_pointer) and len(boxes(page)[0]) == 1
    page._on_move(inside.center())
    QApplication.sendEvent(page.plot, QEvent(QEvent.Type.Leave))  # the pointer leaves: the mark has its text again
    assert page.readout.toPlainText() == last and len(boxes(page)[0]) == 1
    assert np.isfinite(page.readout.pos().x())


@pytest.mark.parametrize("name", ["fnmr", "between"])
def test_bars_and_cells_have_one_too(small, shown, qtbot, name):
    page = shown.figures.groups[name]
    shown.figures.setCurrentWidget(page)
    qtbot.wait(40)
    page.plot.setFocus(Qt.FocusReason.TabFocusReason)
    QTest.keyClick(page.plot, Qt.Key.Key_Right)
    by_key = page.keys.readout.toPlainText()
    assert by_key == page.tip_at(1, 0)
    view = page.plot.getPlotItem().vb
    page._on_move(view.mapViewToScene(QPointF(0.0, 0.0001)))
    assert page.keys.readout.toPlainText() == page.tip_at(0, 0.0001) != by_key
    assert not QToolTip.text()
    QApplication.sendEvent(page.plot, QEvent(QEvent.Type.Leave))
    assert page.keys.readout.toPlainText() == by_key and page.keys.readout.isVisible()


def test_a_bar_without_an_interval_says_why(shown, hand, qtbot):
    shown.at.setCurrentIndex(shown.at.findData("fmr=1e-2"))
    shown.source.setCurrentIndex(shown.source.findData("group:A"))
    hand.settle()
    qtbot.waitUntil(lambda: not shown._drawing, timeout=30_000)
    row = shown.shown.result.groups.per_group["A"]
    assert row.fmr_ci is None and row.fmr_ci_why
    page = shown.figures.groups["fmr"]
    assert page.tip_at(0, 0.0) == f"A\n{rate(row.fmr)} (no interval: {row.fmr_ci_why})"
    other = shown.shown.result.groups.per_group["B"]
    assert other.fmr_ci is not None and page.tip_at(1, 0.0).endswith(f"[{rates_between(other.fmr_ci)}]")
