"""The job that scores a pair list with a project's vectors: each image is encoded once."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt

from fairdesk.dataset.known_images import project_files
from fairdesk.errors import RequestError
from fairdesk.faces.changed_originals import compare_originals
from fairdesk.images.file_facts import file_sha256
from fairdesk.images.written_files import safe_name
from fairdesk.jobs.context import Context, choose_vectors
from fairdesk.jobs.read_and_written import written_over
from fairdesk.metrics.pair_lists.doubtful import Labelled, against_identities, told_doubtful, with_both_labels
from fairdesk.metrics.pair_lists.matching import ListedName, ListImages, match_list, names_of, told_unmatched
from fairdesk.metrics.pair_lists.pairs import Pair
from fairdesk.metrics.pair_lists.reading import read_list
from fairdesk.metrics.pair_lists.results import LeftOutOfList, OtherScores, ScoreResult
from fairdesk.metrics.params import ScoreParams
from fairdesk.metrics.scores.score_files import write_scores
from fairdesk.metrics.scores.score_set import ScoreSet
from fairdesk.metrics.scores.template_vectors import pooled
from fairdesk.metrics.scores.without_score import (
    counted_reasons,
    hidden_among,
    is_hidden,
    no_direction,
    none_of_template,
    not_in_project,
    without_embedding,
)
from fairdesk.metrics.store import ScoreOrigin, ScoreSummary, add_score_set
from fairdesk.project import Project
from fairdesk.project import label_basis as basis
from fairdesk.project.encoder_ref import EncoderRef
from fairdesk.project.images import labelled_paths
from fairdesk.project.labels import other_labels
from fairdesk.project.recipes import StoredRecipe
from fairdesk.project.vector_choice import VectorChoice
from fairdesk.words import mark, tr, tr_n

MEASURES = {"euclidean": mark("negative euclidean distance"), "cosine": mark("cosine similarity")}


def similarities(left: npt.NDArray[np.float32], right: npt.NDArray[np.float32], metric: str) -> npt.NDArray[np.float64]:
    """Return similarity of rows, shape (n,): minus the Euclidean distance, or the cosine."""
    a, b = left.astype(np.float64), right.astype(np.float64)
    if metric == "euclidean":
        distance: npt.NDArray[np.float64] = np.sqrt(((a - b) ** 2).sum(1))
        return -distance
    norms = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        cosine: npt.NDArray[np.float64] = (a * b).sum(1) / norms
    return cosine


def _ready(params: ScoreParams, context: Context) -> tuple[VectorChoice, bool]:
    """Return the vectors to score with, and whether encoding has told what became of their originals.

    Faces without a vector are encoded first, which says so itself.
    """
    from fairdesk.faces.detection import counts
    from fairdesk.faces.embedding import encode
    from fairdesk.faces.nothing_done import need_some_read, need_some_there
    from fairdesk.faces.params import EncodeParams

    store = context.project.vectors
    try:
        whole_job = EncoderRef.parse(params.encoder).file is None  # another's weights may be anywhere by now
    except ValueError:
        whole_job = False
    told = False
    if whole_job:
        made = [one for one in store.of_encoder(params.encoder) if params.detector in (None, one.recipe.detector)]
        if not made or store.missing(made[0].recipe):
            detector = params.detector or (made[0].recipe.detector if made else None)
            encoded = encode(EncodeParams(encoder=params.encoder, detector=detector), context)
            told = any(encoded.compared)
            if not store.count(encoded.recipe):  # why, where it is that nothing could be read
                need_some_read(counts(context.project, encoded.recipe.detector), context.project)
                need_some_there(context.project, encoded.in_vain, any_before=False)
    return choose_vectors(context, params.encoder, params.detector), told


def _vectors_of(
    project: Project, recipe: StoredRecipe, known: ListImages
) -> tuple[dict[str, int], npt.NDArray[np.float32], list[int]]:
    """Return the row of each image of a list by path, their vectors and their ids; an image without a vector is left out."""
    wanted = {known.images[place].path for place in known.found.values()}
    named = {image.id: image.path for image in labelled_paths(project) if image.path in wanted}
    images, vectors = project.vectors.of_images(recipe, among=np.array(sorted(named), dtype=np.int64))
    return {named[image]: row for row, image in enumerate(images.tolist())}, vectors, images.tolist()


def score_pairs(params: ScoreParams, context: Context) -> ScoreResult:
    """Job: score a pair list, with each embedding model asked for into a file of its own."""
    for _, out in _others(params):
        if (why := written_over(out, [params.pairs])) is not None:
            raise RequestError(why)
    result = _score(params, context)
    for encoder, out in _others(params):
        context.check()
        more = _score(params.model_copy(update={"encoder": encoder, "also": None, "out": out}), context)
        result.others = [*(result.others or []), OtherScores(encoder=encoder, out=more.out, dropped=more.dropped)]
    return result


def _others(params: ScoreParams) -> list[tuple[str, Path | None]]:
    """Return the other embedding models asked for, each with its own file; None for the project's own place."""
    out = params.out
    return [
        (encoder, None if out is None else out.with_name(f"{out.stem}-{safe_name(encoder)}{out.suffix}"))
        for encoder in dict.fromkeys(params.also or [])
        if encoder != params.encoder
    ]


