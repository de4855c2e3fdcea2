"""What the clustering jobs return."""

from __future__ import annotations

import time
from collections.abc import Sequence

from fairdesk import counted
from fairdesk.clustering.originals_behind import missing_line
from fairdesk.clustering.verdicts.reach import partly_lines, with_most_lines
from fairdesk.clustering.version_basis import basis_text
from fairdesk.faces.originals_told import MISSING, TellsOfOriginals, cautions_of, unread_lines
from fairdesk.jobs.results import Caution, JobResult, Record, RestsOnVectors, Unreadable
from fairdesk.project.recipes import named_encoder
from fairdesk.project.verdicts import Said
from fairdesk.words import tr, tr_n

_FEW = 3  # names in a sentence


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
    known_faces: int | None = None
    """Of how many faces of known identity the figures are."""
    known_people: int | None = None
    """Of how many people these are."""


class ClusterResult(TellsOfOriginals, Agreement, RestsOnVectors):
    """A new clustering."""

    clusters: int
    noise: int
    faces: int
    version: int | None = None
    seed: int
    verdicts: int | None = None
    """How many verdicts were honoured, wholly or for some of their faces."""
    verdicts_partly: int | None = None
    """Of these the ones that hold for some of their faces alone."""
    verdicts_with_most: int | None = None
    """Of these the ones whose faces are with most of those they were confirmed beside, not with all."""
    verdicts_unused: int | None = None
    """Verdicts of which too few faces are clustered: there is nothing that could be honoured."""
    verdict_faces_left_out: int | None = None
    """Faces of both, counted for each verdict, that are not clustered: hidden, ignored, without embedding, or another detector's."""
    measured_in: str | None = None
    """What the distance among the parameters (epsilon, or that at which the tree was cut) is measured in."""
    distance: float | None = None
    """That distance."""
    number_of_known: int | None = None
    """How many clusters were made because so many people are known; None where the number was given, or found."""
    clusters_asked: int | None = None
    """How many clusters the method was told to make; None where it finds the number."""
    clusters_before_verdicts: int | None = None
    """How many of these it made, before verdicts were followed."""
    ignored: int | None = None
    """Faces that were left out because somebody said they are of no interest."""
    zero_vectors: int | None = None
    """Faces that were left unclustered because their embedding is all zeros and was to be compared by its angle."""
    contradictions: list[str] = []
    """Verdicts that could not be honoured beside others."""
    changed: list[str] = []
    """Originals that are other files now than those that were imported: their faces may be those of either."""
    damaged: list[Unreadable] = []
    """Originals that are there and cannot be read any more, each with why."""
    missing: int = 0
    """Originals that are not where they were: what was made of them before is clustered."""
    missing_paths: list[str] = []
    missing_folder: str = ""
    """The first hundred of them."""

    def caution_parts(self) -> list[Caution]:
        """Say what contradicts what, which a person has to decide, and which originals have changed or are missing."""
        said = self._few_known()
        if self.contradictions:
            more = len(self.contradictions) - 1
            said.append(
                self.contradictions[0] + (" " + tr_n("And {n:,} more.", "And {n:,} more.", more) if more else "")
            )
        return [
            *map(Caution, said),
            *cautions_of([], self.changed, (), self.damaged),
            *(Caution(line, MISSING, self.missing_paths[0]) for line in self._missing()),
        ]

    def _few_known(self) -> list[str]:
        unknown = self.faces - (self.known_faces or 0)
        if self.number_of_known is None or 2 * unknown <= self.faces:
            return []
        return [
            tr_n(
                "{n:,} of {faces} is of nobody known, so that the number of people known ({people:,}) may be far too small. "
                "Give the number of clusters (--n-clusters N), or use a method that finds it (graph, dbscan).",
                "{n:,} of {faces} are of nobody known, so that the number of people known ({people:,}) may be far too small. "
                "Give the number of clusters (--n-clusters N), or use a method that finds it (graph, dbscan).",
                unknown,
                faces=counted.faces(self.faces),
                people=self.number_of_known,
            )
        ]

    def _not_as_asked(self) -> str:
        """Say why there are not as many clusters as were asked for; empty where there are."""
        if self.clusters_asked is None or self.clusters == self.clusters_asked:
            return ""
        before = self.clusters if self.clusters_before_verdicts is None else self.clusters_before_verdicts
        return "\n" + not_as_asked(self.clusters_asked, before, self.clusters)

    def _missing(self) -> list[str]:
        return [missing_line(self.missing, self.missing_paths[0], self.missing_folder)] if self.missing_paths else []

    def text(self) -> str:
        """Return the counts, and the agreement with known identities."""
        said = tr_n(
            "{n:,} cluster, {noise:,} of {faces:,} faces unclustered.",
            "{n:,} clusters, {noise:,} of {faces:,} faces unclustered.",
            self.clusters,
            noise=self.noise,
            faces=self.faces,
        )
        said += self._not_as_asked()
        if self.measured_in is not None and self.distance is not None:
            said += "\n" + tr("Distance {distance:.4g}: {what}.", distance=self.distance, what=self.measured_in)
        if self.number_of_known is not None:
            resting = tr(
                "The number is that of the people known: {people}, on {faces}.",
                people=counted.people(self.number_of_known),
                faces=counted.faces(self.known_faces or 0),
            )
            said = "\n".join([said, resting, *self._few_known()])
        if self.bcubed_f1 is not None and self.nmi is not None and self.ari is not None:
            pairwise = tr("undefined") if self.pairwise_f1 is None else f"{self.pairwise_f1:.3f}"
            said += "\n" + tr(
                "Against known identities ({faces} of {people}): pairwise F1 {pairwise}, BCubed F1 {bcubed:.3f}, NMI {nmi:.3f}, ARI {ari:.3f}.",
                faces=counted.faces(self.known_faces or 0),
                people=counted.people(self.known_people or 0),
                pairwise=pairwise,
                bcubed=self.bcubed_f1,
                nmi=self.nmi,
                ari=self.ari,
            )
        if self.verdicts is not None:
            said += "\n" + tr_n("{n:,} verdict honoured.", "{n:,} verdicts honoured.", self.verdicts)
            left = self.verdicts_partly or 0, self.verdicts_unused or 0, self.verdict_faces_left_out or 0
            said = " ".join([said, *partly_lines(*left), *with_most_lines(self.verdicts_with_most or 0)])
        if self.ignored:
            said += " " + tr_n("{n:,} ignored face left out.", "{n:,} ignored faces left out.", self.ignored)
        if self.zero_vectors:
            said += "\n" + tr_n(
                "{n:,} face unclustered because its embedding is all zeros, which has no direction.",
                "{n:,} faces unclustered because their embeddings are all zeros, which have no direction.",
                self.zero_vectors,
            )
        return "\n".join(
            [
                said,
                *self.contradictions,
                *self.vector_lines(),
                *unread_lines([], self.changed, self.damaged),
                *self._missing(),
            ]
        )


