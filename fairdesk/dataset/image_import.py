"""Import: scan a folder, show what was found, then write it as one undoable step.

What was learned of a file is kept (`project/kept_facts.py`), so that importing after a preview, and importing again,
reads only what is new.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NamedTuple

from fairdesk.dataset.doubled_images import Doubled
from fairdesk.dataset.label_table import Label, TreeLabels, need_matches, read_labels, read_manifest
from fairdesk.dataset.labels_in_names import NameLabels, labels_in_names
from fairdesk.dataset.params import ImportParams
from fairdesk.dataset.results import ImportResult
from fairdesk.dataset.table_files import is_table
from fairdesk.errors import RequestError
from fairdesk.images.file_facts import keep, stamped
from fairdesk.images.folder_layouts import Entry, Tree, read_tree, shared_names
from fairdesk.images.inspection import Inspected, inspect_files, no_preparation
from fairdesk.images.reading_reasons import is_missing
from fairdesk.images.synthetic_marks import marked_labels
from fairdesk.jobs.context import Context
from fairdesk.jobs.listening import listen_while
from fairdesk.jobs.pool import map_batches
from fairdesk.made_sequences import MadeSequence
from fairdesk.project import Project
from fairdesk.project.images import NewImage, add_image, contents_after, image_paths, last_image
from fairdesk.project.originals import (
    folder_number,
    forget_unreadable,
    imported_from,
    keep_folder,
    keep_unreadable,
    missing_originals,
)
from fairdesk.project.renewal import Renewed, erase_computed, forget_faces, imported_contents, renew_image
from fairdesk.project.thumbnails import SIDE
from fairdesk.words import tr, tr_n

_BATCH = 64
_COMMIT = 512  # images a transaction
_LOOKED_UP = 8192  # files whose kept facts are looked up at once


@dataclass(slots=True)
class Labelled:
    """One file with the labels it will get and who says so."""

    entry: Entry
    identity: str | None
    group: str | None
    source: str | None  # "folder", "csv", or None where nothing is known
    others: list[tuple[str, str]]  # gender, age, tags


def _inspect_all(tree: Tree, project: Project, context: Context, *, preview: bool) -> Iterator[list[Inspected]]:
    """Yield inspections batch by batch, in order, from memory where the file is unchanged.

    A preview keeps the thumbnails too, as the import that follows needs them. What is remembered is looked up a
    stretch at a time: of a million files few are ever in memory.
    """
    paths = _Paths(tree)
    total = len(paths)
    context.progress(0, total, tr("files"))
    for start in range(0, total, _LOOKED_UP):
        stretch = paths[start : start + _LOOKED_UP]
        known: dict[Path, Inspected] = {}
        for place in range(0, len(stretch), _BATCH * 8):
            context.check()
            known |= _remembered(tree, stretch[place : place + _BATCH * 8], start + place, project)
        for place, batch in _inspected(stretch, known, project, context, preview=preview):
            yield batch
            context.progress(min(total, start + place + _BATCH), total, tr("files"))


def _inspected(
    paths: list[Path], known: dict[Path, Inspected], project: Project, context: Context, *, preview: bool
) -> Iterator[tuple[int, list[Inspected]]]:
    """Yield (place of its first, batch) of some paths, of which some are known."""
    fresh = map_batches(
        partial(inspect_files, side=SIDE),
        [path for path in paths if path not in known],
        _BATCH,
        context,
        no_preparation,
    )
    left: list[Inspected] = []
    for start in range(0, len(paths), _BATCH):
        if not left and all(path in known for path in paths[start : start + _BATCH]):
            context.check()  # else map_batches does
        batch = []
        for path in paths[start : start + _BATCH]:
            found = known.pop(path, None)
            if found is None:
                if not left:
                    left = list(reversed(next(fresh)[1]))
                    keep(project.facts, left)
                    if preview:
                        project.thumbnails.keep_previews((one.facts.sha256, one.jpeg) for one in left if one.facts)
                found = left.pop()
            batch.append(found)
        yield start, batch


def _remembered(tree: Tree, paths: Sequence[Path], first: int, project: Project) -> dict[Path, Inspected]:
    """Return what was inspected before of some files, from a place of the tree on, and has not changed since, and has its thumbnail or needs none."""
    below = [entry.path for entry in tree.entries[first : first + len(paths)]]
    imported = {tree.root / path: sha for path, sha in imported_contents(project, tree.root, below).items()}
    stamps = dict(stamped(paths))
    found = {}
    for path, facts in project.facts.of_files(list(stamps.items())).items():
        unchanged = imported.get(path) == facts.sha256
        jpeg = b"" if unchanged else project.thumbnails.preview(facts.sha256) or b""
        if jpeg or facts.why is not None or unchanged:
            found[path] = Inspected(path, stamps[path], facts, jpeg)
    return found


class _Paths(MadeSequence[Path]):
    """The paths of a tree's files, made when they are asked for: a million of them take half a gigabyte."""

    def __init__(self, tree: Tree) -> None:
        self._root, self._entries = tree.root, tree.entries

    def __len__(self) -> int:
        return len(self._entries)

    def item(self, place: int) -> Path:
        """Make the one at a place."""
        return self._root / self._entries[place].path


