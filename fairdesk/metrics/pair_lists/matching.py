"""Which images of a project (or folder) the paths of a pair list mean."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from fairdesk.dataset.known_images import KnownImage
from fairdesk.dataset.path_matching import KnownFiles, Matched
from fairdesk.jobs.results import Unreadable
from fairdesk.metrics.pair_lists.pairs import PairList
from fairdesk.words import tr, tr_n


class ListedName(NamedTuple):
    """A path of a list, and the group that the list names for it: the same path may mean two images by group."""

    path: str
    group: str


@dataclass(frozen=True)
class ListImages:
    """What the paths of a list mean: the place of each image, and why the others mean none."""

    images: Sequence[KnownImage]
    found: dict[ListedName, int]
    why: dict[ListedName, str]
    notes: list[str]

    def image(self, name: ListedName) -> KnownImage | None:
        """Return the image that a path means."""
        place = self.found.get(name)
        return None if place is None else self.images[place]

    def unmatched(self) -> list[Unreadable]:
        """Return the paths that mean none, each with why."""
        return [Unreadable(path=name.path, why=why) for name, why in self.why.items()]


def names_of(listed: PairList) -> list[ListedName]:
    """Return each path of a list once, with its group; of templates, those of their images."""
    sides = dict.fromkeys(
        ListedName(path, group)
        for pair in listed.pairs
        for path, group in ((pair.path1, pair.group1), (pair.path2, pair.group2))
    )
    if not listed.templates:
        return list(sides)
    return list(
        dict.fromkeys(ListedName(one.path, "") for side in sides for one in listed.templates.get(side.path, ()))
    )


def match_list(names: Iterable[ListedName], images: Sequence[KnownImage], files: KnownFiles) -> ListImages:
    """Find the images that the paths of a list mean; where several fit, the one in a folder named as the list's group."""
    names = list(names)
    first = files.match(name.path for name in names)
    in_group = {f"{name.group}/{name.path}": name for name in names if name.group and name.path in first.several}
    second = files.match(in_group)
    found = {name: first.found[name.path] for name in names if name.path in first.found}
    found |= {in_group[path]: place for path, place in second.found.items()}
    why = {name: first.why[name.path] for name in names if name not in found}
    return ListImages(images, found, why, _notes(first, images))


def _notes(matched: Matched, images: Sequence[KnownImage]) -> list[str]:
    notes = []

    def note(names: Sequence[str], text: Callable[[int, str, str], str]) -> None:
        if names:
            notes.append(text(len(names), names[0], images[matched.found[names[0]]].path))

    note(
        matched.other_ending,
        lambda n, name, file: tr_n(
            "{n:,} image ends otherwise in the list than here: {name} means {file}.",
            "{n:,} images end otherwise in the list than here, for example {name} means {file}.",
            n, name=name, file=file,
        ),
    )  # fmt: skip
    note(
        matched.other_case,
        lambda n, name, file: tr_n(
            "{n:,} path has other capital letters in the list than here: {name} means {file}.",
            "{n:,} paths have other capital letters in the list than here, for example {name} means {file}.",
            n, name=name, file=file,
        ),
    )  # fmt: skip
    note(
        matched.by_end,
        lambda n, name, file: tr_n(
            "{n:,} path was recognised by its folder and name alone: {name} means {file}.",
            "{n:,} paths were recognised by their folder and name alone, for example {name} means {file}.",
            n, name=name, file=file,
        ),
    )  # fmt: skip
    return notes


def told_unmatched(unmatched: Sequence[Unreadable]) -> str:
    """Say which paths of a list mean no image."""
    head = tr_n(
        "{n:,} path of the list means no image:", "{n:,} paths of the list mean no image:", len(unmatched)
    )  # fmt: skip
    lines = [f"{one.path}: {one.why}" for one in unmatched[:5]]
    if len(unmatched) > 5:
        lines.append(tr("... and {n:,} more", n=len(unmatched) - 5))
    return "\n  ".join([head, *lines])
