"""The curves of a log, put together in the order of its lines: passes and processes are told apart, no line runs backwards."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from fairdesk.words import tr, tr_n

Points = list[tuple[float, float]]
_FEW = 8  # points: fewer do not tell several processes from a run that was begun again

_START = 1000  # points that show whether it may be several processes


@dataclass
class Curves:
    """Series by name, each a list of (step, value); `axis` says what a step is."""

    kind: str
    axis: str
    series: dict[str, Points] = field(default_factory=dict)
    broken: int = 0
    """Lines, or cells, that belong to the kind and cannot be read."""
    other: int = 0
    """Lines without a figure that is understood."""
    passes: int = 1
    """How often the steps begin again or fall back, and one."""
    notes: list[str] = field(default_factory=list)
    """What a person has to know to read the curves."""


class CurveBuilder:
    """Takes the points of a log in the order of its lines.

    Where the step of a series falls, the run was resumed or begun again: what follows is another pass, of all series.
    """

    def __init__(self, kind: str, axis: str) -> None:
        self._kind, self._axis = kind, axis
        self._passes: list[dict[str, Points]] = [{}]
        self._last: dict[str, float] = {}
        self.broken = 0
        self.other = 0

    def next_pass(self) -> None:
        """Begin another pass, unless nothing is in this one."""
        if self._last:
            self._passes.append({})
            self._last = {}

    def add(self, step: float, terms: Iterable[tuple[str, float]]) -> None:
        """Add the values of one line."""
        terms = list(terms)
        if any(step < self._last.get(name, step) for name, _ in terms):
            self.next_pass()
        for name, value in terms:
            self._passes[-1].setdefault(name, []).append((step, value))
            self._last[name] = step

    def replace(self, step: float, terms: Iterable[tuple[str, float]]) -> None:
        """Add the values of one line, in place of what the same step had: a progress bar is drawn again and again."""
        for name, value in terms:
            points = self._passes[-1].get(name)
            if points and points[-1][0] == step:
                points[-1] = (step, value)
            else:
                self.add(step, [(name, value)])

    def goes_on(self, steps: Sequence[float], names: Iterable[str]) -> bool:
        """Whether steps never fall, from those that the series have already."""
        if not len(steps):
            return True
        return bool(np.all(np.diff(steps) >= 0)) and all(steps[0] >= self._last.get(name, steps[0]) for name in names)

    def extend(self, steps: Sequence[float], columns: dict[str, Sequence[float]]) -> None:
        """Add many lines of one shape, which go on from what there is (`goes_on`)."""
        for name, values in columns.items():
            if len(values):
                self._passes[-1].setdefault(name, []).extend(zip(steps, values, strict=True))
                self._last[name] = steps[-1]

    def curves(self) -> Curves:
        """Return the curves."""
        out = Curves(self._kind, self._axis, broken=self.broken, other=self.other)
        passes = [one for one in self._passes if one]
        names = list(dict.fromkeys(name for one in passes for name in one))
        raw = {name: [point for one in passes for point in one.get(name, [])] for name in names}
        several = _values_a_step(max(raw.values(), key=len, default=[]))
        if several > 1:
            out.series = {name: _means(points) for name, points in raw.items()}
            out.notes.append(
                tr(
                    "Each step has {n} values, as if several processes wrote into the file: the mean of each step is drawn.",
                    n=several,
                )
            )
        elif len(passes) > 1:
            out.passes = len(passes)
            for number, one in enumerate(passes, 1):
                out.series |= {f"{name} (pass {number})": one[name] for name in names if name in one}
            out.series = {
                f"{name} (pass {number})": out.series[f"{name} (pass {number})"]
                for name in names
                for number in range(1, len(passes) + 1)
                if f"{name} (pass {number})" in out.series
            }
            out.notes.append(
                tr_n(
                    "The steps fall back {n} time (resumed, or begun again): {passes} passes, each a curve of its own.",
                    "The steps fall back {n} times (resumed, or begun again): {passes} passes, each a curve of its own.",
                    len(passes) - 1,
                    passes=len(passes),
                )
            )
        else:
            out.series = raw
        return out


def _values_a_step(points: Points) -> int:
    """Return how many processes seem to have written points side by side; 1 for a run that was merely begun again."""
    start = points[:_START]
    if len(points) < _FEW or all(one[0] < two[0] for one, two in pairwise(start)):
        return 1
    steps = np.array([step for step, _ in points])
    moves = np.diff(steps)
    if np.count_nonzero(moves <= 0) < 0.3 * len(moves) or not np.any(moves > 0):
        return 1
    behind = np.maximum.accumulate(steps) - steps
    distinct = np.unique(steps)
    if len(distinct) > 1 and behind.max() > 2 * np.median(np.diff(distinct)):
        return 1
    return max(1, round(len(steps) / len(distinct)))


def _means(points: Points) -> Points:
    steps, place = np.unique([step for step, _ in points], return_inverse=True)
    sums = np.bincount(place, weights=[value for _, value in points])
    return list(zip(steps.tolist(), (sums / np.bincount(place)).tolist(), strict=True))


def by_rank(parts: dict[int, Curves]) -> Curves:
    """Put together what each process of a distributed training wrote into one file."""
    first, *_ = parts.values()
    out = Curves(first.kind, first.axis, passes=max(part.passes for part in parts.values()))
    for rank, part in parts.items():
        out.series |= {f"{name} (rank {rank})": points for name, points in part.series.items()}
        out.broken, out.other = out.broken + part.broken, out.other + part.other
    out.series = dict(sorted(out.series.items(), key=lambda item: item[0].rpartition(" (rank ")[0]))
    notes = dict.fromkeys(note for part in parts.values() for note in part.notes)
    out.notes = [
        tr("Processes {ranks} wrote into this file: each has curves of its own.", ranks=", ".join(map(str, parts))),
        *notes,
    ]
    return out
