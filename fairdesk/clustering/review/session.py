"""The review of one version of a project: questions with faces, and answers that become verdicts and corrections."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

import numpy as np

from fairdesk.clustering.agreement import agreement, figures
from fairdesk.clustering.known_people import known_people
from fairdesk.clustering.methods.by_name import directed, unit_length
from fairdesk.clustering.naming import Naming, name_cluster
from fairdesk.clustering.neighbours.kept import neighbours_of
from fairdesk.clustering.results import NamedResult
from fairdesk.clustering.review.asked import Asked, Reply
from fairdesk.clustering.review.assumption import Assumption
from fairdesk.clustering.review.bunches import Measured
from fairdesk.clustering.review.candidates import Candidate, Estimate, Pair
from fairdesk.clustering.review.corrections import corrections
from fairdesk.clustering.review.earlier import earlier_answers
from fairdesk.clustering.review.engine import Review, worth
from fairdesk.clustering.review.kept_version import METHOD, begun_with, homes_in
from fairdesk.clustering.review.nameless import nameless
from fairdesk.clustering.review.parts import Check
from fairdesk.clustering.review.past import Newer, Past
from fairdesk.clustering.review.questions import Kind, ask
from fairdesk.clustering.review.replies import keep_answer, step_text
from fairdesk.clustering.review.spot_checks import AT_ONCE, Checked
from fairdesk.clustering.review.told import told
from fairdesk.clustering.stages import Stages
from fairdesk.clustering.store import (
    UNCLUSTERED,
    NewCluster,
    NewVersion,
    Regrouping,
    add_version,
    cluster_names,
    clusters,
    members,
    method_of,
    need_version,
    regroup,
)
from fairdesk.clustering.vector_counts import need_faces
from fairdesk.clustering.version_basis import recipe_of_version
from fairdesk.errors import RequestError
from fairdesk.project import Project
from fairdesk.project.changes import Kind as Changed
from fairdesk.project.changes import changes_since
from fairdesk.project.verdict_constraints import constraints
from fairdesk.project.verdicts import of_detector, verdict_state, verdicts
from fairdesk.words import tr

DOUBT = 0.9  # an answer that is right with less than this probability is doubted
PATIENCE = 0.1  # of a second of working everything out again, for each answer
OUTDATE = frozenset({Changed.CLUSTERS, Changed.VERDICTS, Changed.HIDDEN})  # changes of others
EARLIER = 3  # readings that are kept
LONGEST = 2.0  # seconds: what takes longer is worked out again when the review is opened, and else only followed


class ReviewSession:
    """Loads a version, and keeps it as the answers say."""

    def __init__(
        self,
        project: Project,
        version: int | None = None,
        check: Check | None = None,
        earlier: Measured | None = None,
    ) -> None:
        """Load a version; `check` is told how far it is. What an earlier reading measured holds while the vectors are the same."""
        self.project = project
        self._seen, _ = changes_since(project.db, 0)
        self.version = need_version(project, version)
        self._keeps = method_of(project, self.version) == METHOD
        self.recipe = stored = recipe_of_version(project, self.version)
        every, vectors = project.vectors.load(stored, hidden=False)
        heard = of_detector(project, verdicts(project), stored.detector)
        self._said = said = constraints(heard)
        kept = np.isin(every, members(project, self.version)[0]) & ~np.isin(every, list(said.ignored))
        undirected = kept & ~directed(vectors, stored.metric)
        self._undirected = every[undirected]  # there is nothing to ask about these: they stay unclustered
        kept &= ~undirected
        self.faces = every[kept]
        need_faces(project, stored, len(self.faces), 2)
        self.vectors = unit_length(vectors[kept], stored.metric)
        self._row = dict(zip(self.faces.tolist(), range(len(self.faces)), strict=True))
        stages = Stages(check)
        near = neighbours_of(project, stored, self.faces, self.vectors, stored.metric, stages.next(0.3))
        self.read()
        before = earlier if earlier is not None and np.array_equal(earlier.vectors, self.vectors) else None
        self.vectors, known, bunches = (self.vectors, None, None) if before is None else before
        self._earlier: list[ReviewSession] = []  # readings, the last first: undo may lead back to one
        begun = begun_with(project, self.version)  # answers do not change what it measures
        alone = self._at if begun == self.version else homes_in(project, begun, self.faces)[1]
        what = told(heard, said, self._rows, self.vectors)
        self.assumed = Assumption(self.vectors, (near.found, near.squared), alone, what.heard, stages.next(0.35), known)
        measured = self.assumed.measure
        self.review = Review(self.vectors, what, stages.next(0.35), measured, bunches if measured is known else None)
        self.measured = Measured(self.vectors, measured, self.review.base)
        self._since = 0  # answers since everything was worked out again
        self.outdated = False  # others changed what it rests on
        self.renamed = False  # others gave clusters other names: found when the history was followed last
        self._verdicts = verdict_state(project)
        self.past = Past(project.journal)
        self.started: tuple[int, int] | None = None  # the version beside which its own was made, and by which step
        self._unnamed: set[int] = set()  # clusters that nobody wants to name now
        self._skipped: list[Pair] = []

    def read(self) -> None:
        """Read the version's clusters again."""
        of = {one.id: one for one in clusters(self.project, self.version)}
        self.titles = {number: one.told for number, one in of.items()}
        self.named = {number for number, one in of.items() if one.name or one.identity}
        self.labels = {number: one.label for number, one in of.items()}
        self._members, self._at = homes_in(self.project, self.version, self.faces)

    def _hear(self) -> None:
        """Know the verdicts as they are now."""
        heard = of_detector(self.project, verdicts(self.project), self.recipe.detector)
        self._said = constraints(heard)
        self.review.tell(told(heard, self._said, self._rows, self.vectors))

    def _follow(self, moves: Sequence[Regrouping], went: Sequence[int]) -> None:
        """Know of the version what was just moved, as `read` would."""
        for move, cluster in zip(moves, went, strict=True):
            self._at[self._rows(move.faces)] = cluster
        for one in clusters(self.project, self.version, [new for new in went if new not in self.titles]):
            self.titles[one.id], self.labels[one.id] = one.told, one.label

    def _rows(self, faces: Sequence[int]) -> list[int]:
        return [self._row[face] for face in faces if face in self._row]

    # the version that a review keeps

    def start(self) -> int:
        """Keep what the review thinks as a new version beside the one it looks at: one undoable step. Returns its id.

        Names go along to the cluster that has most of a named cluster's faces.
        """
        labels = self.review.labels()
        _, place, sizes = np.unique(labels, return_inverse=True, return_counts=True)
        alone = sizes[place] == 1
        order = np.argsort(-sizes, kind="stable")
        order = order[sizes[order] > 1]
        number, of = {int(old): new for new, old in enumerate(order.tolist())}, self.version
        names = {number[home]: named for home, named in self._carried(place).items() if home in number}
        made = [NewCluster(new, *(names[new][1:] if new in names else ())) for new in range(len(order))]
        made.append(NewCluster(UNCLUSTERED))
        members = [
            (int(face), len(order) if lonely else number[int(home)])
            for face, home, lonely in zip(self.faces, place, alone, strict=True)
        ]
        members += [(face, len(order)) for face in self._undirected.tolist()]
        truth = known_people(self.project, self.faces, self._said)
        known = truth >= 0
        quality = agreement(np.where(alone, -1, place)[known], truth[known])
        self.version = add_version(
            self.project,
            tr("Review clustering {version}", version=self.version),
            NewVersion(
                METHOD,
                {"of": self.version},
                made,
                recipe=self.recipe.id,
                quality=quality.model_dump(),
                about=tr("review of {version}", version=self.version),
            ),
            members,
        )
        self._keeps = True
        newest = self.project.journal.next_undo()
        self.started = None if newest is None else (of, newest.id)
        self.read()
        self.past.remember()
        self._know()
        return self.version

    def discard(self) -> int | None:
        """Take the version back that was made at the start, where nothing has changed since: no answer was given.

        Returns the version that it was made beside; None where it stays.
        """
        newest = self.project.journal.next_undo()
        if self.started is None or newest is None or newest.id != self.started[1]:
            return None
        self.project.journal.undo()
        return self.started[0]

    def _carried(self, place: np.ndarray[tuple[int], np.dtype[np.intp]]) -> dict[int, NewCluster]:
        """Return, for the new clusters that take over a named one, its name."""
        out: dict[int, NewCluster] = {}
        for old, named in cluster_names(self.project, self.version).items():
            homes = Counter(place[self._at == old].tolist()).most_common(1)
            if homes and homes[0][0] not in out:
                out[homes[0][0]] = named
        return out

    # questions

    def queue(self, count: int, leave_out: Sequence[Candidate] = ()) -> list[Asked]:
        """Return the questions that are worth most, the first first; those of names come after all others."""
        done = self.past.checks()
        wanted = max(0, self.past.kept.wanted - len(done))
        checks = self.review.checks(set(self._rows([one.face for one in done]))) if wanted else iter(())
        some = [one for one in itertools.islice(checks, wanted + self.skipped) if not self._put_off(one)][:wanted]
        found = [self._asked(one.rank, self._together(one), one) for one in some]
        pairs = {one.pair for one in some}
        for gain, together, candidate in self._ranked():
            if len(found) >= count:
                return found
            if not self._put_off(candidate) and candidate not in leave_out and candidate.pair not in pairs:
                found.append(self._asked(gain, together, candidate))
        return found + self._names(count - len(found))

    def _ranked(self) -> Iterator[tuple[float, bool, Candidate]]:
        """Yield the candidates with what they are worth for the version as it is, in order.

        A version that the review keeps is as the review thinks; of another each candidate has to be looked at.
        """
        if self._keeps:
            for one in self.review.candidates():
                yield one.rank, one.together, one
            return
        out = []
        for one in self.review.candidates(every=True):
            together, gain = one.together, one.rank
            if not one.again:
                together = self._together(one)
                wrong = (1 - one.likely) if together else one.likely
                gain = wrong * worth(one.first, one.second) * one.clear
            if gain >= self.review.least:
                out.append((gain, together, one))
        yield from sorted(out, key=lambda ranked: -ranked[0])

    def _together(self, one: Candidate) -> bool:
        alone = one.check >= 0 and one.together
        first, second = self._home(one.first.bunches), self._at[one.check] if alone else self._home(one.second.bunches)
        return bool(first == second != UNCLUSTERED)

    def _home(self, bunches: Sequence[int]) -> int:
        rows = [row for bunch in bunches for row in self.review.rows[bunch]]
        return int(Counter(self._at[rows].tolist()).most_common(1)[0][0])

    def _asked(self, gain: float, together: bool, candidate: Candidate) -> Asked:
        question = ask(self.review, self.vectors, candidate)
        kind = question.kind
        homes = [self._home(part.bunches) for part in (candidate.first, candidate.second)]
        if kind is not Kind.BELONGS:  # the version may not be what the review thinks by now
            one = together if candidate.again else homes[0] == homes[1] != UNCLUSTERED
            kind = Kind.SPLIT if one else Kind.SAME
        if len(self.review.faces(candidate.first)) < len(self.review.faces(candidate.second)):
            homes.reverse()

        def named(rows: list[int]) -> list[int]:
            return [int(self.faces[row]) for row in rows]

        return Asked(
            kind,
            gain,
            [home for home in dict.fromkeys(homes) if home != UNCLUSTERED],
            named(question.first),
            named(question.second),
            named(question.shown_first),
            named(question.shown_second),
            again=candidate.again,
            earlier=earlier_answers(self.project, self.recipe.detector, self.review, self._rows, candidate),
            doubted=candidate.again
            and (candidate.likely < DOUBT if candidate.together else candidate.likely > 1 - DOUBT),
            question=question,
            check=candidate.check >= 0,
            together=together,
        )

    def faces_of(self, numbers: Sequence[int]) -> int:
        """Return how many faces some clusters have."""
        return int(np.isin(self._at, list(numbers)).sum())

    def mostly_in(self, faces: Iterable[int]) -> list[int]:
        """Return the cluster that most of some faces are in; none where that is no cluster."""
        homes = Counter(self._at[self._rows(list(faces))].tolist()).most_common(1)
        return [home for home, _ in homes if home != UNCLUSTERED]

    def _names(self, count: int) -> list[Asked]:
        settled = self.named | self._unnamed
        return nameless(self.project, self.faces, self._at, lambda number: number not in settled, count)

    def who_is(self, cluster: int) -> list[Asked]:
        """Return the question of one cluster's name, where it has none."""
        return nameless(self.project, self.faces, self._at, lambda number: number == cluster not in self.named, 1)

    def _put_off(self, candidate: Candidate) -> bool:
        """Whether a question was skipped."""
        return candidate.pair in self._skipped

    def estimate(self, wanted: float = 0.99) -> Estimate:
        """Return how right the version is thought to be as it is now, and how many answers the review still needs.

        What the review thinks stands for the truth, with the errors that it expects of itself. A version that no
        review keeps is not what the review starts from: `of_review` is.
        """
        own = self.review.estimate(wanted)
        found = figures(self._at, self.review.labels())
        return own if found is None else own.of_clusters(found.bcubed_precision, found.bcubed_recall)

    def of_review(self, wanted: float = 0.99) -> Estimate | None:
        """Return the same of the clusters that a review would start from; None where the version is kept by one."""
        return None if self._keeps else self.review.estimate(wanted)

    @property
    def unlearned(self) -> Literal["soon", "next review"] | None:
        """When all is worked out with the newest answers, where that is yet to be: once nobody answers, or, as it takes long, by the next review."""
        return None if self._since <= 0 else "next review" if self.review.relearning_takes > LONGEST else "soon"

    @property
    def skipped(self) -> int:
        """How many questions were put off."""
        return len(self._skipped) + len(self._unnamed)

    def skip(self, asked: Asked) -> None:
        """Put a question off until the review is opened again."""
        if asked.question is None:
            self._unnamed.update(asked.clusters)
        else:
            self._skipped.append(asked.question.candidate.pair)

    def check_more(self, count: int = AT_ONCE) -> int:
        """Ask about further faces drawn at random before all else; returns how many were wanted before (`past.kept.wanted`)."""
        return self.past.want_checks(count)

    # answers

    def answer(self, asked: Asked, reply: Reply, *, learn: bool = True) -> int:
        """Keep an answer as a verdict, and what follows of it in the version: one undoable step. Returns how many faces moved.

        Without `learn` it is soon done: what takes longer waits until `learn` is called. Where it is `outdated`, the
        verdict alone is kept: the clusters follow when it is read again.
        """
        if asked.question is None:
            raise RequestError(tr("Who it is is answered by a name."))
        self._need_version()
        candidate = asked.question.candidate
        same = asked.same(reply)
        try:
            with self.project.journal.step(
                step_text(asked, reply, self.titles), target={"tab": "clustering"}
            ) as connection:
                follows = keep_answer(self.project, connection, asked, reply) or reply is not Reply.UNSURE
                if not self.outdated:
                    self._hear()
                    self._since += 1
                    if not (learn or self.review.relearning_takes <= PATIENCE) or not self.learn():
                        self.review.follow()
                moves = corrections(self.faces, self._at, self.review.labels()) if follows and not self.outdated else []
                went = regroup(self.project, connection, self.version, moves)
        except BaseException:
            self._hear()
            raise
        self.past.kept.behind = self.past.kept.behind or (follows and self.outdated)
        self._answered(reply, candidate, as_thought=reply is not Reply.UNSURE and same == asked.together)
        self._follow(moves, went)
        if self.assumed.turned(self.review.said.heard):  # all is to be read again, and the clusters follow at once
            self.outdated = self.past.kept.behind = True
        return sum(len(move.faces) for move in moves)

    def learn(self, *, idle: bool = False) -> bool:
        """Work everything out again with what was answered, where that is due (`idle`: nobody waits); returns whether it was.

        What comes of it in the version is kept with the next answer.
        """
        if not self._since or self.review.relearning_takes > (
            LONGEST if idle else min(PATIENCE * self._since, LONGEST)
        ):
            return False
        self.review.relearn()
        self._since = 0
        return True

    def name(self, wanted: Naming) -> NamedResult:
        """Answer who it is: the cluster becomes an identity, one undoable step."""
        done = name_cluster(self.project, wanted)
        self._answered(None)
        self.read()
        return done

    def _answered(self, reply: Reply | None, candidate: Candidate | None = None, *, as_thought: bool = False) -> None:
        """Know the newest step, and all that it changed, as one's own."""
        row = -1 if candidate is None else candidate.check
        self.past.add(reply, Checked(int(self.faces[row]), as_thought) if row >= 0 else None)
        self._know()

    def _know(self) -> None:
        """Know all that was changed as one's own."""
        self._seen, _ = changes_since(self.project.db, self._seen)
        self._verdicts = verdict_state(self.project)

    def _need_version(self) -> None:
        try:
            need_version(self.project, self.version)
        except RequestError:
            raise RequestError(
                tr(
                    "The review has ended: its clustering {version} is no longer there, as it was undone elsewhere. "
                    "Edit, Redo brings it back; or open a review again.",
                    version=self.version,
                )
            ) from None

    def newer(self) -> Newer | None:
        """Return what Undo would take back instead of the last answer; None where it is that.

        Raises
        ------
        RequestError
            If the version is gone.
        """
        self._need_version()
        return self.past.newer(self.version)

    def take_back(self) -> None:
        """Undo the last answer.

        Raises
        ------
        RequestError
            If there is none, or something else was changed since.
        """
        if self.newer() is not None:
            raise RequestError(tr("Something else was changed since that answer. Undo it first: Edit, Undo."))
        self.project.journal.undo()
        self.follow_history()

    def follow_history(self) -> int | None:
        """Take answers back that were undone in the project's history, and again those that were redone.

        Returns how many more are given than before, below 0 where fewer are; None where something else was changed,
        so that the review has to be read again.
        """
        self._need_version()
        if self.outdated:
            return None
        self._seen, changed = changes_since(self.project.db, self._seen)
        self.renamed = False
        more = self.past.moved()
        if not more:
            self.outdated = bool(changed.within(OUTDATE)) and self._differs()
            return None if self.outdated else 0
        self.past.follow(more)
        self._hear()
        self._since += abs(more)  # what was learned, or forgotten, bears on clusters that no answer was about
        if self.review.relearning_takes <= PATIENCE:
            self.learn()
        self.read()
        self._verdicts = verdict_state(self.project)
        self.outdated = self.assumed.turned(self.review.said.heard)
        return None if self.outdated else more

    def _differs(self) -> bool:
        """Whether verdicts, or who is where, differ from what is known: not where a cluster was renamed, or another clustering made."""
        members, at, titles = self._members, self._at, self.titles
        self.read()
        self.renamed = self.titles != titles
        same = np.array_equal(members, self._members) and np.array_equal(at, self._at)
        return not same or self._verdicts != verdict_state(self.project)

    def read_again(self, check: Check | None = None) -> ReviewSession:
        """Return the review as the project is now, after something else was changed; it knows the answers that still hold.

        Where undo led back to what an earlier reading knew, it is that one.
        """
        for place, one in enumerate([] if self.past.kept.behind else self._earlier, 1):
            one.outdated, known = False, (one._members, one._at)
            if one.follow_history() is not None:  # all that others changed since is undone
                one._earlier = self._earlier[place:]
                return one
            one._members, one._at = known
        fresh = ReviewSession(self.project, self.version, check, self.measured)
        fresh._earlier, self._earlier = [self, *self._earlier][:EARLIER], []
        fresh.started, fresh.past.kept = self.started, self.past.kept
        if fresh.past.kept.behind:
            moves = corrections(fresh.faces, fresh._at, fresh.review.labels())
            with self.project.journal.step(
                tr("Clusters follow the answers"), target={"tab": "clustering"}
            ) as connection:
                regroup(self.project, connection, self.version, moves)
            fresh.read()
            fresh.past.remember()
            fresh.past.kept.behind = False
            fresh._know()
        return fresh

    def unskip(self, asked: Asked) -> None:
        """Ask a question that was skipped again."""
        if asked.question is None:
            self._unnamed.difference_update(asked.clusters)
        else:
            self._skipped.pop()
