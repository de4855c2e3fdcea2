"""The job that makes a map."""

from __future__ import annotations

from fairdesk.clustering.maps.face_map import lay_out, map_points
from fairdesk.clustering.maps.map_files import write_map
from fairdesk.clustering.params import MapParams
from fairdesk.clustering.results import MapResult
from fairdesk.clustering.store import need_version, newest_version
from fairdesk.clustering.version_basis import recipe_of_version
from fairdesk.jobs.context import Context
from fairdesk.project import Project
from fairdesk.project.recipes import StoredRecipe


def draw_map(params: MapParams, context: Context) -> MapResult:
    """Job: lay the faces out, keep the layout, and write the map as a table or a picture if asked to.

    A layout that was kept with the same seed and parameters, of the same faces, is used again.
    """
    project = context.project
    recipe, version = _asked_for(project, params)
    layout = lay_out(project, recipe, params, context)
    if params.out is not None:
        write_map(project, map_points(project, recipe, version, layout), recipe, params.out, params.colour_by)
        context.artifact(params.out)
    return MapResult(
        method=params.method,
        seed=params.seed,
        faces=len(layout.faces),
        version=version,
        encoder=recipe.encoder,
        detector=recipe.detector,
        recipe=recipe.hash,
        **project.vectors.differs(recipe),
        out=None if params.out is None else str(params.out),
    )


def _asked_for(project: Project, params: MapParams) -> tuple[StoredRecipe, int | None]:
    """Return the vectors to lay out, and the version whose clusters colour them: the newest of these vectors, or None."""
    if params.encoder is not None or params.detector is not None:
        recipe = project.vectors.choose(params.encoder, params.detector).recipe
        return recipe, newest_version(project, recipe.id)
    version = need_version(project, params.version) if params.version is not None else newest_version(project)
    return recipe_of_version(project, version), version
