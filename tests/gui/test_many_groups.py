"""Plots of many groups in a small window: all that they say can be read, by scrolling or in the larger view."""

import numpy as np
import pyqtgraph as pg
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetricsF, QImage, QPainter
from PySide6.QtWidgets import QApplication

GROUPS = {
    11: ["African American", "East Asian", "South Asian", "White European", "Middle Eastern", "Latino Hispanic", "Indigenous",
         "Pacific Islander", "Southeast Asian", "Black", "Unknown mixed background"],
    24: [f"{a} {b} {c}" for a in ("Asian", "Black", "Indian", "White", "Latino", "Middle Eastern") for b in ("Female", "Male")
         for c in ("20–39", "40–59")],
    40: [f"Group {number:02d}" for number in range(40)],
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
    focus = QApplication.focusWidget()
    assert focus is not None and tab.isAncestorOf(focus)
    qtbot.keyClick(focus, Qt.Key.Key_Escape)
    qtbot.wait(80)
    assert (plot.scroller.viewport().height(), plot.scroller.viewport().width()) == before
    assert tab.tables.isVisible() and tab.sources.isVisible() and tab.headline.isVisible() and tab.top.isVisible()
    menu = plot.gestures.menu()
    next(one for one in menu.actions() if one.text().startswith("Larger plots")).trigger()
    qtbot.wait(80)
    assert tab.tables.isHidden() and tab.top.isHidden()
    menu.close()
    tab.forget()  # as when another project is opened: nothing is larger than nothing
    assert tab.sources.isVisible() and tab.top.isVisible() and tab.pages.currentWidget() is tab.empty_page


def look(pen, symbol):
    return pen.color().name(), tuple(pen.dashPattern()) if pen.style() != Qt.PenStyle.SolidLine else (), symbol


@pytest.mark.parametrize("kind", ["roc", "det", "rates", "scores"])
def test_no_two_of_forty_groups_look_alike(shown, qtbot, kind):
    """By colour, dashes and symbol: in the legend, as it is drawn, and on the curves."""
    plot = bring(shown(40), kind, qtbot)
    items = [sample.item for sample, label in plot.legend.item.items]
    texts = [label.text for _, label in plot.legend.item.items]
    groups = [text for text in texts if text.startswith("Group")]
    assert len(groups) == 40
    looks = {text: look(item.opts["pen"], item.opts["symbol"]) for text, item in zip(texts, items, strict=True)}
    assert len(set(looks.values())) == len(looks) >= 40
    assert all(symbol for name, (_, _, symbol) in looks.items() if name != "all")
    drawn = set()
    for sample, _ in plot.legend.item.items:
        picture = QImage(30, 20, QImage.Format.Format_RGB32)
        picture.fill(Qt.GlobalColor.white)
        painter = QPainter(picture)
        sample.paint(painter)
        painter.end()
        drawn.add(bytes(picture.constBits()))
    assert len(drawn) == len(texts)
    symbols = {name: look[2] for name, look in looks.items()}
    marked = {
        (item.opts["symbol"], pg.mkBrush(item.opts["symbolBrush"]).color().name())
        for item in plot.plot.listDataItems()
        if item.opts["symbol"] and item.opts["symbol"] in symbols.values() and item.opts.get("symbolBrush") is not None
    }
    assert marked == {(symbol, colour) for name, (colour, _, symbol) in looks.items() if name != "all"}


@pytest.mark.parametrize("kind", ["roc", "det", "rates", "scores"])
def test_nor_do_they_where_the_plot_is_saved(shown, qtbot, kind):
    from matplotlib.colors import to_hex

    plot = bring(shown(40), kind, qtbot)
    axes = plot.plot.drawing().axes[0]
    handles, names = axes.get_legend_handles_labels()
    looks = {
        name: (to_hex(one.get_color()), str(one._dash_pattern), one.get_marker())
        for one, name in zip(handles, names, strict=True)
    }
    assert len(set(looks.values())) == len(looks) >= 40
    assert all(marker not in ("", "None", None) for name, (_, _, marker) in looks.items() if name.startswith("Group"))


def pixels(picture):
    image = picture.toImage().convertToFormat(QImage.Format.Format_RGB32)
    return np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.width(), 4)[..., :3].astype(int)


