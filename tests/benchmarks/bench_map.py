"""The map at 100,000 points: a lasso, and a frame of panning and zooming, by the window's own painting and by pyqtgraph's points."""

import os
import statistics
import sys
import time

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np

POINTS, PEOPLE, SIDE = 100_000, 9_500, (900, 800)


def layout():
    """Heaps of points as t-SNE makes them."""
    rng = np.random.default_rng(1)
    who = rng.integers(0, PEOPLE, POINTS)
    places = rng.normal(scale=50, size=(PEOPLE, 2))[who] + rng.normal(scale=0.4, size=(POINTS, 2))
    return places.astype(np.float32), who


def timed(work, times=20):
    took = []
    for number in range(times):
        begin = time.perf_counter()
        work(number)
        took.append(1000 * (time.perf_counter() - begin))
    return f"{statistics.median(took):.0f} ms, at worst {max(took):.0f} ms"


def main():
    from PySide6.QtCore import QPointF, Qt
    from PySide6.QtGui import QPolygonF
    from PySide6.QtWidgets import QApplication

    from fairdesk.figures.point_raster import colours
    from fairdesk.gui.widgets.point_map import PointMap

    app = QApplication.instance() or QApplication(sys.argv)
    places, who = layout()
    shown = PointMap()
    shown.resize(*SIDE)
    shown.show()
    shown.show_points(places)
    shown.show_colours(who, [str(n) for n in range(PEOPLE)], colours(PEOPLE), np.bincount(who, minlength=PEOPLE))
    shown.grab()
    turn = np.linspace(0, 2 * np.pi, 400)

    def lasso(number):
        reach = 150 + 10 * number
        outline = QPolygonF([QPointF(450 + reach * np.cos(t), 400 + reach * np.sin(3 * t)) for t in turn])
        shown._choose(shown.inside(outline), Qt.KeyboardModifier.NoModifier)
        shown.grab()

    def pan(number):
        shown.pan(QPointF(12 if number % 2 else -9, 5))
        shown.grab()

    def zoom(number):
        shown.zoom(1.15 if number < 10 else 1 / 1.15, QPointF(300, 300))
        shown.grab()

    print(f"{POINTS:,} points: lasso and its picture {timed(lasso)} (promised: 100)")
    print(f"panning, some selected: {timed(pan)} a frame; zooming: {timed(zoom)} (promised: 33)")
    shown.select(np.zeros(POINTS, dtype=bool))
    print(f"panning, none selected: {timed(pan)} a frame")
    shown.close()

    import pyqtgraph as pg

    plot = pg.PlotWidget()
    plot.resize(*SIDE)
    brushes = [pg.mkBrush(colour) for colour in colours(PEOPLE)]
    plot.addItem(pg.ScatterPlotItem(x=places[:, 0], y=places[:, 1], size=4, pen=None, brush=[brushes[n] for n in who]))
    plot.show()
    plot.grab()

    def move(number):
        plot.getViewBox().translateBy(x=1 if number % 2 else -1)
        plot.grab()

    print(f"pyqtgraph's ScatterPlotItem: {timed(move, 5)} a frame")
    plot.close()
    app.processEvents()


if __name__ == "__main__":
    main()