def _score(params: ScoreParams, context: Context) -> ScoreResult:
    """Score with one model. A pair whose image has no vector is a failure to acquire: NaN, counted."""
    project = context.project
    listed = read_list(params.pairs, params.mapping)
    pairs = listed.pairs
    known = match_list(names_of(listed), *project_files(project))
    unmatched = known.unmatched()
    if not known.found:
        raise RequestError(
            tr("None of the images in {pairs} is in the project. ", pairs=params.pairs) + told_unmatched(unmatched)
        )
    chosen, told = _ready(params, context)
    recipe = chosen.recipe
    context.check()
    metric = recipe.metric if params.metric == "own" else params.metric
    row_of, vectors, encoded = _vectors_of(project, recipe, known)
    compared = compare_originals(encoded, context, told=told)
    images = project.vectors.images_with(recipe)
    templates, vectors = pooled(listed.templates, known, row_of, vectors)
    rows = np.full((len(pairs), 2), -1, dtype=np.int64)
    paths: tuple[list[str], list[str]] = ([], [])
    subjects: tuple[list[str], list[str]] = ([], [])
    groups: tuple[list[str], list[str]] = ([], [])
    faceless: dict[str, None] = {}
    context.progress(0, len(pairs), tr("pairs"))
    for number, pair in enumerate(pairs):
        for side, (name, who, group) in enumerate(_sides(pair)):
            if listed.templates:
                row, image = templates[name]
            else:
                image = known.image(ListedName(name, group))
                row = -1 if image is None else row_of.get(image.path, -1)
            rows[number, side] = row
            paths[side].append(name if image is None or listed.templates else image.path)
            subjects[side].append(who or ("" if image is None else image.subject))
            groups[side].append(group or ("" if image is None else image.group))
            if image is not None and row < 0:
                faceless[image.path] = None
    usable = (rows >= 0).all(1)
    score = np.full(len(pairs), np.nan)
    scored = np.flatnonzero(usable)
    for start in range(0, len(scored), 65536):
        context.check()
        part = scored[start : start + 65536]
        score[part] = similarities(vectors[rows[part, 0]], vectors[rows[part, 1]], metric)
        context.progress(min(len(scored), start + 65536), len(pairs), tr("pairs"))
    whys, unread = without_embedding(_numbers(project, faceless), recipe, context)
    whys |= dict.fromkeys(hidden_among(known.why, project), is_hidden())
    lost = np.isnan(score)
    without = counted_reasons(
        _why_lost(number, rows, paths, whys, templates if listed.templates else {})
        for number in np.flatnonzero(lost).tolist()
    )
    label = np.array([pair.label == 1 for pair in pairs])
    scores = ScoreSet(score=score, label=label, measure=MEASURES[metric])
    list_sha256 = file_sha256(params.pairs)
    scores.about = {
        "encoder": recipe.encoder,
        "detector": recipe.detector,
        "recipe": recipe.hash,
        **chosen.used.differs,
        "faces": images,
        "pair_list": params.pairs.name,
        "pair_list_sha256": list_sha256,
    }
    described = project.vectors.described(recipe)
    if described is not None and re.fullmatch("[0-9a-f]{64}", described.weights):
        scores.about["weights_sha256"] = described.weights
    scores.fold = np.array([pair.fold for pair in pairs], dtype=np.int64)
    scores.subject1, scores.subject2 = np.array(subjects[0], dtype=str), np.array(subjects[1], dtype=str)
    if any(groups[0]) or any(groups[1]):
        scores.group1, scores.group2 = np.array(groups[0], dtype=str), np.array(groups[1], dtype=str)
    _add_people(scores, project, paths)
    sides = [list(zip(who, of, strict=True)) for who, of in zip(subjects, groups, strict=True)]
    named = (Labelled(pair.line, pair.label, *who) for pair, *who in zip(pairs, *sides, strict=True))
    doubtful = sorted([*against_identities(named), *with_both_labels(pairs)])
    out = params.out or project.exports("scores", _file_name(params, chosen))
    scores.path1, scores.path2 = np.array(paths[0], dtype=str), np.array(paths[1], dtype=str)
    write_scores(out, scores)
    result = ScoreResult(
        out=str(out),
        pairs=len(pairs),
        genuine=int(label.sum()),
        impostor=int((~label).sum()),
        images=len(set(paths[0]) | set(paths[1])),
        scored=int((~lost).sum()),
        images_scored=len({side[number] for number in np.flatnonzero(~lost).tolist() for side in paths}),
        dropped=int(lost.sum()),
        without_score=without,
        without_vector=list(faceless),
        unreadable=unread,
        not_in_project=list(dict.fromkeys(one.path for one in unmatched)),
        unmatched=unmatched,
        read_as=listed.read_as,
        left_out=[LeftOutOfList(line=one.line, why=one.why) for one in listed.left_out],
        doubtful=[LeftOutOfList(line=one.line, why=one.why) for one in doubtful],
        faces=images,
        **chosen.about(),
        changed=compared.changed,
        damaged=compared.damaged,
        missing_paths=compared.missing_paths,
        measure=scores.measure,
    )
    for text in [*listed.notes, *known.notes, *_told_left_out(len(listed.left_out), len(unmatched), len(faceless))]:
        context.message(text)
    if unmatched:
        context.message(told_unmatched(unmatched))
    if doubtful:
        context.message(told_doubtful(doubtful))
    _register(project, out, params, recipe, result, list_sha256)
    context.progress(len(pairs), len(pairs), tr("pairs"))
    context.artifact(out)
    return result


