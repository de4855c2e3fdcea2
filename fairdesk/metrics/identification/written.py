"""Tables and plots of a one-to-many search, as files."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from fairdesk.figures.whole_set import WHOLE, whole_name
from fairdesk.images.table_cells import safe_rows
from fairdesk.images.written_files import write_bytes
from fairdesk.metrics.identification.results import IdentifyResult, SearchFigures
from fairdesk.metrics.params import IdentifyParams
from fairdesk.words import tr

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def rows_of(result: IdentifyResult) -> dict[str, SearchFigures]:
    """Return the figures of all probes (`WHOLE`) and of each group."""
    return {WHOLE: result, **(result.groups or {})}


def _named(result: IdentifyResult) -> list[tuple[str, SearchFigures]]:
    """Return the same by what they are called in a table."""
    groups = result.groups or {}
    return [(whole_name(groups), result), *groups.items()]


def cmc_csv(result: IdentifyResult) -> str:
    """Return every match characteristic as CSV: a row a group and rank."""
    rows: list[list[object]] = [["group", "rank", "pessimistic", "optimistic"]]
    for name, row in _named(result):
        for number, rates in enumerate(zip(row.cmc.pessimistic or [], row.cmc.optimistic or [], strict=True), 1):
            rows.append([name, number, *rates])
    return _csv(rows)


def points_csv(result: IdentifyResult) -> str:
    """Return FNIR and FPIR at each target as CSV."""
    columns = ("fnir_rank1", "misses", "fpir", "false_positives", "threshold")
    rows: list[list[object]] = [
        [
            "group",
            "target_fpir",
            *columns,
            "fnir_low",
            "fnir_high",
            "mated",
            "nonmated",
            "resolvable",
            "unscored",
            "unscored_mates",
            "fpir_low",
            "fpir_high",
        ]
    ]
    for name, row in _named(result):
        for target, point in row.fnir_at_fpir.items():
            values = ["" if (value := getattr(point, column)) is None else value for column in columns]
            low, high = point.fnir_rank1_ci or ("", "")
            fpir = point.fpir_ci or ("", "")
            gaps = [0, 0] if row.unscored is None else [row.unscored.scores, row.unscored.mates]
            rows.append([name, target, *values, low, high, row.n_mated, row.n_nonmated, point.resolvable, *gaps, *fpir])
    return _csv(rows)


def _csv(rows: list[list[object]]) -> str:
    buffer = io.StringIO(newline="")
    csv.writer(buffer, lineterminator="\n").writerows(safe_rows(rows))
    return buffer.getvalue()


def match_figure_of(result: IdentifyResult) -> Figure | None:
    """Return the match characteristics of all probes and each group as a figure; None where there are none."""
    from fairdesk.figures.identification_figures import match_figure

    curves = {
        name: (row.cmc.pessimistic, row.cmc.optimistic)
        for name, row in rows_of(result).items()
        if row.cmc.pessimistic is not None and row.cmc.optimistic is not None
    }
    title = tr("Cumulative match characteristic")
    return match_figure(curves, title, list(result.groups or {})) if curves else None


def write_search_report(
    folder: Path, result: IdentifyResult, params: IdentifyParams, check: Callable[[], None] = lambda: None
) -> Path:
    """Write identification.json, cmc.csv, fnir.csv and the curve (PNG, SVG) into a folder; returns the JSON's path.

    `check` may raise to end it: all files are made before the first is written.
    """
    check()
    from fairdesk.figures.verification_figures import picture

    check()
    files = {"cmc.csv": cmc_csv(result).encode(), "fnir.csv": points_csv(result).encode()}
    figure = match_figure_of(result)
    if figure is not None:
        for form in ("svg", "png"):
            check()
            files[f"cmc.{form}"] = picture(figure, form)
    about = {"scores": params.scores.name, "distance": params.distance, "by": params.by}
    files["identification.json"] = (json.dumps(result.json_values() | {"about": about}, indent=1) + "\n").encode()
    check()
    for name, content in files.items():
        write_bytes(folder / name, content)
    return folder / "identification.json"
