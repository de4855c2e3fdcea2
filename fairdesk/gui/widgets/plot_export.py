"""Plots in the window: pyqtgraph set up once, in the theme's colours, with export."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pyqtgraph as pg
from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QImage, QPainter
from PySide6.QtSvg import QSvgGenerator
from PySide6.QtWidgets import QWidget

from fairdesk.errors import RequestError
from fairdesk.gui import async_glue
from fairdesk.gui.pictures import decode
from fairdesk.gui.theme import Theme
from fairdesk.gui.widgets.number_axis import NumberAxis
from fairdesk.gui.widgets.zoom_reset import ZoomReset
from fairdesk.images.written_files import need_ending
from fairdesk.words import tr

PNG_WIDTH = 1600
ENDINGS = (".png", ".svg")
pg.setConfigOptions(antialias=True)


def new_plot(
    title: str, x: str, y: str, reset: Callable[[], object] | None = None, axes: dict[str, pg.AxisItem] | None = None
) -> pg.PlotWidget:
    """Return an empty plot; `reset` shows all of it again after it was zoomed, where that is more than to fit it."""
    plain = {side: NumberAxis(side) for side in ("bottom", "left")}
    plot = pg.PlotWidget(axisItems=plain | (axes or {}))
    plot.setTitle(title)
    plot.setLabel("bottom", x)
    plot.setLabel("left", y)
    plot.showGrid(x=True, y=True, alpha=0.2)
    plot.setMenuEnabled(False)
    for side in ("bottom", "left"):
        plot.getPlotItem().getAxis(side).enableAutoSIPrefix(False)
    plot.getPlotItem().hideButtons()
    plot.zoom_reset = ZoomReset(plot, reset)
    plot.drawing = None  # what returns it as the report draws it, where the report has such a plot
    plot.legend_entries = []  # names and pens
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


async def save_plot(parent: QWidget, *plots: pg.PlotWidget) -> str | None:
    """Ask where to and save plots, one below the other, as PNG or SVG; returns the path."""
    path = await async_glue.choose_file(parent, tr("Save the plot"), tr("PNG (*.png);;SVG (*.svg)"), save="png")
    if path is None:
        return None
    write_plot(Path(path), *plots)
    return path


def write_plot(path: Path, *plots: pg.PlotWidget) -> None:
    """Write plots, one below the other, as PNG (1,600 pixels wide) or SVG, by the path's suffix.

    They are drawn in the report's quality. Where a plot holds what that cannot draw, Qt draws it as it is seen
    (pyqtgraph's own SVG exporter fails on filled step curves).
    """
    width, heights = max(plot.width() for plot in plots), [plot.height() for plot in plots]
    size = QSize(width, sum(heights))
    need_ending(path, ENDINGS)
    made = _drawn(path.suffix.lower()[1:], plots)
    if made is not None:
        path.write_bytes(made)
        return
    if path.suffix.lower() == ".svg":
        drawing = QSvgGenerator()
        drawing.setFileName(str(path))
        drawing.setSize(size)
        drawing.setViewBox(QRectF(0, 0, size.width(), size.height()))
        _paint(drawing, plots, 1.0)
        return
    if not _seen(*plots).save(str(path)):
        raise RequestError(tr("{path} could not be written. Choose a folder that may be written to.", path=path))


def _drawn(form: str, plots: tuple[pg.PlotWidget, ...]) -> bytes | None:
    """Return plots as the report draws them, as PNG or SVG; None where one cannot be drawn so."""
    from fairdesk.figures.verification_figures import picture
    from fairdesk.gui.widgets.plain_drawing import plain_figure

    drawing = plots[0].drawing if len(plots) == 1 else None
    figure = plain_figure(plots) if drawing is None else drawing()
    if figure is None:
        return None
    return picture(figure, form, PNG_WIDTH / figure.get_figwidth(), texts=drawing is None)


def picture_of(*plots: pg.PlotWidget) -> QImage:
    """Return plots, one below the other, as a picture 1,600 pixels wide: as they are saved."""
    made = _drawn("png", plots)
    return _seen(*plots) if made is None else decode(made, "png")


def _seen(*plots: pg.PlotWidget) -> QImage:
    """Return plots as they are seen in the window."""
    width, height = max(plot.width() for plot in plots), sum(plot.height() for plot in plots)
    scale = PNG_WIDTH / width
    image = QImage(QSize(width, height) * scale, QImage.Format.Format_RGB32)
    _paint(image, plots, scale)
    return image


def _paint(device: QImage | QSvgGenerator, plots: tuple[pg.PlotWidget, ...], scale: float) -> None:
    painter = QPainter(device)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    top = 0.0
    for plot in plots:
        place = QRectF(0, top, plot.width() * scale, plot.height() * scale)
        painter.fillRect(place, plot.backgroundBrush())
        plot.render(painter, place, plot.rect())
        top += place.height()
    painter.end()
