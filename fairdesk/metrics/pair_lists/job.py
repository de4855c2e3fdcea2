"""The job that makes a pair list from a project or a folder."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from fairdesk import __version__
from fairdesk.errors import RequestError
from fairdesk.images.file_facts import file_sha256
from fairdesk.images.folder_layouts import read_tree
from fairdesk.images.image_reading import UnreadableImageError, looks_like_picture
from fairdesk.images.synthetic_marks import mark_of, marked_labels
from fairdesk.images.written_files import write_text
from fairdesk.jobs.context import Context, tell_left_out
from fairdesk.metrics.pair_lists.conversion import convert_list, destination, genders_of
from fairdesk.metrics.pair_lists.face_pictures import FacePictures
from fairdesk.metrics.pair_lists.lfw import told_folds
from fairdesk.metrics.pair_lists.pairs import Pair
from fairdesk.metrics.pair_lists.replaced import former_list
from fairdesk.metrics.pair_lists.results import PairsResult
from fairdesk.metrics.pair_lists.sampling import PairImage, Pick, genuine_pairs, impostor_pairs
from fairdesk.metrics.pair_lists.writing import ending, write_pairs
from fairdesk.metrics.params import PairsParams
from fairdesk.metrics.store import add_pair_list
from fairdesk.project import Project
from fairdesk.project.images import labelled_images
from fairdesk.project.sets import members
from fairdesk.words import tr, tr_n

_Found = tuple[list[PairImage], dict[str, int], set[str]]  # with the paths of the synthetic ones


def _from_folder(folder: Path, params: PairsParams, context: Context) -> _Found:
    tree = read_tree(folder)
    tell_left_out(context, [{"path": path, "why": why} for path, why in tree.skipped])
    items, made = [], set()
    left_out = {"unnamed": 0, "synthetic": 0, "unreadable": len(tree.skipped), "no_image": 0}
    for entry in tree.entries:
        path = tree.root / entry.path
        if not looks_like_picture(tree.root, entry.path):
            left_out["no_image"] += 1
            continue
        try:
            mark = mark_of(path)
        except UnreadableImageError:
            left_out["unreadable"] += 1
            continue
        said = {} if mark is None else marked_labels(mark)
        identity, group = said.get("identity", entry.identity), said.get("group", entry.group)
        if mark is not None and not params.synthetic:
            left_out["synthetic"] += 1
        elif identity is None:
            left_out["unnamed"] += 1
        else:
            items.append(PairImage(str(path), identity, group or ""))
            made |= set() if mark is None else {str(path)}
    return items, left_out, made


def project_images(project: Project, params: PairsParams) -> _Found:
    """Return the images of a project that pairs can be made of, how many are left out by why, and the synthetic ones."""
    items, left_out, made = [], {"unnamed": 0, "synthetic": 0, "other_sets": 0}, set()
    chosen = members(project, params.only_set) if params.only_set is not None else None
    shown = labelled_images(project)
    left_out["hidden"] = len(labelled_images(project, hidden=True)) - len(shown)
    for image in shown:
        if chosen is not None and image.id not in chosen:
            left_out["other_sets"] += 1
            continue
        if image.synthetic and not params.synthetic:
            left_out["synthetic"] += 1
        elif image.identity is None:
            left_out["unnamed"] += 1
        else:
            items.append(PairImage(str(image.path), image.identity, image.group or ""))
            made |= {str(image.path)} if image.synthetic else set()
    return items, left_out, made


def _open_project(context: Context) -> Project | None:
    try:
        return context.project
    except RequestError:
        return None


def pair_list(params: PairsParams, context: Context) -> PairsResult:
    """Job: make a pair list, or convert one."""
    if params.from_list is not None:
        return convert_list(params, context, None if params.folder is not None else _open_project(context))
    return make_pair_list(params, context)


def _tell_few(context: Context, params: PairsParams, genuine: tuple[int, int], impostor: tuple[int, int]) -> None:
    """Say where fewer pairs exist than asked for; of each kind how many were made and how many exist."""
    for asked, (got, exist), kind in ((params.genuine, genuine, "genuine"), (params.impostor, impostor, "impostor")):
        if got < asked:
            few = tr_n(
                "Only {n:,} impostor pair exists; {asked:,} were asked for.",
                "Only {n:,} impostor pairs exist; {asked:,} were asked for.",
                exist,
                asked=asked,
            )
            if kind == "genuine":
                few = tr_n(
                    "Only {n:,} genuine pair exists; {asked:,} were asked for.",
                    "Only {n:,} genuine pairs exist; {asked:,} were asked for.",
                    exist,
                    asked=asked,
                )
            context.message(few + " " + tr("All {n:,} are in the list.", n=got))


def _even(genuine: list[Pick], impostor: list[Pick], folds: int, context: Context) -> tuple[list[Pick], list[Pick]]:
    """Return as many pairs of each kind as LFW's format can hold."""
    even = min(len(genuine), len(impostor)) // folds * folds
    if (len(genuine), len(impostor)) != (even, even):
        context.message(
            tr_n(
                "The format lfw needs equal numbers in every fold: {n:,} pair of each kind is written.",
                "The format lfw needs equal numbers in every fold: {n:,} pairs of each kind are written.",
                even,
            )
        )
    return genuine[:even], impostor[:even]


