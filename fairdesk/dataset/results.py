"""What the dataset's jobs return."""

from __future__ import annotations

from fairdesk import counted
from fairdesk.dataset.overlap_results import SharedResult
from fairdesk.faces.originals_told import (
    MISSING,
    TellsOfOriginals,
    archive_lines,
    cautions_of,
    folder_of_all,
    unread_lines,
)
from fairdesk.images.reading_reasons import is_missing, is_of_archive
from fairdesk.jobs.results import Caution, JobResult, NextStep, Record, RestsOnVectors, Unreadable
from fairdesk.jobs.wording import left_out, listed
from fairdesk.words import tr, tr_n


class ImportResult(TellsOfOriginals):
    """What an import brought, or would bring (`inspect`)."""

    images: int
    unreadable: list[Unreadable]
    identities: int
    groups: dict[str, int]
    """Images by group."""
    shared_names: list[str]
    """Identity names that occur under several groups."""
    synthetic: int
    layout: str
    folder: str
    labels: dict[str, int]
    """Images with a gender, an age or tags, by kind."""
    new: int = 0
    """Images that were not in the project."""
    renewed: int = 0
    """Images that were in the project with other contents."""
    damaged: int = 0
    """Images of the project whose file could not be read now: among `unreadable`."""
    gone: int = 0
    """Images of the project that were imported from this folder, and whose file is not there now."""
    gone_paths: list[str] = []
    """Where they were, as far as that is known."""
    doubled: int = 0
    """New images with the content of images whose originals are missing."""
    doubled_text: str = ""
    notes: list[str] = []
    """What was passed over, and what else should be known of the folder."""

    def text(self) -> str:
        """Return counts, groups, and what could not be read."""
        lines = [
            tr(
                "{images} ({new:,} new), {identities}, layout {layout}.",
                images=tr_n("{n:,} image", "{n:,} images", self.images),
                new=self.new,
                identities=tr_n("{n:,} identity", "{n:,} identities", self.identities),
                layout=self.layout,
            )
        ]
        lines += [
            "  " + tr_n("{group}: {n:,} image", "{group}: {n:,} images", number, group=name)
            for name, number in self.groups.items()
        ]
        if self.renewed:
            lines.append(
                tr_n(
                    "{n:,} was replaced since it was imported.",
                    "{n:,} were replaced since they were imported.",
                    self.renewed,
                )
            )
        if lacking := self._lacking_in_archive():
            lines.append(lacking)
        elif self.damaged:
            lines.append(
                tr_n(
                    "{n:,} image of the project cannot be read now. Put a good copy in its place, or hide or purge the image.",
                    "{n:,} images of the project cannot be read now. Put good copies in their place, or hide or purge the images.",
                    self.damaged,
                )
            )
        if self.gone and not lacking:
            lines.append(
                tr_n(
                    "{n:,} image of the project is not in the folder any more (Find moved originals: fairdesk relink PROJECT {folder} NEW-FOLDER).",
                    "{n:,} images of the project are not in the folder any more (Find moved originals: fairdesk relink PROJECT {folder} NEW-FOLDER).",
                    self.gone,
                    folder=folder_of_all(self.gone_paths or [f"{self.folder}/"]),
                )
            )
        lines += [*filter(None, [self.doubled_text]), *self.notes]
        if self.synthetic:
            lines.append(tr_n("{n:,} is marked synthetic.", "{n:,} are marked synthetic.", self.synthetic))
        whole = [Unreadable(path=f"{self.folder}/{one.path}", why=one.why) for one in self.unreadable]
        absent = [one.path for one in self.unreadable if is_missing(one.why)]
        others = [one for one in self.unreadable if not is_of_archive(one.why) and not is_missing(one.why)]
        lines += listed(tr("Not there, and so not imported"), absent) + archive_lines(whole)
        return "\n".join(lines + left_out(tr("Not readable"), others))

    def caution_parts(self) -> list[Caution]:
        """Say that images are in the project twice, as their folder was moved."""
        return [Caution(self.doubled_text, MISSING, self.folder)] if self.doubled_text else []

    def _lacking_in_archive(self) -> str:
        """Say how many images of the project a damaged archive lacks: nobody has moved them."""
        lacking = self.damaged + self.gone
        if not lacking or not any(is_of_archive(one.why) for one in self.unreadable):
            return ""
        return tr_n(
            "{n:,} image of the project is not in the archive as it is now.",
            "{n:,} images of the project are not in the archive as it is now.",
            lacking,
        )


