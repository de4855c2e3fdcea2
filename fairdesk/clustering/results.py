"""What the clustering jobs return."""

from __future__ import annotations

from pathlib import Path

from fairdesk.jobs.results import JobResult, Record, RestsOnVectors, Unreadable


class Agreement(Record):
    """How well clusters agree with known identities; undefined figures are None with a reason."""

    pairwise_f1: float | None
    pairwise_f1_why: str | None = None
    bcubed_f1: float | None
    bcubed_f1_why: str | None = None
    nmi: float | None
    nmi_why: str | None = None
    ari: float | None
    ari_why: str | None = None


class ClusterResult(JobResult, Agreement, RestsOnVectors):
    """A new clustering."""

    clusters: int
    noise: int
    faces: int
    version: int | None = None
    seed: int

    def text(self) -> str:
        """Return the counts, and the agreement with known identities."""
        said = f"{self.clusters:,} cluster{'' if self.clusters == 1 else 's'}, {self.noise:,} of {self.faces:,} faces unclustered."
        if self.bcubed_f1 is not None and self.nmi is not None and self.ari is not None:
            pairwise = "undefined" if self.pairwise_f1 is None else f"{self.pairwise_f1:.3f}"
            said += (
                f"\nAgainst known identities: pairwise F1 {pairwise}, BCubed F1 {self.bcubed_f1:.3f}, "
                f"NMI {self.nmi:.3f}, ARI {self.ari:.3f}."
            )
        return "\n".join([said, *self.vector_lines()])


class LoadClustersResult(JobResult):
    """A cluster file that became a version."""

    version: int
    detector: str | None
    clusters: int
    faces: int
    unknown: int
    unknown_paths: list[str]

    def text(self) -> str:
        """Return the counts."""
        return f"{self.clusters} clusters, {self.faces} faces; {self.unknown} paths are not in the project."


class MosaicResult(JobResult):
    """Sheets of a cluster's faces."""

    title: str
    faces: int
    synthetic: int
    files: list[Path]
    unreadable: list[Unreadable]

    def text(self) -> str:
        """Return what is on the sheets and where they are."""
        return f"{self.faces} faces of “{self.title}” in {', '.join(map(str, self.files))}"


class FoldersResult(JobResult):
    """Folders of identities or clusters."""

    folders: int
    images: int
    out: str
    dry_run: bool
    counts: dict[str, int]
    collisions: int = 0
    missing: list[str] = []
    synthetic: int = 0

    def text(self) -> str:
        """Return the counts."""
        return f"{self.images} images in {self.folders} folders; {self.collisions} renamed for equal names."


class NamedResult(JobResult):
    """A cluster that became an identity."""

    identity: str
    group: str | None
    faces: int
    cluster: int

    def text(self) -> str:
        """Return who the faces are now."""
        return f"{self.faces} faces are now {self.identity} (group {self.group})."