class VerdictRow(Record):
    """One verdict."""

    id: int
    said: str
    faces: list[int]
    others: list[int]
    who: str
    created: float


class VerdictsResult(JobResult):
    """A project's verdicts, those that were just read, and what contradicts what."""

    verdicts: list[VerdictRow]
    added: int | None = None
    known: int | None = None
    """Of the file's verdicts those that the project had already."""
    empty: str | None = None
    """The file that was read, where no verdict is in it."""
    unended: bool | None = None
    """The last line of the file has no end, and none says how many there are: it may be cut off."""
    removed: int | None = None
    unknown_faces: int | None = None
    """Faces of the file that the project lacks."""
    left_out: int | None = None
    """Verdicts of which a side is not in the project, or which are of copies: those below are among them."""
    one_sided: int | None = None
    """Of these the ones that compare two sides, of which just one is here."""
    of_copies: int | None = None
    """Of these the ones whose two sides are the same faces here: copies of pictures that this project has once."""
    ahead: int | None = None
    """Of those added the ones whose time lay in the future: they count as given now."""
    told_later: int | None = None
    """Verdicts "not sure", of the file or the project, that gave way to what the same person said later."""
    withdrawn: int | None = None
    """Verdicts, of the file or the project, that the same person withdrew later by "not sure", some for some faces alone."""
    shorter: int | None = None
    """Verdicts of the project that lose faces, as the file has them without: they were taken out of them."""
    differing: list[str] | None = None
    """Of the file's verdicts those that say something else than the project's of the same id: the project's is kept."""
    other_content: list[str] | None = None
    """Images of the project that are called as one of the file, and are other pictures by their SHA-256."""
    other_content_verdicts: int | None = None
    """Verdicts that were left out as they are about such a picture."""
    contradictions: list[str]
    out: str | None = None

    def text(self, most: int | None = None) -> str:
        """Return the counts, the verdicts and the contradictions, at most so many of these."""
        lines = [*self._not_read(), *self._weighed()]
        if self.removed is not None:
            lines.append(tr_n("{n:,} verdict removed.", "{n:,} verdicts removed.", self.removed))
        if self.out is not None:
            lines.append(
                tr_n(
                    "{n:,} verdict written to {out}.",
                    "{n:,} verdicts written to {out}.",
                    len(self.verdicts),
                    out=self.out,
                )
            )
        elif not lines:
            lines += [
                tr(
                    "{id}  {said}  {faces}  {who}  {when}",
                    id=row.id,
                    said=Said(row.said).words,
                    faces=tr(
                        "{faces} against {others}", faces=counted.faces(len(row.faces)), others=f"{len(row.others):,}"
                    )
                    if row.others
                    else counted.faces(len(row.faces)),
                    who=row.who,
                    when=time.strftime("%Y-%m-%d %H:%M", time.localtime(row.created)),
                )
                for row in self.verdicts
            ] or [tr("No verdicts yet.")]
        return "\n".join([*lines, *first_of(self.contradictions, most)])

    def _not_read(self) -> list[str]:
        """Say how many verdicts were read from a file, and what was left out."""
        lines = []
        if self.empty is not None:
            lines.append(tr("{file}: no verdicts in it. Nothing to change.", file=self.empty))
        elif self.added is not None:
            lines.append(
                tr(
                    "{added} added, {known:,} known before, {left:,} about faces that this project lacks.",
                    added=tr_n("{n:,} verdict", "{n:,} verdicts", self.added),
                    known=self.known or 0,
                    left=(self.left_out or 0) - (self.one_sided or 0) - (self.of_copies or 0),
                )
            )
        if self.one_sided:
            lines.append(
                tr_n("{n:,} verdict was left out: it compares two sides, and just one of them is here.",
                     "{n:,} verdicts were left out: they compare two sides, and just one of these is here.", self.one_sided)
            )  # fmt: skip
        if self.of_copies:
            lines.append(
                tr_n("{n:,} verdict was left out: both of its sides are the same faces here, copies of the same pictures.",
                     "{n:,} verdicts were left out: both sides of each are the same faces here, copies of the same pictures.", self.of_copies)
            )  # fmt: skip
        if self.unended:
            lines.append(tr("The file's last line has no end: it may be cut off there. See that nothing is missing."))
        if self.unknown_faces:
            lines.append(
                tr_n("{n:,} face of the file is not in this project: nothing is known of it.",
                     "{n:,} faces of the file are not in this project: nothing is known of them.", self.unknown_faces)
            )  # fmt: skip
        if self.other_content:
            lines.append(
                tr_n("{n:,} verdict was left out: it is about an image that has the same name here, but other content:",
                     "{n:,} verdicts were left out: they are about images that have the same name here, but other content:",
                     self.other_content_verdicts or 0)
            )  # fmt: skip
            lines[-1] += f" {a_few(self.other_content)}."
        return lines

    def _weighed(self) -> list[str]:
        """Say what came of the verdicts that were read beside others."""
        lines = []
        if self.differing:
            lines.append(
                tr_n("{n:,} verdict differs from the verdict of the same id, which stays as it is: {ids}.",
                     "{n:,} verdicts differ from the verdicts of the same ids, which stay as they are: {ids}.",
                     len(self.differing), ids=a_few(self.differing))
            )  # fmt: skip
        if self.ahead:
            lines.append(
                tr_n("{n:,} verdict bears a time in the future, and counts as given now.",
                     "{n:,} verdicts bear a time in the future, and count as given now.", self.ahead)
            )  # fmt: skip
        if self.told_later:
            lines.append(
                tr_n("{n:,} “not sure” gave way to what the same person said later.",
                     "{n:,} “not sure” gave way to what the same person said later.", self.told_later)
            )  # fmt: skip
        if self.withdrawn:
            lines.append(
                tr_n("{n:,} verdict was withdrawn by a later “not sure” of the same person.",
                     "{n:,} verdicts were withdrawn by a later “not sure” of the same person.", self.withdrawn)
            )  # fmt: skip
        if self.shorter:
            lines.append(
                tr_n("{n:,} verdict loses faces that were taken out of it since.",
                     "{n:,} verdicts lose faces that were taken out of them since.", self.shorter)
            )  # fmt: skip
        return lines


