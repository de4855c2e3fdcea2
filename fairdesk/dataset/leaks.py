"""What sets of images share that they must not: identities, files, near-duplicate images, near-identical vectors."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from itertools import combinations
from pathlib import Path
from types import MappingProxyType

import numpy as np
from PIL import Image

from fairdesk.dataset.collection import Collection, SourceImage, people_of, read_either
from fairdesk.dataset.manifests import as_written
from fairdesk.dataset.near_vectors import near_vectors
from fairdesk.dataset.overlap_results import LeaksResult, NearPair, Person, PicturePair, SharedResult, VectorPair
from fairdesk.dataset.picture_similarity import confirmed, near_hashes
from fairdesk.dataset.prepare_params import LeaksParams
from fairdesk.errors import RequestError
from fairdesk.faces.changed_originals import Compared, compare_originals
from fairdesk.images.file_facts import facts_at, look_at
from fairdesk.images.image_reading import open_image
from fairdesk.jobs.context import Context
from fairdesk.project import Project
from fairdesk.project.images import image_contents
from fairdesk.project.kept_facts import Facts, FactStore
from fairdesk.project.project import CATALOG
from fairdesk.project.recipes import Recipe
from fairdesk.project.vector_choice import VectorChoice, is_recipe
from fairdesk.project.vectors import VectorRows
from fairdesk.words import tr, tr_n

Key = tuple[str, str]
NONE_IMPORTED: Mapping[int, Facts] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Seen:
    """An item with the SHA-256 of its file and its perceptual hash."""

    item: SourceImage
    sha: bytes
    phash: int


@dataclass
class Shared:
    """What two sets have in common."""

    identities: list[Key] = field(default_factory=list)
    files: list[tuple[SourceImage, SourceImage]] = field(default_factory=list)
    near: list[tuple[SourceImage, SourceImage, int]] = field(default_factory=list)
    vectors: list[tuple[SourceImage, SourceImage, float]] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.identities or self.files or self.near or self.vectors)

    def pairs(self) -> list[tuple[SourceImage, SourceImage]]:
        """Every pair of pictures, whatever they have in common."""
        return (
            list(self.files) + [(a, b) for a, b, _ in self.near] + [(a, b) for a, b, _ in self.vectors]
        )  # fmt: skip

    def add(self, other: Shared) -> None:
        """Take in what two other sets share."""
        self.identities += other.identities
        self.files += other.files
        self.near += other.near
        self.vectors += other.vectors

    def without(self, known: Shared) -> Shared:
        """Return the files and pictures that others, which are known, do not share."""
        said = {frozenset((a.path, b.path)) for a, b in known.pairs()}
        return Shared(
            files=[(a, b) for a, b in self.files if frozenset((a.path, b.path)) not in said],
            near=[(a, b, bits) for a, b, bits in self.near if frozenset((a.path, b.path)) not in said],
        )

    def summary(self) -> str:
        """Say it in words."""
        parts = []
        if count := len(self.identities):
            parts.append(tr_n("{n:,} identity", "{n:,} identities", count))
        if count := len(self.files):
            parts.append(tr_n("{n:,} file", "{n:,} files", count))
        if count := len(self.near):
            parts.append(tr_n("{n:,} pair of near-duplicate images", "{n:,} pairs of near-duplicate images", count))
        if count := len(self.vectors):
            parts.append(
                tr_n("{n:,} pair of near-identical embeddings", "{n:,} pairs of near-identical embeddings", count)
            )
        return tr("In both sets: {parts}.", parts=", ".join(parts)) if parts else tr("Nothing is shared.")

    def result(self) -> SharedResult:
        """Return it as a job's result holds it."""
        return SharedResult(
            clean=not self,
            summary=self.summary(),
            identities=[Person(group=group or None, identity=name) for group, name in self.identities],
            files=[PicturePair(a=str(x.path), b=str(y.path)) for x, y in self.files],
            near=[NearPair(a=str(x.path), b=str(y.path), bits=bits) for x, y, bits in self.near],
            vectors=[VectorPair(a=str(x.path), b=str(y.path), distance=d) for x, y, d in self.vectors],
        )


