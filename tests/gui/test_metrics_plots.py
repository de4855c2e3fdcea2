"""The plots of the Metrics tab: a threshold that is dragged, readouts, hidden curves, clicks that lead to pairs."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest

from fairdesk.figures.whole_set import WHOLE
from fairdesk.gui.widgets.rate_axis import RateAxis
from fairdesk.jobs.wording import rate
from fairdesk.metrics.evaluation import evaluate
from fairdesk.metrics.params import EvaluateParams
from fairdesk.metrics.scores.score_files import read_scores


def texts(tab, name):
    table = tab.tables.pages[name]
    return [[table.item(y, x).text() for x in range(table.columnCount())] for y in range(table.rowCount())]


def test_dragging_moves_every_line_and_table_and_letting_go_evaluates(shown, hand, qtbot):
    before = texts(shown, "common")
    plots = shown.figures.curves
    plots["rates"].line.setValue(2.0)  # as a drag does
    line = {name: plot.line.value() for name, plot in plots.items()}
    assert line["scores"] == line["rates"] == 2.0
    fmr = shown.shown.live.rates(2.0)[WHOLE][0]
    assert line["roc"] == pytest.approx(np.log10(fmr))
    moved = texts(shown, "common")
    expected = evaluate(
        read_scores(shown.scores), EvaluateParams(scores=shown.scores, by="group", at="threshold=2.0", bootstrap=0)
    )[0]
    counted = [expected.at_threshold, *expected.groups.per_group.values()]
    for row, name, one in zip(moved, ("all", "A", "B"), counted, strict=True):
        assert (row[0], row[9], row[6]) == (name, f"{one.false_matches:,}", "…")
    assert moved != before and "Threshold 2 " in shown.headline.text()
    plots["rates"].line.sigPositionChangeFinished.emit(plots["rates"].line)
    qtbot.waitUntil(lambda: "…" not in texts(shown, "common")[0], timeout=30_000)
    assert shown.shown.result.groups.threshold == 2.0 and shown.at.currentData() == "threshold"
    assert [row[9] for row in texts(shown, "common")] == [row[9] for row in moved]


@pytest.mark.parametrize("kind", ["roc", "det"])
def test_the_line_of_a_curve_gives_the_threshold_of_its_fmr(shown, kind):
    plot = shown.figures.curves[kind]
    told = []
    plot.threshold_moved.connect(told.append)
    whole = next(curve for curve in shown.shown.curves if curve.name == WHOLE)
    place = len(whole.threshold) // 2
    x, _ = plot._place(whole.fmr[place], whole.fnmr[place])
    plot.line.setValue(x)
    assert len(told) == 1  # moving the other plots' lines tells nothing
    assert shown.shown.live.rates(told[0])[WHOLE][0] == pytest.approx(whole.fmr[place], rel=0.02)


def test_rings_stand_at_the_common_threshold(shown):
    plot = shown.figures.curves["roc"]
    for name, row in shown.shown.result.groups.per_group.items():
        x, y = plot._rings[name].getData()
        if row.fmr:
            assert (x[0], y[0]) == (pytest.approx(np.log10(row.fmr)), pytest.approx(1 - row.fnmr))


def test_points_of_no_error_stand_at_their_bound(shown):
    drawn = [
        (curve.name, 10 ** x[0], y[0]) for curve, x, y, _ in shown.figures.curves["roc"]._drawn if len(x) == 1
    ]  # fmt: skip
    for curve in shown.shown.curves:
        assert (curve.name, pytest.approx(3 / curve.ni), pytest.approx(1 - curve.zero_fmr)) in drawn


def test_a_curve_is_hidden_from_the_menu_and_the_legend(shown):
    plot = shown.figures.curves["roc"]
    count = len(plot._drawn)
    menu = plot.gestures.menu()
    entry = next(action for action in menu.actions() if action.text() == "A")
    assert entry.isChecked()
    entry.setChecked(False)
    assert plot.hidden == {"A"} and len(plot._drawn) == count - 2
    place = plot._legend_names.index("A")
    sample = plot.legend.item.items[place][0]
    plot.legend.item.sigSampleClicked.emit(sample.item)
    assert plot.hidden == set() and len(plot._drawn) == count
    menu.close()


def test_the_readout_moves_nothing(shown, window):
    plot = shown.figures.curves["roc"]
    shown.figures.setCurrentWidget(plot)
    size, widths = window.size(), shown.figures.size()
    curve, xs, ys, _ = plot._drawn[0]
    place = len(xs) // 2
    while not np.isfinite(xs[place]):
        place += 1
    view = plot.plot.getPlotItem().vb
    plot._on_move(view.mapViewToScene(QPointF(xs[place], ys[place])))
    assert plot.readout.isVisible() and f"FMR {100 * curve.fmr[place]:.3g} %" in plot.readout.toPlainText()
    assert window.size() == size and shown.figures.size() == widths
    plot._on_move(QPointF(-10, -10))
    assert not plot.readout.isVisible()


def test_a_double_click_shows_all_again(shown, qtbot):
    plot = shown.figures.curves["roc"]
    shown.figures.setCurrentWidget(plot)
    qtbot.wait(50)
    view = plot.plot.getPlotItem().vb
    whole = view.viewRange()
    view.setRange(xRange=(-1, -0.9), yRange=(0.5, 0.6))
    assert view.viewRange() != whole
    viewport = plot.plot.viewport()
    centre = QPoint(viewport.width() // 2, viewport.height() // 2)
    QTest.mouseDClick(viewport, Qt.MouseButton.LeftButton, pos=centre)
    QTest.mouseRelease(viewport, Qt.MouseButton.LeftButton, pos=centre)  # of a widget Qt sends the double press alone
    qtbot.waitUntil(lambda: np.allclose(view.viewRange(), whole), timeout=2000)


def test_a_copy_is_the_plot(shown, qtbot):
    plot = shown.figures.groups["fnmr"]
    shown.figures.setCurrentWidget(plot)
    qtbot.wait(30)
    plot.gestures.copy()
    picture = QGuiApplication.clipboard().image()
    assert picture.width() == 1600
    colours = {picture.pixelColor(x, y).name() for x in range(0, 1600, 7) for y in range(0, picture.height(), 7)}
    assert {"#0072b2", "#d55e00"} <= colours


def test_a_click_leads_to_the_pairs(shown):
    asked = []
    shown.figures.pairs_asked.connect(asked.append)
    shown.figures.groups["fnmr"].gestures.clicked.emit(1.1, 0.01)
    shown.figures.groups["between"].gestures.clicked.emit(0.2, 1.2)
    shown.figures.groups["between"].gestures.clicked.emit(5.0, 1.0)  # beside it
    kinds = [(query.kind, query.first, query.second) for query in asked]
    assert kinds == [("false non-match", "B", "B"), ("false match", "B", "A")]
    plot = shown.figures.curves["rates"]
    _, xs, ys, _ = next(one for one in plot._drawn if one[3] and one[0].name == "B")
    query = plot.query_at(float(xs[200]), float(ys[200]))
    assert (query.kind, query.first) == ("genuine", "B") and query.near is not None
    assert shown.tables.query_at("common", 2, 5).kind == "false match"


def test_a_click_on_a_distribution_leads_to_its_pairs(shown):
    """Not to the impostor comparisons of all groups, whatever was clicked."""
    plot = shown.figures.curves["scores"]
    for name, (edges, genuine, impostor) in plot._shown.group_bins.items():
        for kind, heights in (("genuine", genuine), ("impostor", impostor)):
            place = int(np.argmax(heights))
            x = float(edges[place] + edges[place + 1]) / 2
            query = plot.query_at(x, float(heights[place]))
            assert (query.kind, query.first, query.second, query.near) == (kind, name, name, x)
    whole = plot._shown.bins
    plot.hide_curve("A", hide=True)
    plot.hide_curve("B", hide=True)
    assert plot.query_at(0.0, 0.1) is None
    plot.hide_curve("A", hide=False)
    plot.hide_curve("B", hide=False)
    plot.show_curves(replace(plot._shown, group_bins={}))
    place = int(np.argmax(whole[1]))
    query = plot.query_at(float(whole[0][place]) + 1e-9, float(whole[1][place]))
    assert (query.kind, query.first) == ("genuine", "")
    plot.hide_curve("genuine", hide=True)
    assert plot.query_at(float(whole[0][place]) + 1e-9, float(whole[1][place])).kind == "impostor"


def test_the_pointer_is_told_what_it_is_on(shown, qtbot):
    """Also of cells and names that are too small to read."""
    groups = shown.shown.result.groups
    plot = shown.figures.groups["fnmr"]
    shown.figures.setCurrentWidget(plot)
    qtbot.wait(30)
    view = plot.plot.getPlotItem().vb
    inside = plot.plot.mapFromScene(view.mapViewToScene(QPointF(1.0, 0.001)))
    QTest.mouseMove(plot.plot.viewport(), inside)
    qtbot.waitUntil(lambda: plot.keys.readout.isVisible(), timeout=3000)
    row, read = groups.per_group["B"], plot.keys.readout.toPlainText()
    assert read.split("\n")[0] == "B" and rate(row.fnmr) in read
    said = shown.figures.groups["between"].tip_at(0.2, 1.2)
    cell = groups.fmr_matrix["B|A"]
    assert said.split("\n")[0] == "FMR between B and A" and f"{cell.false_matches:,} of {cell.impostor:,}" in said
    assert shown.figures.groups["between"].tip_at(0, 0).split("\n")[0] == "FMR within A"
    assert shown.figures.groups["between"].tip_at(7, 7) == ""


def test_ticks_are_readable():
    axis = RateAxis("bottom", "log")
    (_, places), *_ = axis.tickValues(-4.2, 0, 300)
    assert axis.tickStrings(places, 1, 1) == ["0.01 %", "0.1 %", "1 %", "10 %", "100 %"]
    (_, narrow), *_ = axis.tickValues(-1.4, -0.2, 300)
    assert axis.tickStrings(narrow, 1, 1) == ["5 %", "10 %", "20 %", "50 %"]
    probit = RateAxis("left", "probit")
    (_, places), *_ = probit.tickValues(-3.2, 0, 300)
    assert probit.tickStrings(places, 1, 1) == ["0.1 %", "1 %", "5 %", "20 %", "40 %"]


def test_no_two_groups_are_alike():
    from fairdesk.figures.style import group_style

    assert len({group_style(number)[:2] for number in range(64)}) == 64
    assert len({group_style(number)[::2] for number in range(64)}) == 64


@pytest.mark.parametrize(
    ("side", "size", "room"), [("left", 90, 15), ("left", 400, 15), ("bottom", 300, 44), ("bottom", 900, 44)]
)
@pytest.mark.parametrize(("scale", "low", "high"), [("probit", -3.3, 1.7), ("log", -6.2, 0.0), ("log", -1.4, -0.2)])
def test_numbers_of_an_axis_do_not_touch(qapp, side, size, room, scale, low, high):
    (_, places), *_ = RateAxis(side, scale).tickValues(low, high, size)
    assert len(places) >= 2
    assert all((b - a) * size / (high - low) >= room - 1e-9 for a, b in itertools.pairwise(places))


@pytest.mark.parametrize("grouped", [True, False])
def test_the_axis_of_scores_tells_of_dashes_where_there_are_some(shown, hand, qtbot, tmp_path, grouped):
    plot = shown.figures.curves["scores"]
    if not grouped:
        scores = read_scores(shown.scores)
        path = tmp_path / "bare.npz"
        np.savez(path, score=scores.score, label=scores.label)
        shown.show_scores(path)
        hand.settle()
        qtbot.waitUntil(lambda: shown.shown.path == path and not shown._drawing, timeout=30_000)
    pens = [curve.opts["pen"] for curve in plot.plot.listDataItems()]
    dashed = any(pen.style() == Qt.PenStyle.DashLine for pen in pens if hasattr(pen, "style"))
    text = plot.plot.getAxis("bottom").labelText
    assert dashed == grouped == ("dashed" in text) and text.startswith("score (similarity)")