class RelinkResult(TellsOfOriginals):
    """Which moved originals were found again."""

    relinked: int
    missing: int
    missing_paths: list[str]
    in_place: int = 0
    """Images that lie where they were, and not in the new folder."""

    def text(self) -> str:
        """Return the counts."""
        if self.summary:
            return "\n".join([self.summary, *filter(None, [self.caution()])])
        said = tr(
            "{relinked} found again, {missing} still missing.",
            relinked=counted.images(self.relinked),
            missing=self.missing,
        )
        if self.in_place:
            said += " " + tr_n("{n:,} image lies where it was.", "{n:,} images lie where they were.", self.in_place)
        return said

    def caution_parts(self) -> list[Caution]:
        """Say how many are still missing, and one of them."""
        if not self.missing:
            return []
        text = tr_n(
            "{n:,} original was not found there: {path}.",
            "{n:,} originals were not found there, for example {path}.",
            self.missing,
            path=self.missing_paths[0],
        )
        return [Caution(text, MISSING, self.missing_paths[0])]


class SampleFacesResult(JobResult):
    """Which faces were drawn."""

    out: str
    images: int
    identities: int
    groups: list[str]
    seed: int

    def text(self) -> str:
        """Return counts and place."""
        return tr_n(
            "{images} faces of {n} drawn identity in {out}",
            "{images} faces of {n} drawn identities in {out}",
            self.identities,
            images=self.images,
            out=self.out,
        )

    def next_steps(self) -> list[NextStep]:
        """Return that they can be imported."""
        return [NextStep.IMPORT]


class FetchResult(JobResult):
    """What was downloaded."""

    out: str
    images: int

    def text(self) -> str:
        """Return count and place."""
        return tr("{images} in {out}", images=counted.images(self.images), out=self.out)

    def next_steps(self) -> list[NextStep]:
        """Return that they can be imported."""
        return [NextStep.IMPORT]


class Contents(Record):
    """How many images and identities there are, and images by group."""

    images: int
    identities: int
    groups: dict[str, int]

    def words(self) -> str:
        """Say it: 412 identities, 9,870 images, African 103 ..."""
        parts = [tr_n("{n:,} image", "{n:,} images", self.images)]
        if self.identities:
            parts.insert(0, counted.identities(self.identities))
        return ", ".join(parts + [f"{name} {number:,}" for name, number in self.groups.items()])


def _renamed_lines(count: int) -> list[str]:
    text = tr_n("{n:,} file was renamed for equal names.", "{n:,} files were renamed for equal names.", count)
    return [text] if count else []


class PreparedResult(JobResult, Contents):
    """A new folder of images, or what it would hold (`dry_run`)."""

    out: str
    left_out: list[Unreadable]
    collisions: int = 0
    """Files renamed because another has their name."""
    dry_run: bool = False

    def count(self, found: Contents) -> None:
        """Let the result hold these images, where fewer were written than were meant."""
        self.images, self.identities, self.groups = found.images, found.identities, found.groups
        self.summary = found.words()

    def text(self) -> str:
        """Return what the folder holds and what was left out."""
        lines = [tr("Would write: {summary}", summary=self.summary) if self.dry_run else self.summary]
        seed = getattr(self, "seed", None)
        if seed is not None:
            lines.append(tr("Seed {seed}.", seed=seed))
        lines += _renamed_lines(self.collisions)
        return "\n".join(lines + left_out(tr("Left out"), self.left_out))


class SampleResult(PreparedResult):
    """A random part of a folder."""

    seed: int
    excluded_identities: int


class ResizeResult(PreparedResult):
    """Resized images."""

    unreadable: list[Unreadable] = []
    written: int = 0

    def text(self) -> str:
        """Return how many were written, and what was not."""
        would = tr("Would resize: {summary}", summary=self.summary)
        said = would if self.dry_run else tr("{n:,} written: {summary}", n=self.written, summary=self.summary)
        return "\n".join([said, *left_out(tr("Not readable"), self.unreadable + self.left_out)])


class ExportResult(TellsOfOriginals, PreparedResult):
    """Exported images."""

    layout: str
    synthetic: int
    rows: int | None = None
    """Rows of a manifest."""
    unreadable: list[Unreadable] = []
    written: int | None = None
    """Records of a `.rec`."""
    classes: int | None = None
    """Classes of a `.rec`."""

    changed: list[str] = []
    """Originals that are other pictures now than those that were imported: they are left out."""
    of_project: bool = True

    def text(self) -> str:
        """Return what was written and what was left out."""
        unread = unread_lines(self.unreadable, self.changed, of_project=self.of_project)
        return "\n".join([super().text(), *self._listed_lines(), *unread])

    def caution_parts(self) -> list[Caution]:
        """Say which originals are missing, changed or not readable, and so are not among what was written."""
        return cautions_of(self.unreadable, self.changed, self._listed_lines(), of_project=self.of_project)

    def _listed_lines(self) -> list[str]:
        """Say that a table has rows of files that cannot be opened."""
        if self.layout != "manifest" or not self.unreadable:
            return []
        return [
            tr_n(
                "{n:,} row of the table is of a file that cannot be opened now.",
                "{n:,} rows of the table are of files that cannot be opened now.",
                len(self.unreadable),
            )
        ]


class SetContents(Contents):
    """One set: what was asked for and what it got."""

    name: str
    asked: float
    got: int
    summary: str
    out: str | None = None


