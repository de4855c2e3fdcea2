"""What a training leaves to look at when it ends: the plot of its losses, and the animation of its sample grids."""

from __future__ import annotations

from fairdesk.errors import JobFailed, reason
from fairdesk.jobs.context import Context, QuietContext
from fairdesk.runs.animation import export_animation
from fairdesk.runs.curve_export import export_curves
from fairdesk.runs.folder import RunFolder
from fairdesk.runs.params import AnimateParams, CurvesParams
from fairdesk.words import tr

LOSSES, FILM = "losses.png", "samples.gif"


def leave_pictures(run: RunFolder, context: Context) -> None:
    """Write both into the run's folder, over those of an earlier end; a full disk is told, as the training itself is kept."""
    try:
        export_curves(CurvesParams(log=run.path, out=run.path / LOSSES), QuietContext())
        context.artifact(run.path / LOSSES)
        if len(run.previews()) > 1:
            export_animation(AnimateParams(run=run.path, out=run.path / FILM), QuietContext())
            context.artifact(run.path / FILM)
    except (OSError, JobFailed) as error:
        context.message(tr("The training is kept, but its images could not be written: {error}", error=reason(error)))
