"""Rates of groups as bars with intervals, and between every two groups as a heat map; a click leads to the pairs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyqtgraph as pg
from PySide6.QtCore import QSize, Signal
from PySide6.QtGui import QFont, QFontMetricsF
from PySide6.QtWidgets import QVBoxLayout, QWidget

from fairdesk.figures.rate_shares import rate_shares
from fairdesk.figures.style import group_style
from fairdesk.gui.theme import Theme
from fairdesk.gui.widgets.frozen_axes import FrozenAxes
from fairdesk.gui.widgets.name_axis import MOST_BESIDE, MOST_UPRIGHT, NameAxis
from fairdesk.gui.widgets.plot_export import new_plot, retheme
from fairdesk.gui.widgets.plot_gestures import PlotGestures
from fairdesk.gui.widgets.plot_keys import Array, PlotKeys, Walk
from fairdesk.gui.widgets.plot_scroll import PlotScroll
from fairdesk.gui.widgets.rate_axis import RateAxis
from fairdesk.metrics.pairs_behind.pair_query import PairQuery, cell_key
from fairdesk.metrics.pairs_behind.shown_figures import rate, rates_between
from fairdesk.metrics.shown_bounds import marked
from fairdesk.metrics.shown_bounds import within as with_interval
from fairdesk.words import tr

if TYPE_CHECKING:
    from fairdesk.metrics.results import CrossCell, GroupsResult


_TITLE = 46  # pixels of a plot's title, with the gaps around it
_BARS = 130  # pixels of the bars themselves
_RATES = 90  # pixels of the rates beside them
_GAP = 6  # pixels between the texts of two cells
_FEW = 6  # groups; of more, names and cells are written smaller


def _legible(colour: npt.NDArray[np.integer]) -> str:
    """Return black or white, whichever stands out more from a colour of three bytes (relative luminance of WCAG 2.1)."""
    part = colour / 255
    linear = np.where(part <= 0.04045, part / 12.92, ((part + 0.055) / 1.055) ** 2.4)
    luminance = float(linear @ np.array([0.2126, 0.7152, 0.0722]))
    return "#000000" if (luminance + 0.05) / 0.05 > 1.05 / (luminance + 0.05) else "#ffffff"


def _cell_text(cell: CrossCell) -> str:
    """Return what a cell of the heat map says where it has room: the rate, and the counts behind it."""
    return f"{rate(cell.fmr)}\n{cell.false_matches:,}/{cell.impostor:,}"


class GroupPlot(QWidget):
    """One plot of all groups: "fnmr", "fmr" (bars) or "between" (the heat map)."""

    pairs_asked = Signal(object)  # PairQuery
    saved = Signal(str)

    def __init__(self, theme: Theme, kind: str) -> None:
        super().__init__()
        self.kind, self._theme = kind, theme
        self._groups: GroupsResult | None = None
        self._top = 0.0  # of the bars and their intervals
        self._notes: list[tuple[pg.TextItem, str]] = []  # in the cells of the heat map, with all they could say
        titles = {
            "fnmr": (tr("FNMR by group, with 95 % intervals"), "", tr("FNMR")),
            "fmr": (tr("FMR by group, with 95 % intervals"), "", tr("FMR")),
            "between": (tr("FMR between groups (colour: its logarithm)"), "", ""),
        }
        axes = {"bottom": NameAxis("bottom"), "left": NameAxis("left") if kind == "between" else RateAxis("left")}
        self.plot = new_plot(*titles[kind], self.reset, axes=axes)
        self.plot.drawing = self._drawing
        self.gestures = PlotGestures(self.plot, self.reset)
        self.gestures.clicked.connect(self._on_click)
        self.gestures.saved.connect(self.saved)
        self.plot.setAccessibleName(titles[kind][0])
        self.keys = PlotKeys(self.plot, theme, self.walks)
        self.keys.asked.connect(self.pairs_asked)
        if kind == "between":
            self.plot.showGrid(x=False, y=False)
            self.plot.getPlotItem().vb.invertY(True)
            self.plot.getPlotItem().vb.setAspectLocked(False)
            self.plot.getPlotItem().vb.sigTransformChanged.connect(self._fit_notes)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        self.scroller = PlotScroll(self.plot, self._room)
        self.frozen = FrozenAxes(self.scroller, self.plot)
        layout.addWidget(self.scroller)
        self.plot.scene().sigMouseMoved.connect(self._on_move)
        theme.changed.connect(self.redraw)

    def show_groups(self, groups: GroupsResult | None) -> None:
        """Draw other rates."""
        self._groups = groups
        self.scroller.fit()
        self.redraw()

    def _room(self) -> QSize:
        """Return how many pixels it takes to read every name, and in the heat map every cell."""
        groups = self._groups
        if groups is None:
            return QSize()
        names, metrics = list(groups.per_group), QFontMetricsF(self._small())
        longest = max(map(QFontMetricsF(self.font()).horizontalAdvance, names), default=0.0)
        upright = _TITLE + min(longest, MOST_UPRIGHT)
        if self.kind != "between":
            each = QFontMetricsF(self.font()).height()
            return QSize(int(_RATES + len(names) * each), int(upright + _BARS) if len(names) > _FEW else 0)
        texts = [_cell_text(cell) for cell in groups.fmr_matrix.values() if cell.fmr is not None]
        wide = max((metrics.horizontalAdvance(line) for text in texts for line in text.split("\n")), default=0.0)
        beside = min(longest, MOST_BESIDE) + _TITLE
        least = beside + len(names) * (wide + _GAP)
        self._names("bottom", names)
        axis = self.plot.getPlotItem().getAxis("bottom")
        below = axis.height_at((max(self.scroller.viewport().width(), least) - beside) / max(len(names), 1))
        return QSize(int(least), int(_TITLE + below + len(names) * (2 * metrics.height() + _GAP)))

    def _small(self) -> QFont:
        """Return the letters of the heat map's cells: smaller ones where there are many."""
        font = QFont(self.font())
        if self._groups is not None and len(self._groups.per_group) > _FEW:
            font.setPointSizeF(max(7.0, font.pointSizeF() * 0.8))
        return font

    def _drawing(self) -> Any:
        """Return the plot as the report draws it."""
        from fairdesk.figures.lettering import lettering
        from fairdesk.figures.verification_figures import framed
        from fairdesk.metrics.report.written import group_drawings

        assert self._groups is not None
        names = {"fnmr": "fnmr-bars", "fmr": "fmr-bars", "between": "fmr-between-groups"}
        with lettering(self._groups.per_group):
            return framed(group_drawings(self._groups)[names[self.kind]], len(self._groups.per_group))

    def redraw(self) -> None:
        """Draw everything again in the theme's colours."""
        retheme(self.plot, self._theme)
        self.plot.clear()
        if self._groups is None:
            return
        if self.kind == "between":
            self._heat_map(self._groups)
        else:
            self._bars(self._groups)
        self.reset()
        self.keys.shown_again()

    def reset(self) -> None:
        """Show all of it."""
        count = 0 if self._groups is None else len(self._groups.per_group)
        if self.kind == "between":
            self.plot.setRange(xRange=(-0.5, count - 0.5), yRange=(-0.5, count - 0.5), padding=0.02)
        else:
            self.plot.setRange(xRange=(-0.6, count - 0.4), padding=0)
            self.plot.setRange(yRange=(0, max(self._top, 1e-6) * 1.15), padding=0)
        self.plot.zoom_reset.hide()

    def _names(self, side: str, names: list[str]) -> None:
        self.plot.getPlotItem().getAxis(side).set_names(names)

    def _bars(self, groups: GroupsResult) -> None:
        self._names("bottom", list(groups.per_group))
        self._top = 0.0
        for number, row in enumerate(groups.per_group.values()):
            value, interval = (row.fnmr, row.fnmr_ci) if self.kind == "fnmr" else (row.fmr, row.fmr_ci)
            if value is None:
                self._note(number, 0.0, tr("undefined"))
                continue
            self._top = max(self._top, value, 0.0 if interval is None else interval[1])
            bar = pg.BarGraphItem(x=[number], height=[value], width=0.6, brush=group_style(number)[0], pen=None)
            self.plot.addItem(bar)
            if interval is not None:
                for colour, width in (("base", 4.5), ("text", 1.5)):  # with a rim it is seen on any bar
                    error = pg.ErrorBarItem(
                        x=np.array([number]), y=np.array([value]), top=np.array([max(0.0, interval[1] - value)]),
                        bottom=np.array([max(0.0, value - interval[0])]), beam=0.15,
                        pen=pg.mkPen(self._theme.tokens[colour], width=width),
                    )  # fmt: skip
                    self.plot.addItem(error)

    def _note(self, x: float, y: float, text: str, colour: str | None = None) -> pg.TextItem:
        item = pg.TextItem(text, color=colour or self._theme.tokens["text"], anchor=(0.5, 0.5))
        item.setPos(x, y)
        self.plot.addItem(item)
        return item

    def _fit_notes(self) -> None:
        """Say in each cell of the heat map what has room there: rate and counts, the rate, or nothing."""
        wide, high = self.plot.getPlotItem().vb.viewPixelSize()
        if not wide or not high:
            return
        for item, text in self._notes:
            metrics = QFontMetricsF(item.textItem.font())
            lines = text.split("\n")
            while lines and (
                len(lines) * metrics.height() > 1 / high or max(map(metrics.horizontalAdvance, lines)) > 1 / wide
            ):
                lines.pop()
            item.setPlainText("\n".join(lines))

    def _heat_map(self, groups: GroupsResult) -> None:
        names = list(groups.per_group)
        self._notes = []
        if not groups.fmr_matrix:  # too many groups
            return
        cells = [[groups.fmr_matrix[cell_key(a, b)] for b in names] for a in names]
        rates = np.array([[np.nan if one.fmr is None else one.fmr for one in row] for row in cells])
        share = rate_shares(rates)
        colours = pg.colormap.get("cividis").map(np.nan_to_num(share), mode="byte")
        colours[np.isnan(rates), 3] = 0  # empty where there are no pairs
        image = pg.ImageItem(colours, axisOrder="row-major")
        image.setRect(-0.5, -0.5, len(names), len(names))
        self.plot.addItem(image)
        between = pg.mkPen(
            self._theme.tokens["base"], width=2
        )  # dark cells are told from each other, and from the ground
        for place in range(len(names) + 1):
            for angle in (0, 90):
                self.plot.addItem(pg.InfiniteLine(place - 0.5, angle=angle, pen=between), ignoreBounds=True)
        frame = pg.PlotCurveItem(
            np.array([0, len(names), len(names), 0, 0]) - 0.5, np.array([0, 0, len(names), len(names), 0]) - 0.5,
            pen=pg.mkPen(self._theme.tokens["muted"], width=1),
        )  # fmt: skip
        self.plot.addItem(frame, ignoreBounds=True)
        for side in ("bottom", "left"):
            self._names(side, names)
        font = self._small()
        for y, row in enumerate(cells):
            for x, one in enumerate(row):
                if one.fmr is not None:
                    text = _cell_text(one)
                    note = self._note(x, y, text, _legible(colours[y, x, :3]))
                    note.setFont(font)
                    self._notes.append((note, text))
        self._fit_notes()

    def walks(self) -> list[Walk]:
        """Return the bars, or the rows of cells, for the keyboard."""
        groups = self._groups
        if groups is None or (self.kind == "between" and not groups.fmr_matrix):
            return []
        places = np.arange(len(groups.per_group), dtype=np.float64)
        if self.kind == "between":
            return [self._walk_along(places, np.full(len(places), row)) for row in places]
        rates = [row.fnmr if self.kind == "fnmr" else row.fmr for row in groups.per_group.values()]
        return [self._walk_along(places, np.array([one or 0.0 for one in rates]))]

    def _walk_along(self, x: Array, y: Array) -> Walk:
        def said(place: int) -> str:
            return self.tip_at(float(x[place]), float(y[place]))

        def query(place: int) -> PairQuery | None:
            return self.query_at(float(x[place]), float(y[place]))

        return Walk(x, y, said, query, box=True, to_ground=self.kind != "between")

    def tip_at(self, x: float, y: float) -> str:
        """Return what the bar or cell at a place of the plot says in full."""
        query, groups = self.query_at(x, y), self._groups
        if query is None or groups is None:
            return ""
        if self.kind == "between" and groups.fmr_matrix:
            cell = groups.fmr_matrix[cell_key(query.first, query.second)]
            said = rate(cell.fmr) if cell.fmr is not None else cell.fmr_why or tr("undefined")
            counts = tr("{errors:,} of {trials:,} pairs", errors=cell.false_matches, trials=cell.impostor)
            between = tr("FMR between {first} and {second}", first=query.first, second=query.second)
            within = tr("FMR within {group}", group=query.first)
            return f"{within if query.first == query.second else between}\n{said}\n{counts}"
        row = groups.per_group[query.first]
        value, why, interval, no, by = (
            getattr(row, f"{self.kind}{end}") for end in ("", "_why", "_ci", "_ci_why", "_ci_by")
        )
        if value is None:
            said = why or tr("undefined")
        elif interval is None:
            said = with_interval(rate(value), None, no)
        else:
            said = marked(f"{rate(value)}  [{rates_between(interval)}]", by)
        return f"{query.first}\n{said}"

    def _on_move(self, position: Any) -> None:
        """Say what is under the pointer."""
        view = self.plot.getPlotItem().vb
        inside = view.sceneBoundingRect().contains(position)
        place = view.mapSceneToView(position)
        text = self.tip_at(place.x(), place.y()) if inside else ""
        if text:
            self.keys.readout.show_at(text, place.x(), place.y(), border="border")
        else:
            self.keys.pointer_left()

    def query_at(self, x: float, y: float) -> PairQuery | None:
        """Return the pairs behind what lies at a place of the plot."""
        groups = self._groups
        if groups is None:
            return None
        names = list(groups.per_group)
        column, row = round(x), round(y)
        if not 0 <= column < len(names) or abs(x - column) > 0.5:
            return None
        if self.kind != "between":
            return PairQuery("false non-match" if self.kind == "fnmr" else "false match", names[column], names[column])
        if not 0 <= row < len(names):
            return None
        return PairQuery("false match", names[row], names[column])

    def _on_click(self, x: float, y: float) -> None:
        query = self.query_at(x, y)
        if query is not None:
            self.pairs_asked.emit(query)
