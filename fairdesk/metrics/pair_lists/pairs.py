"""What a pair list holds, whatever its format."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from fairdesk.errors import RequestError
from fairdesk.words import tr

FOLDS = 10
_PUBLISHED = 1000  # pairs: a shorter list without folds has none


@dataclass(frozen=True, slots=True)
class Pair:
    """One comparison: label 1 is genuine (same person), 0 impostor."""

    path1: str
    path2: str
    label: int
    fold: int = 0
    subject1: str = ""
    subject2: str = ""
    group1: str = ""
    group2: str = ""
    line: int = field(default=0, compare=False)  # where it stands in its file; 0: nowhere


class Member(NamedTuple):
    """An image of a template (IJB), and the photograph or film that it was taken from."""

    path: str
    media: str


class LeftOutLine(NamedTuple):
    """A line of a list that gave no pair, and why."""

    line: int
    why: str


def format_shown(read_as: str) -> str:
    """Return what a list's format is called where a person reads it: CALFW's and CPLFW's lists look alike."""
    return "calfw/cplfw" if read_as == "cplfw" else read_as


@dataclass
class PairList:
    """The pairs of a list, and how it was understood."""

    pairs: list[Pair]
    read_as: str  # a format's name
    left_out: list[LeftOutLine] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    templates: dict[str, list[Member]] = field(default_factory=dict)
    """Where not images but sets of images are compared: those of each name that the pairs have for a path."""

    def names(self) -> list[str]:
        """Return the paths of all images, each once, in order."""
        named = dict.fromkeys(name for pair in self.pairs for name in (pair.path1, pair.path2))
        if not self.templates:
            return list(named)
        return list(dict.fromkeys(member.path for name in named for member in self.templates.get(name, ())))

    @property
    def folds(self) -> int:
        """How many folds it has; 1 where it names none."""
        return len({pair.fold for pair in self.pairs}) or 1


_GENUINE = frozenset(
    (
        "true",
        "t",
        "yes",
        "y",
        "genuine",
        "mated",
        "same",
        "match",
        "matched",
        "positive",
        "pos",
        "same person",
        "sí",
        "si",
    )
)
_IMPOSTOR = frozenset(
    ("false", "f", "no", "n", "impostor", "imposter", "non-mated", "nonmated", "different", "diff", "no match", "non-match",
     "nonmatch", "not matched", "unmatched", "mismatch", "negative", "neg", "different person", "different people")
)  # fmt: skip


def known_label(text: str) -> bool | None:
    """Return whether a label says genuine, or None where it says neither: words, or 1, 0 and -1 in any notation."""
    lowered = text.strip().lower()
    if lowered in _GENUINE or lowered in _IMPOSTOR:
        return lowered in _GENUINE
    try:
        return {1.0: True, 0.0: False, -1.0: False}.get(float(lowered.replace(",", ".")))
    except ValueError:
        return None


def label_of(path: Path, line: int, text: str) -> int:
    """Return 1 or 0. Raises `RequestError` naming the line."""
    known = known_label(text)
    if known is None:
        raise RequestError(
            tr(
                "{path}: line {line}: the label {text!r} is not 1 (genuine), 0 or -1 (impostor).",
                path=path,
                line=line,
                text=text.strip(),
            )
        )
    return int(known)


def published_folds(labels: Sequence[int]) -> list[int]:
    """Return the fold of each pair of a list that does not name them.

    Published lists (AgeDB-30, CFP-FP, CALFW, CPLFW) have ten folds with equal numbers of both kinds: the k-th tenth of the
    genuine and the k-th tenth of the impostor pairs, whether they stand fold by fold or all genuine ones first.
    """
    genuine = sum(labels)
    if len(labels) < _PUBLISHED or 2 * genuine != len(labels) or genuine % FOLDS:
        return [0] * len(labels)
    each, seen, folds = genuine // FOLDS, [0, 0], []
    for label in labels:
        folds.append(seen[label] // each)
        seen[label] += 1
    return folds
