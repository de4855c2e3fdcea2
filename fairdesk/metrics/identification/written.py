"""Tables and plots of a one-to-many search, as files."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path

from fairdesk.figures.whole_set import WHOLE, whole_name
from fairdesk.images.file_facts import file_sha256
from fairdesk.images.table_cells import safe_rows
from fairdesk.metrics.identification.results import IdentifyResult, SearchFigures
from fairdesk.metrics.params import IdentifyParams
from fairdesk.metrics.report.document import Document, Drawing, Plot, files_of, write_files
from fairdesk.metrics.report.language import speaking_report
from fairdesk.metrics.report.search_facts import search_caveats, search_facts
from fairdesk.metrics.report.search_tables import search_tables
from fairdesk.words import tr


def rows_of(result: IdentifyResult) -> dict[str, SearchFigures]:
    """Return the figures of all probes (`WHOLE`) and of each group."""
    return {WHOLE: result, **(result.groups or {})}


def _named(result: IdentifyResult) -> list[tuple[str, SearchFigures]]:
    """Return the same by what they are called in a table."""
    groups = result.groups or {}
    return [(whole_name(groups), result), *groups.items()]


@speaking_report("en")
def cmc_csv(result: IdentifyResult) -> str:
    """Return every match characteristic as CSV: a row a group and rank."""
    rows: list[list[object]] = [["group", "rank", "pessimistic", "optimistic"]]
    for name, row in _named(result):
        for number, rates in enumerate(zip(row.cmc.pessimistic or [], row.cmc.optimistic or [], strict=True), 1):
            rows.append([name, number, *rates])
    return _csv(rows)


@speaking_report("en")
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
            "reject_all",
        ]
    ]
    for name, row in _named(result):
        for target, point in row.fnir_at_fpir.items():
            values = ["" if (value := getattr(point, column)) is None else value for column in columns]
            low, high = point.fnir_rank1_ci or ("", "")
            fpir = point.fpir_ci or ("", "")
            gaps = [0, 0] if row.unscored is None else [row.unscored.scores, row.unscored.mates]
            rows.append(
                [
                    name,
                    target,
                    *values,
                    low,
                    high,
                    row.n_mated,
                    row.n_nonmated,
                    point.resolvable,
                    *gaps,
                    *fpir,
                    bool(point.reject_all),
                ]
            )
    return _csv(rows)


def _csv(rows: list[list[object]]) -> str:
    buffer = io.StringIO(newline="")
    csv.writer(buffer, lineterminator="\n").writerows(safe_rows(rows))
    return buffer.getvalue()


def match_drawing(result: IdentifyResult) -> Drawing | None:
    """Return how the match characteristics of all probes and each group are drawn; None where there are none."""
    curves = {
        name: (row.cmc.pessimistic, row.cmc.optimistic)
        for name, row in rows_of(result).items()
        if row.cmc.pessimistic is not None and row.cmc.optimistic is not None
    }
    if not curves:
        return None
    from fairdesk.figures.identification_figures import draw_matches

    return lambda axes: draw_matches(axes, curves, list(result.groups or {}))


def write_search_report(
    folder: Path, result: IdentifyResult, params: IdentifyParams, check: Callable[[], None] = lambda: None
) -> Path:
    """Write identification.html, .pdf and .json, the tables (CSV, LaTeX) and the curve (PNG, SVG, PDF); returns the page.

    What an earlier report of a search wrote there by its own record, and this one does not, is removed. The same inputs
    give the same bytes. `check` may raise to end it: all files are made before the first is written.
    """
    check()
    from fairdesk.figures.lettering import lettering

    check()
    files = {"cmc.csv": cmc_csv(result).encode(), "fnir.csv": points_csv(result).encode()}
    sha256 = file_sha256(params.scores)
    about = {
        "scores": params.scores.name, "scores SHA-256": sha256, "distance": params.distance, "by": params.by,
    }  # fmt: skip
    with (
        speaking_report(params.language) as language,
        lettering([*(result.groups or {}), params.label_source or "", params.scores.name]),
    ):
        check()
        draw = match_drawing(result)
        document = Document(
            "identification",
            tr("One-to-many identification rates"),
            search_facts(result, params, sha256),
            search_tables(result),
            search_caveats(result),
            {} if draw is None else {"cmc": Plot(tr("Mated probes found by rank (CMC)"), draw)},
            [result.warning] if result.warning else [],
        )
        files |= files_of(document, language, check)
    write_files(folder, "identification.json", files, result.json_values() | {"about": about}, check)
    return folder / "identification.html"
