"""Parameters of the jobs on runs and logs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field, field_validator

from fairdesk.jobs.fields import Endings, ExistingFile, ExistingFolder, NewFile, Offer, Pick
from fairdesk.jobs.params import JobParams


class CurvesParams(JobParams):
    """Read the curves of a training log of any known tool."""

    log: ExistingFile = Field(description="The log, or a run's folder")
    out: Annotated[Path | None, Pick.NEW_FILE, Endings((".png", ".svg", ".csv"))] = Field(
        None, title="Output", description="File to write: .png, .svg or .csv"
    )
    smoothing: float = Field(0.0, ge=0, lt=1, description="Smoothing (moving average) of the plot; 0: raw curves")

    @field_validator("log", "out")
    @classmethod
    def _absolute(cls, value: Path | None) -> Path | None:
        return None if value is None else value.expanduser().absolute()


class AnimateParams(JobParams):
    """Export an animation of a run's sample grids."""

    run: Annotated[ExistingFolder, Offer.RUN] = Field(description="A run's folder")
    out: Annotated[NewFile, Endings((".gif", ".mp4"))] = Field(
        title="Output", description="File to write: .gif or .mp4"
    )
    rate: float = Field(8.0, gt=0, le=60, title="Frames per second", description="Frames per second")
    most: int = Field(
        300,
        ge=2,
        le=10_000,
        title="Maximum frames",
        description="Maximum number of frames; more grids are thinned out evenly",
    )

    @field_validator("run", "out")
    @classmethod
    def _paths(cls, value: Path) -> Path:
        return value.expanduser().absolute()


class CompareParams(JobParams):
    """Compare runs: parameters, error rates by group, and the effect of each parameter."""

    runs: Annotated[list[Path], Pick.FILE] = Field(description="Folders of runs; the first is the baseline")
    out: Annotated[Path | None, Pick.NEW_FILE, Endings((".csv", ".png", ".svg"))] = Field(
        None, title="Output", description="Write the table (.csv) or the error rates by group (.png, .svg)"
    )

    @field_validator("runs")
    @classmethod
    def _paths(cls, value: list[Path]) -> list[Path]:
        return [path.expanduser().absolute() for path in value]

    @field_validator("out")
    @classmethod
    def _absolute(cls, value: Path | None) -> Path | None:
        return None if value is None else value.expanduser().absolute()


class RunsParams(JobParams):
    """List runs, or write tags and a note about one."""

    folder: ExistingFolder = Field(description="A project, a folder of runs, or one run to write about")
    tags: list[str] | None = Field(None, description="The run's tags")
    note: str | None = Field(None, description="Note about the run")

    @field_validator("folder")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value.expanduser().absolute()