@dataclass(frozen=True)
class Checked:
    """What several sets share, what could not be read, and the sets with what was learned of their images."""

    shared: Shared
    unreadable: list[dict[str, str]]
    sets: list[list[SourceImage]]


def look(
    items: Sequence[SourceImage],
    store: FactStore,
    context: Context,
    done: int = 0,
    total: int = 0,
    imported: Mapping[int, Facts] = NONE_IMPORTED,
) -> tuple[list[Seen], list[dict[str, str]]]:
    """Return the hashes of some items' files, read only where they are not known; and those that cannot be read.

    Those of images whose facts as they were `imported` are given, by id, are these.
    """
    place: dict[Path, int | list[int]] = {}
    found: list[Seen | str | None] = [None] * len(items)
    for number, item in enumerate(items):
        if item.id is not None and item.id in imported:
            found[number] = _seen(item, imported[item.id])
            continue
        before = place.setdefault(item.path, number)
        if before != number:  # of folders of originals that lie in one another
            place[item.path] = [*([before] if isinstance(before, int) else before), number]
    at = done
    for some in look_at(list(place), store, context):
        for path, known in some.items():
            numbers = place[path]
            for number in [numbers] if isinstance(numbers, int) else numbers:
                found[number] = _seen(items[number], known)
        at += len(some)
        context.progress(at, total or len(items), tr("images"))
    del place
    unreadable = [
        {"path": str(item.path), "why": one} for item, one in zip(items, found, strict=True) if isinstance(one, str)
    ]
    return [one for one in found if isinstance(one, Seen)], unreadable


def _seen(item: SourceImage, known: Facts) -> Seen | str:
    """Return what is compared of an item, as little as there may be a million, or why its file cannot be read."""
    if known.why is not None:
        return known.why
    synthetic = known.mark is not None if item.id is None else item.synthetic
    told = item if item.synthetic is synthetic else replace(item, synthetic=synthetic)
    return Seen(told, bytes.fromhex(known.sha256), known.phash)


def shared_identities(first: Sequence[SourceImage], second: Sequence[SourceImage]) -> list[Key]:
    """Identities in both sets: the same by group and name, by name alone where one side has no groups."""
    a, b = people_of(first), people_of(second)
    if any(group for group, _ in a) and any(group for group, _ in b):
        return sorted(set(a) & set(b))
    names = {name for _, name in b}
    return sorted(key for key in a if key[1] in names)


def _opened(item: SourceImage) -> Image.Image:
    return open_image(item.path)


def compare(
    first: Sequence[Seen],
    second: Sequence[Seen],
    distance: int,
    picture: Callable[[SourceImage], Image.Image] = _opened,
) -> Shared:
    """Compare files and pictures of two sets (identities and vectors are compared apart)."""
    there = {seen.sha for seen in first}
    by_sha: dict[bytes, list[SourceImage]] = {}
    for seen in second:
        if seen.sha in there:  # few: a list for each of a million takes more than the images themselves
            by_sha.setdefault(seen.sha, []).append(seen.item)
    same = [(seen.item, other) for seen in first for other in by_sha.get(seen.sha, ())]
    equal = {(item.path, other.path) for item, other in same}
    candidates = [
        (i, j, bits)
        for i, j, bits in near_hashes([s.phash for s in first], [s.phash for s in second], distance)
        if (first[i].item.path, second[j].item.path) not in equal
    ]
    near = confirmed(candidates, lambda i: picture(first[i].item), lambda j: picture(second[j].item))
    return Shared([], same, [(first[i].item, second[j].item, bits) for i, j, bits in near])


def compare_vectors(
    first: Sequence[SourceImage], second: Sequence[SourceImage], a: VectorRows, b: VectorRows, limit: float
) -> list[tuple[SourceImage, SourceImage, float]]:
    """Return the pairs of items whose vectors are at most `limit` apart."""
    (left, of_left), (right, of_right) = _with_vectors(first, a), _with_vectors(second, b)
    found = near_vectors(of_left, of_right, a.recipe.metric, limit)
    return [(left[i], right[j], d) for i, j, d in found]