def not_as_asked(asked: int, before: int, made: int) -> str:
    """Say why another number of clusters was made than was asked for; so many were there before verdicts were followed."""
    if made < before:
        return tr("{asked:,} asked, {made:,} after same-person verdicts joined some.", asked=asked, made=made)
    if made > before:
        return tr("{asked:,} asked, {made:,} after different-people verdicts parted some.", asked=asked, made=made)
    return tr("{asked:,} asked, {made:,} made: more cannot be told apart.", asked=asked, made=made)


def in_group(group: str | None) -> str:
    """Return a group in a bracket's words; None is no group."""
    return tr("no group") if group is None else tr("group {group}", group=group)


def a_few(names: Sequence[str]) -> str:
    """Return the first of some names in one line."""
    return ", ".join([*names[:_FEW], *(["…"] if len(names) > _FEW else [])])


def first_of(contradictions: Sequence[str], most: int | None) -> list[str]:
    """Return the first of some lines, and a line that says how many more there are."""
    more = 0 if most is None else max(0, len(contradictions) - most)
    shown = list(contradictions[: len(contradictions) - more])
    return [*shown, tr_n("And {n:,} more.", "And {n:,} more.", more)] if more else shown


class MapResult(JobResult):
    """Faces laid out on a map."""

    method: str
    seed: int
    faces: int
    version: int | None
    encoder: str
    detector: str
    recipe: str
    mirrored: bool | None = None
    precision: str | None = None
    scaling: str | None = None
    out: str | None = None

    def text(self) -> str:
        """Return what was laid out, and where it was written."""
        said = tr_n(
            "{n:,} face laid out by {method} (seed {seed}).",
            "{n:,} faces laid out by {method} (seed {seed}).",
            self.faces,
            method={"pca": "PCA", "tsne": "t-SNE"}[self.method],
            seed=self.seed,
        )
        named = named_encoder(self.encoder, self.precision, self.mirrored, self.scaling)
        said += " " + basis_text(named, self.detector, self.recipe)
        return said if self.out is None else said + " " + tr("Written to {out}", out=self.out)


