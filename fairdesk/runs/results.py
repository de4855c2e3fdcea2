"""What the jobs on runs and logs return."""

from __future__ import annotations

from typing import Any

from fairdesk.jobs.results import JobResult, Record, Unreadable


class SeriesEnds(Record):
    """One curve of a log: how many points, and the first and last as (step, value)."""

    points: int
    first: tuple[float, float]
    first_why: str | None = None
    last: tuple[float, float]
    last_why: str | None = None
    undefined: int | None = None
    """How many values are no numbers; absent where all are."""


class CurvesResult(JobResult):
    """The curves of a log."""

    kind: str
    axis: str
    broken_lines: int
    """Lines of the kind that cannot be read."""
    other_lines: int = 0
    """Lines without a figure that is understood."""
    passes: int = 1
    """How often the steps begin again, and one: each pass is a series of its own."""
    notes: list[str] = []
    series: dict[str, SeriesEnds]


class AnimateResult(JobResult):
    """An animation of sample grids."""

    out: str
    frames: int
    of: int
    """Sample grids there are."""


class RunRow(Record):
    """One run."""

    name: str
    path: str
    kind: str | None = None
    family: str | None = None
    steps: int
    figures: dict[str, float]
    losses: dict[str, float]
    tags: list[str]
    note: str


class RunsResult(JobResult):
    """The runs of a folder."""

    runs: list[RunRow]
    unreadable: list[Unreadable]


class EffectRow(Record):
    """What one switch did to one figure."""

    switch: str
    figure: str
    seeds: list[int]
    mean: float
    half_interval: float | None
    half_interval_why: str | None = None
    told: str


class CompareResult(JobResult):
    """Runs side by side."""

    runs: list[RunRow]
    differs: dict[str, list[Any]]
    """Parameters in which they differ, a value a run."""
    effects: list[EffectRow]
    left_out: list[str]