def _with_vectors(items: Sequence[SourceImage], vectors: VectorRows) -> tuple[list[SourceImage], VectorRows]:
    numbers = np.array([item.id or 0 for item in items], dtype=np.int64)
    having = vectors.has(numbers)
    return [item for item, has in zip(items, having, strict=True) if has], vectors.of(numbers[having])


def check_sets(
    sets: Sequence[Sequence[SourceImage]],
    store: FactStore,
    context: Context,
    *,
    distance: int,
    identities: bool = True,
    vectors: VectorRows | None = None,
    limit: float = 0.0,
    imported: Mapping[int, Facts] = NONE_IMPORTED,
    picture: Callable[[SourceImage], Image.Image] = _opened,
) -> Checked:
    """Look for what any two of several sets share; images whose facts are given are compared as they were `imported`."""
    total = sum(map(len, sets))
    seen, unreadable, done = [], [], 0
    for items in sets:
        found, bad = look(items, store, context, done, total, imported)
        seen.append(found)
        unreadable += bad
        done += len(items)
    shared = Shared()
    for i, j in combinations(range(len(sets)), 2):
        context.check()
        shared.add(compare(seen[i], seen[j], distance, picture))
        if identities:
            shared.identities += shared_identities(sets[i], sets[j])
        if vectors is not None:
            said = {frozenset((x.path, y.path)) for x, y in shared.pairs()}
            pairs = compare_vectors(sets[i], sets[j], vectors, vectors, limit)
            shared.vectors += [pair for pair in pairs if frozenset((pair[0].path, pair[1].path)) not in said]
    known = {one.item.path: one.item for found in seen for one in found}
    return Checked(shared, unreadable, [[known.get(item.path, item) for item in items] for items in sets])


def refuse(shared: Shared, *, allow: bool, context: Context, changed: bool = False) -> None:
    """Say what leaks; raise `RequestError` unless that is allowed. `changed`: some of it by originals that have changed."""
    if not shared:
        return
    if allow:
        context.message(tr("Leaks were allowed. {summary}", summary=shared.summary()))
        return
    shown = "".join(f"\n  {a.path}  ~  {b.path}" for a, b in shared.pairs()[:3])
    if changed:
        shown += "\n" + tr("Some of these originals have changed since they were imported: import them again first.")
    raise RequestError(
        tr(
            "These sets would leak. {summary} Nothing was written.{shown}\n"
            "Look at the pairs with --dry-run --json, hide one of each (duplicates PROJECT --hide), or accept them with --leaks allow.",
            summary=shared.summary(),
            shown=shown,
        )
    )


@dataclass(frozen=True)
class Both:
    """The vectors of two projects that are compared, and which they are."""

    a: VectorRows
    b: VectorRows
    choice: VectorChoice  # in the first
    faces: list[int]


def _common_detector(a: Project, b: Project, encoder: str) -> str | None:
    """Return the newest detector in the first project whose faces both have vectors of; None: let the choice refuse."""
    theirs = {one.recipe.detector for one in b.vectors.of_encoder(encoder)}
    ours = [one.recipe.detector for one in a.vectors.of_encoder(encoder)]
    common = next((detector for detector in ours if detector in theirs), None)
    if common is None and ours and theirs:
        raise RequestError(
            tr(
                "The two projects have {encoder} embeddings of different detectors' faces, which cannot be compared: "
                "{ours} and {theirs}. Encode one of them again: fairdesk encode {folder} --encoder {quoted} --detector {our}",
                encoder=encoder,
                ours=", ".join(ours),
                theirs=", ".join(sorted(theirs)),
                folder=shlex.quote(str(b.folder)),
                our=ours[0],
                quoted=shlex.quote(encoder),
            )
        )
    return common


