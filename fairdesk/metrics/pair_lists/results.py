"""What the jobs on pair lists return: lists that were made or converted, and their scores."""

from __future__ import annotations

from fairdesk import counted
from fairdesk.faces.originals_told import TellsOfOriginals, cautions_of, unread_lines
from fairdesk.jobs.results import Caution, JobResult, Record, RestsOnVectors, Unreadable
from fairdesk.metrics.pair_lists.pairs import format_shown
from fairdesk.words import mark, tr, tr_n


def _told_left_out(why: str, n: int) -> str:
    """Say how many images are in no pair, and why."""
    said = {
        "unreadable": tr_n("Left out: {n:,} unreadable image.", "Left out: {n:,} unreadable images.", n),
        "synthetic": tr_n("Left out: {n:,} synthetic image.", "Left out: {n:,} synthetic images.", n),
        "unnamed": tr_n("Left out: {n:,} unnamed image.", "Left out: {n:,} unnamed images.", n),
        "no_image": tr_n("Left out: {n:,} file that is no image.", "Left out: {n:,} files that are no images.", n),
        "hidden": tr_n("Left out: {n:,} hidden image.", "Left out: {n:,} hidden images.", n),
        "other_sets": tr_n(
            "Left out: {n:,} image of no set or another one.", "Left out: {n:,} images of no set or another one.", n
        ),
    }
    return said.get(why) or tr_n("Left out: {n:,} image.", "Left out: {n:,} images.", n)


class LeftOutOfList(Record):
    """A line of a list that gave no pair."""

    line: int
    why: str


class PairsResult(JobResult):
    """A pair list that was made, or converted."""

    out: str
    genuine: int
    impostor: int
    genuine_exist: int | None = None
    impostor_exist: int | None = None
    genuine_asked: int | None = None
    impostor_asked: int | None = None
    identities: int | None = None
    images: int | None = None
    read_as: str | None = None
    """The format of the list that was converted."""
    left_out: dict[str, int] | list[LeftOutOfList]
    """Images that are in no pair, by why; of a list that was converted its lines, each with why."""
    unmatched: list[Unreadable] | None = None
    """Paths of a converted list that mean no image."""
    doubtful: list[LeftOutOfList] = []
    """Pairs of a converted list whose label identities or another line contradict: they are in it, each with why."""
    seed: int | None = None
    format: str
    within_group: bool | None = None
    folds: int
    sha256: str
    synthetic: list[str] = []
    replaced: int | None = None
    """Pairs of another list that was where this one is written; 0 where that was no list."""

    def text(self) -> str:
        """Return what is in the list."""
        if not isinstance(self.left_out, dict):
            return "\n".join([self._conversion(self.left_out), *self._instead()])
        lines = [
            tr(
                "{genuine} and {impostor} over {identities}, seed {seed}.",
                genuine=counted.genuine_pairs(self.genuine),
                impostor=counted.impostor_pairs(self.impostor),
                identities=tr_n("{n:,} identity", "{n:,} identities", self.identities or 0),
                seed=self.seed,
            )
        ]
        lines[:0] = self._limits()
        lines += [_told_left_out(why, number) for why, number in self.left_out.items() if number]
        return "\n".join(lines + self._instead())

    def _instead(self) -> list[str]:
        """Say what was where the list is now."""
        if self.replaced is None:
            return []
        if not self.replaced:
            return [tr("It replaced a file of that name.")]
        return [tr_n("It replaced a list of {n:,} pair.", "It replaced a list of {n:,} pairs.", self.replaced)]

    def _limits(self) -> list[str]:
        """Say, in as few words as a card has room for, that fewer pairs exist than were asked for."""
        few = [
            tr(text, made=made, asked=asked)
            for text, made, asked in (
                (mark("{made:,} of {asked:,} genuine"), self.genuine, self.genuine_asked),
                (mark("{made:,} of {asked:,} impostor"), self.impostor, self.impostor_asked),
            )
            if asked is not None and made < asked
        ]
        return [tr("No more pairs exist: {few}.", few=", ".join(few))] if few else []

    def _conversion(self, left_out: list[LeftOutOfList]) -> str:
        said = tr(
            "{genuine} and {impostor}, read as {read_as}, written as {format}.",
            genuine=counted.genuine_pairs(self.genuine),
            impostor=counted.impostor_pairs(self.impostor),
            read_as=format_shown(self.read_as or ""),
            format=self.format,
        )
        if left_out:
            said += "\n" + tr_n("{n:,} pair is left out.", "{n:,} pairs are left out.", len(left_out))
        return said + _told_contradicted(self.doubtful)


