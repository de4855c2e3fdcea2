"""What comparing two clusterings returns."""

from __future__ import annotations

from fairdesk import counted
from fairdesk.clustering.results import Agreement
from fairdesk.jobs.results import JobResult, Record
from fairdesk.words import tr, tr_n


class ComparedClusters(Record):
    """How many faces a cluster of the first version and one of the second have in common."""

    first: int
    second: int
    faces: int


class MovedFaces(Record):
    """A face, and the labels of its clusters."""

    face: int
    first: int
    second: int


_LISTED = 20  # moved faces, where a person reads them


def _cluster(label: int) -> str:
    return tr("unclustered") if label < 0 else tr("cluster {label}", label=label)


class ComparisonResult(JobResult, Agreement):
    """Two versions side by side; the figures take the first for the truth."""

    first: int
    second: int
    faces: int
    """Faces that both have."""
    only_first: int
    """Faces that the first alone has."""
    only_second: int
    """Faces that the second alone has."""
    clusters_first: int = 0
    """Clusters of the first that the faces of both are in."""
    clusters_second: int = 0
    unclustered_first: int = 0
    """Of the faces of both, those in no cluster of the first."""
    unclustered_second: int = 0
    moved: int
    """Faces that moved to another cluster."""
    moved_faces: list[MovedFaces]
    contingency: list[ComparedClusters]

    def text(self) -> str:
        """Return how alike they are, and how many faces moved."""
        lines = [
            tr_n(
                "{n:,} face is in both clusterings; {moved} moved to another cluster.",
                "{n:,} faces are in both clusterings; {moved} moved to another cluster.",
                self.faces,
                moved=counted.faces(self.moved),
            ),
            tr(
                "They are {first} and {first_loose} unclustered in the first, {second} and {second_loose} unclustered in the second.",
                first=counted.clusters(self.clusters_first),
                first_loose=counted.faces(self.unclustered_first),
                second=counted.clusters(self.clusters_second),
                second_loose=counted.faces(self.unclustered_second),
            ),
        ]
        if self.bcubed_f1 is not None and self.ari is not None:
            lines.append(tr("Between the two: BCubed F1 {f1:.3f}, ARI {ari:.3f}.", f1=self.bcubed_f1, ari=self.ari))
        if self.only_first or self.only_second:
            lines.append(
                tr(
                    "Only in the first: {first}, only in the second: {second}.",
                    first=counted.faces(self.only_first),
                    second=counted.faces(self.only_second),
                )
            )
        lines += [
            tr(
                "face {face}: {first} -> {second}",
                face=one.face,
                first=_cluster(one.first),
                second=_cluster(one.second),
            )
            for one in self.moved_faces[:_LISTED]
        ]
        if self.moved > _LISTED:
            more = self.moved - _LISTED
            lines.append(
                tr_n("and {n:,} more face; --json lists them all", "and {n:,} more faces; --json lists them all", more)
            )
        return "\n".join(lines)
