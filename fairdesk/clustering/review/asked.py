"""Questions about a project's faces, and what a person can answer."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from fairdesk.clustering.review.earlier import sides_of
from fairdesk.clustering.review.questions import Kind, Question
from fairdesk.project.verdicts import OF_FACES, Said, Verdict, this_person


class Reply(StrEnum):
    """What a person can answer."""

    YES = "yes"
    NO = "no"
    UNSURE = "not sure"


@dataclass(frozen=True)
class Asked:
    """A question about a project's faces."""

    kind: Kind
    gain: float
    clusters: list[int]  # ids; of a face that is in none, none
    first: list[int]
    second: list[int]
    shown_first: list[int]
    shown_second: list[int]
    again: bool = False  # it was answered before
    earlier: tuple[Verdict, ...] = ()  # the answers that are asked again, the oldest first
    doubted: bool = False  # and everything else speaks against that answer
    names: tuple[str, ...] = ()  # suggested, for `name`
    groups: tuple[str | None, ...] = ()  # of these people
    usual: str | None = None  # for `name`: the group that most of the faces have
    tied: tuple[str, ...] = ()  # for `name`: groups that as many of them have
    question: Question | None = None
    check: bool = False  # about a face drawn at random
    together: bool = False  # both sides are in one cluster now

    @property
    def thought(self) -> Reply | None:
        """The answer that would change nothing; None for a name."""
        if self.question is None:
            return None
        return Reply.YES if self.together != (self.kind is Kind.SPLIT) else Reply.NO

    @property
    def own(self) -> list[Verdict]:
        """Return the answers of this person that are asked again: their "not sure" withdraws them, and no others."""
        return [one for one in self.earlier if one.who == this_person()]

    @property
    def of_others(self) -> list[str]:
        """Return who else answered what is asked again."""
        return list(dict.fromkeys(one.who for one in self.earlier if one.who != this_person()))

    def same(self, reply: Reply) -> bool:
        """Whether yes or no says that both sides are one person."""
        return (reply is Reply.YES) != (self.kind is Kind.SPLIT)

    def says(self, reply: Reply) -> tuple[Said, list[int], list[int]]:
        """Return the verdict that a reply is, and the faces of its two sides."""
        if reply is Reply.UNSURE:
            if self.own:
                return Said.UNSURE, *sides_of(self.own[-1], self.shown_first, self.shown_second)
            return Said.UNSURE, self.shown_second, self.shown_first
        if self.again and self.earlier:  # of the same sides as before
            before = (self.own or self.earlier)[-1]
            yes, no = (Said.CONFIRMED, Said.NOT) if before.said in OF_FACES else (Said.SAME, Said.DIFFERENT)
            return yes if self.same(reply) else no, list(before.faces), list(before.others)
        if self.kind is Kind.BELONGS:
            return Said.CONFIRMED if self.same(reply) else Said.NOT, self.second, self.shown_first
        return Said.SAME if self.same(reply) else Said.DIFFERENT, self.shown_first, self.shown_second

    def person(self, place: int) -> tuple[str, str | None]:
        """Return a suggested name and its group: "" for none, None where it is not known."""
        return self.names[place], (self.groups[place] or "") if place < len(self.groups) else None

    @property
    def faces(self) -> list[int]:
        """The faces that it is about: the one that may not belong, those of the smaller of two people, or a few of each side."""
        if self.kind in (Kind.BELONGS, Kind.SPLIT):
            return self.second
        return [*self.shown_first, *self.shown_second]
