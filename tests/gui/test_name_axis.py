"""Names on axes: none touches the next, and what has no room says less."""

from types import SimpleNamespace

import pytest
from PySide6.QtGui import QFontMetricsF

from fairdesk.gui.widgets.group_plots import GroupPlot
from fairdesk.gui.widgets.name_axis import NameAxis, fitted
from fairdesk.gui.widgets.name_shortening import shortened
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


ALIKE = [f"Group number {number} of a quite long name" for number in range(1, 25)]
KINDS = [
    ALIKE,
    [f"{sex}, from the {place} of the country, 20 to 29" for sex in ("women", "men") for place in ("north", "south")],
    [f"averylongnamewithoutanywordsatall{letter}thatendsasallothersend" for letter in "abcdef"],
    [f"the first part {'x' * 40} {number} {'y' * 40} the end" for number in (1, 11, 111)],
    ["a", "a" * 80, "a" * 81, "a" * 80 + "b" + "a" * 80],
    [*ALIKE, *(f"{one} longer" for one in "xyz"), ALIKE[0]],  # one twice
]


@pytest.mark.parametrize("names", KINDS)
@pytest.mark.parametrize("room", [40, 90, 160, 190])
def test_names_that_are_cut_stay_different(qtbot, names, room):
    metrics = QFontMetricsF(NameAxis("bottom").font())
    shown = shortened(names, lambda name: fitted(name, metrics, room))
    assert len(dict(zip(shown, names, strict=True))) == len(set(names)) == len(set(zip(shown, names, strict=True)))
    assert all(metrics.horizontalAdvance(line) <= room + 1 for text in shown for line in text.split("\n"))


def test_what_names_have_in_common_is_cut():
    """Worked by hand: 20 letters have room."""
    fit = lambda text: text if len(text) <= 20 else f"{text[:10]}…{text[-9:]}"
    assert shortened(ALIKE, fit)[::11] == ["Group number 1…", "Group number 12…", "Group number 23…"]
    old = [f"of all people those {n} years old at most" for n in (1, 11)]
    assert shortened(old, lambda text: text if len(text) <= 22 else "…") == [
        "…1 years old at most",
        "…11 years old at most",
    ]
    assert shortened(["short", "names"], fit) == ["short", "names"]


@pytest.mark.parametrize("size", [(700, 260), (980, 620)])
def test_an_axis_is_not_seen_twice(qtbot, window, size):
    """Scrolled by any way, a strip lies over the axis it shows or the axis is out of sight."""
    plot = GroupPlot(window.session.theme, "between")
    qtbot.addWidget(plot)
    plot.resize(*size)
    plot.show()
    plot.show_groups(groups([f"Undisclosed{number}altogether" * 3 for number in range(24)]))
    area, frozen = plot.scroller, plot.frozen
    bars = area.horizontalScrollBar(), area.verticalScrollBar()
    qtbot.waitUntil(lambda: all(bar.maximum() > 0 for bar in bars))
    seen = set()
    for step in range(21):
        for bar in bars:
            bar.setValue(bar.maximum() * step // 20)
        inside = plot.plot.mapFromScene(plot.plot.getPlotItem().vb.sceneBoundingRect()).boundingRect()
        left, low = inside.left() + plot.plot.x(), inside.bottom() + plot.plot.y()
        assert not frozen.left.isVisible() or left <= frozen.left.width()
        assert not frozen.bottom.isVisible() or low >= frozen.bottom.y()
        assert frozen.left.isVisible() or left > 0
        assert frozen.bottom.isVisible() or low < area.viewport().height()
        seen |= {(frozen.left.isVisible(), frozen.bottom.isVisible())}
    assert len(seen) > 1
