"""AgeDB's own lists: MATLAB files of ten splits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from fairdesk.errors import RequestError, reason
from fairdesk.metrics.pair_lists.pairs import Pair, PairList, label_of
from fairdesk.words import tr


def read_splits(path: Path) -> PairList:
    """Read the cell array `splits`: of each, two rows of names without an ending, and a label (1 or -1) for each column."""
    import scipy.io

    try:
        splits = scipy.io.loadmat(path)["splits"].ravel()
        found = [_split(one) for one in splits]
    except Exception as error:
        raise RequestError(
            tr(
                "{path} cannot be read as AgeDB's list of splits: {error}. It holds a cell array named splits.",
                path=path,
                error=reason(error),
            )
        ) from error
    pairs = []
    for fold, (first, second, labels) in enumerate(found):
        for a, b, label in zip(first, second, labels, strict=True):
            pairs.append(Pair(f"{a}.jpg", f"{b}.jpg", label_of(path, fold + 1, str(label)), fold))
    return PairList(pairs, "agedb")


def _split(cell: Any) -> tuple[list[str], list[str], list[str]]:
    names, labels = _only(cell).item()[:2]
    first, second = ([_text(one) for one in np.asarray(row).ravel()] for row in names[:2])
    said = [str(one) for one in np.asarray(labels).ravel()]
    if not len(first) == len(second) == len(said):
        raise ValueError(tr("a split has {a} and {b} names and {c} labels", a=len(first), b=len(second), c=len(said)))
    return first, second, said


def _only(value: Any) -> Any:
    """Return the one struct that cells hold."""
    while value.dtype.names is None:
        value = value.ravel()[0]
    return value.ravel()[0] if value.ndim else value


def _text(value: Any) -> str:
    """Return the text that cells, or the first field of a struct, hold."""
    while not isinstance(value, str):
        names = getattr(getattr(value, "dtype", None), "names", None)
        value = value[names[0]] if names else value.ravel()[0]
    return value
