"""What the verb `suggestions` returns."""

from __future__ import annotations

import shlex
from typing import Any, Literal

from fairdesk.clustering.review.candidates import WANTED, Estimate
from fairdesk.clustering.version_basis import basis_text
from fairdesk.jobs.results import JobResult, Record, jsonable
from fairdesk.project.recipes import named_encoder
from fairdesk.words import mark, tr, tr_n


class Suggestion(Record):
    """A question of the review."""

    kind: Literal["same", "belongs", "split", "name"]
    clusters: list[int]
    """Labels of the clusters that it is about."""
    faces: list[int]
    """`belongs`: the face; `split`: the faces of the smaller of the two; else some of each side to look at."""
    gain: float
    """How many faces an answer is expected to put right."""
    shown: list[list[int]]
    """Faces to look at, by side."""
    answers: dict[str, str] = {}
    """What to type after `fairdesk verdict PROJECT` for "yes", "no" and "not sure"; none for `name`."""
    names: list[str] = []
    """Names that its faces have, for `name`."""
    again: bool = False
    """An earlier answer is asked again."""
    answered: list[int] | None = None
    """The verdicts that are this answer."""
    answered_by: list[str] | None = None
    """Who gave them."""
    version: int
    recipe: str
    """Of the embeddings that it comes from: the clustering's own."""
    drawn: bool = False
    """About a face drawn at random."""
    thought: Literal["yes", "no"] | None = None
    """The answer by the clusters as they are; None for `name`."""


_REPLIES = {"yes": mark("yes"), "no": mark("no"), "not sure": mark("not sure")}


def _sides(one: Suggestion) -> tuple[list[int], list[int]]:
    """Return the faces that a question is about, and those to compare them with."""
    if one.kind == "same":
        return one.shown[1], one.shown[0]
    return one.faces, one.shown[0] if one.kind != "name" else []


def _asked_again(one: Suggestion) -> str:
    """Say that a question was answered before, by whom, and in which verdicts."""
    if not one.answered:
        return tr("    answered before, and asked again")
    return tr(
        "    answered before, and asked again: verdict {numbers} of {who}",
        numbers=", ".join(map(str, one.answered)),
        who=", ".join(one.answered_by or []),
    )


class SuggestionsResult(JobResult):
    """The next questions of the review, and how right the clusters are thought to be."""

    suggestions: list[Suggestion]
    version: int
    encoder: str
    detector: str
    recipe: str
    mirrored: bool | None = None
    precision: str | None = None
    scaling: str | None = None
    purity: float
    """Of the clustering as it is now, and so is the next."""
    completeness: float
    answers_left: int
    """That the review needs, which starts from its own clusters where it does not keep the clustering itself."""
    review_purity: float | None = None
    """Of the clusters that a review would start from; None where a review keeps the clustering."""
    review_completeness: float | None = None

    verdicts: int = 0
    """That the project has: without any the estimates rest on likeness alone."""
    one_each: bool = False
    """Most people are taken to have one photograph, as most faces are alone in the clustering and far from all others."""

    def json_values(self) -> Any:
        """Return the questions alone, as a list."""
        return [jsonable(one.model_dump()) for one in self.suggestions]

    def text(self) -> str:
        """Return the questions, one a line."""
        asked = {
            "same": tr("Same person?"), "belongs": tr("Does this face belong?"), "split": tr("Two people?"), "name": tr("Who is it?"),
        }  # fmt: skip
        lines = []
        for one in self.suggestions:
            faces, beside = (" ".join(map(str, side)) for side in _sides(one))
            lines.append(
                tr(
                    "{question}  clusters {clusters}  faces {faces}  beside {beside}  worth {gain:.2f}",
                    question=asked[one.kind],
                    clusters=", ".join(map(str, one.clusters)) or "-",
                    faces=faces,
                    beside=beside or "-",
                    gain=one.gain,
                )
            )
            if one.again:
                lines.append(_asked_again(one))
            if one.drawn and one.thought is not None:
                lines.append(tr("    drawn at random; as it is now: {thought}", thought=tr(_REPLIES[one.thought])))
            lines += [
                f"    {tr(_REPLIES[reply])}: fairdesk verdict PROJECT {words}" for reply, words in one.answers.items()
            ]
            if one.kind == "name":
                name = shlex.quote(one.names[0]) if one.names else "NAME"
                lines.append(
                    f"    fairdesk name PROJECT --cluster {one.clusters[0]} --version {one.version} --identity {name}"
                )
        lines.append(
            basis_text(
                named_encoder(self.encoder, self.precision, self.mirrored, self.scaling), self.detector, self.recipe
            )
        )
        lines.append(
            tr(
                "Clustering {version} as it is now: estimated {purity:.1%} pure and {completeness:.1%} complete.",
                version=self.version,
                purity=self.purity,
                completeness=self.completeness,
            )
        )
        if self.review_purity is not None and self.review_completeness is not None:
            lines.append(
                tr(
                    "A review in the window does not start from it, but from clusters of its own: estimated {purity:.1%} pure and {completeness:.1%} complete.",
                    purity=self.review_purity,
                    completeness=self.review_completeness,
                )
            )
        if not self.verdicts:
            lines.append(
                tr(
                    "These estimates rest on likeness alone: nobody has answered yet. Answers say how far to trust them."
                )
            )
        if self.one_each:
            lines.append(
                tr(
                    "Most faces are in no cluster and far from all others: most people are taken to have one photograph. Where they have "
                    "several, these estimates are far too high. A larger threshold (eps PROJECT) tells, and so do answers."
                )
            )
        lines.append(
            tr_n(
                "The review needs some {n:,} answer to 99 %.",
                "The review needs some {n:,} answers to 99 %.",
                self.answers_left,
            )
            if self.answers_left
            else self._none_needed()
        )
        return "\n".join(lines)

    def _none_needed(self) -> str:
        purity = self.purity if self.review_purity is None else self.review_purity
        completeness = self.completeness if self.review_completeness is None else self.review_completeness
        if Estimate(purity, completeness, 0).f1 >= WANTED:
            return tr("By its own estimate the review needs no more answers to 99 %.")
        return tr("The review has no question left that would change much.")
