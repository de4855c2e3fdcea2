"""A folder (or project) of faces as a list of items, and writing a choice of them into a new folder."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

from fairdesk.dataset.results import Contents, PreparedResult
from fairdesk.errors import JobFailed, RequestError, reason
from fairdesk.faces.originals_told import unread_lines
from fairdesk.images.folder_layouts import Layout, read_tree
from fairdesk.images.image_reading import UnreadableImageError, looks_like_picture, why_no_picture
from fairdesk.images.image_sources import MemberError, exists, is_archive, reading_order, stamp
from fairdesk.images.synthetic_marks import mark_of, marked_labels
from fairdesk.images.written_files import Names, place, write_manifest
from fairdesk.jobs.context import Context
from fairdesk.jobs.results import Unreadable
from fairdesk.project import Project
from fairdesk.project.conditions import meeting, what_is_meant
from fairdesk.project.images import labelled_images
from fairdesk.project.kept_facts import Stamp
from fairdesk.project.project import CATALOG
from fairdesk.project.sets import members
from fairdesk.words import tr


@dataclass(frozen=True, slots=True)  # there may be a million
class SourceImage:
    """One image of a collection."""

    path: Path
    relative: str  # below its folder
    identity: str | None
    group: str | None
    id: int | None = None  # of the image, in a project
    synthetic: bool | None = None  # known in a project; of a file, `with_mark` reads it when it matters

    @property
    def key(self) -> tuple[str, str] | None:
        """Who it is: an identity is a name within its group."""
        return None if self.identity is None else (self.group or "", self.identity)


@dataclass(frozen=True)
class Collection:
    """Images of a folder, and the other files that are left out, with why."""

    root: Path
    layout: str
    items: list[SourceImage]
    left_out: list[dict[str, str]]
    told: str | None = None  # whose faces the conditions mean that chose the items, where that matters
    archive: Stamp | None = None  # as it was when it was listed

    def need_unchanged(self) -> None:
        """Refuse to continue with an archive that was replaced since it was listed. Raises `RequestError`."""
        if self.archive is not None and (not self.root.is_file() or stamp(self.root) != self.archive):
            raise RequestError(
                tr(
                    "{root} was changed while it was read, so what was chosen of it no longer holds. Run this again.",
                    root=self.root,
                )
            )

    def people(self) -> dict[tuple[str, str], list[SourceImage]]:
        """Items by identity, in order of group and name."""
        return people_of(self.items)


def people_of(items: Sequence[SourceImage]) -> dict[tuple[str, str], list[SourceImage]]:
    """Items that have an identity, by it, in order of group and name."""
    found: dict[tuple[str, str], list[SourceImage]] = {}
    for item in items:
        if item.key is not None:
            found.setdefault(item.key, []).append(item)
    return dict(sorted(found.items()))


def read_folder(folder: Path, layout: Layout = "auto") -> Collection:
    """Read a folder of images. Raises `RequestError` if it holds none."""
    tree = read_tree(folder, layout)
    folder = tree.root
    archive = stamp(folder) if is_archive(folder) else None
    items, left_out = [], [{"path": path, "why": why} for path, why in tree.skipped]
    left_out += [{"path": ".", "why": note} for note in tree.notes]
    for entry in tree.entries:
        if not looks_like_picture(folder, entry.path):
            left_out.append({"path": entry.path, "why": why_no_picture(folder, entry.path)})
        elif archive is None and not (folder / entry.path).exists():
            left_out.append({"path": entry.path, "why": tr("a link to a file that is gone")})
        else:
            items.append(SourceImage(folder / entry.path, entry.path, entry.identity, entry.group))
    if not items and tree.skipped:
        path, why = tree.skipped[0]
        raise RequestError(
            tr(
                "{folder} holds no images that can be read, for example {path}: {why}.",
                folder=folder,
                path=path,
                why=why,
            )
        )
    if not items:
        raise RequestError(tr("{folder} holds no images.", folder=folder))
    return Collection(folder, tree.layout, items, left_out, archive=archive)


def read_list(path: Path) -> Collection:
    """Read a text file that names images, or folders of one person's images, one a line; a path is relative to the file.

    A line that names neither is left out and said.

    Raises
    ------
    RequestError
        If it is no text in UTF-8, or names no image at all.
    """
    items: dict[Path, SourceImage] = {}
    left: list[dict[str, str]] = []
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise RequestError(tr("{path} is not a list of images or folders: it is not UTF-8 text.", path=path)) from error
    taken: dict[str, Path] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        named = Path(line.strip()).expanduser()
        named = (named if named.is_absolute() else path.parent / named).absolute()
        try:
            if named.is_dir():
                who = (
                    named.name if taken.setdefault(named.name, named) == named else f"{named.parent.name}-{named.name}"
                )
                found = read_folder(named, "flat")
                left += found.left_out
                read = [replace(item, relative=f"{who}/{item.relative}", identity=who) for item in found.items]
            elif not exists(named):
                raise RequestError(tr("there is no such file or folder"))
            elif not looks_like_picture(named.parent, named.name):
                raise RequestError(why_no_picture(named.parent, named.name))
            else:
                read = [SourceImage(named, named.name, None, None)]
        except RequestError as error:
            left.append({"path": line.strip(), "why": tr("line {number}: {error}", number=number, error=reason(error))})
            continue
        for item in read:
            if items.setdefault(item.path, item) is not item:
                left.append(
                    {"path": str(item.path), "why": tr("line {number}: it is in the list already", number=number)}
                )
    if not items:
        first = tr(" First of what it lists: {path}, {why}.", path=left[0]["path"], why=left[0]["why"]) if left else ""
        raise RequestError(
            tr(
                "{path} names no image; it takes an image, or a folder of images, a line.{first}",
                path=path,
                first=first,
            )
        )
    return Collection(path, "list", list(items.values()), left)


def as_marked(item: SourceImage, data: bytes | None = None) -> SourceImage:
    """Return a folder's item as the mark inside its file (`data` if it was read) tells it: synthetic, and whom it stands for.

    A project's items know it already. Raises `UnreadableImageError`.
    """
    if item.id is not None or item.synthetic is False:
        return item
    mark = mark_of(item.path, data)
    if mark is None:
        return replace(item, synthetic=False)
    said = marked_labels(mark)
    return replace(
        item, identity=said.get("identity", item.identity), group=said.get("group", item.group), synthetic=True
    )


def with_mark(item: SourceImage, data: bytes | None = None) -> SourceImage:
    """Return an item as `as_marked` does; a file that cannot be read is left as it is, for whoever reads it to tell."""
    try:
        return as_marked(item, data)
    except UnreadableImageError:
        return item


def with_marks(items: Iterable[SourceImage], context: Context) -> list[SourceImage]:
    """Return items as `with_mark` does; a stop is heeded after every thousand."""
    out = []
    for number, item in enumerate(items, 1):
        out.append(with_mark(item))
        if number % 1000 == 0:
            context.check()
    return out


def project_items(project: Project, only_set: str | None = None, where: Sequence[str] = ()) -> list[SourceImage]:
    """Return a project's images with their labels as they are now; hidden ones are left out.

    Parameters
    ----------
    only_set
        Only those of this set.
    where
        Only those that meet these conditions, as `project.conditions` reads them.

    Raises
    ------
    RequestError
        If there is no such set or view, or no image meets the conditions.
    """
    items = [SourceImage(i.path, i.path.name, i.identity, i.group, i.id, i.synthetic) for i in labelled_images(project)]
    if only_set is not None:
        chosen = members(project, only_set)
        items = [item for item in items if item.id in chosen]
    if where:
        wanted = meeting(project, where)
        items = [item for item in items if item.id in wanted]
    return items


def read_either(place_: Path, where: Sequence[str] = ()) -> Collection:
    """Read a folder, a list (.txt), or the images of a project that meet some conditions, with their labels as they are now."""
    if not (place_ / CATALOG).is_file():
        if where:
            raise RequestError(
                tr("{place} is not a project, so there are no labels to choose by. Leave --where out.", place=place_)
            )
        listed = place_.suffix.lower() == ".txt" and place_.is_file()
        return read_list(place_) if listed else read_folder(place_)
    project = Project.open(place_)
    try:
        items = project_items(project, where=where)
        told = what_is_meant(project, where) if where else None
    finally:
        project.close()
    if not items:
        raise RequestError(tr("The project {place} has no images.", place=place_))
    return Collection(place_, "project", items, [], told)


def need_empty(*folders: Path, source: Path) -> None:
    """Refuse to write where something is, or into the source itself."""
    for folder in folders:
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise RequestError(tr("{folder} exists and is not empty. Choose a new folder.", folder=folder))
        if folder == source or source in folder.parents:
            raise RequestError(
                tr(
                    "{folder} is inside the source folder. Choose a folder outside of {source}.",
                    folder=folder,
                    source=source,
                )
            )


def contents(items: list[SourceImage]) -> Contents:
    """Return images, identities and images by group of some items."""
    groups: dict[str, int] = {}
    for item in items:
        if item.group is not None:
            groups[item.group] = groups.get(item.group, 0) + 1
    people = {item.key for item in items if item.key is not None}
    return Contents(images=len(items), identities=len(people), groups=dict(sorted(groups.items())))


def manifest_row(relative: str, item: SourceImage, data: bytes | None = None) -> dict[str, Any]:
    """Return what a manifest says of one file: where it came from, who it is, and whether it is synthetic."""
    synthetic = item.synthetic if item.synthetic is not None else with_mark(item, data).synthetic
    return {
        "path": relative,
        "source": item.relative,
        "identity": item.identity,
        "group": item.group,
        "synthetic": bool(synthetic),
    }


class Placed(NamedTuple):
    """What was written of a choice of items, what could not be read, and how many were renamed for equal names."""

    items: list[SourceImage]
    unreadable: list[Unreadable]
    collisions: int

    def tell(self, result: PreparedResult) -> None:
        """Let a result say what was written, and what was left out. Raises `JobFailed` where nothing was written."""
        result.collisions = self.collisions
        if self.unreadable:
            if not self.items:
                raise nothing_written(self.unreadable)
            result.left_out += self.unreadable
            result.count(contents(self.items))


def nothing_written(
    unreadable: Sequence[Unreadable], changed: Sequence[str] = (), *, of_project: bool = False
) -> JobFailed:
    """Return that none of some images could be read, or is the one that was imported, with each reason, and what mends it."""
    lines = unread_lines(list(unreadable), list(changed), of_project=of_project)
    title = tr("None of the images can be read, so nothing was written.")
    if changed:
        title = tr("None of the images is there as it was imported, so nothing was written.")
    return JobFailed("\n".join([title, *lines]))


def write_items(
    chosen: list[tuple[SourceImage, str]],
    out: Path,
    context: Context,
    *,
    copy: bool,
    about: dict[str, Any],
    done: int = 0,
    total: int = 0,
) -> Placed:
    """Link or copy items to the places named for them below `out`; what is missing or cannot be read is left out and returned.

    Beside the folder a manifest is written that says where each file came from; it holds no time, so the
    same request writes the same bytes.
    """
    names = Names()
    relatives = []
    for _, target in chosen:
        folder, _, name = target.rpartition("/")
        claimed = names.claim(folder, name)
        relatives.append(f"{folder}/{claimed}" if folder else claimed)
    rows: dict[int, dict[str, Any]] = {}
    unreadable: list[Unreadable] = []
    for number, at in enumerate(reading_order([item.path for item, _ in chosen]), 1):
        context.check()
        item = chosen[at][0]
        try:
            data = place(item.path, out / relatives[at], "copy" if copy else "link")
        except MemberError as error:
            unreadable.append(Unreadable(path=str(item.path), why=reason(error)))
        else:
            rows[at] = manifest_row(relatives[at], item, data)
        context.progress(done + number, total or len(chosen), tr("images"))
    if chosen and not rows:
        return Placed([], unreadable, 0)
    write_manifest(out, about, [rows[at] for at in sorted(rows)])
    context.artifact(out)
    return Placed([chosen[at][0] for at in sorted(rows)], unreadable, names.collisions)
