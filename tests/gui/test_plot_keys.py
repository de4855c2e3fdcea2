"""Bars, cells and curves of the Metrics tab by the keyboard alone: reached by Tab, gone along by arrows, opened by Return."""

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from fairdesk.gui.widgets.group_plots import _legible
from fairdesk.metrics.pairs_behind.pair_query import PairQuery, cell_key


def press(plot, *keys):
    for key in keys:
        QTest.keyClick(plot, key)


def focused(shown, name, qtbot):
    """Show a plot and give it the focus as Tab does; returns it and the pairs that are asked for."""
    page = shown.figures.made[name]
    shown.figures.setCurrentWidget(page)
    qtbot.wait(30)
    page.plot.setFocus(Qt.FocusReason.TabFocusReason)
    asked = []
    page.pairs_asked.disconnect(shown.figures.pairs_asked)
    page.pairs_asked.connect(asked.append)
    return page, asked


def test_tab_reaches_the_plot_that_is_seen_and_goes_on(shown, window, qtbot):
    for name in ("fnmr", "between", "roc"):
        page = shown.figures.made[name]
        shown.figures.setCurrentWidget(page)
        qtbot.wait(20)
        shown.figures.tabBar().setFocus()
        seen = []
        for _ in range(4):
            QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
            seen.append(QApplication.focusWidget())
            if seen[-1] is page.plot:
                break
        assert seen[-1] is page.plot and page.plot.accessibleName()
        assert page.keys.readout.isVisible()
        QTest.keyClick(page.plot, Qt.Key.Key_Tab)
        assert QApplication.focusWidget() is not page.plot and not page.keys.readout.isVisible()


@pytest.mark.parametrize("name", ["fnmr", "fmr"])
def test_arrows_go_from_bar_to_bar_and_return_opens_the_pairs(shown, qtbot, name):
    page, asked = focused(shown, name, qtbot)
    rows = shown.shown.result.groups.per_group
    names = list(rows)
    assert page.keys.mark.isVisible() and names[0] in page.keys.readout.toPlainText()
    press(page.plot, Qt.Key.Key_Right)
    said = page.keys.readout.toPlainText()
    assert said == page.tip_at(1, 0) and said.startswith(names[1])
    assert page.plot.accessibleDescription() == said.replace("\n", ", ")
    x, y = page.keys.mark.getData()
    assert (x.min(), x.max()) == (pytest.approx(0.65), pytest.approx(1.35)) and y.max() == getattr(rows[names[1]], name)
    press(page.plot, Qt.Key.Key_Return)
    kind = "false non-match" if name == "fnmr" else "false match"
    assert asked == [PairQuery(kind, names[1], names[1])]
    press(page.plot, Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Enter)  # there is no further one
    press(page.plot, Qt.Key.Key_Home, Qt.Key.Key_Space)
    assert [one.first for one in asked] == [names[1], names[1], names[0]]


def test_arrows_go_over_the_cells_in_both_directions(shown, qtbot):
    page, asked = focused(shown, "between", qtbot)
    names = list(shown.shown.result.groups.per_group)
    press(page.plot, Qt.Key.Key_Down, Qt.Key.Key_Return)
    press(page.plot, Qt.Key.Key_Right, Qt.Key.Key_Return)
    press(page.plot, Qt.Key.Key_Up, Qt.Key.Key_Return)
    assert [(one.first, one.second) for one in asked] == [
        (names[1], names[0]), (names[1], names[1]), (names[0], names[1]),
    ]  # fmt: skip
    cell = shown.shown.result.groups.fmr_matrix[cell_key(names[0], names[1])]
    assert f"{cell.false_matches:,} of {cell.impostor:,} pairs" in page.keys.readout.toPlainText()


@pytest.mark.parametrize("name", ["roc", "det", "rates", "scores"])
def test_arrows_go_along_curves_and_between_them(shown, qtbot, name):
    page, asked = focused(shown, name, qtbot)
    walks = page.walks()
    assert len(walks) >= 3
    places = []
    press(page.plot, Qt.Key.Key_Home)
    for _ in range(5):
        press(page.plot, Qt.Key.Key_Right)
        x, y = page.keys.ring.getData()
        places.append((float(x[0]), float(y[0])))
    assert places == sorted(places, key=lambda place: place[0]) and len(set(places)) == 5
    press(page.plot, Qt.Key.Key_Return)
    said = page.keys.readout.toPlainText()
    assert asked[0] is not None and said and walks[0].said(page.keys._place) == said
    press(page.plot, Qt.Key.Key_Down, Qt.Key.Key_Return)
    assert page.keys.readout.toPlainText() != said
    assert (asked[1].kind, asked[1].first) != (asked[0].kind, asked[0].first)
    press(page.plot, Qt.Key.Key_End)
    x, _ = page.keys.ring.getData()
    assert x[0] == pytest.approx(np.nanmax(np.where(np.isfinite(walks[1].x + walks[1].y), walks[1].x, np.nan)))


def test_what_is_hidden_or_gone_is_not_gone_to(shown, qtbot):
    page, asked = focused(shown, "roc", qtbot)
    press(page.plot, Qt.Key.Key_Down, Qt.Key.Key_Down)
    page.hide_curve(shown.figures.made["roc"]._shown.curves[2].name, hide=True)
    assert page.keys.readout.isVisible() and len(page.walks()) == 2
    press(page.plot, Qt.Key.Key_Return)
    assert asked[0].first in ("", page.walks()[1].query(0).first)
    for curve in page._shown.curves:
        page.hide_curve(curve.name, hide=True)
    assert not page.keys.readout.isVisible()
    press(page.plot, Qt.Key.Key_Right, Qt.Key.Key_Return)
    assert len(asked) == 1


def test_the_mouse_gives_the_focus_without_a_mark_until_a_key_is_pressed(shown, qtbot):
    page, asked = focused(shown, "fnmr", qtbot)
    shown.tables.setFocus()
    page.plot.setFocus(Qt.FocusReason.MouseFocusReason)
    assert not page.keys.readout.isVisible()
    press(page.plot, Qt.Key.Key_Return)  # nothing is seen that could be opened
    assert not asked and page.keys.readout.isVisible()
    press(page.plot, Qt.Key.Key_Return)
    assert len(asked) == 1


def test_return_opens_the_dialog_of_the_pairs(shown, qtbot):
    shown.figures.setCurrentWidget(shown.figures.made["fmr"])
    qtbot.wait(20)
    plot = shown.figures.made["fmr"].plot
    plot.setFocus(Qt.FocusReason.TabFocusReason)
    press(plot, Qt.Key.Key_Return)
    assert shown.pairs._query is not None and shown.pairs._query.kind == "false match"


def test_the_numbers_of_the_heat_map_stand_out_from_every_colour_of_it():
    """The ratio of WCAG 2.1 is 4.5 or more: black and white share the colours between them."""
    import pyqtgraph as pg

    def luminance(colour):
        parts = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in colour / 255]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    for colour in pg.colormap.get("cividis").map(np.linspace(0, 1, 101), mode="byte")[:, :3]:
        letters = 1.0 if _legible(colour) == "#ffffff" else 0.0
        high, low = sorted((luminance(colour), letters), reverse=True)
        assert (high + 0.05) / (low + 0.05) >= 4.5
