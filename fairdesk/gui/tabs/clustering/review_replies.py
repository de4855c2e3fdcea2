"""What was replied to the questions of a review, so that it can be taken back."""

from __future__ import annotations

from fairdesk.clustering.review.asked import Asked


class Replies:
    """The questions that were answered or skipped, in order, and the answers that were undone."""

    def __init__(self) -> None:
        """Begin without any."""
        self._done: list[tuple[Asked, bool]] = []  # and whether it was answered
        self._undone: list[Asked] = []

    def __len__(self) -> int:
        return len(self._done)

    def answer(self, asked: Asked) -> None:
        """Know an answer; what was undone cannot be redone from here on."""
        self._done.append((asked, True))
        self._undone.clear()

    def skip(self, asked: Asked) -> None:
        """Know that a question was skipped."""
        self._done.append((asked, False))

    def unskip(self) -> Asked | None:
        """Return the question that was skipped, where that was the last reply, and forget it."""
        return None if not self._done or self._done[-1][1] else self._done.pop()[0]

    def moved(self, more: int, on_their_way: int) -> Asked | None:
        """Follow how many answers were redone (below 0: undone), of those before the ones that are on their way.

        Returns the question of the last that was undone.
        """
        asked = None
        answers = [place for place, (_, answered) in enumerate(self._done) if answered]
        kept = len(answers) - on_their_way
        for place in reversed(answers[max(0, kept + more) : max(0, kept)]):
            asked = self._done.pop(place)[0]
            self._undone.append(asked)
        for _ in range(min(more, len(self._undone))):
            self._done.append((self._undone.pop(), True))
        return asked
