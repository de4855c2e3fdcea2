"""The figures of an evaluation as a table."""

from __future__ import annotations

import csv
import io
from typing import Any

from fairdesk.images.table_cells import safe_rows
from fairdesk.metrics.results import EvaluateResult

TABLE = (
    "group", "genuine", "impostor", "fmr", "fmr_low", "fmr_high", "fnmr", "fnmr_low", "fnmr_high", "false_matches",
    "false_non_matches", "eer", "d_prime", "accuracy",
    "eer_low", "eer_high", "subjects",
)  # fmt: skip


def group_rows(result: EvaluateResult) -> list[dict[str, Any]]:
    """Return the per-group table row by row; undefined cells are None."""
    rows = []
    for name, one in result.groups.per_group.items() if result.groups is not None else ():
        flat: dict[str, Any] = {"group": name, **dict(one)}
        flat["fmr_low"], flat["fmr_high"] = one.fmr_ci or (None, None)
        flat["fnmr_low"], flat["fnmr_high"] = one.fnmr_ci or (None, None)
        flat["eer_low"], flat["eer_high"] = one.eer_ci or (None, None)
        rows.append({key: flat[key] for key in TABLE})
    return rows


def _at_threshold(result: EvaluateResult) -> dict[str, Any]:
    """Return the rates of all comparisons at the operating point by column, where there are some."""
    common = result.at_threshold
    if common is None:
        return {}
    out: dict[str, Any] = {"threshold": common.threshold}
    for name in ("fmr", "fnmr"):
        low, high = getattr(common, f"{name}_ci") or (None, None)
        out |= {name: getattr(common, name), f"{name}_low": low, f"{name}_high": high}
    return out | {"false_matches": common.false_matches, "false_non_matches": common.false_non_matches}


def table_csv(result: EvaluateResult) -> str:
    """Return the figures as CSV: overall ones first, then a row for each group."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\n")
    rows = group_rows(result)
    if rows:
        writer.writerow(TABLE)
        writer.writerows(safe_rows(["" if row[key] is None else row[key] for key in TABLE] for row in rows))
    else:
        keys = ("n_genuine", "n_impostor", "eer", "eer_threshold", "auc", "d_prime")
        flat = {key: getattr(result, key) for key in keys} | _at_threshold(result)
        writer.writerow(flat)
        writer.writerow(["" if value is None else value for value in flat.values()])
    return buffer.getvalue()