@pytest.mark.parametrize(("kind", "count"), [("between", 40), ("between", 24), ("fnmr", 40)])
def test_names_stay_in_sight_where_a_plot_is_scrolled(shown, qtbot, kind, count):
    """The strips show what stands beside the very rows, and below the very columns, that are seen."""
    tab = shown(count)
    qtbot.waitUntil(lambda: not tab._drawing, timeout=60_000)
    plot = bring(tab, kind, qtbot)
    frozen, area = plot.frozen, plot.scroller
    across, down = area.horizontalScrollBar(), area.verticalScrollBar()
    across.setValue(0)
    assert frozen.left.isHidden() and frozen.corner.isHidden() and frozen.bottom.isVisible() == (down.maximum() > 0)
    across.setValue(across.maximum() // 2)
    down.setValue(down.maximum() // 3)
    qtbot.wait(50)
    assert frozen.left.isVisible()
    whole, strip = pixels(plot.plot.grab()), pixels(frozen.left.grab())
    inside = plot.plot.mapFromScene(plot.plot.getPlotItem().vb.sceneBoundingRect()).boundingRect()
    part = whole[down.value() : down.value() + strip.shape[0], inside.left() - strip.shape[1] : inside.left()]
    assert np.abs(part - strip).mean() < 4 and (strip < 128).any()  # the same letters, at the same height
    if kind == "between":
        assert frozen.bottom.isVisible()
        strip = pixels(frozen.bottom.grab())
        below = inside.bottom()
        part = whole[below : below + strip.shape[0], across.value() : across.value() + strip.shape[1]]
        assert np.abs(part - strip).mean() < 4 and (strip < 128).any()
    across.setValue(across.maximum())
    down.setValue(down.maximum())
    qtbot.wait(50)
    assert frozen.left.isVisible() and frozen.bottom.isHidden()


@pytest.mark.parametrize(
    "names",
    [
        ["African", "Asian", "Caucasian", "Indian"],
        ["A", "B"],
        ["East Asian", "South Asian", "Sub-Saharan African", "Northern European"],
        ["a" * 60, "b" * 60, "c" * 60, "d" * 60],
    ],
)
def test_four_groups_are_seen_whole_on_a_small_screen(window, hand, qtbot, tmp_path, names):
    rng = np.random.default_rng(0)
    label = np.arange(1600) % 2 == 1
    one, other = rng.choice(names, 1600), rng.choice(names, 1600)
    other = np.where(label, one, other)
    np.savez(tmp_path / "s.npz", score=rng.normal(size=1600) + 2 * label, label=label, group1=one, group2=other)
    window.dock.hide()  # no job runs
    window.resize(1024, 700)
    hand.go("metrics")
    tab = window.metrics
    tab.open_file(tmp_path / "s.npz")
    qtbot.waitUntil(lambda: tab.shown is not None and not tab._drawing, timeout=20_000)
    plot = bring(tab, "between", qtbot)
    assert plot.scroller.verticalScrollBar().maximum() == 0 == plot.scroller.horizontalScrollBar().maximum()
    assert not plot.frozen.bottom.isVisible() and not plot.frozen.left.isVisible()
    inside = plot.plot.getPlotItem().vb.sceneBoundingRect()
    assert len(plot._notes) == len(names) ** 2
    for note, text in plot._notes:
        assert note.toPlainText() == text and text.count("\n") == 1
        assert inside.contains(note.mapRectToScene(note.boundingRect()).adjusted(4, 4, -4, -4))
    axis = plot.plot.getPlotItem().getAxis("bottom")
    assert axis.height() >= axis.height_at(axis._apart())