LabelAt = Callable[[int, Entry], Label | None]  # what a table or a name says of a file, by its place and itself


class _Labelling(MadeSequence[Labelled]):
    """What each file of a tree is called, made when it is asked for: the table where it speaks, else the folders.

    `home` is the one group of those identities that several groups have, where they are the same people.
    """

    def __init__(self, tree: Tree, given: LabelAt) -> None:
        self._entries, self._given = tree.entries, given
        self.home: dict[str, str | None] = {}

    def __len__(self) -> int:
        return len(self._entries)

    def item(self, place: int) -> Labelled:
        """Make the one at a place."""
        return self._labelled(place, self._entries[place])

    def __iter__(self) -> Iterator[Labelled]:
        return (self._labelled(place, entry) for place, entry in enumerate(self._entries))

    def _labelled(self, place: int, entry: Entry) -> Labelled:
        label = self._given(place, entry)
        if label is not None:
            identity = label.identity if label.identity is not None else entry.identity
            group = label.group if label.group is not None else entry.group
            found = Labelled(entry, identity, group, "csv", label.others())
        else:
            known = entry.identity is not None or entry.group is not None
            found = Labelled(entry, entry.identity, entry.group, "folder" if known else None, [])
        if found.identity in self.home:
            found.group = self.home[found.identity]
        return found


def _given(params: ImportParams, tree: Tree, context: Context) -> TreeLabels | None:
    if params.labels is None:
        return None
    given, unmatched = read_labels(params.labels, tree, params.mapping)
    need_matches(len(given), unmatched, params.labels, tr("a file in {root}", root=tree.root))
    for line in given.odd():
        context.message(line)
    if unmatched:
        shown = ", ".join(unmatched[:3]) + (" ..." if len(unmatched) > 3 else "")
        context.message(
            tr_n(
                "{n:,} row of {labels} names no file in {root}: {shown}",
                "{n:,} rows of {labels} name no file in {root}: {shown}",
                len(unmatched),
                labels=params.labels,
                root=tree.root,
                shown=shown,
            )
        )
    return given


def _join(labelled: Iterable[Labelled], names: Collection[str]) -> dict[str, str | None]:
    """Where the same name under several groups is one person: the group that holds most of its images."""
    counts: dict[str, Counter[str | None]] = {name: Counter() for name in names}
    for item in labelled:
        if item.identity in counts:
            counts[item.identity][item.group] += 1
    return {
        name: max(sorted(count, key=lambda group: group or ""), key=lambda group: count[group])
        for name, count in counts.items()
    }


def _read(params: ImportParams, context: Context) -> tuple[Tree, Sequence[Labelled], list[str]]:
    inside = context.project.folder
    made = inside / "exports" / "synthetic"  # where this program puts the faces it makes
    if inside in (params.folder, *params.folder.parents) and made not in (params.folder, *params.folder.parents):
        raise RequestError(
            tr(
                "{folder} is inside the project itself. Give the folder that holds the photographs.",
                folder=params.folder,
            )
        )
    listed: TreeLabels | None = None
    named: NameLabels | None = None
    if is_table(params.folder):
        tree, listed = read_manifest(params.folder, params.mapping, params.base)
        for line in listed.odd():
            context.message(line)
    else:
        tree = read_tree(params.folder, params.layout)
        named = labels_in_names(tree)
    tables = [table for table in (_given(params, tree, context), listed) if table is not None]

    def said(place: int, entry: Entry) -> Label | None:
        for table in tables:
            if (label := table.at(place)) is not None:
                return label
        return None if named is None else named(entry.path)

    labelled = _Labelling(tree, said)
    names = shared_names(Entry(item.entry.path, item.identity, item.group) for item in labelled)
    if names and params.shared_names == "join":
        labelled.home = _join(labelled, names)
    return tree, labelled, names