class DividedResult(JobResult):
    """Sets that were made, as folders (`split`) or in the project (`divide`)."""

    sets: list[SetContents]
    seed: int
    by: str
    dry_run: bool
    without_identity: int
    leaks: SharedResult | None = None
    """What the sets share; None where that was not checked."""
    warning: str | None = None
    """Which sets are empty, or have nobody of a group."""
    unreadable: list[Unreadable] = []

    def caution(self) -> str | None:
        """Return which sets are empty, or have nobody of a group."""
        return self.warning

    def next_steps(self) -> list[NextStep]:
        """Return that leaking pairs can be looked at."""
        return [NextStep.SHOW_PAIRS] if self.leaks is not None and not self.leaks.clean else []


class SplitResult(DividedResult):
    """Folders of sets."""

    left_out: list[Unreadable]
    collisions: int = 0

    def text(self) -> str:
        """Return the sets, seed, and what was left out."""
        lines = [
            tr("Would write: {summary}", summary=self.summary) if self.dry_run else self.summary,
            tr("Seed {seed}.", seed=self.seed),
            *([] if self.warning is None else [self.warning]),
        ]
        lines += _renamed_lines(self.collisions)
        return "\n".join(lines + left_out(tr("Left out"), self.left_out))


class DivideResult(TellsOfOriginals, DividedResult, RestsOnVectors):
    """Sets of a project."""

    synthetic_left_out: int
    changed: list[str] = []
    """Originals that are other pictures now than those that were imported: they were compared as they were imported."""

    def text(self) -> str:
        """Return the sets, seed, and which images are in none."""
        lines = [
            tr("Would make:") + "\n" + self.summary if self.dry_run else self.summary,
            tr("Seed {seed}.", seed=self.seed),
            *([] if self.warning is None else [self.warning]),
        ]
        if self.synthetic_left_out:
            lines.append(
                tr_n(
                    "{n:,} synthetic image is in no set.",
                    "{n:,} synthetic images are in no set.",
                    self.synthetic_left_out,
                )
            )
        if self.without_identity:
            lines.append(
                tr_n(
                    "{n:,} image without an identity is in no set.",
                    "{n:,} images without an identity are in no set.",
                    self.without_identity,
                )
            )
        if self.unreadable:
            lines.append(self._not_compared())
        return "\n".join(lines + self.vector_lines() + unread_lines(self.unreadable, self.changed))

    def caution_parts(self) -> list[Caution]:
        """Say which sets are empty, and which images nobody could compare."""
        also = [self.warning, self._not_compared() if self.unreadable else None]
        return cautions_of(self.unreadable, self.changed, also)

    def _not_compared(self) -> str:
        return tr_n(
            "{n:,} image could not be compared: whether it is in another set too is not known.",
            "{n:,} images could not be compared: whether they are in another set too is not known.",
            len(self.unreadable),
        )


class GroupPlan(Record):
    """What balancing does to one group."""

    images: int
    identities: int
    images_kept: int
    identities_kept: int
    images_added: int
    identities_added: int
    goal: int | None
    lacking: int
    without_identity: int | None = None
    """Images that are not counted and stay."""


class BalanceResult(JobResult):
    """The plan of a balance, or what was done."""

    plan: dict[str, GroupPlan]
    hidden: int
    added: int
    unreadable: list[Unreadable]
    lacking: dict[str, int]
    dry_run: bool
    seed: int
    by: str


def not_followed() -> str:
    """Say what a purge does not find."""
    return tr(
        "Not followed: exported images, manifests, embeddings, clusters and mosaics that verbs wrote outside of the project, and copies of any file. Look for them yourself."
    )


class PurgeResult(JobResult):
    """What was removed permanently."""

    images: int
    faces: int
    identities: list[str]
    files_removed: list[str]
    outside: list[str]
    originals: list[str]

    def text(self) -> str:
        """Return what is gone, and what a person has to see to."""
        return "\n".join(
            [
                self.summary,
                *listed(tr("Removed in the project"), self.files_removed),
                *listed(tr("These files outside of the project still name them"), self.outside),
                *listed(tr("The originals are where they were"), self.originals),
                not_followed(),
            ]
        )


class SetRow(Record):
    """One set of a project."""

    name: str
    images: int
    identities: int
    frozen: bool
    out_of_date: str | None
    params: dict[str, object]


class SetsResult(JobResult):
    """The sets of a project."""

    sets: list[SetRow]

    def text(self) -> str:
        """Return the sets, one a line."""
        return "\n".join(
            tr(
                "{name}: {images} of {identities}",
                name=s.name,
                images=counted.images(s.images),
                identities=tr_n("{n:,} identity", "{n:,} identities", s.identities),
            )
            + (", " + tr("frozen") if s.frozen else "")
            + (" " + tr("(out of date: {change})", change=s.out_of_date) if s.out_of_date else "")
            for s in self.sets
        ) or tr("No sets yet. Make them with: fairdesk divide PROJECT")
