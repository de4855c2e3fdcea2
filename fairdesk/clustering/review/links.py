"""Links between pieces, as arrays: of 100,000 faces there are a million."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.int64]


def directed_links(
    beside: Sequence[Sequence[int]] | Mapping[int, Sequence[int]], some: Sequence[int]
) -> tuple[Numbers, Numbers]:
    """Return the links of some pieces to those beside them: from and to, in the order of `some` and of what is beside each."""
    near = [beside[one] for one in some]
    counts = np.fromiter(map(len, near), dtype=np.int64, count=len(near))
    to = np.fromiter(itertools.chain.from_iterable(near), dtype=np.int64, count=int(counts.sum()))
    return np.repeat(np.asarray(some, dtype=np.int64), counts), to


def each_pair(first: Numbers, second: Numbers, *, ordered: bool = True) -> Numbers:
    """Return the pairs of two different numbers, each once and the smaller first, of shape (m, 2).

    They are in their own order, or (not `ordered`) as they come for the first time.
    """
    low, high = np.minimum(first, second), np.maximum(first, second)
    there = low != high
    low, high = low[there].astype(np.int64), high[there].astype(np.int64)
    wide = int(high.max(initial=0)) + 1
    keys, at = np.unique(low * wide + high, return_index=True)
    if not ordered:
        at = np.sort(at)
        return np.stack([low[at], high[at]], axis=1)
    return np.stack([keys // wide, keys % wide], axis=1)
