"""The job that compares every two faces of a project."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import numpy as np
import numpy.typing as npt

from fairdesk.errors import RequestError
from fairdesk.images.table_cells import safe_rows
from fairdesk.images.written_files import write_text
from fairdesk.jobs.context import Context, choose_vectors
from fairdesk.metrics.evaluation import matrix_of
from fairdesk.metrics.params import AllPairsParams
from fairdesk.metrics.rates.error_rates import resolvable
from fairdesk.metrics.results import NotInAGroup, TarPoint
from fairdesk.metrics.scores.all_pairs import AllPairs, compare_all, tar_points
from fairdesk.metrics.scores.all_pairs_results import AllPairsResult, GroupCounts
from fairdesk.metrics.scores.grouped_scores import too_many_to_pair
from fairdesk.metrics.scores.pair_scores import MEASURES
from fairdesk.metrics.scores.people_compared import people_of
from fairdesk.project.images import hidden_images, labelled_images
from fairdesk.words import tr


def compare_project(params: AllPairsParams, context: Context) -> AllPairsResult:
    """Job: compare every two images that have an identity and a vector; exact counts at every TAR point.

    Labels are those of the project now, and the comparisons that people left out there are in no count.
    """
    project = context.project
    chosen = choose_vectors(context, params.encoder, params.detector)
    recipe = chosen.recipe
    images, vectors = project.vectors.of_images(recipe)
    everyone = labelled_images(project, hidden=True)
    hidden = set(hidden_images(project).tolist())
    people = {one.id: one for one in everyone if one.identity is not None}
    shown = np.array([image not in hidden for image in images.tolist()], dtype=bool)
    named = shown & np.array([image in people for image in images.tolist()], dtype=bool)
    if not named.any():
        raise RequestError(tr("No image with an embedding has an identity, so that there is nothing to compare."))
    who = people_of(project, [people[image] for image in images[named].tolist()], list(people.values()))
    metric = recipe.metric if params.metric == "own" else params.metric
    found = compare_all(
        vectors[named], who.who, who.group, len(who.names) + 1, metric, context.check,
        lambda done, total: context.progress(done, total, tr("images")), who.without, who.home,
    )  # fmt: skip
    result = _result(found, who.names, params.at, MEASURES[metric])
    result.subjects, result.without_identity = who.subjects, int((shown & ~named).sum())
    result.hidden = int((~shown).sum())
    result.corrections = who.told
    result.rest_on(chosen.about(), len(images))
    if params.out is not None:
        _write(params.out, result, found)
        context.artifact(params.out / "all-pairs.json")
    return result


def _result(found: AllPairs, names: list[str], at: str, measure: str) -> AllPairsResult:
    """Return the figures; `names` are the groups, and one more that faces in no group have."""
    genuine, points = len(found.genuine), {}
    none = tr("no genuine comparisons")
    for target, (threshold, matches, misses) in tar_points(found).items():
        points[target] = TarPoint(
            tar=1 - misses / genuine if genuine else None,
            tar_why=None if genuine else none,
            fmr=matches / found.impostors if found.impostors else None,
            fmr_why=None if found.impostors else tr("no impostor comparisons"),
            threshold=threshold,
            false_matches=matches,
            resolvable=resolvable(target, found.impostors),
        )
    threshold = found.threshold_at(at)
    above = found.tail_cell[len(found.tail) - found.false_matches(threshold) :]
    wide = len(names) + 1
    wrong = np.bincount(above, minlength=wide**2)
    missed = np.bincount(found.genuine_cell[: found.misses(threshold)], minlength=wide**2)
    mates = np.bincount(found.genuine_cell, minlength=wide**2)
    rows = {}
    for number, name in enumerate(names):
        cell = number * wide + number
        impostor, matches = int(found.impostors_of[cell]), int(wrong[cell])
        rows[name] = GroupCounts(
            genuine=int(mates[cell]),
            impostor=impostor,
            false_matches=matches,
            false_non_matches=int(missed[cell]),
            fmr=matches / impostor if impostor else None,
            fmr_why=None if impostor else tr("no impostor pairs within this group"),
            fnmr=int(missed[cell]) / int(mates[cell]) if mates[cell] else None,
            fnmr_why=None if mates[cell] else tr("no genuine pairs in this group"),
        )

    def between(cell: int) -> tuple[int, int]:
        cell = cell // len(names) * wide + cell % len(names)
        return int(found.impostors_of[cell]), int(wrong[cell])

    return AllPairsResult(
        n_genuine=genuine, n_impostor=found.impostors, subjects=0, without_identity=0, measure=measure, tar_at_far=points,
        at=at, threshold=threshold, per_group=rows,
        fmr_matrix=matrix_of(names, between), not_in_a_group=_not_in_a_group(found, mates, wide) if names else None,
        fmr_matrix_why=too_many_to_pair(len(names)),
    )  # fmt: skip


def _not_in_a_group(found: AllPairs, mates: npt.NDArray[np.int64], wide: int) -> NotInAGroup:
    """Count the comparisons that no group's rates are made of."""
    genuine, impostor = mates.reshape(wide, wide), found.impostors_of.reshape(wide, wide)
    across = ~np.eye(wide, dtype=bool)
    across[:, -1] = False
    return NotInAGroup(
        genuine_across=int(genuine[across].sum()), impostor_across=int(impostor[across].sum()),
        genuine_unnamed=int(genuine[:, -1].sum()), impostor_unnamed=int(impostor[:, -1].sum()),
    )  # fmt: skip


def _write(folder: Path, result: AllPairsResult, found: AllPairs) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    genuine, _ = np.histogram(found.genuine, found.edges)
    rows = zip(found.edges[:-1], found.edges[1:], found.counts, genuine, strict=True)
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(["from", "to", "impostor", "genuine"])
    writer.writerows(safe_rows([f"{a:.6g}", f"{b:.6g}", int(i), int(g)] for a, b, i, g in rows if i or g))
    write_text(folder / "histogram.csv", buffer.getvalue())
    result.histogram = str(folder / "histogram.csv")
    write_text(folder / "all-pairs.json", json.dumps(result.json_values(), indent=1) + "\n")
