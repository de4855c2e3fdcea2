"""What the clustering jobs return."""

from __future__ import annotations

from pathlib import Path

from fairdesk.jobs.results import JobResult, Record, RestsOnVectors, Unreadable
from fairdesk.words import tr, tr_n


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
        said = tr_n(
            "{n:,} cluster, {noise:,} of {faces:,} faces unclustered.",
            "{n:,} clusters, {noise:,} of {faces:,} faces unclustered.",
            self.clusters,
            noise=self.noise,
            faces=self.faces,
        )
        if self.bcubed_f1 is not None and self.nmi is not None and self.ari is not None:
            pairwise = tr("undefined") if self.pairwise_f1 is None else f"{self.pairwise_f1:.3f}"
            said += "\n" + tr(
                "Against known identities: pairwise F1 {pairwise}, BCubed F1 {bcubed:.3f}, NMI {nmi:.3f}, ARI {ari:.3f}.",
                pairwise=pairwise,
                bcubed=self.bcubed_f1,
                nmi=self.nmi,
                ari=self.ari,
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
    unmatched: list[Unreadable] | None = None
    """The same, each with why."""

    def text(self) -> str:
        """Return the counts."""
        return tr(
            "{clusters} clusters, {faces} faces; {unknown} paths are not in the project.",
            clusters=self.clusters,
            faces=self.faces,
            unknown=self.unknown,
        )


class MosaicResult(JobResult):
    """Sheets of a cluster's faces."""

    title: str
    faces: int
    synthetic: int
    files: list[Path]
    unreadable: list[Unreadable]

    def text(self) -> str:
        """Return what is on the sheets and where they are."""
        return tr(
            "{faces} faces of “{title}” in {files}",
            faces=self.faces,
            title=self.title,
            files=", ".join(map(str, self.files)),
        )


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
        lines = [
            tr_n(
                "{images} images in {n} folder; {collisions} renamed for equal names.",
                "{images} images in {n} folders; {collisions} renamed for equal names.",
                self.folders,
                images=self.images,
                collisions=self.collisions,
            )
        ]
        if self.missing:
            lines.append(
                tr_n(
                    "{n:,} file is missing, for example {path}",
                    "{n:,} files are missing, for example {path}",
                    len(self.missing),
                    path=self.missing[0],
                )
            )
        return "\n".join(lines)


class NamedResult(JobResult):
    """A cluster that became an identity."""

    identity: str
    group: str | None
    faces: int
    cluster: int

    def text(self) -> str:
        """Return who the faces are now."""
        return tr(
            "{faces} faces are now {identity} (group {group}).",
            faces=self.faces,
            identity=self.identity,
            group=self.group,
        )
