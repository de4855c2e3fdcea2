"""A project's faces as parameters are chosen for them: those that a clustering would take."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fairdesk.clustering.choosing.following import Following
from fairdesk.clustering.choosing.known import Known
from fairdesk.clustering.known_people import known_people
from fairdesk.clustering.methods.by_name import directed, unit_length
from fairdesk.clustering.neighbours.kept import Neighbours, neighbours_of
from fairdesk.clustering.neighbours.side_by_side import Check
from fairdesk.clustering.vector_counts import need_faces
from fairdesk.clustering.verdicts.reach import reach
from fairdesk.project import Project
from fairdesk.project.faces import groups_of_faces
from fairdesk.project.recipes import StoredRecipe
from fairdesk.project.verdict_constraints import constraints
from fairdesk.project.verdicts import of_detector, verdicts


@dataclass(frozen=True)
class FacesToCluster:
    """The faces that can be compared (ids, ascending, embeddings scaled as they are compared), and what a clustering makes of labels."""

    faces: npt.NDArray[np.int64]
    vectors: npt.NDArray[np.float32]
    following: Following  # of these, and of the faces that cannot be compared
    verdicts: int  # that are followed, as `cluster` counts them
    contradictions: list[str]  # verdicts that are set aside, in words
    metric: str  # by which they are compared

    @property
    def known(self) -> Known:
        """Who is known, of all faces."""
        return self.following.known


def faces_to_cluster(project: Project, recipe: StoredRecipe, metric: str | None = None) -> FacesToCluster:
    """Read the faces with embeddings of a recipe; hidden and ignored ones are left out."""
    faces, vectors = project.vectors.load(recipe, hidden=False)
    every = verdicts(project)
    given = of_detector(project, every, recipe.detector)
    said = constraints(given)
    kept = ~np.isin(faces, list(said.ignored))
    faces, vectors = faces[kept], vectors[kept]
    there = directed(vectors, metric or recipe.metric)
    need_faces(project, recipe, int(there.sum()), 3)
    vectors = unit_length(vectors, metric or recipe.metric)
    known = Known(known_people(project, faces, said), groups_of_faces(project, faces))
    followed = reach(every, given, said, faces.tolist()).followed
    following = Following(faces, vectors, there, known, said)
    if following.undirected:
        faces, vectors = faces[there], vectors[there]
    told = [one.text() for one in said.contradictions]
    return FacesToCluster(faces, vectors, following, followed, told, metric or recipe.metric)


def near(
    project: Project, recipe: StoredRecipe, found: FacesToCluster, metric: str | None = None, check: Check | None = None
) -> Neighbours:
    """Return the kept neighbours of those faces."""
    return neighbours_of(project, recipe, found.faces, found.vectors, metric or recipe.metric, check)
