"""What is odd in the names of a score set: nothing is changed, but it is said."""

from __future__ import annotations

from fairdesk.metrics.scores.score_set import ScoreSet
from fairdesk.words import tr, tr_n


def odd_labels(scores: ScoreSet) -> list[str]:
    """Say which labels contradict the names of the subjects; a subject without a name contradicts none."""
    said: list[str] = []
    if scores.label is not None and scores.subject1 is not None and scores.subject2 is not None:
        same = scores.subject1 == scores.subject2
        apart = int((scores.label & ~same & (scores.subject1 != "") & (scores.subject2 != "")).sum())
        if apart:
            said.append(
                tr_n(
                    "{n:,} genuine comparison names two different subjects.",
                    "{n:,} genuine comparisons name two different subjects.",
                    apart,
                )
            )
        if scores.group1 is not None and scores.group2 is not None:
            same &= scores.group1 == scores.group2
        alike = int((~scores.label & same & (scores.subject1 != "")).sum())
        if alike:
            said.append(
                tr_n(
                    "{n:,} impostor comparison names one subject twice.",
                    "{n:,} impostor comparisons name one subject twice.",
                    alike,
                )
            )
    return said


def alike_groups(names: list[str]) -> list[str]:
    """Say which groups may be one: their names differ in case or blanks alone."""
    found: dict[str, list[str]] = {}
    for name in names:
        found.setdefault(" ".join(name.split()).casefold(), []).append(name)
    return [
        tr("These groups differ in case or blanks alone: {names}.", names=", ".join(repr(name) for name in alike))
        for alike in found.values()
        if len(alike) > 1
    ]
