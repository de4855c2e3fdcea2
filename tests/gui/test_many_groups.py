"""Plots of many groups in a small window: all that they say can be read, by scrolling or in the larger view."""

import numpy as np
import pytest
from PySide6.QtGui import QFontMetricsF

GROUPS = {
    11: ["African American", "East Asian", "South Asian", "White European", "Middle Eastern", "Latino Hispanic", "Indigenous",
         "Pacific Islander", "Southeast Asian", "Black", "Unknown mixed background"],
    24: [f"{a} {b} {c}" for a in ("Asian", "Black", "Indian", "White", "Latino", "Middle Eastern") for b in ("Female", "Male")
         for c in ("20–39", "40–59")],
}  # fmt: skip


@pytest.fixture
def shown(window, hand, qtbot, tmp_path):
    def show(count):
        window.resize(1024, 700)
        rng = np.random.default_rng(0)
        names, n = np.array(GROUPS[count]), 9000
        one = rng.integers(0, count, n)
        two = np.where(rng.random(n) < 0.4, one, rng.integers(0, count, n))
        label = (rng.random(n) < 0.5) & (one == two)
        score = np.round(rng.normal(size=n) + 2.5 * label, 2)
        np.savez(tmp_path / "s.npz", score=score, label=label, group1=names[one], group2=names[two])
        hand.go("metrics")
        tab = window.metrics
        tab.open_file(tmp_path / "s.npz")
        qtbot.waitUntil(lambda: tab.shown is not None, timeout=20_000)
        return tab

    return show


def bring(tab, name, qtbot):
    plot = tab.figures.made[name]
    tab.figures.setCurrentWidget(plot)
    qtbot.wait(80)
    return plot


@pytest.mark.parametrize("count", [11, 24])
def test_every_cell_of_the_heat_map_says_rate_and_counts(shown, qtbot, count):
    plot = bring(shown(count), "between", qtbot)
    matrix = plot._groups.fmr_matrix
    told = {}
    wide, high = (1 / pixel for pixel in plot.plot.getPlotItem().vb.viewPixelSize())
    names = list(plot._groups.per_group)
    for item, _ in plot._notes:
        text, place = item.toPlainText(), item.pos()
        told[f"{names[round(place.y())]}|{names[round(place.x())]}"] = text.split("\n")
        metrics = QFontMetricsF(item.textItem.font())
        assert max(map(metrics.horizontalAdvance, text.split("\n"))) <= wide and 2 * metrics.height() <= high
        assert item.textItem.font().pointSizeF() >= 7
    for key, cell in matrix.items():
        if cell.impostor:
            assert told[key][1] == f"{cell.false_matches:,}/{cell.impostor:,}", key
    assert len(told) == sum(cell.impostor > 0 for cell in matrix.values()) > 0.9 * count**2
    axis = plot.plot.getPlotItem().getAxis("bottom")
    longest = max(map(axis._metrics().horizontalAdvance, names))
    assert axis._upright() and axis.height() >= longest  # no name is shortened
    assert len(axis.tickValues(-0.5, count - 0.5, 0)[0][1]) == count
    assert len(plot.plot.getPlotItem().getAxis("left").tickValues(-0.5, count - 0.5, 0)[0][1]) == count
    view = plot.scroller.viewport()
    assert plot.plot.height() > view.height() and plot.plot.width() > view.width()
    bars = plot.scroller.horizontalScrollBar(), plot.scroller.verticalScrollBar()
    assert all(bar.maximum() > 0 for bar in bars)
    x, y = names.index(names[-1]), 0
    cell = matrix[f"{names[y]}|{names[x]}"]
    assert f"{cell.false_matches:,} of {cell.impostor:,} pairs" in plot.tip_at(x, y)


def test_bars_and_legends_of_many_have_their_room(shown, qtbot):
    tab = shown(24)
    plot = bring(tab, "fnmr", qtbot)
    axis = plot.plot.getPlotItem().getAxis("bottom")
    assert len(axis.tickValues(-0.6, 23.6, 0)[0][1]) == 24 and plot.plot.getPlotItem().vb.height() > 100
    for name in ("roc", "det", "rates", "scores"):
        plot = bring(tab, name, qtbot)
        listed = [label.text for _, label in plot.legend.item.items]
        assert len(listed) >= 24 and not any("more" in text for text in listed), name
        assert plot.plot.getPlotItem().vb.height() > 200


def test_few_groups_fill_what_there_is(window, hand, qtbot, tmp_path):
    """Nothing is scrolled where the window has the room."""
    rng = np.random.default_rng(0)
    label = np.arange(600) % 2 == 1
    group = np.repeat(["A", "B"], 300)
    np.savez(tmp_path / "s.npz", score=rng.normal(size=600) + 2 * label, label=label, group1=group, group2=group)
    window.resize(1400, 1000)
    hand.go("metrics")
    tab = window.metrics
    tab.open_file(tmp_path / "s.npz")
    qtbot.waitUntil(lambda: tab.shown is not None and not tab._drawing, timeout=20_000)
    for name in tab.figures.made:
        plot = bring(tab, name, qtbot)
        assert plot.scroller.verticalScrollBar().maximum() == plot.scroller.horizontalScrollBar().maximum() == 0, name
        assert plot.plot.height() == plot.scroller.viewport().height()


def test_plots_take_the_place_of_the_tables_and_give_it_back(shown, window, hand, qtbot):
    tab = shown(11)
    qtbot.waitUntil(lambda: not tab._drawing, timeout=30_000)  # the line above the plots has its last height
    plot = bring(tab, "between", qtbot)
    before = plot.scroller.viewport().height(), plot.scroller.viewport().width()
    hand.do("metrics.enlarge")
    qtbot.wait(80)
    after = plot.scroller.viewport().height(), plot.scroller.viewport().width()
    assert after[0] > 2 * before[0] and after[1] > 1.3 * before[1] and tab.tables.isHidden()
    hand.do("metrics.enlarge")
    qtbot.wait(80)
    assert (plot.scroller.viewport().height(), plot.scroller.viewport().width()) == before
    assert tab.tables.isVisible() and tab.sources.isVisible() and tab.headline.isVisible()
