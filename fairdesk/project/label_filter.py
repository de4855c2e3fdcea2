"""Which images a filter shows, as far as the labels that a window has in memory tell it: a million take some milliseconds."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from fairdesk.project.label_snapshot import NOBODY, Ids, LabelSnapshot, Words

if TYPE_CHECKING:
    from fairdesk.project.image_queries import Filter

Mask = npt.NDArray[np.bool_]
_TOLD = ("any", "hidden", "unnamed", "synthetic", "real")
_NO_GROUP = 0


def matching(labels: LabelSnapshot, wanted: Filter) -> Mask | None:
    """Return which of the images match; None where the filter asks for more than these labels tell."""
    asked = replace(wanted, group=None, identity=None, gender=None, source=None, state="any", detector=None)
    if wanted.state not in _TOLD or asked != type(wanted)() or "" in (wanted.gender, wanted.identity):
        return None
    found = labels.hidden.copy() if wanted.state == "hidden" else ~labels.hidden
    if wanted.state == "unnamed":
        found &= labels.identity == NOBODY
    elif wanted.state == "synthetic":
        found &= labels.synthetic
    elif wanted.state == "real":
        found &= ~labels.synthetic
    if wanted.group is not None:
        groups = [number for number, name in labels.groups.items() if name == wanted.group]
        found &= _is_one_of(labels.group, groups if wanted.group else [_NO_GROUP])
    if wanted.identity is not None:
        found &= _is_one_of(
            labels.identity, [who for who, (name, _) in labels.names.items() if name == wanted.identity]
        )
    for word, words, codes in (
        (wanted.gender, labels.genders, labels.gender),
        (wanted.source, labels.sources, labels.source),
    ):
        if word is not None:
            found &= _is_one_of(codes, _numbers(words, word))
    return found


def _numbers(words: Words, word: str) -> list[int]:
    return [number for number, one in enumerate(words.words) if one == word]


def _is_one_of(values: Ids | npt.NDArray[np.int32], wanted: list[int]) -> Mask:
    found = np.zeros(len(values), dtype=np.bool_)
    for one in wanted:  # a name has few numbers: one in each group
        found |= values == one
    return found
