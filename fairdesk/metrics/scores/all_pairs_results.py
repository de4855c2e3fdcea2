"""What comparing every two faces gave."""

from __future__ import annotations

from fairdesk import counted
from fairdesk.jobs.results import JobResult, Record, RestsOnVectors
from fairdesk.jobs.wording import rate
from fairdesk.metrics.results import Corrections, CrossCell, NotInAGroup, TarPoint
from fairdesk.words import tr, tr_n


class GroupCounts(Record):
    """Errors of one group at the common threshold."""

    genuine: int
    impostor: int
    false_matches: int
    false_non_matches: int
    fmr: float | None
    fmr_why: str | None = None
    fnmr: float | None
    fnmr_why: str | None = None


class AllPairsResult(JobResult, RestsOnVectors):
    """Exact counts over all comparisons of a set."""

    n_genuine: int
    n_impostor: int
    subjects: int
    without_identity: int
    """Faces that are in no comparison."""
    hidden: int = 0
    """Faces of hidden images: in no comparison either."""
    measure: str
    tar_at_far: dict[str, TarPoint]
    at: str
    threshold: float
    per_group: dict[str, GroupCounts]
    fmr_matrix: dict[str, CrossCell]
    fmr_matrix_why: str | None = None
    not_in_a_group: NotInAGroup | None = None
    """Absent where the project has no groups."""
    corrections: Corrections | None = None
    """The comparisons that people left out."""
    histogram: str | None = None
    """The file with the histogram of impostor and genuine scores."""

    def text(self) -> str:
        """Say the counts."""
        lines = [
            tr(
                "{genuine} and {impostor} of {subjects} ({measure})",
                genuine=counted.genuine_comparisons(self.n_genuine),
                impostor=counted.impostor_comparisons(self.n_impostor),
                subjects=counted.subjects(self.subjects),
                measure=tr(self.measure),
            ),
            *self.vector_lines(),
        ]
        if self.without_identity:
            lines.append(
                tr_n(
                    "{n:,} face has no identity and is in no comparison.",
                    "{n:,} faces have no identity and are in no comparison.",
                    self.without_identity,
                )
            )
        if self.hidden:
            lines.append(
                tr_n(
                    "{n:,} face is of a hidden image and is in no comparison.",
                    "{n:,} faces are of hidden images and are in no comparison.",
                    self.hidden,
                )
            )
        if self.corrections is not None:
            lines += self.corrections.lines()
        for target, point in self.tar_at_far.items():
            line = "  " + tr(
                "TAR at FAR {target:>8}: {tar:>8}  ({matches})",
                target=rate(float(target)),
                tar=_rate(point.tar, point.tar_why),
                matches=tr_n("{n:,} false match", "{n:,} false matches", point.false_matches or 0),
            )
            lines.append(line if point.resolvable else line + "  " + tr("(below resolution)"))
        for name, row in self.per_group.items():
            lines.append(
                f"  {name}: "
                + tr(
                    "FMR {fmr} ({matches:,} of {impostor:,}), FNMR {fnmr} ({misses:,} of {genuine:,})",
                    fmr=_rate(row.fmr, row.fmr_why),
                    matches=row.false_matches,
                    impostor=row.impostor,
                    fnmr=_rate(row.fnmr, row.fnmr_why),
                    misses=row.false_non_matches,
                    genuine=row.genuine,
                )
            )
        if self.not_in_a_group is not None:
            lines += [f"  {line}" for line in self.not_in_a_group.lines()]
        return "\n".join(lines)


def _rate(value: float | None, why: str | None) -> str:
    """Return a rate in percent, or why it is undefined."""
    return tr("undefined: {why}", why=why) if value is None else rate(value)
