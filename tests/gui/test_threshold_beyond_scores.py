"""A threshold beyond all scores, or one that is none: the plots and the line below the rules say so."""

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import Qt
from scipy.stats import norm

from fairdesk.figures.whole_set import WHOLE
from fairdesk.gui.tabs.metrics import presenter
from fairdesk.gui.widgets.curve_plots import RatePlot
from fairdesk.gui.widgets.shown_rates import Shown
from fairdesk.metrics.rates.error_curves import error_curve
from fairdesk.metrics.rates.error_rates import sort_scores
from tests.gui.test_threshold_field import typed


@pytest.mark.parametrize(
    ("threshold", "said", "sides"),
    [
        (50.0, "no comparison is accepted", {"roc": False, "det": False, "rates": True, "scores": True}),
        (-50.0, "every comparison is accepted", {"roc": True, "det": True, "rates": False, "scores": False}),
    ],
)
def test_every_plot_says_at_its_edge_what_is_accepted(shown, qtbot, threshold, said, sides):
    shown._on_drag(threshold)
    for kind, plot in shown.figures.curves.items():
        note = plot.note
        assert note.isVisible() and said in note.toPlainText() and f"{threshold:g}" in note.toPlainText(), kind
        assert note.right == sides[kind], kind
        view = plot.plot.getPlotItem().vb
        assert view.rect().contains(note.mapRectToParent(note.boundingRect())), kind
        if kind in ("roc", "det"):  # a saved picture says it too, as the report does
            told = [one.get_text() for one in plot._drawing().axes[0].texts]
            assert any(said in text for text in told), kind
    assert not shown.figures.curves["det"].line.isVisible()
    shown._on_drag(1.0)
    assert not any("accepted" in one.get_text() for one in shown.figures.curves["det"]._drawing().axes[0].texts)
    assert not any(plot.note.isVisible() for plot in shown.figures.curves.values())


def test_distances_lie_the_other_way(shown, qtbot):
    plot = RatePlot(shown.session.theme, "rates")
    qtbot.addWidget(plot)
    curves = shown.shown.curves
    for threshold, rates, right in ((-50.0, (0.0, 1.0), False), (50.0, (1.0, 0.0), True)):
        plot.show_curves(Shown(curves, (), None, {}, threshold, {WHOLE: rates}, distance=True))
        assert plot.note.right == right and plot.note.toPlainText()
    plot.show_curves(Shown(curves, (), None, {}, 1.0, {WHOLE: (0.0, 0.5)}))
    assert not plot.note.isVisible()  # nothing false is accepted, but half of what is genuine
    plot.show_curves(Shown(curves, (), None, {}, float("inf"), {WHOLE: (0.0, 1.0)}))
    assert "\N{INFINITY}" in plot.note.toPlainText()


def test_what_is_no_threshold_is_said_in_sight(shown, qtbot):
    shown.at.setCurrentIndex(shown.at.findData("threshold"))
    assert shown.value_why.isHidden()
    typed(shown.value, qtbot, "inf")
    assert shown.value_why.isVisibleTo(shown) and "no finite number" in shown.value_why.text()
    assert repr(shown.value.value()) in shown.value_why.text()
    qtbot.keyClick(shown.value, Qt.Key.Key_Return)
    typed(shown.value, qtbot, "0.5")
    assert shown.value_why.isHidden()


def test_the_line_of_a_det_stays_in_view_wherever_its_rates_have_a_place(shown, qtbot):
    plot = RatePlot(shown.session.theme, "det")
    qtbot.addWidget(plot)
    for rates in ((0.01, 0.02), (0.6, 0.001), (0.994, 0.0), (0.9999, 0.0)):
        plot.show_curves(Shown(shown.shown.curves, (), None, {}, 0.2, {WHOLE: rates}))
        (left, right), _ = plot.plot.getPlotItem().vb.viewRange()
        assert plot.line.isVisible() and left < plot.line.value() < right, rates


@pytest.mark.parametrize("kind", ["roc", "det"])
def test_every_ring_and_the_line_stay_in_view_above_all_impostors(shown, qtbot, kind):
    """Above all impostor scores rings and line stand at 3 / comparisons; all of them within the plot, and not cut."""
    highest = float(shown.shown.live._everything.impostor[-1])
    accepted = [float((one.genuine > highest).mean()) for one in shown.shown.live.scores.values()]
    assert min(accepted) > 0  # else it would be said in words
    plot = shown.figures.curves[kind]
    view = plot.plot.getPlotItem().vb

    def all_in_view():
        (x0, x1), (y0, y1) = view.viewRange()
        assert plot.line.isVisible() and x0 < plot.line.value() < x1
        for curve in shown.shown.curves:
            (x,), (y,) = plot._rings[curve.name].getData()
            room = min(x - x0, x1 - x) / (x1 - x0), min(y - y0, y1 - y) / (y1 - y0)
            assert min(room) > 0.015, curve.name
        for curve, xs, ys, _ in plot._drawn:
            seen = np.isfinite(xs) & np.isfinite(ys)
            assert seen.any() and xs[seen].min() > x0 and xs[seen].max() < x1, curve.name
            assert ys[seen].min() > y0 and ys[seen].max() < y1, curve.name

    threshold = float(np.nextafter(highest, np.inf))
    shown._on_drag(threshold)  # the axes follow at once
    all_in_view()
    whole = next(curve for curve in shown.shown.curves if curve.name == WHOLE)
    place = plot.line.value()
    assert 10**place == pytest.approx(3 / whole.ni) if kind == "roc" else norm.cdf(place) == pytest.approx(3 / whole.ni)
    told = []
    plot.threshold_moved.connect(told.append)
    plot.line.setValue(place + 0.5)  # it can be dragged from there
    assert len(told) == 1 and told[0] < threshold
    shown.figures.show_result(replace(presenter.shown_curves(shown.shown), threshold=threshold), None)
    all_in_view()
    plot.plot.zoom_reset.show()  # zoomed by hand: it stays so
    view.setRange(xRange=(place - 0.1, place + 0.1), yRange=(0, 0.1), padding=0)
    shown._on_drag(threshold)
    assert view.viewRange()[1] == pytest.approx([0, 0.1])


def test_a_line_of_a_hidden_curve_is_in_view_too(shown, qtbot):
    plot = shown.figures.curves["det"]
    plot.show_curves(replace(presenter.shown_curves(shown.shown), threshold=0.5, common={WHOLE: (0.9999, 0.0)}))
    plot.hide_curve(WHOLE, hide=True)
    (left, right), _ = plot.plot.getPlotItem().vb.viewRange()
    assert plot.line.isVisible() and left < plot.line.value() < right


def test_curves_of_too_few_comparisons_are_named_below_the_det(shown, qtbot):
    plot = shown.figures.curves["det"]
    few = sort_scores(np.array([0.8, 0.9]), np.array([0.1, 0.2, 0.85]))
    curves = [*shown.shown.curves, error_curve("<few>", few)]
    plot.show_curves(Shown(curves, ("A", "B", "<few>")))
    assert plot.plot.getPlotItem().getAxis("bottom").label.toPlainText().strip().endswith("here: <few>")
    plot.show_curves(Shown(shown.shown.curves))
    assert plot.plot.getPlotItem().getAxis("bottom").label.toPlainText().strip() == "FMR"
