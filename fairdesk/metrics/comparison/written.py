"""The comparison of two models, as files."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

from fairdesk.images.table_cells import safe_rows
from fairdesk.images.written_files import write_text
from fairdesk.metrics.comparison.results import CompareScoresResult


def differences_csv(result: CompareScoresResult) -> str:
    """Return the differences as CSV: a row a figure and group."""
    rows: list[list[object]] = [["figure", "group", "first", "second", "difference", "low", "high", "better", "why"]]
    for row in result.differences:
        low, high = row.ci or ("", "")
        rows.append(
            [
                row.figure,
                row.group or "",
                row.first,
                row.second,
                row.difference,
                low,
                high,
                row.better,
                row.ci_why or "",
            ]
        )
    buffer = io.StringIO(newline="")
    csv.writer(buffer, lineterminator="\n").writerows(safe_rows(rows))
    return buffer.getvalue()


def write_comparison(folder: Path, result: CompareScoresResult) -> Path:
    """Write comparison.json and differences.csv into a folder; returns the first."""
    folder.mkdir(parents=True, exist_ok=True)
    write_text(folder / "differences.csv", differences_csv(result))
    page = folder / "comparison.json"
    write_text(page, json.dumps(result.json_values(), indent=1) + "\n")
    return page
