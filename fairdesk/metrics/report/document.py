"""A written report, whatever it is of: one HTML page and one PDF, and their tables and plots as files."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment

from fairdesk import __version__
from fairdesk.assets import asset
from fairdesk.images.written_files import write_bytes
from fairdesk.metrics.report.earlier import files_of_earlier
from fairdesk.metrics.report.option_words import named_both
from fairdesk.metrics.report.table_files import as_csv, as_latex
from fairdesk.metrics.report.tables import Table, reworded
from fairdesk.words import tr

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Drawing = Callable[["Axes"], None]


@dataclass(frozen=True)
class Plot:
    """One plot: what it shows in words, how it is drawn, for how many groups it has a place, whether it takes a page's width."""

    said: str
    draw: Drawing
    places: int = 0
    wide: bool = False


@dataclass(frozen=True)
class Document:
    """What a report says; `name` is that of its page and PDF. `plots` are by file name.

    `warnings` stand at its head, `caveats` are what a reader must know.
    """

    name: str
    title: str
    facts: list[tuple[str, str]]
    tables: list[Table]
    caveats: list[str]
    plots: Mapping[str, Plot] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)


def files_of(document: Document, language: str, check: Callable[[], None]) -> dict[str, bytes]:
    """Return the page, the PDF, the tables (CSV, LaTeX) and the plots (PNG, SVG, PDF) by file name.

    The same document gives the same bytes. `check` is called every fraction of a second and may raise to end it.
    """
    document = _in_both_words(document)
    files = _plot_files(document.plots, check)
    for table in document.tables:
        check()
        files |= {
            f"tables/{table.name}.csv": as_csv(table).encode(),
            f"tables/{table.name}.tex": as_latex(table).encode(),
        }
    check()
    files[f"{document.name}.pdf"] = _pdf(document, check)
    check()
    files[f"{document.name}.html"] = _page(document, files, language).encode()
    return files


def write_files(
    folder: Path, record: str, files: dict[str, bytes], values: dict[str, Any], check: Callable[[], None]
) -> None:
    """Write files into a folder, and `record` with the values and the names of all of them.

    What an earlier record of that name says it wrote there, and is not among these, is removed. `check` may raise to end it
    before the first is written.
    """
    whole = values | {"files": sorted([*files, record])}
    files = files | {record: (json.dumps(whole, indent=1) + "\n").encode()}
    check()
    earlier = files_of_earlier(folder, record)
    for name, content in files.items():
        write_bytes(folder / name, content)
    for name in earlier - files.keys():
        (folder / name).unlink(missing_ok=True)


def _plot_files(plots: Mapping[str, Plot], check: Callable[[], None]) -> dict[str, bytes]:
    """Return each plot in each form, by file name."""
    if not plots:
        return {}
    from fairdesk.figures.verification_figures import framed, picture

    files = {}
    for name, plot in plots.items():
        check()
        figure = framed(plot.draw, plot.places)
        for form in ("svg", "png", "pdf"):
            check()
            files[f"{name}.{form}"] = picture(figure, form)
    return files


def _page(document: Document, files: Mapping[str, bytes], language: str) -> str:
    """Return the report as HTML; the SVGs of its plots are among the files."""
    environment = Environment(autoescape=True)
    template = environment.from_string(asset("resources", "report.html.j2").read_text(encoding="utf-8"))
    pictures = [
        (plot.said, base64.b64encode(files[f"{name}.svg"]).decode("ascii")) for name, plot in document.plots.items()
    ]
    return template.render(
        language=language, title=document.title, facts=document.facts, tables=document.tables, pictures=pictures,
        made=tr("How these numbers were made"), read=tr("How to read them"), plots=tr("Plots"),
        caveats=document.caveats, warnings=document.warnings, generator=f"FairDesk {__version__}",
    )  # fmt: skip


def _in_both_words(document: Document) -> Document:
    """Return a report whose texts name the control beside each option: it may be made from the window or by a verb."""
    return replace(
        document,
        facts=[(name, named_both(value)) for name, value in document.facts],
        tables=[reworded(table, named_both) for table in document.tables],
        caveats=[named_both(line) for line in document.caveats],
        warnings=[named_both(line) for line in document.warnings],
    )


def _pdf(document: Document, check: Callable[[], None]) -> bytes:
    """Return the report as PDF."""
    from fairdesk.figures.pdf_pages import PdfPage

    pdf = PdfPage(document.title, f"FairDesk {__version__}", check)
    for line in document.warnings:
        pdf.paragraph(line)
    pdf.heading(tr("How these numbers were made"))
    pdf.table(["", ""], [[name, value] for name, value in document.facts], text_columns={0, 1}, head=False)
    for table in document.tables:
        pdf.heading(table.title)
        pdf.table(
            [column.title for column in table.columns], [[cell.text for cell in row] for row in table.rows],
            text_columns={place for place, column in enumerate(table.columns) if column.text},
        )  # fmt: skip
        if table.note:
            pdf.paragraph(table.note, small=True)
    pdf.heading(tr("How to read them"))
    for line in document.caveats:
        pdf.paragraph(line)
    if document.plots:
        pdf.heading(tr("Plots"), plots=True)
    for plot in document.plots.values():
        pdf.plot(plot.draw, wide=plot.wide)
    return pdf.finish()
