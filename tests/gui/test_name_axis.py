"""Names on axes: none touches the next, and what has no room says less."""

from types import SimpleNamespace

import pytest
from PySide6.QtGui import QFontMetricsF

from fairdesk.gui.widgets.group_plots import GroupPlot
from fairdesk.gui.widgets.name_axis import NameAxis, fitted
from fairdesk.gui.widgets.plot_export import new_plot
from fairdesk.gui.widgets.top_legend import TopLegend

NAMES = ["asian_females", "asian males, 20 to 29", "Undisclosedaltogether", "white_males"]


@pytest.mark.parametrize("wide", [400, 500, 2000])
def test_names_do_not_touch(qtbot, wide):
    axis = NameAxis("bottom")
    axis.set_names(NAMES)
    axis.setRange(-0.5, 3.5)
    axis.resize(wide, 40)
    shown = axis.tickStrings([0.0, 1.0, 2.0, 3.0], 1, 1)
    metrics = QFontMetricsF(axis.font())
    assert all(metrics.horizontalAdvance(line) < wide / 4 for text in shown for line in text.split("\n"))
    assert (shown == NAMES) == (wide == 2000)
    assert axis.tickValues(3.5, -0.5, wide)[0][1] == [0.0, 1.0, 2.0, 3.0]  # an axis that is turned round


def test_two_lines_before_dots(qtbot):
    metrics = QFontMetricsF(NameAxis("bottom").font())
    room = metrics.horizontalAdvance("females_") + 1
    assert fitted("asian_females", metrics, room) == "asian_\nfemales"
    assert "…" in fitted("Undisclosedaltogether", metrics, room)


def test_many_names_stand_upright_or_are_left_out(qtbot, window):
    names = [f"indian · female · {number} to {number + 9}" for number in range(24)]
    plot = GroupPlot(window.session.theme, "between")
    qtbot.addWidget(plot)
    plot.resize(700, 300)
    plot.show()
    plot.show_groups(groups(names))
    below, beside = (plot.plot.getPlotItem().getAxis(side) for side in ("bottom", "left"))
    qtbot.waitUntil(lambda: below.height() > 100)
    metrics = QFontMetricsF(below.font())
    assert set(below.tickStrings([0.0, 1.0], 1, 1)) == {""}  # they are drawn, turned
    picture = plot.plot.grab().toImage()
    wide, high = picture.width(), picture.height()
    inked = [
        x for x in range(140, wide) if any(picture.pixelColor(x, y).value() < 120 for y in range(high - 100, high))
    ]
    assert len(inked) > 24 * 3
    places = beside.tickValues(*beside.range, beside.height())[0][1]
    assert len(places) == 24  # the plot is as high as its names are, and scrolled
    beside.resize(100, 120)  # an axis that has less room names each second or third
    places = beside.tickValues(*beside.range, 120)[0][1]
    assert 2 < len(places) < 24
    assert (places[1] - places[0]) * beside.height() / 24 >= metrics.height() - 1


@pytest.mark.parametrize("height", [150, 220, 900])
def test_a_legend_of_many_leaves_the_plot_its_room(qtbot, height):
    plot = new_plot("", "", "", lambda: None)
    qtbot.addWidget(plot)
    legend = TopLegend(plot)
    plot.resize(500, height)
    plot.show()
    legend.show_entries([(f"indian · female · {number}", "#ff0000") for number in range(24)], "#000000")
    texts = [label.text for _, label in legend.item.items]
    assert plot.getPlotItem().layout.rowMaximumHeight(0) <= 0.4 * height + 20
    if height == 900:
        assert len(texts) == 24
    else:
        assert texts[-1] == f"{24 - len(texts) + 1} more"
        assert legend.entry_of(legend.item.items[-1][0].item) is None
    assert legend.entry_of(legend.item.items[1][0].item) == 1


def groups(names):
    cell = SimpleNamespace(fmr=0.125, false_matches=1500, impostor=12000)
    none = SimpleNamespace(fmr=None, false_matches=0, impostor=0)
    matrix = {f"{a}|{b}": cell if a == b else none for a in names for b in names}
    return SimpleNamespace(per_group=dict.fromkeys(names), fmr_matrix=matrix)


@pytest.mark.parametrize(
    ("size", "count", "out", "said"),
    [
        ((900, 700), 6, (1, 1), "12.5 %\n1,500/12,000"),
        ((900, 200), 6, (1, 1), "12.5 %\n1,500/12,000"),
        ((300, 160), 20, (1, 1), "12.5 %\n1,500/12,000"),
        ((900, 200), 6, (1, 1.9), "12.5 %"),
        ((300, 160), 20, (1.9, 1), "12.5 %"),
        ((300, 160), 20, (4, 4), ""),
    ],
)
def test_a_cell_says_what_has_room(qtbot, window, size, count, out, said):
    """In a window of any size, as the plot is scrolled; and zoomed out in width and height."""
    plot = GroupPlot(window.session.theme, "between")
    qtbot.addWidget(plot)
    plot.resize(*size)
    plot.show()
    plot.show_groups(groups([f"group_{number}" for number in range(count)]))
    plot.plot.getPlotItem().vb.scaleBy(out)
    qtbot.waitUntil(lambda: {item.toPlainText() for item, _ in plot._notes} == {said})
