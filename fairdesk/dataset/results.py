"""What the dataset's jobs return."""

from __future__ import annotations

from fairdesk.jobs.results import JobResult, NamesVectors, NextStep, Record, RestsOnVectors, Unreadable
from fairdesk.jobs.wording import count, left_out, listed


class ImportResult(JobResult):
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
    notes: list[str] = []
    """What was passed over, and what else should be known of the folder."""

    def text(self) -> str:
        """Return counts, groups, and what could not be read."""
        lines = [
            f"{count(self.images, 'image')} ({self.new:,} new), {count(self.identities, 'identity')}, layout {self.layout}."
        ]
        lines += [f"  {name}: {number:,} images" for name, number in self.groups.items()]
        lines += self.notes
        if self.synthetic:
            lines.append(f"{self.synthetic:,} are marked synthetic.")
        return "\n".join(lines + left_out("Not readable", self.unreadable))


class RelinkResult(JobResult):
    """Which moved originals were found again."""

    relinked: int
    missing: int
    missing_paths: list[str]

    def text(self) -> str:
        """Return both counts."""
        return f"{self.relinked} images found again, {self.missing} still missing."


class SampleFacesResult(JobResult):
    """Which faces were drawn."""

    out: str
    images: int
    identities: int
    groups: list[str]
    seed: int

    def text(self) -> str:
        """Return counts and place."""
        return f"{self.images} faces of {self.identities} drawn identities in {self.out}"

    def next_steps(self) -> list[NextStep]:
        """Return that they can be imported."""
        return [NextStep.IMPORT]


class FetchResult(JobResult):
    """What was downloaded."""

    out: str
    images: int

    def text(self) -> str:
        """Return count and place."""
        return f"{self.images} images in {self.out}"

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
        parts = [f"{self.images:,} images"]
        if self.identities:
            parts.insert(0, f"{self.identities:,} identities")
        return ", ".join(parts + [f"{name} {number:,}" for name, number in self.groups.items()])


class PreparedResult(JobResult, Contents):
    """A new folder of images, or what it would hold (`dry_run`)."""

    out: str
    left_out: list[Unreadable]
    collisions: int = 0
    """Files renamed because another has their name."""
    dry_run: bool = False

    def text(self) -> str:
        """Return what the folder holds and what was left out."""
        lines = [("Would write: " if self.dry_run else "") + self.summary]
        seed = getattr(self, "seed", None)
        if seed is not None:
            lines.append(f"Seed {seed}.")
        if self.collisions:
            lines.append(f"{self.collisions:,} files were renamed for equal names.")
        return "\n".join(lines + left_out("Left out", self.left_out))


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
        lines = [("Would resize: " if self.dry_run else f"{self.written:,} written: ") + self.summary]
        return "\n".join(lines + left_out("Not readable", self.unreadable + self.left_out))


class ExportResult(PreparedResult):
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

    def text(self) -> str:
        """Return what was written and what was left out."""
        return "\n".join([super().text(), *left_out("Not readable", self.unreadable)])


class Person(Record):
    """An identity of a group."""

    group: str | None
    identity: str


class PicturePair(Record):
    """Two images that are one file, nearly the same picture (`bits` of 64 differ), or of near vectors (`distance`)."""

    a: str
    b: str


class NearPair(PicturePair):
    """Two near-duplicates."""

    bits: int


class VectorPair(PicturePair):
    """Two images whose faces have nearly the same vector."""

    distance: float


class SharedResult(Record):
    """What sets of images share that they must not."""

    clean: bool
    summary: str
    identities: list[Person]
    files: list[PicturePair]
    near: list[NearPair]
    vectors: list[VectorPair]

    def lines(self) -> list[str]:
        """Return it for a terminal."""
        return [
            self.summary,
            *listed("Identities", [f"{i.group + '/' if i.group else ''}{i.identity}" for i in self.identities]),
            *listed("The same file", [f"{p.a}  =  {p.b}" for p in self.files]),
            *listed("Near-duplicates", [f"{p.a}  ~  {p.b} ({p.bits} bits)" for p in self.near]),
            *listed("Near-identical embeddings", [f"{p.a}  ~  {p.b} ({p.distance:.3f})" for p in self.vectors]),
        ]


class LeaksResult(JobResult, SharedResult, NamesVectors):
    """What two folders or projects share."""

    faces: list[int] | None = None
    """Faces with a vector, on each side."""

    unreadable: list[Unreadable]
    images: list[int]
    """How many images each side has."""
    left_out: list[Unreadable]

    def text(self) -> str:
        """Return what is shared, and what could not be looked at."""
        return "\n".join(self.lines() + self.vector_lines() + left_out("Not readable", self.unreadable))

    def next_steps(self) -> list[NextStep]:
        """Return that the pairs can be looked at."""
        return [] if self.clean else [NextStep.SHOW_PAIRS]


