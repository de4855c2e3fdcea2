"""Plots in the window: pyqtgraph set up once, in the theme's colours, with export."""

from __future__ import annotations

from pathlib import Path

import pyqtgraph as pg
import pyqtgraph.exporters
from PySide6.QtGui import QPainter
from PySide6.QtSvg import QSvgGenerator
from PySide6.QtWidgets import QWidget

from fairdesk.gui import async_glue
from fairdesk.gui.theme import Theme

pg.setConfigOptions(antialias=True)


def new_plot(title: str, x: str, y: str) -> pg.PlotWidget:
    """Return an empty plot."""
    plot = pg.PlotWidget()
    plot.setTitle(title)
    plot.setLabel("bottom", x)
    plot.setLabel("left", y)
    plot.showGrid(x=True, y=True, alpha=0.2)
    plot.setMenuEnabled(False)
    for side in ("bottom", "left"):
        plot.getPlotItem().getAxis(side).enableAutoSIPrefix(False)
    plot.getPlotItem().hideButtons()
    return plot


def retheme(plot: pg.PlotWidget, theme: Theme) -> None:
    """Give a plot the theme's colours."""
    plot.setBackground(theme.tokens["base"])
    for side in ("bottom", "left"):
        axis = plot.getPlotItem().getAxis(side)
        axis.setPen(theme.tokens["border"])
        axis.setTextPen(theme.tokens["text"])
    title = plot.getPlotItem().titleLabel
    title.setText(title.text, color=theme.tokens["text"])


async def save_plot(plot: pg.PlotWidget, parent: QWidget) -> str | None:
    """Ask where to and save a plot as PNG or SVG; returns the path."""
    path = await async_glue.choose_file(parent, "Save the plot", "PNG (*.png);;SVG (*.svg)", save="png")
    if path is None:
        return None
    write_plot(plot, Path(path))
    return path


def write_plot(plot: pg.PlotWidget, path: Path) -> None:
    """Write a plot as PNG (1,600 pixels wide) or SVG, by the path's suffix."""
    if path.suffix.lower() == ".svg":
        generator = QSvgGenerator()  # pyqtgraph's own exporter fails on filled step curves
        generator.setFileName(str(path))
        generator.setSize(plot.size())
        generator.setViewBox(plot.rect())
        painter = QPainter(generator)
        plot.render(painter)
        painter.end()
        return
    exporter = pyqtgraph.exporters.ImageExporter(plot.getPlotItem())
    exporter.parameters()["width"] = 1600
    exporter.export(str(path))
