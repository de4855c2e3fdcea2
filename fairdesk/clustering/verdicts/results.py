"""What giving a verdict returns: of whom it is, and what it changed."""

from __future__ import annotations

from collections.abc import Sequence

from fairdesk import counted
from fairdesk.clustering.verdicts.saying import replaces, taken_out_lines, withdraws
from fairdesk.jobs.results import JobResult, Record
from fairdesk.project.verdicts import Said
from fairdesk.words import tr, tr_n

_TOLD = 6  # clusters, or numbers of faces


class VerdictCluster(Record):
    """A cluster that a verdict is about, or that it changed."""

    label: int
    title: str
    group: str | None = None
    """Of its identity."""
    faces: int
    """That are shown, before."""
    faces_now: int
    """0: it is gone, or empty."""
    meant: bool
    """Whether it was named, or selected."""

    def _name(self) -> str:
        return self.title if self.group is None else f"{self.title} ({self.group})"

    def text(self) -> str:
        """Say which it is: what it is called, its number, and the faces that it had."""
        return tr(
            "{title}, cluster {label} of {faces}", title=self._name(), label=self.label, faces=counted.faces(self.faces)
        )

    def now(self) -> str:
        """Say how many faces it has now."""
        size = counted.faces(self.faces_now) if self.faces_now else tr("gone")
        if self.label < 0:
            return tr("unclustered {size}", size=counted.faces(self.faces_now))
        return tr("cluster {label} {size}", label=self.label, size=size)


class TakenOut(Record):
    """An earlier verdict of the same person that no longer says anything of some faces; the rest of it holds."""

    verdict: int
    faces: list[int]


def faces_named(faces: Sequence[int]) -> str:
    """Return the numbers of some faces; of many the first."""
    some = ", ".join(map(str, faces[:_TOLD])) + (", …" if len(faces) > _TOLD else "")
    return tr_n("face {numbers}", "{n:,} faces ({numbers})", len(faces), numbers=some)


class VerdictResult(JobResult):
    """A verdict that was kept, and what came of it."""

    verdicts: list[int]
    """The numbers of the new verdicts."""
    said: str
    moved: int
    """Faces that are shown, and changed their cluster."""
    faces: int = 0
    """Faces that the verdict is about, those of other sides too."""
    hidden: int | None = None
    """Of these the ones on hidden images: they are in no cluster while they are hidden, and no clustering takes them."""
    ignored: int | None = None
    """Of these the ones that are of no interest, by a verdict that still holds: no clustering takes them."""
    replaced: list[int] = []
    """Earlier verdicts of the same person that said the opposite: they are gone."""
    taken_out: list[TakenOut] = []
    """The same, where that holds for some of their faces alone."""
    otherwise: list[str] = []
    """Which earlier verdicts do not count any more for faces that were judged by themselves."""
    standing: list[str] = []
    """Of "not sure": what others said of the same two sides, and one's own verdicts on some faces of both, still counts."""
    contradictions: list[str] = []
    """What contradicts verdicts of others."""
    names: list[str] = []
    """Of a merge: which names are gone, and which other identities faces keep."""
    version: int | None = None
    """The clustering that was corrected by it; None where there is none."""
    clusters: list[VerdictCluster] = []
    """Those that were meant, first, and those that gained or lost faces."""
    unchanged: int | None = None
    """The number of the verdict that said all this before: nothing was changed, and there is nothing to undo."""
    named: list[int] = []
    """Faces that were named one by one."""
    beside: list[int] = []
    """Faces that these were compared with, where they were named one by one too."""

    def _whom(self) -> str:
        meant = [one.text() for one in self.clusters if one.meant]
        sides = [faces_named(some) for some in (self.named, self.beside) if some]
        if not sides:
            return tr(" and ").join(meant)
        both = [*sides, *meant]
        return both[0] if len(both) == 1 else tr("{faces} and {others}", faces=both[0], others=both[1])

    def _moved(self) -> str:
        """Say how many faces changed their cluster, and how large the clusters are now."""
        if self.said == Said.UNSURE:
            return tr("It changes no clustering.")
        if self.version is None:
            return tr("There is no clustering that it corrects.")
        said = tr_n(
            "In clustering {version}, {n:,} face changed its cluster.",
            "In clustering {version}, {n:,} faces changed their cluster.",
            self.moved,
            version=self.version,
        )
        sizes = [one.now() for one in self.clusters if one.faces != one.faces_now]
        more = len(sizes) - _TOLD
        if more > 0:
            sizes[_TOLD:] = [tr_n("{n:,} more", "{n:,} more", more)]
        return f"{said} {tr('Now: {sizes}.', sizes='; '.join(sizes))}" if sizes else said

    def text(self) -> str:
        """Return what was kept and of whom, what moved, which names are gone, and what it contradicts."""
        said, whom = Said(self.said).words, self._whom()
        if self.unchanged:
            lines = [
                tr(
                    "Nothing to change: {said}: {whom} is kept already, as verdict {number}.",
                    said=said,
                    whom=whom,
                    number=self.unchanged,
                )
            ]
        else:
            lines = [tr("Kept: {said}: {whom}.", said=said, whom=whom), self._moved()]
        if self.hidden:
            lines.append(
                tr_n("{n:,} of the {faces} is on a hidden image: it counts in no cluster, and no clustering takes it, while it is hidden.",
                     "{n:,} of the {faces} are on hidden images: they count in no cluster, and no clustering takes them, while they are hidden.",
                     self.hidden, faces=counted.faces(self.faces))
            )  # fmt: skip
        if self.ignored:
            lines.append(
                tr_n("{n:,} of the {faces} is ignored: no clustering takes it.",
                     "{n:,} of the {faces} are ignored: no clustering takes them.", self.ignored, faces=counted.faces(self.faces))
            )  # fmt: skip
        if self.replaced:
            lines.append(withdraws(self.replaced) if self.said == Said.UNSURE else replaces(self.replaced))
        lines += taken_out_lines({one.verdict: one.faces for one in self.taken_out})
        return "\n".join([*lines, *self.names, *self.contradictions, *self.otherwise, *self.standing])