class DuplicatesResult(JobResult, SharedResult, RestsOnVectors):
    """Duplicates in a project."""

    unreadable: list[Unreadable]
    hidden: int
    images: int

    def text(self) -> str:
        """Return the pairs, and what could not be looked at."""
        return "\n".join(self.lines() + self.vector_lines() + left_out("Not readable", self.unreadable))

    def next_steps(self) -> list[NextStep]:
        """Return that the pairs can be looked at."""
        return [] if self.clean else [NextStep.SHOW_PAIRS]


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
    unreadable: list[Unreadable] = []

    def next_steps(self) -> list[NextStep]:
        """Return that leaking pairs can be looked at."""
        return [NextStep.SHOW_PAIRS] if self.leaks is not None and not self.leaks.clean else []


class SplitResult(DividedResult):
    """Folders of sets."""

    left_out: list[Unreadable]
    collisions: int = 0

    def text(self) -> str:
        """Return the sets, seed, and what was left out."""
        lines = [("Would write: " if self.dry_run else "") + self.summary, f"Seed {self.seed}."]
        if self.collisions:
            lines.append(f"{self.collisions:,} files were renamed for equal names.")
        return "\n".join(lines + left_out("Left out", self.left_out))


class DivideResult(DividedResult, RestsOnVectors):
    """Sets of a project."""

    synthetic_left_out: int

    def text(self) -> str:
        """Return the sets, seed, and which images are in none."""
        lines = [("Would make:\n" if self.dry_run else "") + self.summary, f"Seed {self.seed}."]
        if self.synthetic_left_out:
            lines.append(f"{self.synthetic_left_out:,} synthetic images are in no set.")
        if self.without_identity:
            lines.append(f"{self.without_identity:,} images without an identity are in no set.")
        return "\n".join(lines + self.vector_lines() + left_out("Not readable", self.unreadable))


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


class LabelResult(JobResult):
    """What was labelled from a table, or predicted by a model."""

    labelled: int | None = None
    unmatched: list[str] = []
    """Rows of the table that name no image."""
    detector: str | None = None
    faces: int | None = None
    without_face: int | None = None
    without_face_paths: list[str] = []
    failed: list[Unreadable] = []
    predicted: dict[str, dict[str, int]] = {}
    """Faces by kind and predicted value."""
    agreement: dict[str, dict[str, dict[str, int]]] = {}
    """Faces by kind, given group and predicted value."""

    def text(self) -> str:
        """Return the counts, and the given groups against what was predicted."""
        lines = [self.summary]
        for kind, values in self.agreement.items():
            lines.append(f"Given group against predicted {kind}:")
            lines += [
                f"  {group}: " + ", ".join(f"{value} {number:,}" for value, number in row.items())
                for group, row in values.items()
            ]
        if self.without_face:
            lines.append(f"{self.without_face:,} images without a face have no prediction.")
        return "\n".join(lines)


class Spread(Record):
    """Percentiles of a measure."""

    p5: float
    median: float
    p95: float


class QualityResult(JobResult):
    """What was measured, and how many images lie outside of the limits."""

    measured: int
    measured_now: int
    without_face: int
    unreadable: int
    not_looked_at: int
    outside: int
    limits: list[str]
    action: str
    measures: dict[str, Spread | None]
    detector: str
    other_detectors: list[str]

    def text(self) -> str:
        """Return the spread of each measure, and what has none."""
        lines = [self.summary]
        lines += [
            f"  {name:<10}  5 % {one.p5:.4g}, median {one.median:.4g}, 95 % {one.p95:.4g}"
            for name, one in self.measures.items()
            if one is not None
        ]
        missing = (
            (self.without_face, "have no face and no measure of one"),
            (self.unreadable, "cannot be read"),
            (self.not_looked_at, "were not searched for faces yet"),
        )
        return "\n".join(lines + [f"{number:,} images {what}." for number, what in missing if number])


class VectorsResult(JobResult, RestsOnVectors):
    """Vectors that were written to an .npz."""

    out: str
    vectors: int
    dim: int
    synthetic: int

    def text(self) -> str:
        """Return count, size and place."""
        return f"{self.vectors} embeddings of dimension {self.dim} in {self.out} (encoder {self.encoder}, detector {self.detector})"


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
                *listed("Removed in the project", self.files_removed),
                *listed("These files outside of the project still name them", self.outside),
                *listed("The originals are where they were", self.originals),
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
        return (
            "\n".join(
                f"{s.name}: {s.images:,} images of {count(s.identities, 'identity')}"
                + (", frozen" if s.frozen else "")
                + (f" (out of date: {s.out_of_date})" if s.out_of_date else "")
                for s in self.sets
            )
            or "No sets yet. Make them with: fairdesk divide PROJECT"
        )