class NamedResult(JobResult):
    """A cluster that became an identity."""

    identity: str
    group: str | None
    faces: int
    cluster: int
    """Its label, by which `--cluster` names it."""
    cluster_id: int
    """The number that the project knows it by; no verb takes it."""
    joined: int = 0
    """Images that had the name before, and are the same identity now."""
    regrouped: int = 0
    """Faces that were in another group before."""
    regrouped_from: dict[str, int] | None = None
    """How many of them were in which."""
    renamed: dict[str, int] | None = None
    """How many of the faces were of somebody of another name, by that name."""
    tied: list[str] | None = None
    """Groups that as many of the faces were in, more than in any other, where the person is of one of these."""
    unchanged: bool | None = None
    """Whether all of it was so before: nothing was changed, and there is nothing to undo."""
    alike: list[str] = []
    """Other people of the name in other groups, then those whose names differ in case or blanks alone."""

    def text(self) -> str:
        """Return who the faces are now, and whom and what that has changed."""
        if self.unchanged:
            return tr_n(
                "Nothing to change: the {n:,} face is {identity} ({group}) already.",
                "Nothing to change: the {n:,} faces are {identity} ({group}) already.",
                self.faces,
                identity=self.identity,
                group=in_group(self.group),
            )
        now = tr_n(
            "{n:,} face is now {identity} ({group}).",
            "{n:,} faces are now {identity} ({group}).",
            self.faces,
            identity=self.identity,
            group=in_group(self.group),
        )
        return "\n".join([now, *self.changes()])

    def changes(self) -> list[str]:
        """Say what others have of it: images that had the name, and groups."""
        lines = []
        if self.joined:
            lines.append(
                tr_n(
                    "{n:,} image that had the name is the same identity.",
                    "{n:,} images that had the name are the same identity.",
                    self.joined,
                )
            )
        lines += [
            tr_n(
                "{n:,} face changed its group from {old} to {new}.",
                "{n:,} faces changed their group from {old} to {new}.",
                count,
                old=old,
                new=self.group or tr("no group"),
            )
            for old, count in (self.regrouped_from or {}).items()
        ]
        lines += [
            tr_n("{n:,} face was of {person} before.", "{n:,} faces were of {person} before.", count, person=person)
            for person, count in (self.renamed or {}).items()
        ]
        if self.tied:
            lines.append(tr("As many faces were in each of: {groups}.", groups=", ".join(self.tied)))
        return lines + self.alike
