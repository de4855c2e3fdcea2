"""The figures of an evaluation as a table."""

from __future__ import annotations

import csv
import io
from typing import Any

from fairdesk.figures.whole_set import whole_name
from fairdesk.images.table_cells import safe_rows
from fairdesk.metrics.report.language import speaking_report
from fairdesk.metrics.results import EvaluateResult

TABLE = (
    "group", "genuine", "impostor", "fmr", "fmr_low", "fmr_high", "fnmr", "fnmr_low", "fnmr_high", "false_matches",
    "false_non_matches", "eer", "d_prime", "accuracy",
    "eer_low", "eer_high", "subjects",
)  # fmt: skip


def group_rows(result: EvaluateResult) -> list[dict[str, Any]]:
    """Return the table row by row: all comparisons, then each group; undefined cells are None."""
    if result.groups is None:
        return []
    groups = result.groups.per_group
    told: list[dict[str, Any]] = [{"group": name, **dict(one)} for name, one in groups.items()]
    if result.at_threshold is not None:
        counts = {"genuine": result.n_genuine, "impostor": result.n_impostor}
        told.insert(0, {**dict(result), **dict(result.at_threshold), "group": whole_name(groups), **counts})
    for flat in told:
        for name in ("fmr", "fnmr", "eer"):
            flat[f"{name}_low"], flat[f"{name}_high"] = flat[f"{name}_ci"] or (None, None)
    return [{key: flat[key] for key in TABLE} for flat in told]


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


@speaking_report("en")
def table_csv(result: EvaluateResult) -> str:
    """Return the figures as CSV, for programs: a row of all comparisons, then one for each group."""
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
