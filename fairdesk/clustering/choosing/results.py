"""What the job returns that lists radii."""

from __future__ import annotations

from fairdesk import counted
from fairdesk.jobs.results import JobResult, Record, RestsOnVectors
from fairdesk.words import tr, tr_n


def after_verdicts(verdicts: int) -> str:
    """Say that the figures are those after that many verdicts are followed."""
    return tr_n(
        "Counts and figures follow {n:,} verdict, as clustering does.",
        "Counts and figures follow {n:,} verdicts, as clustering does.",
        verdicts,
    )


class EpsFigures(Record):
    """How well clusters agree with known identities; None where undefined (no two faces share a cluster, or a person)."""

    pairwise_precision: float | None
    pairwise_recall: float | None
    pairwise_f1: float | None
    bcubed_precision: float | None
    bcubed_recall: float | None
    bcubed_f1: float | None
    nmi: float | None
    ari: float | None


class EpsRow(Record):
    """What one radius comes to."""

    eps: float
    clusters: int
    unclustered: int
    largest: int
    silhouette: float | None = None
    """Mean over a sample; where nobody is known."""
    figures: EpsFigures | None = None
    groups: dict[str, EpsFigures] = {}


class EpsResult(JobResult, RestsOnVectors):
    """What each radius of dbscan comes to."""

    faces: int
    known: int
    """Faces of known identity."""
    known_people: int
    """How many people these are."""
    verdicts: int | None = None
    """How many verdicts the rows follow, as a clustering does."""
    zero_vectors: int | None = None
    """Faces that cannot be compared by their angle: they are unclustered in every row."""
    min_samples: int
    knee: float | None
    """Of the k-distance plot; None where all distances are equal."""
    strangers_begin: float
    """Where other people's faces begin: what the graph method uses."""
    best: float | None
    """The radius with the best BCubed F1, or else silhouette; None where neither is defined."""
    silhouette_sample: int | None = None
    """How many faces the silhouettes are of, each against all faces."""
    measured_in: str
    """What epsilon and the other distances are measured in."""
    rows: list[EpsRow]

    def text(self) -> str:
        """Return a line for each radius."""
        known = self.silhouette_sample is None
        head = tr("epsilon  clusters  unclustered  largest")
        lines = [] if not self.verdicts else [after_verdicts(self.verdicts)]
        lines.append(tr("Epsilon: {what}.", what=self.measured_in))
        lines.append(head + ("  " + (tr("BCubed precision, recall, F1") if known else tr("silhouette"))))
        for row in self.rows:
            line = f"{row.eps:<7g}  {row.clusters:>8,}  {row.unclustered:>11,}  {row.largest:>7,}"
            one = row.figures
            if one is not None and one.bcubed_f1 is not None:
                line += f"  {one.bcubed_precision:.3f}, {one.bcubed_recall:.3f}, {one.bcubed_f1:.3f}"
            elif row.silhouette is not None:
                line += f"  {row.silhouette:.3f}"
            lines.append(line)
        if self.knee is not None:
            lines.append(tr("Knee of the k-distance plot: {knee:.3f}.", knee=self.knee))
        lines.append(tr("Other people's faces begin at about {begin:.3f}.", begin=self.strangers_begin))
        if self.best is not None and known:
            lines.append(
                tr(
                    "Best BCubed F1 at {best:g}, against known identities ({faces} of {people}).",
                    best=self.best,
                    faces=counted.faces(self.known),
                    people=counted.people(self.known_people),
                )
            )
        elif self.best is not None:
            lines.append(
                tr("Best silhouette at {best:g}, by a sample of {n:,} faces.", best=self.best, n=self.silhouette_sample)
            )
        return "\n".join([*lines, *self.vector_lines()])