def _asked_of_each(a: Project, b: Project, encoder: str, detector: str | None) -> tuple[str, str, str | None]:
    """Return which encoder is asked of each project, and the detector.

    A recipe is one project's, as other versions or another name of a file make another: of the project that lacks it
    the same encoder and detector are asked, and which of these were made alike is seen afterwards.
    """
    if is_recipe(encoder):
        there = [project.vectors.of_encoder(encoder) for project in (a, b)]
        owned = next((found[0].recipe for found in there if found), None)
        if owned is not None:
            of_a, of_b = (encoder if found else owned.encoder for found in there)
            return of_a, of_b, detector or owned.detector
    return encoder, encoder, detector or _common_detector(a, b, encoder)


def _both_vectors(params: LeaksParams, context: Context) -> Both:
    for place in (params.a, params.b):
        if not (place / CATALOG).is_file():
            raise RequestError(
                tr(
                    "{place} is not a project, so it has no embeddings. Compare two projects, or leave --encoder out.",
                    place=place,
                )
            )
    encoder = params.encoder or ""
    with closing(Project.open(params.a)) as a, closing(Project.open(params.b)) as b:
        of_a, of_b, detector = _asked_of_each(a, b, encoder, params.detector)
        ours = a.vectors.choose(of_a, detector)
        theirs = b.vectors.choose(of_b, detector)
        pair = next(  # the same weights and alignment, where a project has several
            (
                (x, y)
                for x in (ours.used, *ours.others)
                for y in (theirs.used, *theirs.others)
                if x.recipe.detector == y.recipe.detector == detector
                and _alike(a.vectors.described(x.recipe), b.vectors.described(y.recipe))
            ),
            None,
        )
        if pair is None:
            raise RequestError(tr("The two projects' embeddings were made in different ways and cannot be compared."))
        if pair[0] is not ours.used:
            ours = VectorChoice(pair[0], tuple(one for one in (ours.used, *ours.others) if one is not pair[0]))
        theirs = VectorChoice(pair[1], theirs.others)
        if params.detector is None and ours.told() is not None:
            context.message(ours.told() or "")
        vectors = a.vectors.rows_of_images(ours.recipe), b.vectors.rows_of_images(theirs.recipe)
        return Both(*vectors, ours, [ours.used.vectors, theirs.used.vectors])


def _alike(a: Recipe | None, b: Recipe | None) -> bool:
    """Whether vectors were made in the same way, but for versions of libraries."""
    return a is not None and b is not None and replace(a, versions={}) == replace(b, versions={})


def _changed(place: Path, context: Context) -> Compared:
    """Say which originals of a project are other files now: their labels and embeddings may be another person's."""
    if not (place / CATALOG).is_file():
        return Compared([], [], [])
    with closing(Project.open(place)) as project:
        shown, _ = image_contents(project)
        return compare_originals(sorted(shown.tolist()), context, project=project)


def check_leaks(params: LeaksParams, context: Context) -> LeaksResult:
    """Job: compare two folders, archives or projects."""
    a: Collection = as_written(read_either(params.a), params.a)
    b: Collection = as_written(read_either(params.b), params.b)
    vectors = _both_vectors(params, context) if params.encoder else None
    total = len(a.items) + len(b.items)
    with facts_at(a.root) as store:
        first, bad_a = look(a.items, store, context, 0, total)
    with facts_at(b.root) as store:
        second, bad_b = look(b.items, store, context, len(a.items), total)
    shared = compare(first, second, params.distance)
    shared.identities = shared_identities(a.items, b.items)
    if vectors is not None:
        known = {(x.path, y.path) for x, y in shared.pairs()}
        pairs = compare_vectors(a.items, b.items, vectors.a, vectors.b, params.vector_distance)
        shared.vectors = [pair for pair in pairs if (pair[0].path, pair[1].path) not in known]
    for side in (a, b):
        side.need_unchanged()
    compared = [_changed(place, context) for place in dict.fromkeys((params.a, params.b))]
    result = LeaksResult(
        **dict(shared.result()),
        unreadable=bad_a + bad_b,
        images=[len(a.items), len(b.items)],
        left_out=a.left_out + b.left_out,
        changed=[path for side in compared for path in side.changed],
        damaged=[one for side in compared for one in side.damaged],
    )
    if vectors:
        result.rest_on(vectors.choice.about(), vectors.faces)
    return result