def make_pair_list(params: PairsParams, context: Context) -> PairsResult:
    """Make a pair list. Where fewer pairs exist than asked for, all are written and that is said."""
    project = None if params.folder is not None else context.project
    if params.folder is not None:
        items, left_out, made = _from_folder(params.folder, params, context)
    else:
        assert project is not None
        items, left_out, made = project_images(project, params)
    if not items:
        raise RequestError(
            tr(
                "No image has an identity, so no pairs can be made. Import identity folders, or turn clusters into identities."
            )
        )
    if params.within_group and not any(item.group for item in items):
        raise RequestError(
            tr("No image has a group, so pairs within groups cannot be made. Import group/identity folders.")
        )
    context.progress(0, 2, tr("kinds of pairs"))
    genuine, exist_g = genuine_pairs(items, params.genuine, np.random.default_rng([params.seed, 1]))
    context.check()
    context.progress(1, 2, tr("kinds of pairs"))
    impostor, exist_i = impostor_pairs(
        items, params.impostor, np.random.default_rng([params.seed, 2]), within_group=params.within_group
    )
    _tell_few(context, params, (len(genuine), exist_g), (len(impostor), exist_i))
    if params.format == "lfw" and params.genuine == params.impostor:
        genuine, impostor = _even(genuine, impostor, params.folds, context)
    pairs = _in_folds(items, genuine, impostor, params.folds)
    fewest = min(len(picks) for picks in (genuine, impostor))
    if fewest < params.folds:
        context.message(
            tr_n(
                "{folds} folds are more than the {n:,} pair of a kind: some have none of it, so no accuracy. Ask for fewer folds or more pairs.",
                "{folds} folds are more than the {n:,} pairs of a kind: some have none of it, so no accuracy. Ask for fewer folds or more pairs.",
                fewest,
                folds=params.folds,
            )
        )
    name = f"{params.format}-{params.seed}-{len(genuine)}-{len(impostor)}{ending(params.format)}"
    out = destination(params, project, name)
    former = former_list(out)
    faces = FacePictures(project)
    genders = genders_of(project) if project is not None and params.format == "bfw" else {}
    written = write_pairs(out, pairs, params.format, genders=genders, picture=faces)
    told = [*faces.told(), *(one.why for one in written.left_out[:5]), *told_folds(written.pairs, params.format)]
    for line in told:
        context.message(line)
    of_each = [sum(pair.label == label for pair in written.pairs) for label in (1, 0)]
    digest = file_sha256(out)
    result = PairsResult(
        out=str(out),
        genuine=of_each[0],
        impostor=of_each[1],
        genuine_exist=exist_g,
        impostor_exist=exist_i,
        genuine_asked=params.genuine,
        impostor_asked=params.impostor,
        identities=len({(i.group, i.identity) for i in items}),
        images=len(items),
        left_out=left_out,
        seed=params.seed,
        format=params.format,
        within_group=params.within_group,
        folds=params.folds,
        sha256=digest,
        synthetic=sorted(made & {path for pair in written.pairs for path in (pair.path1, pair.path2)}),
    )
    result.summary = result.text()
    if result.synthetic:
        context.message(
            tr_n(
                "{n:,} image of the list is synthetic: {list}.json names it.",
                "{n:,} images of the list are synthetic: {list}.json names them.",
                len(result.synthetic),
                list=out.name,
            )
        )
    side = {"made_by": f"FairDesk {__version__}", **result.json_values(), "out": out.name}
    write_text(out.with_name(out.name + ".json"), json.dumps(side, indent=1, ensure_ascii=False) + "\n")
    if former is not None and former.sha256 != result.sha256:
        result.replaced = former.pairs
        result.summary = result.text()
    if project is not None:
        add_pair_list(project, out, params.model_dump(mode="json"), of_each[0], of_each[1], digest)
    context.progress(2, 2, tr("kinds of pairs"))
    context.artifact(out)
    return result


def _in_folds(
    items: list[PairImage], genuine: list[tuple[int, int]], impostor: list[tuple[int, int]], folds: int
) -> list[Pair]:
    """Order pairs fold by fold, genuine before impostor, in sizes as equal as can be."""

    def pair(pick: tuple[int, int], label: int, fold: int) -> Pair:
        a, b = items[pick[0]], items[pick[1]]
        return Pair(a.path, b.path, label, fold, a.identity, b.identity, a.group, b.group)

    out = []
    for fold in range(folds):
        for picks, label in ((genuine, 1), (impostor, 0)):
            start, end = (len(picks) * f // folds for f in (fold, fold + 1))
            out += [pair(pick, label, fold) for pick in picks[start:end]]
    return out