def _numbers(project: Project, paths: Iterable[str]) -> list[int]:
    """Return the ids of images by path."""
    wanted = set(paths)
    return [image.id for image in labelled_paths(project, hidden=True) if image.path in wanted] if wanted else []


def _why_lost(
    number: int, rows: npt.NDArray[np.int64], paths: tuple[list[str], list[str]], whys: Mapping[str, str],
    templates: Collection[str],
) -> tuple[str, str]:  # fmt: skip
    """Return which path a pair has no score for, and why."""
    for side in (0, 1):
        path = paths[side][number]
        if rows[number, side] < 0:
            return path, none_of_template() if path in templates else whys.get(path, not_in_project())
    return paths[0][number], no_direction()


def _add_people(scores: ScoreSet, project: Project, paths: tuple[list[str], list[str]]) -> None:
    """Add gender and age of each image as the project has them, where it has any."""
    others = other_labels(project)
    wanted = {path for side in paths for path in side}
    known = {image.path: others[image.id] for image in labelled_paths(project) if image.path in wanted}
    for kind in ("gender", "age"):
        for side, names in enumerate(paths, 1):
            found = [getattr(known[name], kind) or "" if name in known else "" for name in names]
            setattr(scores, f"{kind}{side}", np.array(found, dtype=str))
        if not any((getattr(scores, f"{kind}{side}") != "").any() for side in (1, 2)):
            setattr(scores, f"{kind}1", None)
            setattr(scores, f"{kind}2", None)


def _told_left_out(lines: int, unmatched: int, faceless: int) -> list[str]:
    """Say what has no score."""
    out = []
    if lines:
        out.append(
            tr_n("{n:,} line of the list gives no pair.", "{n:,} lines of the list give no pair.", lines)
        )  # fmt: skip
    if unmatched:
        out.append(
            tr_n(
                "{n:,} image of the list is not in the project; its pairs have no score and are counted as dropped.",
                "{n:,} images of the list are not in the project; their pairs have no score and are counted as dropped.",
                unmatched,
            )
        )
    if faceless:
        out.append(
            tr_n(
                "{n:,} image of the list has no face or no embedding; its pairs have no score and are counted as dropped.",
                "{n:,} images of the list have no face or no embedding; their pairs have no score and are counted as dropped.",
                faceless,
            )
        )
    return out


def _file_name(params: ScoreParams, chosen: VectorChoice) -> str:
    differs = chosen.used.differs
    kinds = ["mirrored"] * chosen.used.mirrored + [
        str(differs[name]) for name in ("precision", "scaling") if name in differs
    ]
    return safe_name("-".join([params.pairs.stem, chosen.recipe.encoder, *kinds, chosen.recipe.detector])) + ".npz"


def _sides(pair: Pair) -> tuple[tuple[str, str, str], tuple[str, str, str]]:
    return (pair.path1, pair.subject1, pair.group1), (pair.path2, pair.subject2, pair.group2)


def _register(
    project: Project, out: Path, params: ScoreParams, recipe: StoredRecipe, result: ScoreResult, list_sha256: str
) -> None:
    kept = {**params.model_dump(mode="json"), "list_sha256": list_sha256}
    summary = ScoreSummary(result.genuine, result.impostor, result.dropped, result.measure, result.faces)
    origin = ScoreOrigin(str(params.pairs), recipe.id, basis.take(project))
    add_score_set(project, tr("Score {pairs}", pairs=params.pairs.name), out, origin, kept, summary)
