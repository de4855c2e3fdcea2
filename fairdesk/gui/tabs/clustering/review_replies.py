"""What was replied to the questions of a review, so that it can be taken back."""

from __future__ import annotations

from dataclasses import dataclass

from fairdesk.clustering.review.asked import Asked


@dataclass(frozen=True)
class _Answered:
    asked: Asked


@dataclass(frozen=True)
class _Skipped:
    asked: Asked


@dataclass(frozen=True)
class _Checks:
    wanted: int  # before


class Replies:
    """The questions that were answered or skipped and the calls for random checks, in order, and the answers that were undone."""

    def __init__(self) -> None:
        """Begin without any."""
        self._done: list[_Answered | _Skipped | _Checks] = []
        self._undone: list[_Answered] = []

    def __len__(self) -> int:
        return len(self._done)

    def answer(self, asked: Asked) -> None:
        """Know an answer; what was undone cannot be redone from here on."""
        self._done.append(_Answered(asked))
        self._undone.clear()

    def skip(self, asked: Asked) -> None:
        """Know that a question was skipped."""
        self._done.append(_Skipped(asked))

    def check(self, wanted: int) -> None:
        """Know that random checks were asked for, and how many were wanted before."""
        self._done.append(_Checks(wanted))

    def uncheck(self) -> int | None:
        """Return how many random checks were wanted before some were asked for, where that was the last reply, and forget it."""
        last = self._done[-1] if self._done else None
        if not isinstance(last, _Checks):
            return None
        self._done.pop()
        return last.wanted

    def unskip(self) -> Asked | None:
        """Return the question that was skipped, where that was the last reply, and forget it."""
        last = self._done[-1] if self._done else None
        if not isinstance(last, _Skipped):
            return None
        self._done.pop()
        return last.asked

    def moved(self, more: int, on_their_way: int) -> Asked | None:
        """Follow how many answers were redone (below 0: undone), of those before the ones that are on their way.

        Returns the question of the last that was undone.
        """
        last = None
        answers = [place for place, one in enumerate(self._done) if isinstance(one, _Answered)]
        kept = len(answers) - on_their_way
        for place in reversed(answers[max(0, kept + more) : max(0, kept)]):
            one = self._done.pop(place)
            assert isinstance(one, _Answered)
            self._undone.append(one)
            last = one.asked
        for _ in range(min(more, len(self._undone))):
            self._done.append(self._undone.pop())
        return last
