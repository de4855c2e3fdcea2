"""The figures of an evaluation as a table."""

from __future__ import annotations

import csv
import io
from typing import Any

TABLE = (
    "group", "genuine", "impostor", "fmr", "fmr_low", "fmr_high", "fnmr", "fnmr_low", "fnmr_high", "false_matches",
    "false_non_matches", "eer", "d_prime", "accuracy",
)  # fmt: skip


def group_rows(result: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the per-group table row by row; undefined cells are None."""
    rows = []
    for name, row in result.get("groups", {}).get("per_group", {}).items():
        flat = {"group": name, **{key: row.get(key) for key in TABLE if key in row}}
        for rate in ("fmr", "fnmr"):
            low, high = row.get(f"{rate}_ci") or (None, None)
            flat |= {f"{rate}_low": low, f"{rate}_high": high}
        rows.append({key: flat.get(key) for key in TABLE})
    return rows


def table_csv(result: dict[str, Any]) -> str:
    """Return the figures as CSV: overall ones first, then a row for each group."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\n")
    rows = group_rows(result)
    if rows:
        writer.writerow(TABLE)
        writer.writerows(["" if row[key] is None else row[key] for key in TABLE] for row in rows)
    else:
        keys = ("n_genuine", "n_impostor", "eer", "eer_threshold", "auc", "d_prime")
        writer.writerow(keys)
        writer.writerow(["" if result[key] is None else result[key] for key in keys])
    return buffer.getvalue()
