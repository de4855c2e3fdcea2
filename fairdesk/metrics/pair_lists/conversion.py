"""A pair list of any format as another, its paths those of a project's or a folder's images where one is given."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from fairdesk import __version__
from fairdesk.dataset.known_images import folder_files, project_files
from fairdesk.errors import RequestError
from fairdesk.images.file_facts import file_sha256
from fairdesk.images.folder_layouts import read_tree
from fairdesk.images.written_files import write_text
from fairdesk.jobs.context import Context
from fairdesk.jobs.read_and_written import written_over
from fairdesk.jobs.results import Unreadable
from fairdesk.metrics.pair_lists.doubtful import against_identities, labelled, told_doubtful, with_both_labels
from fairdesk.metrics.pair_lists.face_pictures import FacePictures
from fairdesk.metrics.pair_lists.lfw import told_folds
from fairdesk.metrics.pair_lists.matching import (
    ListedName,
    ListImages,
    match_list,
    names_of,
    told_unmatched,
)
from fairdesk.metrics.pair_lists.pairs import LeftOutLine, Pair, PairList
from fairdesk.metrics.pair_lists.reading import read_list
from fairdesk.metrics.pair_lists.replaced import former_list
from fairdesk.metrics.pair_lists.results import LeftOutOfList, PairsResult
from fairdesk.metrics.pair_lists.writing import ending, need_ending, write_pairs
from fairdesk.metrics.params import PairsParams
from fairdesk.metrics.store import add_pair_list, need_thawed
from fairdesk.project import Project
from fairdesk.project.images import labelled_images
from fairdesk.project.labels import other_labels
from fairdesk.words import tr, tr_n


def convert_list(params: PairsParams, context: Context, project: Project | None) -> PairsResult:
    """Read a list and write it in another format. With a project (or folder) its paths become those of its images."""
    assert params.from_list is not None
    chosen = _chosen(params, context, project)
    pairs, left_out = chosen.pairs, chosen.left_out
    if chosen.doubtful:
        context.message(told_doubtful(chosen.doubtful))
    out = destination(params, project, f"{params.from_list.stem}{ending(params.format)}")
    former = former_list(out)
    context.progress(0, len(pairs), tr("pairs"))
    context.check()
    faces = FacePictures(project, params.from_list.parent)
    written = write_pairs(out, pairs, params.format, genders=chosen.genders, picture=faces)
    left_out += written.left_out
    for line in [*faces.told(), *told_folds(written.pairs, params.format)]:
        context.message(line)
    genuine = sum(pair.label for pair in written.pairs)
    result = PairsResult(
        out=str(out),
        genuine=genuine,
        impostor=len(written.pairs) - genuine,
        read_as=chosen.read_as,
        left_out=[LeftOutOfList(line=one.line, why=one.why) for one in left_out],
        doubtful=[LeftOutOfList(line=one.line, why=one.why) for one in chosen.doubtful],
        unmatched=chosen.unmatched,
        format=params.format,
        folds=len({pair.fold for pair in written.pairs}),
        sha256=file_sha256(out),
        synthetic=sorted(chosen.synthetic & {path for pair in written.pairs for path in (pair.path1, pair.path2)}),
    )
    result.summary = result.text()
    side = {"made_by": f"FairDesk {__version__}", "from": params.from_list.name, "from_sha256": _sha256(params.from_list),
            **result.json_values(), "out": out.name}  # fmt: skip
    write_text(out.with_name(out.name + ".json"), json.dumps(side, indent=1, ensure_ascii=False) + "\n")
    if former is not None and former.sha256 != result.sha256:
        result.replaced = former.pairs
        result.summary = result.text()
    if left_out:
        context.message(
            tr_n(
                "{n:,} pair is left out, of line {line}: {why}.",
                "{n:,} pairs are left out; the first, of line {line}: {why}.",
                len(left_out),
                line=left_out[0].line,
                why=left_out[0].why,
            )
        )
    if project is not None:
        kept = params.model_dump(mode="json")
        add_pair_list(project, out, kept, result.genuine, result.impostor, result.sha256)
    context.progress(len(pairs), len(pairs), tr("pairs"))
    context.artifact(out)
    return result


def destination(params: PairsParams, project: Project | None, name: str) -> Path:
    """Return where a list is written: as asked, else in the project. Raises `RequestError` if it may not be."""
    out = params.out
    if out is None:
        if project is None:
            raise RequestError(tr("Say where to write the list: --out FILE"))
        out = project.exports("lists", name)
    need_ending(out, params.format)
    if (why := written_over(out, [params.from_list])) is not None:  # the project's own place, too
        raise RequestError(why)
    if project is not None:
        need_thawed(project, out)
    return out


@dataclass
class _Chosen:
    """The pairs of a list that are to be written, and what is known of them."""

    pairs: list[Pair]
    read_as: str
    left_out: list[LeftOutLine]
    unmatched: list[Unreadable] | None = None
    doubtful: list[LeftOutLine] = field(default_factory=list)
    genders: dict[str, str] = field(default_factory=dict)
    synthetic: set[str] = field(default_factory=set)


def _chosen(params: PairsParams, context: Context, project: Project | None) -> _Chosen:
    """Read the list; find the images that its paths mean where there are some to look among. Says what is left out."""
    path = params.from_list
    assert path is not None
    listed = _of_images(read_list(path, params.mapping), path)
    for note in listed.notes:
        context.message(note)
    out = _Chosen(listed.pairs, listed.read_as, list(listed.left_out))
    if project is None and params.folder is None:
        out.doubtful = _doubtful(listed.pairs, listed)
        return out
    images = _images(listed, project, params.folder)
    out.unmatched = images.unmatched()
    if not images.found:
        raise RequestError(
            tr("None of the images in {pairs} is there.", pairs=path) + " " + told_unmatched(out.unmatched)
        )
    for note in images.notes:
        context.message(note)
    if out.unmatched:
        context.message(told_unmatched(out.unmatched))
    if project is not None:
        out.genders, out.synthetic = genders_of(project), _synthetic(project)
    refused = set() if params.synthetic else out.synthetic
    out.pairs = list(_matched(listed, images, refused, out.left_out))
    if not out.pairs:
        raise RequestError(tr("No pair of {pairs} is left: {why}", pairs=path, why=out.left_out[0].why))
    out.doubtful = _doubtful(out.pairs, listed)
    return out


def _doubtful(pairs: list[Pair], listed: PairList) -> list[LeftOutLine]:
    """Return the pairs whose label is contradicted, in the order of their lines."""
    return sorted([*against_identities(map(labelled, pairs)), *with_both_labels(listed.pairs)])


def _sha256(path: Path) -> str | None:
    return file_sha256(path) if path.is_file() else None


def _of_images(listed: PairList, path: Path) -> PairList:
    """Return a list of pairs of images: one of templates with a single image each becomes one. Raises `RequestError`."""
    if not listed.templates:
        return listed
    several = next((name for name, images in listed.templates.items() if len(images) > 1), None)
    if several is not None:
        raise RequestError(
            tr(
                "{path} compares templates: {template} has {count} images, which a list of pairs of images cannot say. "
                "Score it as it is: fairdesk score PROJECT --pairs {quoted}",
                path=path,
                quoted=shlex.quote(str(path)),
                template=several,
                count=len(listed.templates[several]),
            )
        )
    only = {name: images[0].path for name, images in listed.templates.items()}
    return PairList(
        [replace(pair, path1=only[pair.path1], path2=only[pair.path2]) for pair in listed.pairs], listed.read_as
    )


def _images(listed: PairList, project: Project | None, folder: Path | None) -> ListImages:
    known = project_files(project) if project is not None else folder_files(read_tree(folder or Path()))
    return match_list(names_of(listed), *known)


def _matched(listed: PairList, images: ListImages, refused: set[str], left_out: list[LeftOutLine]) -> Iterator[Pair]:
    """Yield the pairs with the paths of the images that are meant, and their labels where the list has none."""
    for pair in listed.pairs:
        names = ListedName(pair.path1, pair.group1), ListedName(pair.path2, pair.group2)
        one, other = map(images.image, names)
        if one is None or other is None:
            lost = names[0] if one is None else names[1]
            left_out.append(LeftOutLine(pair.line, f"{lost.path}: {images.why[lost]}"))
        elif {one.path, other.path} & refused:
            left_out.append(LeftOutLine(pair.line, tr("an image of it is synthetic")))
        else:
            yield replace(
                pair, path1=one.path, path2=other.path,
                subject1=pair.subject1 or one.subject, subject2=pair.subject2 or other.subject,
                group1=pair.group1 or one.group, group2=pair.group2 or other.group,
            )  # fmt: skip


def genders_of(project: Project) -> dict[str, str]:
    """Return the gender of each image whose label names one, by path."""
    said = other_labels(project)
    return {
        str(image.path): said[image.id].gender or ""
        for image in labelled_images(project, hidden=True)
        if image.id in said
    }


def _synthetic(project: Project) -> set[str]:
    return {str(image.path) for image in labelled_images(project, hidden=True) if image.synthetic}
