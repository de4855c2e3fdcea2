"""A plain PDF of headings, paragraphs, tables and plots, drawn with matplotlib: text stays text, plots stay vectors."""

from __future__ import annotations

import io
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import Any

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.backends.backend_pdf import PdfPages
from matplotlib.figure import Figure

from fairdesk.figures.lettering import fit_title, measure, words, wrapped

_WIDTH, _HEIGHT, _MARGIN = 595.0, 842.0, 42.0  # A4, in points
_ROOM = _WIDTH - 2 * _MARGIN
_PLOT, _WIDE_PLOT = 215.0, 370.0  # points that a row of plots needs
_WORD = _ROOM / 4  # points; a longer word in a table is cut
_SIZES = (8.0, 7.5, 7.0, 6.5, 6.0, 5.5, 5.0)
_MANY, _READABLE = 12, 6.0  # a table of more columns is divided before its letters are smaller than so many points
_FONTS: Any = {"pdf.fonttype": 42}  # TrueType, as journals ask; the whole file has one kind


class PdfPage:
    """Fills pages from top to bottom; `finish` returns the file. The same content gives the same bytes.

    `check` is called before each page, row and plot, and may raise to end it.
    """

    def __init__(self, title: str, producer: str, check: Callable[[], None] = lambda: None) -> None:
        self._check = check
        self._buffer = io.BytesIO()
        metadata = {"Title": title, "Producer": producer, "Creator": producer, "CreationDate": None}
        with rc_context(_FONTS):
            self._pages: Any = PdfPages(self._buffer, metadata=metadata)  # its stubs lack types
        self._figure: Figure | None = None
        self._number = 0
        self._left_plot = True
        self._row_height = _PLOT  # the height of the row of plots that is not ended yet
        self._top = _MARGIN
        self._turn()
        self._text(title, 15, weight="bold")
        self._top += 8

    def _turn(self) -> None:
        """Begin a new page."""
        self._end()
        self._figure = Figure(figsize=(_WIDTH / 72, _HEIGHT / 72))
        self._number += 1
        self._top = _MARGIN
        self._left_plot = True
        self._put(str(self._number), _WIDTH / 2, _HEIGHT - 24, 7, align="center")

    def _end(self) -> None:
        self._check()
        if self._figure is not None:
            with rc_context(_FONTS):
                self._pages.savefig(self._figure)

    def _put(
        self, text: str, x: float, baseline: float, size: float, *, align: str = "left", weight: str = "normal"
    ) -> None:
        assert self._figure is not None
        self._figure.text(
            x / _WIDTH, 1 - baseline / _HEIGHT, text, fontsize=size, ha=align, va="baseline",
            weight=weight, parse_math=False,
        )  # fmt: skip

    def _need(self, height: float) -> None:
        if self._top + height > _HEIGHT - _MARGIN:
            self._turn()

    def _text(self, text: str, size: float, *, weight: str = "normal") -> None:
        for line in wrapped(text, size * (1.08 if weight == "bold" else 1), _ROOM):
            self._need(size * 1.4)
            self._top += size * 1.4
            self._put(line, _MARGIN, self._top, size, weight=weight)

    def heading(self, text: str, *, plots: bool = False) -> None:
        """Write a heading, with room for some lines below it, or for a row of plots."""
        self._end_row()
        self._need(40 + _PLOT if plots else 80)
        self._top += 10
        self._text(text, 11, weight="bold")
        self._top += 4

    def paragraph(self, text: str, *, small: bool = False) -> None:
        """Write a paragraph."""
        self._text(text, 7 if small else 8.5)
        self._top += 3

    def table(
        self, header: Sequence[str], rows: Sequence[Sequence[str]], *, text_columns: Collection[int], head: bool = True
    ) -> None:
        """Write a table, as large as the page's width allows; texts are broken between words where they must be.

        One of many columns that would be too small to read stands in parts, one below the other: each has the first
        column again.
        """
        every = [header, *rows] if head else rows
        columns = [[row[place] for row in every] for place in range(len(header))]
        many = head and len(header) > _MANY
        for size in (one for one in _SIZES if not many or one >= _READABLE):
            whole = [max(self._lengths(column, size)) + 8 for column in columns]
            if sum(whole) <= _ROOM:
                found = whole
                break
            parts = [
                min(max(self._lengths((word for text in column for word in (words(text) or [""])), size)), _WORD) + 8
                for column in columns
            ]
            if sum(parts) <= _ROOM:
                left = (_ROOM - sum(parts)) / max(sum(whole) - sum(parts), 1e-9)
                found = [least + left * (most - least) for least, most in zip(parts, whole, strict=True)]
                break
        else:
            if many:
                half = (len(header) + 1) // 2
                for places in ((0, *range(1, half)), (0, *range(half, len(header)))):
                    self.table(
                        [header[place] for place in places], [[row[place] for place in places] for row in rows],
                        text_columns={new for new, old in enumerate(places) if old in text_columns},
                    )  # fmt: skip
                return
            size = _SIZES[-1]
            found = [least * _ROOM / sum(parts) for least in parts]
        if head:
            self._need(sum(self._height(row, found, size) for row in every[:2]))
            self._row(header, found, size, text_columns, weight="bold")
        for row in rows:
            self._row(row, found, size, text_columns, header=header if head else ())
        self._top += 4

    def _lengths(self, texts: Iterable[str], size: float) -> Iterator[float]:
        """Yield how long texts are in bold; a table of thousands takes seconds."""
        for text in texts:
            self._check()
            yield measure(text, size, "bold")

    def _height(self, cells: Sequence[str], widths: Sequence[float], size: float) -> float:
        """Return how many points a row takes."""
        return (
            size
            * 1.45
            * max(
                len(wrapped(cell, size, width - 8, "bold") or [""]) for cell, width in zip(cells, widths, strict=True)
            )
        )

    def _row(
        self,
        cells: Sequence[str],
        widths: Sequence[float],
        size: float,
        text_columns: Collection[int],
        weight: str = "normal",
        header: Sequence[str] = (),
    ) -> None:
        """Write a row; where it begins a page, below the table's head."""
        self._check()
        lines = [wrapped(cell, size, width - 8, weight) or [""] for cell, width in zip(cells, widths, strict=True)]
        page = self._number
        self._need(size * 1.45 * max(len(one) for one in lines))
        if header and self._number > page:
            self._row(header, widths, size, text_columns, weight="bold")
        top, x = self._top, _MARGIN
        for place, (parts, width) in enumerate(zip(lines, widths, strict=True)):
            for number, part in enumerate(parts):
                left = place in text_columns
                self._put(
                    part, x if left else x + width - 6, top + size * 1.45 * (number + 1), size,
                    align="left" if left else "right", weight=weight,
                )  # fmt: skip
            x += width
        self._top = top + size * 1.45 * max(len(one) for one in lines)

    def _end_row(self) -> None:
        if not self._left_plot:
            self._top += self._row_height
            self._left_plot = True
        self._row_height = _PLOT

    def plot(self, draw: Callable[[Axes], None], *, wide: bool = False) -> None:
        """Draw a plot; two stand side by side, a wide one alone."""
        self._check()
        if wide:
            self._end_row()
        if self._left_plot:
            self._need(_WIDE_PLOT if wide else _PLOT)
        assert self._figure is not None
        x = _MARGIN + (70 if wide else 40) + (0 if self._left_plot else _ROOM / 2 + 6)
        width, height = (_ROOM - 80, 210) if wide else (_ROOM / 2 - 50, 135)
        axes = self._figure.add_axes(
            (x / _WIDTH, 1 - (self._top + 22 + height) / _HEIGHT, width / _WIDTH, height / _HEIGHT)
        )
        draw(axes)
        fit_title(axes, 6)
        for text in (axes.xaxis.label, axes.yaxis.label, *axes.get_xticklabels(), *axes.get_yticklabels()):
            text.set_fontsize(6)
        legend = axes.get_legend()
        if legend is not None:
            legend.set_bbox_to_anchor((0.5, -0.22))
            for text in legend.get_texts():
                text.set_fontsize(5.5)
        box = axes.get_tightbbox()
        if box is not None:
            lowest = box.y0 * 72 / self._figure.dpi
            self._row_height = max(self._row_height, _HEIGHT - lowest - self._top + 12)
        ended = wide or not self._left_plot
        self._left_plot = False
        if ended:
            self._end_row()

    def finish(self) -> bytes:
        """Return the file."""
        self._end()
        self._check()
        self._figure = None
        with rc_context(_FONTS):
            self._pages.close()
        return self._buffer.getvalue()