def _heed_mark(item: Labelled, seen: Inspected) -> None:
    """Take a synthetic face's identity and group from its mark: its folder may stand for something else."""
    if seen.facts is not None and seen.facts.mark is not None and item.source in (None, "folder"):
        said = marked_labels(seen.facts.mark)
        item.identity, item.group = said.get("identity", item.identity), said.get("group", item.group)
        item.source = "folder" if item.identity is not None or item.group is not None else None


class _Summary:
    """Counts what was understood, for the preview and for the result."""

    def __init__(self, tree: Tree, names: list[str], params: ImportParams) -> None:
        self.tree, self.names, self.params = tree, names, params
        self.images = self.synthetic = 0
        self.identities: set[tuple[str | None, str]] = set()
        self.groups: dict[str, int] = {}
        self.labels: dict[str, int] = {}
        self.doubled = Doubled()
        self.unreadable: list[dict[str, str]] = [{"path": p, "why": why} for p, why in tree.skipped]

    def add(self, item: Labelled, seen: Inspected) -> None:
        if seen.facts is None or seen.why is not None:
            self.unreadable.append({"path": item.entry.path, "why": seen.why or ""})
            return
        self.images += 1
        self.synthetic += seen.facts.mark is not None
        if item.identity is not None:
            self.identities.add((item.group, item.identity))
        if item.group is not None:
            self.groups[item.group] = self.groups.get(item.group, 0) + 1
        for kind in {kind for kind, _ in item.others}:
            self.labels[kind] = self.labels.get(kind, 0) + 1

    def result(self, new: int, renewed: int, project: Project, *, preview: bool) -> ImportResult:
        root, bad = self.tree.root, [one["path"] for one in self.unreadable]
        held = imported_contents(project, root, bad) if bad else {}
        missing = [one["path"] for one in self.unreadable if one["path"] in held and is_missing(one["why"])]
        damaged = len(held) - len(missing)
        self.unreadable = [one for one in self.unreadable if one["path"] not in held or not is_missing(one["why"])]
        known = self.images - new if preview else self.images
        gone = imported_from(project, root) - known - damaged
        gone_paths = [os.path.join(root, path) for path in missing]
        if self.tree.layout != "manifest" and gone > len(missing):  # not only what a link names
            lost = image_paths(project, missing_originals(project).images.tolist()).values()
            gone_paths = [path for path in lost if path.startswith(os.path.join(root, ""))]
        return ImportResult(
            damaged=damaged,
            gone=len(missing) if self.tree.layout == "manifest" else max(0, gone),  # a list need not name all
            gone_paths=gone_paths,
            doubled=self.doubled.count,
            doubled_text=self.doubled.text(root, preview=preview),
            images=self.images,
            unreadable=self.unreadable,
            identities=len(self.identities),
            groups=dict(sorted(self.groups.items())),
            shared_names=self.names,
            synthetic=self.synthetic,
            layout=self.tree.layout,
            folder=str(self.tree.root),
            labels=dict(sorted(self.labels.items())),
            new=new,
            renewed=renewed,
            notes=self.tree.notes,
        )


def scan_folder(params: ImportParams, context: Context) -> ImportResult:
    """Job: look through a folder and tell what an import would bring; writes nothing to the catalogue."""
    tree, labelled, names = listen_while(
        lambda: _read(params, context), context, tr("Listing {name}", name=params.folder.name)
    )
    summary = _Summary(tree, names, params)
    new, renewed, place = 0, 0, 0
    for batch in _inspect_all(tree, context.project, context, preview=True):
        items = labelled[place : place + len(batch)]
        held = imported_contents(context.project, tree.root, [item.entry.path for item in items])
        fresh: list[str] = []
        for item, seen in zip(items, batch, strict=True):
            _heed_mark(item, seen)
            summary.add(item, seen)
            if seen.facts is not None and seen.why is None:
                before = held.get(item.entry.path)
                new += before is None
                fresh += [seen.facts.sha256] if before is None else []
                renewed += before not in (None, seen.facts.sha256)
        place += len(batch)
        summary.doubled.look(context.project, fresh)
    return summary.result(new, renewed, context.project, preview=True)


