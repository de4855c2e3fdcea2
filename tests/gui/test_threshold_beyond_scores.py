"""A threshold beyond all scores, or one that is none: the plots and the line below the rules say so."""

import pytest
from PySide6.QtCore import Qt

from fairdesk.figures.whole_set import WHOLE
from fairdesk.gui.widgets.curve_plots import RatePlot, Shown
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
