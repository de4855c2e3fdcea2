"""Plots that are saved or copied are drawn as the report draws its own, whatever plot of the window they are."""

import numpy as np
import pyqtgraph as pg
import pytest
from PySide6.QtGui import QGuiApplication, QImage

from fairdesk.gui.theme import Theme
from fairdesk.gui.widgets.curve_plots import RatePlot
from fairdesk.gui.widgets.name_axis import NameAxis
from fairdesk.gui.widgets.plain_drawing import plain_figure
from fairdesk.gui.widgets.plot_export import PNG_WIDTH, new_plot, picture_of, write_plot
from fairdesk.gui.widgets.plot_gestures import PlotGestures
from fairdesk.gui.widgets.run_curves import Line, RunCurves
from fairdesk.gui.widgets.top_legend import TopLegend


@pytest.fixture
def theme(qapp):
    yield Theme(qapp, "dark")
    Theme(qapp, "light")


@pytest.fixture
def curves(qtbot, theme):
    """Training curves with a logarithmic axis, a smoothed series and one that was evaluated."""
    made = RunCurves(theme)
    qtbot.addWidget(made)
    made.resize(700, 500)
    made.show()
    steps = np.arange(1.0, 101)
    lines = [
        Line("run", "loss", "loss", steps, list(10.0 / steps), False),
        Line("run", "d_loss", "d_loss", steps, list(1.0 / steps), False),
        Line("run", "FID", "FID", steps[::10], list(200 - steps[::10]), True),
    ]
    made.draw(lines, "step", weight=0.6, logarithmic=True, marks=[("100", 50.0)])
    return made


def test_training_curves_are_drawn_with_their_names_axes_and_numbers(curves):
    figure = plain_figure([curves.losses, curves.rates])
    above, below = figure.axes
    assert above.get_yscale() == "log" and above.get_xlabel() == "step"
    numbers = [text.get_text() for axes in figure.axes for text in axes.get_yticklabels(which="both")]
    assert "0.1" in numbers and "180" in numbers and not any("$" in text for text in numbers)
    assert [text.get_text() for text in above.get_legend().get_texts()] == ["loss", "d_loss"]
    longest = [line for line in above.lines if len(line.get_xdata()) == 100]
    assert any(np.allclose(line.get_ydata(), 10.0 / np.arange(1.0, 101)) for line in longest)  # the raw one
    assert len(longest) == 4 and below.get_ylabel() and len(below.lines[0].get_xdata()) == 10
    (low, high), (x0, x1) = above.get_ylim(), above.get_xlim()
    assert low <= 0.02 and high >= 5 and x0 <= 1 and x1 >= 100


def test_they_are_saved_and_copied_on_white_at_full_size(curves, tmp_path, qapp):
    write_plot(tmp_path / "p.png", curves.losses, curves.rates)
    saved = QImage(str(tmp_path / "p.png"))
    assert saved.width() == PNG_WIDTH and saved.pixelColor(2, 2).name() == "#ffffff"
    write_plot(tmp_path / "p.svg", curves.losses, curves.rates)
    drawn = (tmp_path / "p.svg").read_text()
    assert "matplotlib" in drawn and "Generator: Qt" not in drawn
    gestures = PlotGestures(curves.losses, curves.show_all)
    gestures.copy()
    copied = QGuiApplication.clipboard().image()
    assert copied.width() == PNG_WIDTH and copied.pixelColor(2, 2).name() == "#ffffff"


def test_a_copied_plot_of_error_rates_is_the_saved_one(qtbot, theme, tmp_path):
    plot = RatePlot(theme, "roc")
    qtbot.addWidget(plot)
    plot.show()
    write_plot(tmp_path / "r.png", plot.plot)
    assert picture_of(plot.plot) == QImage(str(tmp_path / "r.png")).convertToFormat(picture_of(plot.plot).format())


def test_bars_with_names_and_texts(qtbot):
    plot = new_plot("EER by group", "", "EER (%)", axes={"bottom": NameAxis("bottom")})
    qtbot.addWidget(plot)
    plot.show()
    plot.addItem(pg.BarGraphItem(x=[0, 1], height=[2.0, 3.0], width=0.6, brush="#336699", pen=None))
    plot.addItem(pg.TextItem("3", anchor=(0.5, 1)))
    plot.addItem(pg.InfiniteLine(1.5, angle=0, pen=pg.mkPen("#cccccc", style=pg.QtCore.Qt.PenStyle.DashLine)))
    plot.getPlotItem().getAxis("bottom").set_names(["_A & B", "C"])
    (axes,) = plain_figure([plot]).axes
    assert [bar.get_height() for bar in axes.patches] == [2.0, 3.0] and axes.get_title() == "EER by group"
    assert [text.get_text().lstrip("\u200b") for text in axes.get_xticklabels()] == ["_A & B", "C"]
    assert axes.texts[0].get_text() == "3" and axes.get_ylabel() == "EER (%)"
    line = axes.lines[0]
    assert list(line.get_ydata()) == [1.5, 1.5] and line.get_linestyle() == "--"
    assert line.get_color() < "#b00000"  # grey for the dark theme, dark on white


def test_what_is_no_line_bar_or_text_is_drawn_as_it_is_seen(qtbot, tmp_path):
    plot = new_plot("", "x", "y")
    qtbot.addWidget(plot)
    plot.resize(400, 300)
    plot.show()
    TopLegend(plot)
    plot.addItem(pg.ImageItem(np.eye(3)))
    assert plain_figure([plot]) is None
    write_plot(tmp_path / "p.png", plot)
    assert QImage(str(tmp_path / "p.png")).width() == PNG_WIDTH