def _told_contradicted(doubtful: list[LeftOutOfList]) -> str:
    if not doubtful:
        return ""
    return "\n" + tr_n(
        "{n:,} pair has a label that is contradicted.", "{n:,} pairs have a label that is contradicted.", len(doubtful)
    )


class OtherScores(Record):
    """The scores of another embedding model over the same list."""

    encoder: str
    out: str
    dropped: int


class WithoutScore(Record):
    """How many pairs have no score for one reason, and how many images (or templates) that is about, the first of them."""

    why: str
    pairs: int
    images: int
    path: str


class ScoreResult(TellsOfOriginals, RestsOnVectors):
    """Scores of a pair list."""

    out: str
    pairs: int
    """Of the list; so are those of its kinds."""
    genuine: int
    impostor: int
    images: int
    """Paths of the list, in the project or not."""
    scored: int
    """Pairs that have a score."""
    images_scored: int
    dropped: int
    """Pairs without a score."""
    without_score: list[WithoutScore] = []
    """Why they have none; each pair counts once."""
    without_vector: list[str]
    unreadable: list[Unreadable] = []
    """Those of them that could not be read, each with why."""
    not_in_project: list[str]
    unmatched: list[Unreadable] | None = None
    """The same, each with why."""
    read_as: str | None = None
    """The format of the list."""
    left_out: list[LeftOutOfList] | None = None
    """Lines of the list that gave no pair."""
    doubtful: list[LeftOutOfList] = []
    """Pairs whose label identities or another line contradict: they are scored, each with why."""
    changed: list[str] = []
    """Originals, of the images that were scored, that are other files now than those that were imported."""
    damaged: list[Unreadable] = []
    """Originals that are there and cannot be read any more, each with why."""
    missing_paths: list[str] = []
    """Originals that are not where they were; what was made of them before stays."""
    measure: str
    others: list[OtherScores] | None = None

    def text(self) -> str:
        """Return what was scored and what has no score."""
        pairs = counted.pairs(self.pairs)
        if self.dropped:
            pairs = tr("{scored:,} of {pairs}", scored=self.scored, pairs=pairs)
        said = tr(
            "{pairs} scored, of {images} ({measure}).",
            pairs=pairs,
            images=counted.images(self.images_scored),
            measure=tr(self.measure),
        )
        said += _told_contradicted(self.doubtful)
        also = [self._other_line(one) for one in self.others or []]
        lines = [said, *self._dropped_lines(), *self.vector_lines(), *also]
        return "\n".join(lines + unread_lines(self.unreadable, self.changed, self.damaged, self.missing_paths))

    def caution_parts(self) -> list[Caution]:
        """Say which pairs have no score and why, and which originals are missing or other files now."""
        lines = [" ".join(self._dropped_lines())]
        return cautions_of(self.unreadable, self.changed, lines, self.damaged, self.missing_paths)

    def _dropped_lines(self) -> list[str]:
        """Say how many pairs have no score, and how many for which reason."""
        if not self.dropped:
            return []
        return [
            tr_n("{n:,} pair has no score:", "{n:,} pairs have no score:", self.dropped),
            *(
                tr_n(
                    "  {n:,} pair, of {images} ({why}), for example {path}",
                    "  {n:,} pairs, of {images} ({why}), for example {path}",
                    one.pairs,
                    images=counted.images(one.images),
                    why=one.why,
                    path=one.path,
                )
                for one in self.without_score
            ),
        ]

    @staticmethod
    def _other_line(one: OtherScores) -> str:
        said = tr("{encoder}: {out}", encoder=one.encoder, out=one.out)
        if one.dropped:
            said += "; " + tr_n("{n:,} pair has no score", "{n:,} pairs have no score", one.dropped)
        return said
