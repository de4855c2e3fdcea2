"""Curves from logs with an object a line: StyleGAN's, Hugging Face's trainers, and others that write JSON lines."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from fairdesk.plain_json import parse, parse_object
from fairdesk.runs.curves import CurveBuilder, Curves
from fairdesk.runs.log_tables import STEPS
from fairdesk.runs.log_text import lines
from fairdesk.words import mark

_SNAPSHOT = re.compile(r"network-snapshot-(\d+)")
_LONGEST = 100_000  # characters of a line that is looked at as an object


def is_stylegan(text: str) -> bool:
    """Whether it is StyleGAN's `stats.jsonl`."""
    return '"Progress/kimg"' in text


def read_stylegan(text: str) -> Curves:
    """StyleGAN2-ADA / 3 `stats.jsonl`: each statistic's mean against Progress/kimg."""
    out = CurveBuilder("StyleGAN stats.jsonl", "kimg")
    for line in lines(text):
        try:
            row = parse(line)
            kimg = float(row["Progress/kimg"]["mean"])
        except (ValueError, KeyError, TypeError):
            out.broken += 1
            continue
        terms = []
        for name, value in row.items():
            mean = value.get("mean") if isinstance(value, dict) else None
            if name.startswith(("Loss/", "Metric", "Progress/augment")) and isinstance(mean, (int, float)):
                terms.append((name, float(mean)))
        out.add(kimg, terms)
    return out.curves()


def is_stylegan_metric(text: str) -> bool:
    """Whether it has StyleGAN's measurements of snapshots."""
    return '"results"' in text and '"snapshot_pkl"' in text


def read_stylegan_metric(text: str) -> Curves:
    """StyleGAN's `metric-fid50k_full.jsonl`, or the same lines in `log.txt`: each figure against its snapshot's kimg."""
    out = CurveBuilder("StyleGAN metrics", "kimg")
    for line in lines(text):
        if not (line.startswith("{") and '"results"' in line):
            out.other += 1
            continue
        try:
            row = parse_object(line)
            kimg = float(_SNAPSHOT.search(str(row["snapshot_pkl"]))[1])  # type: ignore[index]
            out.add(kimg, [(str(name), float(value)) for name, value in row["results"].items()])
        except (ValueError, KeyError, TypeError, AttributeError):
            out.broken += 1
    return out.curves()


def add_metrics_beside(curves: Curves, stats: Path) -> None:
    """Add what was measured of the snapshots to the losses of `stats.jsonl`."""
    for path in sorted(stats.parent.glob("metric-*.jsonl")):
        found = read_stylegan_metric(path.read_text(encoding="utf-8-sig", errors="replace"))
        curves.series |= found.series
        curves.broken += found.broken
        curves.other += found.other
        curves.notes += found.notes


def _object(line: str) -> dict[str, Any] | None:
    place = line.find("{")
    if place < 0 or not line.endswith("}") or len(line) > _LONGEST:
        return None
    try:
        return parse_object(line[place:])
    except ValueError:
        pass
    try:
        found = ast.literal_eval(line[place:])  # as Python prints it
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _number(value: Any) -> float | None:
    try:
        return None if isinstance(value, bool) or value is None else float(value)
    except (TypeError, ValueError):
        return None


def _objects(text: str) -> Iterator[tuple[str, float, list[tuple[str, float]]] | None]:
    """Yield each line's step (its name, its number) and values, or None."""
    for line in lines(text):
        row = _object(line)
        key = next((key for key in STEPS if row is not None and _number(row.get(key)) is not None), None)
        if row is None or key is None:
            yield None
            continue
        numbers = {str(name): _number(value) for name, value in row.items() if name not in STEPS}
        yield key, float(row[key]), [(name, value) for name, value in numbers.items() if value is not None]


def is_objects(text: str) -> bool:
    """Whether some line is an object with a step and values."""
    return any(row is not None and row[2] for row in _objects(text[: 2**20]))


def read_objects(text: str) -> Curves:
    """JSON lines, or dictionaries as Python prints them (`{'loss': 0.5, 'learning_rate': 5e-05, 'epoch': 1.0}`)."""
    rows = list(_objects(text))
    keys = [row[0] for row in rows if row is not None and row[2]]
    axis = max(set(keys), key=lambda key: (keys.count(key), key)) if keys else "step"
    out = CurveBuilder(mark("JSON lines"), axis)
    for row in rows:
        if row is None or row[0] != axis or not row[2]:
            out.other += 1
        else:
            out.add(row[1], row[2])
    return out.curves()
