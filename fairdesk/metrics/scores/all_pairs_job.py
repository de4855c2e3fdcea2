"""The job that compares every two faces of a project."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from pathlib import Path

import numpy as np
import numpy.typing as npt

from fairdesk.errors import RequestError
from fairdesk.images.table_cells import safe_rows
from fairdesk.images.written_files import need_folder, write_text
from fairdesk.jobs.context import Context, choose_vectors
from fairdesk.metrics.evaluation import matrix_of
from fairdesk.metrics.params import AllPairsParams
from fairdesk.metrics.rates.error_rates import resolvable
from fairdesk.metrics.results import Corrections, TarPoint
from fairdesk.metrics.scores.all_pairs import AllPairs, compare_all, tar_points
from fairdesk.metrics.scores.all_pairs_results import AllPairsResult, GroupCounts
from fairdesk.metrics.scores.grouped_scores import too_many_to_pair
from fairdesk.metrics.scores.pair_scores import MEASURES
from fairdesk.metrics.store import MarkKind, comparison_marks
from fairdesk.project import Project
from fairdesk.project.images import labelled_images
from fairdesk.words import tr


def compare_project(params: AllPairsParams, context: Context) -> AllPairsResult:
    """Job: compare every two images that have an identity and a vector; exact counts at every TAR point.

    Labels are those of the project now, and the comparisons that people left out there are in no count.
    """
    need_folder(params.out)
    project = context.project
    chosen = choose_vectors(context, params.encoder, params.detector)
    recipe = chosen.recipe
    images, vectors = project.vectors.of_images(recipe)
    people = {one.id: (one.group or "", one.identity) for one in labelled_images(project) if one.identity is not None}
    named = np.array([image in people for image in images.tolist()], dtype=bool)
    if not named.any():
        raise RequestError(tr("No image with an embedding has an identity, so that there is nothing to compare."))
    keys = [people[image] for image in images[named].tolist()]
    names, who = np.unique(np.array(["\x1f".join(key) for key in keys]), return_inverse=True)
    groups, group = np.unique(np.array([key[0] for key in keys]), return_inverse=True)
    metric = recipe.metric if params.metric == "own" else params.metric
    without, corrections = _left_out(project, images[named].tolist())
    found = compare_all(
        vectors[named], who.astype(np.int64), group.astype(np.int64), len(groups), metric, context.check,
        lambda done, total: context.progress(done, total, tr("images")), without,
    )  # fmt: skip
    result = _result(found, [str(name) or tr("no group") for name in groups], params.at, MEASURES[metric])
    result.subjects, result.without_identity = len(names), int((~named).sum())
    result.rest_on(chosen.about(), len(images))
    result.corrections = corrections
    if params.out is not None:
        _write(params.out, result, found)
        context.artifact(params.out / "all-pairs.json")
    return result


def _left_out(project: Project, images: list[int]) -> tuple[npt.NDArray[np.int64], Corrections]:
    """Return the comparisons that people left out, as two places among the images each: (k, 2); and what is told of them."""
    row = {image: place for place, image in enumerate(images)}
    marks = {pair: one for pair, one in comparison_marks(project).items() if pair[0] in row and pair[1] in row}
    kinds = Counter(one.kind for one in marks.values())
    told = Corrections(
        excluded=kinds[MarkKind.EXCLUDED], wrong_label=kinds[MarkKind.WRONG_LABEL], relabelled_images=0, relabelled=0,
        reasons=dict(Counter(one.reason for one in marks.values())),
    )  # fmt: skip
    return np.array([[row[one], row[two]] for one, two in marks], dtype=np.int64).reshape(-1, 2), told


def _result(found: AllPairs, names: list[str], at: str, measure: str) -> AllPairsResult:
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
    wrong = np.bincount(above, minlength=len(names) ** 2)
    missed = np.bincount(found.genuine_group[: found.misses(threshold)], minlength=len(names))
    mates = np.bincount(found.genuine_group, minlength=len(names))
    rows = {}
    for number, name in enumerate(names):
        cell = number * len(names) + number
        impostor, matches = int(found.impostors_of[cell]), int(wrong[cell])
        rows[name] = GroupCounts(
            genuine=int(mates[number]),
            impostor=impostor,
            false_matches=matches,
            false_non_matches=int(missed[number]),
            fmr=matches / impostor if impostor else None,
            fmr_why=None if impostor else tr("no impostor pairs within this group"),
            fnmr=int(missed[number]) / int(mates[number]) if mates[number] else None,
            fnmr_why=None if mates[number] else tr("no genuine pairs in this group"),
        )
    return AllPairsResult(
        n_genuine=genuine, n_impostor=found.impostors, subjects=0, without_identity=0, measure=measure, tar_at_far=points,
        at=at, threshold=threshold, per_group=rows,
        fmr_matrix=matrix_of(names, lambda cell: (int(found.impostors_of[cell]), int(wrong[cell]))),
        fmr_matrix_why=too_many_to_pair(len(names)),
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
