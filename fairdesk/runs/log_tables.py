"""Curves from tables: any CSV with a step column, as programs write them or TensorBoard and Lightning offer them."""

from __future__ import annotations

import csv
import io
import math
import re

import numpy as np
import numpy.typing as npt

from fairdesk.runs.curves import CurveBuilder, Curves
from fairdesk.runs.log_text import blocks

STEPS = ("global_step", "step", "_step", "iteration", "iter", "batch_idx", "kimg", "epoch")
_CLOCKS = {"wall time", "wall_time", "walltime", "timestamp", "_timestamp", "_runtime", "relative time", "relative"}


def _separator(first: str) -> str:
    return max(",;\t", key=first.count)


def is_table(text: str) -> bool:
    """Whether a text's first line names columns, one of them a step."""
    first = re.split(r"[\r\n]+", text.lstrip("\r\n"), maxsplit=1)[0].lower()
    cells = [cell.strip().strip('"') for cell in first.split(_separator(first))]
    return len(cells) > 1 and any(name in cells for name in STEPS)


def read_table(text: str) -> Curves:
    """Any CSV with a step column: the original GAN's `Epoch,Batch,D_Loss,G_Loss`, Lightning's metrics.csv, ..."""
    first, _, body = text.replace("\r\n", "\n").replace("\r", "\n").lstrip("\n").partition("\n")
    separator = _separator(first)
    header = [cell.strip() for cell in next(csv.reader([first], delimiter=separator))]
    lowered = [cell.lower() for cell in header]
    keys = {i for i, name in enumerate(lowered) if name in (*STEPS, *_CLOCKS, "batch")}
    values, there, broken = _cells(body, len(header), keys, separator)
    if "epoch" in lowered and "batch" in lowered:
        out = CurveBuilder("GAN losses CSV", "batch")
        epoch, batch = lowered.index("epoch"), lowered.index("batch")
        skip, good = {epoch, batch}, there[:, epoch] & there[:, batch]
        steps = _within_epochs(values[:, epoch], values[:, batch], good)
    else:
        column = lowered.index(next(name for name in STEPS if name in lowered))
        out = CurveBuilder("CSV", header[column])
        skip, good, steps = {i for i, name in enumerate(lowered) if name in STEPS}, there[:, column], values[:, column]
        if lowered[column] != "epoch" and "epoch" in lowered:
            steps = _counted_on(values[:, lowered.index("epoch")], steps, good)
    skip |= {i for i, name in enumerate(lowered) if name in _CLOCKS}
    good = good & np.isfinite(steps)
    out.broken = broken + int((~good).sum())
    rows = np.flatnonzero(good)
    falls = np.flatnonzero(np.diff(steps[rows]) < 0) + 1
    for part in np.split(rows, falls):
        out.next_pass()
        for place, name in enumerate(header):
            if place not in skip:
                there_too = part[there[part, place]]
                out.extend(steps[there_too].tolist(), {name: values[there_too, place].tolist()})
    return out.curves()


def _within_epochs(
    epochs: npt.NDArray[np.float64], batches: npt.NDArray[np.float64], good: npt.NDArray[np.bool_]
) -> npt.NDArray[np.float64]:
    longest = float(batches[good].max(initial=0)) + 1
    return epochs * longest + batches


def _counted_on(
    epochs: npt.NDArray[np.float64], steps: npt.NDArray[np.float64], good: npt.NDArray[np.bool_]
) -> npt.NDArray[np.float64]:
    """Return steps that count on over epochs, where they begin again in each: they fall only where an epoch begins."""
    inside, outside = np.diff(steps[good]), np.diff(epochs[good])
    fallen = inside < 0
    if not fallen.any() or not (outside[fallen] > 0).all():
        return steps
    return _within_epochs(epochs, steps, good)


def _cells(
    body: str, width: int, keys: set[int], separator: str
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_], int]:
    """Return a table's numbers (n, width), which of them are there, and how many rows and cells could not be read."""
    found_blocks: list[npt.NDArray[np.float64]] = [np.empty((0, width))]
    marks: list[npt.NDArray[np.bool_]] = [np.empty((0, width), dtype=bool)]
    broken = 0
    for block in blocks(body):
        if not block.strip():
            continue
        try:
            found: npt.NDArray[np.float64] = np.loadtxt(io.StringIO(block), delimiter=separator, comments=None, ndmin=2)
            if found.shape[1] != width:
                raise ValueError
            there: npt.NDArray[np.bool_] = np.ones(found.shape, dtype=bool)
        except ValueError:  # cells that are empty, quoted or no numbers
            rows = [
                row for row in csv.reader(io.StringIO(block), delimiter=separator) if any(cell.strip() for cell in row)
            ]
            cells = [[_float(cell) for cell in row] for row in rows if len(row) == width]
            broken += len(rows) - len(cells)
            broken += sum(
                bool(cell.strip()) and _float(cell) is None
                for row in rows
                if len(row) == width
                for place, cell in enumerate(row)
                if place not in keys
            )
            found = np.array([[math.nan if cell is None else cell for cell in row] for row in cells]).reshape(-1, width)
            there = np.array([[cell is not None for cell in row] for row in cells], dtype=bool).reshape(-1, width)
        found_blocks.append(found)
        marks.append(there)
    return np.concatenate(found_blocks), np.concatenate(marks), broken


def _float(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