def import_images(params: ImportParams, context: Context) -> ImportResult:
    """Job: import a folder. Images already there are kept with their labels; new ones are added, replaced ones taken anew."""
    tree, labelled, names = listen_while(
        lambda: _read(params, context), context, tr("Listing {name}", name=params.folder.name)
    )
    summary = _Summary(tree, names, params)
    if names and params.shared_names == "separate":
        context.message(
            tr(
                "{count} identity names occur under several groups and are kept apart: {names}. "
                "If they are the same people, import with --shared-names join.",
                count=len(names),
                names=", ".join(names[:5]) + (" ..." if len(names) > 5 else ""),
            )
        )
    last = last_image(context.project)
    brought = bring_in(
        tree,
        labelled,
        context,
        tr("Import {folder}", folder=tree.root.name),
        f"import {os.urandom(6).hex()}",
        summary.add,
    )
    if brought.renewed:
        context.message(
            tr_n(
                "{n:,} image was replaced by another file since it was imported: it is taken as it is now. Its labels stay; the faces, "
                "embeddings, predictions and quality of the old one are gone. Detect and encode again.",
                "{n:,} images were replaced by other files since they were imported: they are taken as they are now. Their labels stay; the "
                "faces, embeddings, predictions and quality of the old ones are gone. Detect and encode again.",
                brought.renewed,
            )
        )
    added = contents_after(context.project, last) if last and brought.new else []
    for start in range(0, len(added), _LOOKED_UP):
        summary.doubled.look(context.project, added[start : start + _LOOKED_UP], after=last)
    return summary.result(brought.new, brought.renewed, context.project, preview=False)


class Brought(NamedTuple):
    """How many images came in, and how many were there with other contents."""

    new: int
    renewed: int


def bring_in(
    tree: Tree,
    labelled: Sequence[Labelled],
    context: Context,
    text: str,
    merge_key: str,
    each: Callable[[Labelled, Inspected], None],
) -> Brought:
    """Import the files of a tree with their labels, in parts of one journal step."""
    writer = _Writer(context.project, tree, text, merge_key)
    waiting: list[tuple[Labelled, Inspected]] = []
    place = 0
    try:
        for batch in _inspect_all(tree, context.project, context, preview=False):
            for item, seen in zip(labelled[place : place + len(batch)], batch, strict=True):
                _heed_mark(item, seen)
                each(item, seen)
                waiting.append((item, seen))
            place += len(batch)
            if len(waiting) >= _COMMIT:
                writer.write(waiting)
                waiting = []
    finally:
        writer.write(waiting)
    writer.write_skipped()
    context.project.thumbnails.drop_previews()
    return Brought(writer.new, writer.renewed)


class _Writer:
    """Writes images in parts of one journal step."""

    def __init__(self, project: Project, tree: Tree, text: str, merge_key: str) -> None:
        self.project, self.tree = project, tree
        self.new = self.renewed = 0
        self._text, self._key = text, merge_key

    def write(self, items: list[tuple[Labelled, Inspected]]) -> None:
        if not items:
            return
        thumbnails: list[tuple[str, int, bytes]] = []
        renewed: list[Renewed] = []
        with self.project.journal.step(self._text, merge_key=self._key) as connection:
            root = keep_folder(connection, self.tree.root, self.project)
            for item, seen in items:
                path, facts, stamp = item.entry.path, seen.facts, seen.stamp
                if facts is None or stamp is None or facts.why is not None:
                    keep_unreadable(connection, root, [(path, seen.why or "")])
                    continue
                new = NewImage(path, stamp, facts, item.identity, item.group, item.source, item.others)
                image = add_image(connection, root, new)
                if image is None and (other := renew_image(connection, root, new)) is not None:
                    renewed.append(other)
                    image = other.image
                if image is not None:
                    thumbnails.append(("image", image, seen.jpeg))
            forget_faces(connection, renewed)
        erase_computed(self.project, renewed)
        self.project.thumbnails.put(thumbnails)
        self.new += len(thumbnails) - len(renewed)
        self.renewed += len(renewed)

    def write_skipped(self) -> None:
        """Keep what was not followed in the list of what could not be read, and drop what has gone from the folder."""
        root = folder_number(self.project, self.tree.root)
        if root is None:
            return
        with self.project.journal.step(self._text, merge_key=self._key) as connection:
            if self.tree.layout != "manifest":  # a list need not name all that lies in the folder
                forget_unreadable(connection, root, (entry.path for entry in self.tree.entries))
            keep_unreadable(connection, root, self.tree.skipped)
