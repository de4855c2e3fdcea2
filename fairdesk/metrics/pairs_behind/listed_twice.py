"""Comparisons of the same two images as an earlier one, and of an image with itself: they count, and it is said."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fairdesk.metrics.pairs_behind.left_out_counts import Repeats
from fairdesk.metrics.scores.grouped_scores import number_texts, text_hashes
from fairdesk.metrics.scores.score_set import ScoreSet, Strings

Mask = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class ListedTwice:
    """Which comparisons say again what is there already; each of shape (n,)."""

    again: Mask
    """Of the two images of an earlier one, in either order."""
    otherwise: Mask
    """The same, with the other label than the first of them."""
    itself: Mask
    """Of an image with itself."""

    def counts(self) -> Repeats | None:
        """Return how many there are; None where there are none."""
        again, otherwise, itself = (int(mask.sum()) for mask in (self.again, self.otherwise, self.itself))
        return Repeats(again=again, other_label=otherwise, itself=itself) if again + otherwise + itself else None


def find_listed_twice(scores: ScoreSet, counted: Mask) -> ListedTwice | None:
    """Return which of the counted comparisons are listed twice; None where the images are not known.

    An image is its path, within its group where groups are named: published lists have one file name in several.
    """
    if scores.path1 is None or scores.path2 is None or scores.label is None:
        return None
    found = ListedTwice(*(np.zeros(len(counted), dtype=bool) for _ in range(3)))
    rows = _likely(scores.path1, scores.path2, np.flatnonzero(counted))
    rows = rows[(scores.path1[rows] != "") & (scores.path2[rows] != "")]
    if not len(rows):
        return found
    images = number_texts([scores.path1[rows], scores.path2[rows]])[1].reshape(2, len(rows))
    if scores.group1 is not None and scores.group2 is not None:
        groups = number_texts([scores.group1[rows], scores.group2[rows]])[1].reshape(2, len(rows))
        images = images * (int(groups.max()) + 1) + groups
    low, high = np.sort(images, axis=0)
    found.itself[rows] = low == high
    order = np.lexsort((high, low))  # stable: of equal ones the first in the file comes first
    low, high, sorted_rows = low[order], high[order], rows[order]
    new = np.ones(len(rows), dtype=bool)
    new[1:] = (low[1:] != low[:-1]) | (high[1:] != high[:-1])
    first = sorted_rows[np.maximum.accumulate(np.where(new, np.arange(len(rows)), 0))]
    same = scores.label[sorted_rows] == scores.label[first]
    found.again[sorted_rows[~new & same]] = True
    found.otherwise[sorted_rows[~new & ~same]] = True
    return found


def _likely(first: Strings, second: Strings, rows: Ints) -> Ints:
    """Return the rows that may repeat another, or name one text twice: of most files hardly any, told by hashes."""
    one, two = text_hashes(first)[rows], text_hashes(second)[rows]
    _, pair, times = np.unique((one + two) ^ (one * two), return_inverse=True, return_counts=True)
    likely: Ints = rows[(times[pair] > 1) | (one == two)]
    return likely
